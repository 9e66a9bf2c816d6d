"""Cross-fitting: accuracy against scikit-learn, and the two leaks it must not have."""

import math
import os
import subprocess
import sys

import numpy as np
import pytest
import scipy.special
import scipy.stats
from sklearn.datasets import make_blobs
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict

from eudscore.models import probe
from eudscore.models.one_thread import one_thread
from eudscore.models.probe import STRENGTH, Bootstrap, cross_fitted, fit, group_folds, refit


def blobs(classes: int = 3, n: int = 400) -> tuple[np.ndarray, np.ndarray]:
    vectors, labels = make_blobs(n, 8, centers=classes, cluster_std=6.0, random_state=0)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors.astype(np.float32), labels.astype(np.int64)


def probabilities(vectors: np.ndarray, labels: np.ndarray, folds: np.ndarray, classes: int) -> np.ndarray:
    probs = np.full((len(labels), classes), np.nan)
    for fold in cross_fitted(vectors, labels, folds, classes=classes):
        probs[fold.rows] = fold.probs
    return probs


def disagreement(vectors: np.ndarray, labels: np.ndarray, seed: int = 0, folds: np.ndarray | None = None) -> np.ndarray:
    groups = np.arange(len(labels))
    folds = group_folds(labels, groups, seed=0) if folds is None else folds
    found = np.full(len(labels), np.nan)
    for fold in cross_fitted(vectors, labels, folds, classes=3, bootstrap=Bootstrap(groups, seed=seed)):
        found[fold.rows] = fold.disagreement
    return found


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


def test_flipping_a_label_does_not_change_what_the_heads_disagree_about() -> None:
    vectors, labels = blobs()
    folds = group_folds(labels, np.arange(len(labels)), seed=0)
    before = disagreement(vectors, labels, folds=folds)
    flipped = labels.copy()
    flipped[57] = (labels[57] + 1) % 3
    after = disagreement(vectors, flipped, folds=folds)
    assert after[57] == before[57]
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


@pytest.fixture
def to_the_optimum(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "TOLERANCE", 1e-7)
    monkeypatch.setattr(probe, "STEPS", 2_000)


def from_a_cold_start(vectors: np.ndarray, labels: np.ndarray, weight: np.ndarray) -> LogisticRegression:
    with one_thread():
        return LogisticRegression(C=STRENGTH, max_iter=2_000, tol=1e-8).fit(vectors, labels, sample_weight=weight)


@pytest.mark.usefixtures("to_the_optimum")
def test_where_a_head_starts_does_not_decide_where_it_ends() -> None:
    vectors, labels = blobs()
    vectors = vectors.astype(np.float64)  # float32 stops short of the optimum
    weights = Bootstrap(np.arange(len(labels)), heads=3).weights
    for head, weight in zip(refit(fit(vectors, labels, STRENGTH), vectors, labels, weights), weights, strict=True):
        cold = from_a_cold_start(vectors, labels, weight)
        np.testing.assert_allclose(head.predict_proba(vectors), cold.predict_proba(vectors), atol=1e-4)


@pytest.mark.usefixtures("to_the_optimum")
def test_disagreement_is_that_of_the_heads_at_the_temperature_of_their_fold() -> None:
    vectors, labels = blobs()
    vectors = vectors.astype(np.float64)  # float32 stops short of the optimum
    groups = np.arange(len(labels))
    heads = Bootstrap(groups, heads=4, seed=5)
    fold = next(cross_fitted(vectors, labels, group_folds(labels, groups, seed=0), classes=3, bootstrap=heads))
    train = np.setdiff1d(groups, fold.rows)
    models = [from_a_cold_start(vectors[train], labels[train], weight[train]) for weight in heads.weights]
    logits = np.stack([model.decision_function(vectors[fold.rows]) for model in models])
    probs = scipy.special.softmax(logits / fold.temperature, axis=-1)
    oracle = scipy.stats.entropy(probs.mean(axis=0), axis=-1) - scipy.stats.entropy(probs, axis=-1).mean(axis=0)
    np.testing.assert_allclose(fold.disagreement, oracle, atol=1e-4)


def test_the_tolerance_keeps_the_order_of_the_optimum(monkeypatch: pytest.MonkeyPatch) -> None:
    vectors, labels = blobs()
    quick = disagreement(vectors, labels)
    monkeypatch.setattr(probe, "TOLERANCE", 1e-7)
    monkeypatch.setattr(probe, "STEPS", 2_000)
    assert scipy.stats.spearmanr(quick, disagreement(vectors, labels))[0] > 0.999


def test_disagreement_lies_in_its_bounds_and_depends_on_the_seed() -> None:
    vectors, labels = blobs()
    found = disagreement(vectors, labels)
    assert ((found >= 0) & (found <= math.log(3))).all()
    assert found.max() > 0.01
    assert not np.array_equal(found, disagreement(vectors, labels, seed=1))


def test_near_duplicates_weigh_the_same_and_no_weight_is_zero() -> None:
    groups = np.random.default_rng(0).integers(0, 40, 200)
    weights = Bootstrap(groups, heads=50).weights
    assert weights.shape == (50, 200)
    for group in np.unique(groups):
        assert (weights[:, groups == group] == weights[:, groups == group][:, :1]).all()
    assert (weights > 0).all()
    assert weights.mean() == pytest.approx(1, abs=0.1)
    assert len(np.unique(weights[0])) == len(np.unique(groups))


def test_without_a_bootstrap_nothing_disagrees() -> None:
    vectors, labels = blobs()
    folds = group_folds(labels, np.arange(len(labels)), seed=0)
    assert all(np.isnan(fold.disagreement).all() for fold in cross_fitted(vectors, labels, folds, classes=3))


def test_a_class_unknown_to_the_heads_does_not_spoil_their_disagreement() -> None:
    vectors, labels = blobs()
    rare = labels.copy()
    rare[5] = 3
    groups = np.arange(len(labels))
    folds = group_folds(labels, groups, seed=0)
    for fold in cross_fitted(vectors, rare, folds, classes=4, bootstrap=Bootstrap(groups)):
        assert np.isfinite(fold.disagreement).all()
        assert np.isneginf(fold.logits[fold.rows == 5, 3]).all()


def test_blocks_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    vectors, labels = blobs()
    whole, probs = disagreement(vectors, labels), probabilities(vectors, labels, np.arange(len(labels)) % 5, 3)
    monkeypatch.setattr(probe, "_CELLS", 100)
    np.testing.assert_allclose(disagreement(vectors, labels), whole, atol=1e-9)
    np.testing.assert_allclose(probabilities(vectors, labels, np.arange(len(labels)) % 5, 3), probs, atol=1e-12)


BITS = """
import hashlib, numpy as np
from eudscore.models.probe import Bootstrap, cross_fitted, group_folds
rng = np.random.default_rng(0)
labels = rng.integers(0, 6, 900)
vectors = (rng.normal(size=(900, 96)) + rng.normal(size=(6, 96))[labels]).astype(np.float32)
vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
folds = group_folds(labels, np.arange(900), seed=0)
digest = hashlib.sha256()
for fold in cross_fitted(vectors, labels, folds, classes=6, bootstrap=Bootstrap(np.arange(900))):
    digest.update(fold.logits.tobytes() + fold.disagreement.tobytes() + repr(fold.temperature).encode())
print(digest.hexdigest())
"""


def test_the_bits_are_the_same_in_every_process_whatever_its_threads() -> None:
    found = set()
    for threads in ("1", "2", "5"):
        environment = {**os.environ, "OMP_NUM_THREADS": threads, "OPENBLAS_NUM_THREADS": threads}
        done = subprocess.run([sys.executable, "-c", BITS], env=environment, capture_output=True, text=True, check=True)
        found.add(done.stdout)
    assert len(found) == 1
