"""The fuzzy graph and the descent, by what they are to do."""

import math

import numpy as np
import pytest
from scipy.sparse import csr_array

from eudscore.geometry import descent
from eudscore.geometry.compiled import forces, move_rows
from eudscore.geometry.descent import memberships, settle
from eudscore.geometry.landmarks import beside_neighbours
from eudscore.geometry.neighbours import neighbour_graph


def neighbours(n: int = 150, k: int = 9, *, copies: int = 0) -> tuple[np.ndarray, np.ndarray]:
    vectors = np.random.default_rng(0).normal(size=(n, 6)).astype(np.float32)
    vectors[:copies] = vectors[0]
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    graph = neighbour_graph(vectors, k=k)
    return graph.indices, np.maximum(1 - graph.similarities, 0)


@pytest.mark.parametrize("copies", [0, 6, 30])
def test_strengths_do_not_depend_on_how_the_graph_was_found(copies: int) -> None:
    """UMAP's own neighbours, searched among the same rows, give the same strengths."""
    from umap.umap_ import fuzzy_simplicial_set

    indices, distances = neighbours(copies=copies)
    dense = np.ones((len(indices), len(indices)))
    np.put_along_axis(dense, indices, distances, axis=1)
    np.fill_diagonal(dense, 0)
    oracle = fuzzy_simplicial_set(dense, 10, np.random.RandomState(0), "precomputed")[0].toarray()
    if copies:  # of equals another one may be the tenth
        assert abs(memberships(indices, distances).toarray().sum() - oracle.sum()) < 0.05 * oracle.sum()
    else:
        np.testing.assert_allclose(memberships(indices, distances).toarray(), oracle, atol=1e-5)


def test_strengths_are_the_same_both_ways_and_a_missing_neighbour_has_none() -> None:
    indices, distances = neighbours(40)
    indices[3] = -1
    distances[3] = np.nan
    found = memberships(indices, distances).toarray()
    np.testing.assert_array_equal(found, found.T)
    assert (found >= 0).all()
    assert (found <= 1 + 1e-6).all()
    assert set(np.flatnonzero(found[3]).tolist()) == set(np.flatnonzero((indices == 3).any(axis=1)).tolist())


def linked(n: int, pairs: list[tuple[int, int]]) -> csr_array:
    both = np.array(pairs + [(b, a) for a, b in pairs], dtype=np.int64).reshape(-1, 2)
    return csr_array((np.ones(len(both), np.float32), (both[:, 0], both[:, 1])), shape=(n, n))


def test_linked_texts_come_together_and_others_apart() -> None:
    start = np.array([[0, 0], [4, 0], [0, 0.5], [4, 0.5]], dtype=np.float32)
    xy = settle(start, linked(4, [(0, 1), (2, 3)]), epochs=100, seed=0)
    assert np.linalg.norm(xy[0] - xy[1]) < 2 < np.linalg.norm(xy[0] - xy[2])


def test_the_same_seed_moves_everybody_the_same_way_and_no_epochs_move_nobody() -> None:
    graph = memberships(*neighbours())
    start = np.random.default_rng(1).normal(size=(150, 2)).astype(np.float32)
    before = start.copy()
    expected = settle(start, graph, epochs=20, seed=5)
    np.testing.assert_array_equal(settle(start, graph, epochs=20, seed=5), expected)
    assert not np.array_equal(settle(start, graph, epochs=20, seed=6), expected)
    np.testing.assert_array_equal(settle(start, graph, epochs=0, seed=0), start)
    np.testing.assert_array_equal(start, before)


@pytest.mark.parametrize("workers", [1, 3])
def test_the_number_of_threads_changes_nothing(monkeypatch: pytest.MonkeyPatch, workers: int) -> None:
    graph = memberships(*neighbours())
    start = np.random.default_rng(1).normal(size=(150, 2)).astype(np.float32)
    expected = settle(start, graph, epochs=20, seed=5)
    monkeypatch.setattr(descent, "_threads", lambda: workers)
    np.testing.assert_array_equal(settle(start, graph, epochs=20, seed=5), expected)


@pytest.mark.parametrize("distance", [0.002, 0.05, 0.7, 3.0, 40.0])
def test_two_texts_move_by_the_gradient_of_the_cross_entropy(distance: float) -> None:
    a, b = descent._curve(0.1)
    table = forces(a, b)
    places = np.array([[0, 0], [distance, 0]], dtype=np.float32)
    after = places.copy()
    pairs = np.array([0, 1, 2]), np.array([1, 0], dtype=np.int32), np.ones(2, dtype=np.float32)
    move_rows(places, after, *pairs, table, np.float32(1e-3), 0, 0, 0, 0, 2)
    step = 1e-6 * distance

    def loss(d: float) -> float:  # of a pair that surely belongs together: UMAP, eq. 1
        return math.log(1 + a * d ** (2 * b))

    slope = (loss(distance + step) - loss(distance - step)) / (2 * step)
    assert after[0, 0] / 1e-3 == pytest.approx(2 * min(slope, 2 * 4.0), rel=0.01)  # twice: both ends of both directions
    assert after[1, 0] - distance == pytest.approx(-after[0, 0], abs=1e-5)


def test_who_has_no_neighbour_stays() -> None:
    start = np.arange(8, dtype=np.float32).reshape(4, 2)
    np.testing.assert_array_equal(settle(start, linked(4, []), epochs=5, seed=0), start)


def test_who_is_not_placed_comes_beside_the_placed_ones_in_turn() -> None:
    xy = np.array([[0, 0], [2, 2], [np.nan, np.nan], [np.nan, np.nan], [np.nan, np.nan]], dtype=np.float32)
    found = beside_neighbours(xy, linked(5, [(0, 2), (1, 2), (2, 3)]))
    np.testing.assert_allclose(found[:4], [[0, 0], [2, 2], [1, 1], [1, 1]])
    assert np.isnan(found[4]).all()
