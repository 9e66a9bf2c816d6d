"""Typicality and bits per byte: what they are for texts drawn from the model itself, and for none."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eudscore.entropy.typicality import bits_per_byte, typicality


def test_what_the_model_writes_itself_has_typicality_of_mean_zero_and_variance_one() -> None:
    draw = np.random.default_rng(0)
    law = draw.dirichlet(np.ones(50), size=200)  # 200 positions
    logs = np.log(law)
    came = np.array([draw.choice(50, size=3_000, p=position) for position in law])
    surprisal = -np.take_along_axis(logs, came, axis=1).sum(axis=0)
    entropy = np.full(3_000, -(law * logs).sum())
    varentropy = np.full(3_000, (law * logs**2).sum() - ((law * logs).sum(axis=1) ** 2).sum())
    z = typicality(entropy, surprisal, varentropy)
    assert z.mean() == pytest.approx(0, abs=0.06)
    assert z.std() == pytest.approx(1, abs=0.05)


@given(st.floats(0, 1e4), st.floats(0, 1e4), st.floats(0, 1e4))
def test_typicality_is_finite_and_has_the_sign_of_the_gap(entropy: float, surprisal: float, varentropy: float) -> None:
    (z,) = typicality(np.array([entropy]), np.array([surprisal]), np.array([varentropy]))
    assert math.isfinite(z)
    assert np.sign(z) == np.sign(surprisal - entropy)


def test_bits_per_byte_of_a_uniform_guess_at_bytes_is_eight() -> None:
    assert bits_per_byte(np.array([10 * math.log(256)]), np.array([10])) == pytest.approx(8)
    assert np.isnan(bits_per_byte(np.array([0.0]), np.array([0]))).all()
