"""k-center: each next row is the one farthest from all taken ones."""

import numpy as np

from eudscore.records import Floats, Ints
from eudscore.selection.pool import Pool
from eudscore.selection.ranking import Ranking, with_rest
from eudscore.selection.request import SelectionRequest

_AHEAD = 32  # one product with many vectors takes hardly longer than with a few
_ROUNDING = 1e-6  # of a cosine: a float32 product is no more exact


def farthest_first(pool: Pool, _request: SelectionRequest, limit: int) -> Ranking:
    """The first `limit` rows farthest-first, the rest in draw order; those without a vector last.

    O(nd limit), and 32 cosines a row in memory.
    """
    known = pool.eligible & pool.vectors.any(axis=1)
    places = np.flatnonzero(known)
    vectors = pool.vectors if known.all() else pool.vectors[places]
    chosen = places[farthest(np.asarray(vectors, dtype=np.float32), limit)]
    return Ranking(with_rest(with_rest(chosen, known), pool.eligible))


def farthest(vectors: Floats, limit: int) -> Ints:
    """Indices farthest-first, from the one nearest to the mean on; of equally far ones the lower.

    Args:
        vectors: (n, d) float32 of unit length, among which the farthest is the one of the lowest cosine.
        limit: most that are wanted.

    Returns:
        (k,) at most `limit`; fewer where all others equal one that is taken.

    Source: Sener & Savarese, Active Learning for Convolutional Neural Networks: A Core-Set Approach, arXiv 1708.00489,
    algorithm 1: the largest distance to a taken row is at most twice that of the best k rows (Gonzalez, 1985).
    """
    wanted = min(limit, len(vectors))
    if wanted < 1:
        return np.zeros(0, dtype=np.int64)
    central = vectors @ vectors.mean(axis=0, dtype=np.float64).astype(np.float32)
    following = int(np.flatnonzero(central >= central.max() - _ROUNDING)[0])
    chosen: list[int] = []
    nearest = np.full(len(vectors), -np.inf, dtype=np.float32)  # cosine to the most similar taken one
    cosines: dict[int, Floats] = {}
    while len(chosen) < wanted and nearest[following] < 1 - _ROUNDING:
        if following not in cosines:
            cosines = _cosines(vectors, following, nearest)
        chosen.append(following)
        np.maximum(nearest, cosines[following], out=nearest)
        nearest[following] = np.inf
        following = int(np.argmin(nearest))
    return np.array(chosen, dtype=np.int64)


def _cosines(vectors: Floats, first: int, nearest: Floats) -> dict[int, Floats]:
    """Cosines of all to one index, and to those that are likely to follow: the farthest as things stand."""
    count = min(_AHEAD, len(vectors))
    ahead = np.argpartition(nearest, count - 1)[:count]
    wanted = [first, *(other for other in ahead.tolist() if other != first)]
    return dict(zip(wanted, vectors[wanted] @ vectors.T, strict=True))
