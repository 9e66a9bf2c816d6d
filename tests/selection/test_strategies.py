"""Each strategy against its own rule on small data."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from eudscore.errors import RequestError
from eudscore.records import Balance, Band, Strategy
from eudscore.selection.order import hash_order
from eudscore.selection.strategies import (
    STRATEGIES,
    Draw,
    SelectionInputs,
    balance_named,
    strategy_named,
)

EVERYTHING = Band(0, 1)


@st.composite
def pools(draw: st.DrawFn) -> SelectionInputs:
    n = draw(st.integers(1, 50))
    value = st.one_of(st.just(float("nan")), st.integers(0, 6).map(float))
    return SelectionInputs(
        draw(arrays(np.float32, n, elements=value)),
        draw(st.one_of(st.none(), arrays(np.int64, n, elements=st.integers(-1, 3)))),
        draw(arrays(np.bool_, n)),
    )


@given(pools(), st.sampled_from(Strategy), st.sampled_from(Balance), st.integers(1, 60), st.integers(0, 5))
def test_every_strategy_draws_the_budget_of_distinct_choosable_rows(
    inputs: SelectionInputs, strategy: Strategy, balance: Balance, budget: int, seed: int
) -> None:
    draw = Draw(budget, EVERYTHING, balance, seed)
    rows = STRATEGIES[strategy](inputs, draw)
    pool = inputs.eligible if strategy is Strategy.RANDOM else inputs.choosable
    assert rows.dtype == np.int64
    assert len(set(rows.tolist())) == len(rows) == min(budget, int(pool.sum()))
    assert pool[rows].all()
    np.testing.assert_array_equal(rows, STRATEGIES[strategy](inputs, draw))


@given(pools(), st.sampled_from(Strategy), st.sampled_from(Balance), st.integers(1, 60), st.integers(1, 60))
def test_every_strategy_is_nested_over_budgets(
    inputs: SelectionInputs, strategy: Strategy, balance: Balance, a: int, b: int
) -> None:
    small, large = (STRATEGIES[strategy](inputs, Draw(k, EVERYTHING, balance, 0)) for k in sorted((a, b)))
    np.testing.assert_array_equal(small, large[: len(small)])


@given(pools(), st.integers(1, 60), st.integers(0, 5))
def test_top_without_balance_is_the_sort_by_value_then_hash_order(
    inputs: SelectionInputs, budget: int, seed: int
) -> None:
    place = np.argsort(hash_order(len(inputs.values), seed))
    oracle = sorted(np.flatnonzero(inputs.choosable), key=lambda row: (-inputs.values[row], place[row]))
    rows = STRATEGIES[Strategy.TOP](inputs, Draw(budget, EVERYTHING, Balance.NONE, seed))
    assert rows.tolist() == oracle[:budget]


@given(pools(), st.integers(1, 60), st.sampled_from(Balance))
def test_bottom_is_top_of_the_reversed_score(inputs: SelectionInputs, budget: int, balance: Balance) -> None:
    mirrored = SelectionInputs(-inputs.values, inputs.labels, inputs.eligible)
    draw = Draw(budget, EVERYTHING, balance, 0)
    np.testing.assert_array_equal(STRATEGIES[Strategy.BOTTOM](inputs, draw), STRATEGIES[Strategy.TOP](mirrored, draw))


def test_balanced_top_takes_the_top_of_each_class_in_its_share() -> None:
    values = np.arange(100, dtype=np.float32)
    labels = np.repeat([0, 1], [80, 20])  # class 1 holds all the highest values
    inputs = SelectionInputs(values, labels, np.ones(100, dtype=np.bool_))
    rows = STRATEGIES[Strategy.TOP](inputs, Draw(10, EVERYTHING, Balance.PROPORTIONAL, 0))
    assert sorted(rows.tolist()) == [*range(72, 80), 98, 99]


def test_random_also_takes_rows_without_a_score_and_the_others_do_not() -> None:
    values = np.array([np.nan, 1, np.nan, 2], dtype=np.float32)
    inputs = SelectionInputs(values, None, np.array([True, True, False, True]))
    draw = Draw(4, EVERYTHING, Balance.PROPORTIONAL, 0)
    taken = {strategy: sorted(STRATEGIES[strategy](inputs, draw).tolist()) for strategy in Strategy}
    assert taken == {
        Strategy.RANDOM: [0, 1, 3], Strategy.BAND: [1, 3], Strategy.TOP: [1, 3], Strategy.BOTTOM: [1, 3],
    }  # fmt: skip


def test_quantiles_count_all_scored_rows_but_show_only_those_with_text() -> None:
    inputs = SelectionInputs(np.array([1, 2, 3, 4], dtype=np.float32), None, np.array([True, False, True, True]))
    np.testing.assert_array_equal(inputs.quantiles, np.float32([0.125, np.nan, 0.625, 0.875]))


def test_every_strategy_has_a_function_that_says_when_it_loses() -> None:
    assert set(STRATEGIES) == set(Strategy)
    for chooser in STRATEGIES.values():
        assert all(word in (chooser.__doc__ or "") for word in ("Source:", "Cost:", "When it loses:"))


def test_an_unknown_strategy_or_balance_lists_the_known_ones() -> None:
    with pytest.raises(RequestError, match=r"^There is no strategy 'best'\. Choose one of band, random, top, bot"):
        strategy_named("best")
    with pytest.raises(RequestError, match=r"^There is no balance 'equal'\. Choose one of proportional, none\.$"):
        balance_named("equal")


def test_arrays_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match="labels is"):
        SelectionInputs(np.zeros(3, np.float32), np.zeros(2, np.int64), np.ones(3, np.bool_))
