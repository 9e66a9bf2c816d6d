"""The strategies by which rows are ordered, each with its source, its cost and when it loses.

A strategy is a pure function of arrays: it reads a `Pool` and returns the rows it would take, best first. How many
of them are taken, and how classes or clusters share them, is decided afterwards (`recipe.select`), so that one
ranking serves every budget and a smaller selection is inside a larger one.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

import numpy as np

from eudscore.errors import RequestError
from eudscore.records import Bools, Floats
from eudscore.selection.badge import by_gradients
from eudscore.selection.ccs import by_score_bins
from eudscore.selection.coverage import by_coverage
from eudscore.selection.d2 import by_messages
from eudscore.selection.facility import by_facility_location
from eudscore.selection.kcenter import farthest_first
from eudscore.selection.moderate import moderate_first
from eudscore.selection.pool import Pool
from eudscore.selection.ranking import Ranking
from eudscore.selection.request import Balance, Per, SelectionRequest, Strategy
from eudscore.selection.typical import typical_first

VERSION = 6  # of the rankings: another one may take other rows for the same request


class Need(StrEnum):
    """What a strategy reads beyond texts and labels."""

    VALUES = "values"  # the column of the request
    LABELS = "labels"  # where there are any
    VECTORS = "vectors"
    NEIGHBOURS = "neighbours"
    CLUSTERS = "clusters"
    CLASSES = "classes"  # cross-fitted class probabilities
    GROUPS = "groups"  # of near-duplicates


@dataclass(frozen=True)
class Describing:
    """A strategy and what people should know of it.

    Attributes:
        rank: (pool, request, limit) -> the rows it takes, best first; `limit` is how many of them matter.
        needs: what it reads.
        source: paper, or who else does it.
        cost: for n rows of d dimensions, k of which are kept.
        loses: when it is worse than a random subset of the same size.
        live: whether it is ranked at once, in milliseconds.
        limited: whether only the first `limit` rows are ranked, because all would take too long.
    """

    rank: Callable[[Pool, SelectionRequest, int], Ranking]
    needs: frozenset[Need]
    source: str
    cost: str
    loses: str
    live: bool = True
    limited: bool = False


def in_draw_order(pool: Pool, _request: SelectionRequest, _limit: int) -> Ranking:
    """Every row with a text, as it is drawn."""
    return Ranking(np.flatnonzero(pool.eligible))


def highest_first(pool: Pool, request: SelectionRequest, _limit: int) -> Ranking:
    """The most uncertain rows; of equal values the one drawn first."""
    return _sorted(-pool.column(request.by), pool.eligible)


def lowest_first(pool: Pool, request: SelectionRequest, _limit: int) -> Ranking:
    """The least uncertain rows; of equal values the one drawn first."""
    return _sorted(pool.column(request.by), pool.eligible)


def longest_first(pool: Pool, _request: SelectionRequest, _limit: int) -> Ranking:
    """The rows with the most words."""
    return _sorted(-pool.tokens.astype(np.float32), pool.eligible)


def _sorted(cost: Floats, eligible: Bools) -> Ranking:
    there = np.flatnonzero(eligible & np.isfinite(cost))
    return Ranking(there[np.argsort(cost[there], kind="stable")])


STRATEGIES: Mapping[Strategy, Describing] = MappingProxyType(
    {
        Strategy.COVERAGE: Describing(
            by_coverage,
            frozenset({Need.LABELS, Need.NEIGHBOURS, Need.CLASSES, Need.GROUPS}),
            "the default selector, our own: confident learning, near-duplicates, facility location by class, weighted "
            "by predictive entropy",
            "O(n k log n) for k neighbours; neighbours, near-duplicates and cross-fitting once",
            "Without labels, at 16 % and above, it is little better than random. Where classes overlap it withholds "
            "much, so that a large budget may not be met.",
            live=False,
        ),
        Strategy.BAND: Describing(
            in_draw_order,
            frozenset({Need.VALUES}),
            "EUDS (arXiv 2602.17465) for keeping an interval; draw and balance are our own",
            "O(n log n)",
            "With a label-free score the middle band is no better than random; without class balance a band can drop "
            "whole classes. A high band of the cross-fitted entropy gains at 16-30 % and loses heavily at 5 %.",
        ),
        Strategy.RANDOM: Describing(
            in_draw_order,
            frozenset(),
            "proportional stratified sampling; simple random sampling without balance",
            "O(n log n)",
            "Where labels are wrong or texts are junk it takes them in their full share. It measures all others.",
        ),
        Strategy.STRATIFIED: Describing(
            in_draw_order,
            frozenset({Need.CLUSTERS}),
            "proportional sampling by cluster of meaning (k-means)",
            "O(n log n), and k-means once",
            "At 16 % and above it is random; at 3-5 % it gains up to 2 points.",
        ),
        Strategy.TOP: Describing(
            highest_first,
            frozenset({Need.VALUES}),
            "uncertainty sampling, Lewis & Gale 1994",
            "O(n log n)",
            "At small budgets, by 7-20 points: the top holds outliers, noise and wrong labels. Best for review.",
        ),
        Strategy.BOTTOM: Describing(
            lowest_first,
            frozenset({Need.VALUES}),
            "keeping what is easy when data is scarce, Sorscher et al. 2022",
            "O(n log n)",
            "Nearly everywhere: the rows repeat what a model knows already.",
        ),
        Strategy.LONGEST: Describing(
            longest_first,
            frozenset(),
            "the longest texts, a strong baseline for instruction tuning (arXiv 2402.04833)",
            "O(n log n)",
            "On classification it is mostly below random; it belongs in every table as a baseline.",
        ),
        Strategy.FACILITY: Describing(
            by_facility_location,
            frozenset({Need.NEIGHBOURS}),
            "facility location, lazy greedy, over the stored neighbours; at least 1 - 1/e of the best coverage",
            "O(n k log n) for k neighbours, and the neighbours once",
            "At 30 % it is random, on film reviews at 10 % already. It takes wrong labels in full share, and reads no "
            "labels: rare classes get what their place in meaning gets.",
            live=False,
        ),
        Strategy.CCS: Describing(
            by_score_bins,
            frozenset({Need.VALUES, Need.LABELS}),
            "coverage-centric sampling (arXiv 2210.15809), the hardest tenth left out at every budget",
            "O(n log n)",
            "At 10 % and below the authors leave out more than a tenth, and it loses 5-16 points where nothing is left "
            "out. Equal bins give sparse extreme scores more than their share.",
        ),
        Strategy.D2: Describing(
            by_messages,
            frozenset({Need.VALUES, Need.NEIGHBOURS}),
            "D2 pruning (arXiv 2310.07931): 10 neighbours, gamma 0.1",
            "O(n k log n), and the neighbours once",
            "It begins with what is hard, so at small budgets it may take noise and wrong labels as top does; the "
            "authors tune neighbours and gamma by budget. Not measured here.",
            live=False,
        ),
        Strategy.TYPICAL: Describing(
            typical_first,
            frozenset({Need.NEIGHBOURS, Need.CLUSTERS}),
            "TypiClust (arXiv 2202.02794), with the clusters of the data set at every budget",
            "O(n k + n log n), neighbours and k-means once",
            "Above about 5 %: 2 points at 10-30 % with few classes, 12 points at 10 % with 77. It is for the first few "
            "rows, and near-duplicates look most typical of all.",
            live=False,
        ),
        Strategy.MODERATE: Describing(
            moderate_first,
            frozenset({Need.VECTORS, Need.CLUSTERS, Need.LABELS}),
            "Moderate coreset, ICLR 2023; clusters stand for classes where there are no labels",
            "O(n d)",
            "Not measured here. Its authors show gains where labels or inputs are corrupted; on clean data what it "
            "avoids, the typical and the strange, is worth learning too.",
            live=False,
        ),
        Strategy.KCENTER: Describing(
            farthest_first,
            frozenset({Need.VECTORS}),
            "k-center greedy, the core-set approach (arXiv 1708.00489)",
            "O(n d k)",
            "It takes outliers first: 6-14 points below random on film reviews. Use it on data freed of junk, and at "
            "budgets of a few per cent.",
            live=False,
            limited=True,
        ),
        Strategy.BADGE: Describing(
            by_gradients,
            frozenset({Need.VECTORS, Need.CLASSES}),
            "BADGE (arXiv 1906.03671), gradients over the five likeliest classes",
            "O(n d k)",
            "It leans to uncertain rows, and where labels are wrong to those; it was made for choosing what to label "
            "in rounds, of which this is one. On text no clear gain over entropy is known.",
            live=False,
            limited=True,
        ),
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


def default_strategy(by: object, band: object) -> Strategy:
    """What is meant where no strategy is named: an interval where one is asked for, else the default selector."""
    return Strategy.BAND if by is not None or band is not None else Strategy.COVERAGE


_OF_LABELS = "predictive_"  # columns that a model trained on the labels gave


def reads_labels(request: SelectionRequest) -> bool:
    """Whether a selection of a labelled data set needs the labels of rows that it does not take."""
    needs = STRATEGIES[request.strategy].needs
    if needs & {Need.LABELS, Need.CLASSES}:
        return True
    shared = request.per is Per.CLASS and request.strategy is not Strategy.STRATIFIED
    columns = [*request.bands, *([request.by] if Need.VALUES in needs else [])]
    return (shared and request.balance is not Balance.NONE) or any(name.startswith(_OF_LABELS) for name in columns)


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


def per_named(name: str) -> Per:
    """What shares the budget, by its name.

    Raises:
        RequestError: there is no such thing.
    """
    try:
        return Per(name)
    except ValueError:
        raise RequestError(f"A budget cannot be shared per {name!r}. Choose one of {', '.join(Per)}.") from None


def rank(pool: Pool, request: SelectionRequest, limit: int) -> Ranking:
    """The rows that a strategy would take, best first, as places in the pool."""
    return STRATEGIES[request.strategy].rank(pool, request, limit)
