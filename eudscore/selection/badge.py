"""BADGE: rows whose gradients are large and differ, by k-means++ over them."""

import numpy as np
from numpy.typing import NDArray

from eudscore.records import Floats, Ints
from eudscore.selection.pool import Pool
from eudscore.selection.ranking import Ranking, with_rest
from eudscore.selection.request import SelectionRequest

Doubles = NDArray[np.float64]

_MASK = 0xFFFFFFFFFFFFFFFF
_DRAWS = 32  # at a time: one product with many vectors takes hardly longer than one with a few
_EXACT = 1e-6  # of the squared lengths: a smaller squared distance is rounding


def by_gradients(pool: Pool, request: SelectionRequest, limit: int) -> Ranking:
    """The first `limit` rows by k-means++ over their gradients, the rest in draw order.

    The gradient of the last layer under the likeliest class is (p - e_1) x h: p the probabilities of the five
    likeliest classes (what others have is left out), e_1 the likeliest one, h the sentence vector. Rows without
    probabilities or a vector come last. O(nd limit), and 32 distances a row in memory.
    """
    classes, probabilities = pool.likeliest
    known = pool.eligible & pool.vectors.any(axis=1) & (classes[:, 0] >= 0)
    places = np.flatnonzero(known)
    vectors = np.asarray(pool.vectors if known.all() else pool.vectors[places], dtype=np.float32)
    errors = np.where(classes[places] >= 0, probabilities[places], 0).astype(np.float64)
    errors[:, 0] -= 1  # the likeliest class stands first
    chosen = plus_plus(np.maximum(classes[places], 0), errors, vectors, limit, request.seed)
    return Ranking(with_rest(with_rest(places[chosen], known), pool.eligible))


def plus_plus(classes: Ints, errors: Doubles, vectors: Floats, limit: int, seed: int) -> Ints:
    """Indices by k-means++ over the products a_i x h_i, none of which is ever formed.

    |a x h - b x g|^2 = |a|^2 |h|^2 + |b|^2 |g|^2 - 2 (a.b) (h.g). The first is the longest, as in the authors' code;
    each next one is drawn with a chance in proportion to its squared distance to the nearest taken one. Draws
    are made 32 at a time with the chances of the first of them, and each is kept with the share that its distance still
    is of what it was: by that rejection the chances are exactly those of one draw after the other.

    Args:
        classes: (n, c) distinct in each row where its error is not 0.
        errors: (n, c) float64: a_i at these classes, 0 at all others.
        vectors: (n, d) float32: h_i.
        limit: most that are wanted.
        seed: of the draws; only its lowest 64 bits count.

    Returns:
        (k,) at most `limit`; fewer where all others equal one that is taken.

    Source: Ash, Zhang, Krishnamurthy, Langford, Agarwal, BADGE, arXiv 1906.03671, algorithm 1; Arthur & Vassilvitskii,
    k-means++, SODA 2007.
    """
    wanted = min(limit, len(vectors))
    if wanted < 1:
        return np.zeros(0, dtype=np.int64)
    random = np.random.Generator(np.random.PCG64(int(seed) & _MASK))
    products = _Products(classes, errors, vectors)
    taken = np.array([np.argmax(products.lengths)])
    chosen = [taken]
    nearest = products.distances(taken)[:, 0]
    while sum(map(len, chosen)) < wanted:
        nearest[taken] = 0
        reached = np.cumsum(nearest)
        if reached[-1] <= 0:
            break
        # On the right side of equal sums, so that a row of distance 0 is never drawn.
        drawn = np.searchsorted(reached, random.random(_DRAWS) * reached[-1], side="right")
        between = products.distances(drawn, drawn)
        taken = drawn[_kept(nearest[drawn], between, random.random(_DRAWS))]
        chosen.append(taken)
        np.minimum(nearest, products.distances(taken).min(axis=1), out=nearest)
    return np.concatenate(chosen)[:wanted].astype(np.int64, copy=False)


class _Products:
    """The outer products of sparse errors and dense vectors, by their squared distances."""

    def __init__(self, classes: Ints, errors: Doubles, vectors: Floats) -> None:
        from scipy.sparse import csr_array

        starts = np.arange(len(classes) + 1) * classes.shape[1]
        shape = len(classes), int(classes.max(initial=0)) + 1
        self._errors = csr_array((errors.ravel(), classes.ravel(), starts), shape=shape)
        self._vectors = vectors
        self.lengths: Doubles = np.square(errors).sum(axis=1) * np.square(vectors, dtype=np.float64).sum(axis=1)

    def distances(self, those: Ints, of: Ints | None = None) -> Doubles:
        """(m, t) squared, of some (None = all) to those; one that is mere rounding is 0."""
        errors, vectors, lengths = self._errors, self._vectors, self.lengths
        if of is not None:
            errors, vectors, lengths = errors[of], vectors[of], lengths[of]
        both = lengths[:, None] + self.lengths[those]
        away = (errors @ self._errors[those].toarray().T) * (vectors @ self._vectors[those].T)
        away *= -2
        away += both
        away[away <= _EXACT * both] = 0
        return np.asarray(away)


def _kept(before: Doubles, between: Doubles, chances: Doubles) -> Ints:
    """Which draws are kept: each with the share of its distance that those kept before it have left of it."""
    now = before.copy()
    kept: list[int] = []
    for draw, chance in enumerate(chances.tolist()):
        if chance * before[draw] < now[draw]:
            kept.append(draw)
            np.minimum(now, between[draw], out=now)
            now[draw] = 0
    return np.array(kept, dtype=np.int64)
