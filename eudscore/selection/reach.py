"""Who is near whom: how much of a data set lies close to what is kept."""

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from eudscore.records import Bools, Floats, Ints


class _Lists:
    """A list of rows for each row, one after the other."""

    def __init__(self, owners: NDArray[np.integer], members: NDArray[np.int32], n: int) -> None:
        self.lengths = np.bincount(owners, minlength=n)
        self._starts = np.cumsum(self.lengths) - self.lengths
        self._members = members[np.argsort(owners, kind="stable")]

    def of(self, rows: Ints) -> tuple[Ints, NDArray[np.int32]]:
        """All members of the lists of some rows, and the place among `rows` of the owner of each."""
        lengths = self.lengths[rows]
        place = np.repeat(np.arange(len(rows)), lengths)
        within = np.arange(len(place)) - (np.cumsum(lengths) - lengths)[place]
        return place, self._members[self._starts[rows][place] + within]


class Reach:
    """The stored neighbours of each row that lie within a radius; a row also reaches itself.

    The radius is the median, over all rows, of the distance to the nearest neighbour. Distances are 1 - cosine. A row
    is covered if it is kept, or if one of its k nearest stored neighbours that lie within the radius is kept; what is
    near and not among these k is not known, so with a radius that holds more than k rows coverage is a lower bound.

    Attributes:
        radius: 1 - cosine; nan where no row has a neighbour.
        near: how many neighbours of a row were stored.
    """

    def __init__(self, indices: NDArray[np.integer], cosines: Floats, eligible: Bools) -> None:
        """Keep the edges within the radius.

        Args:
            indices: (n, k) nearest rows, the nearest first, -1 = none; a row may stand among its own.
            cosines: (n, k), nan = none.
            eligible: (n,) which rows count.
        """
        self.near = int(indices.shape[1]) if indices.ndim == 2 else 0
        cosines = np.asarray(cosines)
        own = np.arange(len(indices))
        found = (indices >= 0) & (indices != own[:, None]) & np.isfinite(cosines)
        self._there = eligible & found.any(axis=1)
        first = np.max(np.where(found, cosines, -np.inf), axis=1, initial=-np.inf)
        least = float(np.median(first[self._there])) if self._there.any() else float("nan")
        self.radius = 1 - least
        inside = found & self._there[:, None] & (cosines >= least) if np.isfinite(least) else np.zeros_like(found)
        source, column = np.nonzero(inside)
        target = np.asarray(indices)[source, column].astype(np.int32)
        self._reached = _Lists(source, target, len(indices))
        self._reaching = _Lists(target, source.astype(np.int32), len(indices))

    @cached_property
    def counts(self) -> Ints:
        """(m,) how many rows are covered by 0, 1, 2, ... rows, themselves among them."""
        return np.bincount(self._reached.lengths[self._there] + 1, minlength=1)

    def covered(self, rows: Ints) -> Bools:
        """(n,) which rows are covered by these."""
        kept = np.zeros(len(self._there), dtype=np.bool_)
        kept[rows] = True
        covered = kept & self._there
        if 2 * len(rows) <= len(kept):  # look from whichever side is smaller
            covered[self._reaching.of(rows)[1]] = True
        else:
            others = np.flatnonzero(self._there & ~kept)
            place, near = self._reached.of(others)
            covered[others[place[kept[near]]]] = True
        return np.asarray(covered)

    def covered_share(self, rows: Ints) -> float:
        """Share of the rows that have a neighbour at all which are covered; nan where there are none."""
        there = int(self._there.sum())
        return int(self.covered(rows).sum()) / there if there else float("nan")
