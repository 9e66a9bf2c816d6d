"""What strategies read: the rows of a data set in draw order."""

from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from eudscore.entropy.hashes import Hashes
from eudscore.records import Bools, Floats, Ints
from eudscore.selection.order import draw_order

MISSING = -1


class Materials(Protocol):
    """What a selection can be made of, row by row as in the corpus; each is read only when it is asked for."""

    @property
    def keys(self) -> Hashes:
        """(n,) hash of each text: what the draw depends on."""

    @property
    def eligible(self) -> Bools:
        """(n,) whether the row has a text; the others are never chosen."""

    @property
    def labels(self) -> Ints | None:
        """(n,) int64, -1 = unlabelled; None = no labels."""

    @property
    def tokens(self) -> Ints:
        """(n,) words of each text."""

    @property
    def groups(self) -> Ints:
        """(n,) a row of the group of near-duplicates, the same for all of one group."""

    @property
    def clusters(self) -> Ints:
        """(n,) cluster of meaning, -1 = none."""

    @property
    def vectors(self) -> Floats:
        """(n, d) of unit length, nan = none."""

    @property
    def neighbours(self) -> tuple[Ints, Floats]:
        """(n, k) nearest rows, -1 = none, and (n, k) cosines, nan = none; nearest first."""

    @property
    def likeliest(self) -> tuple[Ints, Floats]:
        """(n, 5) likeliest classes, -1 = none, and (n, 5) their cross-fitted probabilities, nan = none."""

    def column(self, name: str) -> Floats:
        """(n,) a score; nan = no value."""


class Pool:
    """The materials in draw order: of rows that are equally good, the earlier one is taken.

    A strategy that works on a pool chooses the same texts whatever the order of the rows in the file, because the
    draw order depends on the texts (and, for equal texts, on the labels) alone.

    Attributes:
        order: (n,) row of the corpus at each place of the pool.
    """

    def __init__(self, materials: Materials, seed: int) -> None:
        self._materials = materials
        self.order: Ints = draw_order(materials.keys, materials.labels, seed)

    def __len__(self) -> int:
        return len(self.order)

    @cached_property
    def eligible(self) -> Bools:
        """(n,) whether the row has a text."""
        return self._materials.eligible[self.order]

    @cached_property
    def labels(self) -> Ints | None:
        """(n,) class of each row, -1 = unlabelled; None = no labels."""
        labels = self._materials.labels
        return None if labels is None else labels[self.order]

    @cached_property
    def tokens(self) -> Ints:
        """(n,) words of each text."""
        return self._materials.tokens[self.order]

    @cached_property
    def groups(self) -> Ints:
        """(n,) number of the group of near-duplicates."""
        return self._materials.groups[self.order]

    @cached_property
    def clusters(self) -> Ints:
        """(n,) cluster of meaning, -1 = none."""
        return self._materials.clusters[self.order]

    @cached_property
    def vectors(self) -> Floats:
        """(n, d) of unit length; zeros where there is none."""
        return np.nan_to_num(np.asarray(self._materials.vectors)[self.order], copy=False)

    @cached_property
    def neighbours(self) -> tuple[Ints, Floats]:
        """(n, k) places of the nearest rows, -1 = none, and (n, k) cosines, 0 where there is none."""
        rows, cosines = self._materials.neighbours
        place = np.empty(len(self) + 1, dtype=np.int64)
        place[self.order] = np.arange(len(self))
        place[-1] = MISSING  # as an index, -1 means exactly that
        return place[np.asarray(rows)[self.order]], np.nan_to_num(np.asarray(cosines)[self.order])

    @cached_property
    def likeliest(self) -> tuple[Ints, Floats]:
        """(n, 5) likeliest classes, -1 = none, and (n, 5) their probabilities, 0 where there is none."""
        classes, probabilities = self._materials.likeliest
        return np.asarray(classes)[self.order], np.nan_to_num(np.asarray(probabilities)[self.order])

    def column(self, name: str) -> Floats:
        """(n,) a score; nan = no value."""
        return np.asarray(self._materials.column(name), dtype=np.float32)[self.order]

    def column_if_there(self, name: str) -> Floats | None:
        """(n,) a score, or None where it was not computed."""
        try:
            return self.column(name)
        except KeyError:
            return None

    def rows(self, places: NDArray[np.integer]) -> Ints:
        """Rows of the corpus at some places."""
        return np.asarray(self.order[places], dtype=np.int64)
