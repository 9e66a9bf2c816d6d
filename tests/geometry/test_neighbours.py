"""The neighbour graph against scikit-learn and against its own rule for ties."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.neighbors import NearestNeighbors

from eudscore.geometry import neighbours
from eudscore.geometry.neighbours import neighbour_graph


def unit(n: int, d: int, seed: int = 0) -> np.ndarray:
    vectors = np.random.default_rng(seed).normal(size=(n, d)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.mark.parametrize("block", [1, 64, 2048])
def test_neighbours_and_cosines_agree_with_scikit_learn(block: int) -> None:
    vectors = unit(300, 24)
    graph = neighbour_graph(vectors, k=10, block=block)
    distances, rows = NearestNeighbors(n_neighbors=11, metric="cosine").fit(vectors).kneighbors(vectors)
    np.testing.assert_array_equal(rows[:, 0], np.arange(300))
    np.testing.assert_array_equal(graph.indices, rows[:, 1:])
    np.testing.assert_allclose(graph.similarities, 1 - distances[:, 1:], atol=2e-6)
    assert (graph.indices.dtype, graph.similarities.dtype, graph.exact) == (np.int64, np.float32, True)


@given(st.integers(0, 10**6), st.integers(2, 60), st.integers(1, 4), st.integers(1, 30), st.integers(1, 70))
@settings(max_examples=60)
def test_of_rows_equally_near_the_lower_comes_first(seed: int, n: int, kinds: int, k: int, block: int) -> None:
    rng = np.random.default_rng(seed)
    vectors = np.eye(4, dtype=np.float32)[rng.integers(0, kinds, n)]  # cosines are exactly 0 or 1
    graph = neighbour_graph(vectors, k=k, block=block)
    for row in range(n):
        cosines = vectors @ vectors[row]
        oracle = sorted((other for other in range(n) if other != row), key=lambda other: (-cosines[other], other))
        found = graph.indices[row][graph.indices[row] >= 0]
        assert found.tolist() == oracle[:k]


def test_many_copies_of_one_text_are_each_others_neighbours_in_order_of_rows() -> None:
    vectors = np.concatenate([unit(50, 16), np.repeat(unit(1, 16, seed=9), 100, axis=0)])
    graph = neighbour_graph(vectors, k=5)
    assert graph.indices[149].tolist() == [50, 51, 52, 53, 54]
    assert graph.indices[50].tolist() == [51, 52, 53, 54, 55]
    np.testing.assert_allclose(graph.similarities[50], 1, atol=1e-6)


def test_a_row_without_a_vector_has_no_neighbours_and_is_nobodys() -> None:
    vectors = unit(30, 8)
    vectors[3] = np.nan
    vectors[7] = 0
    graph = neighbour_graph(vectors, k=28)
    assert (graph.indices[[3, 7]] == -1).all()
    assert np.isnan(graph.similarities[[3, 7]]).all()
    assert not np.isin(graph.indices, [3, 7]).any()
    rest = np.delete(np.arange(30), [3, 7])
    np.testing.assert_array_equal(graph.indices[rest][:, :27], rest[neighbour_graph(vectors[rest], k=27).indices])
    assert (graph.indices[rest, 27] == -1).all()


@pytest.mark.parametrize("n", [0, 1])
def test_too_few_rows_have_no_neighbours(n: int) -> None:
    graph = neighbour_graph(unit(n, 4), k=3)
    assert graph.indices.tolist() == [[-1, -1, -1]] * n


def test_more_neighbours_than_rows_leave_the_last_columns_empty() -> None:
    graph = neighbour_graph(unit(3, 4), k=5)
    assert ((graph.indices >= 0).sum(axis=1) == 2).all()
    assert np.isnan(graph.similarities[:, 2:]).all()


class FakeDescent:
    """Stands for pynndescent, which compiles for half a minute: right, but self is not always first."""

    def __init__(self, vectors: np.ndarray, **options: object) -> None:
        assert options == {"metric": "cosine", "n_neighbors": 4, "random_state": 5}
        cosines = vectors @ vectors.T
        rows = np.argsort(-cosines, axis=1, kind="stable")[:, :4]
        rows[0] = [rows[0][1], 0, *rows[0][2:]]  # a twin before the row itself
        rows[1] = [*rows[1][1:], -1]  # the row itself not found, one neighbour missing
        self.neighbor_graph = rows.astype(np.int32), 1 - np.take_along_axis(cosines, rows, axis=1)


def test_above_the_limit_the_search_is_approximate_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    exact = neighbour_graph(unit(40, 8), k=3)
    monkeypatch.setattr(neighbours, "EXACT_ROWS", 39)
    monkeypatch.setattr("pynndescent.NNDescent", FakeDescent)
    graph = neighbour_graph(unit(40, 8), k=3, seed=5)
    assert exact.exact
    assert not graph.exact
    np.testing.assert_array_equal(graph.indices, exact.indices)
    np.testing.assert_allclose(graph.similarities, exact.similarities, atol=2e-6)
