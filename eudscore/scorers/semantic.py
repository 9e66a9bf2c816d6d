"""Semantic entropy without generations: how undecided a text is between clusters of sentence vectors.

One clustering is one of many that would do, and two of them rank texts rather differently (Spearman about 0.8): each
column is a mean over several numbers of clusters and starts.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eudscore.entropy.clusters import (
    cluster_count,
    cluster_isolation,
    cluster_sums,
    coassociation_entropy,
    matched_temperature,
    neighbour_cluster_entropy,
    soft_assignment_entropy,
)
from eudscore.entropy.mixture import CONCENTRATION, STEPS, spherical_mixture
from eudscore.geometry.neighbours import NEIGHBOURS, NeighbourGraph
from eudscore.models.one_thread import one_thread_each
from eudscore.records import Bools, Card, Corpus, Flag, Floats, Ints, JsonDict, ScoredBatch

RUNS = 3  # starts for each number of clusters
SCALES = (1.0, 0.5, 2.0)  # of the number of clusters
FIT_AT_MOST = 20_000  # centroids and temperatures are fitted on a seeded sample of this size
ISOLATED = 0.99  # quantile of isolation above which the card says that texts stand alone

_CELLS = 1 << 20  # cosines of one block of texts: 8 MiB

Doubles = NDArray[np.float64]

# Column, definition, unit and direction.
_COLUMNS = (
    (
        "semantic_entropy",
        "sem_soft: entropy of softmax(cosine to the centroids / t), t such that the mean equals that of "
        "semantic_neighbourhood; mean over all clusterings",
        "nats",
        "higher = less certain",
    ),
    (
        "semantic_neighbourhood",
        "sem_knn: entropy of the clusters of the nearest neighbours; mean over all clusterings",
        "nats",
        "higher = less certain",
    ),
    (
        "semantic_isolation",
        "1 - cosine to the nearest centroid, of the text's own cluster to the mean of its other texts; mean over all "
        "clusterings; an outlier far from everything is among the highest 1 %",
        "cosine distance",
        "higher = farther from every cluster",
    ),
    (
        "semantic_stability",
        "mean over the nearest neighbours of the binary entropy of how often the clusterings group them with the text "
        "(own design): 0 = always alike, log 2 = undecided",
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
        seed: of the starts of the clusterings.
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
            "version": 4,
            "parameters": {
                "clusters": list(self._clusters),
                "runs": RUNS,
                "mixture": f"von Mises-Fisher, concentration {CONCENTRATION:.4g}, {STEPS} steps of EM, on at most "
                f"{FIT_AT_MOST:,} texts",
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
        if self._clusters[0] < 2 or not present.any():
            nothing = {column: np.full(len(present), np.nan) for column, *_ in _COLUMNS}
            return nothing, {"clusters_found": [], "temperatures": []}
        neighbours = np.where(present[:, None], self.graph.indices, -1)
        sample = self._sample(present)
        fitted = np.asarray(self.vectors[sample])
        pieces = [(min(count, len(sample)), self.seed + run) for count in self._clusters for run in range(RUNS)]
        views = one_thread_each(
            lambda piece: view(self.vectors, spherical_mixture(fitted, *piece), neighbours, sample),
            pieces,
        )
        isolation = _mean([one.isolation for one in views])
        outcome: JsonDict = {
            "clusters_found": [one.found for one in views],
            "temperatures": [one.temperature for one in views if one.temperature is not None],
        }
        if np.isfinite(isolation).any():
            outcome["isolated_above"] = float(np.nanquantile(isolation, ISOLATED))
        values = {
            "semantic_entropy": _mean([one.soft for one in views]),
            "semantic_neighbourhood": _mean([one.near for one in views]),
            "semantic_isolation": isolation,
            "semantic_stability": coassociation_entropy(np.stack([one.clusters for one in views]), neighbours),
        }
        return values, outcome

    @property
    def _clusters(self) -> tuple[int, ...]:
        """K for each of `SCALES`."""
        count = cluster_count(len(self.vectors), self.classes)
        return tuple(max(1, round(scale * count)) for scale in SCALES)

    def _sample(self, present: Bools) -> Ints:
        """The rows that centroids and temperatures are fitted on."""
        rows = np.flatnonzero(present)
        if len(rows) <= FIT_AT_MOST:
            return rows
        return np.sort(np.random.default_rng(self.seed).choice(rows, FIT_AT_MOST, replace=False))


@dataclass(frozen=True, eq=False)
class ClusteringView:
    """The texts as one clustering sees them.

    Attributes:
        clusters: (n,) nearest centroid, -1 for an empty text.
        near: (n,) `sem_knn`.
        soft: (n,) `sem_soft`.
        isolation: (n,) cosine distance from every cluster.
        found: number of different centroids.
        temperature: of `soft`; none where no text has a neighbour.
    """

    clusters: Ints
    near: Doubles
    soft: Doubles
    isolation: Doubles
    found: int
    temperature: float | None


def view(vectors: Floats, centroids: Doubles, neighbours: Ints, sample: Ints) -> ClusteringView:
    """All measures of one clustering.

    Args:
        vectors: (n, d) of unit length, nan for an empty text.
        centroids: (K, d) of unit length.
        neighbours: (n, k) rows of the nearest texts; -1 marks a missing one.
        sample: rows whose mean entropies are made equal by the temperature.
    """
    clusters = np.full(len(vectors), -1, dtype=np.int64)
    for rows, cosines in _cosines(vectors, centroids):
        clusters[rows] = cosines.argmax(axis=1)
    near = neighbour_cluster_entropy(clusters, neighbours)
    temperature = None
    matched = sample[np.isfinite(near[sample])]  # a text that is alone has no neighbours to match
    if len(matched):
        cosines = np.concatenate([part for _, part in _cosines(vectors[matched], centroids)])
        temperature = matched_temperature(cosines, float(near[matched].mean()))
    soft = np.full(len(vectors), np.nan)
    isolation = np.full(len(vectors), np.nan)
    sums = cluster_sums(vectors, clusters, len(centroids))
    for rows, cosines in _cosines(vectors, centroids):
        isolation[rows] = cluster_isolation(vectors[rows], clusters[rows], cosines, sums)
        if temperature is not None:
            soft[rows] = soft_assignment_entropy(cosines, temperature)
    return ClusteringView(clusters, near, soft, isolation, len(centroids), temperature)


def _cosines(vectors: Floats, centroids: Doubles) -> Iterator[tuple[Ints, Doubles]]:
    """Rows that are not empty, block by block, and their (b, K) cosines.

    They are summed in float64, so that where a text stands among the others does not show in them.
    """
    block = max(1, _CELLS // len(centroids))
    for start in range(0, len(vectors), block):
        rows = start + np.flatnonzero(np.isfinite(vectors[start : start + block, 0]))
        yield rows, np.asarray(vectors[rows], dtype=np.float64) @ centroids.T


def _mean(columns: list[Doubles]) -> Doubles:
    """(n,) mean over the clusterings that have a value."""
    stacked = np.stack(columns)
    known = np.isfinite(stacked).sum(axis=0)
    return np.asarray(np.nansum(stacked, axis=0) / np.where(known > 0, known, np.nan))
