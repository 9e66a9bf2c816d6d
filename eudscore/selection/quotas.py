"""How a budget is shared among classes or clusters: by turns, so that a larger budget only adds rows."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eudscore.errors import RequestError
from eudscore.records import UNLABELLED, Bools, Ints
from eudscore.selection.request import Balance

Weights = NDArray[np.float64]


def strata_of(labels: Ints | None, n: int, balance: Balance, *, named: int = 0) -> Ints:
    """Stratum of each of n rows: its class; the rows without a label share one more, the last.

    Without labels, and with `Balance.NONE`, all rows are one stratum.

    Args:
        labels: (n,) class or cluster of each row, -1 = none; None = there are none.
        n: rows.
        balance: how they share.
        named: how many classes or clusters there are, those without a row among them.
    """
    if labels is None or balance is Balance.NONE:
        return np.zeros(n, dtype=np.int64)
    last = max(named, int(labels.max(initial=UNLABELLED)) + 1)
    return np.where(labels < 0, last, labels).astype(np.int64, copy=False)


def weights_of(
    strata: Ints, candidates: Bools, balance: Balance, *, named: int, shares: Sequence[float] | None = None
) -> Weights:  # fmt: skip
    """(strata,) what each stratum counts when they take turns; 0 = it gets none.

    Args:
        strata: (n,) of all rows.
        candidates: (n,) which rows may be chosen as far as the strategy goes, inside its band or not: proportional
            shares are those of the data, not of the band.
        balance: how they share.
        named: how many strata are classes or clusters; with equal or given shares, a row of none of them gets nothing.
        shares: (named,) with `Balance.CUSTOM`.
    """
    sizes = np.bincount(strata[candidates], minlength=int(strata.max(initial=0)) + 1).astype(np.float64)
    if balance in (Balance.BALANCED, Balance.CUSTOM):
        given = np.zeros(max(len(sizes), named))
        given[:named] = 1.0 if shares is None else shares
        return np.where(sizes > 0, given[: len(sizes)], 0.0)
    return np.sqrt(sizes) if balance is Balance.ROOT else sizes


def shares_in_order(shares: Mapping[str, Any], names: Sequence[str], what: str) -> list[float]:
    """The weights that were given by name, in the order of the strata; 0 for who is not named.

    Args:
        shares: name -> weight.
        names: of the strata.
        what: `class` or `cluster`, for the sentence.

    Raises:
        RequestError: a name is unknown, a weight is no number of at least 0, or all are 0.
    """
    unknown = [name for name in shares if name not in names]
    if unknown:
        if not names:
            raise RequestError(f"There is no {what} to share a budget: leave the shares out.")
        there = ", ".join(repr(name) for name in names[:8])
        raise RequestError(f"There is no {what} {unknown[0]!r} to give a share to, only {there}. Choose among these.")
    for name, weight in shares.items():
        number = isinstance(weight, int | float) and not isinstance(weight, bool)
        if not number or not 0 <= weight < np.inf:
            raise RequestError(f"The share of the {what} {name!r} is {weight!r}: give a number of at least 0.")
    if not any(shares.values()):
        raise RequestError(f"No {what} has a share above 0: give at least one of them some.")
    return [float(shares.get(name, 0)) for name in names]


def take_turns(
    ranked: Ints, strata: Ints, weights: NDArray[np.number], *, budget: int, at_least_one: bool = False
) -> Ints:
    """The first `budget` rows when strata take turns in proportion to their weights.

    The row at position j (from 0) of stratum s comes up at (2 j + 1) / (2 weight_s), compared in float64;
    ties go to the lower stratum. This is the divisor method of Webster and Sainte-Laguë: the
    numbers per stratum are what it would apportion, a stratum that runs out gives the rest
    to the others, and the choice at a small budget is a prefix of the choice at a larger one
    (largest remainders are not: Alabama paradox).

    Args:
        ranked: (m,) the candidate rows, best first.
        strata: (n,) stratum of every row of the data set.
        weights: (strata,) what each stratum counts; one of weight 0 gets nothing.
        budget: rows wanted; all candidates are returned if they are fewer.
        at_least_one: whether every stratum has its first turn, the weightiest first, before any has its second.

    Returns:
        (min(budget, m),) rows in order of choice.

    Source: Balinski & Young, Fair Representation (1982), ch. 9-10; cost O(m log m).
    """
    if not np.all(weights):
        ranked = ranked[weights[strata[ranked]] > 0]
    stratum = strata[ranked]
    # numpy sorts 16-bit integers in linear time.
    grouped = np.argsort(stratum.astype(np.uint16) if len(weights) <= 65_536 else stratum, kind="stable")
    sizes = np.bincount(stratum, minlength=len(weights))
    place = np.arange(len(ranked)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    near = place < budget  # nobody takes more turns than there are
    grouped, place = grouped[near], place[near]
    turn = (2 * place + 1) / (2 * weights[stratum[grouped]])
    if at_least_one:
        later = place > 0
        firsts = np.flatnonzero(~later)
        firsts = firsts[np.argsort(turn[firsts], kind="stable")]
        others = np.flatnonzero(later)
        others = others[np.argsort(turn[others], kind="stable")]
        first = np.concatenate([firsts, others])[:budget]
    else:
        first = np.argsort(turn, kind="stable")[:budget]
    return np.asarray(ranked[grouped[first]], dtype=np.int64)


def capped(ranked: Ints, groups: Ints, cap: int | None) -> Ints:
    """The ranked rows without those beyond the first `cap` of each group.

    Args:
        ranked: (m,) rows, best first.
        groups: (n,) group of every row.
        cap: at least 1; None = any number.
    """
    if cap is None or len(ranked) == 0:
        return ranked
    return np.asarray(ranked[place_within(groups[ranked]) < cap], dtype=np.int64)


def place_within(groups: Ints) -> Ints:
    """(n,) how many earlier rows are of the same group."""
    grouped = np.argsort(groups, kind="stable")
    starts = np.flatnonzero(np.append(True, np.diff(groups[grouped]) != 0)[: len(groups)])
    found = np.empty(len(groups), dtype=np.int64)
    found[grouped] = np.arange(len(groups)) - np.repeat(starts, np.diff(np.append(starts, len(groups))))
    return found


def in_class_shares(order: Ints, labels: Ints, *, classes: int, budget: int) -> Ints:
    """So many of some labelled rows, each class in its share, the first of each class first; sorted.

    Args:
        order: (m,) labelled rows in the order in which they are taken.
        labels: (n,) class of every row.
        classes: C.
        budget: rows to take.
    """
    weights = np.bincount(labels[order], minlength=classes)
    return np.sort(take_turns(order, np.maximum(labels, 0), weights, budget=budget))
