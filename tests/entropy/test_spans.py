"""Span entropy against the table of all spans, written out."""

import math

import numpy as np
import pytest
import scipy.special
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from eudscore.entropy.spans import span_count, span_entropy

a_logit = st.one_of(st.floats(-30, 30), st.just(-np.inf))
lengths = st.integers(1, 12)
logits = lengths.flatmap(lambda length: arrays(np.float64, (2, 3, length), elements=a_logit))
longest = st.integers(1, 15)


def written_out(start: np.ndarray, end: np.ndarray, most: int, null: float | None = None) -> float:
    spans = [a + b for s, a in enumerate(start) for e, b in enumerate(end) if s <= e < s + most]
    every = np.array(spans if null is None else [*spans, null])
    if np.isneginf(every).all():
        return math.nan
    return float(scipy.special.entr(scipy.special.softmax(every)).sum())


@given(logits, longest)
def test_it_is_the_entropy_over_all_spans(z: np.ndarray, most: int) -> None:
    oracle = [written_out(start, end, most) for start, end in zip(z[0], z[1], strict=True)]
    np.testing.assert_allclose(span_entropy(z[0], z[1], longest=most), oracle, atol=1e-9)


@given(logits, longest, st.floats(-30, 30))
def test_no_answer_is_one_more_outcome(z: np.ndarray, most: int, null: float) -> None:
    oracle = [written_out(start, end, most, null) for start, end in zip(z[0], z[1], strict=True)]
    np.testing.assert_allclose(span_entropy(z[0], z[1], longest=most, null=np.full(3, null)), oracle, atol=1e-9)


@given(logits, longest, st.floats(-1000, 1000))
def test_it_lies_in_its_bounds_and_no_offset_moves_it(z: np.ndarray, most: int, offset: float) -> None:
    found = span_entropy(z[0], z[1], longest=most)
    known = found[~np.isnan(found)]
    assert ((known >= 0) & (known <= math.log(span_count(z.shape[2], most)) + 1e-9)).all()
    np.testing.assert_allclose(span_entropy(z[0] + offset, z[1], longest=most), found, atol=1e-9)
    np.testing.assert_array_equal(span_entropy(z[0, 1:2], z[1, 1:2], longest=most), found[1:2])


@given(st.integers(1, 40), st.integers(1, 40))
def test_spans_are_counted(length: int, most: int) -> None:
    assert span_count(length, most) == sum(s <= e < s + most for s in range(length) for e in range(length))


def test_golden_values_of_the_method() -> None:
    flat = np.zeros((1, 20))
    assert span_count(20, 5) == 90
    assert span_entropy(flat, flat, longest=5)[0] == pytest.approx(4.4998096703, abs=1e-10)
    start, end = np.array([[2.0, 0.0, -1.0, 1.0]]), np.array([[0.0, 1.0, 3.0, -1.0]])
    assert span_entropy(start, end, longest=2)[0] == pytest.approx(1.4804856721, abs=1e-10)
    assert span_entropy(start, end, longest=4)[0] == pytest.approx(1.0835703904, abs=1e-10)


def test_tokens_outside_the_context_add_nothing() -> None:
    rng = np.random.default_rng(0)
    start, end = rng.normal(size=(2, 1, 8))
    outside = np.full((1, 3), -np.inf)
    padded = [np.hstack([outside, part, outside]) for part in (start, end)]
    assert span_entropy(*padded, longest=4)[0] == pytest.approx(span_entropy(start, end, longest=4)[0], abs=1e-12)


def test_no_possible_span_is_nan_not_zero() -> None:
    nothing = np.full((1, 4), -np.inf)
    assert math.isnan(span_entropy(nothing, nothing)[0])
    ends_before_it_starts = np.array([[-np.inf, 0.0]]), np.array([[0.0, -np.inf]])
    assert math.isnan(span_entropy(*ends_before_it_starts)[0])
    assert span_entropy(np.array([[0.0]]), np.array([[0.0]]))[0] == 0


def test_unequal_logits_are_refused() -> None:
    with pytest.raises(ValueError, match="one shape and M >= 1"):
        span_entropy(np.zeros((1, 3)), np.zeros((1, 4)))
    with pytest.raises(ValueError, match="one shape and M >= 1"):
        span_entropy(np.zeros((1, 3)), np.zeros((1, 3)), longest=0)
