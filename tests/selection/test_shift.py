"""What a selection does to shares and means."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from eudscore.selection.shift import class_shift, mean_shift


@given(arrays(np.int64, 30, elements=st.integers(-1, 4)))
def test_keeping_everything_changes_no_share(labels: np.ndarray) -> None:
    shift = class_shift(labels, np.arange(30), 6)
    present = shift.before > 0
    np.testing.assert_allclose(shift.ratio[present], 1)
    assert np.isnan(shift.ratio[~present]).all()


def test_ratio_is_share_after_over_share_before_and_the_unlabelled_do_not_count() -> None:
    labels = np.array([0, 0, 0, 1, -1, -1])
    shift = class_shift(labels, np.array([0, 3, 4]), 2)
    assert shift.before.tolist() == [3, 1]
    assert shift.after.tolist() == [1, 1]
    np.testing.assert_allclose(shift.ratio, [0.5 / 0.75, 0.5 / 0.25])


def test_choosing_no_labelled_row_leaves_the_ratio_open() -> None:
    assert np.isnan(class_shift(np.array([0, -1]), np.array([1]), 1).ratio).all()


def test_means_leave_nan_out_and_compare_by_the_spread() -> None:
    shift = mean_shift(np.array([1.0, 3.0, np.nan, 5.0]), np.array([2, 3]))
    assert (shift.before, shift.after) == (3.0, 5.0)
    assert shift.spread == pytest.approx(np.std([1, 3, 5]))
    assert shift.effect == pytest.approx(2 / np.std([1, 3, 5]))


def test_lengths_may_be_whole_numbers() -> None:
    assert mean_shift(np.array([2, 4], dtype=np.int32), np.array([1])).after == 4.0


def test_without_values_means_are_nan_and_nothing_warns() -> None:
    shift = mean_shift(np.array([np.nan, 1.0]), np.array([0]))
    assert np.isnan(shift.after)
    assert np.isnan(mean_shift(np.array([]), np.array([], dtype=np.int64)).before)
    assert np.isnan(mean_shift(np.array([2.0, 2.0]), np.array([0])).effect)
