"""The combination rules against scipy and loops over the rows, their properties, and the guards."""

import math
import random
from collections.abc import Callable

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from eudscore.entropy.combine import Rule, combine, concentration, mean_rank, narrowness, robust_z
from eudscore.entropy.ranks import mid_ranks

N = 2_000
rng = np.random.default_rng(0)
lengths = rng.integers(5, 60, N)
a, b, c = rng.normal(size=N), rng.gamma(2.0, size=N), rng.normal(size=N)
RANK_RULES = [Rule.MEAN_RANK, Rule.NORMAL_SCORE, Rule.MIN, Rule.MAX, Rule.PROD]
every_rule = pytest.mark.parametrize("rule", list(Rule))
# Distinct but tied across components: sums of such ranks meet in many ways.
permutations = st.permutations(range(24)).map(lambda order: np.array(order, dtype=np.float64))


def ranks_by_scipy(values: np.ndarray) -> np.ndarray:
    return (scipy.stats.rankdata(values) - 0.5) / len(values)


def z_by_scipy(values: np.ndarray) -> np.ndarray:
    spread = scipy.stats.median_abs_deviation(values, scale=1 / 1.4826)
    return np.clip((values - np.median(values)) / spread, -3, 3)


def rows_by_loop(parts: list[np.ndarray], weights: list[float], of_row: Callable[..., float]) -> np.ndarray:
    """One number per row from the components it has, row by row."""
    result = []
    for row in zip(*parts, strict=True):
        there = [(value, weight) for value, weight in zip(row, weights, strict=True) if not math.isnan(value)]
        result.append(of_row(*zip(*there, strict=True)) if there else math.nan)
    return np.array(result)


def weighted(values: tuple[float, ...], weights: tuple[float, ...]) -> float:
    return sum(v * w for v, w in zip(values, weights, strict=True)) / sum(weights)


ORACLES: dict[Rule, tuple[Callable[[np.ndarray], np.ndarray], Callable[..., float]]] = {
    Rule.MEAN_RANK: (ranks_by_scipy, weighted),
    Rule.NORMAL_SCORE: (lambda x: scipy.stats.norm.ppf(ranks_by_scipy(x)), weighted),
    Rule.MIN: (ranks_by_scipy, lambda values, _: min(values)),
    Rule.MAX: (ranks_by_scipy, lambda values, _: max(values)),
    Rule.PROD: (ranks_by_scipy, lambda values, weights: scipy.stats.gmean(values, weights=weights)),
    Rule.MINMAX_SUM: (lambda x: (x - x.min()) / (x.max() - x.min()), weighted),
    Rule.ROBUST_Z: (z_by_scipy, weighted),
}


@every_rule
@pytest.mark.parametrize("weights", [None, {"a": 2.0, "c": 0.5}])
def test_each_rule_agrees_with_a_loop_over_the_rows(rule: Rule, weights: dict[str, float] | None) -> None:
    component, of_row = ORACLES[rule]
    combined = combine(rule, {"a": a, "b": b, "c": c}, lengths, weights=weights)
    asked = [2.0, 1.0, 0.5] if weights else [1.0, 1.0, 1.0]
    oracle = rows_by_loop([component(a), component(b), component(c)], asked, of_row)
    np.testing.assert_allclose(combined.score, oracle, atol=1e-10)
    np.testing.assert_allclose(combined.values, mid_ranks(combined.score))
    assert combined.used == ("a", "b", "c")
    np.testing.assert_allclose(combined.weights, np.array(asked) / sum(asked))


@every_rule
def test_a_row_is_combined_from_the_components_it_has(rule: Rule) -> None:
    component, of_row = ORACLES[rule]
    holed, other = a.copy(), b.copy()
    holed[[0, 2]] = other[[1, 2]] = np.nan
    parts = []
    for values in (holed, other):
        part = np.full(N, np.nan)
        part[np.isfinite(values)] = component(values[np.isfinite(values)])
        parts.append(part)
    combined = combine(rule, {"a": holed, "b": other}, lengths)
    np.testing.assert_allclose(combined.score, rows_by_loop(parts, [1.0, 1.0], of_row), atol=1e-10)
    assert np.isfinite(combined.values[[0, 1]]).all()
    assert np.isnan(combined.values[2])


def test_mean_rank_is_the_default_rule() -> None:
    assert mean_rank({"a": a, "b": b}, lengths).notes == ()
    np.testing.assert_array_equal(
        mean_rank({"a": a, "b": b}, lengths).values, combine(Rule.MEAN_RANK, {"a": a, "b": b}, lengths).values
    )


@every_rule
@given(first=permutations, second=permutations, third=permutations, chance=st.randoms())
def test_order_of_the_rows_changes_nothing(
    rule: Rule, first: np.ndarray, second: np.ndarray, third: np.ndarray, chance: random.Random
) -> None:
    order = list(range(24))
    chance.shuffle(order)
    ones = np.ones(24, dtype=np.int64)
    straight = combine(rule, {"x": first, "y": second, "z": third}, ones)
    moved = combine(rule, {"x": first[order], "y": second[order], "z": third[order]}, ones)
    np.testing.assert_array_equal(moved.values, straight.values[order])


@pytest.mark.parametrize("rule", RANK_RULES)
@given(first=permutations, second=permutations)
def test_monotone_transforms_leave_the_rules_of_ranks_unchanged(
    rule: Rule, first: np.ndarray, second: np.ndarray
) -> None:
    ones = np.ones(24, dtype=np.int64)
    straight = combine(rule, {"x": first, "y": second}, ones)
    bent = combine(rule, {"x": np.exp(first / 4), "y": second**3 - 7}, ones)
    np.testing.assert_array_equal(bent.values, straight.values)


@every_rule
@given(values=st.lists(st.sampled_from([0.0, 1.0, 2.0, 4.0, 8.0, 16.0]), min_size=60, max_size=60))
def test_rows_with_equal_components_tie(rule: Rule, values: list[float]) -> None:
    first, second = np.array(values), np.array(values[::-1])
    combined = combine(rule, {"x": first, "y": second}, np.ones(60, dtype=np.int64)).values
    for row in range(60):
        same = (first == first[row]) & (second == second[row])
        assert len(set(combined[same])) == 1 or np.isnan(combined[same]).all()


def test_equal_sums_of_ranks_tie_however_they_come_about() -> None:
    columns = {"x": np.arange(30.0), "y": np.roll(np.arange(30.0), 10), "z": np.roll(np.arange(30.0), 20)}
    combined = combine(Rule.MEAN_RANK, columns, np.ones(30, dtype=np.int64))
    sums = sum(columns.values())
    for total in np.unique(sums):
        assert np.unique(combined.values[sums == total]).size == 1


@every_rule
def test_one_component_alone_keeps_its_order(rule: Rule) -> None:
    order = scipy.stats.spearmanr(combine(rule, {"a": a}, lengths).values, a).statistic
    assert order == pytest.approx(1, abs=1e-5)  # robust z-scores tie where they are clipped


def test_a_proxy_of_length_is_ranked_within_bins_of_length_and_said() -> None:
    proxy = np.log(lengths) + rng.normal(0, 0.1, N)
    combined = mean_rank({"proxy": proxy}, lengths)
    assert abs(scipy.stats.spearmanr(combined.values, lengths).statistic) < 0.05
    assert combined.notes[0].startswith("proxy ranked within bins of length (Spearman with length +0.9")
    assert mean_rank({"a": a}, lengths).notes == ()
    assert mean_rank({"a": a}, lengths, adjust=frozenset({"a"})).notes[0].startswith("a ranked within bins")


def test_a_component_that_is_nothing_but_length_is_left_out() -> None:
    words = np.repeat(np.arange(5, 25), 19)
    combined = mean_rank({"a": a[:380], "length": np.log(words)}, words)
    assert combined.used == ("a",)
    assert combined.notes == ("length left out: it is constant among texts of about the same length",)


@every_rule
def test_constant_and_tied_components_are_left_out_and_said(rule: Rule) -> None:
    tied = np.where(rng.random(N) < 0.3, 0.0, a)
    combined = combine(rule, {"a": a, "constant": np.ones(N), "tied": tied, "none": np.full(N, np.nan)}, lengths)
    assert combined.used == ("a",)
    assert [note.split(" left out: ")[0] for note in combined.notes] == ["constant", "tied", "none"]
    np.testing.assert_array_equal(combined.values, combine(rule, {"a": a}, lengths).values)


def test_a_narrow_component_whose_values_differ_is_kept_and_said() -> None:
    narrow = 100 + rng.normal(size=N)
    combined = mean_rank({"a": a, "narrow": narrow}, lengths)
    assert combined.used == ("a", "narrow")
    (note,) = combined.notes
    assert note.startswith("narrow kept though narrow (the middle half of its rows spans 1.")
    np.testing.assert_allclose(combined.score, (ranks_by_scipy(a) + ranks_by_scipy(narrow)) / 2, atol=1e-12)


def test_nothing_to_combine_is_nan() -> None:
    combined = mean_rank({"a": np.full(N, np.nan)}, lengths)
    assert np.isnan(combined.values).all()
    assert combined.used == combined.weights == ()
    assert np.isnan(mean_rank({}, lengths).values).all()


def test_a_weight_of_zero_leaves_a_component_out() -> None:
    combined = combine(Rule.MIN, {"a": a, "b": b}, lengths, weights={"b": 0})
    assert combined.used == ("a",)
    assert combined.notes == ("b left out: its weight is 0",)
    np.testing.assert_array_equal(combined.values, mid_ranks(a))


@pytest.mark.parametrize("rule", [Rule.MIN, Rule.MAX])
def test_where_weights_mean_nothing_it_is_said(rule: Rule) -> None:
    combined = combine(rule, {"a": a, "b": b}, lengths, weights={"b": 2})
    np.testing.assert_array_equal(combined.values, combine(rule, {"a": a, "b": b}, lengths).values)
    assert combined.notes[0].startswith(f"weights do not count in {rule.value}")


@pytest.mark.parametrize(
    ("weights", "sentence"),
    [({"z": 1.0}, "given for 'z', but the components are a, b"), ({"a": -1.0}, "is -1.0"), ({"a": math.nan}, "is nan")],
)
def test_weights_that_cannot_be_are_refused(weights: dict[str, float], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        combine(Rule.MEAN_RANK, {"a": a, "b": b}, lengths, weights=weights)


def test_two_measures_of_one_thing_share_a_vote() -> None:
    twin = a + rng.normal(0, 1e-6, N)
    combined = combine(Rule.MEAN_RANK, {"a": a, "twin": twin, "b": b}, lengths, decorrelate=True)
    np.testing.assert_allclose(combined.weights, [0.25, 0.25, 0.5], atol=0.02)
    assert combine(Rule.MEAN_RANK, {"a": a, "twin": twin, "b": b}, lengths).weights == pytest.approx([1 / 3] * 3)


def test_decorrelating_weights_are_those_of_scipy_times_what_was_given() -> None:
    mixed = a + b
    columns = {"a": a, "b": b, "mixed": mixed}
    rho = np.abs(scipy.stats.spearmanr(np.stack([a, b, mixed], axis=1)).statistic)
    oracle = np.array([1, 3, 1]) / rho.sum(axis=1)
    combined = combine(Rule.MEAN_RANK, columns, lengths, weights={"b": 3}, decorrelate=True)
    np.testing.assert_allclose(combined.weights, oracle / oracle.sum())


@given(arrays(np.float64, st.integers(2, 40), elements=st.floats(-1e6, 1e6)))
def test_robust_z_is_clipped_and_finite_where_the_value_is(values: np.ndarray) -> None:
    z = robust_z(np.append(values, np.nan))
    assert np.isnan(z[-1])
    assert ((z[:-1] >= -3) & (z[:-1] <= 3)).all()


def test_robust_z_agrees_with_scipy_and_falls_back_twice() -> None:
    np.testing.assert_allclose(robust_z(a), z_by_scipy(a))
    half = np.array([0.0] * 7 + [1.0, 2.0, 3.0, 4.0, 5.0])  # MAD 0, IQR 2.25
    np.testing.assert_allclose(robust_z(half), np.clip(half / (scipy.stats.iqr(half) / 1.349), -3, 3))
    most = np.array([0.0] * 9 + [5.0])  # MAD 0, IQR 0
    np.testing.assert_allclose(robust_z(most), scipy.stats.norm.ppf(ranks_by_scipy(most)))
    assert np.isnan(robust_z(np.array([np.nan]))).all()
    np.testing.assert_array_equal(robust_z(np.full(5, 2.0)), np.zeros(5))


def test_few_distinct_values_are_noticed_unless_they_are_many_enough_for_any_number_of_rows() -> None:
    assert "40 different values in 2,000 rows" in concentration(np.repeat(np.arange(40.0), 50))
    assert concentration(rng.normal(size=100)) == ""
    assert concentration(np.tile(np.arange(1_500.0), 100)) == ""
    assert "different values" in concentration(np.tile(np.arange(900.0), 100))


def test_three_rows_that_differ_are_not_tied() -> None:
    assert concentration(np.array([3.0, 1.0, 2.0, np.nan])) == ""
    assert concentration(np.array([3.0, 1.0, 1.0, 2.0])) == "50% of the rows share one value"
    np.testing.assert_allclose(mean_rank({"a": a[:3]}, lengths[:3]).values, ranks_by_scipy(a[:3]))


def test_narrowness_is_the_spread_of_positive_values_for_their_size() -> None:
    values = rng.gamma(50.0, size=N)
    assert narrowness(values) == pytest.approx(scipy.stats.iqr(values) / np.median(values))
    assert narrowness(-values) == math.inf
    assert narrowness(np.zeros(3)) == math.inf
    assert narrowness(np.full(3, np.nan)) == math.inf


def test_every_rule_says_what_it_does_and_the_guess_says_that_it_is_one() -> None:
    assert all(rule.definition for rule in Rule)
    assert "guess" in Rule.MINMAX_SUM.definition
    with pytest.raises(ValueError, match="magic"):
        Rule("magic")
