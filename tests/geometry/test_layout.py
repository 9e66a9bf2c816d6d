"""Layouts keep neighbours together, keep out what has no vector, and repeat for a seed."""

from functools import partial

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.manifold import trustworthiness

from eudscore.geometry import landmarks, layout
from eudscore.geometry.layout import pca_layout, umap_layout, warm_up
from eudscore.geometry.neighbours import NeighbourGraph, neighbour_graph


def clumps(n: int = 120, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Unit vectors about three directions, and which one each is about."""
    rng = np.random.default_rng(seed)
    which = rng.integers(0, 3, n)
    vectors = np.eye(12)[which] + 0.15 * rng.normal(size=(n, 12))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32), which


def test_pca_spans_the_same_plane_as_scikit_learn() -> None:
    vectors, _ = clumps()
    mine, oracle = pca_layout(vectors), PCA(2).fit_transform(vectors)
    np.testing.assert_allclose(np.abs(mine), np.abs(oracle), atol=1e-4)


def test_umap_puts_texts_of_one_kind_together_and_repeats_for_a_seed() -> None:
    vectors, which = clumps()
    graph = neighbour_graph(vectors)
    result = umap_layout(vectors, graph, seed=1)
    assert (result.method, result.note) == ("umap", "")
    assert (result.xy.shape, result.xy.dtype) == ((120, 2), np.float32)
    apart = np.linalg.norm(result.xy[:, None] - result.xy[None], axis=2)
    np.fill_diagonal(apart, np.inf)
    nearest = which[np.argsort(apart, axis=1)[:, :5]]
    assert (nearest == which[:, None]).mean() > 0.95
    np.testing.assert_array_equal(result.xy, umap_layout(vectors, graph, seed=1).xy)
    assert not np.array_equal(result.xy, umap_layout(vectors, graph, seed=2).xy)


def test_umap_uses_the_graph_it_is_given_and_not_the_vectors_own() -> None:
    vectors, which = clumps()
    shuffled = np.random.default_rng(0).permutation(120)
    other = umap_layout(vectors, neighbour_graph(vectors[shuffled]), seed=1).xy
    apart = np.linalg.norm(other[:, None] - other[None], axis=2)
    np.fill_diagonal(apart, np.inf)
    near = np.argsort(apart, axis=1)[:, :5]
    of_the_graph = which[shuffled]
    assert (of_the_graph[near] == of_the_graph[:, None]).mean() > 0.8


def test_a_row_without_a_vector_is_not_drawn_and_moves_nobody() -> None:
    vectors, _ = clumps()
    with_gaps = np.concatenate([np.full((1, 12), np.nan, np.float32), vectors, np.zeros((1, 12), np.float32)])
    result = umap_layout(with_gaps, neighbour_graph(with_gaps), seed=0)
    assert np.isnan(result.xy[[0, -1]]).all()
    np.testing.assert_array_equal(result.xy[1:-1], umap_layout(vectors, neighbour_graph(vectors), seed=0).xy)


def test_the_picture_is_centred_and_wider_than_high() -> None:
    vectors, _ = clumps()
    xy = umap_layout(vectors, neighbour_graph(vectors), seed=0).xy
    np.testing.assert_allclose(xy.mean(axis=0), 0, atol=1e-3)
    assert xy[:, 0].std() >= xy[:, 1].std()


def test_a_few_texts_are_drawn_by_principal_components_and_it_is_said() -> None:
    vectors, _ = clumps(19)
    result = umap_layout(vectors, neighbour_graph(vectors), seed=0)
    assert result.method == "pca"
    assert result.note.startswith("Fewer than 20 texts")
    np.testing.assert_array_equal(result.xy, pca_layout(vectors))


def test_the_fewest_texts_umap_takes_are_laid_out() -> None:
    vectors, _ = clumps(20)
    result = umap_layout(vectors, neighbour_graph(vectors, k=3), seed=0)
    assert result.method == "umap"
    assert np.isfinite(result.xy).all()


@pytest.mark.parametrize("vectors", [np.zeros((0, 5)), np.full((3, 5), np.nan), np.ones((1, 5)), np.ones((4, 1))])
def test_where_nothing_varies_points_lie_in_one_place_or_are_not_drawn(vectors: np.ndarray) -> None:
    xy = pca_layout(vectors.astype(np.float32))
    assert xy.shape == (len(vectors), 2)
    drawn = np.isfinite(vectors).all(axis=1)
    assert (xy[drawn] == 0).all()
    assert np.isnan(xy[~drawn]).all()


def test_copies_of_one_text_are_laid_out_without_trouble() -> None:
    vectors = np.repeat(clumps(2)[0], 30, axis=0)
    assert np.isfinite(umap_layout(vectors, neighbour_graph(vectors), seed=0).xy).all()


def test_warming_up_leaves_the_layout_as_it_was() -> None:
    vectors, _ = clumps()
    graph = neighbour_graph(vectors)
    before = umap_layout(vectors, graph, seed=0).xy
    warm_up(60)
    np.testing.assert_array_equal(umap_layout(vectors, graph, seed=0).xy, before)


@pytest.mark.parametrize(
    ("rows", "device", "search"),
    [(60, "cpu", "exact"), (100_000, "cpu", "approximate"), (60, "cuda", "exact"), (100_000, "cuda", "exact")],
)
def test_warming_up_compiles_the_search_that_will_be_made(
    rows: int, device: str, search: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []

    def searched(kind: str, vectors: np.ndarray, k: int) -> NeighbourGraph:
        made.append(kind)
        return neighbour_graph(vectors, k=k)

    monkeypatch.setattr(layout, "neighbour_graph", partial(searched, "exact"))
    monkeypatch.setattr(layout, "approximate_graph", partial(searched, "approximate"))
    warm_up(rows, device)
    assert made == [search]


def test_very_many_texts_are_laid_out_on_landmarks_and_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    vectors, _ = clumps(900)
    vectors[5] = np.nan
    graph = neighbour_graph(vectors)
    monkeypatch.setattr(layout, "ALL_AT_ONCE", 800)
    monkeypatch.setattr(landmarks, "LANDMARKS", 200)
    result = umap_layout(vectors, graph, seed=1)
    assert result.method == "umap on 200 landmarks"
    assert (result.epochs, result.epochs_of_all, result.neighbours) == (layout.EPOCHS, layout.EPOCHS_OF_ALL, 14)
    assert np.isnan(result.xy[5]).all()
    there = np.delete(np.arange(900), 5)
    kept = trustworthiness(vectors[there], result.xy[there], n_neighbors=15, metric="cosine")
    monkeypatch.setattr(layout, "ALL_AT_ONCE", 1000)
    whole = umap_layout(vectors, graph, seed=1)
    assert (whole.method, whole.epochs_of_all) == ("umap", 0)
    assert kept > trustworthiness(vectors[there], whole.xy[there], n_neighbors=15, metric="cosine") - 0.02


def test_landmarks_repeat_for_a_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "ALL_AT_ONCE", 100)
    monkeypatch.setattr(landmarks, "LANDMARKS", 60)
    vectors, _ = clumps()
    graph = neighbour_graph(vectors)
    first = umap_layout(vectors, graph, seed=1).xy
    np.testing.assert_array_equal(first, umap_layout(vectors, graph, seed=1).xy)
    assert not np.array_equal(first, umap_layout(vectors, graph, seed=2).xy)


def test_rows_no_landmark_leads_to_are_placed_beside_the_nearest_landmark(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "ALL_AT_ONCE", 100)
    monkeypatch.setattr(landmarks, "LANDMARKS", 60)
    vectors, _ = clumps()
    graph = neighbour_graph(vectors)
    alone = NeighbourGraph(np.full_like(graph.indices, -1), np.full_like(graph.similarities, np.nan))
    assert np.isfinite(umap_layout(vectors, alone, seed=0).xy).all()


def test_a_graph_of_other_rows_is_refused() -> None:
    vectors, _ = clumps()
    with pytest.raises(ValueError, match="120 vectors, a graph of 119 rows"):
        umap_layout(vectors, neighbour_graph(vectors[:-1]), seed=0)
    with pytest.raises(ValueError, match="1 neighbours"):
        umap_layout(vectors, neighbour_graph(vectors), seed=0, n_neighbors=1)
