"""Clusters of meaning that share a budget: k-means over sentence vectors."""

import numpy as np

from eudscore.records import Floats, Ints

FIT_AT_MOST = 50_000  # texts that the centroids are fitted on
_BATCH = 4096


def kmeans_clusters(vectors: Floats, order: Ints, count: int, *, seed: int = 0) -> Ints:
    """(n,) cluster of each text, -1 for one without a vector.

    Args:
        vectors: (n, d), nan = none.
        order: (n,) rows in the order in which they are fitted; the clusters depend on it and not on the order of rows.
        count: clusters wanted; fewer where there are fewer texts.
        seed: of the first centroids.

    Source: Sculley, Web-Scale K-Means Clustering, WWW 2010 (scikit-learn's MiniBatchKMeans).
    """
    from sklearn.cluster import MiniBatchKMeans
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    present = order[np.isfinite(vectors[order, 0])]
    clusters = np.full(len(vectors), -1, dtype=np.int64)
    if len(present) == 0:
        return clusters
    with threadpool_limits(1):  # sums in one order, so that the clusters do not depend on how many cores there are
        model = MiniBatchKMeans(min(count, len(present)), random_state=seed, n_init=3, batch_size=_BATCH)
        clusters[present] = model.fit(vectors[present[:FIT_AT_MOST]]).predict(vectors[present])
    return clusters
