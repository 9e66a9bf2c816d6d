"""How much a selection owes to chance, against the definition pair by pair."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eudscore.selection.stability import resample, shares_in, stability, stability_of_parts, undecided


def masks(runs: list[list[int]], n: int) -> np.ndarray:
    found = np.zeros((len(runs), n), dtype=bool)
    for mask, rows in zip(found, runs, strict=True):
        mask[rows] = True
    return found


@given(st.integers(2, 6), st.integers(2, 12), st.data())
def test_with_equal_sizes_it_is_the_mean_of_kunchevas_index(many: int, n: int, data: st.DataObject) -> None:
    k = data.draw(st.integers(1, n - 1))
    runs = [data.draw(st.permutations(range(n)))[:k] for _ in range(many)]
    pairs = [
        (len(set(one) & set(other)) - k * k / n) / (k - k * k / n) for one, other in combinations(runs, 2)
    ]  # fmt: skip
    assert stability(masks(runs, n)) == pytest.approx(np.mean(pairs))


@given(st.integers(2, 5), st.integers(2, 12), st.integers(0, 10**6))
def test_of_any_sizes_it_is_the_formula_row_by_row(many: int, n: int, seed: int) -> None:
    runs = np.random.default_rng(seed).random((many, n)) < 0.4
    kept = np.mean([run.sum() for run in runs])
    variances = [np.var(runs[:, row], ddof=1) for row in range(n)]
    found = stability(runs)
    if sum(variances) > 0:
        assert found == pytest.approx(1 - np.mean(variances) / (kept / n * (1 - kept / n)))
    else:
        assert found == 1
    assert found <= 1 + 1e-12


def test_identical_selections_have_one_and_random_ones_about_none() -> None:
    rng = np.random.default_rng(0)
    assert stability(masks([[1, 2, 3]] * 4, 9)) == 1
    drawn = masks([rng.permutation(4000)[:800].tolist() for _ in range(8)], 4000)
    assert abs(stability(drawn)) < 0.02
    assert np.isnan(stability(drawn[:1]))


def test_runs_that_chose_from_parts_are_compared_on_what_both_could_choose() -> None:
    rng = np.random.default_rng(1)
    n, parts, runs = 60, [], []
    for _ in range(4):
        part = np.sort(rng.permutation(n)[:40])
        parts.append(part)
        runs.append(rng.permutation(part)[:12])
    pairs = []
    for one, other in combinations(range(4), 2):
        both = sorted(set(parts[one].tolist()) & set(parts[other].tolist()))
        pair = np.array([[row in set(runs[run].tolist()) for row in both] for run in (one, other)])
        share = pair.mean(axis=0)
        k = pair.mean()
        pairs.append(1 - 2 * np.mean(share * (1 - share)) / (k * (1 - k)))
    assert stability_of_parts(runs, parts, n) == pytest.approx(np.mean(pairs))


def test_with_whole_parts_it_is_the_same_number() -> None:
    rng = np.random.default_rng(2)
    runs = [rng.permutation(30)[:10] for _ in range(5)]
    whole = [np.arange(30)] * 5
    assert stability_of_parts(runs, whole, 30) == pytest.approx(stability(masks([r.tolist() for r in runs], 30)))


def test_a_share_counts_only_the_runs_that_could_choose_the_row() -> None:
    runs = [np.array([0, 1]), np.array([0]), np.array([2])]
    parts = [None, np.array([0, 2]), np.array([1, 2])]
    np.testing.assert_allclose(shares_in(runs, parts, 4), [1, 0.5, 1 / 3, 0])
    assert np.isnan(shares_in([np.array([0])], [np.array([0])], 2)[1])


def test_the_most_undecided_rows_come_first() -> None:
    shares = np.array([1, 0.5, 0, 0.2, np.nan, 0.6], dtype=np.float32)
    assert undecided(shares).tolist() == [1, 5, 3]


def test_a_resample_holds_about_two_thirds_of_the_rows_each_once() -> None:
    rows = np.arange(100, 3100)
    found = resample(rows, 7)
    assert len(np.unique(found)) == len(found)
    assert np.isin(found, rows).all()
    assert 0.61 < len(found) / len(rows) < 0.66
    np.testing.assert_array_equal(found, resample(rows, 7))
