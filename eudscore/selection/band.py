"""The interval on the quantile scale.

It has a twin in the browser (`assets/map/band.js`) that must hold the same rows: what is compared in float32 and what
in float64 is part of the rule.
"""

import numpy as np

from eudscore.records import Band, Bools, Floats

SMALLEST_WIDTH = 0.25  # a narrower band loses coverage: method, section 4.1
ROOM = 1.5  # width of the default band in units of the budget
_HALVINGS = 20  # to a millionth: finer would split equal distances by their rounding


def default_band(share: float) -> Band:
    """The band about the median that a budget gets unasked: width min(1, max(1.5 share, 0.25)).

    Args:
        share: of all rows, in (0, 1].

    Source: the centre is that of Moderate Coreset (ICLR 2023); the width is our own (method, section 4.1).
    """
    width = min(1.0, max(ROOM * share, SMALLEST_WIDTH))
    return Band(0.5 - width / 2, 0.5 + width / 2)


def fit_band(band: Band, share: float) -> Band:
    """The band if it is at least `share` wide, else widened about its centre and shifted into [0, 1]."""
    if band.hi - band.lo >= share:
        return band
    width = min(1.0, share)
    lo = min(max(0.0, (band.lo + band.hi - width) / 2), 1.0 - width)
    return Band(lo, min(1.0, lo + width))


def holding_band(quantiles: Floats, band: Band, rows: int) -> Band:
    """The narrowest widening of `band`, to a millionth, that holds `rows` rows, or all with a quantile.

    It differs from `fit_band` where many rows share one value: their common quantile is in or out as one.

    Args:
        quantiles: (n,) float32, nan = not to be chosen.
        band: where to start from.
        rows: wanted inside.
    """
    wanted = min(rows, int(np.isfinite(quantiles).sum()))
    if in_band(quantiles, band).sum() >= wanted:
        return band
    narrow, wide = band.hi - band.lo, 1.0
    for _ in range(_HALVINGS):
        middle = (narrow + wide) / 2
        if in_band(quantiles, fit_band(band, middle)).sum() >= wanted:
            wide = middle
        else:
            narrow = middle
    return fit_band(band, wide)


def in_band(quantiles: Floats, band: Band) -> Bools:
    """Whether lo <= u <= hi, ends included and rounded to float32; a nan is outside."""
    inside = (quantiles >= np.float32(band.lo)) & (quantiles <= np.float32(band.hi))
    return np.asarray(inside, dtype=np.bool_)
