"""New rows come to lie beside their like, and nobody else moves."""

import numpy as np
import pytest
from scipy.optimize import minimize

from eudscore.geometry.placement import _middles, place


def unit(n: int, d: int = 8, seed: int = 0) -> np.ndarray:
    vectors = np.random.default_rng(seed).normal(size=(n, d)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def test_a_row_that_is_there_already_lands_on_its_own_place() -> None:
    vectors = unit(60)
    xy = np.random.default_rng(1).normal(size=(60, 2)).astype(np.float32)
    np.testing.assert_array_equal(place(vectors[[7, 3]], vectors, xy), xy[[7, 3]])


def test_a_row_lands_among_its_kind_and_not_between_the_kinds() -> None:
    kinds = np.repeat(np.eye(8, dtype=np.float32)[:2], 30, axis=0)
    vectors = kinds + 0.05 * np.random.default_rng(0).normal(size=kinds.shape).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    xy = np.repeat(np.array([[0, 0], [9, 9]], np.float32), 30, axis=0)
    xy[25:30] = [9, 9]  # a few of the first kind stand with the second
    found = place(np.eye(8, dtype=np.float32)[:2], vectors, xy)
    np.testing.assert_allclose(found, [[0, 0], [9, 9]], atol=1e-2)


def test_the_middle_is_the_point_of_least_weighted_distance() -> None:
    draw = np.random.default_rng(2)
    points, weights = draw.normal(size=(5, 7, 2)).astype(np.float32), draw.uniform(0.1, 1, (5, 7)).astype(np.float32)
    for middle, around, weight in zip(_middles(points, weights), points, weights, strict=True):

        def total(at: np.ndarray, around: np.ndarray = around, weight: np.ndarray = weight) -> float:
            return float((weight * np.linalg.norm(around - at, axis=1)).sum())

        assert total(middle) <= minimize(total, around.mean(axis=0), method="Nelder-Mead").fun * 1.005


def test_rows_without_a_vector_get_no_place_and_undrawn_rows_are_no_neighbours() -> None:
    vectors = unit(30)
    xy = np.ones((30, 2), np.float32)
    xy[4] = np.nan
    vectors[5] = np.nan
    asked = np.stack([vectors[4], np.full(8, np.nan), np.zeros(8)]).astype(np.float32)
    found = place(asked, vectors, xy)
    np.testing.assert_allclose(found[0], 1, atol=1e-6)
    assert np.isnan(found[1:]).all()


def test_where_nothing_is_drawn_nothing_is_placed() -> None:
    assert np.isnan(place(unit(3), unit(4), np.full((4, 2), np.nan, np.float32))).all()
    assert place(unit(0), unit(4), np.zeros((4, 2), np.float32)).shape == (0, 2)


@pytest.mark.parametrize("near", [1, 15, 100])
def test_any_number_of_neighbours_will_do(near: int) -> None:
    assert np.isfinite(place(unit(3, seed=4), unit(20), np.ones((20, 2), np.float32), near=near)).all()


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="new vectors"):
        place(unit(3, 5), unit(4, 8), np.zeros((4, 2), np.float32))
    with pytest.raises(ValueError, match="positions"):
        place(unit(3), unit(4), np.zeros((3, 2), np.float32))
    with pytest.raises(ValueError, match="0 neighbours"):
        place(unit(3), unit(4), np.zeros((4, 2), np.float32), near=0)
