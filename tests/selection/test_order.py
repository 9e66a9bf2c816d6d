"""The hash order is a permutation that depends on nothing but row number and seed."""

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from eudscore.selection.order import hash_order

MASK = (1 << 64) - 1


def splitmix(state: int) -> int:
    """`mix64` of Steele et al., in plain integers."""
    state = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9 & MASK
    state = (state ^ (state >> 27)) * 0x94D049BB133111EB & MASK
    return state ^ (state >> 31)


def test_hash_is_the_published_splitmix64() -> None:
    # First two outputs of splitmix64 from state 0 (the reference C program of Vigna prints them).
    gamma = 0x9E3779B97F4A7C15
    assert [splitmix(gamma), splitmix(2 * gamma & MASK)] == [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4]


@given(st.integers(0, 200), st.integers(-5, 2**65))
def test_order_agrees_with_plain_integers(n: int, seed: int) -> None:
    gamma = 0x9E3779B97F4A7C15
    start = splitmix((seed + 1) * gamma & MASK)
    oracle = sorted(range(n), key=lambda row: splitmix((start + (row + 1) * gamma) & MASK))
    np.testing.assert_array_equal(hash_order(n, seed), oracle)


@given(st.integers(0, 300), st.integers(0, 100), st.integers(0, 2**32))
def test_a_shorter_data_set_keeps_the_order_of_its_rows(n: int, more: int, seed: int) -> None:
    longer = hash_order(n + more, seed)
    np.testing.assert_array_equal(longer[longer < n], hash_order(n, seed))


def test_seeds_give_unrelated_orders() -> None:
    orders = np.array([hash_order(2000, seed) for seed in range(6)])
    correlation = scipy.stats.spearmanr(orders, axis=1).statistic
    assert np.abs(correlation - np.eye(6)).max() < 0.12  # 5 standard errors


def test_early_places_fall_evenly_over_the_rows() -> None:
    counts = np.bincount(hash_order(50_000, 3)[:5_000] // 5_000, minlength=10)
    assert scipy.stats.chisquare(counts).pvalue > 1e-4


def test_the_shared_order_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="read-only"):
        hash_order(5, 0)[0] = 1
