"""The inner loop of the descent, compiled by numba; it lets go of the interpreter, so that threads share the rows."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

_LIMIT = np.float32(4.0)  # of one move along an axis, as in umap-learn
_NEAR = 0.001  # keeps the push of two texts in one place finite
_SHIFT = 15  # bits of a float32 that a step of the table leaves away: steps of 1/256
_FIRST, _LAST = (int(np.float32(2.0**power).view(np.int32)) >> _SHIFT for power in (-20, 14))  # of squared distances


def forces(a: float, b: float) -> NDArray[np.float32]:
    """Pull and push by squared distance, as a table: a power in the loop takes most of its time.

    Args:
        a: of the likeness 1 / (1 + a d^2b).
        b: see a.

    Returns:
        (m, 2) for the squared distances whose bits begin alike; within 1/256 of the exact ones.
    """
    bits = (np.arange(_FIRST, _LAST + 1, dtype=np.int32) << _SHIFT) + (1 << (_SHIFT - 1))
    far = bits.view(np.float32).astype(np.float64)
    likeness = 1 / (1 + a * far**b)
    pull = -4 * a * b * far ** (b - 1) * likeness  # twice 2ab: each pair stands for both its directions
    return np.stack([pull, 2 * b / (_NEAR + far) * likeness], axis=1).astype(np.float32)


@njit(nogil=True, fastmath=True, cache=True)
def move_rows(before, after, starts, others, shares, table, step, epoch, seed, pushes, first, stop):  # type: ignore[no-untyped-def] # noqa: PLR0913
    """One epoch of UMAP's stochastic gradient for the rows `first` to `stop`.

    A row moves along its own pairs one after the other, all others standing where they stood before the epoch: so
    the outcome does not depend on who moves first, nor on the number of threads.

    Args:
        before: (n, 2) float32 positions of all.
        after: (n, 2) float32, written for those rows.
        starts: (n + 1,) int64: the pairs of row i are those from starts[i] on.
        others: (m,) int32: whom a pair links to.
        shares: (m,) float32: in which share of the epochs it pulls.
        table: of `forces`.
        step: float32 of this epoch.
        epoch: number of this epoch.
        seed: of the random texts that push.
        pushes: of them for each pull.
        first: row to begin with.
        stop: row to stop before.

    Source: McInnes, Healy, Melville, UMAP, arXiv 1802.03426, algorithm 5.
    """
    count = np.uint64(len(before))
    for i in range(first, stop):
        x, y = before[i, 0], before[i, 1]
        for pair in range(starts[i], starts[i + 1]):
            if int((epoch + 1) * shares[pair]) == int(epoch * shares[pair]):
                continue
            x, y = _moved(x, y, before[others[pair]], table, 0, step)
            mixed = np.uint64(seed) + np.uint64(pair) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(epoch + 1)
            for _ in range(pushes):
                mixed = _mix(mixed)
                other = ((mixed >> np.uint64(32)) * count) >> np.uint64(32)
                x, y = _moved(x, y, before[other], table, 1, step)
        after[i, 0], after[i, 1] = x, y


@njit(nogil=True, fastmath=True, cache=True)
def _moved(x, y, other, table, force, step):  # type: ignore[no-untyped-def]
    """Where a text comes to by the pull (0) or the push (1) of another; one in the same place has none."""
    across, up = x - other[0], y - other[1]
    far = across * across + up * up
    if far == 0:
        return x, y
    at = int(np.float32(far).view(np.int32) >> _SHIFT)
    at = min(max(at, _FIRST), _LAST) - _FIRST
    strength = table[at, force]
    across, up = strength * across, strength * up
    return x + step * min(max(across, -_LIMIT), _LIMIT), y + step * min(max(up, -_LIMIT), _LIMIT)


@njit(nogil=True, fastmath=True, cache=True)
def _mix(key):  # type: ignore[no-untyped-def]
    """The finaliser of splitmix64 (Steele, Lea, Flood, OOPSLA 2014)."""
    key ^= key >> np.uint64(30)
    key *= np.uint64(0xBF58476D1CE4E5B9)
    key ^= key >> np.uint64(27)
    key *= np.uint64(0x94D049BB133111EB)
    return key ^ (key >> np.uint64(31))
