"""What can be asked of a selection, and what comes of it: frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypedDict

from eudscore.records import Band, Ints, JsonDict


class Strategy(StrEnum):
    """How rows are ordered by preference; what each is worth is said in `strategies.STRATEGIES`."""

    COVERAGE = "coverage"
    BAND = "band"
    RANDOM = "random"
    STRATIFIED = "stratified"
    TOP = "top"
    BOTTOM = "bottom"
    LONGEST = "longest"
    FACILITY = "facility"
    CCS = "ccs"
    D2 = "d2"
    TYPICAL = "typical"
    MODERATE = "moderate"
    KCENTER = "kcenter"
    BADGE = "badge"


class Balance(StrEnum):
    """How the budget is shared among classes or clusters."""

    AUTO = "auto"  # as suits the strategy
    PROPORTIONAL = "proportional"  # as in the whole data set
    ROOT = "root"  # by the square root of their size: half-way to equal shares
    BALANCED = "balanced"  # the same for all, as far as they have it
    CUSTOM = "custom"  # by the shares that are given
    NONE = "none"  # as they come


class Per(StrEnum):
    """What shares the budget."""

    CLASS = "class"
    CLUSTER = "cluster"


@dataclass(frozen=True)
class Tokens:
    """A budget in tokens: words as `scores.parquet` counts them.

    Attributes:
        count: at least 1.
    """

    count: int


Budget = float | int | Tokens
"""A share of all rows in (0, 1], a number of rows (int, at least 1), or tokens."""


class MoreSelecting(TypedDict, total=False):
    """Options of a selection that few need; their defaults are those of `SelectionRequest`."""

    balance: Balance
    per: Per
    shares: Mapping[str, float]
    at_least_one: bool
    group_cap: int
    bands: Mapping[str, Band]


@dataclass(frozen=True)
class SelectionRequest:
    """All that decides a subset, the data apart.

    Attributes:
        budget: how much is wanted.
        by: the column whose quantiles the band is on; the one that top, bottom and ccs go by.
        strategy: how rows are ordered by preference.
        band: the interval of `by`; None = the default interval of the budget. Only the strategy `band` has one.
        balance: how classes or clusters share the budget.
        seed: decides between rows that are equally good.
        per: what shares the budget.
        shares: class name, or number of a cluster, -> its weight, with `Balance.CUSTOM`; who is not named gets none.
        at_least_one: whether every class or cluster gets a row before any gets its second.
        group_cap: most rows of one group of near-duplicates; None = any number.
        bands: further columns -> intervals of their quantiles, all of which a row must be in.
    """

    budget: Budget
    by: str = "igse"
    strategy: Strategy = Strategy.BAND
    band: Band | None = None
    balance: Balance = Balance.AUTO
    seed: int = 0
    per: Per = Per.CLASS
    shares: Mapping[str, float] | None = None
    at_least_one: bool = True
    group_cap: int | None = None
    bands: Mapping[str, Band] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Selection:
    """The chosen rows in order of choice, and how it came to them.

    Attributes:
        rows: (k,) int64, distinct.
        steps: how each step changed the count: (name, rows left).
        recipe: plain JSON that replays this selection on the same data.
        withheld: reason -> rows that the strategy would not take at any budget, for a person to look at.
        notes: what people should know of it, a sentence each.
        drawn: whether the strategy gave way to chance on these data.
    """

    rows: Ints
    steps: tuple[tuple[str, int], ...]
    recipe: JsonDict
    withheld: Mapping[str, Ints] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    drawn: bool = False
