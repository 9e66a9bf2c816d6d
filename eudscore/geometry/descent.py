"""UMAP in two steps, by the functions of umap-learn: how strongly neighbours pull, and the descent that follows.

Apart, so that a graph that is there already is used, and so that positions that are there already can be improved.
"""

import warnings
from functools import lru_cache
from typing import Any

import numpy as np

from eudscore.records import Floats, Ints

MIN_DIST = 0.1
_SPREAD = 1.0
_PUSHES = 5  # random texts that push, for each neighbour that pulls
_STRENGTH = 1.0  # of a push
_WHOLE = np.iinfo(np.int32)


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
    """Positions after so many epochs of UMAP's descent, from given ones; the same seed gives the same.

    Args:
        xy: (n, 2) where to begin.
        graph: (n, n) sparse strengths, as `memberships` makes it.
        epochs: passes; a pair of strength s pulls in a fraction s / largest of them.
        seed: of the random texts that push.
        min_dist: how close texts may come.
        step: of the first epoch; it falls to 0 in a line.

    Returns:
        (n, 2) float32.

    Source: McInnes, Healy, Melville, UMAP, arXiv 1802.03426, algorithm 5.
    """
    pairs = graph.tocoo()
    counted = pairs.data >= pairs.data.max(initial=0) / max(epochs, 1)  # weaker ones would never have their turn
    if epochs < 1 or not counted.any():
        return np.array(xy, dtype=np.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from umap.layouts import optimize_layout_euclidean
        from umap.umap_ import make_epochs_per_sample

        places = np.array(xy, dtype=np.float32, order="C")
        a, b = _curve(min_dist)
        state = np.random.RandomState(seed).randint(_WHOLE.min + 1, _WHOLE.max, 3).astype(np.int64)
        optimize_layout_euclidean(
            places, places, pairs.row[counted].astype(np.int32), pairs.col[counted].astype(np.int32), epochs, len(xy),
            make_epochs_per_sample(pairs.data[counted], epochs), a, b, state, _STRENGTH, step, _PUSHES,
            parallel=False, move_other=True,
        )  # fmt: skip
    return places


@lru_cache(maxsize=8)
def _curve(min_dist: float) -> tuple[float, float]:
    """The shape of the likeness of two positions by their distance."""
    from umap.umap_ import find_ab_params

    a, b = find_ab_params(_SPREAD, min_dist)
    return float(a), float(b)
