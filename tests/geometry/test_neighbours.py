"""The neighbour graph against scikit-learn and against its own rule for ties."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.neighbors import NearestNeighbors

from eudscore.geometry import neighbours
from eudscore.geometry.cells import nearest_by_cells
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


def clumped(n: int, d: int = 24) -> np.ndarray:
    draw = np.random.default_rng(0)
    vectors = unit(60, d)[draw.integers(0, 60, n)] + 0.6 * unit(n, d, seed=1)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def test_above_the_limit_the_search_is_approximate_says_so_and_finds_nearly_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    vectors = clumped(5000)
    exact = neighbour_graph(vectors, k=10)
    monkeypatch.setattr(neighbours, "EXACT_ROWS", 4999)
    graph = neighbour_graph(vectors, k=10, seed=5)
    assert exact.exact
    assert not graph.exact
    right = (graph.indices[:, :, None] == exact.indices[:, None, :]).any(axis=2).mean()
    assert right > 0.95
    np.testing.assert_array_equal(graph.indices, neighbour_graph(vectors, k=10, seed=5).indices)


def test_the_approximate_search_names_nobody_twice_nor_itself_and_its_cosines_are_true() -> None:
    vectors = clumped(2000)
    rows, cosines = nearest_by_cells(vectors, 8, seed=0)
    assert (rows != np.arange(2000)[:, None]).all()
    assert all(len(set(row)) == 8 for row in rows.tolist())
    assert (np.diff(cosines, axis=1) <= 0).all()
    np.testing.assert_allclose(cosines, np.einsum("nd,nkd->nk", vectors, vectors[rows]), atol=1e-5)


def test_more_copies_than_a_cell_holds_are_searched_all_the_same() -> None:
    vectors = np.concatenate([np.repeat(unit(1, 16), 3000, axis=0), unit(500, 16, seed=2)])
    rows, cosines = nearest_by_cells(vectors, 5, seed=0)
    np.testing.assert_allclose(cosines[:3000], 1, atol=1e-5)
    assert (rows >= 0).all()


def test_rows_too_few_for_all_their_neighbours_miss_some() -> None:
    rows, cosines = nearest_by_cells(unit(3, 4), 5, seed=0)
    assert ((rows >= 0).sum(axis=1) == 2).all()
    assert np.isnan(cosines[rows < 0]).all()
