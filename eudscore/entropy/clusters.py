"""Semantic entropy without generations: how undecided a text is between the clusters of meaning.

Vectors are (n, d) of unit length, centroids (K, d) of unit length; cosine is their product. `sem_soft`,
`sem_knn`, their isolation and their stability are this project's own label-free estimators (no published
counterpart). All of them work through the texts in blocks, so that memory beyond their results does not grow.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from eudscore.records import Floats, Ints

Doubles = NDArray[np.float64]

_CELLS = 1 << 20  # numbers worked on at once: 8 MiB, about what a cache holds


def cluster_count(texts: int, classes: int = 0) -> int:
    """K = round(sqrt(n / 2)) within [10, 100], at least twice the classes, never more than half the texts."""
    wanted = max(int(np.clip(round((texts / 2) ** 0.5), 10, 100)), 2 * classes)
    return max(1, min(wanted, texts // 2))


def neighbour_cluster_entropy(clusters: Ints, neighbours: Ints) -> Doubles:
    """`sem_knn`: entropy of the cluster ids among the nearest neighbours of each text.

    Args:
        clusters: (n,) cluster id of each text; -1 = in none.
        neighbours: (n, k) rows of the nearest texts; -1 marks a missing one.

    Returns:
        (n,) float64 nats in [0, log min(k, K)]; nan where a text has no neighbour.
    """
    entropy = np.empty(len(neighbours))
    for rows in _blocks(*neighbours.shape, neighbours.shape[1]):
        entropy[rows] = _entropy_of_ids(np.where(neighbours[rows] >= 0, clusters[neighbours[rows]], -1))
    return entropy


def _entropy_of_ids(ids: Ints) -> Doubles:
    """(b, k) cluster ids, -1 = missing, to (b,) nats."""
    present = ids >= 0
    size = present.sum(axis=1)
    same = (ids[:, :, None] == ids[:, None, :]) & present[:, None, :]
    # Summed over neighbours, -log(share of my cluster) / k is the entropy: no table of clusters is needed.
    share = same.sum(axis=2) / np.maximum(size, 1)[:, None]
    terms = np.where(present, -np.log(np.where(present, share, 1.0)), 0.0)
    return np.asarray(terms.sum(axis=1) / np.where(size > 0, size, np.nan))


def coassociation_entropy(clusterings: Ints, neighbours: Ints) -> Doubles:
    """How undecided several clusterings are about which neighbours belong with a text.

    For text i and its neighbour j, a_ij is the share of the R clusterings that put both into one cluster;
    the result is the mean over the neighbours of the binary entropy -a log a - (1 - a) log(1 - a).

    Args:
        clusterings: (R, n) cluster id of each text in each clustering; -1 = in none.
        neighbours: (n, k) rows of the nearest texts; -1 marks a missing one.

    Returns:
        (n,) float64 nats in [0, log 2]: 0 where each neighbour is always, or never, grouped with the text;
        nan where a text or all of its neighbours are in no cluster.

    Source: own design; co-association is that of Fred & Jain, Combining Multiple Clusterings Using Evidence
    Accumulation (2005).
    """
    runs = len(clusterings)
    share = np.arange(runs + 1) / runs
    certain = (share == 0) | (share == 1)
    inner = np.where(certain, 0.5, share)
    undecided = np.where(certain, 0.0, -inner * np.log(inner) - (1 - inner) * np.log1p(-inner))
    entropy = np.empty(len(neighbours))
    for rows in _blocks(*neighbours.shape):
        near = neighbours[rows]
        present = (near >= 0) & (clusterings[0, near] >= 0) & (clusterings[0, rows, None] >= 0)
        together = sum((ids[near] == ids[rows, None]).astype(np.int64) for ids in clusterings)
        size = present.sum(axis=1)
        terms = np.where(present, undecided[together], 0.0).sum(axis=1)
        entropy[rows] = terms / np.where(size > 0, size, np.nan)
    return entropy


def cluster_isolation(vectors: Floats, clusters: Ints, cosines: NDArray[np.floating], sums: Doubles) -> Doubles:
    """How far a text is from every cluster: 1 - the largest cosine to a centroid.

    Its own cluster counts by the mean of its other texts: an outlier pulls the centroid of a small cluster to
    itself, and would seem at home there.

    Args:
        vectors: (b, d) of unit length.
        clusters: (b,) cluster id of each text.
        cosines: (b, K) cosine of each text with each centroid.
        sums: (K, d) of `cluster_sums` over the whole corpus, these texts among them.

    Returns:
        (b,) float64 cosine distance in [0, 2]; nan for a text that is alone in the only cluster.

    Source: own design, after the outlier flag of method section 2.3.
    """
    own = np.asarray(vectors, dtype=np.float64)
    rest = sums[clusters] - own
    length = np.linalg.norm(rest, axis=1)
    near = np.array(cosines, dtype=np.float64)
    near[np.arange(len(own)), clusters] = (own * rest).sum(axis=1) / np.where(length > 1e-6, length, np.nan)
    nearest = near.max(axis=1, where=~np.isnan(near), initial=-2.0)
    return np.where(nearest < -1.5, np.nan, np.clip(1.0 - nearest, 0.0, 2.0))


def cluster_sums(vectors: Floats, clusters: Ints, count: int) -> Doubles:
    """(K, d) sum of the vectors of each cluster; (n, d) vectors with the (n,) id of their cluster, -1 = in none."""
    from scipy.sparse import csr_array

    members = np.flatnonzero(clusters >= 0)
    sums = np.zeros((count, vectors.shape[1]))
    for block in _blocks(len(members), vectors.shape[1]):
        rows = members[block]
        belongs = csr_array((np.ones(len(rows)), (clusters[rows], np.arange(len(rows)))), shape=(count, len(rows)))
        sums += belongs @ vectors[rows].astype(np.float64)
    return sums


def soft_assignment_entropy(cosines: NDArray[np.floating], temperature: float) -> Doubles:
    """`sem_soft`: entropy of softmax(cos(text, centroid) / temperature).

    Args:
        cosines: (n, K) cosine of each text with each centroid.
        temperature: > 0; low = hard assignment (0 nats), high = uniform (log K).

    Returns:
        (n,) float64 nats in [0, log K]; nan where the cosines are.
    """
    entropy = np.empty(len(cosines))
    for rows in _blocks(*cosines.shape):
        shifted = np.asarray(cosines[rows], dtype=np.float64) / temperature
        shifted -= shifted.max(axis=1, keepdims=True)
        weights = np.exp(shifted)
        total = weights.sum(axis=1)
        entropy[rows] = np.log(total) - (weights * shifted).sum(axis=1) / total
    return entropy


def matched_temperature(cosines: NDArray[np.floating], target: float) -> float:
    """The temperature at which the mean of `sem_soft` equals a target (the mean is monotone in it).

    Args:
        cosines: (n, K), rows of nan are left out.
        target: mean entropy wanted, in nats; at or beyond what [1e-4, 1e2] reaches the end is returned.

    Returns:
        Temperature; the two means agree to 1e-6 nats where the target can be reached.
    """
    from scipy.optimize import brentq

    rows = np.asarray(cosines)[np.isfinite(cosines).all(axis=1)]

    def excess(log_temperature: float) -> float:
        return float(soft_assignment_entropy(rows, float(np.exp(log_temperature))).mean()) - target

    low, high = float(np.log(1e-4)), float(np.log(1e2))
    if excess(low) >= 0:
        return float(np.exp(low))
    if excess(high) <= 0:
        return float(np.exp(high))
    return float(np.exp(brentq(excess, low, high, xtol=1e-12)))


def _blocks(texts: int, *cells: int) -> Iterator[slice]:
    """Slices of the texts whose arrays of `cells` numbers a text fit the cache."""
    size = max(1, _CELLS // max(1, int(np.prod(cells))))
    for start in range(0, texts, size):
        yield slice(start, min(start + size, texts))
