"""How good predictions are: arithmetic on labels and probabilities.

Axes are n (test rows) and C (classes). Labels are positions in [0, C).
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from eudscore.errors import InputError
from eudscore.records import Bools, Floats, Ints, JsonDict

LEVEL = 0.95


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

    def to_json(self) -> JsonDict:
        """Plain JSON values."""
        content: dict[str, Any] = asdict(self)
        return {**content, "confusion": [list(row) for row in self.confusion]}


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
    correct = predicted == labels
    low, high = bootstrap_interval(correct, seed=seed)
    counts = confusion(labels, predicted, len(classes))
    found = [None if np.isnan(value) else float(value) for value in recalls(counts)]
    return Metrics(
        rows=len(labels),
        accuracy=float(correct.mean()),
        accuracy_low=low,
        accuracy_high=high,
        macro_f1=macro_f1(counts),
        nll=nll(labels, probabilities),
        ece=calibration_error(labels, probabilities),
        recall=dict(zip(classes, found, strict=True)),
        confusion=tuple(tuple(row) for row in counts.tolist()),
    )


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
    of_label = probabilities[np.arange(len(labels)), labels].astype(np.float64)
    return float(-np.log(np.maximum(of_label, np.finfo(np.float32).tiny)).mean())


def calibration_error(labels: Ints, probabilities: Floats, *, bins: int = 15) -> float:
    """Mean distance between confidence and accuracy over equal bins of confidence, weighted by their rows.

    Source: Guo et al., On Calibration of Modern Neural Networks (2017), eq. 3.
    """
    confidence = probabilities.max(axis=1).astype(np.float64)
    correct = probabilities.argmax(axis=1) == labels
    of_row = np.clip(np.ceil(confidence * bins).astype(np.int64) - 1, 0, bins - 1)
    gaps = np.bincount(of_row, weights=correct - confidence, minlength=bins)
    return float(np.abs(gaps).sum() / len(labels))


def bootstrap_interval(
    correct: Bools, *, level: float = LEVEL, draws: int = 2000, seed: int = 0
) -> tuple[float, float]:
    """Percentile bootstrap interval of an accuracy, over the rows of the test set.

    Among n rows drawn with replacement the number of right ones is binomial, so that is what is drawn. It
    tells of the luck of this test set, not of the luck of this training. All right or all wrong has no width.

    Args:
        correct: (n,) whether each test row was right, n at least 1.
        level: share of the draws inside, in (0, 1).
        draws: how often the test set is drawn anew.
        seed: of the draws.

    Raises:
        ValueError: `correct` is empty.

    Source: Efron & Tibshirani, An Introduction to the Bootstrap (1993), ch. 13.
    """
    if not len(correct):
        raise ValueError("no rows to draw from")
    drawn = np.random.default_rng(seed).binomial(len(correct), np.mean(correct), size=draws) / len(correct)
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
