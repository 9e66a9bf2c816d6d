"""k-center against its rule by full distances, and against twice the exact optimum."""

import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist

from eudscore.selection.kcenter import farthest, farthest_first
from eudscore.selection.request import SelectionRequest, Strategy
from tests.selection.materials import InMemory, pool_of, replaced

REQUEST = SelectionRequest(5, strategy=Strategy.KCENTER)


def unit(n: int, seed: int, d: int = 5) -> np.ndarray:
    vectors = np.random.default_rng(seed).normal(size=(n, d))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


@given(st.integers(3, 40), st.integers(0, 1000))  # two are equally far from their mean
def test_each_next_row_is_the_farthest_by_full_distances(n: int, seed: int) -> None:
    vectors = unit(n, seed).astype(np.float64)
    away = cdist(vectors, vectors)
    chosen = [int(np.linalg.norm(vectors - vectors.mean(axis=0), axis=1).argmin())]
    while len(chosen) < n:
        chosen.append(int(away[:, chosen].min(axis=1).argmax()))
    assert farthest(vectors.astype(np.float32), n).tolist() == chosen


@settings(max_examples=30)
@given(st.integers(2, 11), st.integers(1, 4), st.integers(0, 1000))
def test_its_radius_is_at_most_twice_the_best(n: int, k: int, seed: int) -> None:
    vectors = unit(n, seed)
    away = cdist(vectors, vectors)
    best = min(away[:, list(rows)].min(axis=1).max() for rows in itertools.combinations(range(n), min(k, n)))
    assert away[:, farthest(vectors, k)].min(axis=1).max() <= 2 * best + 1e-6


@given(st.integers(1, 60), st.integers(0, 70), st.integers(0, 100))
def test_a_smaller_limit_is_a_prefix(n: int, limit: int, seed: int) -> None:
    vectors = unit(n, seed)
    assert farthest(vectors, limit).tolist() == farthest(vectors, n)[:limit].tolist()


def test_copies_of_a_taken_row_are_not_ranked() -> None:
    vectors = np.repeat(unit(4, 0, d=64), 25, axis=0)
    assert sorted((farthest(vectors, 100) // 25).tolist()) == [0, 1, 2, 3]


def test_beyond_the_limit_rows_come_in_draw_order_and_those_without_a_vector_last() -> None:
    pool = pool_of(InMemory.random(60, seed=1, missing=0.3))
    order = farthest_first(pool, REQUEST, 7).order
    assert sorted(order.tolist()) == np.flatnonzero(pool.eligible).tolist()
    there = pool.vectors.any(axis=1)[order]
    assert there[: there.sum()].all()
    assert order[7 : there.sum()].tolist() == sorted(order[7 : there.sum()].tolist())
    assert order[there.sum() :].tolist() == sorted(order[there.sum() :].tolist())


def test_vectors_that_are_all_zero_leave_the_draw_order() -> None:
    materials = InMemory.random(20)
    pool = pool_of(replaced(materials, vectors=np.zeros_like(materials.vectors)))
    assert farthest_first(pool, REQUEST, 20).order.tolist() == list(range(20))
