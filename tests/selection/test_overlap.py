"""Two selections side by side, against sets and SciPy."""

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from eudscore.selection.overlap import inversions, overlap


@given(st.permutations(range(20)), st.permutations(range(20)), st.integers(0, 20), st.integers(0, 20))
def test_it_agrees_with_sets_and_with_scipy(one: list[int], two: list[int], k: int, m: int) -> None:
    first, second = np.array(one[:k], dtype=np.int64), np.array(two[:m], dtype=np.int64)
    found = overlap(first, second, 20)
    both = set(one[:k]) & set(two[:m])
    assert found.both.tolist() == [row for row in one[:k] if row in both]
    assert found.first_only.tolist() == [row for row in one[:k] if row not in both]
    assert found.second_only.tolist() == [row for row in two[:m] if row not in both]
    assert found.chance == pytest.approx(k * m / 20)
    if k or m:
        assert found.jaccard == pytest.approx(len(both) / len(set(one[:k]) | set(two[:m])))
    if len(both) < 2:
        assert np.isnan(found.spearman)
        assert np.isnan(found.kendall)
        return
    places = [(one.index(row), two.index(row)) for row in both]
    assert found.spearman == pytest.approx(scipy.stats.spearmanr(*zip(*places, strict=True)).statistic)
    assert found.kendall == pytest.approx(scipy.stats.kendalltau(*zip(*places, strict=True)).statistic)


@given(st.integers(0, 40).flatmap(lambda n: st.permutations(range(n))))
def test_inversions_are_the_pairs_that_stand_the_wrong_way_round(order: list[int]) -> None:
    by_hand = sum(order[i] > order[j] for i in range(len(order)) for j in range(i + 1, len(order)))
    assert inversions(np.array(order, dtype=np.int64)) == by_hand


def test_the_same_selection_twice() -> None:
    found = overlap(np.array([4, 1, 3]), np.array([4, 1, 3]), 10)
    assert (found.jaccard, found.spearman, found.kendall) == (1, 1, 1)
    assert found.jaccard_by_chance == pytest.approx(0.9 / 5.1)


def test_two_empty_selections_have_nothing_to_compare() -> None:
    nothing = np.zeros(0, dtype=np.int64)
    assert np.isnan(overlap(nothing, nothing, 5).jaccard)
