"""Several entropies into one number: the mean of their ranks, with the guards of method section 3.

Source: own design ("IGSE-style"); the formula of the EUDS paper (arXiv 2602.17465) is not published.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eudscore.entropy.ranks import length_adjusted, mid_ranks
from eudscore.records import Ints

Doubles = NDArray[np.float64]

LENGTH_LIMIT = 0.5  # |Spearman with log length| above which a component stands for length
MASS_LIMIT = 0.2  # share of rows on one value above which ties decide more than the score
DISTINCT_LIMIT = 0.05  # share of different values below which the same holds


@dataclass(frozen=True, eq=False)
class Combination:
    """The combined score and what the guards did, in words."""

    values: Doubles
    used: tuple[str, ...]
    notes: tuple[str, ...]


def mean_rank(components: Mapping[str, Doubles], lengths: Ints, *, adjust: frozenset[str] = frozenset()) -> Combination:
    """Mean over the components of their mid-ranks, ranked again into (0, 1).

    A component that follows length (|Spearman| > 0.5), or is named in `adjust`, is ranked within bins of
    length; one that is constant or concentrated on few values is left out. A row is combined
    from the components it has; nan when it has none.

    Args:
        components: name -> (n,) entropy, higher = less certain, nan = nothing to score.
        lengths: (n,) words of each text.
        adjust: names that are always ranked within bins of length.

    Returns:
        values (n,) float64 in (0, 1), the names used, and one note for each step a guard took.
    """
    ranks: dict[str, Doubles] = {}
    notes: list[str] = []
    for name, values in components.items():
        reason = concentration(values)
        if reason:
            notes.append(f"{name} left out: {reason}")
            continue
        rho = _spearman(values, np.log(np.maximum(lengths, 1)))
        if name in adjust or abs(rho) > LENGTH_LIMIT:
            notes.append(f"{name} ranked within bins of length (Spearman with length {rho:+.2f})")
            values = length_adjusted(values, lengths)
        ranks[name] = mid_ranks(values)
    if not ranks:
        return Combination(np.full(len(lengths), np.nan), (), tuple(notes))
    stacked = np.stack(list(ranks.values()))
    present = np.isfinite(stacked)
    total = np.where(present, stacked, 0.0).sum(axis=0)
    count = present.sum(axis=0)
    mean = total / np.where(count > 0, count, np.nan)
    # Equal sums of ranks must stay tied: (a + b) / 2 and (c + d) / 2 may differ in their last bit.
    return Combination(mid_ranks(mean.round(12)), tuple(ranks), tuple(notes))


def concentration(values: Doubles) -> str:
    """Why ties would decide a ranking by these values; empty when they would not."""
    scored = values[np.isfinite(values)]
    if len(scored) == 0:
        return "it has no values"
    distinct, counts = np.unique(scored, return_counts=True)
    if len(distinct) == 1:
        return "it is constant"
    if counts.max() / len(scored) > MASS_LIMIT:
        return f"{counts.max() / len(scored):.0%} of the rows share one value"
    if len(distinct) / len(scored) < DISTINCT_LIMIT:
        return f"only {len(distinct):,} different values in {len(scored):,} rows"
    return ""


def _spearman(left: Doubles, right: Doubles) -> float:
    """Spearman correlation over the rows where both have a value; 0 where it is not defined."""
    both = np.isfinite(left) & np.isfinite(right)
    x, y = mid_ranks(left[both]), mid_ranks(right[both])
    if len(x) < 2 or x.std() == 0 or y.std() == 0:
        return 0.0
    return float(np.corrcoef(x, y)[0, 1])
