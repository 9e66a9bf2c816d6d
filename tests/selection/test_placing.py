"""Where an interval is put."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eudscore.selection.band import default_band
from eudscore.selection.placing import CENTRES, centre_by_rule, one_standard_error, placed_band


@pytest.mark.parametrize(("share", "centre"), [(0.01, 0.25), (0.03, 0.25), (0.1, 0.45), (0.3, 0.7), (0.9, 0.7)])
def test_the_rule_is_that_of_the_method(share: float, centre: float) -> None:
    assert centre_by_rule(share, trained=True) == pytest.approx(centre)
    assert centre_by_rule(share, trained=False) == 0.5


@given(st.floats(0.001, 1), st.floats(0, 1))
def test_a_placed_band_is_as_wide_as_the_default_one_and_in_range(share: float, centre: float) -> None:
    band, default = placed_band(centre, share), default_band(share)
    assert band.hi - band.lo == pytest.approx(default.hi - default.lo)
    assert 0 <= band.lo < band.hi <= 1
    assert band.hi - band.lo >= min(1, share)


@given(st.floats(0.001, 1))
def test_in_the_middle_it_is_the_default_one(share: float) -> None:
    band, default = placed_band(0.5, share), default_band(share)
    assert (band.lo, band.hi) == pytest.approx((default.lo, default.hi))


def test_random_is_kept_unless_the_best_is_one_standard_error_above() -> None:
    def rows(share: float) -> np.ndarray:
        return np.arange(200) < share * 200

    error = np.sqrt(0.8 * 0.2 / 200)
    correct = np.stack([rows(share) for share in (0.7, 0.75, 0.78, 0.8, 0.6)])
    kept = one_standard_error(correct, np.stack([rows(0.8 - 0.9 * error)]), CENTRES)
    assert kept.best is None
    assert kept.leading == 0.75
    moved = one_standard_error(correct, np.stack([rows(0.8 - 1.5 * error), rows(0.7)]), CENTRES)
    assert moved.best == 0.75
    assert moved.error == pytest.approx(error)
    assert moved.accuracy == pytest.approx((0.7, 0.75, 0.78, 0.8, 0.6))


def test_of_equal_places_the_one_nearest_to_the_median_leads() -> None:
    correct = np.ones((5, 10), dtype=bool)
    assert one_standard_error(correct, np.zeros((1, 10), dtype=bool), CENTRES).best == 0.5
