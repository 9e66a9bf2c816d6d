"""A column as 16-bit codes along its drawn axis: what histograms, brushes and colours need, in two bytes a row.

Browser and server read the same codes, so a brush holds the same rows on both sides.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.uint16]

LAST = 65_534
"""Code of the upper end of the axis; the lower end is 0."""

NO_VALUE = 65_535
_TAIL = 0.002  # share of the rows at either end that may lie so far out that they would flatten all others
_FAR = 3  # times nearer than the middle of the rows is what a tail must not be to be cut


@dataclass(frozen=True)
class Axis:
    """The drawn range of a column.

    Attributes:
        lo: value of code 0.
        hi: value of code `LAST`, above `lo`.
        whole: whether every value is a whole number; then the ends lie half a unit outside of them.
        least: the smallest value, below `lo` where the axis was cut.
        most: the largest value, above `hi` where the axis was cut.
    """

    lo: float
    hi: float
    whole: bool = False
    least: float = 0.0
    most: float = 1.0

    def value(self, code: float) -> float:
        """The value at a code."""
        return self.lo + code * (self.hi - self.lo) / LAST


def axis_of(values: NDArray[np.floating]) -> Axis:
    """Smallest to largest finite value; a few far outliers are left to the ends, where they would flatten the rest.

    Args:
        values: (n,) nan = no value.

    Returns:
        The axis; (0, 1) where no row has a value, one unit about the value where all are equal.
    """
    found = np.asarray(values)[np.isfinite(values)].astype(np.float64)
    if len(found) == 0:
        return Axis(0.0, 1.0)
    last = len(found) - 1
    low, high = round(_TAIL * last), round((1 - _TAIL) * last)
    ordered = np.partition(found, sorted({0, low, high, last}))
    first, near, far, final = (float(ordered[at]) for at in (0, low, high, last))
    room = (far - near) / _FAR
    lo = near if near - first > room else first
    hi = far if final - far > room else final
    if bool((found == np.rint(found)).all()):
        return Axis(lo - 0.5, hi + 0.5, True, first, final)
    return Axis(lo, hi, False, first, final) if hi > lo else Axis(lo - 0.5, lo + 0.5, False, first, final)


def codes_of(values: NDArray[np.floating], axis: Axis) -> Codes:
    """(n,) codes of (n,) values: 0 to `LAST` along the axis, what lies outside at its ends, `NO_VALUE` for none."""
    scaled = (np.asarray(values, dtype=np.float64) - axis.lo) * (LAST / (axis.hi - axis.lo))
    codes = np.full(len(scaled), NO_VALUE, dtype=np.uint16)
    finite = np.isfinite(values)
    codes[finite] = np.clip(np.floor(scaled[finite] + 0.5), 0, LAST).astype(np.uint16)
    return codes
