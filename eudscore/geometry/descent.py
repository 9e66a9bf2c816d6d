"""UMAP in two steps: how strongly neighbours pull (by umap-learn), and the descent that follows.

Apart, so that a graph that is there already is used, and so that positions that are there already can be improved.
"""

import os
import warnings
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np

from eudscore.records import Floats, Ints

MIN_DIST = 0.1
_SPREAD = 1.0
_PUSHES = 5  # random texts that push, for each neighbour that pulls


def memberships(indices: Ints, distances: Floats) -> Any:
    """The strengths of all pairs of neighbours: UMAP's fuzzy graph.

    Args:
        indices: (n, k) neighbours of each, nearest first, itself left out; -1 = none.
        distances: (n, k) to them.

    Returns:
        (n, n) `scipy.sparse.csr_array` of strengths in (0, 1], the same both ways.

    Source: McInnes, Healy, Melville, UMAP, arXiv 1802.03426, algorithms 2 and 3.
    """
    from scipy.sparse import csr_array

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from umap.umap_ import fuzzy_simplicial_set

        n = len(indices)
        own = np.arange(n)[:, None]
        near = np.concatenate([own, indices], axis=1).astype(np.int32)
        away = np.concatenate([np.zeros((n, 1)), np.where(indices < 0, np.inf, distances)], axis=1).astype(np.float32)
        graph, _, _ = fuzzy_simplicial_set(
            own, near.shape[1], np.random.RandomState(0), "precomputed", knn_indices=near, knn_dists=away
        )
    return csr_array(graph)


def settle(xy: Floats, graph: Any, *, epochs: int, seed: int, min_dist: float = MIN_DIST, step: float = 1.0) -> Floats:
    """Positions after so many epochs of UMAP's descent, from given ones; the same whatever the number of threads.

    Ours, since umap-learn's own either repeats for a seed or uses more than one core.

    Args:
        xy: (n, 2) where to begin.
        graph: (n, n) sparse strengths, as `memberships` makes it.
        epochs: passes; a pair of strength s pulls in a fraction s / largest of them.
        seed: of the random texts that push.
        min_dist: how close texts may come.
        step: of the first epoch; it falls to 0 in a line.

    Returns:
        (n, 2) float32.

    Source: McInnes, Healy, Melville, UMAP, arXiv 1802.03426, algorithm 5; all rows moving at once is the `batch` mode
    of uwot (Melville).
    """
    from eudscore.geometry.compiled import forces, move_rows

    before = np.array(xy, dtype=np.float32)
    after = before.copy()
    shares = np.asarray(graph.data / (graph.data.max(initial=0) or 1.0), dtype=np.float32)
    pairs = graph.indptr.astype(np.int64), graph.indices.astype(np.int32), shares
    table = forces(*_curve(min_dist))
    pieces = _pieces(len(before))
    with ThreadPoolExecutor(_threads()) as pool:
        for epoch in range(epochs):
            size = np.float32(step * (1 - epoch / epochs))
            about = (*pairs, table, size, epoch, seed, _PUSHES)
            for job in [pool.submit(move_rows, before, after, *about, *piece) for piece in pieces]:
                job.result()
            before, after = after, before
    return before


def _threads() -> int:
    """How many threads this process may use at once."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _pieces(n: int) -> list[tuple[int, int]]:
    """The rows in pieces, a few for each thread: those of some rows have more neighbours than those of others."""
    edges = np.linspace(0, n, 4 * _threads() + 1).astype(int).tolist()
    return [(begin, end) for begin, end in pairwise(edges) if begin < end]


@lru_cache(maxsize=8)
def _curve(min_dist: float) -> tuple[float, float]:
    """The shape of the likeness of two positions by their distance."""
    from umap.umap_ import find_ab_params

    a, b = find_ab_params(_SPREAD, min_dist)
    return float(a), float(b)
