"""The chart of a study shows the figures of its comparison, and the interval that SciPy gives."""

import math
from collections.abc import Sequence

import numpy as np
import pytest
import scipy.stats
from studies import simulated

from eudscore.study.comparison import Comparison, compare
from eudscore.study.results import Cell
from eudscore.ui.study_chart import chart, interval_of


@pytest.fixture
def comparison() -> Comparison:
    return compare(simulated({"coverage": 0.02, "random_by_class": 0.0}, np.random.default_rng(0)), "accuracy")


def line(figure: object, name: str) -> object:
    return next(one for one in figure.data if one.name == name)  # type: ignore[attr-defined]


def test_every_arm_is_at_its_mean_with_its_interval(comparison: Comparison) -> None:
    figure = chart(comparison)
    for name in ("random", "coverage", "random_by_class"):
        arm, drawn = comparison.arm(name, 0.16), line(figure, name.replace("_", " "))
        assert drawn.y == (arm.mean,)
        low, high = scipy.stats.t.interval(0.95, len(arm.values) - 1, arm.mean, scipy.stats.sem(arm.values))
        assert drawn.error_y.array[0] == pytest.approx((high - low) / 2, rel=1e-9)


def test_all_rows_are_a_level_line_with_a_band(comparison: Comparison) -> None:
    figure = chart(comparison)
    full = comparison.full
    assert line(figure, "all rows").y == (full.mean, full.mean)
    (band,) = figure.layout.shapes
    assert (band.y0, band.y1) == (full.mean - interval_of(full), full.mean + interval_of(full))


def test_every_seed_is_a_faint_point(comparison: Comparison) -> None:
    points = [value for one in chart(comparison).data if one.mode == "markers" for value in one.y]
    assert sorted(points) == sorted(value for arm in comparison.arms if arm.budget for value in arm.values)


def test_arms_of_one_budget_do_not_hide_one_another(comparison: Comparison) -> None:
    places = [one.x[0] for one in chart(comparison).data if one.mode == "lines+markers"]
    assert len(set(places)) == 3


def of_budgets(budgets: Sequence[float], seeds: int, metric: str = "accuracy") -> list[Cell]:
    rng = np.random.default_rng(1)
    return [
        Cell(name, budget, seed, metric, float(rng.uniform(0.97, 1.0)), 10, 5, 1.0)
        for name in ("random", "coverage") for budget in budgets for seed in range(seeds)
    ]  # fmt: skip


def test_several_budgets_have_a_band_for_each_strategy() -> None:
    figure = chart(compare(of_budgets((0.05, 0.16, 0.3), 3), "accuracy"))
    assert sum(one.fill == "toself" for one in figure.data) == 2
    assert list(figure.layout.xaxis.ticktext) == ["5 %", "16 %", "30 %"]


def test_one_seed_has_no_interval_and_is_drawn_all_the_same() -> None:
    figure = chart(compare(of_budgets((0.16,), 1), "accuracy"))
    assert all(one.error_y.array == (None,) for one in figure.data if one.mode == "lines+markers")
    assert all(math.isfinite(end) for end in figure.layout.yaxis.range)


@pytest.mark.parametrize("metric", ["accuracy", "ece", "nll"])
def test_the_axis_holds_every_point_and_goes_no_further_than_the_metric(metric: str) -> None:
    found = compare(of_budgets((0.16,), 2, metric), metric)
    low, high = chart(found).layout.yaxis.range
    values = [value for arm in found.arms for value in arm.values]
    assert low <= min(values)
    assert high >= max(values)
    assert low >= 0
    assert metric == "nll" or high <= 1
