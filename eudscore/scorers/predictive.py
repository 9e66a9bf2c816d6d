"""Predictive entropy: what a classifier that never saw a text thinks of it, and of its label."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from eudscore.entropy.predictive import label_gap, margin, predictive_entropy
from eudscore.errors import InputError
from eudscore.models.probe import FOLDS, cross_fitted, group_folds
from eudscore.records import Card, Corpus, Flag, Floats, Ints, ScoredBatch


@dataclass(frozen=True, eq=False)
class PredictiveScorer:
    """Entropy, margin and label gap of a cross-fitted linear probe on frozen vectors.

    Attributes:
        vectors: (n, d) unit vectors, nan for an empty text.
        groups: (n,) near-duplicate group of each row; a group is never split over folds.
        grouping: what makes a group, in words.
        source: the card of the vectors.
        labels_id: the labels the numbers depend on.
        seed: assignment of the folds.
    """

    vectors: Floats
    groups: Ints
    grouping: str
    source: Card
    labels_id: str
    seed: int = 0

    @property
    def cards(self) -> Mapping[str, Card]:
        """The cards of the three columns."""
        shared: dict[str, Any] = {
            "model": self.source.model,
            "revision": self.source.revision,
            "dtype": self.source.dtype,
            "max_tokens": self.source.max_tokens,
            "seed": self.seed,
            "parameters": {
                "probe": "logistic regression on frozen vectors, C = 10",
                "folds": FOLDS,
                "groups": self.grouping,
                "calibration": "one temperature per fold, fitted on the next fold",
                "labels": self.labels_id,
            },
        }
        cards = (
            Card("predictive_entropy", "entropy of the cross-fitted class probabilities", **shared),
            Card("predictive_margin", "1 - (p1 - p2)", unit="probability", **shared),
            Card(
                "predictive_label_gap",
                "1 - p(given label): high = the label is suspect",
                unit="probability",
                **{**shared, "direction": "higher = label less likely"},
            ),
        )
        return {card.column: card for card in cards}

    def score(self, corpus: Corpus, rows: Ints) -> Iterator[ScoredBatch]:
        """Yield one batch per fold, and one for the texts without a vector.

        Raises:
            InputError: fewer than two classes have labelled texts in at least two folds' worth of rows.
        """
        present = np.flatnonzero(np.isfinite(self.vectors[:, 0]))
        labels, groups = corpus.labels[present], self.groups[present]
        # Near-duplicates share a fold, so it is groups, not rows, that have to go round.
        pairs = np.unique(np.stack([labels, groups])[:, labels >= 0], axis=1)
        known, sizes = np.unique(pairs[0], return_counts=True)
        if len(known) < 2 or np.sort(sizes)[-2] < FOLDS:
            raise InputError(
                f"Predictive entropy needs at least two classes with {FOLDS} labelled texts each that are no "
                f"near-duplicates of one another, and {corpus.name} has {_count(known, sizes)}: choose a label "
                "column, or leave 'predictive' out."
            )
        vectors = np.asarray(self.vectors[present])
        folds = group_folds(labels, groups, seed=self.seed)
        for fold in cross_fitted(vectors, labels, folds, classes=len(corpus.classes)):
            gap = label_gap(fold.probs, labels[fold.rows])
            values: dict[str, Floats] = {
                "predictive_entropy": predictive_entropy(fold.probs).astype(np.float32),
                "predictive_margin": margin(fold.probs).astype(np.float32),
                "predictive_label_gap": gap.astype(np.float32),
            }
            chosen = present[fold.rows].astype(np.int64)
            yield ScoredBatch(chosen, values, np.zeros(len(chosen), dtype=np.uint8))
        empty = np.setdiff1d(rows, present)
        nothing = np.full(len(empty), np.nan, dtype=np.float32)
        flags = np.full(len(empty), Flag.EMPTY, dtype=np.uint8)
        yield ScoredBatch(empty, dict.fromkeys(self.cards, nothing), flags)


def _count(known: Ints, sizes: Ints) -> str:
    if len(known) == 0:
        return "no labels"
    if len(known) == 1:
        return "one class"
    return f"{int((sizes >= FOLDS).sum())} of that size"
