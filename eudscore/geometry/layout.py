"""Where each text is drawn: (n, 2) positions from vectors and their neighbour graph."""

from dataclasses import dataclass

import numpy as np

from eudscore.geometry import landmarks
from eudscore.geometry.descent import MIN_DIST, memberships, settle
from eudscore.geometry.neighbours import (
    MISSING,
    NeighbourGraph,
    approximate_graph,
    has_direction,
    is_exact,
    neighbour_graph,
)
from eudscore.records import Bools, Floats, Ints

FEWEST = 20  # texts below which neighbourhoods mean little and UMAP is not used
EPOCHS = 400  # for 10,000 texts 300 lower the trustworthiness by 0.003, and 500 raise it by 0.001
ALL_AT_ONCE = 50_000  # texts above which landmarks are placed first
EPOCHS_OF_ALL = 100  # after the landmarks are placed
_WARMING = 500  # texts on which everything is compiled
_BLOCK = 16_384  # rows whose covariance is added at once
_HALF_WIDTH = 10.0  # of the positions that UMAP starts from, as in umap-learn
_JITTER = 1e-4  # of them: two texts with one vector do not start in one place


@dataclass(frozen=True, eq=False)
class LayoutResult:
    """Positions and how they came to be.

    Attributes:
        xy: (n, 2) float32, centred, the longer side along x; nan where a text has no vector: it is not drawn.
        method: `umap`, `umap on N landmarks` or `pca`.
        epochs: of the descent, over all texts or over the landmarks; 0 without one.
        epochs_of_all: over all texts, after the landmarks; 0 without landmarks.
        neighbours: that were counted of each text; 0 without.
        note: a sentence for the reader if it is not the method that was asked for, else empty.
    """

    xy: Floats
    method: str
    epochs: int = 0
    epochs_of_all: int = 0
    neighbours: int = 0
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
    vectors: Floats, graph: NeighbourGraph, *, seed: int, min_dist: float = MIN_DIST, n_neighbors: int = 15
) -> LayoutResult:
    """Positions that keep neighbours together; the same seed gives the same positions on the same machine.

    The neighbours are those of `graph`; UMAP searches nothing itself. It starts from the principal components, so that
    two seeds give maps of similar shape. Fewer than 20 texts are laid out by those alone; of more than 50,000, some
    are placed first and the others beside them.

    Args:
        vectors: (n, d); a row that is nan or zero gets nan.
        graph: of the same n rows.
        seed: of the descent and of the landmarks.
        min_dist: how close points may lie; larger fills the plane more evenly.
        n_neighbors: neighbours that matter, the text itself counted; at most those of the graph and itself.

    Raises:
        ValueError: the graph is of other rows, or n_neighbors is below 2.

    Source: McInnes, Healy, Melville, UMAP, arXiv 1802.03426; start from PCA: Kobak & Linderman 2021.
    """
    if len(graph.indices) != len(vectors) or n_neighbors < 2:
        raise ValueError(f"{len(vectors)} vectors, a graph of {len(graph.indices)} rows, {n_neighbors} neighbours")
    present = has_direction(vectors)
    count = int(present.sum())
    if count < FEWEST:
        note = f"Fewer than {FEWEST} texts to place: drawn by principal components instead of UMAP."
        return LayoutResult(pca_layout(vectors), "pca", note=note)
    near = min(n_neighbors - 1, graph.indices.shape[1], count - 1)
    strengths = memberships(*_among_present(graph, present, near))
    dense = vectors if count == len(vectors) else vectors[present]
    start = _start(dense, seed)
    if count <= ALL_AT_ONCE:
        xy = settle(start, strengths, epochs=EPOCHS, seed=seed, min_dist=min_dist)
        method, after = "umap", 0
    else:
        method, after = f"umap on {min(landmarks.LANDMARKS, count):,} landmarks", EPOCHS_OF_ALL
        xy = landmarks.settle_by_landmarks(
            dense, strengths, start, near=near, epochs=(EPOCHS, after), seed=seed, min_dist=min_dist
        )
    # Turned, not scaled: screens are wider than high.
    return LayoutResult(_drawn(_principal(xy), present), method, EPOCHS, after, near)


def warm_up(rows: int, device: str = "cpu") -> None:
    """Have all compiled that a layout of so many texts needs, on made-up vectors; nothing to do a second time.

    Some seconds once per process; half a minute where neighbours are to be searched approximately, as they are of very
    many texts on a CPU. The compiler keeps little between processes, so call it while something else runs.

    Args:
        rows: texts of the layout.
        device: of torch, on which their neighbours are searched.
    """
    vectors = np.random.default_rng(0).normal(size=(_WARMING, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    search = neighbour_graph if is_exact(rows, device) else approximate_graph
    graph = search(vectors, k=15)
    settle(vectors[:, :2], memberships(graph.indices, np.maximum(1 - graph.similarities, 0)), epochs=2, seed=0)


def _start(vectors: Floats, seed: int) -> Floats:
    """(n, 2) principal components, as wide as UMAP starts from, no two in one place."""
    along = _principal(vectors)
    width = float(np.abs(along).max(initial=0)) or 1.0
    noise = np.random.default_rng(seed).normal(scale=_JITTER, size=along.shape)
    return np.asarray(along * (_HALF_WIDTH / width) + noise, dtype=np.float32)


def _among_present(graph: NeighbourGraph, present: Bools, near: int) -> tuple[Ints, Floats]:
    """The neighbours as places among the present rows, -1 = none, and their cosine distances."""
    place = np.full(len(present) + 1, MISSING, dtype=np.int64)  # the last is for -1
    place[:-1][present] = np.arange(int(present.sum()))
    distances = np.maximum(1 - graph.similarities[present, :near], 0)
    return place[graph.indices[present, :near]], distances


def _principal(points: Floats) -> Floats:
    """(m, d) points along their two principal axes, (m, 2); the sign of an axis makes its skew positive."""
    if len(points) == 0:
        return np.zeros((0, 2), dtype=np.float32)
    middle = points.mean(axis=0, dtype=np.float64).astype(np.float32)
    width = points.shape[1]
    covariance = np.zeros((width, width))
    for at in range(0, len(points), _BLOCK):  # a centred copy of a million vectors would be 1.5 GB
        centred = points[at : at + _BLOCK] - middle
        covariance += centred.T @ centred
    axes = np.linalg.eigh(covariance)[1][:, ::-1][:, :2].astype(np.float32)
    along = np.concatenate([(points[at : at + _BLOCK] - middle) @ axes for at in range(0, len(points), _BLOCK)])
    along *= np.where((along.astype(np.float64) ** 3).sum(axis=0) < 0, -1, 1).astype(np.float32)
    return np.pad(along, ((0, 0), (0, 2 - along.shape[1])))


def _drawn(xy: Floats, present: Bools) -> Floats:
    """Positions of the present rows among nan for the others."""
    placed = np.full((len(present), 2), np.nan, dtype=np.float32)
    placed[present] = xy
    return placed
