"""Bootstrap intervals of test metrics: what the luck of this test set may have done to them.

The rows of the test set are drawn with replacement, as many as there are. What depends on the confusion matrix alone
is drawn as its cells, which is the same and much less to draw. Not told: the luck of the training.

Source: Efron & Tibshirani, An Introduction to the Bootstrap (1993), ch. 13 (percentiles) and ch. 10 (bias).
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from eudscore.records import Bools, Floats, Ints

LEVEL = 0.95
DRAWS = 2000
_FEWEST_DRAWS = 200
_MOST_DRAWN = 100_000_000  # rows, over all draws: a test set of a million rows is drawn anew less often
_CELLS = 1 << 22  # drawn at once

Interval = tuple[float, float]
Doubles = NDArray[np.float64]


def accuracy_interval(correct: Bools, *, level: float = LEVEL, draws: int = DRAWS, seed: int = 0) -> Interval:
    """Percentile bootstrap interval of an accuracy, over the rows of the test set.

    Among n rows drawn with replacement the number of right ones is binomial, so that is what is drawn. All right or
    all wrong has no width.

    Args:
        correct: (n,) whether each test row was right, n at least 1.
        level: share of the draws inside, in (0, 1).
        draws: how often the test set is drawn anew.
        seed: of the draws.

    Raises:
        ValueError: `correct` is empty.
    """
    if not len(correct):
        raise ValueError("no rows to draw from")
    drawn = np.random.default_rng(seed).binomial(len(correct), np.mean(correct), size=draws) / len(correct)
    return percentiles(drawn, level)


def f1_and_recalls(
    counts: Ints, *, level: float = LEVEL, draws: int = DRAWS, seed: int = 0
) -> tuple[Interval, list[Interval | None]]:
    """Intervals of macro-F1 and of the recall of each class.

    Args:
        counts: (C, C) confusion matrix; row = label, column = prediction.
        level: share of the draws inside.
        draws: how often the test set is drawn anew.
        seed: of the draws.

    Returns:
        The interval of macro-F1 (over the classes that occur in a draw), and one a class; None for a class without
        test rows. A draw without rows of a class says nothing of its recall.
    """
    f1, recalls = [], []
    for labelled, predicted, right in _drawn_counts(counts, draws, np.random.default_rng(seed)):
        both = labelled + predicted
        f1.append(mean_of_those(2 * right, both))
        with np.errstate(invalid="ignore"):
            recalls.append(right / labelled)
    each = np.concatenate(recalls)
    occur = counts.sum(axis=1) > 0
    return percentiles(np.concatenate(f1), level), [
        percentiles(each[:, place], level) if there else None for place, there in enumerate(occur)
    ]


def _drawn_counts(counts: Ints, draws: int, rng: np.random.Generator) -> Iterator[tuple[Doubles, Doubles, Doubles]]:
    """(d, C) rows of each class, predictions of each, and right ones, some draws at a time."""
    label, prediction = np.nonzero(counts)
    shares = counts[label, prediction] / counts.sum()
    classes = np.arange(len(counts))
    of_label = (label[:, None] == classes).astype(np.float64)
    of_prediction = (prediction[:, None] == classes).astype(np.float64)
    of_right = of_label * (label == prediction)[:, None]
    at_once = max(1, _CELLS // len(shares))
    for start in range(0, draws, at_once):
        cells = rng.multinomial(counts.sum(), shares, size=min(at_once, draws - start)).astype(np.float64)
        yield cells @ of_label, cells @ of_prediction, cells @ of_right


def mean_of_those(part: Doubles, whole: Doubles) -> Doubles:
    """(d,) mean of part / whole, both (d, C), over the columns where there is a whole."""
    occur = whole > 0
    shares = np.divide(part, whole, out=np.zeros_like(part), where=occur)
    return np.asarray(shares.sum(axis=1) / np.maximum(occur.sum(axis=1), 1))


def mean_interval(values: Floats | Doubles, *, level: float = LEVEL, draws: int = DRAWS, seed: int = 0) -> Interval:
    """Interval of the mean of (n,) numbers, one a test row."""
    columns = np.asarray(values, dtype=np.float64)[:, None]
    means = np.concatenate([sums[:, 0] for sums in drawn_sums(columns, draws=draws, seed=seed)]) / len(columns)
    return percentiles(means, level)


def calibration_interval(
    gaps: Doubles, *, answers: int, level: float = LEVEL, draws: int = DRAWS, seed: int = 0
) -> Interval:
    """Interval of the expected calibration error.

    A resample looks worse calibrated than its sample, because gaps that were noise are doubled, so that plain
    percentiles may all lie above the value itself: the interval is moved down by this bias, as the bootstrap
    estimates it, and not below 0.

    Args:
        gaps: (n, bins) of each test row, whether its answers were right (0 or 1) minus their confidence, by bins of
            confidence.
        answers: to a row: one, or one a class.
        level: share of the draws inside.
        draws: how often the test set is drawn anew.
        seed: of the draws.
    """
    whole = len(gaps) * answers
    errors = np.concatenate([np.abs(sums).sum(axis=1) for sums in drawn_sums(gaps, draws=draws, seed=seed)]) / whole
    bias = errors.mean() - np.abs(gaps.sum(axis=0)).sum() / whole
    low, high = percentiles(errors - bias, level)
    return max(0.0, low), max(0.0, high)


def drawn_sums(columns: Doubles, *, draws: int = DRAWS, seed: int = 0) -> Iterator[Doubles]:
    """(d, k) sums of (n, k) columns over n rows drawn with replacement, some draws at a time.

    Of more than 50,000 rows fewer draws are made than asked, at least 200.
    """
    rows = len(columns)
    rng = np.random.default_rng(seed)
    draws = max(_FEWEST_DRAWS, min(draws, _MOST_DRAWN // rows))
    at_once = max(1, _CELLS // rows)
    for start in range(0, draws, at_once):
        size = min(at_once, draws - start)
        drawn = rng.integers(0, rows, size=(size, rows))
        drawn += (np.arange(size) * rows)[:, None]
        times = np.bincount(drawn.ravel(), minlength=size * rows).reshape(size, rows)
        yield times.astype(np.float64) @ columns


def percentiles(drawn: Doubles, level: float) -> Interval:
    """The interval that holds the middle share of some draws; those that say nothing are nan."""
    low, high = np.nanquantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
