"""Batches side by side on a CPU: one thread a core, each with its own batch.

Threads that share one small multiplication wait for each other after every layer, and a core that is busy
with something else holds them all up. Threads with a batch each wait for nobody.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Batch = TypeVar("Batch")
Answer = TypeVar("Answer")


def side_by_side(work: Callable[[Batch], Answer], batches: Sequence[Batch], device: str) -> Iterator[Answer]:
    """`map(work, batches)` with as many batches at once as torch has threads; one at a time on a GPU.

    Args:
        work: a forward pass; it must not share anything it writes to.
        batches: in the order in which the answers come.
        device: cpu or cuda.
    """
    import torch

    threads = torch.get_num_threads()
    if device != "cpu" or threads == 1 or len(batches) < 2:
        yield from map(work, batches)
        return
    pool = ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,))
    try:
        yield from pool.map(work, batches)
    finally:
        pool.shutdown(cancel_futures=True)
        torch.set_num_threads(threads)
