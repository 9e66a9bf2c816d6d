"""Semantic entropy without generations: how undecided a text is between clusters of sentence vectors."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eudscore.entropy.clusters import (
    cluster_count,
    cluster_isolation,
    coassociation_entropy,
    matched_temperature,
    neighbour_cluster_entropy,
    soft_assignment_entropy,
)
from eudscore.geometry.neighbours import NEIGHBOURS, NeighbourGraph
from eudscore.models.one_thread import one_thread_each
from eudscore.records import Bools, Card, Corpus, Flag, Floats, Ints, JsonDict, ScoredBatch

RUNS = 3  # of k-means for each number of clusters
SCALES = (1.0, 0.5, 2.0)  # of the number of clusters; the first is the clustering that the entropies are of
FIT_AT_MOST = 20_000  # k-means learns its centroids on a seeded sample of this size
ISOLATED = 0.99  # quantile of isolation above which the card says that texts stand alone

_CELLS = 1 << 21  # cosines of one block of texts: 16 MiB

Doubles = NDArray[np.float64]

# Column, definition, unit and direction.
_COLUMNS = (
    (
        "semantic_entropy",
        "sem_soft: entropy of softmax(cosine to the k-means centroids / t), t such that the mean equals "
        "that of semantic_neighbourhood",
        "nats",
        "higher = less certain",
    ),
    (
        "semantic_neighbourhood",
        "sem_knn: entropy of the k-means cluster among the nearest neighbours",
        "nats",
        "higher = less certain",
    ),
    (
        "semantic_isolation",
        "1 - cosine to the nearest k-means centroid, of the text's own cluster to the mean of its other texts; an "
        "outlier far from everything is among the highest 1 %",
        "cosine distance",
        "higher = farther from every cluster",
    ),
    (
        "semantic_stability",
        "mean over the nearest neighbours of the binary entropy of how often k-means, run with several numbers of "
        "clusters and starts, groups them with the text (own design): 0 = always alike, log 2 = undecided",
        "nats",
        "higher = less stable",
    ),
)


@dataclass(frozen=True, eq=False)
class SemanticScorer:
    """`sem_soft` with matched temperature, `sem_knn`, isolation and stability, from vectors that are already there.

    Attributes:
        vectors: (n, d) unit vectors, nan for an empty text.
        flags: (n,) of the vectors: which texts are empty, which were cut.
        graph: the nearest texts of each.
        source: the card of the vectors.
        read: how the encoder read the texts, for the cards.
        classes: number of classes where known; there are at least twice as many clusters.
        seed: start of k-means.
    """

    vectors: Floats
    flags: NDArray[np.uint8]
    graph: NeighbourGraph
    source: Card
    read: Mapping[str, Any] = field(default_factory=dict)
    classes: int = 0
    seed: int = 0

    @property
    def cards(self) -> Mapping[str, Card]:
        """The cards of all columns."""
        shared: dict[str, Any] = {
            "model": self.source.model,
            "revision": self.source.revision,
            "dtype": self.source.dtype,
            "max_tokens": self.source.max_tokens,
            "seed": self.seed,
            "version": 3,
            "parameters": {
                "clusters": list(self._clusters),
                "runs": RUNS,
                "k-means": f"of the runs with the first number of clusters the best, on at most {FIT_AT_MOST:,} texts; "
                "the others serve stability alone",
                "neighbours": NEIGHBOURS,
                "search": self.graph.search,
            },
        }
        return {
            column: Card(column, definition, unit, direction, **shared)
            for column, definition, unit, direction in _COLUMNS
        }

    def score(self, corpus: Corpus, rows: Ints) -> Iterator[ScoredBatch]:  # noqa: ARG002 - the protocol's
        """Score all rows at once: the clusters are those of the whole corpus."""
        present = np.isfinite(self.vectors[:, 0])
        values, outcome = self._measures(present)
        asked = {name: column[rows].astype(np.float32) for name, column in values.items()}
        undefined = np.where(present & np.isnan(values["semantic_entropy"]), Flag.SHORT, 0)
        flags = (self.flags | np.where(present, 0, Flag.EMPTY) | undefined).astype(np.uint8)
        yield ScoredBatch(rows, asked, flags[rows], {**self.read, **outcome})

    def _measures(self, present: Bools) -> tuple[dict[str, Doubles], JsonDict]:
        """(n,) of each column, and what only scoring can know; nan where the texts are too few for two clusters."""
        if self._clusters[0] < 2:
            return {column: np.full(len(present), np.nan) for column, *_ in _COLUMNS}, {
                "clusters": 1,
                "temperature": None,
            }
        neighbours = np.where(present[:, None], self.graph.indices, -1)
        clusterings, cosines = assign(self.vectors, self._centroids(present))
        near = neighbour_cluster_entropy(clusterings[0], neighbours)
        soft = np.full(len(present), np.nan)
        outcome: JsonDict = {"clusters": cosines.shape[1], "temperature": None}
        if np.isfinite(near).any():  # a text that is alone has no neighbours to match
            outcome["temperature"] = matched_temperature(cosines, float(np.nanmean(near)))
            soft = soft_assignment_entropy(cosines, outcome["temperature"])
        isolation = cluster_isolation(self.vectors, clusterings[0], cosines)
        if np.isfinite(isolation).any():
            outcome["isolated_above"] = float(np.nanquantile(isolation, ISOLATED))
        values = {
            "semantic_entropy": soft,
            "semantic_neighbourhood": near,
            "semantic_isolation": isolation,
            "semantic_stability": coassociation_entropy(clusterings, neighbours),
        }
        return values, outcome

    @property
    def _clusters(self) -> tuple[int, ...]:
        """K for each of `SCALES`."""
        count = cluster_count(len(self.vectors), self.classes)
        return tuple(max(1, round(scale * count)) for scale in SCALES)

    def _centroids(self, present: Bools) -> list[Doubles]:
        """(K, d) unit centroids of each clustering, first the one the entropies are of; empty without vectors."""
        rows = np.flatnonzero(present)
        if len(rows) > FIT_AT_MOST:
            chosen = np.random.default_rng(self.seed).choice(len(rows), FIT_AT_MOST, replace=False)
            rows = rows[np.sort(chosen)]
        sample = np.asarray(self.vectors[rows])
        if len(sample) == 0:
            return []
        pieces = [(min(count, len(sample)), self.seed + run) for count in self._clusters for run in range(RUNS)]
        fitted = one_thread_each(lambda piece: _k_means(sample, *piece), pieces)
        best = min(range(RUNS), key=lambda run: fitted[run][0])
        ordered = [fitted.pop(best), *fitted]
        return [centroids for _, centroids in ordered]


def _k_means(vectors: Floats, clusters: int, seed: int) -> tuple[float, Doubles]:
    """Inertia, and centroids scaled to unit length: (K, d)."""
    from sklearn.cluster import KMeans

    model = KMeans(n_clusters=clusters, n_init=1, random_state=seed).fit(vectors)
    centroids = model.cluster_centers_.astype(np.float64)
    centroids /= np.linalg.norm(centroids, axis=1, keepdims=True)
    # Fewer different texts than clusters leave centroids on top of one another, and nobody undecided between them.
    repeated = np.tril(centroids @ centroids.T > 1 - 1e-6, -1).any(axis=1)
    return float(model.inertia_), centroids[~repeated]


def assign(vectors: Floats, centroids: list[Doubles]) -> tuple[Ints, Floats]:
    """The nearest centroid of each text in each clustering, and its cosines to those of the first.

    Cosines are summed in float64, so that where a text stands among the others does not show in them.

    Args:
        vectors: (n, d) of unit length, nan for an empty text.
        centroids: (K, d) of unit length for each of R clusterings.

    Returns:
        (R, n) cluster ids, -1 for an empty text, and (n, K) float32 cosines, nan for an empty text. Without
        clusterings the one of which every text is no part.
    """
    n = len(vectors)
    clusterings = np.full((max(1, len(centroids)), n), -1, dtype=np.int64)
    cosines = np.full((n, len(centroids[0]) if centroids else 1), np.nan, dtype=np.float32)
    if not centroids:
        return clusterings, cosines
    stacked = np.concatenate(centroids).T
    ends = np.cumsum([len(table) for table in centroids])[:-1]
    block = max(1, _CELLS // stacked.shape[1])

    def fill(start: int) -> None:
        rows = start + np.flatnonzero(np.isfinite(vectors[start : start + block, 0]))
        parts = np.split(vectors[rows].astype(np.float64) @ stacked, ends, axis=1)
        cosines[rows] = parts[0]
        for ids, part in zip(clusterings, parts, strict=True):
            ids[rows] = part.argmax(axis=1)

    one_thread_each(fill, range(0, n, block))
    return clusterings, cosines
