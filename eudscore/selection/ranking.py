"""Rows by preference, and those that are withheld: what a strategy makes of a pool."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from eudscore.records import Bools, Ints
from eudscore.selection.request import Balance

MISLABELLED, UNLIKELY, DUPLICATE = "suspected mislabel", "another class is likelier", "near-duplicate"
OUTLIER, HARDEST = "outlier", "hardest tenth"


@dataclass(frozen=True, eq=False)
class Ranking:
    """What a strategy would take, best first, whatever the budget.

    Attributes:
        order: (m,) distinct places of the pool (or rows of the corpus, once it is stored).
        withheld: reason -> the places it would not take at any budget; a person should look at them.
        notes: what people should know, a sentence each.
        balance: how classes share a budget where `Balance.AUTO` is asked for.
        drawn: whether a strategy that ranks by what it reads gave way to chance, so that another seed takes other rows.
    """

    order: Ints
    withheld: Mapping[str, Ints] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    balance: Balance = Balance.PROPORTIONAL
    drawn: bool = False


def with_rest(first: Ints, eligible: Bools) -> Ints:
    """Some places in their order, and after them the other eligible ones in draw order.

    Args:
        first: (m,) distinct places.
        eligible: (n,) which places may be chosen.
    """
    left = eligible.copy()
    left[first] = False
    return np.concatenate([first, np.flatnonzero(left)]).astype(np.int64, copy=False)
