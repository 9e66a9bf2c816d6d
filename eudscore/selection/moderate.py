"""Moderate coreset: rows neither close to the centre of their class nor far from it."""

import numpy as np

from eudscore.records import Floats, Ints
from eudscore.selection.pool import Pool
from eudscore.selection.quotas import strata_of
from eudscore.selection.ranking import Ranking, with_rest
from eudscore.selection.request import Balance, SelectionRequest


def moderate_first(pool: Pool, _request: SelectionRequest, _limit: int) -> Ranking:
    """Rows by how far their distance to the centre of their class is from the median distance of that class.

    Without labels clusters of meaning stand for classes; rows without a label, or without a cluster, have a
    centre of their own. A row without a vector comes last. O(nd + n log n).

    Source: Xia, Liu, Yu, Shen, Han, Liu, Moderate Coreset, ICLR 2023, section 3.
    """
    places = np.flatnonzero(pool.eligible & pool.vectors.any(axis=1))
    groups = pool.clusters if pool.labels is None else pool.labels
    strata = strata_of(groups, len(pool), Balance.PROPORTIONAL)
    off = off_median(pool.vectors, places, strata[places])
    return Ranking(with_rest(places[np.argsort(off, kind="stable")], pool.eligible))


def off_median(vectors: Floats, places: Ints, groups: Ints) -> Floats:
    """(m,) |distance to the mean of the group - median of these distances in the group|, Euclidean.

    Args:
        vectors: (n, d).
        places: (m,) of the vectors that count.
        groups: (m,) group of each.
    """
    off = np.zeros(len(places), dtype=np.float32)
    order = np.argsort(groups, kind="stable")
    for members in np.split(order, np.flatnonzero(np.diff(groups[order])) + 1):
        if len(members):
            own = np.asarray(vectors[places[members]], dtype=np.float32)
            away = np.linalg.norm(own - own.mean(axis=0, dtype=np.float64).astype(np.float32), axis=1)
            off[members] = np.abs(away - np.median(away))
    return off
