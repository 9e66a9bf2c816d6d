"""Paired differences against SciPy, Holm by its definition, detectable effects by simulation."""

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from eudscore.study.pairs import detectable, half_width, holm, paired, together

values = st.floats(0, 1).map(lambda value: round(value, 4))
pairs = st.lists(st.tuples(values, values), min_size=2, max_size=12)
p_values = st.lists(st.floats(0, 1), min_size=1, max_size=8)


def arms(drawn: list[tuple[float, float]]) -> tuple[dict[int, float], dict[int, float]]:
    return {seed: one for seed, (one, _) in enumerate(drawn)}, {seed: other for seed, (_, other) in enumerate(drawn)}


@given(pairs)
def test_gain_agrees_with_scipy(drawn: list[tuple[float, float]]) -> None:
    one, other = np.array(drawn).T
    assume(np.ptp(one - other) > 1e-6)
    gain, oracle = paired(*arms(drawn), "random"), stats.ttest_rel(one, other)
    interval = oracle.confidence_interval(0.95)
    found = [gain.mean, gain.p, gain.low, gain.high]
    np.testing.assert_allclose(found, [(one - other).mean(), oracle.pvalue, *interval], rtol=1e-7, atol=1e-9)


@given(pairs)
def test_a_loss_is_the_mirror_of_a_gain(drawn: list[tuple[float, float]]) -> None:
    more, less = paired(*arms(drawn), "random"), paired(*arms(drawn), "random", less_is_better=True)
    assert (less.mean, less.better, less.worse, less.equal) == (-more.mean, more.worse, more.better, more.equal)
    np.testing.assert_allclose([less.low, less.high, less.p], [-more.high, -more.low, more.p])


@given(pairs)
def test_signs_are_counted_and_the_worst_is_named(drawn: list[tuple[float, float]]) -> None:
    gain = paired(*arms(drawn), "random")
    differences = [one - other for one, other in drawn]
    assert gain.better == sum(one > 0 for one in differences)
    assert gain.better + gain.equal + gain.worse == len(drawn)
    assert gain.worst == min(differences) == differences[gain.worst_seed or 0]


def test_seeds_without_a_pair_are_left_out_and_told() -> None:
    gain = paired({0: 0.5, 1: 0.7, 4: 0.9}, {1: 0.6, 4: 0.8, 9: 0.1}, "full")
    assert (gain.seeds, gain.unpaired) == ((1, 4), (0, 9))
    assert gain.mean == pytest.approx(0.1)


def test_one_pair_has_a_difference_and_no_interval() -> None:
    gain = paired({0: 0.5}, {0: 0.4}, "random")
    assert gain.mean == pytest.approx(0.1)
    assert all(math.isnan(one) for one in (gain.sd, gain.low, gain.high, gain.p, gain.p_holm, gain.detectable))
    assert not gain.shown
    assert not gain.maintains(1.0)


def test_no_pair_has_nothing() -> None:
    gain = paired({0: 0.5}, {1: 0.4}, "random")
    assert math.isnan(gain.mean)
    assert math.isnan(gain.worst)
    assert (gain.seeds, gain.worst_seed, gain.better, gain.worse) == ((), None, 0, 0)
    assert not gain.shown


@pytest.mark.parametrize(("many", "shown"), [(2, False), (5, False), (6, True), (10, True)])
def test_equal_differences_are_judged_by_their_signs(many: int, shown: bool) -> None:
    gain = paired(dict.fromkeys(range(many), 0.3 + 0.1), dict.fromkeys(range(many), 0.3), "random")
    assert gain.p == pytest.approx(stats.binomtest(many, many).pvalue)
    assert gain.shown is shown


def test_an_arm_that_is_the_other_shows_nothing() -> None:
    gain = paired({0: 0.5, 1: 0.6}, {0: 0.5, 1: 0.6}, "random")
    assert (gain.mean, gain.low, gain.high, gain.p, gain.equal) == (0, 0, 0, 1, 2)
    assert not gain.maintains(0.005), "two equal pairs are no evidence"


def test_accuracy_is_maintained_only_if_the_whole_interval_is_above_the_margin() -> None:
    arm, full = {0: 0.899, 1: 0.901, 2: 0.900}, {0: 0.9, 1: 0.9, 2: 0.9}
    gain = paired(arm, full, "full")
    half = stats.t.ppf(0.975, 2) * 0.001 / math.sqrt(3)
    assert gain.low == pytest.approx(-half)
    assert gain.maintains(half + 1e-9)
    assert not gain.maintains(half - 1e-9)


@pytest.mark.parametrize(
    ("pairs", "by", "shown"), [(5, 0.001, False), (6, 0.001, True), (6, 0.0, True), (9, -0.001, False)]
)
def test_pairs_that_differ_by_the_same_show_something_only_where_a_sign_test_could(
    pairs: int, by: float, shown: bool
) -> None:
    full = dict.fromkeys(range(pairs), 0.9)
    arm = {seed: value + by for seed, value in full.items()}
    assert paired(arm, full, "full").maintains(0.005) is shown


@given(p_values)
def test_holm_is_what_its_definition_says(found: list[float]) -> None:
    adjusted, many = holm(found), len(found)
    for place, p in enumerate(found):
        # Rejected at the adjusted level is what the step-down procedure rejects at any level.
        earlier = sorted(range(many), key=lambda one: (found[one], one))
        rank = earlier.index(place)
        assert adjusted[place] == max(min(1.0, (many - j) * found[earlier[j]]) for j in range(rank + 1))
        assert p <= adjusted[place] <= min(1, many * p) + 1e-12


def test_holm_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_a_missing_p_value_is_not_counted() -> None:
    adjusted = holm([0.02, math.nan, 0.03])
    assert math.isnan(adjusted[1])
    assert [adjusted[0], adjusted[2]] == pytest.approx([0.04, 0.04])


def test_a_family_counts_the_gains_that_can_be_tested() -> None:
    tested = paired({0: 0.5, 1: 0.7, 2: 0.6}, {0: 0.4, 1: 0.5, 2: 0.5}, "random")
    lone = paired({0: 0.5}, {0: 0.4}, "random")
    one, other, left = together([tested, tested, lone])
    assert one.p_holm == other.p_holm == pytest.approx(2 * tested.p)
    assert one.detectable == detectable(tested.sd, 3, comparisons=2) > tested.detectable
    assert math.isnan(left.p_holm)


@pytest.mark.parametrize(("pairs", "times"), [(5, 1.24), (10, 0.72)])
def test_half_widths_of_the_method(pairs: int, times: float) -> None:
    assert half_width(1.0, pairs) == pytest.approx(times, abs=0.005)


@pytest.mark.parametrize("pairs", [5, 8, 10, 30])
@pytest.mark.parametrize("comparisons", [1, 4])
def test_detectable_has_the_power_by_scipys_noncentral_t(pairs: int, comparisons: int) -> None:
    critical = stats.t.ppf(1 - 0.025 / comparisons, pairs - 1)
    shift = detectable(1.0, pairs, comparisons=comparisons) * math.sqrt(pairs)
    assert stats.nct.sf(critical, pairs - 1, shift) == pytest.approx(0.8, abs=1e-4)


@pytest.mark.parametrize("pairs", [2, 3, 5])
def test_detectable_is_found_four_times_in_five(pairs: int) -> None:
    rng, times = np.random.default_rng(pairs), 100_000
    drawn = rng.normal(detectable(0.7, pairs), 0.7, (times, pairs))
    found = stats.ttest_1samp(drawn, 0, axis=1).pvalue < 0.05
    assert found.mean() == pytest.approx(0.8, abs=4 * math.sqrt(0.16 / times))


@given(st.floats(0.001, 10), st.integers(2, 40))
def test_more_pairs_detect_less_and_need_no_narrower_spread(sd: float, pairs: int) -> None:
    assert detectable(sd, pairs + 1) < detectable(sd, pairs)
    assert detectable(sd, pairs) == pytest.approx(sd * detectable(1.0, pairs))
    assert detectable(sd, pairs) > half_width(sd, pairs)
