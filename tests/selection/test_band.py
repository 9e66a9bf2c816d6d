"""The band: where it lies, what is in it, what is drawn from it."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from eudscore.records import Balance, Band
from eudscore.selection.band import default_band, fit_band, holding_band, in_band, select_band
from eudscore.selection.order import hash_order
from eudscore.selection.quantiles import mid_ranks

shares = st.floats(1e-6, 1)
bands = st.tuples(st.floats(0, 1), st.floats(0, 1)).map(lambda ends: Band(min(ends), max(ends)))
scores = arrays(
    np.float32,
    st.integers(1, 80),
    elements=st.one_of(st.just(float("nan")), st.integers(0, 12).map(float)),
)


def draw_by_hand(
    quantiles: np.ndarray, labels: np.ndarray, budget: int, band: Band, balance: Balance, seed: int
) -> list[int]:
    """The rule of `select_band` in plain Python: one row at a time, exact fractions."""
    lo, hi = np.float32(band.lo), np.float32(band.hi)
    stratum = [0 if balance is Balance.NONE else (c if c >= 0 else 10**6) for c in labels.tolist()]
    weight: dict[int, int] = {}
    for row, u in enumerate(quantiles):
        if not np.isnan(u):
            weight[stratum[row]] = weight.get(stratum[row], 0) + 1
    keys = []
    seen: dict[int, int] = {}
    for row in hash_order(len(quantiles), seed).tolist():
        if lo <= quantiles[row] <= hi:
            j = seen.get(stratum[row], 0)
            seen[stratum[row]] = j + 1
            keys.append((Fraction(2 * j + 1, 2 * weight[stratum[row]]), stratum[row], j, row))
    return [row for *_, row in sorted(keys)[:budget]]


@given(scores, st.data(), bands, st.sampled_from(Balance), st.integers(0, 9))
def test_rows_and_their_order_are_those_of_the_rule_done_by_hand(
    values: np.ndarray, data: st.DataObject, band: Band, balance: Balance, seed: int
) -> None:
    labels = data.draw(arrays(np.int64, len(values), elements=st.integers(-1, 3)))
    budget = data.draw(st.integers(0, len(values) + 3))
    u = mid_ranks(values)
    chosen = select_band(u, labels, budget=budget, band=band, balance=balance, seed=seed)
    assert chosen.tolist() == draw_by_hand(u, labels, budget, band, balance, seed)


@given(scores, bands, st.integers(0, 90))
def test_exactly_the_budget_is_drawn_distinct_and_never_nan(values: np.ndarray, band: Band, budget: int) -> None:
    u = mid_ranks(values)
    chosen = select_band(u, None, budget=budget, band=band, balance=Balance.PROPORTIONAL, seed=0)
    assert len(set(chosen.tolist())) == len(chosen) == min(budget, int(in_band(u, band).sum()))
    assert np.isfinite(values[chosen]).all()


@given(scores, bands)
def test_reversing_the_score_mirrors_the_band(values: np.ndarray, band: Band) -> None:
    u, reversed_u = mid_ranks(values), mid_ranks(-values)
    ends = np.array([band.lo, band.hi])
    close = np.isclose(u[:, None], ends, atol=1e-6).any(axis=1)  # rounding may differ on the very end
    mirrored = in_band(reversed_u, Band(1 - band.hi, 1 - band.lo))
    np.testing.assert_array_equal(in_band(u, band)[~close], mirrored[~close])


@given(scores, bands, st.integers(0, 80), st.integers(0, 80))
def test_for_one_band_the_smaller_budget_is_a_prefix(values: np.ndarray, band: Band, a: int, b: int) -> None:
    u = mid_ranks(values)
    labels = np.arange(len(u)) % 3
    small, large = (
        select_band(u, labels, budget=k, band=band, balance=Balance.PROPORTIONAL, seed=4) for k in sorted((a, b))
    )
    np.testing.assert_array_equal(small, large[: len(small)])


def test_fifty_thousand_rows_keep_their_class_shares() -> None:
    rng = np.random.default_rng(0)
    labels = rng.choice(4, 50_000, p=[0.5, 0.3, 0.15, 0.05])
    u = mid_ranks(rng.normal(size=50_000) + labels)  # the band alone would change the shares
    band = Band(0.2, 0.8)
    chosen = select_band(u, labels, budget=5_000, band=band, balance=Balance.PROPORTIONAL, seed=0)
    expected = np.bincount(labels) / 10
    assert np.abs(np.bincount(labels[chosen]) - expected).max() <= 1
    loose = select_band(u, labels, budget=5_000, band=band, balance=Balance.NONE, seed=0)
    assert np.abs(np.bincount(labels[loose]) - expected).max() > 100


def test_the_same_seed_draws_the_same_rows_and_another_seed_others() -> None:
    u = mid_ranks(np.random.default_rng(1).normal(size=3_000))
    draws = [
        select_band(u, None, budget=300, band=Band(0, 1), balance=Balance.NONE, seed=seed).tolist()
        for seed in (7, 7, 8)
    ]
    assert draws[0] == draws[1]
    assert len(set(draws[0]) & set(draws[2])) < 100  # 30 expected


def test_a_class_the_band_lacks_gives_its_share_to_the_others() -> None:
    u = mid_ranks(np.arange(100.0))
    labels = np.repeat([0, 1], 50)
    upper = Band(0.5, 1)
    chosen = select_band(u, labels, budget=50, band=upper, balance=Balance.PROPORTIONAL, seed=0)
    assert sorted(chosen.tolist()) == list(range(50, 100))


@given(shares)
def test_default_band_lies_about_the_median_and_holds_the_budget(share: float) -> None:
    band = default_band(share)
    assert 0 <= band.lo < band.hi <= 1
    assert (band.lo + band.hi) / 2 == pytest.approx(0.5)
    assert band.hi - band.lo == pytest.approx(min(1, max(1.5 * share, 0.25)))


@given(bands, shares)
def test_fitting_keeps_what_was_inside_and_is_no_wider_than_needed(band: Band, share: float) -> None:
    fitted = fit_band(band, share)
    assert 0 <= fitted.lo <= fitted.hi <= 1
    assert fitted.lo <= band.lo + 1e-12
    assert fitted.hi >= band.hi - 1e-12
    assert fitted.hi - fitted.lo == pytest.approx(max(share, band.hi - band.lo), abs=1e-12)


def test_fitting_widens_about_the_centre_and_shifts_at_the_ends() -> None:
    assert fit_band(Band(0.5, 0.6), 0.3) == Band(pytest.approx(0.4), pytest.approx(0.7))
    assert fit_band(Band(0.0, 0.1), 0.4) == Band(0.0, 0.4)
    assert fit_band(Band(0.9, 1.0), 0.4) == Band(pytest.approx(0.6), 1.0)
    assert fit_band(Band(0.2, 0.6), 0.3) == Band(0.2, 0.6)


@given(scores, bands, st.integers(0, 80))
def test_a_holding_band_holds_what_there_is_and_little_less_would_not_do(
    values: np.ndarray, band: Band, rows: int
) -> None:
    u = mid_ranks(values)
    wanted = min(rows, int(np.isfinite(values).sum()))
    held = holding_band(u, band, rows)
    assert in_band(u, held).sum() >= wanted
    if held != band:
        narrower = fit_band(band, held.hi - held.lo - 1e-5)
        assert in_band(u, narrower).sum() < wanted


def test_two_heaps_of_equal_scores_leave_the_middle_empty_until_it_is_widened() -> None:
    u = mid_ranks(np.array([1.0] * 5 + [2.0] * 5))
    assert in_band(u, default_band(0.1)).sum() == 0
    assert in_band(u, holding_band(u, default_band(0.1), 1)).sum() == 10


def test_ends_belong_to_the_band_as_float32_sees_them() -> None:
    third = np.float32(1 / 3)
    u = np.array([third, np.nextafter(third, np.float32(0)), np.nan], dtype=np.float32)
    assert in_band(u, Band(1 / 3, 0.5)).tolist() == [True, False, False]
