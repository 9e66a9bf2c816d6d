"""Class uncertainty against scipy and the golden table."""

import math

import numpy as np
import pytest
import scipy.optimize
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import log_loss

from eudscore.entropy.predictive import best_temperature, label_gap, margin, predictive_entropy, softmax

logits = arrays(np.float64, (4, 5), elements=st.floats(-30, 30))


@given(logits)
def test_entropy_agrees_with_scipy_and_lies_in_its_bounds(z: np.ndarray) -> None:
    probs = softmax(z)
    np.testing.assert_allclose(predictive_entropy(probs), scipy.stats.entropy(probs, axis=1), atol=1e-10)
    assert ((predictive_entropy(probs) >= 0) & (predictive_entropy(probs) <= math.log(5) + 1e-9)).all()


@given(logits, st.permutations(range(5)))
def test_classes_may_be_renamed(z: np.ndarray, order: list[int]) -> None:
    np.testing.assert_allclose(predictive_entropy(softmax(z)), predictive_entropy(softmax(z[:, order])), atol=1e-9)
    np.testing.assert_allclose(margin(softmax(z)), margin(softmax(z[:, order])), atol=1e-12)


def test_golden_values_of_the_method() -> None:
    probs = np.array([[0.7, 0.2, 0.1]])
    assert predictive_entropy(probs)[0] == pytest.approx(0.8018185525, abs=1e-10)
    assert margin(probs)[0] == pytest.approx(0.5)
    assert label_gap(probs, np.array([1]))[0] == pytest.approx(0.8)
    assert predictive_entropy(softmax(np.array([[0.0, 0.0, -np.inf]])))[0] == pytest.approx(math.log(2))


def test_unlabelled_has_no_label_gap() -> None:
    assert math.isnan(label_gap(np.array([[0.5, 0.5]]), np.array([-1]))[0])


def test_unknown_probabilities_give_nan() -> None:
    unknown = np.full((1, 3), np.nan)
    assert math.isnan(predictive_entropy(unknown)[0])
    assert math.isnan(margin(unknown)[0])


def test_best_temperature_is_the_one_a_grid_search_finds() -> None:
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 4, 400)
    z = 6 * np.eye(4)[np.where(rng.random(400) < 0.7, truth, rng.integers(0, 4, 400))]
    found = best_temperature(z, truth)
    grid = np.geomspace(0.05, 20, 2_000)
    losses = [log_loss(truth, softmax(z, t), labels=range(4)) for t in grid]
    assert found == pytest.approx(grid[int(np.argmin(losses))], rel=0.01)
