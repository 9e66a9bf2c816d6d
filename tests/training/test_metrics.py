import json
import math

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as sk

from eudscore.errors import InputError
from eudscore.training.metrics import (
    accuracy_interval,
    calibration_error,
    confusion,
    macro_f1,
    measure,
    nll,
    recalls,
)

answers = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=60).map(
    lambda pairs: tuple(np.array(side, dtype=np.int64) for side in zip(*pairs, strict=True))
)


def some_probabilities(rows: int, classes: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).dirichlet(np.ones(classes), size=rows).astype(np.float32)


@given(answers)
def test_confusion_and_macro_f1_agree_with_sklearn(pair: tuple[np.ndarray, np.ndarray]) -> None:
    labels, predicted = pair
    counts = confusion(labels, predicted, 4)
    np.testing.assert_array_equal(counts, sk.confusion_matrix(labels, predicted, labels=range(4)))
    oracle = sk.f1_score(labels, predicted, average="macro", zero_division=0)
    assert macro_f1(counts) == pytest.approx(oracle)


@given(answers)
def test_recalls_agree_with_sklearn_and_are_nan_without_rows(pair: tuple[np.ndarray, np.ndarray]) -> None:
    labels, predicted = pair
    oracle = sk.recall_score(labels, predicted, labels=range(4), average=None, zero_division=np.nan)
    np.testing.assert_allclose(recalls(confusion(labels, predicted, 4)), oracle, rtol=1e-6)


def test_nll_agrees_with_sklearn() -> None:
    labels, probabilities = np.arange(50) % 3, some_probabilities(50, 3)
    exact = probabilities.astype(np.float64)
    oracle = sk.log_loss(labels, exact / exact.sum(axis=1, keepdims=True), labels=range(3))
    assert nll(labels, probabilities) == pytest.approx(oracle, rel=1e-4)


def test_nll_of_a_label_held_impossible_is_finite() -> None:
    assert math.isfinite(nll(np.array([1]), np.array([[1.0, 0.0]], dtype=np.float32)))


def test_calibration_error_of_known_cases() -> None:
    sure = np.array([[1.0, 0.0]] * 4, dtype=np.float32)
    assert calibration_error(np.array([0, 0, 0, 0]), sure) == 0.0
    assert calibration_error(np.array([0, 0, 1, 1]), sure) == 0.5
    fair = np.array([[0.5, 0.5]] * 4, dtype=np.float32)
    assert calibration_error(np.array([0, 0, 1, 1]), fair) == 0.0


def test_calibration_error_agrees_with_its_definition() -> None:
    labels, probabilities = np.arange(300) % 4, some_probabilities(300, 4)
    confidence, correct = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    oracle = 0.0
    for low in np.arange(15) / 15:
        inside = (confidence > low) & (confidence <= low + 1 / 15)
        if inside.any():
            oracle += inside.mean() * abs(correct[inside].mean() - confidence[inside].mean())
    assert calibration_error(labels, probabilities) == pytest.approx(oracle, abs=1e-6)


@pytest.mark.parametrize(("rows", "right"), [(40, 31), (500, 460)])
def test_bootstrap_interval_agrees_with_scipy(rows: int, right: int) -> None:
    correct = np.arange(rows) < right
    oracle = scipy.stats.bootstrap(
        (correct.astype(float),), np.mean, method="percentile", n_resamples=20_000,
        rng=np.random.default_rng(0),
    ).confidence_interval  # fmt: skip
    low, high = accuracy_interval(correct, draws=20_000, seed=1)
    assert (low, high) == pytest.approx((oracle.low, oracle.high), abs=1.01 / rows)


def test_bootstrap_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(0)
    intervals = [accuracy_interval(rng.random(400) < 0.8, seed=i) for i in range(400)]
    covered = np.mean([low <= 0.8 <= high for low, high in intervals])
    assert 0.91 < covered < 0.98


def test_bootstrap_interval_has_no_width_where_all_is_right() -> None:
    assert accuracy_interval(np.ones(10, dtype=bool)) == (1.0, 1.0)


def test_bootstrap_interval_is_the_same_for_a_seed() -> None:
    correct = np.arange(100) < 70
    assert accuracy_interval(correct, seed=5) == accuracy_interval(correct, seed=5)


def test_a_higher_level_is_a_wider_interval() -> None:
    correct = np.arange(100) < 70
    narrow, wide = (accuracy_interval(correct, level=level) for level in (0.5, 0.99))
    assert wide[0] < narrow[0] < 0.7 < narrow[1] < wide[1]


def test_measure_holds_every_metric_and_is_plain_json() -> None:
    labels, probabilities = np.arange(60) % 2, some_probabilities(60, 3)
    found = measure(labels, probabilities, classes=("a", "b", "never"))
    content = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert content["rows"] == 60
    assert content["accuracy"] == sk.accuracy_score(labels, probabilities.argmax(axis=1))
    assert content["accuracy_low"] < content["accuracy"] < content["accuracy_high"]
    assert content["recall"]["never"] is None
    assert np.sum(content["confusion"]) == 60


def test_measure_refuses_an_empty_test_set() -> None:
    with pytest.raises(InputError, match="test set has no rows: give one"):
        measure(np.array([], dtype=np.int64), some_probabilities(0, 2), classes=("a", "b"))


def test_measure_refuses_rows_without_a_label() -> None:
    with pytest.raises(InputError, match="1 of 2 test rows have no label among the 2 classes"):
        measure(np.array([0, -1]), some_probabilities(2, 2), classes=("a", "b"))


def test_measure_refuses_probabilities_of_another_shape() -> None:
    with pytest.raises(ValueError, match=r"probabilities are \(3, 2\), labels need \(2, 2\)"):
        measure(np.array([0, 1]), some_probabilities(3, 2), classes=("a", "b"))
