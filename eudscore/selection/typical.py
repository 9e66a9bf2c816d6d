"""TypiClust: the most typical row of each cluster of meaning, cluster after cluster."""

import numpy as np

from eudscore.records import Floats, Ints
from eudscore.selection.linked import chords
from eudscore.selection.pool import Pool
from eudscore.selection.ranking import Ranking, with_rest
from eudscore.selection.request import SelectionRequest

NEIGHBOURS = 20
SMALLEST_CLUSTER = 5


def typical_first(pool: Pool, _request: SelectionRequest, _limit: int) -> Ranking:
    """In each round every cluster gives its most typical row left, the largest cluster first.

    Typicality is 1 / mean Euclidean distance to the 20 nearest of the whole data set (the authors look inside the
    cluster only). Clusters of fewer than five rows follow when the others are used up, rows without a cluster or
    a vector last. The clusters are those of the data set, whatever the budget; in the paper there are as many as rows
    are wanted. O(n log n + nk).

    Source: Hacohen, Dekel, Weinshall, Active Learning on a Budget, arXiv 2202.02794, equation 2 and algorithm 1.
    """
    neighbours, cosines = pool.neighbours
    distances = mean_distances(neighbours[:, :NEIGHBOURS], chords(cosines[:, :NEIGHBOURS]))
    places = np.flatnonzero(pool.eligible & (pool.clusters >= 0) & np.isfinite(distances))
    clusters = pool.clusters[places]
    sizes = np.bincount(clusters, minlength=1)
    grouped = np.lexsort((places, distances[places], clusters))
    turn = np.empty(len(places), dtype=np.int64)
    turn[grouped] = np.arange(len(places)) - (np.cumsum(sizes) - sizes)[clusters[grouped]]
    order = np.lexsort((clusters, -sizes[clusters], turn, sizes[clusters] < SMALLEST_CLUSTER))
    return Ranking(with_rest(places[order], pool.eligible))


def mean_distances(neighbours: Ints, distances: Floats) -> Floats:
    """(n,) mean of the distances to the neighbours that are there; inf where there is none.

    Args:
        neighbours: (n, k) places, -1 = none.
        distances: (n, k).
    """
    there = neighbours >= 0
    count = there.sum(axis=1)
    total = np.where(there, distances, 0).sum(axis=1, dtype=np.float64)
    mean = np.full(len(count), np.inf, dtype=np.float32)
    mean[count > 0] = total[count > 0] / count[count > 0]
    return mean
