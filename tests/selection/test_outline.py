"""Points in outlines, against winding numbers and shapes that one can judge by eye."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from eudscore.selection.outline import inside

SQUARE = np.array([[0.0, 0.0], [4.0, 0.0], [4.0, 4.0], [0.0, 4.0]])


def by_angles(point, outline):
    """The winding number of an outline about a point: odd = inside by the even-odd rule."""
    ends = outline - point
    angles = np.arctan2(ends[:, 1], ends[:, 0])
    turns = np.diff(np.append(angles, angles[0]))
    turns = (turns + np.pi) % (2 * np.pi) - np.pi
    return round(turns.sum() / (2 * np.pi)) % 2 == 1


@settings(deadline=None)
@given(st.integers(0, 10_000))
def test_the_even_odd_rule_agrees_with_winding_numbers(seed):
    rng = np.random.default_rng(seed)
    corners = rng.normal(size=(int(rng.integers(3, 30)), 2))
    points = rng.normal(size=(60, 2)).astype(np.float32)
    expected = [by_angles(point.astype(np.float64), corners) for point in points]
    np.testing.assert_array_equal(inside(points, corners), expected)


def test_neighbouring_boxes_share_no_point_and_miss_none():
    points = np.stack(np.meshgrid(np.arange(9), np.arange(9)), axis=-1).reshape(-1, 2).astype(np.float32)
    right, above = SQUARE + np.array([4, 0]), SQUARE + np.array([0, 4])
    counts = inside(points, SQUARE).astype(int) + inside(points, right) + inside(points, above)
    assert counts.max() == 1
    assert inside(points, SQUARE).sum() == 16


def test_what_is_nowhere_is_in_no_outline():
    points = np.array([[1, 1], [np.nan, 1], [1, np.nan], [np.inf, 1]], dtype=np.float32)
    assert inside(points, SQUARE).tolist() == [True, False, False, False]


def test_fewer_than_three_corners_hold_nothing():
    points = np.ones((3, 2), dtype=np.float32)
    for corners in range(3):
        assert not inside(points, SQUARE[:corners]).any()


def test_an_outline_of_no_height_holds_nothing():
    assert not inside(np.ones((3, 2), dtype=np.float32), np.array([[0.0, 1.0], [2.0, 1.0], [1.0, 1.0]])).any()
