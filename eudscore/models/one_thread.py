"""Fitting on the CPU that repeats itself to the bit: several pieces at once, each on one thread.

A library that shares one multiplication among its threads adds in an order that depends on how many there are,
and they wait for one another wherever another process holds a core. Pieces side by side do neither.
"""

import os
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

Piece = TypeVar("Piece")
Answer = TypeVar("Answer")


@contextmanager
def one_thread() -> Iterator[None]:
    """BLAS and OpenMP keep to one thread; fits that stop at their limit of steps do not warn of it."""
    from sklearn.exceptions import ConvergenceWarning
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        yield


def one_thread_each(work: Callable[[Piece], Answer], pieces: Sequence[Piece]) -> list[Answer]:
    """`list(map(work, pieces))`, as many pieces at once as there are cores.

    Args:
        work: arithmetic that lets go of the interpreter (NumPy, SciPy, scikit-learn) and writes to nothing shared.
        pieces: what to work on; the answers come in their order.
    """
    from threadpoolctl import threadpool_limits

    workers = max(1, min(len(pieces), os.cpu_count() or 1))
    # OpenMP counts threads for each caller by itself: the limit outside does not hold for the workers.
    with one_thread(), ThreadPoolExecutor(workers, initializer=threadpool_limits, initargs=(1,)) as pool:
        return list(pool.map(work, pieces))
