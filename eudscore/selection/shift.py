"""What a selection does to the data: class shares and means, kept against all."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eudscore.records import Ints

Doubles = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ClassShift:
    """Rows per class, in the order of the classes; the unlabelled are not counted.

    Attributes:
        before: (classes,) rows of the whole data set.
        after: (classes,) rows chosen.
    """

    before: Ints
    after: Ints

    @property
    def ratio(self) -> Doubles:
        """(classes,) share after / share before; 1 = unchanged, nan where a class or the choice is empty."""
        before = self.before / max(1, int(self.before.sum()))
        total = int(self.after.sum())
        after = self.after / total if total else np.full(len(self.after), np.nan)
        return np.asarray(after / np.where(before > 0, before, np.nan))


@dataclass(frozen=True)
class MeanShift:
    """Mean of a column over all rows and over the chosen ones, in the column's unit; nan without values.

    Attributes:
        before: over all rows with a value.
        after: over the chosen rows with a value.
        spread: standard deviation over all rows, to judge the difference by.
    """

    before: float
    after: float
    spread: float

    @property
    def effect(self) -> float:
        """(after - before) / spread; nan where nothing varies."""
        return (self.after - self.before) / self.spread if self.spread > 0 else float("nan")


def class_shift(labels: Ints, chosen: Ints, classes: int) -> ClassShift:
    """Rows per class before and after a selection.

    Args:
        labels: (n,) class of each row, -1 = unlabelled.
        chosen: (k,) rows.
        classes: number of classes; classes without rows are counted as 0.
    """
    kept = labels[chosen]
    return ClassShift(
        np.bincount(labels[labels >= 0], minlength=classes).astype(np.int64, copy=False),
        np.bincount(kept[kept >= 0], minlength=classes).astype(np.int64, copy=False),
    )


def mean_shift(values: NDArray[np.generic], chosen: Ints) -> MeanShift:
    """Mean of a column (words per text, an entropy, ...) before and after a selection; nan is left out.

    Args:
        values: (n,) numbers of any type.
        chosen: (k,) rows.
    """
    numbers = np.asarray(values, dtype=np.float64)
    before, after = numbers[np.isfinite(numbers)], numbers[chosen]
    after = after[np.isfinite(after)]
    return MeanShift(
        float(before.mean()) if len(before) else float("nan"),
        float(after.mean()) if len(after) else float("nan"),
        float(before.std()) if len(before) else float("nan"),
    )
