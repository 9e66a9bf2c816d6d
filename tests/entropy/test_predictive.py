"""Class uncertainty against scipy, torch, cleanlab and the golden table."""

import math

import numpy as np
import pytest
import scipy.special
import scipy.stats
import torch
from cleanlab.internal.label_quality_utils import get_normalized_entropy
from cleanlab.rank import (
    get_confidence_weighted_entropy_for_each_label,
    get_normalized_margin_for_each_label,
    get_self_confidence_for_each_label,
)
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import log_loss

from eudscore.entropy.predictive import (
    best_temperature,
    el2n,
    energy,
    gini,
    label_gap,
    least_confidence,
    margin,
    predictive_entropy,
    softmax,
)

logits = arrays(np.float64, (4, 5), elements=st.floats(-30, 30))
labels = arrays(np.int64, 4, elements=st.integers(0, 4))
orders = st.permutations(range(5))

LABEL_FREE = (predictive_entropy, margin, least_confidence, gini)
THREE = np.array([[0.7, 0.2, 0.1]])


@given(logits)
def test_entropy_agrees_with_scipy_torch_and_cleanlab(z: np.ndarray) -> None:
    mine = predictive_entropy(softmax(z))
    np.testing.assert_allclose(mine, scipy.stats.entropy(softmax(z), axis=1), atol=1e-10)
    np.testing.assert_allclose(mine, torch.distributions.Categorical(logits=torch.from_numpy(z)).entropy(), atol=1e-10)
    np.testing.assert_allclose(mine / math.log(5), get_normalized_entropy(softmax(z)), atol=1e-10)


@given(logits, labels)
def test_what_cleanlab_says_of_a_label_can_be_said_with_ours(z: np.ndarray, given_labels: np.ndarray) -> None:
    probs = softmax(z)
    confidence = get_self_confidence_for_each_label(given_labels, probs)
    np.testing.assert_allclose(label_gap(probs, given_labels), 1 - confidence, atol=1e-12)
    best = probs.argmax(axis=1)
    np.testing.assert_allclose(margin(probs), 2 - 2 * get_normalized_margin_for_each_label(best, probs), atol=1e-12)
    np.testing.assert_allclose(least_confidence(probs), label_gap(probs, best), atol=1e-12)
    weighted = np.maximum(predictive_entropy(probs) / math.log(5) / np.maximum(confidence, 1e-6), 1e-9)
    oracle = get_confidence_weighted_entropy_for_each_label(given_labels, probs)
    sure = (confidence > 1e-6) & (weighted > 1e-6)  # beyond that cleanlab clips
    np.testing.assert_allclose((np.log1p(weighted) / weighted)[sure], oracle[sure], rtol=1e-6)


@given(logits)
def test_measures_lie_in_their_bounds(z: np.ndarray) -> None:
    probs = softmax(z)
    for measure, highest in zip(LABEL_FREE, (math.log(5), 1.0, 0.8, 0.8), strict=True):
        assert ((measure(probs) >= 0) & (measure(probs) <= highest + 1e-9)).all(), measure


@given(logits, orders)
def test_classes_may_be_renamed(z: np.ndarray, order: list[int]) -> None:
    for measure in LABEL_FREE:
        np.testing.assert_allclose(measure(softmax(z)), measure(softmax(z[:, order])), atol=1e-9)
    np.testing.assert_allclose(energy(z, 2.0), energy(z[:, order], 2.0), atol=1e-9)


@given(logits, labels, orders)
def test_classes_may_be_renamed_together_with_their_labels(
    z: np.ndarray, given_labels: np.ndarray, order: list[int]
) -> None:
    renamed = np.argsort(order)[given_labels]
    for measure in (label_gap, el2n):
        before, after = measure(softmax(z), given_labels), measure(softmax(z[:, order]), renamed)
        np.testing.assert_allclose(before, after, atol=1e-9)


@given(logits, st.floats(-100, 100))
def test_an_offset_of_the_logits_moves_the_energy_alone(z: np.ndarray, offset: float) -> None:
    for measure in LABEL_FREE:
        np.testing.assert_allclose(measure(softmax(z + offset)), measure(softmax(z)), atol=1e-9)
    np.testing.assert_allclose(energy(z + offset, 3.0), energy(z, 3.0) - offset, atol=1e-9)


@given(logits, st.floats(0.05, 20))
def test_energy_agrees_with_scipy_and_lies_below_the_best_logit(z: np.ndarray, temperature: float) -> None:
    found = energy(z, temperature)
    np.testing.assert_allclose(found, -temperature * scipy.special.logsumexp(z / temperature, axis=1), rtol=1e-12)
    assert (found <= -z.max(axis=1) + 1e-9).all()
    assert (found >= -z.max(axis=1) - temperature * math.log(5) - 1e-9).all()


@given(logits, labels)
def test_el2n_is_the_distance_from_the_label(z: np.ndarray, given_labels: np.ndarray) -> None:
    probs = softmax(z)
    found = el2n(probs, given_labels)
    np.testing.assert_allclose(found, np.linalg.norm(probs - np.eye(5)[given_labels], axis=1), atol=1e-12)
    assert ((found >= label_gap(probs, given_labels) - 1e-12) & (found <= math.sqrt(2) + 1e-12)).all()


@given(logits)
def test_a_text_has_the_same_value_alone_and_among_others(z: np.ndarray) -> None:
    probs = softmax(z)
    for measure in LABEL_FREE:
        np.testing.assert_array_equal(measure(probs)[2:3], measure(probs[2:3]))
        np.testing.assert_array_equal(measure(probs)[::-1], measure(probs[::-1]))
    np.testing.assert_array_equal(energy(z)[::-1], energy(z[::-1]))


def test_golden_values_of_the_method() -> None:
    assert predictive_entropy(THREE)[0] == pytest.approx(0.8018185525, abs=1e-10)
    assert predictive_entropy(THREE)[0] / math.log(3) == pytest.approx(0.7298466992, abs=1e-10)
    assert margin(THREE)[0] == pytest.approx(0.5)
    assert least_confidence(THREE)[0] == pytest.approx(0.3)
    assert gini(THREE)[0] == pytest.approx(0.46)
    assert label_gap(THREE, np.array([1]))[0] == pytest.approx(0.8)
    assert el2n(THREE, np.array([1]))[0] == pytest.approx(math.sqrt(0.49 + 0.64 + 0.01))
    assert energy(np.array([[2.0, 1.0, 0.0]]))[0] == pytest.approx(-2.4076059644, abs=1e-10)


def test_an_impossible_class_adds_nothing() -> None:
    z = np.array([[0.0, 0.0, -np.inf]])
    assert predictive_entropy(softmax(z))[0] == pytest.approx(math.log(2))
    assert least_confidence(softmax(z))[0] == pytest.approx(0.5)
    assert energy(z)[0] == pytest.approx(-math.log(2))
    assert energy(np.full((1, 3), -np.inf))[0] == math.inf


def test_certainty_is_zero_and_ignorance_is_the_bound() -> None:
    for measure, highest in zip(LABEL_FREE, (math.log(4), 1.0, 0.75, 0.75), strict=True):
        assert measure(np.array([[0.0, 1.0, 0.0, 0.0]]))[0] == 0
        assert measure(np.full((1, 4), 0.25))[0] == pytest.approx(highest)


def test_unlabelled_has_no_opinion_of_its_label() -> None:
    probs, given_labels = np.array([[0.5, 0.5], [0.25, 0.75]]), np.array([-1, 1])
    np.testing.assert_allclose(label_gap(probs, given_labels), [np.nan, 0.25])
    np.testing.assert_allclose(el2n(probs, given_labels), [np.nan, 0.25 * math.sqrt(2)])


def test_unknown_probabilities_give_nan() -> None:
    unknown = np.full((1, 3), np.nan)
    for measure in LABEL_FREE:
        assert math.isnan(measure(unknown)[0]), measure
    for measure in (label_gap, el2n):
        assert math.isnan(measure(unknown, np.array([1]))[0]), measure
    assert math.isnan(energy(unknown)[0])


def test_el2n_leaves_the_probabilities_as_they_were() -> None:
    probs = THREE.copy()
    el2n(probs, np.array([0]))
    np.testing.assert_array_equal(probs, THREE)


def test_best_temperature_is_the_one_a_grid_search_finds() -> None:
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 4, 400)
    z = 6 * np.eye(4)[np.where(rng.random(400) < 0.7, truth, rng.integers(0, 4, 400))]
    found = best_temperature(z, truth)
    grid = np.geomspace(0.05, 20, 2_000)
    losses = [log_loss(truth, softmax(z, t), labels=range(4)) for t in grid]
    assert found == pytest.approx(grid[int(np.argmin(losses))], rel=0.01)
