"""What a selection does, in the words of the card."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from eudscore.selection.effect import Against, Counts, Effect, LengthShift, MeanShift
from eudscore.ui.shift import points, sections, sections_of_two, signed
from eudscore.ui.sides import highest


def effect(kept: float = 0.25, topics: tuple[int, int, int] = (6, 1, 3)) -> Effect:
    return Effect(
        10, 100, LengthShift(MeanShift(20.0, 25.0, 10.0), (5, 18, 40), (6, 20, 44)),
        {"semantic_entropy": MeanShift(1.5, 1.25, 0.5), "semantic_isolation": MeanShift(1, 1, 1)},
        None, Counts(("a", "b", "c"), np.array([30, 40, 30]), np.array(topics)), None,
        Against(0.02, 0.01), Against(kept, 0.3), near=20,
    )  # fmt: skip


def test_every_part_that_is_known_has_its_rows() -> None:
    means, against, topics = sections(effect())
    assert means == (
        ("", "All", "Kept", "Change"),
        [
            ("Tokens, mean", "20", "25", "+0.50 sd"),
            ("Tokens, 10/50/90 %", "5/18/40", "6/20/44", ""),
            ("Semantic entropy", "1.50", "1.25", "−0.50 sd"),
        ],
    )
    assert against == (
        ("", "Random", "Kept", "Change"),
        [("Near-duplicates", "1%", "2%", "+1.0 pt"), ("Coverage", "30%", "25%", "−5.0 pt")],
    )
    assert topics == (
        ("Topics on the map", "All", "Kept", "Change"),
        [("a", "30%", "60%", "+30.0 pt"), ("b", "40%", "10%", "−30.0 pt")],
    )


def test_two_selections_stand_side_by_side() -> None:
    means, against, topics = sections_of_two(effect(), effect(0.5, (0, 0, 10)))
    assert means[0] == ("", "All", "First", "Second")
    assert against[1] == [
        ("Near-duplicates", "", "2%", "2%"),
        ("Coverage", "", "25%", "50%"),
        ("Near-duplicates, random rows", "", "1%", "1%"),
        ("Coverage, random rows", "", "30%", "30%"),
    ]
    assert topics[1] == [("a", "30%", "60%", "0%"), ("b", "40%", "10%", "0%"), ("c", "30%", "30%", "100%")]


@pytest.mark.parametrize(("value", "said"), [(0.0, "0.0"), (-0.04, "0.0"), (1.25, "+1.2"), (-3.0, "−3.0")])
def test_a_difference_has_its_sign_unless_it_rounds_to_nothing(value: float, said: str) -> None:
    assert signed(value, 1) == said
    assert points(value / 100) == f"{said} pt"
    assert points(float("nan")) == ""


@given(arrays(np.float32, 30, elements=st.one_of(st.just(np.nan), st.integers(0, 5).map(float))), st.integers(1, 40))
def test_the_highest_come_first_and_no_value_last(values: np.ndarray, count: int) -> None:
    rows = np.arange(1, 30, 2)
    by_hand = sorted(rows.tolist(), key=lambda row: (np.isnan(values[row]), -np.nan_to_num(values[row]), row))
    assert highest(values, rows, count).tolist() == by_hand[:count]
