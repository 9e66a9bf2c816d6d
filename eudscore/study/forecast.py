"""The accuracy to expect from more rows, told from a few small probes: a curve, an interval, and when to say no.

Three families of curves are fitted to the errors of the probes; one of power-law shape with a floor is the forecast,
and all of them, each fitted to many resampled sets of probes, are its interval. Four sizes cannot tell the families
apart, and a law that held from 100 to 800 rows may bend after: the interval is wide on purpose.

Source: Viering & Loog, The Shape of Learning Curves: a Review (2021); the predictive draws are own design.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from eudscore.errors import RequestError
from eudscore.records import Ints
from eudscore.study.curves import Curves, Doubles, Family, fit_curves
from eudscore.study.probes import Probes

MANY_SIZES = 6  # from which families with more parameters are asked as well
FAR, TOO_FAR = 4, 8  # times the largest probe
DRAWS, LEAST_DRAWS = 500, 20
LEVEL = 0.90

_FAMILIES = (Family.POW3, Family.POW2, Family.ILOG)
_MORE_FAMILIES = (Family.MMF4, Family.EXP3)
_BEND = 0.3  # standard deviation of the log of what comes of the improvement that a curve foretells
_EVEN = 0.2  # share of the draws that every family gets alike, however well the others fit
_CLOSING = 13  # times that the grid of the point closes in: to about 1e-9


@dataclass(frozen=True, eq=False)
class Expected:
    """What is to be expected at some sizes.

    Attributes:
        sizes: (m,) training rows.
        accuracy: (m,) the most plausible value.
        low: (m,) lower end of the 90 % interval of a single run.
        high: (m,) upper end.
    """

    sizes: Ints
    accuracy: Doubles
    low: Doubles
    high: Doubles


@dataclass(frozen=True)
class Needed:
    """How many rows an accuracy takes.

    Attributes:
        accuracy: that is aimed at.
        rows: median of the draws; None where more than half of them do not get there.
        low: a twentieth of the draws need no more than these; None likewise.
        high: all but a twentieth need no more than these; None likewise.
        missed: share of the draws that do not get there within `furthest` rows.
        furthest: how far was looked.
    """

    accuracy: float
    rows: int | None
    low: int | None
    high: int | None
    missed: float
    furthest: int

    def __str__(self) -> str:
        """In words."""
        aim = f"an accuracy of {100 * self.accuracy:.4g} %"
        if self.low is None:
            return (
                f"{aim[0].upper()}{aim[1:]} is not to be expected from {self.furthest:,} rows, as far as is foretold."
            )
        missing = (
            f"; {self.missed:.0%} of the draws do not get there with {self.furthest:,} rows" if self.missed else ""
        )
        if self.rows is None:
            return f"At least {self.low:,} rows are needed for {aim}{missing}."
        until = f"to {self.high:,}" if self.high is not None else "and more"
        return f"About {self.rows:,} rows are needed for {aim} (90 % interval {self.low:,} {until}{missing})."


@dataclass(frozen=True, eq=False)
class Forecast:
    """A learning curve and how sure it is.

    Attributes:
        probes: what it stands on.
        point: the pow3 curve of all probes, alone.
        curves: of the predictive draws, by family.
        bends: for each family (d,) by how much what comes beyond the probes differs from what its curve says.
        noise: (d,) what a run adds by chance to each draw, in the order of `curves`.
    """

    probes: Probes
    point: Curves
    curves: tuple[Curves, ...]
    bends: tuple[Doubles, ...]
    noise: Doubles

    @property
    def furthest(self) -> int:
        """The most rows that are forecast."""
        return TOO_FAR * int(self.probes.steps[-1])

    @property
    def law(self) -> tuple[float, float, float]:
        """a, b, c of the error a + b n^-c of n rows."""
        c = float(self.point.shape[0, 0])
        return float(self.point.floor[0]), float(self.point.height[0]) * float(self.probes.steps[0]) ** c, c

    @cached_property
    def oddity(self) -> str:
        """Why the probes follow no power law, a sentence; empty where they do."""
        return self.probes.oddity(self.point.at(self.probes.steps / self.probes.steps[0])[0])

    def at(self, sizes: Sequence[int] | Ints) -> Expected:
        """What a single run with so many rows is to be expected to reach.

        Raises:
            RequestError: a size is below the smallest probe, or beyond 8 times the largest.
        """
        rows = np.asarray(sizes, dtype=np.int64)
        single = self._accuracy(1 - self.drawn(rows) + self.noise[:, None])
        low, high = np.quantile(single, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
        point = self._accuracy(self.point.at(rows / self.probes.steps[0])[0])
        return Expected(rows, point, np.minimum(low, point), np.maximum(high, point))

    def drawn(self, sizes: Sequence[int] | Ints) -> Doubles:
        """(d, m) what each draw says of the mean accuracy of many runs with so many rows.

        Raises:
            RequestError: as in `at`.
        """
        rows = np.asarray(sizes, dtype=np.int64)
        self._check_sizes(rows)
        x = rows / self.probes.steps[0]
        return self._accuracy(
            np.concatenate([self._bent(curves, x, bend) for curves, bend in zip(self.curves, self.bends, strict=True)])
        )

    def rows_for(self, accuracy: float) -> Needed:
        """How many rows the mean of several runs needs to reach an accuracy.

        Raises:
            RequestError: the accuracy is not between 0 and 1.
        """
        if not 0 < accuracy <= 1:
            raise RequestError(
                f"The accuracy aimed at is {accuracy!r}: give a share above 0 and at most 1, such as 0.9."
            )
        found = [self._reaching(1 - accuracy, *pair) for pair in zip(self.curves, self.bends, strict=True)]
        rows = np.sort(np.ceil(np.maximum(np.concatenate(found), 1.0) * self.probes.steps[0] - 1e-6))
        rows[rows > self.furthest] = np.inf
        chosen = [
            rows[min(len(rows) - 1, round(share * len(rows)))] for share in (0.5, (1 - LEVEL) / 2, (1 + LEVEL) / 2)
        ]
        median, low, high = (int(one) if np.isfinite(one) else None for one in chosen)
        return Needed(accuracy, median, low, high, float(np.isinf(rows).mean()), self.furthest)

    def notes(self, size: int) -> tuple[str, ...]:
        """What people should know of the forecast for a size: a sentence each."""
        found = [self.oddity] if self.oddity else []
        times = size / int(self.probes.steps[-1])
        if times > FAR:
            found.append(
                f"{size:,} rows are {times:.1f} times the largest probe: beyond {FAR} times a forecast is a guess."
            )
        return tuple(found)

    def _check_sizes(self, rows: Ints) -> None:
        least, most = int(self.probes.steps[0]), self.furthest
        if rows.min(initial=least) < least or rows.max(initial=least) > most:
            wrong = int(rows.min()) if rows.min() < least else int(rows.max())
            raise RequestError(
                f"{wrong:,} rows cannot be forecast from probes of {least:,} to {int(self.probes.steps[-1]):,}: ask "
                f"for {least:,} to {most:,}, or run larger probes."
            )

    def _accuracy(self, errors: Doubles) -> Doubles:
        return np.asarray(1 - np.clip(errors, 0.0, self.probes.ceiling))

    @property
    def _last(self) -> float:
        """The largest probe in units of the smallest."""
        return float(self.probes.steps[-1] / self.probes.steps[0])

    def _bent(self, curves: Curves, x: Doubles, bend: Doubles) -> Doubles:
        """(d, m) errors; beyond the largest probe what each curve still falls is stretched by its bend."""
        errors, last = curves.at(x), curves.at(np.array([self._last]))
        return np.where(x > self._last, last - (last - errors) * bend[:, None], errors)

    def _reaching(self, error: float, curves: Curves, bend: Doubles) -> Doubles:
        """(d,) the x at which each bent curve is down at an error."""
        last = curves.at(np.array([self._last]))[:, 0]
        if error >= self.probes.ceiling:
            return np.zeros(len(last))
        return curves.reaching(np.where(error < last, last - (last - error) / bend, error))


def forecast(probes: Probes, *, draws: int = DRAWS, seed: int = 0) -> Forecast:
    """Fit learning curves to probes.

    Each draw takes as many runs of every size at random with replacement, moves each by a third of the noise, fits one
    family to them, stretches what comes beyond the probes by a log-normal factor, and adds the noise of a run. A family
    is drawn by its weight in AICc (Hurvich & Tsai, 1989), in a fifth of the draws regardless of it.

    Args:
        probes: runs of at least three sizes.
        draws: at least 20, or an interval of 90 % has no ends.
        seed: of the draws.

    Raises:
        RequestError: fewer draws are asked for.
    """
    if draws < LEAST_DRAWS:
        raise RequestError(f"{draws} draws make no interval: ask for {LEAST_DRAWS} or more, such as {DRAWS}.")
    x, noise = probes.sizes / probes.steps[0], probes.noise[np.searchsorted(probes.steps, probes.sizes)]
    families = _FAMILIES + (_MORE_FAMILIES if len(probes.steps) >= MANY_SIZES else ())
    alone = [fit_curves(family, x, probes.errors[None], noise, closing=_CLOSING) for family in families]
    rng = np.random.default_rng(seed)
    which = rng.choice(len(families), draws, p=_weights(alone, len(x)))
    resampled = np.empty((len(which), len(x)))
    for runs in probes.at_step:
        resampled[:, runs] = probes.errors[rng.choice(runs, (len(which), len(runs)))]
    resampled = np.clip(resampled + rng.normal(0, noise / 3, resampled.shape), 0.0, 1.0)
    sets = [resampled[which == place] for place in range(len(families))]
    curves = tuple(fit_curves(f, x, some, noise) for f, some in zip(families, sets, strict=True) if len(some))
    bends = tuple(np.exp(rng.normal(0, _BEND, len(one.floor))) for one in curves)
    return Forecast(probes, alone[0], curves, bends, rng.normal(0, probes.noise[-1], len(which)))


def _weights(fitted: Sequence[Curves], runs: int) -> Doubles:
    """(f,) how likely each family is to be drawn."""
    k = np.array([curves.family.parameters for curves in fitted])
    aicc = np.array([curves.loss[0] for curves in fitted]) + 2 * k + 2 * k * (k + 1) / np.maximum(1, runs - k - 1)
    likely = np.exp(-(aicc - aicc.min()) / 2)
    return np.asarray((1 - _EVEN) * likely / likely.sum() + _EVEN / len(fitted))
