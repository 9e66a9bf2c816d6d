"""Probes: refused where no curve can come of them, and told where they follow none."""

import numpy as np
import pytest

from eudscore.errors import RequestError
from eudscore.study.probes import Probes

SIZES = np.repeat([100, 200, 400, 800], 3)
VALUES = 1 - (0.1 + 0.8 * SIZES**-0.5) + np.tile([-0.01, 0.0, 0.01], 4)
CURVE = 0.1 + 0.8 * np.array([100, 200, 400, 800]) ** -0.5


@pytest.mark.parametrize(
    ("sizes", "values", "classes", "said"),
    [
        (SIZES, VALUES[:-1], 4, "12 sizes and 11 accuracies"),
        (SIZES[:6], VALUES[:6], 4, "2 sizes make no curve"),
        (SIZES[:0], VALUES[:0], 4, "0 sizes make no curve"),
        (SIZES[::3], VALUES[::3], 4, "probed once"),
        (SIZES * 0, VALUES, 4, "whole numbers from 1 on"),
        (SIZES * 1.5, VALUES, 4, "whole numbers from 1 on"),
        (SIZES, VALUES * np.nan, 4, "is nan: give shares"),
        (SIZES, VALUES * 100, 4, "give shares from 0 to 1"),
        (SIZES, -VALUES, 4, "give shares from 0 to 1"),
        (SIZES, VALUES, 1, "1 classes leave nothing"),
        (SIZES.reshape(4, 3), VALUES.reshape(4, 3), 4, "give one of each"),
    ],
)
def test_what_makes_no_curve_is_refused(sizes: np.ndarray, values: np.ndarray, classes: int, said: str) -> None:
    with pytest.raises(RequestError, match=said):
        Probes(sizes, values, classes)


def test_noise_is_half_a_sizes_own_and_half_that_of_all() -> None:
    values = VALUES.copy()
    values[:3] = values[0]
    own = np.array([values[size == SIZES].var(ddof=1) for size in (100, 200, 400, 800)])
    np.testing.assert_allclose(Probes(SIZES, values).noise ** 2, (own + own.mean()) / 2)


def test_a_size_that_was_probed_once_has_the_noise_of_the_others() -> None:
    kept = np.arange(12) != 0
    kept[1] = False
    np.testing.assert_allclose(Probes(SIZES[kept], VALUES[kept]).noise, 0.01)


def test_equal_runs_are_not_taken_to_be_free_of_chance() -> None:
    assert (Probes(SIZES, 1 - np.repeat(CURVE, 3)).noise > 0).all()


def test_chance_has_an_error_of_all_other_classes() -> None:
    assert Probes(SIZES, VALUES, 4).ceiling == 0.75
    assert Probes(SIZES, VALUES).ceiling == 1.0


def test_probes_along_the_curve_are_not_odd() -> None:
    assert Probes(SIZES, VALUES).oddity(CURVE) == ""


def test_a_fall_beyond_chance_is_odd_and_one_within_is_not() -> None:
    fallen, slipped = VALUES.copy(), VALUES.copy()
    fallen[SIZES == 400] -= 0.10
    assert "from 200 to 400 rows the accuracy fell by 8.3 points" in Probes(SIZES, fallen).oddity(CURVE)
    slipped[SIZES == 800] -= 0.015
    assert Probes(SIZES, slipped).oddity(CURVE) == ""


def test_probes_far_from_the_curve_are_odd() -> None:
    said = Probes(SIZES, VALUES).oddity(CURVE + np.array([0.05, -0.05, 0.05, -0.05]))
    ratio = 0.05 / (0.01 / np.sqrt(3))
    assert said.startswith(f"Not a power law: the probes are {ratio:.1f} times as far from the curve")
