"""The table of a study: every arm with its gains over random and over all data, and what it costs."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from eudscore.errors import RequestError
from eudscore.study.metrics import less_is_better
from eudscore.study.pairs import Gain, paired, together
from eudscore.study.results import FULL, RANDOM, Cell, budgets_of, by_seed, of_arm, strategies_of


@dataclass(frozen=True)
class Arm:
    """A strategy at a budget.

    Attributes:
        strategy: which.
        budget: share of the rows; None for `full`.
        seeds: that were trained, ascending.
        values: of the metric, one for each seed.
        mean: of the values.
        sd: standard deviation of the values; nan for one seed.
        n_train: rows it was trained on, on average.
        steps: updates, on average.
        seconds: of a training, on average.
        to_random: gain over `random` at the same budget, without pairs where that is not trained yet; None for `random`
            itself and for `full`.
        to_full: gain over `full`; None for `full` itself.
    """

    strategy: str
    budget: float | None
    seeds: tuple[int, ...]
    values: tuple[float, ...]
    mean: float
    sd: float
    n_train: float
    steps: float
    seconds: float
    to_random: Gain | None = None
    to_full: Gain | None = None


@dataclass(frozen=True)
class Comparison:
    """All arms by one metric.

    Attributes:
        metric: which.
        arms: by budget, `random` first at each; `full` last where it is there.
    """

    metric: str
    arms: tuple[Arm, ...]

    def arm(self, strategy: str, budget: float | None = None) -> Arm:
        """One of them.

        Raises:
            RequestError: it is not there.
        """
        for arm in self.arms:
            if (arm.strategy, arm.budget) == (strategy, budget):
                return arm
        there = ", ".join(dict.fromkeys(_name(arm.strategy, arm.budget) for arm in self.arms)) or "nothing yet"
        raise RequestError(
            f"The study has no {self.metric} of {_name(strategy, budget)}. Choose one of what is there: {there}."
        )

    @property
    def full(self) -> Arm | None:
        """All data; None where that is not trained yet."""
        return next((arm for arm in self.arms if arm.strategy == FULL), None)


def compare(cells: Sequence[Cell], metric: str) -> Comparison:
    """The table of a metric, from what there is; a study that still runs gives a table too.

    Pairs share a seed. Holm's adjustment and the detectable effects count the arms of a budget that are compared with
    the same other: those with a gain over `random`, and those, `random` among them, with one over `full`.

    Args:
        cells: of a study.
        metric: which.
    """
    measured = [cell for cell in cells if cell.metric == metric]
    arms = []
    for budget in budgets_of(measured):
        arms += _arms_at(measured, metric, budget)
    if any(cell.strategy == FULL for cell in measured):
        arms.append(_arm(measured, metric, FULL, None))
    return Comparison(metric, tuple(arms))


@dataclass(frozen=True)
class Cost:
    """What an arm costs, in seconds, beside all data.

    Attributes:
        examples: rows it was trained on.
        training: of a training.
        selection: of choosing the rows.
        scoring: of what the choice stands on.
        full_training: of a training on all data; nan where there is none yet.
        epochs: that both were trained for; None where both had the same number of updates instead.
    """

    examples: float
    training: float
    selection: float = 0.0
    scoring: float = 0.0
    full_training: float = math.nan
    epochs: float | None = None

    @property
    def seconds(self) -> float:
        """All together."""
        return self.training + self.selection + self.scoring

    @property
    def speed_up(self) -> float:
        """How many times faster than training on all data, scoring and selection included; nan where unknown."""
        return self.full_training / self.seconds if self.seconds > 0 else math.nan

    @property
    def break_even(self) -> float | None:
        """From how many epochs on the time saved in training outweighs scoring and selection; None where it never does.

        With equal updates a smaller subset trains no faster, and the question does not arise.
        """
        if self.epochs is None or not self.training < self.full_training:
            return None
        return self.epochs * (self.selection + self.scoring) / (self.full_training - self.training)


def cost_of(
    comparison: Comparison, strategy: str, budget: float, *, selection: float = 0.0, scoring: float = 0.0,
    epochs: float | None = None,
) -> Cost:  # fmt: skip
    """What an arm of a table costs.

    Args:
        comparison: the table.
        strategy: of the arm.
        budget: of the arm.
        selection: seconds that choosing its rows took.
        scoring: seconds that its scores took, 0 for a random choice.
        epochs: that it and all data were trained for; None where they had the same number of updates.

    Raises:
        RequestError: there is no such arm.
    """
    arm, full = comparison.arm(strategy, budget), comparison.full
    return Cost(arm.n_train, arm.seconds, selection, scoring, math.nan if full is None else full.seconds, epochs)


def _arms_at(cells: Sequence[Cell], metric: str, budget: float) -> list[Arm]:
    arms = [_arm(cells, metric, strategy, budget) for strategy in strategies_of(cells, budget)]
    others = [arm for arm in arms if arm.strategy != RANDOM]
    to_random = together([_gain(cells, metric, arm, RANDOM) for arm in others])
    to_full = together([_gain(cells, metric, arm, FULL) for arm in arms])
    over_random = {arm.strategy: gain for arm, gain in zip(others, to_random, strict=True)}
    return [
        replace(arm, to_random=over_random.get(arm.strategy), to_full=gain)
        for arm, gain in zip(arms, to_full, strict=True)
    ]


def _arm(cells: Sequence[Cell], metric: str, strategy: str, budget: float | None) -> Arm:
    found, values = of_arm(cells, strategy, budget), by_seed(cells, strategy, budget, metric)
    numbers = np.array(list(values.values()))
    n_train, steps, seconds = (
        float(np.mean([getattr(cell, name) for cell in found])) for name in ("n_train", "steps", "seconds")
    )
    sd = float(numbers.std(ddof=1)) if len(numbers) > 1 else math.nan
    return Arm(
        strategy, budget, tuple(values), tuple(values.values()), float(numbers.mean()), sd, n_train, steps, seconds
    )


def _gain(cells: Sequence[Cell], metric: str, arm: Arm, against: str) -> Gain:
    other = by_seed(cells, against, arm.budget, metric)
    mine = dict(zip(arm.seeds, arm.values, strict=True))
    return paired(mine, other, against, less_is_better=less_is_better(metric))


def _name(strategy: str, budget: float | None) -> str:
    return strategy if budget is None else f"{strategy} at {100 * budget:g} %"
