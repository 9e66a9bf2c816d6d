"""What is remembered is right, and nothing that may change is remembered."""

import numpy as np

from eudscore.selection.order import draw_order
from eudscore.selection.quantiles import mid_ranks
from eudscore.selection.remembering import remembered


def frozen(values: list[int]) -> np.ndarray:
    found = np.array(values)
    found.flags.writeable = False
    return found


class Doubling:
    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, values: np.ndarray, other: np.ndarray | None = None, by: int = 2) -> np.ndarray:
        self.calls += 1
        return values * by + (0 if other is None else other)


def test_a_read_only_array_is_worked_on_once() -> None:
    counted, values = Doubling(), frozen([1, 2])
    ask = remembered(2)(counted)
    first = ask(values)
    assert ask(values[:]) is first  # another view of the same place
    assert first.tolist() == [2, 4]
    assert not first.flags.writeable
    assert counted.calls == 1


def test_other_values_places_and_shapes_are_other_questions() -> None:
    counted, values = Doubling(), frozen([1, 2, 3])
    ask = remembered(9)(counted)
    assert ask(values).tolist() == [2, 4, 6]
    assert ask(values[:2]).tolist() == [2, 4]
    assert ask(values[::-1]).tolist() == [6, 4, 2]
    assert ask(values, by=3).tolist() == [3, 6, 9]
    assert ask(values, frozen([1, 1, 1])).tolist() == [3, 5, 7]
    assert counted.calls == 5


def test_an_array_that_can_be_written_to_is_never_remembered() -> None:
    counted, values = Doubling(), np.array([1])
    ask = remembered(2)(counted)
    assert ask(values).tolist() == [2]
    values[0] = 5
    assert ask(values).tolist() == [10]


def test_the_oldest_is_forgotten_and_a_place_is_not_used_again_while_it_is_known() -> None:
    counted = Doubling()
    ask = remembered(2)(counted)
    for number in range(200):
        assert ask(frozen([number])).tolist() == [2 * number]
    assert counted.calls == 200


def test_orders_and_quantiles_are_remembered() -> None:
    keys = np.random.default_rng(0).integers(0, 2**63, 50).astype(np.uint64)
    values = np.random.default_rng(1).random(50)
    free = draw_order(keys, None, 1), mid_ranks(values)
    for array in (keys, values):
        array.flags.writeable = False
    assert draw_order(keys, None, 1) is draw_order(keys, None, 1)
    assert mid_ranks(values) is mid_ranks(values)
    np.testing.assert_array_equal(draw_order(keys, None, 1), free[0])
    np.testing.assert_array_equal(mid_ranks(values), free[1])
    assert draw_order(keys, None, 2).tolist() != free[0].tolist()
