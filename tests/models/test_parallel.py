"""Batches side by side: every answer, in order; and halves where memory runs out."""

from collections.abc import Callable

import numpy as np
import pytest
import torch

from eudscore.errors import ModelError
from eudscore.models.parallel import side_by_side
from eudscore.records import Ints

BATCHES = [np.arange(start, start + 8) for start in range(0, 40, 8)]


def room_for(size: int) -> Callable[[Ints], list[int]]:
    """Work that runs out of memory for more than some rows at once."""

    def work(rows: Ints) -> list[int]:
        if len(rows) > size:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return rows.tolist()

    return work


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_answers_come_in_the_order_of_the_batches(device: str) -> None:
    assert list(side_by_side(room_for(8), BATCHES, device)) == [batch.tolist() for batch in BATCHES]


@pytest.mark.parametrize("size", [1, 3, 5])
def test_a_batch_that_does_not_fit_is_halved_until_it_does(size: int) -> None:
    halved: list[int] = []
    answers = list(side_by_side(room_for(size), BATCHES, "cuda", on_halved=halved.append))
    assert [row for answer in answers for row in answer] == list(range(40))
    assert max(map(len, answers)) <= size
    assert len(halved) == len(answers) - len(BATCHES)


def test_a_single_text_that_does_not_fit_is_one_sentence() -> None:
    with pytest.raises(ModelError, match="too small for a single text"):
        list(side_by_side(room_for(0), BATCHES, "cuda"))


def test_the_number_of_threads_is_what_it_was() -> None:
    before = torch.get_num_threads()
    inside = list(side_by_side(lambda _rows: torch.get_num_threads(), BATCHES, "cpu"))
    assert set(inside) == {1}  # also for one batch alone: the same sums in the same order
    assert list(side_by_side(lambda _rows: torch.get_num_threads(), BATCHES[:1], "cpu")) == [1]
    assert torch.get_num_threads() == before
