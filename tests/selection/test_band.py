"""The band: where it lies and what is in it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from eudscore.records import Band
from eudscore.selection.band import default_band, fit_band, holding_band, in_band
from eudscore.selection.quantiles import mid_ranks

shares = st.floats(1e-6, 1)
bands = st.tuples(st.floats(0, 1), st.floats(0, 1)).map(lambda ends: Band(min(ends), max(ends)))
scores = arrays(
    np.float32,
    st.integers(1, 80),
    elements=st.one_of(st.just(float("nan")), st.integers(0, 12).map(float)),
)


@given(scores, bands)
def test_reversing_the_score_mirrors_the_band(values: np.ndarray, band: Band) -> None:
    u, reversed_u = mid_ranks(values), mid_ranks(-values)
    ends = np.array([band.lo, band.hi])
    close = np.isclose(u[:, None], ends, atol=1e-6).any(axis=1)  # rounding may differ on the very end
    mirrored = in_band(reversed_u, Band(1 - band.hi, 1 - band.lo))
    np.testing.assert_array_equal(in_band(u, band)[~close], mirrored[~close])


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
