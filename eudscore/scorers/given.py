"""Predictive entropy from class probabilities that the user brings along: no model is run."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from eudscore.corpus.numbers import content_of, in_short, number_blocks
from eudscore.entropy.predictive import el2n, label_gap, least_confidence, margin, predictive_entropy
from eudscore.records import Card, Corpus, Flag, Ints
from eudscore.scorers.likeliest import WIDTHS, ClassedBatch, likeliest

_UNCERTAIN = "higher = less certain"
_LESS_LIKELY = "higher = label less likely"
_WHOSE = "of your own class probabilities, scaled to add up to 1; whether their model has seen the text is not known"

# Column, definition, unit and direction.
_COLUMNS = (
    ("predictive_entropy", f"entropy {_WHOSE}", "nats", _UNCERTAIN),
    ("predictive_margin", f"1 - (p1 - p2) {_WHOSE}", "probability", _UNCERTAIN),
    ("predictive_least_confidence", f"1 - p1 {_WHOSE}", "probability", _UNCERTAIN),
)
_OF_LABELS = (
    ("predictive_label_gap", f"1 - p(given label) {_WHOSE}", "probability", _LESS_LIKELY),
    ("predictive_el2n", f"EL2N: length of p - onehot(given label) {_WHOSE}", "distance", _LESS_LIKELY),
)


@dataclass(frozen=True)
class GivenScorer:
    """Uncertainty of class probabilities that stand in the data, and what they make of the given labels.

    Attributes:
        columns: that hold them, one of lists or one for each class in the order of the classes.
        content: a hash of what they hold.
        classes: of the label, in order; labels are looked at where there are some.
        labels_id: the labels; None where there are none.
    """

    beside: ClassVar[Mapping[str, int]] = WIDTHS
    columns: tuple[str, ...]
    content: str
    classes: tuple[str, ...] = ()
    labels_id: str | None = None

    @classmethod
    def of(cls, corpus: Corpus) -> "GivenScorer":
        """The scorer of the probabilities of a corpus."""
        columns = corpus.roles.probabilities
        content = content_of(corpus.table, columns, "<f8")
        return cls(columns, content, corpus.classes, corpus.labels_id if corpus.labelled else None)

    @property
    def cards(self) -> Mapping[str, Card]:
        """One card a column; those of the labels only where there are some."""
        shared: dict[str, Any] = {
            "model": f"your own probabilities ({in_short(self.columns)})",
            "revision": self.content,
            "version": 2,  # the likeliest classes are kept; the numbers are those of version 1
        }
        named = {"columns": list(self.columns), "classes": list(self.classes)}
        cards = [Card(*column, **shared, parameters=named) for column in _COLUMNS]
        if self.labels_id is not None:
            labels = {"labels": self.labels_id}
            cards += [Card(*column, **shared, parameters={**named, **labels}) for column in _OF_LABELS]
        return {card.column: card for card in cards}

    def score(self, corpus: Corpus, rows: Ints) -> Iterator[ClassedBatch]:
        """Score rows block by block; nan for a row without probabilities or without a text."""
        for start, numbers in number_blocks(corpus.table, self.columns):
            wanted = rows[(rows >= start) & (rows < start + len(numbers))]
            probs = numbers[wanted - start].astype(np.float64)
            probs[~corpus.has_text[wanted]] = np.nan
            probs /= probs.sum(axis=1, keepdims=True)
            missing = np.asarray(np.isnan(probs).any(axis=1))
            values = {name: _where(~missing, column) for name, column in self._measures(probs, corpus, wanted).items()}
            flags = np.where(missing, Flag.EMPTY, 0).astype(np.uint8)
            yield ClassedBatch(wanted, values, flags, likeliest=likeliest(probs))

    def _measures(self, probs: NDArray[np.float64], corpus: Corpus, rows: Ints) -> dict[str, NDArray[np.float64]]:
        values = {
            "predictive_entropy": predictive_entropy(probs),
            "predictive_margin": margin(probs),
            "predictive_least_confidence": least_confidence(probs),
        }
        if self.labels_id is not None:
            labels = corpus.labels[rows]
            values |= {"predictive_label_gap": label_gap(probs, labels), "predictive_el2n": el2n(probs, labels)}
        return values


def _where(known: NDArray[np.bool_], values: NDArray[np.float64]) -> NDArray[np.float32]:
    return np.where(known, values, np.nan).astype(np.float32)
