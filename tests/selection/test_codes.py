"""Columns as codes along their drawn axis."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from eudscore.selection.codes import LAST, NO_VALUE, Axis, axis_of, codes_of

columns = arrays(np.float32, st.integers(1, 60), elements=st.floats(-1e6, 1e6, width=32) | st.just(np.nan))


@given(columns)
def test_codes_keep_the_order_of_the_values_and_mark_what_has_none(values):
    codes = codes_of(values, axis_of(values))
    scored = np.isfinite(values)
    assert (codes[~scored] == NO_VALUE).all()
    assert (codes[scored] <= LAST).all()
    order = np.argsort(values[scored], kind="stable")
    assert (np.diff(codes[scored][order].astype(int)) >= 0).all()


@given(columns)
def test_a_code_leads_back_to_its_value_as_far_as_the_axis_reaches(values):
    axis = axis_of(values)
    assert axis.hi > axis.lo
    inside = np.isfinite(values) & (values >= axis.lo) & (values <= axis.hi)
    back = np.array([axis.value(code) for code in codes_of(values, axis)[inside]])
    step = (axis.hi - axis.lo) / LAST
    np.testing.assert_allclose(back, values[inside], atol=0.51 * step, rtol=1e-6)


def test_whole_numbers_lie_in_the_middle_of_their_unit():
    axis = axis_of(np.array([3.0, 7.0, np.nan, 5.0]))
    assert axis == Axis(2.5, 7.5, True, 3.0, 7.0)
    np.testing.assert_allclose(
        [axis.value(code) for code in codes_of(np.array([3.0, 5.0, 7.0]), axis)], [3, 5, 7], atol=1e-3
    )


def test_a_few_far_outliers_share_the_ends():
    values = np.concatenate([np.linspace(0, 1, 9_997), [90.5, 100.25, -70.125]])
    axis = axis_of(values)
    assert axis.lo == pytest.approx(0, abs=0.01)
    assert axis.hi == pytest.approx(1, abs=0.01)
    assert (axis.least, axis.most) == (-70.125, 100.25)
    assert codes_of(values, axis)[-3:].tolist() == [LAST, LAST, 0]


@pytest.mark.parametrize("values", [[], [np.nan], [np.inf, -np.inf]])
def test_without_a_value_there_is_an_axis_all_the_same(values):
    assert axis_of(np.array(values, dtype=np.float32)) == Axis(0.0, 1.0)


def test_equal_values_lie_in_the_middle():
    axis = axis_of(np.full(5, 0.25))
    assert axis == Axis(-0.25, 0.75, False, 0.25, 0.25)
    assert set(codes_of(np.full(5, 0.25), axis).tolist()) == {LAST // 2}
