"""What a person has set in the map component, read strictly from what the browser says."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from eudscore.records import Band
from eudscore.selection.band import default_band
from eudscore.selection.request import Balance, Budget, Per, SelectionRequest, Strategy, Tokens
from eudscore.ui.explorer_view import ExplorerView, Way

_LARGEST = 2**53  # whole numbers that the browser still tells apart


@dataclass(frozen=True)
class ExplorerState:
    """What the person has set.

    Attributes:
        by: name of the column the interval is on.
        k: rows wanted, or about as many as the tokens pay for.
        lo: lower end of the interval, a quantile.
        hi: upper end of the interval, a quantile.
        auto: whether the interval follows the budget.
        balance: how classes or clusters share the budget.
        color: what the map is coloured by.
        row: the row that was clicked, or None.
        revision: 0 before the first change, then rising.
        strategy: how rows are ordered by preference.
        tokens: the budget in tokens, or None.
        kept: rows kept, as the browser counts them; None = it did not say yet.
        way: how budget and interval are tied.
        per: what shares the budget.
        shares: class, or number of a cluster -> its weight, with the balance `custom` only.
        at_least_one: whether each has a row before any has its second.
        group_cap: most rows of a group of near-duplicates, or None.
        bands: further columns -> intervals of their quantiles.
    """

    by: str
    k: int
    lo: float
    hi: float
    auto: bool
    balance: Balance
    color: str
    row: int | None = None
    revision: int = 0
    strategy: Strategy = Strategy.BAND
    tokens: int | None = None
    kept: int | None = None
    way: Way = Way.INSIDE
    per: Per = Per.CLASS
    shares: Mapping[str, float] | None = None
    at_least_one: bool = True
    group_cap: int | None = None
    bands: Mapping[str, Band] = field(default_factory=dict)

    @property
    def band(self) -> Band:
        """The interval."""
        return Band(self.lo, self.hi)

    def request(self, seed: int) -> SelectionRequest:
        """What the server is to choose so that it is what the browser shows."""
        budget: Budget = max(1, self.k) if self.tokens is None else Tokens(self.tokens)
        return SelectionRequest(
            budget,
            by=self.by,
            strategy=self.strategy,
            band=self.band if self.strategy is Strategy.BAND else None,
            balance=self.balance,
            seed=seed,
            per=self.per,
            shares=self.shares,
            at_least_one=self.at_least_one,
            group_cap=self.group_cap,
            bands=self.bands,
        )


def initial_state(view: ExplorerView) -> ExplorerState:
    """The state before the person did anything."""
    band = view.band or default_band(view.budget / view.n)
    names = _names(view, view.per)
    return ExplorerState(
        by=view.by,
        k=view.budget,
        lo=band.lo,
        hi=band.hi,
        auto=view.band is None,
        balance=view.balance,
        color=view.color or view.by,
        row=view.row,
        strategy=view.strategy,
        tokens=view.tokens,
        way=view.way,
        per=view.per,
        shares=None if view.shares is None else dict(zip(names, view.shares, strict=True)),
        at_least_one=view.at_least_one,
        group_cap=view.group_cap,
        bands=view.bands,
    )


def told_state(told: Mapping[str, Any], view: ExplorerView) -> ExplorerState:
    """What the browser said; what makes no sense for this view is as if nothing was said."""
    try:
        return _read(told, view)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        return initial_state(view)


def _read(told: Mapping[str, Any], view: ExplorerView) -> ExplorerState:
    row, tokens, cap = told["row"], told["tokens"], told["group_cap"]
    per, balance = Per(told["per"]), Balance(told["balance"])
    band = _band([told["lo"], told["hi"]])
    return ExplorerState(
        by=_known(told["by"], view),
        k=_count(told["k"], view.n),
        lo=band.lo,
        hi=band.hi,
        auto=_flag(told["auto"]),
        balance=balance,
        color=str(told["color"]),
        row=int(row) if row is not None and 0 <= int(row) < view.n else None,
        revision=int(told["revision"]),
        strategy=_strategy(told["strategy"], view),
        tokens=None if tokens is None else max(1, _count(tokens, _LARGEST)),
        kept=_count(told["kept"], view.n),
        way=Way(told["way"]),
        per=per,
        shares=_shares(told["shares"], _names(view, per)) if balance is Balance.CUSTOM else None,
        at_least_one=_flag(told["at_least_one"]),
        group_cap=None if cap is None else max(1, _count(cap, view.n)),
        bands={_known(name, view): _band(ends) for name, ends in told["bands"].items()},
    )


def _names(view: ExplorerView, per: Per) -> Sequence[str]:
    """What shares the budget, as a request calls it."""
    return view.classes if per is Per.CLASS else [str(number) for number in range(len(view.clusters))]


def _strategy(name: str, view: ExplorerView) -> Strategy:
    if name not in {one.name for one in view.strategies}:
        raise ValueError(name)
    return Strategy(name)


def _known(name: str, view: ExplorerView) -> str:
    if name not in {column.name for column in view.columns}:
        raise ValueError(name)
    return name


def _band(ends: Sequence[float]) -> Band:
    lo, hi = (float(end) for end in ends)
    if not 0 <= lo <= hi <= 1:
        raise ValueError(ends)
    return Band(lo, hi)


def _shares(weights: Sequence[float], names: Sequence[str]) -> dict[str, float]:
    if any(not 0 <= float(weight) < math.inf for weight in weights):
        raise ValueError(weights)
    return {name: float(weight) for name, weight in zip(names, weights, strict=True)}


def _flag(told: object) -> bool:
    if not isinstance(told, bool):
        raise TypeError(told)
    return told


def _count(told: float, most: int) -> int:
    return min(max(0, int(told)), most)
