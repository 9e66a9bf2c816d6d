"""D2 pruning: rows that are hard in a hard neighbourhood, spread by messages along the graph of neighbours."""

import numpy as np

from eudscore.records import Bools, Floats, Ints
from eudscore.selection.linked import are_linked, both_ways, chords
from eudscore.selection.pool import Pool
from eudscore.selection.quantiles import mid_ranks
from eudscore.selection.ranking import Ranking, with_rest
from eudscore.selection.request import SelectionRequest

NEIGHBOURS = 10
GAMMA = 0.1
"""How fast a message fades on the way back: the low end of what the paper searches, for spread at small budgets."""


def by_messages(pool: Pool, request: SelectionRequest, _limit: int) -> Ranking:
    """Rows by difficulty of their neighbourhood, each one taken lowering its neighbours.

    The column is scaled to its mid-ranks in (0, 1), so that no outlier outweighs its whole neighbourhood. A row
    without a value is no candidate and sends no message; one without a vector comes last. O(nk log n) for k = 10.
    """
    values = np.where(pool.eligible, pool.column(request.by), np.float32(np.nan))
    neighbours, cosines = pool.neighbours
    neighbours, cosines = neighbours[:, :NEIGHBOURS], cosines[:, :NEIGHBOURS]
    scored = np.isfinite(values)
    linked = scored & are_linked(neighbours)
    scores = np.nan_to_num(mid_ranks(values))
    return Ranking(with_rest(messages_passed(neighbours, chords(cosines), scores, candidates=linked), scored))


def messages_passed(neighbours: Ints, distances: Floats, scores: Floats, *, candidates: Bools) -> Ints:
    """Candidates by score after messages have passed forward, and back from each one taken.

    Forward: x_i = s_i + sum_j e^(-d_ij) s_j over the neighbours both ways. Then the largest x_k is taken again and
    again, and x_j falls by e^(-gamma d_kj) x_k for its neighbours j. A row taken when its own x is below 0 sends
    nothing, where the authors' code would raise its neighbours again.

    Args:
        neighbours: (n, k) distinct places, -1 = none.
        distances: (n, k) Euclidean, as in the paper.
        scores: (n,) at least 0.
        candidates: (n,) which rows may be taken; the others only send.

    Returns:
        (c,) all candidates, best first, of equal scores the lower place.

    Source: Maharana, Yadav, Bansal, D2 Pruning, arXiv 2310.07931, section 3, equations of forward and reverse message
    passing; its d is the Euclidean distance of embeddings.
    """
    from scipy.sparse import csr_array

    from eudscore.selection.compiled import greedy_messages

    graph = both_ways(neighbours, np.exp(-distances))
    own = scores.astype(np.float64)
    passed = own + csr_array((graph.weights, graph.others, graph.starts), shape=(len(own), len(own))) @ own
    reaches = graph.weights**GAMMA  # e^(-gamma d) is a power of e^(-d)
    return np.asarray(greedy_messages(graph.starts, graph.others, reaches, passed, np.flatnonzero(candidates)))
