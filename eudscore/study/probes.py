"""Small training runs that a forecast stands on: checked, and how much chance is in them."""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from eudscore.errors import RequestError
from eudscore.records import Ints
from eudscore.study.curves import Doubles

LEAST_SIZES = 3

_LEAST_NOISE = 1e-3  # of a run: one row of a thousand
_ODD = 3.0  # standard errors


@dataclass(frozen=True, eq=False)
class Probes:
    """Runs at a few sizes.

    Attributes:
        sizes: (r,) training rows of each run.
        accuracies: (r,) in [0, 1], or another metric of that range of which more is better.
        classes: C, where chance alone gives an accuracy of 1/C; None = no such level.
    """

    sizes: Ints
    accuracies: Doubles
    classes: int | None = None

    def __post_init__(self) -> None:
        """Refuse what no curve can be fitted to."""
        _check(self)

    @cached_property
    def steps(self) -> Ints:
        """(s,) the distinct sizes, ascending."""
        return np.unique(self.sizes)

    @cached_property
    def errors(self) -> Doubles:
        """(r,) 1 - accuracy."""
        return np.asarray(1 - np.asarray(self.accuracies, dtype=np.float64))

    @cached_property
    def at_step(self) -> tuple[Ints, ...]:
        """Which runs are of each size."""
        return tuple(np.flatnonzero(self.sizes == size) for size in self.steps)

    @cached_property
    def noise(self) -> Doubles:
        """(s,) standard deviation of a run of each size: half from its own variance, half from the mean of all.

        Three runs say little of their variance, and all sizes together say nothing of how it falls with the rows.
        """
        own = np.array([self.errors[runs].var(ddof=1) if len(runs) > 1 else np.nan for runs in self.at_step])
        pooled = np.nanmean(own)
        halves = (np.where(np.isnan(own), pooled, own) + pooled) / 2
        return np.asarray(np.sqrt(np.maximum(halves, _LEAST_NOISE**2)))

    @property
    def ceiling(self) -> float:
        """The error of chance."""
        return 1.0 if self.classes is None else 1 - 1 / self.classes

    def oddity(self, curve: Doubles) -> str:
        """Why the probes follow no power law, a sentence; empty where nothing speaks against it.

        Args:
            curve: (s,) errors of the fitted curve at `steps`.
        """
        means = np.array([self.errors[runs].mean() for runs in self.at_step])
        doubt = self.noise / np.sqrt([len(runs) for runs in self.at_step])
        rises = np.diff(means) / np.hypot(doubt[1:], doubt[:-1])
        place = int(rises.argmax())
        if rises[place] > _ODD:
            return (
                f"Not a power law: from {int(self.steps[place]):,} to {int(self.steps[place + 1]):,} rows the accuracy "
                f"fell by {100 * (means[place + 1] - means[place]):.1f} points, so do not trust the forecast."
            )
        ratio = math.sqrt(float((((means - curve) / doubt) ** 2).mean()))
        if ratio > _ODD:
            return (
                f"Not a power law: the probes are {ratio:.1f} times as far from the curve as chance explains, so do "
                "not trust the forecast."
            )
        return ""


def _check(probes: Probes) -> None:
    sizes, values = np.asarray(probes.sizes), np.asarray(probes.accuracies, dtype=np.float64)
    if sizes.ndim != 1 or sizes.shape != values.shape:
        raise RequestError(
            f"{sizes.size} sizes and {values.size} accuracies were given: give one of each for every probe."
        )
    if len(sizes) and (sizes.dtype.kind not in "iu" or sizes.min() < 1):
        raise RequestError("A size of a probe is not a number of rows: give whole numbers from 1 on.")
    if not np.all((values >= 0) & (values <= 1)):
        wrong = values[~((values >= 0) & (values <= 1))][0]
        raise RequestError(f"The accuracy of a probe is {wrong:g}: give shares from 0 to 1.")
    if probes.classes is not None and probes.classes < 2:
        raise RequestError(f"{probes.classes} classes leave nothing to learn: give at least 2.")
    steps, runs = np.unique(sizes, return_counts=True)
    if len(steps) < LEAST_SIZES:
        raise RequestError(
            f"Probes of {len(steps)} sizes make no curve: run them at {LEAST_SIZES} or more, better at 4."
        )
    if runs.max() < 2:
        raise RequestError(
            "Every size was probed once, so that nothing tells chance from the curve: run each three times."
        )
