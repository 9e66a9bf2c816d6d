"""How rows are chosen under a budget: one function per `Strategy`, arrays in, rows out.

What a strategy is worth against a random subset of the same size is said in its docstring; the
numbers are from method sections 4.2, 8 and 8b (small probes, frozen features and linear models).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

import numpy as np

from eudscore.errors import RequestError
from eudscore.records import Balance, Band, Bools, Floats, Ints, Strategy
from eudscore.selection.band import select_band
from eudscore.selection.order import hash_order
from eudscore.selection.quantiles import mid_ranks
from eudscore.selection.quotas import strata_of, take_turns


@dataclass(frozen=True, eq=False)
class SelectionInputs:
    """The arrays a selection is made from.

    Attributes:
        values: (n,) the column the request names in `by`; nan = nothing to score.
        labels: (n,) int64, -1 = unlabelled; None = no labels.
        eligible: (n,) whether the row has a text; the others are never chosen.
    """

    values: Floats
    labels: Ints | None
    eligible: Bools

    def __post_init__(self) -> None:
        for name, array in (("labels", self.labels), ("eligible", self.eligible)):
            if array is not None and array.shape != self.values.shape:
                raise ValueError(f"{name} is {array.shape}, values are {self.values.shape}")

    @cached_property
    def quantiles(self) -> Floats:
        """(n,) float32 mid-ranks among all rows with a value; nan for a row that may not be chosen."""
        return np.where(self.eligible, mid_ranks(self.values), np.float32(np.nan))

    @property
    def choosable(self) -> Bools:
        """(n,) whether the row has a text and a value."""
        return self.eligible & np.isfinite(self.values)


@dataclass(frozen=True)
class Draw:
    """A `SelectionRequest` made concrete for one data set.

    Attributes:
        budget: rows wanted, at least 1.
        band: the interval; only the strategy `band` reads it.
        balance: how the budget is shared among classes.
        seed: decides between rows that are equally good.
    """

    budget: int
    band: Band
    balance: Balance
    seed: int


Chooser = Callable[[SelectionInputs, Draw], Ints]


def choose_band(inputs: SelectionInputs, draw: Draw) -> Ints:
    """Rows inside an interval of the score, drawn by hash, class by class.

    Source: EUDS (arXiv 2602.17465) for keeping an interval; draw and balance are our own. Cost: O(n log n).

    When it loses: with a label-free score the middle band is no better than random (within a point at
    3-10 %, up to 2 points below with 77 classes); without class balance a band can drop whole classes.
    With the cross-fitted predictive entropy a high band gained 1-2.5 points at 16-30 % on AG News
    and TREC, and lost 30 at 5 % on TREC and Banking77.
    """
    return select_band(
        inputs.quantiles, inputs.labels,
        budget=draw.budget, band=draw.band, balance=draw.balance, seed=draw.seed,
    )  # fmt: skip


def choose_random(inputs: SelectionInputs, draw: Draw) -> Ints:
    """Any rows with a text, scored or not, drawn by hash, class by class: the measure of all others.

    Source: proportional stratified sampling. Cost: O(n).

    When it loses: at small budgets to methods that cover the data (facility location, +1 to +6 points at
    3-5 %); where labels are wrong or texts are junk it takes them in their full share.
    """
    order = hash_order(len(inputs.values), draw.seed)
    return _by_class(order[inputs.eligible[order]], inputs.eligible, inputs, draw)


def choose_top(inputs: SelectionInputs, draw: Draw) -> Ints:
    """The most uncertain rows, within each class when balanced.

    Source: uncertainty sampling, Lewis & Gale 1994. Cost: O(n log n).

    When it loses: at small budgets (7-20 points below random at 3-5 %), because the top holds outliers,
    noise and wrong labels. At 16-30 % it can win where labels are clean. Best for review and labelling.
    """
    return _by_value(-inputs.values, inputs, draw)


def choose_bottom(inputs: SelectionInputs, draw: Draw) -> Ints:
    """The least uncertain rows, within each class when balanced.

    Source: keeping what is easy when data is scarce, Sorscher et al. 2022. Cost: O(n log n).

    When it loses: nearly everywhere (4 points below random on AG News at 16-30 %, 11-27 on Banking77):
    the rows repeat what a model knows already. It held on TREC at 5 %.
    """
    return _by_value(inputs.values, inputs, draw)


STRATEGIES: Mapping[Strategy, Chooser] = MappingProxyType(
    {
        Strategy.BAND: choose_band,
        Strategy.RANDOM: choose_random,
        Strategy.TOP: choose_top,
        Strategy.BOTTOM: choose_bottom,
    }
)


def strategy_named(name: str) -> Strategy:
    """The strategy of that name.

    Raises:
        RequestError: there is none.
    """
    try:
        return Strategy(name)
    except ValueError:
        known = ", ".join(Strategy)
        raise RequestError(f"There is no strategy {name!r}. Choose one of {known}.") from None


def balance_named(name: str) -> Balance:
    """The balance of that name.

    Raises:
        RequestError: there is none.
    """
    try:
        return Balance(name)
    except ValueError:
        known = ", ".join(Balance)
        raise RequestError(f"There is no balance {name!r}. Choose one of {known}.") from None


def _by_value(cost: Floats, inputs: SelectionInputs, draw: Draw) -> Ints:
    """Lowest cost first; rows of equal cost in hash order."""
    order = hash_order(len(cost), draw.seed)
    order = order[inputs.choosable[order]]
    ranked = order[np.argsort(cost[order], kind="stable")]
    return _by_class(ranked, inputs.choosable, inputs, draw)


def _by_class(ranked: Ints, pool: Bools, inputs: SelectionInputs, draw: Draw) -> Ints:
    """The first of each class in turn, in proportion to the classes' sizes in the pool."""
    strata = strata_of(inputs.labels, len(pool), draw.balance)
    weights = np.bincount(strata[pool], minlength=int(strata.max(initial=0)) + 1)
    return take_turns(ranked, strata, weights, budget=draw.budget)
