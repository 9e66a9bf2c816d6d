"""Facility location against the plain greedy, the exact optimum and the properties of its value."""

import itertools
import math
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eudscore.selection.facility import by_facility_location, facility
from eudscore.selection.request import SelectionRequest, Strategy
from tests.selection.materials import InMemory, nearest, pool_of

REQUEST = SelectionRequest(5, strategy=Strategy.FACILITY)


@st.composite
def problems(draw: st.DrawFn, largest: int = 30) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Neighbours, cosines in steps of 1/64 and whole weights, so that sums are exact and ties are frequent."""
    n, k = draw(st.integers(1, largest)), draw(st.integers(1, 6))
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    steps = draw(st.sampled_from([2, 64]))
    neighbours = np.full((n, k), -1)
    for row in range(n):
        others = np.delete(np.arange(n), row)
        found = rng.permutation(others)[: rng.integers(0, k + 1)]
        neighbours[row, : len(found)] = found
    cosines = np.where(neighbours < 0, np.nan, rng.integers(-steps // 2, steps + 1, (n, k)) / steps)
    return neighbours, cosines.astype(np.float32), rng.integers(0, 4, n).astype(np.float64)


def dense(neighbours: np.ndarray, cosines: np.ndarray) -> np.ndarray:
    """(n, n) similarity of row to column, built edge by edge."""
    n = len(neighbours)
    matrix = np.zeros((n, n))
    for row, column in itertools.product(range(n), range(neighbours.shape[1])):
        if (other := neighbours[row, column]) >= 0:
            matrix[row, row] = matrix[other, other] = 1
            cosine = max(0.0, float(cosines[row, column]))
            matrix[row, other] = matrix[other, row] = max(matrix[row, other], cosine)
    return matrix


def value(matrix: np.ndarray, weights: np.ndarray, chosen: list[int]) -> float:
    return float(weights @ matrix[:, chosen].max(axis=1)) if chosen else 0.0


@given(problems(), st.integers(0, 5))
def test_the_lazy_greedy_is_the_plain_greedy(problem: tuple[np.ndarray, ...], seed: int) -> None:
    neighbours, cosines, weights = problem
    candidates = np.random.default_rng(seed).random(len(weights)) < 0.7
    matrix = dense(neighbours, cosines)
    left, chosen = np.flatnonzero(candidates).tolist(), []
    while left:
        values = [value(matrix, weights, [*chosen, place]) for place in left]
        best = left[int(np.argmax(values))]  # of equal values the lowest place
        chosen.append(best)
        left.remove(best)
    found = facility(neighbours, cosines, weights=weights, candidates=candidates)
    assert found.tolist() == chosen


@settings(max_examples=40)
@given(problems(largest=12), st.integers(1, 6))
def test_it_reaches_its_share_of_the_exact_optimum(problem: tuple[np.ndarray, ...], k: int) -> None:
    neighbours, cosines, weights = problem
    matrix = dense(neighbours, cosines)
    k = min(k, len(weights))
    optimum = max(value(matrix, weights, list(rows)) for rows in itertools.combinations(range(len(weights)), k))
    reached = value(matrix, weights, facility(neighbours, cosines, weights=weights)[:k].tolist())
    assert reached >= (1 - 1 / math.e) * optimum - 1e-9


@given(problems(), st.integers(0, 1000))
def test_its_value_is_monotone_and_submodular(problem: tuple[np.ndarray, ...], seed: int) -> None:
    """The gains along the order never rise, as submodularity demands, and are those of the value on nested sets."""
    neighbours, cosines, weights = problem
    rng = np.random.default_rng(seed)
    matrix = dense(neighbours, cosines)
    n = len(weights)
    large = rng.permutation(n)[: rng.integers(0, n)].tolist()
    small = large[: rng.integers(0, len(large) + 1)]
    one = int(rng.integers(0, n))
    gain_of_small = value(matrix, weights, [*small, one]) - value(matrix, weights, small)
    gain_of_large = value(matrix, weights, [*large, one]) - value(matrix, weights, large)
    assert gain_of_small >= gain_of_large - 1e-9
    assert gain_of_large >= -1e-9
    order = facility(neighbours, cosines, weights=weights).tolist()
    gains = np.diff([value(matrix, weights, order[:k]) for k in range(n + 1)])
    assert (np.diff(gains) <= 1e-9).all()


def test_a_row_of_more_weight_is_covered_first() -> None:
    neighbours = np.array([[1], [0], [3], [2]])
    cosines = np.full((4, 1), 0.9, dtype=np.float32)
    assert facility(neighbours, cosines, weights=np.array([1.0, 1, 1, 5]))[0] == 3
    assert facility(neighbours, cosines)[0] == 0


def test_what_may_not_be_taken_is_still_covered() -> None:
    neighbours, cosines = np.array([[1], [0], [1]]), np.array([[0.9], [0.9], [0.8]], dtype=np.float32)
    chosen = facility(neighbours, cosines, candidates=np.array([True, False, True]))
    # Row 1 is near to both; 0 covers it better.
    assert chosen.tolist() == [0, 2]


@pytest.mark.parametrize("bad", [-1.0, np.nan, np.inf])
def test_a_weight_that_is_no_worth_is_refused(bad: float) -> None:
    with pytest.raises(ValueError, match="at least 0"):
        facility(np.array([[1], [0]]), np.ones((2, 1), dtype=np.float32), weights=np.array([1.0, bad]))


def test_no_row_gives_no_row() -> None:
    assert facility(np.zeros((0, 20), dtype=np.int64), np.zeros((0, 20), dtype=np.float32)).tolist() == []


def test_rows_without_a_vector_come_last_in_draw_order() -> None:
    materials = InMemory.random(60, seed=1, missing=0.3)
    pool = pool_of(materials)
    order = by_facility_location(pool, REQUEST, 60).order
    without = ~pool.vectors.any(axis=1)[order]
    assert sorted(order.tolist()) == np.flatnonzero(pool.eligible).tolist()
    tail = order[np.flatnonzero(without)]
    assert tail.tolist() == sorted(tail.tolist()) == order[len(order) - len(tail) :].tolist()


def test_duplicates_of_a_taken_row_come_after_all_others() -> None:
    vectors = np.repeat(np.eye(3, dtype=np.float32), 4, axis=0)
    vectors[:, :] += np.repeat(np.arange(3, dtype=np.float32)[:, None] * 0.1, 4, axis=0)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    order = facility(*nearest(vectors, 5))
    assert {place // 4 for place in order[:3].tolist()} == {0, 1, 2}
    assert order[3:].tolist() == sorted(order[3:].tolist())


def test_it_ranks_thousands_of_rows_in_no_time() -> None:
    rng = np.random.default_rng(0)
    neighbours, cosines = rng.integers(0, 20_000, (20_000, 20)), rng.random((20_000, 20), dtype=np.float32)
    neighbours = np.sort(neighbours, axis=1)
    neighbours[:, 1:][np.diff(neighbours, axis=1) == 0] = -1
    facility(neighbours[:9] * 0 - 1, cosines[:9])  # compiles
    start = time.perf_counter()
    assert len(facility(neighbours, cosines)) == 20_000
    assert time.perf_counter() - start < 10  # 0.3 s; the plain greedy looks at 8,000 million edges
