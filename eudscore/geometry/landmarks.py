"""Very many texts: UMAP of some of them, the others about their neighbours, then all of them together for a while."""

from typing import Any

import numpy as np

from eudscore.geometry.descent import memberships, settle
from eudscore.geometry.neighbours import neighbour_graph
from eudscore.geometry.placement import nearest
from eudscore.records import Bools, Floats

LANDMARKS = 10_000
_STEP = 0.5  # of the first epoch of all together: half of UMAP's, since most is in its place by then
_JITTER = 0.01  # of the standard deviation of the positions: nobody starts where another stands
_ROUNDS = 30  # in which a text is placed beside its neighbours


def settle_by_landmarks(
    vectors: Floats, strengths: Any, start: Floats, *, near: int, epochs: tuple[int, int], seed: int, min_dist: float
) -> Floats:
    """Positions of n texts, of which `LANDMARKS` are placed by UMAP and the others beside their neighbours.

    Args:
        vectors: (n, d) of unit length.
        strengths: (n, n) `csr_array` of the neighbours of all.
        start: (n, 2) where landmarks begin.
        near: neighbours of a landmark among the landmarks.
        epochs: of the landmarks, and then of all.
        seed: of the landmarks and of the descent.
        min_dist: how close texts may come.

    Returns:
        (n, 2) float32.
    """
    draw = np.random.default_rng(seed)
    chosen = np.sort(draw.choice(len(vectors), min(LANDMARKS, len(vectors)), replace=False)).astype(np.int64)
    among = neighbour_graph(vectors[chosen], k=near)
    theirs = memberships(among.indices, np.maximum(1 - among.similarities, 0))
    xy = np.full((len(vectors), 2), np.nan, dtype=np.float32)
    xy[chosen] = settle(start[chosen], theirs, epochs=epochs[0], seed=seed, min_dist=min_dist)
    spread = beside_neighbours(xy, strengths)
    lost = np.isnan(spread).any(axis=1)
    if lost.any():
        spread[lost] = xy[chosen[nearest(vectors[lost], vectors[chosen], 1)[0][:, 0]]]
    moved = np.ones(len(vectors), dtype=np.bool_)
    moved[chosen] = False
    width = _JITTER * float(xy[chosen].std())
    spread[moved] += width * draw.standard_normal((int(moved.sum()), 2), dtype=np.float32)
    return settle(spread, strengths, epochs=epochs[1], seed=seed, min_dist=min_dist, step=_STEP)


def beside_neighbours(xy: Floats, strengths: Any) -> Floats:
    """Positions in which those that were nan are the mean of their neighbours', by strength.

    Who has no placed neighbour waits until one is placed; who has none after 30 rounds stays nan.

    Args:
        xy: (n, 2), nan = not placed yet.
        strengths: (n, n) `csr_array`.
    """
    placed: Bools = np.asarray(~np.isnan(xy).any(axis=1))
    found = np.where(placed[:, None], xy, 0).astype(np.float32)
    for _ in range(_ROUNDS):
        waiting = np.flatnonzero(~placed)
        theirs = strengths[waiting]
        weight = theirs @ placed.astype(np.float32)
        now = weight > 0
        if not now.any():
            break
        found[waiting[now]] = (theirs @ found)[now] / weight[now, None]
        placed[waiting[now]] = True
    found[~placed] = np.nan
    return found
