"""BALD against a definition written out with scipy, and against its defining properties."""

import math

import numpy as np
import pytest
import scipy.special
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from eudscore.entropy import epistemic
from eudscore.entropy.epistemic import bald

members = st.integers(1, 6)
logits = members.flatmap(lambda m: arrays(np.float64, (m, 3, 4), elements=st.floats(-40, 40)))


def log_probs(z: np.ndarray) -> np.ndarray:
    return scipy.special.log_softmax(z, axis=-1)


@given(logits)
def test_it_is_the_entropy_of_the_mean_less_the_mean_entropy(z: np.ndarray) -> None:
    probs = scipy.special.softmax(z, axis=-1)
    oracle = scipy.stats.entropy(probs.mean(axis=0), axis=-1) - scipy.stats.entropy(probs, axis=-1).mean(axis=0)
    np.testing.assert_allclose(bald(log_probs(z)), oracle, atol=2e-9)


@given(logits)
def test_it_is_the_mean_divergence_from_the_mean_prediction(z: np.ndarray) -> None:
    probs = scipy.special.softmax(z, axis=-1)
    divergence = scipy.special.rel_entr(probs, probs.mean(axis=0)).sum(axis=-1).mean(axis=0)
    np.testing.assert_allclose(bald(log_probs(z)), divergence, atol=2e-9)


@given(logits)
def test_it_lies_between_zero_and_log_of_members_or_classes(z: np.ndarray) -> None:
    found = bald(log_probs(z))
    assert ((found >= 0) & (found <= math.log(min(len(z), 4)) + 1e-9)).all()


@given(logits, st.permutations(range(4)))
def test_members_classes_and_texts_may_change_places(z: np.ndarray, order: list[int]) -> None:
    found = bald(log_probs(z))
    np.testing.assert_allclose(bald(log_probs(z)[::-1]), found, atol=2e-9)
    np.testing.assert_allclose(bald(log_probs(z)[:, :, order]), found, atol=2e-9)
    np.testing.assert_array_equal(bald(log_probs(z)[:, ::-1]), found[::-1])
    np.testing.assert_array_equal(bald(log_probs(z)[:, 1:2]), found[1:2])


@given(arrays(np.float64, (1, 3, 4), elements=st.floats(-40, 40)), st.integers(1, 9))
def test_members_that_agree_leave_nothing_to_learn(z: np.ndarray, count: int) -> None:
    np.testing.assert_array_equal(bald(np.repeat(log_probs(z), count, axis=0)), 0)


@given(logits)
def test_a_member_that_is_counted_twice_changes_nothing_if_all_are(z: np.ndarray) -> None:
    np.testing.assert_allclose(bald(np.repeat(log_probs(z), 2, axis=0)), bald(log_probs(z)), atol=2e-9)


def test_golden_values_of_the_method() -> None:
    rows = np.log(np.array([[[0.9, 0.1]], [[0.6, 0.4]], [[0.3, 0.7]]]))
    assert bald(rows)[0] == pytest.approx(0.1366920195, abs=1e-10)
    assert bald(rows)[0] / math.log(2) == pytest.approx(0.1972048987, abs=1e-10)


def test_members_sure_of_different_classes_give_log_of_their_number() -> None:
    with np.errstate(divide="ignore"):
        one_hot = np.log(np.eye(3))[:, None, :]
    assert bald(one_hot[:2])[0] == pytest.approx(math.log(2))
    assert bald(one_hot)[0] == pytest.approx(math.log(3))


def test_an_impossible_class_adds_nothing() -> None:
    rows = np.log(np.array([[[0.9, 0.1]], [[0.3, 0.7]]]))
    padded = np.concatenate([rows, np.full((2, 1, 1), -np.inf)], axis=2)
    assert bald(padded)[0] == pytest.approx(bald(rows)[0], abs=1e-12)


def test_probabilities_too_small_for_a_float_still_count() -> None:
    far = np.array([[[0.0, -2000.0]], [[-2000.0, 0.0]]])
    assert bald(far)[0] == pytest.approx(math.log(2))


def test_half_precision_is_read_and_unknown_gives_nan() -> None:
    rows = log_probs(np.random.default_rng(0).normal(size=(5, 4, 3)))
    np.testing.assert_allclose(bald(rows.astype(np.float32)), bald(rows), atol=1e-6)
    np.testing.assert_allclose(bald(rows.astype(np.float16)), bald(rows), atol=5e-3)
    rows[2, 1, 0] = np.nan
    assert np.isnan(bald(rows)).tolist() == [False, True, False, False]


def test_blocks_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = log_probs(np.random.default_rng(0).normal(size=(3, 50, 4)))
    whole = bald(rows)
    monkeypatch.setattr(epistemic, "_CELLS", 7 * 12)
    np.testing.assert_array_equal(bald(rows), whole)


@pytest.mark.parametrize("shape", [(3, 4), (0, 3, 4)])
def test_what_is_no_table_of_members_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="log_probs are"):
        bald(np.zeros(shape))
