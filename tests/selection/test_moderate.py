"""Moderate coreset against scikit-learn's centroids."""

import numpy as np
import pytest
from sklearn.neighbors import NearestCentroid

from eudscore.selection.moderate import moderate_first, off_median
from eudscore.selection.request import SelectionRequest, Strategy
from tests.selection.materials import InMemory, pool_of, replaced

REQUEST = SelectionRequest(5, strategy=Strategy.MODERATE)


@pytest.mark.parametrize("seed", range(5))
def test_it_measures_from_the_centroids_of_scikit_learn(seed: int) -> None:
    pool = pool_of(InMemory.random(70, seed=seed))
    centroids = NearestCentroid().fit(pool.vectors, pool.labels).centroids_
    away = np.linalg.norm(pool.vectors - centroids[pool.labels], axis=1)
    medians = np.array([np.median(away[pool.labels == label]) for label in range(3)])
    found = off_median(pool.vectors, np.arange(70), pool.labels)
    np.testing.assert_allclose(found, np.abs(away - medians[pool.labels]), atol=1e-5)
    assert (np.diff(found[moderate_first(pool, REQUEST, 70).order]) >= 0).all()


def test_the_row_at_the_median_comes_first_and_the_extremes_last() -> None:
    vectors = np.array([[0], [1], [2], [3], [14]], dtype=np.float32)  # mean 4; distances 4, 3, 2, 1, 10; median 3
    off = off_median(vectors, np.arange(5), np.zeros(5, dtype=np.int64))
    assert off.tolist() == [1, 0, 1, 2, 7]


def test_without_labels_clusters_are_the_classes() -> None:
    materials = InMemory.random(50, seed=2)
    unlabelled = replaced(materials, labels=None)
    as_labels = replaced(materials, labels=materials.clusters)
    one, other = (moderate_first(pool_of(some), REQUEST, 50).order for some in (unlabelled, as_labels))
    assert one.tolist() == other.tolist()


def test_rows_without_a_vector_come_last_in_draw_order() -> None:
    pool = pool_of(InMemory.random(60, seed=1, missing=0.3))
    order = moderate_first(pool, REQUEST, 60).order
    assert sorted(order.tolist()) == np.flatnonzero(pool.eligible).tolist()
    tail = order[~pool.vectors.any(axis=1)[order]]
    assert tail.tolist() == sorted(tail.tolist()) == order[len(order) - len(tail) :].tolist()


def test_a_class_of_one_row_is_at_its_own_median() -> None:
    off = off_median(np.eye(3, dtype=np.float32), np.arange(3), np.array([0, 1, 1]))
    assert off[0] == 0
