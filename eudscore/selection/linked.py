"""The stored neighbours as a graph whose edges hold both ways."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from eudscore.records import Bools, Floats, Ints


class Graph(NamedTuple):
    """Edges of each place: those of place i stand from `starts[i]` to `starts[i + 1]`, by rising place.

    Attributes:
        starts: (n + 1,) int64.
        others: (m,) int32 places.
        weights: (m,) float32, none of them 0.
    """

    starts: Ints
    others: NDArray[np.int32]
    weights: Floats


def both_ways(neighbours: Ints, weights: Floats) -> Graph:
    """The edges from each place to its neighbours, and back; of two weights of one pair the larger holds.

    Args:
        neighbours: (n, k) distinct places, -1 = none.
        weights: (n, k) at least 0; an edge of weight 0 is none.
    """
    from scipy.sparse import csr_array

    there = _there(neighbours)
    starts = np.concatenate([[0], np.cumsum(there.sum(axis=1))])
    kept = np.asarray(weights, dtype=np.float32)[there], neighbours[there].astype(np.int32), starts
    one = csr_array(kept, shape=(len(neighbours), len(neighbours)))
    both = one.maximum(one.T.tocsr())
    both.sort_indices()
    return Graph(both.indptr.astype(np.int64), both.indices.astype(np.int32), both.data.astype(np.float32))


def are_linked(neighbours: Ints) -> Bools:
    """(n,) whether a place has a neighbour or is one; a row without a vector is neither."""
    there = _there(neighbours)
    linked: Bools = np.asarray(there.any(axis=1), dtype=np.bool_)
    linked[neighbours[there]] = True
    return linked


def chords(cosines: Floats) -> Floats:
    """Euclidean distances of unit vectors from their cosines, any shape."""
    return np.sqrt(np.maximum(2 - 2 * np.asarray(cosines, dtype=np.float32), 0))


def _there(neighbours: Ints) -> Bools:
    own = np.arange(len(neighbours))[:, None]
    return np.asarray((neighbours >= 0) & (neighbours != own), dtype=np.bool_)
