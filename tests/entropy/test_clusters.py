"""Semantic entropy against scipy and against its defining properties."""

import math

import numpy as np
import pytest
import scipy.special
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from eudscore.entropy import clusters as clusters_module
from eudscore.entropy.clusters import (
    cluster_count,
    cluster_isolation,
    cluster_sums,
    coassociation_entropy,
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


def by_brute_force(clusterings: np.ndarray, neighbours: np.ndarray) -> list[float]:
    found = []
    for row, near in enumerate(neighbours):
        terms = []
        for other in near:
            if other >= 0 and clusterings[0, other] >= 0 and clusterings[0, row] >= 0:
                share = sum(ids[row] == ids[other] for ids in clusterings) / len(clusterings)
                terms.append(scipy.stats.entropy([share, 1 - share]))
        found.append(float(np.mean(terms)) if terms else math.nan)
    return found


@given(st.integers(0, 2**32 - 1), st.integers(1, 9))
def test_stability_is_the_entropy_of_how_often_neighbours_go_together(seed: int, runs: int) -> None:
    rng = np.random.default_rng(seed)
    clusterings = rng.integers(0, 3, (runs, 10))
    clusterings[:, rng.random(10) < 0.2] = -1
    neighbours = rng.integers(-1, 10, (10, 4))
    mine = coassociation_entropy(clusterings, neighbours)
    np.testing.assert_allclose(mine, by_brute_force(clusterings, neighbours), atol=1e-12)
    known = mine[~np.isnan(mine)]
    assert ((known >= 0) & (known <= math.log(2) + 1e-12)).all()


def isolation_by_brute_force(vectors: np.ndarray, clusters: np.ndarray, cos: np.ndarray, row: int) -> float:
    others = [float(cos[row, cluster]) for cluster in range(cos.shape[1]) if cluster != clusters[row]]
    rest = vectors[(clusters == clusters[row]) & (np.arange(len(vectors)) != row)].sum(axis=0)
    if np.linalg.norm(rest) > 1e-6:
        others.append(float(vectors[row] @ rest / np.linalg.norm(rest)))
    return 1 - max(others) if others else math.nan


@given(st.integers(0, 2**32 - 1), st.integers(1, 4))
def test_isolation_is_the_distance_to_the_nearest_cluster_without_the_text(seed: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(9, 5))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    clusters, centroids = rng.integers(-1, count, 9), rng.normal(size=(count, 5))
    cos = vectors @ (centroids / np.linalg.norm(centroids, axis=1, keepdims=True)).T
    rows = np.flatnonzero(clusters >= 0)
    sums = cluster_sums(vectors, clusters, count)
    for cluster in range(count):
        np.testing.assert_allclose(sums[cluster], vectors[clusters == cluster].sum(axis=0), atol=1e-12)
    mine = cluster_isolation(vectors[rows], clusters[rows], cos[rows], sums)
    expected = [isolation_by_brute_force(vectors, clusters, cos, row) for row in rows]
    np.testing.assert_allclose(mine, expected, atol=1e-9)
    assert np.isnan(mine).all() == (count == 1 and len(rows) <= 1)


def test_an_outlier_with_a_cluster_to_itself_is_isolated() -> None:
    vectors = np.array([[1.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    centroids, ids = vectors[[0, 2]], np.array([0, 0, 1])
    found = cluster_isolation(vectors, ids, vectors @ centroids.T, cluster_sums(vectors, ids, 2))
    np.testing.assert_allclose(found, [0, 0, 1], atol=1e-12)


@given(st.integers(0, 2**32 - 1))
def test_names_of_clusters_order_of_runs_and_of_texts_do_not_matter(seed: int) -> None:
    rng = np.random.default_rng(seed)
    clusterings, neighbours = rng.integers(0, 3, (5, 10)), rng.integers(0, 10, (10, 4))
    near, stable = neighbour_cluster_entropy(clusterings[0], neighbours), coassociation_entropy(clusterings, neighbours)
    names = rng.permutation(3)
    np.testing.assert_array_equal(coassociation_entropy(names[clusterings[::-1]], neighbours), stable)
    np.testing.assert_array_equal(neighbour_cluster_entropy(names[clusterings[0]], neighbours), near)
    order = rng.permutation(10)
    moved = np.argsort(order)[neighbours[order]]
    np.testing.assert_array_equal(coassociation_entropy(clusterings[:, order], moved), stable[order])
    np.testing.assert_array_equal(neighbour_cluster_entropy(clusterings[0, order], moved), near[order])


def test_a_neighbourhood_that_is_always_or_never_grouped_alike_is_certain() -> None:
    neighbours = np.array([[1, 2], [0, 2], [0, 1]])
    assert coassociation_entropy(np.array([[0, 0, 1], [2, 2, 0]]), neighbours).tolist() == [0, 0, 0]
    undecided = coassociation_entropy(np.array([[0, 0, 0], [0, 1, 2]]), neighbours)
    np.testing.assert_allclose(undecided, math.log(2))


def test_blocks_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    clusterings, neighbours, cos = rng.integers(0, 4, (3, 50)), rng.integers(0, 50, (50, 6)), rng.random((50, 7))
    vectors = rng.normal(size=(50, 5))

    def everything() -> list[np.ndarray]:
        return [
            cluster_sums(vectors, clusterings[0], cos.shape[1]),
            neighbour_cluster_entropy(clusterings[0], neighbours),
            coassociation_entropy(clusterings, neighbours),
            soft_assignment_entropy(cos, 0.1),
        ]

    whole = everything()
    monkeypatch.setattr(clusters_module, "_CELLS", 100)
    for before, after in zip(whole, everything(), strict=True):
        np.testing.assert_allclose(before, after, rtol=0, atol=1e-12)


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


def test_a_mean_out_of_reach_gives_the_end_of_the_scale() -> None:
    cos = np.random.default_rng(1).uniform(-0.2, 0.9, (30, 4))
    assert matched_temperature(cos, 0.0) == pytest.approx(1e-4)
    assert matched_temperature(cos, 5.0) == pytest.approx(1e2)


@pytest.mark.parametrize(
    ("texts", "classes", "expected"),
    [(200, 0, 10), (10_003, 0, 71), (10_003, 77, 154), (1_000_000, 0, 100), (6, 0, 3), (1, 0, 1)],
)
def test_cluster_count(texts: int, classes: int, expected: int) -> None:
    assert cluster_count(texts, classes) == expected
