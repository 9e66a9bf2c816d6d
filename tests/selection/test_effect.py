"""What a selection does, checked against counting one row at a time."""

from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from eudscore.selection.effect import QUANTILES, Basis, Counts, MeanShift, effect_of
from eudscore.selection.reach import Reach

N = 40


def basis_of(seed: int, **more: Any) -> Basis:
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(N, 4))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    cosines = vectors @ vectors.T
    order = np.argsort(-cosines, axis=1)[:, :7]  # the row itself among them, as stored graphs have it
    eligible = rng.random(N) < 0.9
    values = rng.normal(size=N).astype(np.float32)
    values[rng.random(N) < 0.2] = np.nan
    return Basis(
        eligible=eligible, tokens=rng.integers(1, 30, N), columns={"entropy": values},
        labels=rng.integers(-1, 3, N), classes=("a", "b", "c"), topics=rng.integers(-1, 4, N),
        topic_names=("w", "x", "y", "z"), sources=rng.integers(0, 2, N), source_names=("one", "two"),
        groups=rng.integers(0, 15, N), reach=Reach(order, np.take_along_axis(cosines, order, axis=1), eligible), **more,
    )  # fmt: skip


def chosen_of(basis: Basis, seed: int, k: int = 9) -> np.ndarray:
    return np.random.default_rng(seed).permutation(basis.all_rows)[:k]


@given(st.integers(0, 500))
def test_every_figure_is_that_of_counting_by_hand(seed: int) -> None:
    basis = basis_of(seed)
    rows = chosen_of(basis, seed)
    found = effect_of(basis, rows)
    pool = [row for row in range(N) if basis.eligible[row]]
    for counts, codes, names in (
        (found.classes, basis.labels, basis.classes),
        (found.topics, basis.topics, basis.topic_names),
        (found.sources, basis.sources, basis.source_names),
    ):
        assert counts is not None
        assert codes is not None
        for code in range(len(names)):
            assert counts.before[code] == sum(codes[row] == code for row in pool)
            assert counts.after[code] == sum(codes[row] == code for row in rows)
    values = basis.columns["entropy"]
    for part, mean in ((pool, found.columns["entropy"].before), (rows, found.columns["entropy"].after)):
        there = [float(values[row]) for row in part if not np.isnan(values[row])]
        assert mean == pytest.approx(sum(there) / len(there))
    words = sorted(int(basis.tokens[row]) for row in rows)
    for share, quantile in zip(QUANTILES, found.length.after, strict=True):
        assert sum(word <= quantile for word in words) >= share * len(words)
        assert sum(word < quantile for word in words) < share * len(words)
    assert basis.groups is not None
    alone = [sum(basis.groups[other] == basis.groups[row] for other in rows) == 1 for row in rows]
    assert found.duplicates is not None
    assert found.duplicates.kept == pytest.approx(1 - np.mean(alone))


def test_what_chance_gives_is_the_mean_over_all_selections_of_that_size() -> None:
    basis = basis_of(3)
    small = basis.all_rows[:9]
    eligible = np.zeros(N, dtype=bool)
    eligible[small] = True
    rng = np.random.default_rng(0)
    indices = rng.integers(0, N, (N, 3))
    indices[:] = small[rng.integers(0, 9, (N, 3))]
    part = Basis(eligible, basis.tokens, groups=basis.groups, reach=Reach(indices, rng.random((N, 3)), eligible))
    every = [effect_of(part, np.array(rows)) for rows in combinations(small, 4)]
    for name in ("duplicates", "coverage"):
        shares = [getattr(one, name) for one in every]
        assert shares[0].chance == pytest.approx(np.mean([share.kept for share in shares]))


@given(st.integers(0, 300))
def test_coverage_is_that_of_looking_at_every_neighbour(seed: int) -> None:
    basis = basis_of(seed)
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(N, 4))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    distances = 1 - vectors @ vectors.T
    near = np.argsort(distances, axis=1)[:, :7]
    pool = basis.all_rows
    nearest = [min(distances[row, other] for other in near[row] if other != row) for row in pool]
    radius = float(np.median(nearest))
    rows = set(chosen_of(basis, seed).tolist())
    covered = [
        row in rows or any(other in rows and distances[row, other] <= radius for other in near[row] if other != row)
        for row in pool
    ]
    found = effect_of(basis, np.array(sorted(rows)))
    assert basis.reach is not None
    assert basis.reach.radius == pytest.approx(radius)
    assert found.coverage is not None
    assert found.coverage.kept == pytest.approx(np.mean(covered))


@given(st.integers(0, 100))
def test_keeping_everything_changes_nothing_and_covers_all(seed: int) -> None:
    basis = basis_of(seed)
    found = effect_of(basis, basis.all_rows)
    assert found.kept == found.rows
    assert found.columns["entropy"].effect == pytest.approx(0, abs=1e-9)
    assert found.length.before == found.length.after
    for counts in (found.classes, found.topics, found.sources):
        assert counts is not None
        assert counts.moved == pytest.approx(0)
        assert counts.most_changed(5) == []
    assert found.coverage is not None
    assert found.coverage.kept == found.coverage.chance == pytest.approx(1)
    assert found.duplicates is not None
    assert found.duplicates.kept == pytest.approx(found.duplicates.chance)


def test_the_order_of_the_rows_does_not_count() -> None:
    basis = basis_of(5)
    rows = chosen_of(basis, 5)
    first, second = effect_of(basis, rows), effect_of(basis, rows[::-1].copy())
    assert first.coverage == second.coverage
    assert first.length == second.length


def test_what_is_not_known_is_left_out() -> None:
    found = effect_of(Basis(np.ones(3, dtype=bool), np.array([1, 2, 3])), np.array([1]))
    assert (found.classes, found.topics, found.sources, found.duplicates, found.coverage) == (None,) * 5
    assert found.length.mean.after == 2
    assert found.columns == {}


@pytest.mark.filterwarnings("error")
def test_an_empty_selection_has_no_shares_and_nothing_warns() -> None:
    found = effect_of(basis_of(1), np.zeros(0, dtype=np.int64))
    assert found.kept == 0
    assert np.isnan(found.length.mean.after)
    assert found.classes is not None
    assert np.isnan(found.classes.ratio).all()
    assert found.duplicates is not None
    assert np.isnan(found.duplicates.kept)
    assert found.coverage is not None
    assert found.coverage.kept == 0


@pytest.mark.filterwarnings("error")
def test_without_any_neighbour_coverage_is_not_known() -> None:
    reach = Reach(np.full((3, 2), -1), np.full((3, 2), np.nan), np.ones(3, dtype=bool))
    assert np.isnan(reach.radius)
    assert np.isnan(reach.covered_share(np.array([0])))
    empty = Reach(np.zeros((0, 2), dtype=np.int64), np.zeros((0, 2)), np.zeros(0, dtype=bool))
    assert np.isnan(empty.radius)


def test_equal_texts_are_near_each_other_and_nothing_else_is() -> None:
    indices = np.array([[1, 2], [0, 2], [0, 1]])
    cosines = np.array([[1.0, 0.5], [1.0, 0.5], [0.5, 0.5]])
    reach = Reach(indices, cosines, np.ones(3, dtype=bool))
    assert reach.radius == 0
    assert reach.covered(np.array([0])).tolist() == [True, True, False]


@given(arrays(np.int64, 5, elements=st.integers(0, 20)), arrays(np.int64, 5, elements=st.integers(0, 20)))
def test_the_largest_changes_come_first(before: np.ndarray, after: np.ndarray) -> None:
    counts = Counts("abcde", before, after)
    shares = counts.shares
    places = counts.most_changed(3)
    change = np.nan_to_num(np.abs(shares[1] - shares[0]))
    assert [change[place] for place in places] == sorted(change[change > 0].tolist(), reverse=True)[:3]


def test_ratio_is_share_after_over_share_before() -> None:
    counts = Counts(("a", "b", "c"), np.array([3, 1, 0]), np.array([1, 1, 0]))
    np.testing.assert_allclose(counts.ratio[:2], [0.5 / 0.75, 0.5 / 0.25])
    assert np.isnan(counts.ratio[2])
    assert counts.moved == pytest.approx(0.25)


def test_means_compare_by_the_spread() -> None:
    assert MeanShift(3.0, 5.0, 2.0).effect == 1.0
    assert np.isnan(MeanShift(2.0, 2.0, 0.0).effect)
