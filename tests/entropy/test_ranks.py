"""Mid-ranks against scipy and their defining properties."""

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from eudscore.entropy.ranks import mid_ranks

few_values = arrays(np.float64, st.integers(1, 60), elements=st.sampled_from([-2.0, -0.0, 0.0, 0.5, 3.0]))
any_values = arrays(np.float64, st.integers(0, 60), elements=st.floats(allow_infinity=True, allow_nan=True))


@given(few_values)
def test_mid_ranks_agree_with_scipy_where_values_tie(values: np.ndarray) -> None:
    oracle = (scipy.stats.rankdata(values, method="average") - 0.5) / len(values)
    np.testing.assert_allclose(mid_ranks(values), oracle, atol=1e-14)


@given(any_values)
def test_what_is_not_finite_has_no_rank_and_does_not_change_the_others(values: np.ndarray) -> None:
    ranks = mid_ranks(values)
    finite = np.isfinite(values)
    assert np.isnan(ranks[~finite]).all()
    np.testing.assert_array_equal(ranks[finite], mid_ranks(values[finite]))
    assert ((ranks[finite] > 0) & (ranks[finite] < 1)).all()


@given(few_values)
def test_reversing_the_values_mirrors_the_ranks_about_one_half(values: np.ndarray) -> None:
    np.testing.assert_allclose(mid_ranks(-values), 1 - mid_ranks(values), atol=1e-14)


@given(few_values)
def test_the_mean_of_all_ranks_is_one_half(values: np.ndarray) -> None:
    assert mid_ranks(values).mean() == pytest.approx(0.5)


def test_the_worked_example_of_the_method() -> None:
    np.testing.assert_array_equal(mid_ranks(np.array([3.0, 1.0, 1.0, 2.0])), [0.875, 0.25, 0.25, 0.625])


@pytest.mark.parametrize("values", [[], [np.nan], [np.nan, np.inf]])
def test_without_a_finite_value_nothing_has_a_rank(values: list[float]) -> None:
    ranks = mid_ranks(np.array(values, dtype=np.float32))
    assert ranks.shape == (len(values),)
    assert ranks.dtype == np.float64
    assert np.isnan(ranks).all()
