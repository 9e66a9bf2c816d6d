"""Learning curves against SciPy's optimiser, their laws, and their inverses."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import least_squares

from eudscore.study.curves import GRIDS, Curves, Family, fit_curves

X = np.repeat([1.0, 2.0, 4.0, 8.0, 16.0, 32.0], 3)
NOISE = np.full(len(X), 0.01)
AHEAD = np.array([1.0, 3.0, 32.0, 64.0, 256.0])

LAWS = {
    Family.POW3: lambda x, a, b, c: a + b * x**-c,
    Family.POW2: lambda x, b, c: b * x**-c,
    Family.ILOG: lambda x, a, b: a + b / np.log(x + 1.7),
    Family.MMF4: lambda x, a, b, c, d: a + b / (1 + x**d / np.exp(c)),
    Family.EXP3: lambda x, a, b, c: a + b * np.exp(-np.exp(c) * x),
}
TRUE = {
    Family.POW3: (0.1, 0.3, 0.5),
    Family.POW2: (0.4, 0.3),
    Family.ILOG: (0.05, 0.2),
    Family.MMF4: (0.1, 0.3, 1.0, 0.8),
    Family.EXP3: (0.1, 0.3, -2.0),
}
BOUNDS = {
    Family.POW3: ([0, 0, 0.01], [1, 2, 2]),
    Family.POW2: ([0, 0.01], [2, 2]),
    Family.ILOG: ([0, 0], [1, 2]),
    Family.MMF4: ([0, 0, -3, 0.05], [1, 2, 7, 3]),
    Family.EXP3: ([0, 0, -7], [1, 4, 1]),
}
families = pytest.mark.parametrize("family", list(Family))


@families
def test_a_noiseless_law_is_recovered(family: Family) -> None:
    true = LAWS[family](X, *TRUE[family])
    found = fit_curves(family, X, true[None], NOISE, closing=13)
    np.testing.assert_allclose(found.at(AHEAD)[0], LAWS[family](AHEAD, *TRUE[family]), atol=1e-6)
    if family is not Family.MMF4:  # of which other parameters give nearly the same curve
        numbers = [found.floor[0], found.height[0], *found.shape[0]]
        np.testing.assert_allclose(numbers[1:] if family is Family.POW2 else numbers, TRUE[family], atol=1e-6)


@families
def test_the_loss_is_no_higher_than_scipys(family: Family) -> None:
    rng = np.random.default_rng(3)
    errors = LAWS[family](X, *TRUE[family]) + rng.normal(0, 0.01, (4, len(X)))
    errors[:, 4] += 0.08  # an outlier, for soft-L1 to make light of
    found = fit_curves(family, X, errors, NOISE, closing=8)
    for mine, one in zip(found.loss, errors, strict=True):
        oracle = least_squares(
            lambda at, one=one: (LAWS[family](X, *at) - one) / NOISE,
            TRUE[family],
            bounds=BOUNDS[family],
            loss="soft_l1",
        )
        assert mine <= 2 * oracle.cost + 1e-3


@families
@settings(max_examples=25)
@given(errors=arrays(np.float64, (2, len(X)), elements=st.floats(0, 1)))
def test_no_curve_rises_or_falls_below_nothing(family: Family, errors: np.ndarray) -> None:
    along = fit_curves(family, X, errors, NOISE).at(np.geomspace(1, 300, 40))
    assert (along >= 0).all()
    assert (np.diff(along, axis=1) <= 1e-12).all()


@families
def test_shapes_stay_within_their_bounds(family: Family) -> None:
    rng = np.random.default_rng(0)
    found = fit_curves(family, X, rng.random((50, len(X))), NOISE)
    for column, axis in zip(found.shape.T, GRIDS[family], strict=True):
        assert (column >= axis[0]).all()
        assert (column <= axis[-1]).all()


@families
def test_many_curves_are_fitted_as_each_alone(family: Family) -> None:
    errors = LAWS[family](X, *TRUE[family]) + np.random.default_rng(1).normal(0, 0.01, (200, len(X)))
    together = fit_curves(family, X, errors, NOISE).at(AHEAD)
    alone = [fit_curves(family, X, one[None], NOISE).at(AHEAD)[0] for one in errors[::20]]
    np.testing.assert_allclose(together[::20], alone, atol=1e-12)


@families
def test_reaching_is_the_inverse(family: Family) -> None:
    errors = LAWS[family](X, *TRUE[family]) + np.random.default_rng(2).normal(0, 0.01, (20, len(X)))
    found = fit_curves(family, X, errors, NOISE)
    for place in (1.5, 20.0, 90.0):
        np.testing.assert_allclose(found.reaching(found.at(np.array([place]))[:, 0]), place, rtol=1e-5)


def test_what_is_below_the_floor_is_never_reached_and_a_flat_curve_at_once_or_never() -> None:
    curve = Curves(Family.POW3, np.array([0.1]), np.array([0.3]), np.array([[0.5]]), np.zeros(1))
    assert curve.reaching(0.1)[0] == curve.reaching(0.05)[0] == np.inf
    flat = Curves(Family.POW3, np.array([0.1]), np.array([0.0]), np.array([[0.5]]), np.zeros(1))
    assert (flat.reaching(0.1)[0], flat.reaching(0.2)[0], flat.reaching(0.09)[0]) == (0, 0, np.inf)


def test_an_outlier_moves_soft_l1_less_than_least_squares() -> None:
    law = LAWS[Family.POW3](X, *TRUE[Family.POW3])
    errors = law.copy()
    errors[-1] += 0.2
    found = fit_curves(Family.POW3, X, errors[None], NOISE).at(AHEAD)[0]
    squares = least_squares(
        lambda at: LAWS[Family.POW3](X, *at) - errors, TRUE[Family.POW3], bounds=BOUNDS[Family.POW3]
    )
    true = LAWS[Family.POW3](AHEAD, *TRUE[Family.POW3])
    missed = np.abs(LAWS[Family.POW3](AHEAD, *squares.x) - true)
    assert np.abs(found - true)[-1] < missed[-1] / 3
