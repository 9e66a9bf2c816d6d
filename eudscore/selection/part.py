"""A part of a data set as a data set of its own, with what is known of its rows: nothing is computed anew."""

from functools import cached_property

import numpy as np

from eudscore.entropy.hashes import Hashes
from eudscore.records import Bools, Floats, Ints
from eudscore.selection.pool import MISSING, Materials


class Part:
    """`Materials` of some rows of others.

    Scores, vectors and clusters are those of the whole; of the stored neighbours those outside of the part are gone.

    Attributes:
        rows: (m,) distinct rows of the whole; row i of the part is `rows[i]`.
    """

    def __init__(self, whole: Materials, rows: Ints) -> None:
        self._whole, self.rows = whole, rows

    @cached_property
    def keys(self) -> Hashes:
        """(m,) hash of each text."""
        return self._whole.keys[self.rows]

    @cached_property
    def eligible(self) -> Bools:
        """(m,) whether the row has a text."""
        return self._whole.eligible[self.rows]

    @cached_property
    def labels(self) -> Ints | None:
        """(m,) class, -1 = unlabelled; None = no labels."""
        labels = self._whole.labels
        return None if labels is None else labels[self.rows]

    @cached_property
    def tokens(self) -> Ints:
        """(m,) words of each text."""
        return self._whole.tokens[self.rows]

    @cached_property
    def groups(self) -> Ints:
        """(m,) the first row of the part in the group of near-duplicates of each."""
        _, first, group = np.unique(self._whole.groups[self.rows], return_index=True, return_inverse=True)
        return np.asarray(first[group], dtype=np.int64)

    @cached_property
    def clusters(self) -> Ints:
        """(m,) cluster of meaning in the whole, -1 = none."""
        return self._whole.clusters[self.rows]

    @cached_property
    def vectors(self) -> Floats:
        """(m, d) of unit length, nan = none."""
        return np.asarray(self._whole.vectors)[self.rows]

    @cached_property
    def neighbours(self) -> tuple[Ints, Floats]:
        """(m, k) nearest rows of the part and their cosines, the nearest first; -1 and nan = outside of it."""
        indices, cosines = (np.asarray(found)[self.rows] for found in self._whole.neighbours)
        place = np.full(len(self._whole.eligible) + 1, MISSING, dtype=np.int64)  # the last is for -1
        place[self.rows] = np.arange(len(self.rows))
        inside = place[indices]
        gone = inside == MISSING
        order = np.argsort(gone, axis=1, kind="stable")  # what is left stands first, as it stood
        found = np.where(gone, np.nan, cosines).astype(np.float32)
        return np.take_along_axis(inside, order, axis=1), np.take_along_axis(found, order, axis=1)

    @cached_property
    def likeliest(self) -> tuple[Ints, Floats]:
        """(m, 5) likeliest classes and their probabilities."""
        classes, probabilities = self._whole.likeliest
        return np.asarray(classes)[self.rows], np.asarray(probabilities)[self.rows]

    def column(self, name: str) -> Floats:
        """(m,) a score; nan = no value."""
        return self._whole.column(name)[self.rows]
