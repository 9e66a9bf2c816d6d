"""What a study is to train: strategies x budgets x seeds, with random, class-proportional and full always among them.

Light enough for the app's server: nothing here trains or scores.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from eudscore.errors import RequestError
from eudscore.records import JsonDict
from eudscore.selection.budget import parse_budget, rows_of
from eudscore.selection.request import Balance, SelectionRequest, Strategy
from eudscore.selection.strategies import strategy_named
from eudscore.selection.written import request_from_json, request_to_json
from eudscore.study.results import FULL, RANDOM
from eudscore.training.spec import EPOCHS
from eudscore.workflow.requests import FitOptions, MoreFitting

VERSION = 1
BY_CLASS = "random_by_class"
"""As many random rows, each class in its share: what class balance alone gains."""
RS2, BY_LENGTH = "rs2", "random_by_length"
CONTROLS = {
    RS2: "rows drawn anew from all of them in every epoch, for as many updates as a subset gets (arXiv 2305.18424)",
    BY_LENGTH: "random rows with the lengths of those of {arm}",
}
"""Arms that choose nothing, and what they are: what a selection has to beat beside chance."""
MOST_SEEDS = 100
DRAWS = 3
_DRAWN = (Strategy.RANDOM, Strategy.STRATIFIED, Strategy.BAND)  # the others rank by what they read
_ALWAYS = {
    RANDOM: SelectionRequest(1.0, strategy=Strategy.RANDOM, balance=Balance.NONE),
    BY_CLASS: SelectionRequest(1.0, strategy=Strategy.RANDOM, balance=Balance.PROPORTIONAL),
}


class Regime(StrEnum):
    """What is held equal between trainings on fewer and on all rows."""

    EPOCHS = "epochs"  # passes: the cost falls with the budget
    STEPS = "steps"  # updates: only the rows differ


class MoreStudying(MoreFitting, total=False):
    """Options of a study that few need; their defaults are those of `StudyRequest`."""

    draws: int
    regime: str


@dataclass(frozen=True)
class StudyRequest:
    """All that decides a study, the data apart.

    Attributes:
        budgets: shares of the rows in (0, 1), ascending.
        arms: name -> what chooses the rows; budget and seed are replaced. `random`, `random_by_class` and `full` come
            along.
        seeds: trainings of each arm and budget; seed s decides model init, order of the batches, random subset, and
            dev split, and is shared by all arms, so that they are pairs.
        draws: subsets that the arm `random` draws for a seed, of which the mean counts.
        regime: what is held equal.
        options: of every training; its `epochs` count for all data under either regime.
        controls: names of `CONTROLS` to be trained as well; lengths are those of the first arm.

    Source: method, section 7.2.
    """

    budgets: tuple[float, ...] = (0.16,)
    arms: Mapping[str, SelectionRequest] = field(default_factory=dict)
    seeds: int = 5
    draws: int = DRAWS
    regime: Regime = Regime.EPOCHS
    options: FitOptions = field(default_factory=FitOptions)
    controls: tuple[str, ...] = ()

    @property
    def epochs(self) -> float:
        """Passes over all rows."""
        return EPOCHS if self.options.epochs is None else self.options.epochs

    def to_json(self) -> JsonDict:
        """Plain JSON values."""
        return {
            "budgets": list(self.budgets), "arms": {name: request_to_json(one) for name, one in self.arms.items()},
            "seeds": self.seeds, "draws": self.draws, "regime": self.regime.value, "options": vars(self.options),
            **({"controls": list(self.controls)} if self.controls else {}),
        }  # fmt: skip

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "StudyRequest":
        """The inverse of `to_json`."""
        return cls(
            tuple(content["budgets"]), {name: request_from_json(one) for name, one in content["arms"].items()},
            content["seeds"], content["draws"], Regime(content["regime"]), FitOptions(**content["options"]),
            tuple(content.get("controls", ())),
        )  # fmt: skip


@dataclass(frozen=True)
class Planned:
    """One training of a study.

    Attributes:
        strategy: name of the arm.
        budget: share of the rows; None for all.
        seed: of the pair.
        draw: which random subset of this seed.
    """

    strategy: str
    budget: float | None
    seed: int
    draw: int = 0

    @property
    def name(self) -> str:
        """Name of its run, unique in the study and fit for a folder."""
        share = "" if self.budget is None else f"-{100 * self.budget:g}"
        return f"{self.strategy}{share}-{self.seed}" + (f"-{self.draw}" if self.draw else "")

    @property
    def on_all_rows(self) -> bool:
        """Whether nothing is chosen for it."""
        return self.strategy in (FULL, RS2)

    @property
    def words(self) -> str:
        """What it is, for people: `coverage 16 %, seed 1`."""
        drawn = f", subset {self.draw + 1}" if self.draw else ""
        return f"{arm_in_words(self.strategy, self.budget)}, seed {self.seed}{drawn}"


def arm_in_words(strategy: str, budget: float | None) -> str:
    """An arm of a study as people call it."""
    return "all rows" if budget is None else f"{strategy.replace('_', ' ')} {100 * budget:g} %"


def study_request(
    *, budgets: Sequence[float | str] = (0.16,), strategies: Sequence[str] = ("coverage",), seeds: int = 5,
    draws: int = DRAWS, regime: str = Regime.EPOCHS, options: FitOptions | None = None,
) -> StudyRequest:  # fmt: skip
    """A request from names, checked.

    Raises:
        RequestError: an option is out of its range, a strategy is unknown, or there is nothing to compare.
    """
    shares = tuple(sorted({_share(budget) for budget in budgets}))
    if not shares:
        raise RequestError("A study needs a budget: give a share of the rows, such as 16%.")
    for name, count in (("seeds", seeds), ("draws", draws)):
        if not 1 <= count <= MOST_SEEDS:
            raise RequestError(f"{name} is {count}: choose a whole number from 1 to {MOST_SEEDS}.")
    if regime not in list(Regime):
        raise RequestError(f"There is no regime {regime!r}: choose {' or '.join(Regime)}.")
    asked = options or FitOptions()
    if asked.steps is not None:
        raise RequestError(
            "A study counts in epochs of all data, so that every arm gets what is fair: give epochs, and the regime "
            "'steps' for equal updates."
        )
    names = [name for name in dict.fromkeys(strategies) if name not in (RANDOM, BY_CLASS, FULL)]  # they come along
    arms = {
        name: SelectionRequest(1.0, strategy=strategy_named(name)) for name in names if name not in CONTROLS
    }  # fmt: skip
    controls = tuple(name for name in names if name in CONTROLS)
    if RS2 in controls and regime == Regime.STEPS:
        raise RequestError(
            "With as many updates as all rows get, rs2 is a training on all rows, which comes along: leave it out, or "
            "take the regime 'epochs'."
        )
    return StudyRequest(shares, arms, seeds, draws, Regime(regime), asked, controls)


def _share(budget: float | str) -> float:
    share = parse_budget(budget)
    if not isinstance(share, float) or share >= 1:
        raise RequestError(
            f"The budget of a study is a share of the rows below 1, here is {budget!r}: give one such as 0.16 or 16%. "
            "All rows are trained on in any case."
        )
    return share


def looked_over(request: StudyRequest, rows: int, classes: int) -> list[str]:
    """Look a request over: what is to be known of budgets with fewer rows than there are classes, a sentence each.

    Args:
        request: of the study.
        rows: that may be trained on.
        classes: that they have.

    Raises:
        RequestError: chance alone is to be compared, or a budget is a single row, from which nothing can be learnt.
    """
    if not request.arms:
        raise RequestError(
            "A study compares strategies with random rows and with all rows, which come along: name one, such as "
            "coverage."
        )
    told = []
    for budget in request.budgets:
        count = rows_of(budget, rows)
        said = f"{100 * budget:g} % of {rows:,} rows {'is' if count == 1 else 'are'} {count:,}"
        if count < 2:
            raise RequestError(f"{said}, from which nothing can be learnt: give a larger budget.")
        if count < classes:
            told.append(f"{said}, fewer than the {classes:,} classes: some of these no subset can hold.")
    return told


def all_arms(request: StudyRequest) -> dict[str, SelectionRequest]:
    """Every arm but `full`: those that were asked for, then the two random ones."""
    return {**request.arms, **_ALWAYS}


def planned(request: StudyRequest) -> list[Planned]:
    """All trainings, seed by seed, so that an unfinished study has whole pairs; in each seed the cheap ones first."""
    return [one for seed in range(request.seeds) for one in _of_seed(request, seed)]


def _of_seed(request: StudyRequest, seed: int) -> Iterator[Planned]:
    for budget in request.budgets:
        for name in all_arms(request):
            for draw in range(request.draws if name == RANDOM else 1):
                yield Planned(name, budget, seed, draw)
        for name in request.controls:
            for draw in range(request.draws if name == BY_LENGTH else 1):
                yield Planned(name, budget, seed, draw)
    yield Planned(FULL, None, seed)


def notes_of_controls(request: StudyRequest) -> dict[str, list[str]]:
    """What the controls of a study are, a sentence each."""
    arm = next(iter(request.arms), RANDOM)
    return {name: [f"{CONTROLS[name].format(arm=arm)}."] for name in request.controls}


def choice_of(request: StudyRequest, one: Planned, *, drawn: bool = False) -> SelectionRequest:
    """What chooses the rows of a training that is not `full`: a draw has another seed in every pair.

    Args:
        request: of the study.
        one: the training.
        drawn: whether the arm turned out to draw.
    """
    arm = all_arms(request)[one.strategy]
    if one.budget is None:
        raise AssertionError("all rows are no choice")
    seed = one.seed * request.draws + one.draw if drawn or arm.strategy in _DRAWN else arm.seed
    return replace(arm, budget=one.budget, seed=seed)


def options_of(request: StudyRequest, one: Planned, *, rows: int) -> FitOptions:
    """How a training is done: its seed, and where it is given updates and not epochs, how many.

    Args:
        request: of the study.
        one: the training.
        rows: that may be trained on.
    """
    options = replace(request.options, seed=one.seed)
    if one.strategy == FULL or (request.regime is Regime.EPOCHS and one.strategy != RS2):
        return options
    return replace(options, epochs=None, steps=updates_of(request, one, rows=rows))


def updates_of(request: StudyRequest, one: Planned, *, rows: int) -> int:
    """Updates of a training, if it ends no sooner: under equal updates as many as all rows get."""
    shorter = one.budget is not None and request.regime is Regime.EPOCHS
    count = rows_of(one.budget, rows) if shorter and one.budget is not None else rows
    return max(1, round(request.epochs * math.ceil(count / request.options.batch_size)))
