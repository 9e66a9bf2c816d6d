"""The forecast: what it finds again, how often its interval holds, and what it refuses to say."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eudscore.errors import RequestError
from eudscore.study.curves import Family
from eudscore.study.forecast import Forecast, Needed, forecast
from eudscore.study.probes import Probes

SIZES = np.repeat([100, 200, 400, 800], 3)


def error(n: np.ndarray | float, a: float = 0.1, b: float = 0.8, c: float = 0.5) -> np.ndarray:
    return np.asarray(a + b * np.asarray(n, dtype=float) ** -c)


def noisy(seed: int, sd: float = 0.01, sizes: np.ndarray = SIZES, **law: float) -> Forecast:
    found = 1 - error(sizes, **law) + np.random.default_rng(seed).normal(0, sd, len(sizes))
    return forecast(Probes(sizes, np.clip(found, 0, 1), 4), seed=seed)


def test_a_noiseless_power_law_is_recovered() -> None:
    found = forecast(Probes(SIZES, 1 - error(SIZES), 4))
    assert found.law == pytest.approx((0.1, 0.8, 0.5), abs=1e-6)
    assert found.at([100, 6400]).accuracy == pytest.approx([0.82, 1 - error(6400)], abs=1e-6)
    assert found.point.at(np.array([100.0]))[0, 0] == pytest.approx(0.108, abs=1e-6)  # 10,000 rows
    assert found.oddity == ""


def test_ninety_intervals_of_a_hundred_hold_a_new_run() -> None:
    rng, inside, missed = np.random.default_rng(0), [], []
    for seed in range(60):
        expected = noisy(seed).at([1600, 3200, 6400])
        runs = 1 - error(expected.sizes) + rng.normal(0, 0.01, 3)
        inside.append((expected.low <= runs) & (runs <= expected.high))
        missed.append(np.abs(expected.accuracy - 1 + error(expected.sizes)))
    assert (np.mean(inside, axis=0) >= 0.85).all()
    assert np.mean(missed, axis=0)[1] < 0.02


@settings(max_examples=20)
@given(st.lists(st.floats(0, 1), min_size=12, max_size=12), st.integers(2, 80))
def test_whatever_the_probes_say_the_forecast_is_between_chance_and_everything(
    values: list[float], classes: int
) -> None:
    expected = forecast(Probes(SIZES, np.array(values), classes), draws=60).at(np.geomspace(100, 6400, 9).astype(int))
    for found in (expected.low, expected.accuracy, expected.high):
        assert (found >= 1 / classes - 1e-12).all()
        assert (found <= 1).all()
    assert (expected.low <= expected.accuracy).all()
    assert (expected.accuracy <= expected.high).all()
    assert (np.diff(expected.accuracy) >= -1e-12).all()


def test_the_same_seed_tells_the_same() -> None:
    one, other, third = noisy(1), noisy(1), noisy(2)
    np.testing.assert_array_equal(one.at([3200]).low, other.at([3200]).low)
    assert one.at([3200]).low != third.at([3200]).low


def test_the_order_of_the_probes_does_not_move_the_point() -> None:
    order = np.random.default_rng(0).permutation(12)
    values = 1 - error(SIZES) + np.random.default_rng(1).normal(0, 0.01, 12)
    one, other = forecast(Probes(SIZES, values)), forecast(Probes(SIZES[order], values[order]))
    np.testing.assert_allclose(one.at([3200]).accuracy, other.at([3200]).accuracy, atol=1e-9)


def test_farther_is_less_sure() -> None:
    expected = noisy(0).at([800, 1600, 3200, 6400])
    assert (np.diff(expected.high - expected.low) > 0).all()


def test_six_sizes_ask_more_families() -> None:
    six = noisy(0, sizes=np.repeat([100, 200, 400, 800, 1600, 3200], 3))
    asked = {curves.family for curves in six.curves}
    assert asked == set(Family)
    assert {curves.family for curves in noisy(0).curves} == {Family.POW3, Family.POW2, Family.ILOG}


@pytest.mark.parametrize("size", [99, 6401, 0, -5])
def test_too_far_or_below_the_probes_is_refused(size: int) -> None:
    with pytest.raises(RequestError, match="ask for 100 to 6,400, or run larger probes"):
        noisy(0).at([800, size])


def test_three_sizes_are_enough_and_twenty_draws() -> None:
    found = forecast(Probes(SIZES[:9], 1 - error(SIZES[:9])), draws=20)
    assert found.at([1600]).accuracy == pytest.approx(1 - error(1600), abs=1e-6)
    with pytest.raises(RequestError, match="19 draws make no interval"):
        forecast(Probes(SIZES, 1 - error(SIZES)), draws=19)


def test_beyond_four_times_it_is_called_a_guess() -> None:
    found = noisy(0)
    assert found.notes(3200) == ()
    (note,) = found.notes(3201)
    assert note.startswith("3,201 rows are 4.0 times the largest probe: beyond 4 times")


def test_what_is_no_power_law_is_called_so() -> None:
    values = 1 - error(SIZES) + np.tile([-0.002, 0.0, 0.002], 4)
    values[SIZES == 400] -= 0.1
    found = forecast(Probes(SIZES, values))
    assert found.oddity.startswith("Not a power law: from 200 to 400 rows")
    assert found.notes(900) == (found.oddity,)
    step = 1 - np.where(SIZES < 300, 0.4, 0.1) + np.tile([-0.002, 0.0, 0.002], 4)
    assert "times as far from the curve as chance explains" in forecast(Probes(SIZES, step)).oddity


def test_a_power_law_is_hardly_ever_called_none() -> None:
    assert np.mean([noisy(seed).oddity != "" for seed in range(60)]) <= 0.05


@pytest.mark.parametrize("aim", [0.83, 0.87, 0.88, 0.885, 0.895])
def test_rows_for_an_accuracy_are_those_at_which_the_draws_get_there(aim: float) -> None:
    found = noisy(3)
    needed = found.rows_for(aim)
    grid = np.arange(100, 6401)
    there = np.concatenate([found.drawn(some) >= aim - 1e-12 for some in np.array_split(grid, 20)], axis=1)
    first = np.sort(np.where(there.any(axis=1), grid[there.argmax(axis=1)], np.inf))
    assert needed.missed == np.isinf(first).mean()
    for mine, place in ((needed.low, 25), (needed.rows, 250), (needed.high, 475)):
        assert (np.inf if mine is None else mine) == pytest.approx(first[place], abs=1)


def test_rows_for_an_accuracy_of_the_noiseless_law() -> None:
    needed = forecast(Probes(SIZES, 1 - error(SIZES), 4)).rows_for(0.87)
    assert needed.rows == pytest.approx((0.8 / 0.03) ** 2, rel=0.05)
    assert needed.missed == 0


def test_a_higher_aim_takes_no_fewer_rows() -> None:
    found = noisy(4)
    needed = [found.rows_for(aim) for aim in np.linspace(0.1, 1.0, 40)]
    rows = [np.inf if one.rows is None else one.rows for one in needed]
    assert (np.diff([one for one in rows if np.isfinite(one)]) >= 0).all()
    assert (np.diff([one.missed for one in needed]) >= 0).all()
    assert (needed[0].rows, needed[0].missed) == (100, 0)
    assert needed[-1].rows is None


@pytest.mark.parametrize("aim", [0.0, -0.1, 1.01, float("nan"), 90])
def test_an_aim_that_is_no_share_is_refused(aim: float) -> None:
    with pytest.raises(RequestError, match="above 0 and at most 1"):
        noisy(0).rows_for(aim)


def test_what_is_needed_is_told_in_words() -> None:
    assert str(Needed(0.87, 613, 536, 712, 0.0, 6400)) == (
        "About 613 rows are needed for an accuracy of 87 % (90 % interval 536 to 712)."
    )
    assert str(Needed(0.89, 2692, 1405, None, 0.21, 6400)) == (
        "About 2,692 rows are needed for an accuracy of 89 % (90 % interval 1,405 and more; 21% of the draws do not "
        "get there with 6,400 rows)."
    )
    assert str(Needed(0.9, None, 4000, None, 0.7, 6400)) == (
        "At least 4,000 rows are needed for an accuracy of 90 %; 70% of the draws do not get there with 6,400 rows."
    )
    assert str(Needed(0.99, None, None, None, 1.0, 6400)) == (
        "An accuracy of 99 % is not to be expected from 6,400 rows, as far as is foretold."
    )
