"""Predictive entropy by a classifier of the user's own: what it thinks of each text, and of its label."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from eudscore.entropy.epistemic import bald
from eudscore.entropy.predictive import (
    el2n,
    energy,
    label_gap,
    least_confidence,
    margin,
    predictive_entropy,
    softmax,
)
from eudscore.models.classifier import ClassBatch, ClassifierFacts, ClassifierModel, facts_of
from eudscore.models.device import pick_device, pick_dtype
from eudscore.models.loading import ResolvedModel
from eudscore.models.text import Text
from eudscore.records import Card, Corpus, Flag, Ints, JsonDict
from eudscore.scorers.likeliest import WIDTHS, ClassedBatch, likeliest
from eudscore.scorers.stretches import stretches

PASSES = 10

_UNCERTAIN = "higher = less certain"
_LESS_LIKELY = "higher = label less likely"
_WHOSE = "of your own classifier, not cross-fitted: a text it was trained on looks more certain than it is"

# Column, definition, unit and direction.
_COLUMNS = (
    ("predictive_entropy", f"entropy of the class probabilities {_WHOSE}", "nats", _UNCERTAIN),
    ("predictive_margin", f"1 - (p1 - p2) {_WHOSE}", "probability", _UNCERTAIN),
    ("predictive_least_confidence", f"1 - p1 {_WHOSE}", "probability", _UNCERTAIN),
    (
        "predictive_energy",
        f"-logsumexp of the logits {_WHOSE}; energies of two classifiers have no common zero",
        "nats",
        "higher = no class fits",
    ),
)
_BALD = (
    "predictive_bald",
    f"BALD: mutual information of class and classifier over Monte Carlo dropout {_WHOSE}",
    "nats",
    "higher = classifiers disagree more",
)
_OF_LABELS = (
    ("predictive_label_gap", f"1 - p(given label) {_WHOSE}, which hides wrong labels", "probability", _LESS_LIKELY),
    ("predictive_el2n", f"EL2N: length of p - onehot(given label) {_WHOSE}", "distance", _LESS_LIKELY),
)


@dataclass(frozen=True)
class ClassifierScorer:
    """Uncertainty of a trained classifier that the user brings, and what it makes of the given labels.

    Attributes:
        model: a model for sequence classification.
        device: auto, cpu or cuda.
        dtype: auto, float32, bfloat16 or float16.
        classes: of the corpus; labels are looked at where the model names the same classes.
        labels_id: the labels; None where there are none.
        passes: networks thinned by dropout, for `predictive_bald`; it is left out at 0, and where the model has no
            dropout on features.
        seed: of what they drop.
        paired: whether the corpus holds pairs of texts, which the model then reads as such, as a fine-tune does.
    """

    beside: ClassVar[Mapping[str, int]] = WIDTHS
    model: ResolvedModel
    device: str = "auto"
    dtype: str = "auto"
    classes: tuple[str, ...] = ()
    labels_id: str | None = None
    passes: int = PASSES
    seed: int = 0
    paired: bool = False
    _loaded: list[ClassifierModel] = field(default_factory=list, repr=False, compare=False)

    @cached_property
    def facts(self) -> ClassifierFacts:
        """What the config of the model says.

        Raises:
            ModelError: it is no classifier that chooses one of several classes.
        """
        return facts_of(self.model)

    @property
    def cards(self) -> Mapping[str, Card]:
        """One card a column; whether there is BALD and whether labels are looked at depends on the model."""
        shared: dict[str, Any] = {
            "model": self.model.name, "revision": self.model.revision,
            "dtype": pick_dtype(self.dtype, pick_device(self.device)), "max_tokens": self.facts.max_tokens,
            "version": 2,  # the likeliest classes are kept; the numbers are those of version 1
        }  # fmt: skip
        named: JsonDict = {"classes": list(self.facts.classes), "temperature": 1.0}
        if self.paired:
            named["pairs"] = "read as two texts, not as one"
        cards = [Card(*column, **shared, parameters=named) for column in _COLUMNS]
        if self._thinned:
            dropout = {
                "passes": self.passes,
                "rates": list(self.facts.dropout),
                "dropout": "one mask a layer and pass, shared by all positions and texts; attention weights are whole",
            }
            cards.append(Card(*_BALD, **shared, seed=self.seed, parameters={**named, **dropout}))
        if self._order is not None:
            labels = {"labels": self.labels_id}
            cards += [Card(*column, **shared, parameters={**named, **labels}) for column in _OF_LABELS]
        return {card.column: card for card in cards}

    def score(self, corpus: Corpus, rows: Ints) -> Iterator[ClassedBatch]:
        """Score rows in batches of like length; rows of the same batches may come along.

        Raises:
            ModelError: the model cannot be used.
        """
        passes = self.passes if self._thinned else 0
        for stretch, wanted in stretches(np.arange(len(corpus)), rows):
            network = self.loaded()
            for batch in network.predict(self._texts(corpus, stretch), passes=passes, seed=self.seed, wanted=wanted):
                chosen = stretch[batch.positions]
                probs = softmax(batch.logits)
                columns = self._measures(batch, probs, corpus.labels[chosen])
                values = {name: column.astype(np.float32) for name, column in columns.items()}
                yield ClassedBatch(chosen, values, _flags(batch), self._outcome(network), likeliest(probs))

    def _texts(self, corpus: Corpus, rows: Ints) -> list[Text]:
        return list(corpus.pairs(rows) if self.paired else corpus.texts(rows))

    def loaded(self) -> ClassifierModel:
        """The model, loaded once."""
        if not self._loaded:
            self._loaded.append(ClassifierModel(self.model, device=self.device, dtype=self.dtype))
        return self._loaded[0]

    @property
    def _thinned(self) -> bool:
        """Whether there is disagreement to measure; which layers drop features shows only when the model runs."""
        return self.passes > 0 and bool(self.facts.dropout) and self.loaded().dropout_layers > 0

    @property
    def _order(self) -> Ints | None:
        """(C,) the model's column of each class of the corpus; None where labels are not looked at."""
        theirs = self.facts.classes
        if self.labels_id is None or sorted(theirs) != sorted(self.classes):
            return None
        return np.array([theirs.index(name) for name in self.classes], dtype=np.int64)

    def _measures(self, batch: ClassBatch, probs: NDArray[np.float64], labels: Ints) -> dict[str, NDArray[np.float64]]:
        values = {
            "predictive_entropy": predictive_entropy(probs),
            "predictive_margin": margin(probs),
            "predictive_least_confidence": least_confidence(probs),
            "predictive_energy": energy(batch.logits),
        }
        if batch.passes is not None:
            values["predictive_bald"] = bald(batch.passes)
        if self._order is not None:
            ordered = probs[:, self._order]
            values |= {"predictive_label_gap": label_gap(ordered, labels), "predictive_el2n": el2n(ordered, labels)}
        return values

    def _outcome(self, network: ClassifierModel) -> JsonDict:
        outcome: JsonDict = {"device": network.device, "max_tokens": network.max_tokens}
        if self._thinned:
            outcome["dropout_layers"] = network.dropout_layers
        elif self.passes > 0:
            drops = "drops nothing but attention weights, which stay whole" if self.facts.dropout else "has no dropout"
            outcome["notes"] = [f"predictive_bald left out: the model {drops}"]
        if self.labels_id is not None and self.classes and self._order is None:
            outcome["labels_not_looked_at"] = (
                f"the model's classes are {_listed(self.facts.classes)}, those of the data {_listed(self.classes)}"
            )
        return outcome | ({"batches_halved": network.halved} if network.halved else {})


def _flags(batch: ClassBatch) -> NDArray[np.uint8]:
    flags = np.where(batch.empty, Flag.EMPTY, 0) | np.where(batch.truncated, Flag.TRUNCATED, 0)
    return flags.astype(np.uint8)


def _listed(names: tuple[str, ...], most: int = 5) -> str:
    shown = ", ".join(repr(name) for name in names[:most]) or "none"
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"
