"""BADGE against the gradients written out in full, and against the chances of k-means++."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare

from eudscore.selection.badge import by_gradients, plus_plus
from eudscore.selection.pool import Pool
from eudscore.selection.request import SelectionRequest, Strategy
from tests.selection.materials import InMemory, likeliest_of, pool_of, replaced

REQUEST = SelectionRequest(5, strategy=Strategy.BADGE)


def gradients(pool: Pool) -> np.ndarray:
    """(n, classes x d) outer products, formed in full."""
    classes, probabilities = pool.likeliest
    errors = np.zeros((len(pool), 8))
    for row, column in np.argwhere(classes >= 0):
        errors[row, classes[row, column]] = probabilities[row, column] - (column == 0)
    return np.einsum("nc,nd->ncd", errors, pool.vectors.astype(np.float64)).reshape(len(pool), -1)


def to_nearest(full: np.ndarray, chosen: list[int]) -> np.ndarray:
    return np.square(full[:, None] - full[None, chosen]).sum(axis=2).min(axis=1)


@given(st.integers(1, 60), st.integers(0, 500), st.integers(-3, 2**70))
def test_it_draws_what_the_rule_draws_on_the_full_gradients(n: int, seed: int, draw: int) -> None:
    pool = pool_of(InMemory.random(n, seed=seed))
    full = gradients(pool)
    random = np.random.Generator(np.random.PCG64(draw & (2**64 - 1)))
    chosen = [int(np.square(full).sum(axis=1).argmax())]
    while len(chosen) < min(40, n):
        before = to_nearest(full, chosen)
        shares = np.cumsum(before)
        drawn = np.searchsorted(shares, random.random(32) * shares[-1], side="right")
        for row, chance in zip(drawn.tolist(), random.random(32), strict=True):
            if chance < to_nearest(full, chosen)[row] / before[row]:
                chosen.append(row)
    request = SelectionRequest(5, strategy=Strategy.BADGE, seed=draw)
    limit = min(40, n)
    assert by_gradients(pool, request, limit).order[:limit].tolist() == chosen[:limit]


def test_draws_have_the_chances_of_k_means_plus_plus() -> None:
    """Second and third together: the chance of the third is by its distance to the nearer of the two before it."""
    pool = pool_of(InMemory.random(5, seed=1))
    full = gradients(pool)
    first = int(np.square(full).sum(axis=1).argmax())
    chances = np.zeros((5, 5))
    for second in set(range(5)) - {first}:
        away, then = to_nearest(full, [first]), to_nearest(full, [first, second])
        chances[second] = away[second] / away.sum() * then / then.sum()
    times, found = 4000, np.zeros((5, 5))
    for seed in range(times):
        drawn = by_gradients(pool, SelectionRequest(3, strategy=Strategy.BADGE, seed=seed), 3).order
        found[drawn[1], drawn[2]] += 1
    possible = chances > 1e-9
    assert found[~possible].sum() == 0
    # Chi-squared of the draws: the seeds are fixed, so this is no matter of luck.
    assert chisquare(found[possible], times * chances[possible] / chances.sum()).pvalue > 0.001


def test_a_certain_row_has_no_gradient_and_is_never_first() -> None:
    probabilities = np.array([[1, 0], [0.6, 0.4], [0.9, 0.1]], dtype=np.float32)
    materials = replaced(InMemory.random(3), likeliest=likeliest_of(probabilities))
    pool = pool_of(materials)
    assert pool.rows(by_gradients(pool, REQUEST, 3).order)[0] == 1


def test_copies_of_a_taken_row_are_not_drawn() -> None:
    vectors = np.tile(InMemory.random(1).vectors, (30, 1))
    classes, errors = np.tile([0, 1], (30, 1)), np.tile([-0.3, 0.3], (30, 1))
    assert plus_plus(classes, errors, vectors, 30, 0).tolist() == [0]


def test_missing_classes_that_stand_for_class_0_do_not_disturb_it() -> None:
    """With two classes three of the five places are empty; the answer is that of the two alone."""
    vectors = InMemory.random(12, seed=2).vectors
    errors = np.random.default_rng(0).normal(size=(12, 2))
    classes = np.tile([0, 1], (12, 1))
    filled = np.hstack([classes, np.zeros((12, 3), dtype=np.int64)]), np.hstack([errors, np.zeros((12, 3))])
    assert plus_plus(*filled, vectors, 12, 3).tolist() == plus_plus(classes, errors, vectors, 12, 3).tolist()


@pytest.mark.parametrize("limit", [0, 1, 7, 500])
def test_rows_without_probabilities_or_a_vector_come_last(limit: int) -> None:
    pool = pool_of(InMemory.random(60, seed=1, missing=0.3))
    order = by_gradients(pool, REQUEST, limit).order
    assert sorted(order.tolist()) == np.flatnonzero(pool.eligible).tolist()
    known = (pool.vectors.any(axis=1) & (pool.likeliest[0][:, 0] >= 0))[order]
    assert known[: known.sum()].all()
    assert order[known.sum() :].tolist() == sorted(order[known.sum() :].tolist())
