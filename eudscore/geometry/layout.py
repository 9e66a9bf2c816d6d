"""Where each text is drawn: (n, 2) positions from vectors and their neighbour graph."""

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np

from eudscore.geometry.neighbours import MISSING, NeighbourGraph, has_direction
from eudscore.records import Bools, Floats, Ints

FEWEST = 20  # texts below which neighbourhoods mean little and UMAP is not used
EPOCHS = 200  # 500 keep 1 in 100 more neighbours together and take 2.5 times as long (3,200 texts)


@dataclass(frozen=True, eq=False)
class LayoutResult:
    """Positions and how they came to be.

    Attributes:
        xy: (n, 2) float32, centred, the longer side along x; nan where a text has no vector: it is not drawn.
        method: `umap` or `pca`.
        note: a sentence for the reader if it is not the method that was asked for, else empty.
    """

    xy: Floats
    method: str
    note: str = ""


def pca_layout(vectors: Floats) -> Floats:
    """Positions along the two directions in which the vectors vary most.

    Args:
        vectors: (n, d); a row that is nan or zero gets nan.

    Returns:
        (n, 2) float32; all zero where nothing varies.
    """
    present = has_direction(vectors)
    return _drawn(_principal(vectors[present]), present)


def umap_layout(
    vectors: Floats, graph: NeighbourGraph, *, seed: int, min_dist: float = 0.1, n_neighbors: int = 15
) -> LayoutResult:
    """Positions that keep neighbours together; the same seed gives the same positions on the same machine.

    The neighbours are those of `graph`; UMAP searches nothing itself. It starts from the principal
    components, so that two seeds give maps of similar shape. Fewer than 20 texts are laid out by those alone.

    Args:
        vectors: (n, d); a row that is nan or zero gets nan.
        graph: of the same n rows.
        seed: of UMAP.
        min_dist: how close points may lie; larger fills the plane more evenly.
        n_neighbors: neighbours that matter, the text itself counted; at most those of the graph and itself.

    Source: McInnes, Healy, Melville, UMAP, arXiv 1802.03426; start from PCA: Kobak & Linderman 2021.
    """
    present = has_direction(vectors)
    count = int(present.sum())
    if count < FEWEST:
        note = f"Fewer than {FEWEST} texts to place: drawn by principal components instead of UMAP."
        return LayoutResult(pca_layout(vectors), "pca", note)
    near = min(n_neighbors, graph.indices.shape[1] + 1, count)
    knn = _neighbours_with_self(graph, present, near)
    xy = _fit(vectors[present], knn, seed=seed, min_dist=min_dist)
    # Turned, not scaled: screens are wider than high.
    return LayoutResult(_drawn(_principal(xy), present), "umap")


def warm_up() -> None:
    """Have UMAP compiled, on 64 made-up points: about 8 seconds once per process, nothing afterwards.

    The compiler keeps little between processes, so call it while something else runs.
    """
    angles = np.linspace(0, 2 * np.pi, 64, endpoint=False, dtype=np.float32)
    ring = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    steps = np.arange(15)
    indices = (np.arange(64)[:, None] + np.where(steps % 2, -steps // 2, steps // 2)) % 64
    distances = np.sort(1 - np.einsum("nd,nkd->nk", ring, ring[indices]), axis=1)
    _fit(ring, (indices.astype(np.int32), distances.astype(np.float32)), seed=0, min_dist=0.1)


def _fit(vectors: Floats, knn: tuple[Any, Any], *, seed: int, min_dist: float) -> Floats:
    with warnings.catch_warnings():
        # It warns that it uses one thread for the seed's sake and that a given graph cannot place new points.
        warnings.simplefilter("ignore")
        import umap

        reducer = umap.UMAP(
            n_neighbors=knn[0].shape[1], min_dist=min_dist, n_epochs=EPOCHS, metric="cosine", init="pca",
            precomputed_knn=knn, random_state=seed, n_jobs=1,
        )  # fmt: skip
        dense = np.ascontiguousarray(vectors, dtype=np.float32)
        return np.asarray(reducer.fit_transform(dense), dtype=np.float32)


def _neighbours_with_self(graph: NeighbourGraph, present: Bools, near: int) -> tuple[Any, Any]:
    """Indices (int32) among the present rows and cosine distances (float32), each row's own first."""
    place = np.full(len(present), MISSING, dtype=np.int64)
    place[present] = np.arange(int(present.sum()))
    others: Ints = graph.indices[present, : near - 1]
    missing = others == MISSING
    indices = np.where(missing, MISSING, place[others])
    distances = np.where(missing, np.inf, np.maximum(1 - graph.similarities[present, : near - 1], 0))
    own = np.arange(len(indices))[:, None]
    return (
        np.concatenate([own, indices], axis=1).astype(np.int32),
        np.concatenate([np.zeros((len(indices), 1)), distances], axis=1).astype(np.float32),
    )


def _principal(points: Floats) -> Floats:
    """(m, d) points along their two principal axes, (m, 2); the sign of an axis makes its skew positive."""
    if len(points) == 0:
        return np.zeros((0, 2), dtype=np.float32)
    centred = points - points.mean(axis=0, dtype=np.float64).astype(np.float32)
    covariance = centred.T.astype(np.float64) @ centred
    axes = np.linalg.eigh(covariance)[1][:, ::-1][:, :2].astype(np.float32)
    along = centred @ axes
    along *= np.where((along.astype(np.float64) ** 3).sum(axis=0) < 0, -1, 1).astype(np.float32)
    return np.pad(along, ((0, 0), (0, 2 - along.shape[1])))


def _drawn(xy: Floats, present: Bools) -> Floats:
    """Positions of the present rows among nan for the others."""
    placed = np.full((len(present), 2), np.nan, dtype=np.float32)
    placed[present] = xy
    return placed
