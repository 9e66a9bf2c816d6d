"""Coverage-centric sampling: all degrees of difficulty alike, the hardest left out."""

import numpy as np
from numpy.typing import NDArray

from eudscore.records import Floats, Ints
from eudscore.selection.pool import Pool
from eudscore.selection.quotas import strata_of, take_turns
from eudscore.selection.ranking import HARDEST, Ranking
from eudscore.selection.request import Balance, SelectionRequest

HARDEST_SHARE = 0.1
"""Beta of the paper, which tunes it by budget (0 to 0.9); one value for all budgets keeps selections nested."""

BINS = 50


def by_score_bins(pool: Pool, request: SelectionRequest, _limit: int) -> Ranking:
    """Rows from all bins of the column in turn, within each class; the hardest tenth of each class is withheld.

    The range of the rest is cut into 50 bins of equal width. In each round every bin that has a row left gives one,
    the one drawn first; in the round that the budget cuts off, larger bins come first. So a small bin gives all it
    has and its share goes to the others, as in the paper. Classes take turns in proportion to their sizes.

    A row without a value is no candidate. Of equally hard rows those drawn last are withheld; a class of fewer than
    ten rows loses none. O(n log n).

    Source: Zheng, Liu, Lai, Prakash, Coverage-centric Coreset Selection for High Pruning Rates, arXiv 2210.15809,
    algorithm 1, with a fixed beta.
    """
    values = pool.column(request.by)
    strata = strata_of(pool.labels, len(pool), Balance.PROPORTIONAL)
    scored = np.flatnonzero(pool.eligible & np.isfinite(values))
    kept, hardest = _trimmed(scored, values, strata)
    ranked = kept[_by_turns(_bins(values[kept].astype(np.float64), strata[kept]), strata[kept])]
    sizes = np.bincount(strata[kept], minlength=1).astype(np.float64)
    order = take_turns(ranked, strata, sizes, budget=len(ranked))
    return Ranking(order, {HARDEST: hardest} if len(hardest) else {})


def _trimmed(places: Ints, values: Floats, strata: Ints) -> tuple[Ints, Ints]:
    """The places without the hardest of each stratum, and those; both rising."""
    order = places[np.lexsort((places, values[places], strata[places]))]
    sizes = np.bincount(strata[order], minlength=1)
    position = _position(strata[order])
    easy = position < (sizes - np.floor(sizes * HARDEST_SHARE))[strata[order]]
    return np.sort(order[easy]), np.sort(order[~easy])


def _bins(values: NDArray[np.float64], strata: Ints) -> Ints:
    """(m,) bin of each value, numbered on from stratum to stratum, `BINS` for each."""
    lowest = np.full(int(strata.max(initial=0)) + 1, np.inf)
    highest = -lowest
    np.minimum.at(lowest, strata, values)
    np.maximum.at(highest, strata, values)
    width = (highest - lowest)[strata]
    share = np.divide(values - lowest[strata], width, out=np.zeros(len(values)), where=width > 0)
    bins: Ints = strata * BINS + np.minimum((share * BINS).astype(np.int64), BINS - 1)
    return bins


def _by_turns(bins: Ints, strata: Ints) -> Ints:
    """(m,) indices: one of each bin, then a second of each, ...; in each round larger bins first."""
    sizes = np.bincount(bins, minlength=1)
    grouped = np.argsort(bins, kind="stable")
    turn = np.empty(len(bins), dtype=np.int64)
    turn[grouped] = _position(bins[grouped])
    return np.lexsort((bins, -sizes[bins], turn, strata)).astype(np.int64, copy=False)


def _position(groups: Ints) -> Ints:
    """(m,) how many of the same group stand before each; equal groups stand together."""
    sizes = np.bincount(groups, minlength=1)
    return np.asarray(np.arange(len(groups)) - (np.cumsum(sizes) - sizes)[groups], dtype=np.int64)
