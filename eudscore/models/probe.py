"""A linear probe on frozen vectors, cross-fitted: no text, nor its near-duplicate, trains its own scorer."""

import copy
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eudscore.entropy.epistemic import bald
from eudscore.entropy.predictive import best_temperature, softmax
from eudscore.models.one_thread import one_thread, one_thread_each
from eudscore.records import Floats, Ints

Doubles = NDArray[np.float64]

FOLDS = 5
HEADS = 8
STRENGTH = 10.0  # inverse of the L2 penalty
TOLERANCE = 1e-4  # at 1e-3 texts still change places (Spearman with the optimum 0.95); here 0.9995
STEPS = 200

_CELLS = 1 << 22  # numbers worked on at once while scoring: 32 MiB


@dataclass(frozen=True, eq=False)
class Bootstrap:
    """Which other samples the heads are fitted to: a weight for each group of near-duplicates.

    Weights are exponential (the Bayesian bootstrap; Rubin, 1981): none is 0, so that every head knows every class.

    Attributes:
        groups: (n,) group of near-duplicates of each row; twins weigh the same.
        heads: M.
        seed: of the draw.
    """

    groups: Ints
    heads: int = HEADS
    seed: int = 0

    @cached_property
    def weights(self) -> Doubles:
        """(M, n) positive weights, 1 on average."""
        names, place = np.unique(self.groups, return_inverse=True)
        drawn = np.random.default_rng(self.seed).exponential(size=(self.heads, len(names)))
        return np.asarray(drawn[:, place])


@dataclass(frozen=True, eq=False)
class FoldScores:
    """What a classifier that never saw one fold says of it.

    Attributes:
        rows: (b,) rows of the fold.
        logits: (b, C), -inf for a class that the other folds do not hold.
        temperature: what the logits are to be divided by.
        disagreement: (b,) BALD of the bootstrap heads in nats; nan without heads.
    """

    rows: Ints
    logits: Doubles
    temperature: float
    disagreement: Doubles

    @cached_property
    def probs(self) -> Doubles:
        """(b, C) calibrated class probabilities."""
        return softmax(self.logits, self.temperature)


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
    vectors: Floats,
    labels: Ints,
    fold_of: Ints,
    *,
    classes: int,
    strength: float = STRENGTH,
    bootstrap: Bootstrap | None = None,
) -> Iterator[FoldScores]:
    """Logits of every row from a logistic regression that never saw its fold.

    The temperature of fold k is fitted on fold k + 1 by a model that saw neither, so that a row's own label
    touches neither its logits nor their scale (Guo et al. 2017, per fold). The heads of the bootstrap are fitted
    to the same rows with other weights and scaled by the same temperature.

    Args:
        vectors: (n, d) unit vectors.
        labels: (n,) classes, -1 = unlabelled: scored, never trained on.
        fold_of: (n,) fold of each row.
        classes: C; a class that the other folds do not hold gets probability 0.
        strength: inverse of the L2 penalty.
        bootstrap: the heads that disagree; None = there are none.

    Yields:
        One batch per fold; the same arguments give the same bits.
    """
    folds = int(fold_of.max()) + 1
    for fold in range(folds):
        rows = np.flatnonzero(fold_of == fold).astype(np.int64)
        if len(rows) == 0:
            continue
        held_out = (fold + 1) % folds
        train = np.flatnonzero((fold_of != fold) & (labels >= 0))
        trusted = train[fold_of[train] != held_out]
        with one_thread():
            temperature = _temperature(vectors, labels, trusted, train[fold_of[train] == held_out], strength)
            model = fit(vectors[train], labels[train], strength)
            logits = class_logits(model, vectors[rows], classes)
            disagreement = np.full(len(rows), np.nan)
            if bootstrap is not None:
                heads = refit(model, vectors[train], labels[train], bootstrap.weights[:, train])
                disagreement = _disagreement(heads, vectors[rows], classes, temperature)
        yield FoldScores(rows, logits, temperature, disagreement)


def fit(vectors: Floats, labels: Ints, strength: float) -> Any:
    """Multinomial logistic regression (scikit-learn, L-BFGS)."""
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=strength, max_iter=STEPS, tol=TOLERANCE).fit(vectors, labels)


def refit(model: Any, vectors: Floats, labels: Ints, weights: Doubles) -> list[Any]:
    """The same regression for each of (M, n) weights of the rows.

    The loss is convex: that each fit begins at `model` spares steps and does not decide where it ends.
    """

    def head(weight: Doubles) -> Any:
        return copy.deepcopy(model).set_params(warm_start=True).fit(vectors, labels, sample_weight=weight)

    return one_thread_each(head, list(weights))


def class_logits(model: Any, vectors: Floats, classes: int) -> Doubles:
    """(n, C) logits; -inf for a class the model was not trained on."""
    logits = np.full((len(vectors), classes), -np.inf)
    coefficients = model.coef_.T.astype(np.float64)
    for rows in _blocks(len(vectors), vectors.shape[1] + classes):
        # In float64, so that the place of a row in its block does not show in the float32 that is kept.
        scores = vectors[rows].astype(np.float64) @ coefficients + model.intercept_
        if scores.shape[1] == 1:  # two classes: scikit-learn has one column, the log odds
            scores = np.hstack([-scores / 2, scores / 2])
        logits[rows, model.classes_] = scores
    return logits


def _temperature(vectors: Floats, labels: Ints, trusted: Ints, calibration: Ints, strength: float) -> float:
    known = np.unique(labels[trusted])
    calibration = calibration[np.isin(labels[calibration], known)]
    if len(known) < 2 or len(calibration) == 0:
        return 1.0
    model = fit(vectors[trusted], labels[trusted], strength)
    logits = class_logits(model, vectors[calibration], int(labels.max()) + 1)
    return best_temperature(logits[:, known], np.searchsorted(known, labels[calibration]))


def _disagreement(heads: list[Any], vectors: Floats, classes: int, temperature: float) -> Doubles:
    """(n,) BALD in nats, a block of rows at a time: the (M, n, C) log probabilities never exist whole."""
    from scipy.special import log_softmax

    result = np.empty(len(vectors))
    for rows in _blocks(len(vectors), len(heads) * classes):
        logits = np.stack([class_logits(head, vectors[rows], classes) for head in heads])
        result[rows] = bald(log_softmax(logits / temperature, axis=-1))
    return result


def _blocks(rows: int, cells: int) -> Iterator[slice]:
    size = max(1, _CELLS // cells)
    for start in range(0, rows, size):
        yield slice(start, min(start + size, rows))
