"""A linear probe on frozen vectors, cross-fitted: no text, nor its near-duplicate, trains its own scorer."""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eudscore.entropy.predictive import best_temperature, softmax
from eudscore.records import Floats, Ints

FOLDS = 5


@dataclass(frozen=True, eq=False)
class FoldScores:
    """Rows of one fold, their class probabilities (b, C), and the temperature they were scaled with."""

    rows: Ints
    probs: NDArray[np.float64]
    temperature: float


def group_folds(labels: Ints, groups: Ints, *, seed: int, folds: int = FOLDS) -> Ints:
    """Assign rows to folds: near-duplicates together, classes in equal shares.

    Args:
        labels: (n,) classes, -1 = unlabelled (spread over the folds like a class of its own).
        groups: (n,) group of near-duplicates of each row.
        seed: decides the assignment.
        folds: number of folds.

    Returns:
        (n,) fold of each row, 0 to folds - 1.
    """
    from sklearn.model_selection import StratifiedGroupKFold

    splitter = StratifiedGroupKFold(n_splits=folds, shuffle=True, random_state=seed)
    assigned = np.zeros(len(labels), dtype=np.int64)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a class smaller than the folds is met with care below
        for fold, (_, members) in enumerate(splitter.split(labels, labels, groups)):
            assigned[members] = fold
    return assigned


def cross_fitted(
    vectors: Floats, labels: Ints, fold_of: Ints, *, classes: int, strength: float = 10.0
) -> Iterator[FoldScores]:
    """Class probabilities of every row from a logistic regression that never saw its fold.

    The temperature of fold k is fitted on fold k + 1 by a model that saw neither, so that a row's own label
    touches neither its logits nor their scale (Guo et al. 2017, per fold).

    Args:
        vectors: (n, d) unit vectors.
        labels: (n,) classes, -1 = unlabelled: scored, never trained on.
        fold_of: (n,) fold of each row.
        classes: C; a class that the other folds do not hold gets probability 0.
        strength: inverse of the L2 penalty.

    Yields:
        One batch per fold.
    """
    folds = int(fold_of.max()) + 1
    for fold in range(folds):
        rows = np.flatnonzero(fold_of == fold)
        if len(rows) == 0:
            continue
        held_out = (fold + 1) % folds
        train = (fold_of != fold) & (labels >= 0)
        calibration = np.flatnonzero((fold_of == held_out) & (labels >= 0))
        trusted = train & (fold_of != held_out)
        temperature = _temperature(vectors, labels, trusted, calibration, strength)
        model = fit(vectors[train], labels[train], strength)
        logits = class_logits(model, vectors[rows], classes)
        yield FoldScores(rows.astype(np.int64), softmax(logits, temperature), temperature)


def fit(vectors: Floats, labels: Ints, strength: float) -> Any:
    """Multinomial logistic regression (scikit-learn, L-BFGS)."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # 200 steps rank as 2,000 do
        return LogisticRegression(C=strength, max_iter=200, tol=1e-3).fit(vectors, labels)


def class_logits(model: Any, vectors: Floats, classes: int) -> NDArray[np.float64]:
    """(n, C) logits; -inf for a class the model was not trained on."""
    logits = np.full((len(vectors), classes), -np.inf)
    scores = model.decision_function(vectors)
    if scores.ndim == 1:  # two classes: scikit-learn gives one column, the log odds
        scores = np.stack([-scores / 2, scores / 2], axis=1)
    logits[:, model.classes_] = scores
    return logits


def _temperature(
    vectors: Floats, labels: Ints, trusted: NDArray[np.bool_], calibration: Ints, strength: float
) -> float:
    known = np.unique(labels[trusted])
    calibration = calibration[np.isin(labels[calibration], known)]
    if len(known) < 2 or len(calibration) == 0:
        return 1.0
    model = fit(vectors[trusted], labels[trusted], strength)
    logits = class_logits(model, vectors[calibration], int(labels.max()) + 1)
    return best_temperature(logits[:, known], np.searchsorted(known, labels[calibration]))
