"""Cross-fitting: accuracy against scikit-learn, and the two leaks it must not have."""

import numpy as np
import pytest
from sklearn.datasets import make_blobs
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict

from eudscore.models.probe import cross_fitted, group_folds


def blobs(classes: int = 3, n: int = 400) -> tuple[np.ndarray, np.ndarray]:
    vectors, labels = make_blobs(n, 8, centers=classes, cluster_std=6.0, random_state=0)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors.astype(np.float32), labels.astype(np.int64)


def probabilities(vectors: np.ndarray, labels: np.ndarray, folds: np.ndarray, classes: int) -> np.ndarray:
    probs = np.full((len(labels), classes), np.nan)
    for fold in cross_fitted(vectors, labels, folds, classes=classes):
        probs[fold.rows] = fold.probs
    return probs


@pytest.mark.parametrize("classes", [2, 3])
def test_predictions_are_those_of_scikit_learn_on_the_same_folds(classes: int) -> None:
    vectors, labels = blobs(classes)
    folds = group_folds(labels, np.arange(len(labels)), seed=0)
    mine = probabilities(vectors, labels, folds, classes)
    splits = [(np.flatnonzero(folds != k), np.flatnonzero(folds == k)) for k in range(5)]
    oracle = cross_val_predict(LogisticRegression(C=10, max_iter=2_000), vectors, labels, cv=splits)
    assert (mine.argmax(axis=1) == oracle).mean() > 0.99
    np.testing.assert_allclose(mine.sum(axis=1), 1, atol=1e-9)


def test_flipping_a_label_does_not_change_its_own_probabilities() -> None:
    vectors, labels = blobs()
    folds = group_folds(labels, np.arange(len(labels)), seed=0)
    before = probabilities(vectors, labels, folds, 3)
    for row in (0, 57, 123):
        flipped = labels.copy()
        flipped[row] = (labels[row] + 1) % 3
        after = probabilities(vectors, flipped, folds, 3)
        np.testing.assert_array_equal(after[row], before[row])
        assert not np.array_equal(after, before)


def test_near_duplicates_are_never_split_over_folds() -> None:
    _, labels = blobs()
    groups = np.random.default_rng(0).integers(0, 150, len(labels))
    folds = group_folds(labels, groups, seed=3)
    assert all(len(np.unique(folds[groups == group])) == 1 for group in np.unique(groups))
    assert set(np.unique(folds)) == set(range(5))


def test_unlabelled_texts_are_scored_and_never_trained_on() -> None:
    vectors, labels = blobs()
    labels = labels.copy()
    labels[::4] = -1
    folds = group_folds(labels, np.arange(len(labels)), seed=0)
    with_them = probabilities(vectors, labels, folds, 3)
    assert np.isfinite(with_them).all()
    noise = vectors.copy()
    noise[::4] = 0.1
    np.testing.assert_array_equal(probabilities(noise, labels, folds, 3)[1::4], with_them[1::4])


def test_a_class_that_is_not_in_the_training_folds_has_probability_zero() -> None:
    vectors, labels = blobs()
    folds = group_folds(labels, np.arange(len(labels)), seed=0)
    rare = labels.copy()
    rare[5] = 3
    probs = probabilities(vectors, rare, folds, 4)
    assert probs[5, 3] == 0
    assert np.isfinite(probs).all()
