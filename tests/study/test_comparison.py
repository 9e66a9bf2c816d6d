"""The table of a study: pairs with random and with all data, families of tests, and cost."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from studies import BUDGET, exact, simulated

from eudscore.errors import RequestError
from eudscore.study.comparison import Cost, compare, cost_of
from eudscore.study.results import Cell


def test_every_arm_has_its_gains_over_random_and_over_all_data() -> None:
    table = compare(simulated({"coverage": 0.02, "band": 0.0}, np.random.default_rng(0)), "accuracy")
    assert [(arm.strategy, arm.budget) for arm in table.arms] == [
        ("random", BUDGET), ("coverage", BUDGET), ("band", BUDGET), ("full", None),
    ]  # fmt: skip
    random, coverage, _, full = table.arms
    assert (random.to_random, full.to_random, full.to_full) == (None, None, None)
    assert random.to_full is not None
    for gain, other in ((coverage.to_random, random), (coverage.to_full, full)):
        assert gain is not None
        oracle = stats.ttest_rel(coverage.values, other.values)
        assert gain.p == pytest.approx(oracle.pvalue)
        assert (gain.low, gain.high) == pytest.approx(oracle.confidence_interval(0.95))


def test_three_random_subsets_of_a_seed_are_one_partner() -> None:
    cells = simulated({"coverage": 0.02}, np.random.default_rng(0))
    alone = [cell for place, cell in enumerate(cells) if cell.strategy != "random" or place % 5 == 1]
    assert len(alone) == len(cells) - 10
    with_three, with_one = (compare(some, "accuracy").arm("coverage", BUDGET).to_random for some in (cells, alone))
    assert with_three is not None
    assert with_one is not None
    assert with_three.mean == pytest.approx(with_one.mean)
    assert with_three.seeds == with_one.seeds == (0, 1, 2, 3, 4)


def test_p_values_are_adjusted_within_a_budget_only() -> None:
    rng = np.random.default_rng(1)
    cells = simulated({"a": 0.01, "b": 0.0, "c": 0.0}, rng)
    cells += [Cell(cell.strategy, 0.05, *list(cell.to_json().values())[2:])
              for cell in simulated({"a": 0.01}, rng, full=None)]  # fmt: skip
    table = compare(cells, "accuracy")
    low, three = table.arm("a", 0.05).to_random, [table.arm(name, BUDGET).to_random for name in "abc"]
    assert low is not None
    assert low.p_holm == low.p
    found = [(gain.p, gain.p_holm) for gain in three if gain is not None]
    smallest = min(found)
    assert smallest[1] == pytest.approx(min(1, 3 * smallest[0]))


def test_a_study_that_still_runs_gives_a_table() -> None:
    table = compare(exact(coverage={0: 0.9, 1: 0.91}), "accuracy")
    gains = table.arm("coverage", BUDGET)
    assert gains.to_random is not None
    assert gains.to_full is not None
    assert (gains.to_random.seeds, gains.to_full.seeds, table.full) == ((), (), None)
    assert compare([], "accuracy").arms == ()
    lone = compare(exact(coverage={0: 0.9}), "accuracy").arms[0]
    assert lone.mean == 0.9
    assert math.isnan(lone.sd)


def test_what_is_not_there_is_refused_with_what_is() -> None:
    table = compare(exact(coverage={0: 0.9}, full={0: 0.95}), "accuracy")
    with pytest.raises(RequestError, match=r"no accuracy of band at 16 %.*coverage at 16 %, full"):
        table.arm("band", BUDGET)
    with pytest.raises(RequestError, match="nothing yet"):
        compare([], "nll").arm("random", BUDGET)


def test_less_of_a_loss_is_a_gain() -> None:
    cells = exact("nll", random={0: 0.5, 1: 0.6}, coverage={0: 0.4, 1: 0.55})
    gain = compare(cells, "nll").arm("coverage", BUDGET).to_random
    assert gain is not None
    assert (gain.mean, gain.better) == (pytest.approx(0.075), 2)


def test_other_metrics_of_a_study_do_not_mix() -> None:
    both = exact(random={0: 0.5}, coverage={0: 0.7}) + exact("nll", random={0: 1.5}, coverage={0: 0.7}, full={0: 0.1})
    table = compare(both, "accuracy")
    assert [arm.mean for arm in table.arms] == [0.5, 0.7]


def test_cost_counts_scoring_and_selection() -> None:
    table = compare(simulated({"coverage": 0.0}, np.random.default_rng(0)), "accuracy")
    cost = cost_of(table, "coverage", BUDGET, selection=5, scoring=15, epochs=3)
    assert (cost.examples, cost.training, cost.full_training) == (1600, 30, 170)
    assert cost.seconds == 50
    assert cost.speed_up == pytest.approx(3.4)


def test_speed_up_is_that_of_the_formula_in_epochs() -> None:
    # 3 epochs at 16 % and 1.2 forward passes an example, an update being three: 3E / (3Eb + r).
    cost = Cost(1600, training=9 * 0.16, scoring=1.2, full_training=9.0, epochs=3)
    assert cost.speed_up == pytest.approx(9 / (9 * 0.16 + 1.2))


@given(st.floats(0.01, 100), st.floats(0.01, 1), st.floats(0, 500), st.floats(1, 20))
def test_at_the_break_even_both_take_as_long(an_epoch: float, share: float, overhead: float, epochs: float) -> None:
    cost = Cost(1, epochs * an_epoch * share, 0.0, overhead, epochs * an_epoch, epochs)
    if cost.break_even is None:
        assert cost.training >= cost.full_training
        return
    there = cost.break_even
    assert there * an_epoch == pytest.approx(there * an_epoch * share + overhead)


def test_equal_updates_have_no_break_even_and_no_full_data_no_speed_up() -> None:
    assert Cost(1600, 170.0, 0.0, 20.0, 170.0).break_even is None
    assert Cost(1600, 170.0, 0.0, 20.0, 170.0, epochs=3).break_even is None
    assert math.isnan(Cost(1600, 30.0).speed_up)
    assert Cost(1600, 30.0, epochs=3).break_even is None
    assert math.isnan(Cost(1600, 0.0, full_training=3.0).speed_up)
