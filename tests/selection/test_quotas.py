"""Taking turns against the divisor method done one seat at a time."""

from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from eudscore.records import Balance
from eudscore.selection.quotas import strata_of, take_turns

pools = st.lists(st.tuples(st.integers(0, 4), st.booleans()), min_size=1, max_size=60)


def one_seat_at_a_time(available: list[int], weights: list[int], seats: int) -> list[int]:
    """Sainte-Laguë in exact fractions; a party without people left gets no further seat."""
    given_out = [0] * len(weights)
    for _ in range(min(seats, sum(available))):
        open_to = [c for c in range(len(weights)) if given_out[c] < available[c]]
        winner = min(open_to, key=lambda c: (Fraction(2 * given_out[c] + 1, 2 * weights[c]), c))
        given_out[winner] += 1
    return given_out


@given(pools, st.integers(0, 70))
def test_numbers_per_stratum_are_those_of_the_divisor_method(pool: list[tuple[int, bool]], budget: int) -> None:
    strata = np.array([stratum for stratum, _ in pool])
    ranked = np.flatnonzero([inside for _, inside in pool])
    weights = np.bincount(strata, minlength=5)
    chosen = take_turns(ranked, strata, weights, budget=budget)
    available = np.bincount(strata[ranked], minlength=5).tolist()
    expected = one_seat_at_a_time(available, weights.tolist(), budget)
    assert np.bincount(strata[chosen], minlength=5).tolist() == expected


@given(pools, st.integers(0, 70), st.integers(0, 70), st.randoms(use_true_random=False))
def test_a_smaller_budget_chooses_a_prefix(pool: list, small: int, large: int, random) -> None:
    small, large = sorted((small, large))
    strata = np.array([stratum for stratum, _ in pool])
    ranked = np.array(random.sample(range(len(pool)), len(pool)))
    weights = np.bincount(strata)
    many = take_turns(ranked, strata, weights, budget=large)
    np.testing.assert_array_equal(take_turns(ranked, strata, weights, budget=small), many[:small])
    assert len(set(many.tolist())) == len(many) == min(large, len(pool))


@given(pools, st.integers(0, 70))
def test_within_a_stratum_the_best_come_first(pool: list[tuple[int, bool]], budget: int) -> None:
    strata = np.array([stratum for stratum, _ in pool])
    ranked = np.arange(len(pool))[::-1]
    chosen = take_turns(ranked, strata, np.bincount(strata), budget=budget)
    for stratum in range(5):
        mine = chosen[strata[chosen] == stratum]
        np.testing.assert_array_equal(mine, ranked[strata[ranked] == stratum][: len(mine)])


@given(st.lists(st.integers(1, 300), min_size=1, max_size=8), st.integers(1, 400))
def test_nobody_takes_a_turn_before_one_who_is_due(weights: list[int], budget: int) -> None:
    strata = np.repeat(np.arange(len(weights)), weights)
    budget = min(budget, len(strata))
    chosen = take_turns(np.arange(len(strata)), strata, np.array(weights), budget=budget)
    counts = np.bincount(strata[chosen], minlength=len(weights))
    # Defining inequality of a divisor method (it may leave the quota by more than one, rarely).
    last = [Fraction(2 * c - 1, 2 * w) for c, w in zip(counts.tolist(), weights, strict=True) if c]
    next_up = [Fraction(2 * c + 1, 2 * w) for c, w in zip(counts.tolist(), weights, strict=True) if c < w]
    assert not next_up or max(last) <= min(next_up)


def test_more_strata_than_sixteen_bits_hold_are_told_apart() -> None:
    strata = np.array([70_000, 4_464, 70_000, 4_464])  # equal modulo 65,536
    weights = np.bincount(strata)
    chosen = take_turns(np.arange(4), strata, weights, budget=2)
    assert sorted(strata[chosen].tolist()) == [4_464, 70_000]


def test_unlabelled_rows_are_the_last_stratum() -> None:
    labels = np.array([2, -1, 0])
    assert strata_of(labels, 3, Balance.PROPORTIONAL).tolist() == [2, 3, 0]


def test_without_labels_or_balance_all_rows_are_one_stratum() -> None:
    assert strata_of(None, 3, Balance.PROPORTIONAL).tolist() == [0, 0, 0]
    assert strata_of(np.array([2, -1, 0]), 3, Balance.NONE).tolist() == [0, 0, 0]
