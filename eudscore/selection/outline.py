"""Which points an outline drawn on the map holds.

`outline.js` of the map is the twin of this file: the same even-odd rule on the same doubles, operation by operation,
so that a lasso holds the same rows in the browser and on the server.
"""

import numpy as np
from numpy.typing import NDArray

from eudscore.records import Bools, Floats

Doubles = NDArray[np.float64]

_SLABS = 256


def inside(xy: Floats, outline: Doubles) -> Bools:
    """Whether each point lies inside a closed outline, by the even-odd rule.

    Args:
        xy: (n, 2) float32; nan lies nowhere.
        outline: (m, 2) corners in order; fewer than three hold nothing.

    Returns:
        (n,)

    Source: Shimrat, Algorithm 112, CACM 1962, with half-open edges, so that no point counts twice.
    """
    held = np.zeros(len(xy), dtype=bool)
    if len(outline) < 3:
        return held
    (left, bottom), (right, top) = outline.min(axis=0), outline.max(axis=0)
    near = (xy[:, 0] >= left) & (xy[:, 0] <= right) & (xy[:, 1] >= bottom) & (xy[:, 1] <= top)
    rows = np.flatnonzero(near)
    slab = _slab_of(xy[rows, 1].astype(np.float64), bottom, top)
    rows = rows[np.argsort(slab, kind="stable")]
    points = xy[rows].astype(np.float64)
    begins = np.concatenate([[0], np.cumsum(np.bincount(slab, minlength=_SLABS))])
    starts, ends = np.roll(outline, 1, axis=0), outline
    lowest = _slab_of(np.minimum(starts[:, 1], ends[:, 1]), bottom, top).astype(np.int64) - 1
    highest = _slab_of(np.maximum(starts[:, 1], ends[:, 1]), bottom, top).astype(np.int64) + 1
    odd = np.zeros(len(rows), dtype=bool)
    for start, end, low, high in zip(starts, ends, lowest, highest, strict=True):
        # Only points at about the height of an edge can have it at their right.
        there = slice(begins[max(low, 0)], begins[min(high, _SLABS - 1) + 1])
        odd[there] ^= _crosses(points[there], start, end)
    held[rows] = odd
    return held


def _crosses(points: Doubles, start: Doubles, end: Doubles) -> Bools:
    """Whether the ray from each point to the right crosses an edge."""
    x, y = points[:, 0], points[:, 1]
    spans = (end[1] > y) != (start[1] > y)
    with np.errstate(divide="ignore", invalid="ignore"):  # a level edge spans nothing
        at = (start[0] - end[0]) * (y - end[1]) / (start[1] - end[1]) + end[0]
    return np.asarray(spans & (x < at))


def _slab_of(y: Doubles, bottom: float, top: float) -> NDArray[np.uint8]:
    height = (top - bottom) or 1.0
    return np.clip((y - bottom) / height * _SLABS, 0, _SLABS - 1).astype(np.uint8)
