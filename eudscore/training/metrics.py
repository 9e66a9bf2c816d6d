"""How good predictions are: arithmetic on labels and probabilities.

Axes are n (test rows) and C (classes). Labels are positions in [0, C).
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eudscore.errors import InputError
from eudscore.records import Bools, Floats, Ints, JsonDict
from eudscore.training.bootstrap import Interval, accuracy_interval, calibration_interval, f1_and_recalls, mean_interval

_BINS = 15  # of confidence, for the calibration error


@dataclass(frozen=True)
class Metrics:
    """How good a classifier is on a test set.

    Attributes:
        rows: size of the test set.
        accuracy: share of the rows whose most probable class is right.
        accuracy_low: lower end of its 95 % bootstrap interval.
        accuracy_high: upper end.
        macro_f1: F1 averaged over the classes that occur, each counting the same.
        nll: mean negative log probability of the label, in nats.
        ece: expected calibration error, in [0, 1].
        recall: class name -> share of its rows that were found; None for a class without test rows.
        confusion: (C, C) counts; row = label, column = prediction.
        intervals: metric -> 95 % bootstrap interval, of the recall one a class (None without test rows).
    """

    rows: int
    accuracy: float
    accuracy_low: float
    accuracy_high: float
    macro_f1: float
    nll: float
    ece: float
    recall: Mapping[str, float | None]
    confusion: tuple[tuple[int, ...], ...]
    intervals: Mapping[str, Any]

    def to_json(self) -> JsonDict:
        """Plain JSON values."""
        content: dict[str, Any] = asdict(self)
        return {**content, "confusion": [list(row) for row in self.confusion], "intervals": plain(self.intervals)}


def measure(labels: Ints, probabilities: Floats, *, classes: Sequence[str], seed: int = 0) -> Metrics:
    """All metrics of one prediction.

    Args:
        labels: (n,) with n at least 1.
        probabilities: (n, C).
        classes: C names.
        seed: of the bootstrap.

    Raises:
        InputError: there are no test rows, or a label is no class.
    """
    labels = np.asarray(labels, dtype=np.int64)
    _check(labels, probabilities, len(classes))
    predicted = probabilities.argmax(axis=1).astype(np.int64)
    counts = confusion(labels, predicted, len(classes))
    found = [None if np.isnan(value) else float(value) for value in recalls(counts)]
    low, high = accuracy_interval(predicted == labels, seed=seed)
    f1, of_recalls = f1_and_recalls(counts, seed=seed)
    return Metrics(
        rows=len(labels),
        accuracy=float((predicted == labels).mean()),
        accuracy_low=low,
        accuracy_high=high,
        macro_f1=macro_f1(counts),
        nll=nll(labels, probabilities),
        ece=calibration_error(labels, probabilities),
        recall=dict(zip(classes, found, strict=True)),
        confusion=tuple(tuple(row) for row in counts.tolist()),
        intervals={
            "accuracy": (low, high), "macro_f1": f1,
            "nll": mean_interval(_surprises(labels, probabilities), seed=seed),
            "ece": calibration_interval(_gaps(labels, probabilities), answers=1, seed=seed),
            "recall": dict(zip(classes, of_recalls, strict=True)),
        },
    )  # fmt: skip


def plain(intervals: Mapping[str, Any]) -> JsonDict:
    """Intervals as lists, for JSON."""

    def listed(interval: Interval | None) -> list[float] | None:
        return None if interval is None else list(interval)

    return {
        name: {one: listed(found) for one, found in of.items()} if isinstance(of, Mapping) else listed(of)
        for name, of in intervals.items()
    }


def _check(labels: Ints, probabilities: Floats, classes: int) -> None:
    if not len(labels):
        raise InputError("The test set has no rows: give one with at least one labelled row.")
    if probabilities.shape != (len(labels), classes):
        raise ValueError(f"probabilities are {probabilities.shape}, labels need {(len(labels), classes)}")
    strange = (labels < 0) | (labels >= classes)
    if strange.any():
        raise InputError(
            f"{int(strange.sum()):,} of {len(labels):,} test rows have no label among the {classes} classes: "
            "leave them out of the test set."
        )


def confusion(labels: Ints, predicted: Ints, classes: int) -> Ints:
    """(C, C) counts; row = label, column = prediction."""
    cells = np.bincount(labels * classes + predicted, minlength=classes * classes)
    return cells.reshape(classes, classes).astype(np.int64)


def recalls(counts: Ints) -> Floats:
    """(C,) share of each class's rows that were found; nan for a class without rows."""
    rows = counts.sum(axis=1)
    with np.errstate(invalid="ignore"):
        found: Floats = (np.diag(counts) / rows).astype(np.float32)
    return found


def macro_f1(counts: Ints) -> float:
    """F1 from a confusion matrix, averaged over the classes that occur as label or as prediction."""
    both = counts.sum(axis=0) + counts.sum(axis=1)
    occur = both > 0
    return float((2 * np.diag(counts)[occur] / both[occur]).mean())


def nll(labels: Ints, probabilities: Floats) -> float:
    """Mean negative log probability of the label, in nats; 0 counts as the smallest float32."""
    return float(_surprises(labels, probabilities).mean())


def _surprises(labels: Ints, probabilities: Floats) -> NDArray[np.float64]:
    of_label = probabilities[np.arange(len(labels)), labels].astype(np.float64)
    return np.asarray(-np.log(np.maximum(of_label, np.finfo(np.float32).tiny)))


def calibration_error(labels: Ints, probabilities: Floats, *, bins: int = _BINS) -> float:
    """Mean distance between confidence and accuracy over equal bins of confidence, weighted by their rows.

    Source: Guo et al., On Calibration of Modern Neural Networks (2017), eq. 3.
    """
    gaps = _gaps(labels, probabilities, bins).sum(axis=0)
    return float(np.abs(gaps).sum() / len(labels))


def _gaps(labels: Ints, probabilities: Floats, bins: int = _BINS) -> NDArray[np.float64]:
    confidence = probabilities.max(axis=1).astype(np.float64)
    return binned_gaps(confidence, probabilities.argmax(axis=1) == labels, bins)


def binned_gaps(confidence: NDArray[np.float64], correct: Bools, bins: int = _BINS) -> NDArray[np.float64]:
    """(n, bins): whether each answer was right minus its confidence, in the bin of that confidence."""
    of_row = np.clip(np.ceil(confidence * bins).astype(np.int64) - 1, 0, bins - 1)
    gaps = np.zeros((len(confidence), bins))
    gaps[np.arange(len(confidence)), of_row] = correct - confidence
    return gaps
