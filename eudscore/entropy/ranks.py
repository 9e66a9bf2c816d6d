"""Ranks on the scale (0, 1): what makes entropies of different units and shapes comparable."""

import numpy as np
from numpy.typing import NDArray

from eudscore.records import Ints

Doubles = NDArray[np.float64]

LENGTH_BINS = 20
_PER_BIN = 10  # texts below which ranks within a bin are too coarse to tell texts apart


def mid_ranks(values: NDArray[np.floating]) -> Doubles:
    """Mid-rank of each value on the quantile scale: u = (mean rank - 0.5) / m.

    Ranks go from 1 for the lowest of the m finite values to m for the highest; equal values share the mean
    of their ranks. The mean of all u is 0.5 and reversing the sign of the values gives 1 - u.

    Args:
        values: (n,) any float type; what is not finite has no rank.

    Returns:
        (n,) float64 in (0, 1); nan where the value is not finite.

    Source: Hazen's plotting position (r - 0.5) / m; `scipy.stats.rankdata(method="average")` for the ranks.
    """
    ranks = np.full(len(values), np.nan)
    scored = np.isfinite(values)
    count = int(scored.sum())
    if count == 0:
        return ranks
    found = values[scored]
    order = np.argsort(found, kind="stable")
    in_order = found[order]
    starts = np.flatnonzero(np.concatenate([[True], in_order[1:] != in_order[:-1]]))
    sizes = np.diff(np.append(starts, count))
    middles = (starts + sizes / 2) / count  # mean rank - 0.5 of a run of equals that begins at `starts`
    placed = np.empty(count)
    placed[order] = np.repeat(middles, sizes)
    ranks[scored] = placed
    return ranks


def length_adjusted(values: Doubles, lengths: Ints, *, bins: int = LENGTH_BINS) -> Doubles:
    """Mid-rank of a value among texts of about the same length: removes the length confound by construction.

    Bins are quantiles of length. Texts of one length never straddle two bins; where all texts of a bin are of
    one length, or there is but one bin, what remains is the plain rank of the value among them.

    Args:
        values: (n,) any score, nan = nothing to score.
        lengths: (n,) words of each text.
        bins: how many to aim at; fewer where a bin would hold less than ten texts.

    Returns:
        (n,) float64 in (0, 1), nan where `values` is; a text alone in its bin gets 0.5.

    Source: method section 2.1, `ie_adj`.
    """
    adjusted = np.full(len(values), np.nan)
    scored = np.isfinite(values)
    wanted = min(bins, int(scored.sum()) // _PER_BIN)
    if wanted < 2:
        return mid_ranks(values)
    edges = np.unique(np.quantile(lengths[scored], np.linspace(0, 1, wanted + 1)[1:-1]))
    bin_of = np.searchsorted(edges, lengths, side="left")
    for number in range(len(edges) + 1):
        members = scored & (bin_of == number)
        adjusted[members] = mid_ranks(values[members])
    return adjusted


def spearman(left: Doubles, right: Doubles) -> float:
    """Spearman correlation over the rows where both have a value; 0 where it is not defined.

    Source: Spearman (1904): Pearson's correlation of the mid-ranks, as `scipy.stats.spearmanr`.
    """
    both = np.isfinite(left) & np.isfinite(right)
    x, y = mid_ranks(left[both]), mid_ranks(right[both])
    if len(x) < 2 or x.min() == x.max() or y.min() == y.max():
        return 0.0
    return float(np.corrcoef(x, y)[0, 1])
