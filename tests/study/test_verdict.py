"""What is said of a study: sentences that its numbers support, and never a gain where there is only chance."""

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from studies import BUDGET, exact, simulated

from eudscore.errors import RequestError
from eudscore.study.comparison import Cost, compare, cost_of
from eudscore.study.pairs import detectable
from eudscore.study.results import Cell
from eudscore.study.verdict import Finding, Verdict, verdict

RANDOM = {0: 0.800, 1: 0.810, 2: 0.790, 3: 0.805, 4: 0.795}
OFF = (0.000, 0.005, -0.005, 0.002, -0.002)
HALF = 100 * 2.776445 * float(np.std(OFF, ddof=1)) / math.sqrt(5)


def moved(by: float, spread: float = 1.0, base: Mapping[int, float] = RANDOM) -> dict[int, float]:
    return {seed: value + by + spread * off for (seed, value), off in zip(base.items(), OFF, strict=True)}


def said(cells: list[Cell], strategy: str = "coverage", metric: str = "accuracy", **more: float) -> Verdict:
    table = compare(cells, metric)
    cost = cost_of(table, strategy, BUDGET, **more) if more else None
    return verdict(table, strategy, BUDGET, cost=cost)


def test_a_gain_is_told_with_its_interval_the_distance_to_all_data_and_the_time() -> None:
    coverage = moved(0.019)
    full = {seed: value + 0.006 + off / 10 for (seed, value), off in zip(coverage.items(), OFF, strict=True)}
    found = said(exact(random=RANDOM, coverage=coverage, full=full), selection=5.0, scoring=15.0)
    assert found.sentence == (
        f"At 16 % the selection is 1.9 points above a random 16 % (95 % CI {1.9 - HALF:.1f} to {1.9 + HALF:.1f}) and "
        "0.6 below all data; it trains 3.4 times faster, scoring included."
    )
    assert (found.to_random, found.to_full, found.maintained) == (Finding.ABOVE, Finding.BELOW, False)


def test_no_difference_is_a_verdict_with_what_could_have_been_shown() -> None:
    found = said(exact(random=RANDOM, coverage=moved(0.001), full=moved(0.03)))
    least = 100 * detectable(float(np.std(OFF, ddof=1)), 5)
    assert found.to_random is Finding.NOT_SHOWN
    assert "no difference between the selection and a random 16 % could be shown (0.1 points above, 95 % CI -" in (
        found.sentence
    )
    assert f"with 5 seeds this study would have found one of {least:.1f} points four times in five." in found.sentence


def test_a_loss_is_told_as_one() -> None:
    found = said(exact(random=RANDOM, coverage=moved(-0.02), full=moved(0.03)))
    assert found.to_random is Finding.BELOW
    assert f"2.0 points below a random 16 % (95 % CI {2 - HALF:.1f} to {2 + HALF:.1f})" in found.sentence


def test_one_seed_shows_nothing() -> None:
    found = said(exact(random={0: 0.8}, coverage={0: 0.9}, full={0: 0.95}))
    assert found.to_random is found.to_full is Finding.TOO_FEW
    assert "in the one seed that has both, which shows nothing: run at least 2 seeds, better 5." in found.sentence
    assert "5.0 points below all data in the one seed that has both" in found.sentence


def test_without_random_nothing_is_said_yet() -> None:
    found = said(exact(coverage={0: 0.9, 1: 0.91}))
    assert found.to_random is found.to_full is Finding.MISSING
    assert found.sentence == (
        "At 16 % nothing can be said yet: no seed has both the selection and a random 16 %. It is not compared with "
        "all data yet."
    )


def test_seeds_without_a_partner_are_told() -> None:
    coverage = {seed: value for seed, value in moved(0.02).items() if seed != 3}
    full = {seed: value for seed, value in moved(0.03).items() if seed in (0, 1, 2)}
    found = said(exact(random=RANDOM, coverage=coverage, full=full))
    assert found.sentence.endswith(
        " Seed 3 has no pair with a random 16 % and is left out. Seed 4 has no pair with all data and is left out."
    )
    assert found.to_random is Finding.ABOVE


def test_all_data_that_is_not_trained_yet_is_told() -> None:
    found = said(exact(random=RANDOM, coverage=moved(0.02)), scoring=9.0)
    assert found.sentence.endswith(") and not compared with all data yet.")


def test_accuracy_is_maintained_within_the_margin_only() -> None:
    table = compare(exact(random=RANDOM, coverage=moved(0.02), full=moved(0.021, 0.8)), "accuracy")
    found = verdict(table, "coverage", BUDGET)
    assert found.maintained
    assert "0.1 below all data, maintained to within the 0.5 points declared beforehand (95 % CI -" in found.sentence
    strict = verdict(table, "coverage", BUDGET, margin=0.001)
    assert not strict.maintained
    assert "maintained" not in strict.sentence


def test_neither_a_loss_nor_its_absence_may_be_shown() -> None:
    found = said(exact(random=RANDOM, coverage=moved(0.02), full=moved(0.022, -2.0)))
    assert found.to_full is Finding.NOT_SHOWN
    assert not found.maintained
    assert "0.2 below all data, where neither a loss nor its absence could be shown (95 % CI -" in found.sentence


def test_better_than_all_data_is_said() -> None:
    found = said(exact(random=RANDOM, coverage=moved(0.03), full=moved(0.01, 0.8)))
    assert (found.to_full, found.maintained) == (Finding.ABOVE, True)
    assert found.sentence.endswith(") and 2.0 above all data.")


@pytest.mark.parametrize(
    ("training", "told"),
    [
        (50.0, "it trains 3.4 times faster, scoring included"),
        (340.0, "it takes 2.0 times as long as training on all data, scoring included"),
        (170.0, "it takes as long as training on all data, scoring included"),
    ],
)
def test_time_is_told_either_way(training: float, told: str) -> None:
    table = compare(exact(random=RANDOM, coverage=moved(0.03), full=moved(0.01)), "accuracy")
    sentence = verdict(table, "coverage", BUDGET, cost=Cost(1600, training, full_training=170.0)).sentence
    assert sentence.endswith(f"; {told}.")


def test_a_difference_that_many_strategies_made_likely_is_not_claimed() -> None:
    others = {f"arm{number}": moved(0.0005, (-1) ** number * (1 + number / 9)) for number in range(8)}
    coverage = moved(0.0055)
    alone, among = (
        said(exact(random=RANDOM, coverage=coverage)),
        said(exact(random=RANDOM, coverage=coverage, **others)),
    )
    assert alone.to_random is Finding.ABOVE
    assert among.to_random is Finding.NOT_SHOWN
    assert "which does not hold with 9 strategies compared at once" in among.sentence


def test_equal_pairs_claim_nothing_and_promise_nothing() -> None:
    found = said(exact(random=RANDOM, coverage=RANDOM))
    assert found.to_random is Finding.NOT_SHOWN
    assert "(level, 95 % CI 0.0 to 0.0). It" in found.sentence
    found = said(exact(random=RANDOM, coverage={seed: value + 0.01 for seed, value in RANDOM.items()}))
    assert found.to_random is Finding.NOT_SHOWN
    assert "the same in every seed, of which there are too few" in found.sentence
    assert "four times in five" not in found.sentence


def test_a_loss_speaks_of_better_and_worse_and_of_nats() -> None:
    cells = exact("nll", random=RANDOM, coverage=moved(-0.05), full=moved(-0.08))
    found = said(cells, metric="nll")
    assert found.to_random is Finding.ABOVE
    assert "0.05 nats better than a random 16 % in negative log-likelihood (95 % CI 0.0" in found.sentence
    assert "0.03 worse than all data" in found.sentence
    assert not found.maintained


def test_random_itself_is_compared_with_all_data() -> None:
    found = said(exact(random=RANDOM, full=moved(0.03)), strategy="random")
    assert found.sentence == "At 16 % a random subset is 3.0 points below all data."
    assert found.to_random is Finding.ITSELF


def test_an_arm_that_is_not_there_is_refused() -> None:
    table = compare(exact(random=RANDOM, full=moved(0.03)), "accuracy")
    for strategy, budget in (("band", BUDGET), ("random", 0.3), ("full", BUDGET)):
        with pytest.raises(RequestError, match="Choose one of what is there"):
            verdict(table, strategy, budget)


def claims(gains: dict[str, float], times: int, seed: int, **more: float) -> list[list[Finding]]:
    """What is found of each arm in many simulated studies."""
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(times):
        table = compare(simulated(gains, rng, full=None, **more), "accuracy")  # type: ignore[arg-type]
        found.append([verdict(table, strategy, BUDGET).to_random for strategy in gains])
    return found


def tolerance(share: float, times: int) -> float:
    return 4 * math.sqrt(share * (1 - share) / times)


def test_a_strategy_that_is_random_is_called_above_in_one_study_of_forty() -> None:
    times = 2000
    found = [one for (one,) in claims({"null": 0.0}, times, 0)]
    for finding in (Finding.ABOVE, Finding.BELOW):
        assert found.count(finding) / times == pytest.approx(0.025, abs=tolerance(0.025, times))


def test_of_five_strategies_that_are_random_hardly_ever_one_is_called_above() -> None:
    times = 1000
    found = claims({f"null{number}": 0.0 for number in range(5)}, times, 1)
    above = sum(Finding.ABOVE in one for one in found) / times
    any_claim = sum(set(one) != {Finding.NOT_SHOWN} for one in found) / times
    assert above <= 0.025 + tolerance(0.025, times)
    assert any_claim <= 0.05 + tolerance(0.05, times)
    assert any_claim > 0.005  # the test can see claims


@pytest.mark.parametrize("arms", [1, 3])
def test_a_real_effect_of_the_detectable_size_is_found_four_times_in_five(arms: int) -> None:
    times, sd = 1000, 0.01
    effect = detectable(sd, 5, comparisons=arms)
    gains = {"real": effect} | {f"null{number}": 0.0 for number in range(arms - 1)}
    power = sum(one[0] is Finding.ABOVE for one in claims(gains, times, 2, sd=sd)) / times
    # Holm finds at least what is promised; with one arm it is exactly that.
    assert power >= 0.8 - tolerance(0.8, times)
    assert power <= (0.8 if arms == 1 else 0.9) + tolerance(0.8, times)


def test_an_arm_that_did_not_fill_its_budget_says_so() -> None:
    cells = exact(random=RANDOM, coverage=moved(0.019))
    fewer = [replace(cell, n_train=61 if cell.strategy == "coverage" else 96) for cell in cells]
    assert said(fewer).sentence.endswith(" It holds 61 rows, the random subset 96.")
    assert "It holds" not in said(cells).sentence


def test_with_several_strategies_each_verdict_names_its_own() -> None:
    table = compare(exact(random=RANDOM, coverage=moved(0.019)), "accuracy")
    assert "the selection by coverage is" in verdict(table, "coverage", BUDGET, named=True).sentence
