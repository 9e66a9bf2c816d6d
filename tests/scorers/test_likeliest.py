"""The likeliest classes of each text, against a plain sort."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from eudscore.scorers import likeliest as module
from eudscore.scorers.likeliest import CLASSES, KEPT, PROBABILITIES, WIDTHS, likeliest, no_classes

shapes = st.tuples(st.integers(0, 6), st.integers(1, 9))
any_probs = shapes.flatmap(lambda shape: arrays(np.float64, shape, elements=st.floats(0, 1, width=32)))
distinct = st.integers(1, 9).flatmap(lambda classes: st.permutations([n / 10 for n in range(classes)]))


@given(any_probs)
def test_the_probabilities_are_the_largest_in_falling_order(probs: np.ndarray) -> None:
    found = likeliest(probs)
    expected = -np.sort(-probs, axis=1)[:, :KEPT]
    np.testing.assert_array_equal(found[PROBABILITIES][:, : expected.shape[1]], expected.astype(np.float32))


@given(any_probs)
def test_each_class_is_named_once_and_has_the_probability_beside_it(probs: np.ndarray) -> None:
    found = likeliest(probs)
    for row, (numbers, values) in enumerate(zip(found[CLASSES], found[PROBABILITIES], strict=True)):
        there = numbers >= 0
        assert there.sum() == min(KEPT, probs.shape[1]) == len(set(numbers[there]))
        np.testing.assert_array_equal(values[there], probs[row, numbers[there].astype(int)].astype(np.float32))
        assert np.isnan(values[~there]).all()


@given(distinct)
def test_classes_come_as_a_stable_sort_has_them(probs: list[float]) -> None:
    (numbers,) = likeliest(np.array([probs]))[CLASSES]
    expected = np.argsort(-np.array(probs), kind="stable")[:KEPT]
    assert numbers[: len(expected)].tolist() == expected.tolist()


def test_of_equals_the_lower_number_comes_first() -> None:
    assert likeliest(np.array([[0.2, 0.4, 0.4]]))[CLASSES][0, :3].tolist() == [1, 2, 0]


def test_a_text_without_probabilities_has_no_classes() -> None:
    found = likeliest(np.array([[0.5, 0.5], [np.nan, 0.5]]))
    assert found[CLASSES][1].tolist() == [-1] * KEPT
    assert np.isnan(found[PROBABILITIES][1]).all()
    for name, array in no_classes(1).items():
        np.testing.assert_array_equal(array, found[name][1:])


@pytest.mark.parametrize("rows", [0, 3])
def test_arrays_are_as_wide_as_the_store_is_told(rows: int) -> None:
    for found in (likeliest(np.full((rows, 7), 1 / 7)), no_classes(rows)):
        assert {name: array.shape for name, array in found.items()} == {n: (rows, w) for n, w in WIDTHS.items()}
        assert all(array.dtype == np.float32 for array in found.values())


def test_blocks_leave_no_seam(monkeypatch: pytest.MonkeyPatch) -> None:
    probs = np.random.default_rng(0).dirichlet(np.ones(7), size=23)
    probs[5] = np.nan
    whole = likeliest(probs)
    monkeypatch.setattr(module, "_CELLS", 21)
    for name, array in likeliest(probs).items():
        np.testing.assert_array_equal(array, whole[name])
