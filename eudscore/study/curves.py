"""Learning curves: how the error falls with the number of training rows. Arithmetic on arrays.

Every family is e(x) = a + b g(x), with x the rows in units of the smallest probe, g falling towards 0, and a, b at
least 0: the error never rises with the rows and never falls below 0. What shapes g is sought on a grid that closes in
on its best point; a and b then follow from linear least squares. So hundreds of curves are fitted at once.

Axes are d (curves), r (runs), g (points of a grid), k (parameters of a shape).

Source: Viering & Loog, The Shape of Learning Curves: a Review (2021), table 1.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]

_REWEIGHTED = 6  # times; the weights of soft-L1 hardly change after the fourth
_CELLS = 1 << 20  # numbers worked on at once: 8 MiB


class Family(StrEnum):
    """A shape of the curve."""

    POW3 = "pow3"  # a + b x^-c
    POW2 = "pow2"  # b x^-c
    ILOG = "ilog"  # a + b / log(x + 1.7)
    MMF4 = "mmf4"  # a + b / (1 + x^d / exp(c))
    EXP3 = "exp3"  # a + b exp(-exp(c) x)

    @property
    def parameters(self) -> int:
        """How many numbers are fitted."""
        return {Family.POW3: 3, Family.POW2: 2, Family.ILOG: 2, Family.MMF4: 4, Family.EXP3: 3}[self]


GRIDS: dict[Family, tuple[Doubles, ...]] = {
    Family.POW3: (np.linspace(0.01, 2, 41),),
    Family.POW2: (np.linspace(0.01, 2, 41),),
    Family.ILOG: (),
    Family.MMF4: (np.linspace(-3, 7, 16), np.linspace(0.05, 3, 13)),
    Family.EXP3: (np.linspace(-7, 1, 41),),
}
"""First guesses at what shapes each family, evenly spaced; the ends are the bounds."""


@dataclass(frozen=True, eq=False)
class Curves:
    """Fitted curves of one family.

    Attributes:
        family: of all.
        floor: (d,) a, the error that is left with endless data.
        height: (d,) b.
        shape: (d, k) what shapes g.
        loss: (d,) soft-L1 loss, in squares of the noise.
    """

    family: Family
    floor: Doubles
    height: Doubles
    shape: Doubles
    loss: Doubles

    def at(self, x: Doubles) -> Doubles:
        """(d, m) errors at (m,) places."""
        falling = _falling(self.family, np.asarray(x, dtype=np.float64), self.shape[:, None, :])
        return np.asarray(self.floor[:, None] + self.height[:, None] * falling)

    def reaching(self, error: float | Doubles) -> Doubles:
        """(d,) the least x at which each curve is down at an error (one, or (d,)): 0 = always, inf = never."""
        with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
            share = np.maximum((error - self.floor) / self.height, 0.0)
            x = np.where(share > 0, np.maximum(_inverse(self.family, share, self.shape), 0.0), np.inf)
        return np.asarray(np.where(self.height > 0, x, np.where(self.floor <= error, 0.0, np.inf)))


def fit_curves(family: Family, x: Doubles, errors: Doubles, noise: Doubles, *, closing: int = 2) -> Curves:
    """Fit a family to several sets of runs at once.

    Args:
        family: which.
        x: (r,) rows of each run in units of the smallest, at least 1.
        errors: (d, r) error of each run in [0, 1].
        noise: (r,) standard deviation of each run, above 0; a residual beyond it counts linearly (soft-L1).
        closing: how often the grid closes in on its best point, each time four times finer.
    """
    axes = GRIDS[family]
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, len(axes)) if axes else np.zeros((1, 0))
    pieces = -(-len(errors) * len(grid) * len(x) // _CELLS)
    found = []
    for some in np.array_split(errors, pieces):
        best = _best(family, x, some, noise, np.broadcast_to(grid, (len(some), *grid.shape)))
        for finer in range(closing if axes else 0):
            best = _best(family, x, some, noise, _around(family, best.shape, 4.0**-finer))
        found.append(best)
    joined = (np.concatenate([getattr(one, name) for one in found]) for name in ("floor", "height", "shape", "loss"))
    return Curves(family, *joined)


def _around(family: Family, shape: Doubles, scale: float) -> Doubles:
    """(d, g, k) the points about (d, k) others, up to a step of the first grid times `scale` away, within bounds."""
    axes = GRIDS[family]
    steps = [np.linspace(-scale, scale, 9) * (axis[1] - axis[0]) for axis in axes]
    offsets = np.stack(np.meshgrid(*steps, indexing="ij"), axis=-1).reshape(-1, len(axes))
    low, high = (np.array([axis[end] for axis in axes]) for end in (0, -1))
    return np.asarray(np.clip(shape[:, None, :] + offsets, low, high))


def _best(family: Family, x: Doubles, errors: Doubles, noise: Doubles, shapes: Doubles) -> Curves:
    """The curve of least loss for each of (d, r) sets of runs, out of (d, g, k) shapes."""
    falling = _falling(family, x, shapes[:, :, None, :])
    sought = errors[:, None, :]
    weights = np.broadcast_to(noise**-2.0, falling.shape)
    for _ in range(_REWEIGHTED):
        floor, height = _line(falling, sought, weights, through_zero=family is Family.POW2)
        missed = (floor[..., None] + height[..., None] * falling - sought) / noise
        stretch = np.sqrt(1 + missed**2)
        weights = noise**-2.0 / stretch
    loss = 2 * (stretch - 1).sum(axis=-1)
    chosen = loss.argmin(axis=1)
    one = np.arange(len(errors))
    return Curves(family, floor[one, chosen], height[one, chosen], shapes[one, chosen], loss[one, chosen])


def _line(falling: Doubles, errors: Doubles, weights: Doubles, *, through_zero: bool) -> tuple[Doubles, Doubles]:
    """(d, g) floor and height of weighted least squares, both at least 0; the floor is 0 where asked for."""
    alone = (weights * falling * errors).sum(axis=-1) / (weights * falling**2).sum(axis=-1)
    if through_zero:
        return np.zeros_like(alone), alone
    total = weights.sum(axis=-1)
    mean = (weights * falling).sum(axis=-1) / total
    off = falling - mean[..., None]
    spread = (weights * off**2).sum(axis=-1)
    height = np.divide((weights * off * errors).sum(axis=-1), spread, out=np.zeros_like(spread), where=spread > 0)
    height = np.maximum(height, 0.0)
    floor = (weights * errors).sum(axis=-1) / total - height * mean
    return np.maximum(floor, 0.0), np.where(floor < 0, alone, height)


def _falling(family: Family, x: Doubles, shape: Doubles) -> Doubles:
    """g(x): (..., r) for (r,) places and (..., 1, k) shapes."""
    match family:
        case Family.POW3 | Family.POW2:
            return np.asarray(x ** -shape[..., 0])
        case Family.ILOG:
            return np.asarray(np.broadcast_to(1 / np.log(x + 1.7), (*shape.shape[:-2], len(x))))
        case Family.MMF4:
            return np.asarray(1 / (1 + x ** shape[..., 1] * np.exp(-shape[..., 0])))
        case Family.EXP3:
            return np.asarray(np.exp(-np.exp(shape[..., 0]) * x))


def _inverse(family: Family, share: Doubles, shape: Doubles) -> Doubles:
    """(d,) the x at which g is (d,) shares above 0."""
    match family:
        case Family.POW3 | Family.POW2:
            return np.asarray(share ** (-1 / shape[:, 0]))
        case Family.ILOG:
            return np.asarray(np.exp(1 / share) - 1.7)
        case Family.MMF4:
            return np.asarray((np.maximum(1 / share - 1, 0.0) * np.exp(shape[:, 0])) ** (1 / shape[:, 1]))
        case Family.EXP3:
            return np.asarray(-np.log(share) / np.exp(shape[:, 0]))
