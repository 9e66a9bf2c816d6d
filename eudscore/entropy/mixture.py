"""Centroids of meaning: a mixture of von Mises-Fisher distributions on the unit sphere, fitted by a few steps of EM.

Hard k-means jumps to another optimum when its vectors change in the third decimal, as they do from one precision to
another. Soft assignments and a start that ignores such changes make the centroids move no more than the vectors.
"""

import numpy as np
from numpy.typing import NDArray

from eudscore.records import Floats, Ints

CONCENTRATION = 100 / 3  # kappa of every component; fixed, since fitted ones saturate in some hundred dimensions
STEPS = 10

Doubles = NDArray[np.float64]


def spherical_mixture(vectors: Floats, components: int, seed: int) -> Doubles:
    """Mean directions of a mixture with equal weights and one fixed concentration.

    Args:
        vectors: (n, d) of unit length, n >= 1.
        components: K <= n.
        seed: of the start.

    Returns:
        (K', d) float64 of unit length; K' < K where components came to lie on one another, since nobody is undecided
        between two that are one.

    Source: Banerjee, Dhillon, Ghosh & Sra, Clustering on the Unit Hypersphere using von Mises-Fisher Distributions
    (2005), soft assignments, without its updates of weights and concentrations.
    """
    means: Floats = vectors[_start(vectors, components, seed)]
    for _ in range(STEPS):
        share = vectors @ means.T
        share *= np.float32(CONCENTRATION)
        share -= share.max(axis=1, keepdims=True)
        np.exp(share, out=share)
        share /= share.sum(axis=1, keepdims=True)
        means = unit(np.asarray(share.T @ vectors, dtype=np.float32))
    found = means.astype(np.float64)
    repeated = np.tril(found @ found.T > 1 - 1e-6, -1).any(axis=1)
    return found[~repeated]


def unit(directions: Floats) -> Floats:
    """Scaled to unit length; a vector of zeros stays one."""
    length = np.linalg.norm(directions, axis=1, keepdims=True)
    return np.asarray(directions / np.maximum(length, 1e-12), dtype=np.float32)


def _start(vectors: Floats, components: int, seed: int) -> Ints:
    """(K,) rows: half of them far from those before, as in k-means++, the other half wherever texts are.

    Drawn by adding Gumbel noise to log d^2 and taking the largest, which has the probabilities of k-means++ and, unlike
    an inverted cumulative sum, draws the same row when all distances change a little.

    Source: Arthur & Vassilvitskii, k-means++ (2007); Gumbel, Statistical Theory of Extreme Values (1954).
    """
    draw = np.random.default_rng(seed)
    n = len(vectors)
    chosen = [int(draw.integers(n))]
    distance: Floats = np.full(n, np.inf, dtype=np.float32)
    while len(chosen) < (components + 1) // 2:
        np.minimum(distance, 1 - vectors @ vectors[chosen[-1]], out=distance)
        chosen.append(int(np.argmax(np.log(np.maximum(distance, 1e-12)) + draw.gumbel(size=n))))
    others = draw.permutation(n)
    others = others[~np.isin(others, chosen)]
    return np.array([*chosen, *others[: components - len(chosen)]], dtype=np.int64)
