"""Coverage-centric sampling against the allocation of the paper."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eudscore.selection import ccs
from eudscore.selection.ranking import HARDEST
from eudscore.selection.request import SelectionRequest, Strategy
from tests.selection.materials import InMemory, pool_of, replaced

REQUEST = SelectionRequest(5, by="value", strategy=Strategy.CCS)


def of_values(values: object, labels: object = None, **others: object) -> InMemory:
    found = np.asarray(values, dtype=np.float32)
    return replaced(
        InMemory.random(len(found)),
        labels=None if labels is None else np.asarray(labels),
        columns={"value": found},
        **others,
    )


def budgets_of_the_paper(sizes: list[int], k: int) -> list[int]:
    """Algorithm 1: the smallest bin first, each gets an equal part of what is left, or all it has."""
    given_to = [0] * len(sizes)
    bins = sorted((size, at) for at, size in enumerate(sizes) if size)
    for done, (size, at) in enumerate(bins):
        given_to[at] = min(size, k // (len(bins) - done))
        k -= given_to[at]
    return given_to


def counts_of_bins(sizes: list[int], k: int) -> list[int]:
    bins = np.repeat(np.arange(len(sizes)), sizes)
    order = ccs._by_turns(bins, np.zeros(len(bins), dtype=np.int64))
    return np.bincount(bins[order[:k]], minlength=len(sizes)).tolist()


def test_a_bin_gives_what_it_has_and_the_larger_of_the_others_the_odd_one() -> None:
    assert counts_of_bins([5, 0, 20, 3], 12) == [4, 0, 5, 3]


@given(st.lists(st.integers(0, 20), min_size=1, max_size=8), st.integers(1, 60))
def test_bins_share_as_in_the_paper(sizes: list[int], k: int) -> None:
    k = min(k, sum(sizes))
    ours, theirs = counts_of_bins(sizes, k), budgets_of_the_paper(sizes, k)
    assert sum(ours) == k
    # The paper hands an odd rest to whoever is last; we to the largest. No bin differs by more than one.
    assert max(abs(a - b) for a, b in zip(ours, theirs, strict=True)) <= 1
    level = max(ours)
    assert all(count >= min(size, level - 1) for count, size in zip(ours, sizes, strict=True))


def test_the_hardest_tenth_of_each_class_is_withheld_and_named() -> None:
    values, labels = np.arange(60), np.repeat([0, 1], [40, 20])
    pool = pool_of(of_values(values, labels))
    found = ccs.by_score_bins(pool, REQUEST, 60)
    assert sorted(pool.rows(found.withheld[HARDEST]).tolist()) == [36, 37, 38, 39, 58, 59]
    assert sorted(pool.rows(found.order).tolist()) == [*range(36), *range(40, 58)]


def test_what_is_easy_is_not_drowned_by_what_is_frequent() -> None:
    """95 rows of one score and 5 spread out: half the budget does not go to the one score."""
    values = np.concatenate([np.full(95, 10.0), [1, 2, 3, 4, 5], np.full(12, 11.0)])
    pool = pool_of(of_values(values))
    first = values[pool.rows(ccs.by_score_bins(pool, REQUEST, 0).order[:7])]
    assert sorted(first.tolist()) == [1, 2, 3, 4, 5, 10, 11]


@pytest.mark.parametrize("column", [np.full(30, 2.0), np.full(30, np.nan), np.r_[np.full(29, np.nan), 1.0]])
def test_a_column_of_one_value_or_none_is_ranked_in_draw_order(column: np.ndarray) -> None:
    pool = pool_of(of_values(column))
    order = ccs.by_score_bins(pool, REQUEST, 30).order
    scored = np.flatnonzero(np.isfinite(pool.column("value")))
    assert order.tolist() == scored[: len(scored) - math.floor(len(scored) / 10)].tolist()


def test_infinite_values_are_none() -> None:
    pool = pool_of(of_values([1.0, np.inf, -np.inf, 2.0]))
    assert sorted(pool.rows(ccs.by_score_bins(pool, REQUEST, 4).order).tolist()) == [0, 3]


def test_a_class_has_the_order_it_would_have_alone() -> None:
    materials = InMemory.random(90, seed=3, missing=0.1)
    pool = pool_of(materials)
    order = ccs.by_score_bins(pool, REQUEST, 90).order
    for label in range(3):
        alone = replaced(materials, eligible=materials.eligible & (materials.labels == label))
        expected = ccs.by_score_bins(pool_of(alone), REQUEST, 90).order
        assert order[pool.labels[order] == label].tolist() == expected.tolist()
