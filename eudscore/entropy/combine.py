"""Several entropies into one number: rules over their ranks or values, with the guards of method section 3.

Source: own design ("IGSE-style"); the formula of the EUDS paper (arXiv 2602.17465) is not published.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from eudscore.entropy.ranks import length_adjusted, mid_ranks, spearman
from eudscore.records import Ints

Doubles = NDArray[np.float64]

LENGTH_LIMIT = 0.5  # |Spearman with log length| above which a component stands for length
MASS_LIMIT = 0.2  # share of rows on one value above which ties decide more than the score
DISTINCT_LIMIT = 0.05  # share of different values below which the same holds ...
DISTINCT_ENOUGH = 1_000  # ... but so many tell a thousandth of the rows from the next, however many rows there are
NARROW_LIMIT = 0.05  # IQR / |median| below which positive values look alike
Z_LIMIT = 3.0  # robust z-scores beyond count as no more than this
_EXACT = 12  # decimals; (a + b) / 2 and (c + d) / 2 may differ in their last bit where the sums of ranks are equal


class Rule(StrEnum):
    """How the components of a row become one number; every result is ranked again into (0, 1)."""

    MEAN_RANK = "mean_rank"
    NORMAL_SCORE = "normal_score"
    MIN = "min"
    MAX = "max"
    PROD = "prod"
    MINMAX_SUM = "minmax_sum"
    ROBUST_Z = "robust_z"

    @property
    def definition(self) -> str:
        """What the rule does, for a card."""
        return _DEFINITIONS[self]


_DEFINITIONS = {
    Rule.MEAN_RANK: "mean of the ranks",
    Rule.NORMAL_SCORE: "mean of the normal scores of the ranks: the ends weigh more than in a mean of ranks",
    Rule.MIN: "lowest of the ranks: high where every measure is",
    Rule.MAX: "highest of the ranks: high where any measure is",
    Rule.PROD: "geometric mean of the ranks: one low rank pulls down",
    Rule.MINMAX_SUM: (
        "mean of the values scaled to [0, 1], a guess at the rule of the paper: one outlier squeezes all other values"
    ),
    Rule.ROBUST_Z: "mean of the robust z-scores (value - median) / (1.4826 MAD), clipped to -3 and 3",
}


@dataclass(frozen=True, eq=False)
class Combination:
    """The combined score and what the guards did, in words.

    Attributes:
        values: (n,) in (0, 1), mid-ranks of `score`; nan where a row has no component.
        score: (n,) what the rule gives, on its own scale.
        used: names of the components that took part.
        weights: their weights, adding up to 1.
        notes: one sentence for each step a guard took.
    """

    values: Doubles
    score: Doubles
    used: tuple[str, ...]
    weights: tuple[float, ...]
    notes: tuple[str, ...]


def mean_rank(components: Mapping[str, Doubles], lengths: Ints, *, adjust: frozenset[str] = frozenset()) -> Combination:
    """`combine` by the default rule, all components alike."""
    return combine(Rule.MEAN_RANK, components, lengths, adjust=adjust)


def combine(
    rule: Rule,
    components: Mapping[str, Doubles],
    lengths: Ints,
    *,
    adjust: frozenset[str] = frozenset(),
    weights: Mapping[str, float] | None = None,
    decorrelate: bool = False,
) -> Combination:
    """Combine entropies row by row, from the components that a row has.

    A component that follows length (|Spearman| > 0.5), or is named in `adjust`, is replaced by its rank within
    bins of length; one that is constant or concentrated on few values is left out.

    Args:
        rule: what makes one number of them. MIN and MAX know no weights but 0.
        components: name -> (n,) entropy, higher = less certain, nan = nothing to score.
        lengths: (n,) words of each text.
        adjust: names that are always ranked within bins of length.
        weights: name -> weight >= 0; 1 where none is given, 0 leaves the component out.
        decorrelate: multiply each weight by 1 / sum |Spearman| with all components, itself included, so that two
            measures of one thing do not vote twice.

    Raises:
        ValueError: a weight is negative or not finite, or is that of no component.
    """
    given = _checked(weights or {}, components)
    parts: dict[str, Doubles] = {}
    notes: list[str] = []
    for name, values in components.items():
        if given[name] == 0:
            notes.append(f"{name} left out: its weight is 0")
            continue
        guarded, said = _guarded(name, values, lengths, adjusted=name in adjust)
        notes += said
        if guarded is not None:
            parts[name] = guarded
    if not parts:
        nothing = np.full(len(lengths), np.nan)
        return Combination(nothing, nothing, (), (), tuple(notes))
    stacked = np.stack(list(parts.values()))
    share = np.array([given[name] for name in parts])
    if decorrelate:
        share = share * _independence(stacked)
    if rule in (Rule.MIN, Rule.MAX) and share.min() < share.max():
        notes.append(f"weights do not count in {rule.value}, which takes one component of each row")
    score = _SCORES[rule](stacked, share)
    return Combination(mid_ranks(score), score, tuple(parts), tuple((share / share.sum()).tolist()), tuple(notes))


def concentration(values: Doubles) -> str:
    """Why ties would decide a ranking by these values; empty when they would not."""
    scored = values[np.isfinite(values)]
    if len(scored) == 0:
        return "it has no values"
    distinct, counts = np.unique(scored, return_counts=True)
    if len(distinct) == 1:
        return "it is constant"
    if len(distinct) == len(scored):  # each of four rows holds a quarter of the mass, and nothing is tied
        return ""
    if counts.max() / len(scored) > MASS_LIMIT:
        return f"{counts.max() / len(scored):.0%} of the rows share one value"
    if len(distinct) < min(DISTINCT_LIMIT * len(scored), DISTINCT_ENOUGH):
        return f"only {len(distinct):,} different values in {len(scored):,} rows"
    return ""


def narrowness(values: Doubles) -> float:
    """IQR / |median| of positive values: how far apart they are for their size; inf where it is not defined."""
    scored = values[np.isfinite(values)]
    if len(scored) == 0 or scored.min() < 0:
        return np.inf
    low, middle, high = np.quantile(scored, [0.25, 0.5, 0.75])
    return float((high - low) / middle) if middle > 0 else np.inf


def robust_z(values: Doubles) -> Doubles:
    """(x - median) / (1.4826 MAD), clipped to [-3, 3]; nan where x is.

    Where MAD is 0 the IQR / 1.349 stands in for it, and where that is 0 too the normal score of the rank for
    the whole.

    Source: Iglewicz & Hoaglin (1993); both scales equal the standard deviation of a normal distribution.
    """
    scored = values[np.isfinite(values)]
    if len(scored) == 0:
        return np.full(len(values), np.nan)
    middle = np.median(scored)
    low, high = np.quantile(scored, [0.25, 0.75])
    scale = 1.4826 * np.median(np.abs(scored - middle)) or (high - low) / 1.349
    with np.errstate(over="ignore"):  # what overflows is clipped
        z = (values - middle) / scale if scale > 0 else ndtri(mid_ranks(values))
    return np.clip(np.where(np.isfinite(values), z, np.nan), -Z_LIMIT, Z_LIMIT)


def _checked(weights: Mapping[str, float], components: Mapping[str, Doubles]) -> dict[str, float]:
    """One weight for each component."""
    for name, weight in weights.items():
        if name not in components:
            raise ValueError(f"a weight is given for {name!r}, but the components are {', '.join(components)}")
        if not (np.isfinite(weight) and weight >= 0):
            raise ValueError(f"the weight of {name!r} is {weight}: a weight is 0 or more")
    return {name: float(weights.get(name, 1.0)) for name in components}


def _guarded(name: str, values: Doubles, lengths: Ints, *, adjusted: bool) -> tuple[Doubles | None, list[str]]:
    """A component as it may be combined, None where it may not, and what was done to it."""
    reason = concentration(values)
    if reason:
        return None, [f"{name} left out: {reason}"]
    rho = spearman(values, np.log(np.maximum(lengths, 1)))
    if adjusted or abs(rho) > LENGTH_LIMIT:
        within = length_adjusted(values, lengths)
        if np.nanmin(within) == np.nanmax(within):
            return None, [f"{name} left out: it is constant among texts of about the same length"]
        return within, [f"{name} ranked within bins of length (Spearman with length {rho:+.2f})"]
    spread = narrowness(values)
    if spread < NARROW_LIMIT:
        # Unlike ties this loses nothing: all rules scale a component by its own ranks or spread.
        return values, [
            f"{name} kept though narrow (the middle half of its rows spans {spread:.1%} of their median): its values "
            "differ, so ranks and quantile bands tell the rows apart"
        ]
    return values, []


def _independence(parts: Doubles) -> Doubles:
    """(k,) 1 / sum_j |Spearman| of each of k components with all of them."""
    rho = np.eye(len(parts))
    for one in range(len(parts)):
        for other in range(one):
            rho[one, other] = rho[other, one] = abs(spearman(parts[one], parts[other]))
    return np.asarray(1 / rho.sum(axis=1))


def _ranks(parts: Doubles) -> Doubles:
    return np.stack([mid_ranks(values) for values in parts])


def _mean(parts: Doubles, weights: Doubles) -> Doubles:
    """(n,) weighted mean over the components that a row has; nan where it has none."""
    present = np.isfinite(parts)
    total = (np.where(present, parts, 0.0) * weights[:, None]).sum(axis=0)
    mass = (present * weights[:, None]).sum(axis=0)
    return np.asarray(total / np.where(mass > 0, mass, np.nan))


def _scaled(parts: Doubles) -> Doubles:
    low, high = np.nanmin(parts, axis=1, keepdims=True), np.nanmax(parts, axis=1, keepdims=True)
    return np.asarray((parts - low) / (high - low))


# (k, n) guarded components, none of them constant, and (k,) weights -> (n,)
_SCORES: Mapping[Rule, Callable[[Doubles, Doubles], Doubles]] = {
    Rule.MEAN_RANK: lambda parts, weights: _mean(_ranks(parts), weights).round(_EXACT),
    Rule.NORMAL_SCORE: lambda parts, weights: _mean(ndtri(_ranks(parts)), weights).round(_EXACT),
    Rule.MIN: lambda parts, _: np.fmin.reduce(_ranks(parts)),
    Rule.MAX: lambda parts, _: np.fmax.reduce(_ranks(parts)),
    Rule.PROD: lambda parts, weights: np.exp(_mean(np.log(_ranks(parts)), weights).round(_EXACT)),
    Rule.MINMAX_SUM: lambda parts, weights: _mean(_scaled(parts), weights),
    Rule.ROBUST_Z: lambda parts, weights: _mean(np.stack([robust_z(values) for values in parts]), weights),
}
