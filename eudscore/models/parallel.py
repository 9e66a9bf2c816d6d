"""Batches through a model: one thread a core on a CPU; on a GPU one at a time, halved when memory runs out.

Threads that share one small multiplication wait for each other after every layer, and a core that is busy
with something else holds them all up. Threads with a batch each wait for nobody, and a batch is computed in the
same way to the bit whatever runs beside it.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from eudscore.errors import ModelError
from eudscore.models.memory import give_back
from eudscore.records import Ints

Answer = TypeVar("Answer")


def side_by_side(
    work: Callable[[Ints], Answer], batches: Sequence[Ints], device: str,
    *, on_halved: Callable[[int], None] = lambda _size: None,
) -> Iterator[Answer]:  # fmt: skip
    """`map(work, batches)`, as many batches at once as torch has threads on a CPU.

    Args:
        work: a forward pass over some positions; it must not share anything it writes to.
        batches: in the order in which the answers come; a halved batch gives more than one answer.
        device: cpu or cuda.
        on_halved: is told the new size whenever a batch did not fit into memory.

    Raises:
        ModelError: a single text does not fit into the memory of the device.
    """
    if device == "cpu":
        yield from _threaded(work, batches)
        return
    for batch in batches:
        yield from _halving(work, batch, on_halved)


def _threaded(work: Callable[[Ints], Answer], batches: Sequence[Ints]) -> Iterator[Answer]:
    import torch

    threads = torch.get_num_threads()
    pool = ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,))
    try:
        yield from pool.map(work, batches)
    finally:
        pool.shutdown(cancel_futures=True)
        torch.set_num_threads(threads)
        give_back()


def _halving(work: Callable[[Ints], Answer], batch: Ints, on_halved: Callable[[int], None]) -> Iterator[Answer]:
    import torch

    todo = [batch]
    while todo:
        rows = todo.pop()
        try:
            yield work(rows)
        except torch.OutOfMemoryError as error:
            if len(rows) == 1:
                raise ModelError(
                    "The memory of the device is too small for a single text: choose a smaller model, fewer "
                    "tokens, or the CPU."
                ) from error
            middle = (len(rows) + 1) // 2
            todo += [rows[middle:], rows[:middle]]
            on_halved(middle)
        if torch.cuda.is_available() and todo:
            torch.cuda.empty_cache()  # what the failed attempt left in pieces
