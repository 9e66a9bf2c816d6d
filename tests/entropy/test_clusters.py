"""Semantic entropy against scipy and against its defining properties."""

import math

import numpy as np
import pytest
import scipy.special
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from eudscore.entropy.clusters import (
    cluster_count,
    matched_temperature,
    neighbour_cluster_entropy,
    soft_assignment_entropy,
)

cosines = arrays(np.float64, (6, 5), elements=st.floats(-1, 1))


@given(cosines, st.floats(0.01, 5))
def test_soft_entropy_agrees_with_scipy(cos: np.ndarray, temperature: float) -> None:
    mine = soft_assignment_entropy(cos, temperature)
    oracle = scipy.stats.entropy(scipy.special.softmax(cos / temperature, axis=1), axis=1)
    np.testing.assert_allclose(mine, oracle, atol=1e-9)
    assert ((mine >= -1e-12) & (mine <= math.log(5) + 1e-9)).all()


@given(cosines)
def test_soft_entropy_does_not_depend_on_the_order_of_clusters(cos: np.ndarray) -> None:
    np.testing.assert_allclose(soft_assignment_entropy(cos, 0.1), soft_assignment_entropy(cos[:, ::-1], 0.1), atol=1e-9)


def test_temperature_ends_are_certainty_and_ignorance() -> None:
    cos = np.array([[0.9, 0.1, -0.3]])
    assert soft_assignment_entropy(cos, 1e-4)[0] == pytest.approx(0, abs=1e-12)
    assert soft_assignment_entropy(cos, 1e4)[0] == pytest.approx(math.log(3), abs=1e-6)


@given(st.integers(0, 2**32 - 1))
def test_neighbour_entropy_agrees_with_scipy(seed: int) -> None:
    rng = np.random.default_rng(seed)
    clusters = rng.integers(0, 4, 12)
    neighbours = rng.integers(0, 12, (12, 6))
    mine = neighbour_cluster_entropy(clusters, neighbours)
    for row in range(12):
        _, counts = np.unique(clusters[neighbours[row]], return_counts=True)
        assert mine[row] == pytest.approx(scipy.stats.entropy(counts), abs=1e-12)


def test_missing_neighbours_do_not_count_and_none_at_all_is_nan() -> None:
    clusters = np.array([0, 1, 1])
    mine = neighbour_cluster_entropy(clusters, np.array([[1, 0], [0, -1], [-1, -1]]))
    np.testing.assert_allclose(mine, [math.log(2), 0.0, np.nan])


def test_matched_temperature_makes_the_two_means_equal() -> None:
    rng = np.random.default_rng(1)
    cos = rng.uniform(-0.2, 0.9, (300, 12))
    cos[5] = np.nan
    for target in (0.3, 1.0, 2.0):
        temperature = matched_temperature(cos, target)
        assert np.nanmean(soft_assignment_entropy(cos, temperature)) == pytest.approx(target, abs=1e-6)


@pytest.mark.parametrize(
    ("texts", "classes", "expected"),
    [(200, 0, 10), (10_003, 0, 71), (10_003, 77, 154), (1_000_000, 0, 100), (6, 0, 3), (1, 0, 1)],
)
def test_cluster_count(texts: int, classes: int, expected: int) -> None:
    assert cluster_count(texts, classes) == expected
