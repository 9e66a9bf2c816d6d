"""Semantic entropy without generations: how undecided a text is between clusters of sentence vectors."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from eudscore.entropy.clusters import (
    cluster_count,
    matched_temperature,
    neighbour_cluster_entropy,
    soft_assignment_entropy,
)
from eudscore.records import Card, Corpus, Flag, Floats, Ints, ScoredBatch

NEIGHBOURS = 20
FIT_AT_MOST = 50_000  # k-means learns its centroids on a seeded sample of this size


@dataclass(frozen=True, eq=False)
class SemanticScorer:
    """`sem_soft` with matched temperature and `sem_knn`, from vectors that are already there.

    Attributes:
        vectors: (n, d) unit vectors, nan for an empty text.
        neighbours: (n, k) rows of the nearest texts.
        source: the card of the vectors.
        classes: number of classes where known; there are at least twice as many clusters.
        seed: start of k-means.
    """

    vectors: Floats
    neighbours: Ints
    source: Card
    classes: int = 0
    seed: int = 0

    @property
    def cards(self) -> Mapping[str, Card]:
        """The cards of both columns."""
        shared: dict[str, Any] = {
            "model": self.source.model,
            "revision": self.source.revision,
            "dtype": self.source.dtype,
            "max_tokens": self.source.max_tokens,
            "seed": self.seed,
        }
        clusters = {"clusters": cluster_count(len(self.vectors), self.classes), "neighbours": NEIGHBOURS}
        soft = Card(
            "semantic_entropy",
            "sem_soft: entropy of softmax(cosine to the k-means centroids / t), t such that the mean equals "
            "that of semantic_neighbourhood",
            parameters=clusters,
            **shared,
        )
        near = Card(
            "semantic_neighbourhood",
            "sem_knn: entropy of the k-means cluster among the nearest neighbours",
            parameters=clusters,
            **shared,
        )
        return {card.column: card for card in (soft, near)}

    def score(self, corpus: Corpus, rows: Ints) -> Iterator[ScoredBatch]:  # noqa: ARG002 - the protocol's
        """Score all rows at once: the clusters are those of the whole corpus."""
        present = np.isfinite(self.vectors[:, 0])
        clusters, cosines = self._cluster(present)
        near = neighbour_cluster_entropy(clusters, np.where(present[:, None], self.neighbours, -1))
        soft = np.full(len(clusters), np.nan)
        temperature: float | None = None
        if np.isfinite(near).any():  # a text that is alone has no neighbours to match
            temperature = matched_temperature(cosines, float(np.nanmean(near)))
            soft[present] = soft_assignment_entropy(cosines[present], temperature)
        flags = np.where(present, 0, Flag.EMPTY).astype(np.uint8)
        values: dict[str, Floats] = {
            "semantic_entropy": soft[rows].astype(np.float32),
            "semantic_neighbourhood": near[rows].astype(np.float32),
        }
        yield ScoredBatch(rows, values, flags[rows], {"temperature": temperature})

    def _cluster(self, present: np.ndarray[Any, np.dtype[np.bool_]]) -> tuple[Ints, Floats]:
        """Cluster ids (n,), -1 for an empty text, and cosines to the centroids (n, K)."""
        from sklearn.cluster import KMeans

        count = cluster_count(len(self.vectors), self.classes)
        rows = np.flatnonzero(present)
        sample = rows
        if len(rows) > FIT_AT_MOST:
            chosen = np.random.default_rng(self.seed).choice(len(rows), FIT_AT_MOST, replace=False)
            sample = rows[np.sort(chosen)]
        clusters = np.full(len(self.vectors), -1, dtype=np.int64)
        if len(sample) == 0:
            return clusters, np.full((len(clusters), 1), np.nan, dtype=np.float32)
        model = KMeans(n_clusters=min(count, len(sample)), n_init=3, random_state=self.seed)
        model.fit(np.asarray(self.vectors[sample]))
        centroids = model.cluster_centers_ / np.linalg.norm(model.cluster_centers_, axis=1, keepdims=True)
        cosines = np.asarray(self.vectors) @ centroids.T.astype(np.float32)
        clusters[rows] = cosines[rows].argmax(axis=1)
        return clusters, cosines
