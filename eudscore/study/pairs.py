"""Differences between two arms of a study, paired by the seed they share.

A gain is positive where the arm is better, be more or less of the metric better, and in the unit of the metric.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

LEVEL = 0.95
POWER = 0.80

_SIGNS = 6  # pairs, from which on a sign test shows what all of them agree in
_ALIKE = 1e-12  # differences no further apart are the same but for rounding


@dataclass(frozen=True)
class Gain:
    """What an arm gains over another.

    Attributes:
        against: the other strategy.
        seeds: of the pairs, ascending.
        unpaired: seeds that only one of the two has; they count for nothing here.
        mean: of the paired differences, positive = the arm is better; nan without a pair.
        sd: standard deviation of the differences; nan for fewer than two pairs.
        low: lower end of the 95 % t-interval of the mean, likewise.
        high: upper end.
        p: two-sided, of the paired t-test.
        p_holm: the same, adjusted for all arms of the budget that are compared with `against`.
        better: pairs in which the arm is better.
        equal: pairs without a difference.
        worse: pairs in which it is worse.
        worst: the lowest of the differences; nan without a pair.
        worst_seed: its seed.
        detectable: the least true gain that a study of so many pairs, this spread and so many arms finds four times in
            five.
    """

    against: str
    seeds: tuple[int, ...]
    unpaired: tuple[int, ...]
    mean: float
    sd: float
    low: float
    high: float
    p: float
    p_holm: float
    better: int
    equal: int
    worse: int
    worst: float
    worst_seed: int | None
    detectable: float

    @property
    def shown(self) -> bool:
        """Whether there is a difference beyond chance, all arms of the budget considered."""
        return self.p_holm < 1 - LEVEL  # nan is not

    def maintains(self, margin: float) -> bool:
        """Whether the arm is at most a margin worse: the interval lies above -margin; never with fewer than two pairs.

        Nor where all pairs differ by the same, of which no interval can be had, unless there are as many as the sign
        test needs to show anything, and none is worse.

        Args:
            margin: in the unit of the metric, declared before the study.
        """
        if self.sd == 0:
            return len(self.seeds) >= _SIGNS and self.mean >= 0
        return self.low > -margin


def paired(arm: Mapping[int, float], other: Mapping[int, float], against: str, *, less_is_better: bool = False) -> Gain:
    """Compare two arms on the seeds they share.

    The p value of differences that are all the same, of which a t-test knows no spread, is that of the sign test.

    Args:
        arm: seed -> value of the metric.
        other: the same of what it is compared with.
        against: its name.
        less_is_better: whether the metric is a loss.
    """
    seeds = tuple(sorted(arm.keys() & other.keys()))
    differences = np.array([arm[seed] - other[seed] for seed in seeds]) * (-1 if less_is_better else 1)
    many = len(seeds)
    mean = float(differences.mean()) if many else math.nan
    sd = float(differences.std(ddof=1)) if many > 1 else math.nan
    sd = 0.0 if sd < _ALIKE else sd
    half, p = half_width(sd, many), _p_value(mean, sd, many)
    worst = int(differences.argmin()) if many else None
    signs = np.where(np.abs(differences) < _ALIKE, 0, np.sign(differences))
    return Gain(
        against, seeds, tuple(sorted(arm.keys() ^ other.keys())), mean, sd, mean - half, mean + half, p, p,
        int((signs > 0).sum()), int((signs == 0).sum()), int((signs < 0).sum()),
        math.nan if worst is None else float(differences[worst]), None if worst is None else seeds[worst],
        detectable(sd, many),
    )  # fmt: skip


def together(gains: Sequence[Gain]) -> list[Gain]:
    """The same gains as one family: p values adjusted by Holm, detectable effects by as many comparisons.

    The latter are what Bonferroni finds, at most what Holm needs. Without a second pair a gain takes no part.

    Source: Holm, A Simple Sequentially Rejective Multiple Test Procedure (1979).
    """
    family = sum(not math.isnan(gain.p) for gain in gains)
    adjusted = holm([gain.p for gain in gains])
    return [
        replace(gain, p_holm=p, detectable=detectable(gain.sd, len(gain.seeds), comparisons=max(1, family)))
        for gain, p in zip(gains, adjusted, strict=True)
    ]


def holm(p_values: Sequence[float]) -> list[float]:
    """P values adjusted for their number, step by step; nan stays nan and is not counted."""
    known = sorted((p, place) for place, p in enumerate(p_values) if not math.isnan(p))
    adjusted, highest = [math.nan] * len(p_values), 0.0
    for rank, (p, place) in enumerate(known):
        highest = max(highest, min(1.0, p * (len(known) - rank)))
        adjusted[place] = highest
    return adjusted


def half_width(sd: float, pairs: int) -> float:
    """Of the 95 % t-interval of a mean: 1.24 sd with 5 pairs, 0.72 sd with 10; nan for fewer than two."""
    return _t_quantile(pairs - 1, (1 + LEVEL) / 2) * sd / math.sqrt(pairs) if pairs > 1 else math.nan


def detectable(sd: float, pairs: int, *, comparisons: int = 1) -> float:
    """The least true difference that a two-sided paired t-test finds with 80 % power.

    Args:
        sd: of the paired differences.
        pairs: their number.
        comparisons: tests that share the level of 5 % equally.

    Returns:
        In the unit of sd; nan for fewer than two pairs.

    Source: Cohen, Statistical Power Analysis (1988), chapter 2; power is that of the noncentral t distribution.
    """
    return sd / math.sqrt(pairs) * _noncentrality(pairs - 1, comparisons) if pairs > 1 else math.nan


@lru_cache(maxsize=256)
def _noncentrality(freedom: int, comparisons: int) -> float:
    """How many standard errors the true difference must be."""
    from scipy.optimize import brentq
    from scipy.special import gammaincinv, ndtr

    # SciPy's noncentral t is nan for few degrees of freedom. So: the mean over the estimated standard error, of which
    # the power is given by the normal distribution; by Gauss and Legendre over its quantiles.
    nodes, weights = np.polynomial.legendre.leggauss(400)
    estimated = np.sqrt(2 * gammaincinv(freedom / 2, (nodes + 1) / 2) / freedom)
    critical = estimated * _t_quantile(freedom, 1 - (1 - LEVEL) / 2 / comparisons)

    def lacking(standard_errors: float) -> float:
        found = ndtr(standard_errors - critical) + ndtr(-standard_errors - critical)
        return float(weights @ found) / 2 - POWER

    return float(brentq(lacking, 0.0, 10 + 3 * critical.max()))


def _t_quantile(freedom: int, share: float) -> float:
    from scipy.special import stdtrit

    return float(stdtrit(freedom, share))


def _p_value(mean: float, sd: float, pairs: int) -> float:
    """Two-sided; nan for fewer than two pairs."""
    from scipy.special import stdtr

    if pairs < 2:
        return math.nan
    if sd == 0:
        return 1.0 if abs(mean) < _ALIKE else 2 * 0.5**pairs
    return float(2 * stdtr(pairs - 1, -abs(mean) * math.sqrt(pairs) / sd))
