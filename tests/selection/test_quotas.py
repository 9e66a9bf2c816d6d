"""Taking turns against the divisor method done one seat at a time."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eudscore.errors import RequestError
from eudscore.selection.quotas import capped, place_within, shares_in_order, strata_of, take_turns, weights_of
from eudscore.selection.request import Balance

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


@given(pools, st.integers(0, 70), st.integers(0, 70))
def test_with_one_each_every_stratum_comes_first_and_budgets_stay_nested(pool: list, small: int, large: int) -> None:
    small, large = sorted((small, large))
    strata = np.array([stratum for stratum, _ in pool])
    ranked = np.flatnonzero([inside for _, inside in pool])
    weights = np.bincount(strata)
    many = take_turns(ranked, strata, weights, budget=large, at_least_one=True)
    few = take_turns(ranked, strata, weights, budget=small, at_least_one=True)
    np.testing.assert_array_equal(few, many[:small])
    there = set(strata[ranked].tolist())
    if large >= len(there):
        assert set(strata[many].tolist()) == there
    elif large:
        lightest = min(weights[strata[many]])
        assert all(weights[stratum] <= lightest for stratum in there - set(strata[many].tolist()))


@given(pools, st.integers(0, 70))
def test_with_one_each_the_numbers_are_the_divisor_method_above_a_floor_of_one(pool: list, budget: int) -> None:
    strata = np.array([stratum for stratum, _ in pool])
    ranked = np.flatnonzero([inside for _, inside in pool])
    weights = np.bincount(strata, minlength=5).tolist()
    counts = np.bincount(strata[ranked], minlength=5).tolist()
    got = np.bincount(
        strata[take_turns(ranked, strata, np.array(weights), budget=budget, at_least_one=True)], minlength=5
    ).tolist()
    by_hand = [0] * 5
    for _ in range(min(budget, sum(counts))):
        free = [c for c in range(5) if by_hand[c] < counts[c]]
        winner = min(free, key=lambda c: (by_hand[c] > 0, Fraction(2 * by_hand[c] + 1, 2 * weights[c]), c))
        by_hand[winner] += 1
    assert got == by_hand


def test_a_stratum_of_weight_nought_gets_nothing() -> None:
    strata = np.array([0, 0, 1, 1, 2])
    chosen = take_turns(np.arange(5), strata, np.array([1.0, 0.0, 2.0]), budget=5)
    assert sorted(chosen.tolist()) == [0, 1, 4]


def test_equal_and_given_weights_leave_out_who_has_no_name_or_no_row() -> None:
    strata = np.array([0, 0, 1, 3, 3])  # stratum 2 has no row, 3 is that of the unlabelled
    everyone = np.ones(5, dtype=np.bool_)
    assert weights_of(strata, everyone, Balance.PROPORTIONAL, named=3).tolist() == [2, 1, 0, 2]
    assert weights_of(strata, everyone, Balance.BALANCED, named=3).tolist() == [1, 1, 0, 0]
    assert weights_of(strata, everyone, Balance.CUSTOM, named=3, shares=[5, 0.5, 3]).tolist() == [5, 0.5, 0, 0]


def test_shares_are_put_in_the_order_of_the_classes() -> None:
    assert shares_in_order({"b": 2, "a": 0.5}, ["a", "b", "c"], "class") == [0.5, 2.0, 0.0]


@pytest.mark.parametrize(
    ("shares", "sentence"),
    [
        ({"d": 1}, "There is no class 'd' to give a share to, only 'a', 'b'."),
        ({"a": -1}, "The share of the class 'a' is -1: give a number of at least 0."),
        ({"a": float("nan")}, "The share of the class 'a' is nan"),
        ({"a": float("inf")}, "The share of the class 'a' is inf"),
        ({"a": "x"}, "The share of the class 'a' is 'x'"),
        ({"a": True}, "The share of the class 'a' is True"),
        ({"a": 0}, "No class has a share above 0"),
        ({}, "No class has a share above 0"),
    ],
)
def test_shares_that_make_no_sense_get_a_sentence(shares: dict, sentence: str) -> None:
    with pytest.raises(RequestError) as caught:
        shares_in_order(shares, ["a", "b"], "class")
    assert str(caught.value).startswith(sentence)


@given(st.lists(st.integers(0, 4), max_size=40), st.integers(1, 4), st.randoms(use_true_random=False))
def test_a_cap_keeps_the_first_of_each_group(groups: list[int], cap: int, random) -> None:
    ranked = np.array(random.sample(range(len(groups)), len(groups)), dtype=np.int64)
    seen: dict[int, int] = {}
    by_hand = []
    for row in ranked.tolist():
        seen[groups[row]] = seen.get(groups[row], 0) + 1
        if seen[groups[row]] <= cap:
            by_hand.append(row)
    assert capped(ranked, np.array(groups, dtype=np.int64), cap).tolist() == by_hand
    np.testing.assert_array_equal(capped(ranked, np.array(groups, dtype=np.int64), None), ranked)


@given(st.lists(st.integers(-1, 3), max_size=40))
def test_the_count_within_a_class_is_the_one_done_by_hand(classes: list[int]) -> None:
    by_hand = [classes[:place].count(one) for place, one in enumerate(classes)]
    assert place_within(np.array(classes, dtype=np.int64)).tolist() == by_hand
