"""The mixture on the sphere: its fixed point, its start, and how little it minds a change of precision."""

import numpy as np
import pytest
import scipy.special
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import adjusted_rand_score

from eudscore.entropy import mixture
from eudscore.entropy.mixture import CONCENTRATION, spherical_mixture


def unit(vectors: np.ndarray) -> np.ndarray:
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def topics(count: int, n: int, *, noise: float = 0.2, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    topic = np.arange(n) % count
    return unit(np.eye(count, 24)[topic] + noise * rng.normal(size=(n, 24)) / 24**0.5), topic


@given(st.integers(0, 2**32 - 1), st.integers(1, 9))
def test_centroids_are_of_unit_length_and_no_two_are_one(seed: int, components: int) -> None:
    vectors = unit(np.random.default_rng(seed).normal(size=(30, 6)))
    found = spherical_mixture(vectors, components, seed)
    assert 1 <= len(found) <= components
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-6)
    assert (found @ found.T - 2 * np.eye(len(found))).max() <= 1 - 1e-6


def test_many_steps_end_where_a_loop_of_expectation_and_maximisation_stands_still(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    vectors, _ = topics(4, 120)
    monkeypatch.setattr(mixture, "STEPS", 300)
    found = spherical_mixture(vectors, 8, seed=1)
    logits = np.array([[CONCENTRATION * float(mean @ vector) for mean in found] for vector in vectors])
    share = scipy.special.softmax(logits, axis=1)
    again = np.stack([sum(w * v for w, v in zip(column, vectors, strict=True)) for column in share.T])
    again /= np.linalg.norm(again, axis=1, keepdims=True)
    # Components that were taken out as repeated ones do not change the direction of those that stay.
    np.testing.assert_allclose(again, found, atol=2e-3)


def test_each_step_raises_the_likelihood(monkeypatch: pytest.MonkeyPatch) -> None:
    vectors, _ = topics(5, 200, noise=1.0)
    reached = []
    for steps in (0, 1, 2, 5, 10, 40):
        monkeypatch.setattr(mixture, "STEPS", steps)
        found = spherical_mixture(vectors, 10, seed=3)
        assert len(found) == 10
        reached.append(scipy.special.logsumexp(CONCENTRATION * vectors.astype(float) @ found.T, axis=1).sum())
    assert (np.diff(reached) > -1e-3).all()
    assert reached[-1] > reached[0]


def test_twice_as_many_components_as_topics_find_every_topic() -> None:
    for seed in range(20):
        vectors, topic = topics(6, 240, seed=seed)
        found = spherical_mixture(vectors, 12, seed)
        nearest = (vectors @ found.T).argmax(axis=1)
        majority = [np.bincount(topic[nearest == cluster], minlength=6).argmax() for cluster in range(len(found))]
        assert adjusted_rand_score(topic, np.array(majority)[nearest]) == pytest.approx(1)


def test_the_start_follows_the_probabilities_of_k_means_plus_plus() -> None:
    vectors = unit(np.array([[1.0, 0, 0], [1.0, 0.1, 0], [0.7, 0.7, 0], [0, 0, 1.0]]))
    second = {first: np.zeros(4) for first in range(4)}
    for seed in range(20_000):
        first, other, *_ = mixture._start(vectors, 3, seed)
        second[int(first)][other] += 1
    for first, counts in second.items():
        distance = np.maximum(1 - vectors @ vectors[first], 0)
        np.testing.assert_allclose(counts / counts.sum(), distance / distance.sum(), atol=0.03)


def test_vectors_of_another_precision_give_the_same_centroids() -> None:
    rng = np.random.default_rng(0)
    vectors, _ = topics(9, 600, noise=1.0)
    other = unit(vectors + 3e-4 * rng.normal(size=vectors.shape))
    same = 0
    for seed in range(10):
        pair = spherical_mixture(vectors, 18, seed), spherical_mixture(other, 18, seed)
        same += len(pair[0]) == len(pair[1]) and bool((pair[0] * pair[1]).sum(axis=1).min() > 0.999)
    assert same >= 8


@pytest.mark.parametrize("different", [1, 3])
def test_fewer_different_texts_than_components_leave_one_centroid_each(different: int) -> None:
    vectors = unit(np.random.default_rng(0).normal(size=(different, 8)))[np.arange(60) % different]
    assert len(spherical_mixture(vectors, 12, 0)) == different


def test_as_many_components_as_texts_are_allowed() -> None:
    vectors = unit(np.eye(5))
    np.testing.assert_allclose(np.sort(spherical_mixture(vectors, 5, 0).argmax(axis=1)), np.arange(5))
