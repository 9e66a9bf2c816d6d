"""Predictive entropy: what classifiers that never saw a text think of it, and of its label."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from eudscore.entropy.predictive import el2n, energy, label_gap, least_confidence, margin, predictive_entropy
from eudscore.entropy.ranks import mid_ranks
from eudscore.errors import InputError
from eudscore.models.probe import (
    FOLDS,
    HEADS,
    STEPS,
    STRENGTH,
    TOLERANCE,
    Bootstrap,
    FoldScores,
    cross_fitted,
    group_folds,
)
from eudscore.records import Card, Corpus, Flag, Floats, Ints
from eudscore.scorers.likeliest import WIDTHS, ClassedBatch, likeliest, no_classes

_UNCERTAIN = "higher = less certain"
_LESS_LIKELY = "higher = label less likely"

# Column, definition, unit and direction.
_COLUMNS = (
    ("predictive_entropy", "entropy of the cross-fitted class probabilities", "nats", _UNCERTAIN),
    ("predictive_margin", "1 - (p1 - p2)", "probability", _UNCERTAIN),
    ("predictive_least_confidence", "1 - p1", "probability", _UNCERTAIN),
    (
        "predictive_bald",
        f"BALD: mutual information of class and classifier over {HEADS} heads fitted to bootstrap samples",
        "nats",
        "higher = classifiers disagree more",
    ),
    (
        "predictive_energy",
        "-T logsumexp(z / T) as its mid-rank within the fold: energies of two classifiers have no common zero",
        "rank in (0, 1)",
        "higher = no class fits",
    ),
    ("predictive_label_gap", "1 - p(given label): high = the label is suspect", "probability", _LESS_LIKELY),
    ("predictive_el2n", "EL2N: length of p - onehot(given label), up to sqrt 2", "distance", _LESS_LIKELY),
)


@dataclass(frozen=True, eq=False)
class PredictiveScorer:
    """Uncertainty of a cross-fitted linear probe on frozen vectors, and what it makes of the given label.

    Attributes:
        vectors: (n, d) unit vectors, nan for an empty text.
        flags: (n,) of the vectors: which texts are empty, which were cut.
        groups: (n,) near-duplicate group of each row; a group is never split over folds.
        grouping: what makes a group, in words.
        source: the card of the vectors.
        labels_id: the labels the numbers depend on.
        read: how the encoder read the texts, for the cards.
        seed: assignment of the folds and weights of the bootstrap.
    """

    beside: ClassVar[Mapping[str, int]] = WIDTHS
    vectors: Floats
    flags: NDArray[np.uint8]
    groups: Ints
    grouping: str
    source: Card
    labels_id: str
    read: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0

    @property
    def cards(self) -> Mapping[str, Card]:
        """The cards of all columns."""
        return {
            column: Card(column, definition, unit, direction, **self._shared)
            for column, definition, unit, direction in _COLUMNS
        }

    @property
    def _shared(self) -> dict[str, Any]:
        return {
            "model": self.source.model,
            "revision": self.source.revision,
            "dtype": self.source.dtype,
            "max_tokens": self.source.max_tokens,
            "seed": self.seed,
            "version": 3,  # the likeliest classes are kept; the numbers are those of version 2
            "parameters": {
                "probe": f"logistic regression on frozen vectors, C = {STRENGTH:g}, L-BFGS to a gradient below "
                f"{TOLERANCE:g} or {STEPS} steps",
                "folds": FOLDS,
                "groups": self.grouping,
                "calibration": "one temperature per fold, fitted on the next fold",
                "heads": HEADS,
                "bootstrap": "exponential weights, one for each group of near-duplicates",
                "labels": self.labels_id,
            },
        }

    def score(self, corpus: Corpus, rows: Ints) -> Iterator[ClassedBatch]:
        """Yield one batch per fold, and one for the texts without a vector.

        Every fold is fitted whichever rows are asked for, so that the numbers do not depend on them and the
        card knows every temperature.

        Raises:
            InputError: fewer than two classes have labelled texts in at least two folds' worth of rows.
        """
        present = np.flatnonzero(np.isfinite(self.vectors[:, 0]))
        labels, groups = corpus.labels[present], self.groups[present]
        check_labels(labels, groups, corpus.name)
        temperatures: list[float] = []
        for fold in cross_fitted(
            np.asarray(self.vectors[present]),
            labels,
            group_folds(labels, groups, seed=self.seed),
            classes=len(corpus.classes),
            bootstrap=Bootstrap(groups, seed=self.seed),
        ):
            temperatures.append(fold.temperature)
            chosen = present[fold.rows].astype(np.int64)
            wanted = np.isin(chosen, rows)
            values = {
                name: column[wanted].astype(np.float32) for name, column in _measures(fold, labels[fold.rows]).items()
            }
            outcome = {**self.read, "temperatures": list(temperatures)}
            yield ClassedBatch(
                chosen[wanted], values, self.flags[chosen[wanted]], outcome, likeliest(fold.probs[wanted])
            )
        empty = np.setdiff1d(rows, present)
        nothing = np.full(len(empty), np.nan, dtype=np.float32)
        flags = (self.flags[empty] | Flag.EMPTY).astype(np.uint8)
        yield ClassedBatch(empty, dict.fromkeys(self.cards, nothing), flags, self.read, no_classes(len(empty)))


def _measures(fold: FoldScores, labels: Ints) -> dict[str, NDArray[np.float64]]:
    # Equal texts have equal energies but for rounding, and have to share a rank.
    energies = energy(fold.logits, fold.temperature).round(6)
    return {
        "predictive_entropy": predictive_entropy(fold.probs),
        "predictive_margin": margin(fold.probs),
        "predictive_least_confidence": least_confidence(fold.probs),
        "predictive_bald": fold.disagreement,
        "predictive_energy": mid_ranks(energies),
        "predictive_label_gap": label_gap(fold.probs, labels),
        "predictive_el2n": el2n(fold.probs, labels),
    }


def check_labels(labels: Ints, groups: Ints, name: str) -> None:
    """Refuse labels on which no classifier can be cross-fitted.

    Args:
        labels: (n,) `UNLABELLED` where there is none.
        groups: (n,) near-duplicates have one number.
        name: of the data set.

    Raises:
        InputError: fewer than two classes have labelled texts in at least two folds' worth of groups.
    """
    # Near-duplicates share a fold, so it is groups, not rows, that have to go round.
    pairs = np.unique(np.stack([labels, groups])[:, labels >= 0], axis=1)
    known, sizes = np.unique(pairs[0], return_counts=True)
    if len(known) < 2 or np.sort(sizes)[-2] < FOLDS:
        raise InputError(
            f"Predictive entropy needs at least two classes with {FOLDS} labelled texts each that are no "
            f"near-duplicates of one another, and {name} has {_count(known, sizes)}: choose a label "
            "column, or leave 'predictive' out."
        )


def _count(known: Ints, sizes: Ints) -> str:
    if len(known) == 0:
        return "no labels"
    if len(known) == 1:
        return "one class"
    return f"{int((sizes >= FOLDS).sum())} of that size"
