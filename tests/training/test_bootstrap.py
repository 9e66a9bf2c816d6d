"""Intervals against resampling done by hand, row by row, with scikit-learn's metrics."""

from typing import Any

import numpy as np
import pytest
from sklearn import metrics as sk

from eudscore.training.bootstrap import calibration_interval, drawn_sums, f1_and_recalls, mean_interval
from eudscore.training.many_labels import measure_many
from eudscore.training.metrics import calibration_error, confusion, measure, nll

DRAWS = 1000


def some(rows: int, classes: int = 3, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Labels, and probabilities that are right more often than not and too sure of it."""
    rng = np.random.default_rng(seed)
    labels = rng.choice(classes, rows, p=[0.6, 0.3, 0.1][:classes])
    logits = rng.normal(size=(rows, classes)) * 2
    logits[np.arange(rows), labels] += 1.5
    probabilities = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    return labels.astype(np.int64), probabilities.astype(np.float32)


def by_hand(labels: np.ndarray, probabilities: np.ndarray, metric: object, draws: int = DRAWS) -> np.ndarray:
    rng = np.random.default_rng(99)
    rows = (rng.integers(0, len(labels), len(labels)) for _ in range(draws))
    return np.array([metric(labels[drawn], probabilities[drawn]) for drawn in rows])  # type: ignore[operator]


def assert_close(found: Any, drawn: np.ndarray) -> None:
    """Ends of two simulated intervals: their own luck is less than two fifths of the spread."""
    assert found is not None
    wanted = np.nanquantile(drawn, [0.025, 0.975])
    assert tuple(found) == pytest.approx(tuple(wanted), abs=0.4 * np.nanstd(drawn))


def test_f1_and_recalls_agree_with_resampling_of_rows() -> None:
    labels, probabilities = some(150)
    counts = confusion(labels, probabilities.argmax(1), 3)
    f1, recalls = f1_and_recalls(counts, draws=DRAWS)
    found = by_hand(
        labels, probabilities,
        lambda y, p: [
            sk.f1_score(y, p.argmax(1), average="macro", zero_division=0),
            *sk.recall_score(y, p.argmax(1), labels=range(3), average=None, zero_division=np.nan),
        ],
    )  # fmt: skip
    for place, interval in enumerate([f1, *recalls]):
        assert_close(interval, found[:, place])


def test_a_class_without_test_rows_has_no_interval_and_counts_for_f1_only_where_it_is_predicted() -> None:
    counts = np.array([[30, 5, 0], [4, 20, 0], [0, 0, 0]])
    f1, recalls = f1_and_recalls(counts)
    assert recalls[2] is None
    value = np.mean([2 * 30 / 69, 2 * 20 / 49])
    assert f1[0] < value < f1[1]


def test_nll_and_calibration_agree_with_resampling_of_rows() -> None:
    labels, probabilities = some(120)
    found = measure(labels, probabilities, classes=("a", "b", "c"))
    assert_close(found.intervals["nll"], by_hand(labels, probabilities, nll))
    drawn = by_hand(labels, probabilities, calibration_error)
    assert_close(found.intervals["ece"], np.maximum(0, drawn - drawn.mean() + found.ece))


def test_the_interval_of_calibration_holds_its_value_though_resamples_look_worse() -> None:
    """Of a perfectly calibrated classifier nearly all plain resamples are further off than the sample."""
    rng = np.random.default_rng(3)
    probabilities = rng.dirichlet(np.ones(3), 150).astype(np.float32)
    labels = np.array([rng.choice(3, p=row / row.sum()) for row in probabilities.astype(np.float64)])
    found = measure(labels, probabilities, classes=("a", "b", "c"))
    plain = by_hand(labels, probabilities, calibration_error, 500)
    assert np.mean(plain > found.ece) > 0.85
    low, high = found.intervals["ece"]
    assert low <= found.ece <= high


def test_means_agree_with_the_normal_interval_of_a_large_sample() -> None:
    values = np.random.default_rng(0).exponential(size=4000)
    low, high = mean_interval(values)
    error = 1.96 * values.std() / np.sqrt(4000)
    assert (low, high) == pytest.approx((values.mean() - error, values.mean() + error), abs=0.1 * error)


def test_draws_are_of_as_many_rows_each_and_the_same_for_a_seed() -> None:
    columns = np.ones((50, 1))
    sums = np.concatenate(list(drawn_sums(columns, draws=300)))
    assert sums.shape == (300, 1)
    assert (sums == 50).all()
    values = np.arange(50.0)[:, None]
    again = [np.concatenate(list(drawn_sums(values, draws=300, seed=seed))) for seed in (1, 1, 2)]
    np.testing.assert_array_equal(again[0], again[1])
    assert (again[0] != again[2]).any()


def test_a_large_test_set_is_drawn_anew_less_often() -> None:
    assert len(np.concatenate(list(drawn_sums(np.ones((400_000, 1)))))) == 250


def test_one_row_has_intervals_without_width() -> None:
    found = measure(np.array([1]), np.array([[0.25, 0.75]], dtype=np.float32), classes=("a", "b"))
    for name in ("accuracy", "macro_f1", "nll", "ece"):
        low, high = found.intervals[name]
        assert low == pytest.approx(high)
    assert found.intervals["recall"] == {"a": None, "b": (1.0, 1.0)}


def test_several_labels_agree_with_sklearn_and_with_resampling() -> None:
    rng = np.random.default_rng(1)
    labels = (rng.random((90, 4)) < [0.6, 0.3, 0.2, 0.0]).astype(np.float32)
    logits = 1.5 * (2 * labels - 1) + 1.5 * rng.normal(size=labels.shape)
    probabilities = (1 / (1 + np.exp(-logits))).astype(np.float32)
    found = measure_many(labels, probabilities, classes=("a", "b", "c", "never"))
    said = probabilities > 0.5
    content = found.to_json()
    assert content["accuracy"] == sk.accuracy_score(labels, said)
    assert content["micro_f1"] == pytest.approx(sk.f1_score(labels, said, average="micro"))
    there = [c for c in range(4) if labels[:, c].any() or said[:, c].any()]
    assert content["macro_f1"] == pytest.approx(
        sk.f1_score(labels[:, there], said[:, there], average="macro", zero_division=0)
    )
    recall = sk.recall_score(labels, said, average=None, zero_division=np.nan)
    assert [content["recall"][name] for name in "abc"] == pytest.approx(recall[:3])
    assert content["recall"]["never"] is None
    assert content["intervals"]["recall"]["never"] is None
    np.testing.assert_array_equal(content["confusion"], sk.multilabel_confusion_matrix(labels, said))
    exact = probabilities.astype(np.float64)
    each = [sk.log_loss(labels[:, c], exact[:, c], labels=[0, 1]) for c in range(4)]
    assert content["nll"] == pytest.approx(np.mean(each), rel=1e-4)
    pooled = np.stack([1 - exact.ravel(), exact.ravel()], axis=1).astype(np.float32)
    assert content["ece"] == pytest.approx(calibration_error(labels.ravel().astype(np.int64), pooled), abs=1e-6)
    assert_close(content["intervals"]["micro_f1"], by_hand(
        labels, probabilities, lambda y, p: sk.f1_score(y, p > 0.5, average="micro"), 600
    ))  # fmt: skip
    assert_close(content["intervals"]["recall"]["b"], by_hand(
        labels, probabilities, lambda y, p: sk.recall_score(y[:, 1], p[:, 1] > 0.5, zero_division=np.nan), 600
    ))  # fmt: skip


def test_calibration_of_several_answers_a_row_is_over_all_of_them() -> None:
    gaps = np.array([[0.5, -0.25], [0.5, -0.25]])
    assert calibration_interval(gaps, answers=2) == pytest.approx((0.375, 0.375))
