"""How good predictions are where a text may have several labels, or none.

Axes are n (test rows) and C (classes). A class counts as predicted where its probability is above one half.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eudscore.errors import InputError
from eudscore.records import Floats, JsonDict
from eudscore.training.bootstrap import (
    LEVEL,
    accuracy_interval,
    calibration_interval,
    drawn_sums,
    mean_interval,
    mean_of_those,
    percentiles,
)
from eudscore.training.metrics import binned_gaps, plain

Doubles = NDArray[np.float64]


@dataclass(frozen=True)
class ManyLabelMetrics:
    """How good a classifier is on a test set whose rows may have several labels.

    Attributes:
        rows: size of the test set.
        accuracy: share of the rows of which every label is right, none missing and none too many (subset accuracy).
        accuracy_low: lower end of its 95 % bootstrap interval.
        accuracy_high: upper end.
        micro_f1: F1 over all labels of all rows.
        macro_f1: F1 averaged over the classes that occur as label or as prediction.
        nll: mean negative log probability of the truth about a class, over rows and classes, in nats.
        ece: expected calibration error over all answers, in [0, 1].
        recall: class name -> share of its rows that were found; None for a class without test rows.
        confusion: (C, 2, 2) counts of each class; row = whether it is true, column = whether it was predicted.
        intervals: metric -> 95 % bootstrap interval, of the recall one a class (None without test rows).
    """

    rows: int
    accuracy: float
    accuracy_low: float
    accuracy_high: float
    micro_f1: float
    macro_f1: float
    nll: float
    ece: float
    recall: Mapping[str, float | None]
    confusion: tuple[tuple[tuple[int, ...], ...], ...]
    intervals: Mapping[str, Any]

    def to_json(self) -> JsonDict:
        """Plain JSON values."""
        content: dict[str, Any] = asdict(self)
        listed = [[list(row) for row in table] for table in self.confusion]
        return {**content, "confusion": listed, "intervals": plain(self.intervals)}


def measure_many(labels: Floats, probabilities: Floats, *, classes: Sequence[str], seed: int = 0) -> ManyLabelMetrics:
    """All metrics of one prediction.

    Args:
        labels: (n, C) of 0 and 1, n at least 1.
        probabilities: (n, C), each for itself.
        classes: C names.
        seed: of the bootstrap.

    Raises:
        InputError: there are no test rows.
    """
    if not len(labels):
        raise InputError("The test set has no rows: give one with at least one labelled row.")
    if not labels.shape == probabilities.shape == (len(labels), len(classes)):
        raise ValueError(f"labels are {labels.shape}, probabilities {probabilities.shape}, classes {len(classes)}")
    true, said = labels > 0.5, probabilities > 0.5
    right = (true == said).all(axis=1)
    found, wanted, given = (true & said).astype(np.float64), true.astype(np.float64), said.astype(np.float64)
    exact = probabilities.astype(np.float64)
    of_truth = np.maximum(np.where(true, exact, 1 - exact), np.finfo(np.float32).tiny)
    surprises = -np.log(of_truth).mean(axis=1)
    confidence = np.where(said, exact, 1 - exact)
    gaps = sum((binned_gaps(confidence[:, c], true[:, c] == said[:, c]) for c in range(len(classes))), np.zeros(1))
    tables = np.stack([[(~true & ~said).sum(0), (~true & said).sum(0)], [(true & ~said).sum(0), (true & said).sum(0)]])
    micro, macro, recalls = _from_counts(*(part.sum(axis=0)[None] for part in (found, wanted, given)))
    low, high = accuracy_interval(right, seed=seed)
    of_class = [None if np.isnan(value) else float(value) for value in recalls[0]]
    return ManyLabelMetrics(
        rows=len(labels), accuracy=float(right.mean()), accuracy_low=low, accuracy_high=high,
        micro_f1=float(micro[0]), macro_f1=float(macro[0]), nll=float(surprises.mean()),
        ece=float(np.abs(gaps.sum(axis=0)).sum() / true.size),
        recall=dict(zip(classes, of_class, strict=True)),
        confusion=tuple(tuple(tuple(row) for row in tables[:, :, c].tolist()) for c in range(len(classes))),
        intervals={
            "accuracy": (low, high), **_intervals(found, wanted, given, classes, seed),
            "nll": mean_interval(surprises, seed=seed),
            "ece": calibration_interval(gaps, answers=len(classes), seed=seed),
        },
    )  # fmt: skip


def _from_counts(found: Doubles, wanted: Doubles, given: Doubles) -> tuple[Doubles, Doubles, Doubles]:
    """(d,) micro-F1, (d,) macro-F1 and (d, C) recalls from (d, C) counts of right, true and predicted labels."""
    both = wanted + given
    micro = 2 * found.sum(axis=1) / np.maximum(both.sum(axis=1), 1)
    with np.errstate(invalid="ignore"):
        return micro, mean_of_those(2 * found, both), found / wanted


def _intervals(found: Doubles, wanted: Doubles, given: Doubles, classes: Sequence[str], seed: int) -> JsonDict:
    columns, width = np.hstack([found, wanted, given]), len(classes)
    drawn = [
        _from_counts(sums[:, :width], sums[:, width : 2 * width], sums[:, 2 * width :])
        for sums in drawn_sums(columns, seed=seed)
    ]
    micro, macro, recalls = (np.concatenate(parts) for parts in zip(*drawn, strict=True))
    there = wanted.sum(axis=0) > 0
    of_classes = {
        name: percentiles(recalls[:, place], LEVEL) if there[place] else None for place, name in enumerate(classes)
    }
    return {"micro_f1": percentiles(micro, LEVEL), "macro_f1": percentiles(macro, LEVEL), "recall": of_classes}
