"""Windows: every token of the text is scored once, with at least half a window in front where there is as much."""

from hypothesis import given
from hypothesis import strategies as st

from eudscore.models.windows import windows_of

token_lists = st.lists(st.integers(0, 9), max_size=60)


@given(token_lists.map(tuple), token_lists.map(tuple), st.integers(2, 20))
def test_every_token_is_scored_once_and_in_order(context: tuple[int, ...], ids: tuple[int, ...], size: int) -> None:
    windows = windows_of(context, ids, size)
    scored = [token for window in windows for token in window.ids[window.first :]]
    assert scored == list(ids if context else ids[1:])
    for window in windows:
        assert 1 <= window.first < len(window.ids) <= size


@given(token_lists.map(tuple), st.integers(4, 20))
def test_a_token_is_read_with_at_least_half_a_window_before_it(ids: tuple[int, ...], size: int) -> None:
    for window in windows_of((7,), ids, size)[1:]:
        assert window.first >= size // 2


def test_what_fits_is_one_window() -> None:
    (window,) = windows_of((0,), (1, 2, 3), 4)
    assert (window.ids, window.first) == ((0, 1, 2, 3), 1)


def test_nothing_to_score_gives_no_window() -> None:
    assert windows_of((0,), (), 8) == []
    assert windows_of((), (5,), 8) == []
