"""Ranks against scipy and their defining properties."""

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from eudscore.entropy.ranks import length_adjusted, mid_ranks, spearman

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


def test_length_adjusted_ranks_do_not_follow_length() -> None:
    rng = np.random.default_rng(0)
    lengths = rng.integers(3, 100, 5_000)
    values = np.log(lengths) + rng.normal(0, 0.05, 5_000)
    adjusted = length_adjusted(values, lengths)
    assert scipy.stats.spearmanr(values, lengths).statistic > 0.95
    assert abs(scipy.stats.spearmanr(adjusted, lengths).statistic) < 0.05
    assert ((adjusted > 0) & (adjusted < 1)).all()


def test_length_adjusted_agrees_with_a_loop_over_the_bins() -> None:
    rng = np.random.default_rng(1)
    lengths = rng.integers(1, 200, 3_000)
    values = np.where(rng.random(3_000) < 0.1, np.nan, rng.normal(size=3_000))
    adjusted = length_adjusted(values, lengths, bins=4)
    scored = np.isfinite(values)
    quarters = np.quantile(lengths[scored], [0.25, 0.5, 0.75])
    bin_of = np.array([sum(length > edge for edge in quarters) for length in lengths])
    for number in range(4):
        members = scored & (bin_of == number)
        oracle = (scipy.stats.rankdata(values[members]) - 0.5) / members.sum()
        np.testing.assert_allclose(adjusted[members], oracle)


@given(arrays(np.float64, 40, elements=st.sampled_from([0.0, 1.0, 2.0, np.nan])))
def test_among_texts_of_one_length_the_adjusted_rank_is_the_rank(values: np.ndarray) -> None:
    np.testing.assert_array_equal(length_adjusted(values, np.full(40, 12)), mid_ranks(values))


def test_a_bin_of_one_length_ranks_by_the_value() -> None:
    lengths = np.repeat([5, 50], 100)
    values = np.concatenate([np.arange(100.0), np.arange(100.0) * 7])
    one = mid_ranks(np.arange(100.0))
    np.testing.assert_array_equal(length_adjusted(values, lengths), np.concatenate([one, one]))


def test_texts_of_one_length_are_never_split() -> None:
    rng = np.random.default_rng(2)
    lengths = rng.choice([3, 4, 5, 90], 2_000, p=[0.6, 0.2, 0.19, 0.01])
    values = rng.normal(size=2_000)
    adjusted = length_adjusted(values, lengths)
    for length in np.unique(lengths):
        same = lengths == length
        assert scipy.stats.spearmanr(adjusted[same], values[same]).statistic == pytest.approx(1)


def test_few_texts_share_few_bins_so_that_ranks_still_tell_them_apart() -> None:
    values = np.arange(30.0)
    adjusted = length_adjusted(values, np.arange(30))
    assert np.unique(adjusted).size == 10
    np.testing.assert_array_equal(length_adjusted(values[:19], np.arange(19)), mid_ranks(values[:19]))


def test_length_adjusted_keeps_nan() -> None:
    adjusted = length_adjusted(np.array([1.0, np.nan, 3.0, 2.0]), np.array([5, 0, 5, 5]))
    np.testing.assert_allclose(adjusted, [1 / 6, np.nan, 5 / 6, 3 / 6])
    assert length_adjusted(np.zeros(0), np.zeros(0, dtype=np.int64)).shape == (0,)


@given(arrays(np.float64, (2, 20), elements=st.sampled_from([0.0, 0.5, 1.0, 2.0, np.nan])))
def test_spearman_agrees_with_scipy_over_the_rows_that_both_have(pair: np.ndarray) -> None:
    both = np.isfinite(pair).all(axis=0)
    x, y = pair[:, both]
    constant = len(x) < 2 or len(set(x)) == 1 or len(set(y)) == 1
    oracle = 0.0 if constant else scipy.stats.spearmanr(x, y).statistic
    assert spearman(pair[0], pair[1]) == pytest.approx(oracle, abs=1e-12)
