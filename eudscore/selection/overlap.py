"""Two selections of one data set side by side: what they share, and whether they want it in the same order."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eudscore.records import Ints
from eudscore.selection.chance import chance_overlap


@dataclass(frozen=True, eq=False)
class Overlap:
    """What two selections have in common.

    Attributes:
        both: rows of both, in the order of the first.
        first_only: rows that only the first has, in its order.
        second_only: rows that only the second has, in its order.
        chance: rows that two random selections of these sizes have in common, on average.
        spearman: correlation of the places that the common rows have in the two; nan for fewer than two rows.
        kendall: share of the pairs of common rows that both want in the same order, less the share of the others.
    """

    both: Ints
    first_only: Ints
    second_only: Ints
    chance: float
    spearman: float
    kendall: float

    @property
    def jaccard(self) -> float:
        """Common rows / rows of either; nan where both are empty."""
        either = len(self.both) + len(self.first_only) + len(self.second_only)
        return len(self.both) / either if either else float("nan")

    @property
    def jaccard_by_chance(self) -> float:
        """The Jaccard index of selections that have as many rows in common as random ones have on average."""
        either = 2 * len(self.both) + len(self.first_only) + len(self.second_only) - self.chance
        return self.chance / either if either else float("nan")


def overlap(first: Ints, second: Ints, n: int, *, pool: int | None = None) -> Overlap:
    """Compare two selections.

    Args:
        first: distinct rows, in order of choice.
        second: the same of the other.
        n: rows of the data set.
        pool: how many of them may be chosen; None = all.
    """
    place = np.full(n, -1, dtype=np.int64)
    place[second] = np.arange(len(second))
    common = place[first] >= 0
    both = first[common]
    second_only = np.ones(len(second), dtype=np.bool_)
    second_only[place[both]] = False
    order = np.argsort(np.argsort(place[both], kind="stable"), kind="stable")
    return Overlap(
        both, first[~common], second[second_only], chance_overlap(len(first), len(second), n if pool is None else pool),
        _spearman(order), _kendall(order),
    )  # fmt: skip


def _spearman(order: NDArray[np.int64]) -> float:
    """Of a permutation of 0 to m - 1 with the identity: no ties, so Spearman's own formula holds."""
    m = len(order)
    if m < 2:
        return float("nan")
    squares = float(((order - np.arange(m)).astype(np.float64) ** 2).sum())
    return 1 - 6 * squares / (m * (float(m) ** 2 - 1))


def _kendall(order: NDArray[np.int64]) -> float:
    m = len(order)
    return 1 - 4 * inversions(order) / (m * (m - 1)) if m > 1 else float("nan")


def inversions(order: NDArray[np.int64]) -> int:
    """Pairs that stand the wrong way round in a permutation of 0 to m - 1, counted bit by bit in O(m log m).

    Two values part at their highest bit that differs: among the values alike above it, each 0 that follows a 1 is
    such a pair.
    """
    found = 0
    values = order
    for bit in range(int(max(1, len(order) - 1)).bit_length() - 1, -1, -1):
        above, here = values >> (bit + 1), (values >> bit) & 1
        ones = np.cumsum(here)
        starts = np.flatnonzero(np.diff(above, prepend=-1))
        before = np.repeat(ones[starts] - here[starts], np.diff(np.append(starts, len(values))))
        found += int(((ones - before) * (1 - here)).sum())
        # Stable by this bit within what is alike above it: the order of the pairs still to be counted stays.
        values = values[np.argsort(values >> bit, kind="stable")]
    return found
