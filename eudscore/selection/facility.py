"""Facility location: the rows that together are most similar to all others."""

import numpy as np
from numpy.typing import NDArray

from eudscore.records import Bools, Floats, Ints
from eudscore.selection.linked import are_linked, both_ways
from eudscore.selection.pool import Pool
from eudscore.selection.ranking import Ranking, with_rest
from eudscore.selection.request import SelectionRequest


def by_facility_location(pool: Pool, _request: SelectionRequest, _limit: int) -> Ranking:
    """Every row with a text by what it adds to the coverage of all of them; those without a vector last.

    O(nk log n) for n rows of k neighbours: `facility` over the stored neighbours.
    """
    neighbours, cosines = pool.neighbours
    weights = pool.eligible.astype(np.float64)
    order = facility(neighbours, cosines, weights=weights, candidates=pool.eligible)
    return Ranking(order)


def facility(
    neighbours: Ints, similarities: Floats, *, weights: NDArray[np.floating] | None = None,
    candidates: Bools | None = None, own: NDArray[np.floating] | None = None,
) -> Ints:  # fmt: skip
    """Candidates in the order in which the greedy takes them to maximise f(S) = sum_i w_i max_{j in S} s_ij.

    Each similarity holds both ways, one below 0 counts as 0, and so does that of two rows neither of which is among
    the neighbours of the other. Unless `own` says otherwise, a row is similar to itself by 1, but for one that has
    no neighbour and is nobody's: then it has no vector, and taking it covers nothing. f is monotone and submodular,
    so that the first k rows reach at least 1 - 1/e of what any k rows reach. Lazy, and exactly what the plain greedy
    takes.

    Args:
        neighbours: (n, k) distinct places, -1 = none.
        similarities: (n, k) in [-1, 1].
        weights: (n,) finite, at least 0: what it is worth to cover each row; None = 1.
        candidates: (n,) which rows may be taken; None = all.
        own: (n,) how similar each row is to itself, in [0, 1].

    Returns:
        (c,) all candidates, best first, of equal gains the lower place; once nothing is gained, by place.

    Raises:
        ValueError: a weight is negative or not finite.

    Source: Nemhauser, Wolsey, Fisher, Math. Programming 14 (1978) for the bound; Minoux, 1978, for the lazy
    evaluation. Cost: O(nk log n) as a rule, O(n^2 k) at worst; memory O(nk).
    """
    from eudscore.selection.compiled import greedy_cover

    worth = np.ones(len(neighbours)) if weights is None else np.asarray(weights, dtype=np.float64)
    if not np.all(np.isfinite(worth) & (worth >= 0)):
        raise ValueError("weights must be finite and at least 0")
    may = np.ones(len(neighbours), dtype=np.bool_) if candidates is None else candidates
    graph = both_ways(neighbours, np.clip(np.nan_to_num(similarities), 0, 1))
    itself = are_linked(neighbours).astype(np.float64) if own is None else np.asarray(own, dtype=np.float64)
    return with_rest(greedy_cover(*graph, itself, worth, np.flatnonzero(may)), may)
