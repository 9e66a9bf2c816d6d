"""Ranks on the scale (0, 1): what makes entropies of different units and shapes comparable."""

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]


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
