"""Rate and time left, by a clock of our own."""

import pytest

from eudscore.workflow.pace import Pace, duration, file_size


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_rate_and_time_left_count_from_the_first_news_of_a_stage() -> None:
    clock = Clock()
    pace = Pace(clock)
    assert pace.words("Reading", 200, 1_000) == ""
    clock.now += 60  # a model is loaded
    assert pace.words("Reading", 220, 1_000) == ""
    clock.now += 4
    assert pace.words("Reading", 420, 1_000) == "50 a second, 12 s left"
    clock.now += 1
    assert pace.words("Counting", 0, 10) == ""
    assert pace.words("Counting", 1, 10) == ""
    clock.now += 2
    assert pace.words("Counting", 2, 10) == "0.5 a second, 16 s left"


def test_nothing_is_said_before_there_is_something_to_say() -> None:
    clock = Clock()
    pace = Pace(clock)
    pace.words("Reading", 0, 10)
    assert pace.words("Reading", 5, 10) == ""  # no time has passed
    clock.now += 9
    assert pace.words("Reading", 10, 10) == ""  # nothing is left


@pytest.mark.parametrize(("seconds", "words"), [(0.4, "0 s"), (59.6, "1 min"), (61, "1 min 1 s"), (7_320, "2 h 2 min")])
def test_durations(seconds: float, words: str) -> None:
    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("size", "words"),
    [(0, "0 bytes"), (999, "999 bytes"), (5_000, "5 kB"), (3_100_000, "3.1 MB"), (12_345_678_901, "12.3 GB")],
)
def test_sizes_are_told_in_three_digits(size: int, words: str) -> None:
    assert file_size(size) == words
