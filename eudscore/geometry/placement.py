"""New texts in an old map: nobody else moves."""

import numpy as np

from eudscore.geometry.neighbours import has_direction
from eudscore.records import Floats, Ints

NEAR = 15
_CELLS = 1 << 24  # cosines at once: 64 MiB
_SAME = 1 - 1e-5  # cosine of two vectors that differ by rounding alone
_ROUNDS = 20
_LEAST = 1e-6  # distance below which a middle is on a point, in units of the neighbours' spread
_TINY = 1e-12  # the same where they all lie in one place


def place(new_vectors: Floats, vectors: Floats, xy: Floats, *, near: int = NEAR) -> Floats:
    """Positions of new rows in a map that is there, by their nearest rows in it.

    A copy of an old row (the same vector but for rounding) lies on it. Any other lies at the weighted middle of its
    nearest, the point from which the distances to them add up to the least; not at their mean, which lies in
    empty space where they stand in two places. Weights fall with the distance beyond the nearest, as UMAP's do.

    Args:
        new_vectors: (m, d) of unit length; a row that is nan or zero gets nan.
        vectors: (n, d) that the map was drawn from.
        xy: (n, 2) the map; nan = not drawn, and no neighbour.
        near: neighbours that count.

    Returns:
        (m, 2) float32; all nan where nothing is drawn.

    Raises:
        ValueError: the shapes do not fit.
    """
    if new_vectors.ndim != 2 or new_vectors.shape[1:] != vectors.shape[1:] or xy.shape != (len(vectors), 2):
        raise ValueError(f"new vectors {new_vectors.shape}, old vectors {vectors.shape}, positions {xy.shape}")
    if near < 1:
        raise ValueError(f"{near} neighbours place nothing")
    placed = np.full((len(new_vectors), 2), np.nan, dtype=np.float32)
    drawn = np.flatnonzero(np.isfinite(xy).all(axis=1) & has_direction(vectors))
    asked = np.flatnonzero(has_direction(new_vectors))
    if len(drawn) == 0 or len(asked) == 0:
        return placed
    dense = np.ascontiguousarray(vectors[drawn], dtype=np.float32)
    indices, cosines = nearest(np.asarray(new_vectors[asked], dtype=np.float32), dense, min(near, len(drawn)))
    points = xy[drawn][indices]
    places = _middles(points, _weights(cosines))
    same = cosines[:, 0] >= _SAME
    places[same] = points[same, 0]
    placed[asked] = places
    return placed


def nearest(new: Floats, old: Floats, near: int) -> tuple[Ints, Floats]:
    """The rows of (n, d) `old` nearest to each of (m, d) `new`: (m, near) rows and cosines, nearest first."""
    import torch

    everyone, asked, size = torch.from_numpy(old), torch.from_numpy(new), max(1, _CELLS // len(old))
    best = [(asked[at : at + size] @ everyone.T).topk(near, dim=1) for at in range(0, len(asked), size)]
    return torch.cat([block.indices for block in best]).numpy(), torch.cat([block.values for block in best]).numpy()


def _weights(cosines: Floats) -> Floats:
    """(m, k) from (m, k) falling cosines: 1 for the nearest, less by e for each mean gap beyond it."""
    gaps = cosines[:, :1] - cosines
    return np.asarray(np.exp(-gaps / np.maximum(gaps.mean(axis=1, keepdims=True), _LEAST)), dtype=np.float32)


def _middles(around: Floats, strengths: Floats) -> Floats:
    """(m, 2) weighted geometric medians of (m, k, 2) points.

    Source: Weiszfeld, 1937; Vardi & Zhang, PNAS 2000.
    """
    points, weights = around.astype(np.float64), strengths.astype(np.float64)
    middle = np.average(points, axis=1, weights=np.broadcast_to(weights[:, :, None], points.shape))
    least = np.maximum(_LEAST * points.std(axis=1).max(axis=1, keepdims=True), _TINY)
    for _ in range(_ROUNDS):
        away = np.linalg.norm(points - middle[:, None], axis=2)
        pull = weights / np.maximum(away, least)
        middle = (points * pull[:, :, None]).sum(axis=1) / pull.sum(axis=1, keepdims=True)
    return np.asarray(middle, dtype=np.float32)
