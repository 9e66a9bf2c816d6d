"""D2 pruning against the two passes written out."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from eudscore.selection.d2 import GAMMA, by_messages, messages_passed
from eudscore.selection.linked import chords
from eudscore.selection.request import SelectionRequest, Strategy
from tests.selection.materials import InMemory, nearest, pool_of, replaced

REQUEST = SelectionRequest(5, by="value", strategy=Strategy.D2)


def written_out(neighbours: np.ndarray, distances: np.ndarray, scores: np.ndarray, candidates: np.ndarray) -> list[int]:
    """Both passes over a full matrix of distances, where no edge is infinitely far."""
    n = len(neighbours)
    far = np.full((n, n), np.inf)
    for row, place in np.argwhere(neighbours >= 0):
        other = neighbours[row, place]
        far[row, other] = far[other, row] = min(far[row, other], distances[row, place])
    passed = scores + np.exp(-far) @ scores
    left, order = np.flatnonzero(candidates).tolist(), []
    while left:
        best = max(left, key=lambda place: (passed[place], -place))
        order.append(best)
        left.remove(best)
        passed = passed - np.exp(-GAMMA * far[best]) * max(passed[best], 0)
    return order


@given(st.integers(1, 40), st.integers(1, 6), st.integers(0, 10_000))
def test_it_is_what_both_passes_say(n: int, k: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(n, 4)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    neighbours, cosines = nearest(vectors, k)
    scores, candidates = rng.random(n), rng.random(n) < 0.8
    distances = chords(np.nan_to_num(cosines))
    found = messages_passed(neighbours, distances, scores, candidates=candidates)
    assert found.tolist() == written_out(neighbours, distances, scores, candidates)


def test_of_two_close_hard_rows_the_second_waits() -> None:
    """Rows 0 and 1 are hard and alike; row 2 is less hard and has a neighbour of its own."""
    neighbours, distances = np.array([[1], [0], [3], [2]]), np.full((4, 1), 0.1, dtype=np.float32)
    order = messages_passed(neighbours, distances, np.array([1.0, 0.9, 0.5, 0.1]), candidates=np.ones(4, bool))
    assert order[:2].tolist() == [0, 2]


def test_a_hard_row_in_an_easy_neighbourhood_gives_way_to_a_hard_neighbourhood() -> None:
    neighbours, distances = np.array([[1], [0], [3], [2]]), np.full((4, 1), 0.5, dtype=np.float32)
    order = messages_passed(neighbours, distances, np.array([1.0, 0.0, 0.8, 0.8]), candidates=np.ones(4, bool))
    assert order[0] == 2


def test_rows_without_a_value_are_none_and_those_without_a_vector_come_last() -> None:
    pool = pool_of(InMemory.random(80, seed=2, missing=0.25))
    order = by_messages(pool, REQUEST, 80).order
    scored = pool.eligible & np.isfinite(pool.column("value"))
    assert sorted(order.tolist()) == np.flatnonzero(scored).tolist()
    without = np.flatnonzero(~pool.vectors.any(axis=1)[order])
    assert without.tolist() == list(range(len(order) - len(without), len(order)))
    assert order[without].tolist() == sorted(order[without].tolist())


def test_a_monotone_change_of_the_column_changes_nothing() -> None:
    materials = InMemory.random(50, seed=5)
    changed = replaced(materials, columns={"value": np.exp(materials.columns["value"])})
    one, other = (by_messages(pool_of(some), REQUEST, 50).order for some in (materials, changed))
    assert one.tolist() == other.tolist()
