"""Semantic entropy without generations: how undecided a text is between the clusters of meaning.

Vectors are (n, d) of unit length, centroids (k, d) of unit length; cosine is their product. `sem_soft` and
`sem_knn` are this project's own label-free estimators (no published counterpart).
"""

import numpy as np
from numpy.typing import NDArray

from eudscore.records import Ints

Doubles = NDArray[np.float64]


def cluster_count(texts: int, classes: int = 0) -> int:
    """K = round(sqrt(n / 2)) within [10, 100], at least twice the classes, never more than half the texts."""
    wanted = max(int(np.clip(round((texts / 2) ** 0.5), 10, 100)), 2 * classes)
    return max(1, min(wanted, texts // 2))


def neighbour_cluster_entropy(clusters: Ints, neighbours: Ints) -> Doubles:
    """`sem_knn`: entropy of the cluster ids among the nearest neighbours of each text.

    Args:
        clusters: (n,) cluster id of each text.
        neighbours: (n, k) rows of the nearest texts; -1 marks a missing one.

    Returns:
        (n,) float64 nats in [0, log min(k, K)]; nan where a text has no neighbour.
    """
    ids = np.where(neighbours >= 0, clusters[neighbours], -1)
    present = ids >= 0
    size = present.sum(axis=1)
    same = (ids[:, :, None] == ids[:, None, :]) & present[:, None, :]
    # Summed over neighbours, -log(share of my cluster) / k is the entropy: no table of clusters is needed.
    share = same.sum(axis=2) / np.maximum(size, 1)[:, None]
    terms = np.where(present, -np.log(np.where(present, share, 1.0)), 0.0)
    return np.asarray(terms.sum(axis=1) / np.where(size > 0, size, np.nan))


def soft_assignment_entropy(cosines: NDArray[np.floating], temperature: float) -> Doubles:
    """`sem_soft`: entropy of softmax(cos(text, centroid) / temperature).

    Args:
        cosines: (n, K) cosine of each text with each centroid.
        temperature: > 0; low = hard assignment (0 nats), high = uniform (log K).

    Returns:
        (n,) float64 nats in [0, log K]; nan where the cosines are.
    """
    shifted = np.asarray(cosines, dtype=np.float64) / temperature
    shifted -= shifted.max(axis=1, keepdims=True)
    weights = np.exp(shifted)
    total = weights.sum(axis=1)
    return np.asarray(np.log(total) - (weights * shifted).sum(axis=1) / total)


def matched_temperature(cosines: NDArray[np.floating], target: float, *, steps: int = 60) -> float:
    """The temperature at which the mean of `sem_soft` equals a target, by bisection (the mean is monotone).

    Args:
        cosines: (n, K), rows of nan are left out.
        target: mean entropy wanted, in nats; at or beyond the reachable ends the end is returned.
        steps: halvings of the logarithmic interval [1e-4, 1e2].

    Returns:
        Temperature; the two means agree to 1e-6 nats where the target can be reached.
    """
    rows = np.asarray(cosines)[np.isfinite(cosines).all(axis=1)]
    low, high = np.log(1e-4), np.log(1e2)
    for _ in range(steps):
        middle = (low + high) / 2
        if soft_assignment_entropy(rows, float(np.exp(middle))).mean() < target:
            low = middle
        else:
            high = middle
        if high - low < 1e-12:
            break
    return float(np.exp((low + high) / 2))
