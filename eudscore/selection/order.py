"""The order in which rows that are equally good are taken."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from eudscore.records import Ints

_GAMMA = 0x9E3779B97F4A7C15
_MASK = 0xFFFFFFFFFFFFFFFF


@lru_cache(maxsize=4)
def hash_order(n: int, seed: int = 0) -> Ints:
    """The rows 0..n-1 sorted by a seeded hash of the row number.

    The hash is the row-th output of the generator splitmix64 started at a hash of `seed`. It is one-to-one
    on 64 bits, so two rows never tie, and the order of the first rows does not depend on how
    many follow: hash_order(n) is hash_order(m) for m > n with the rows from n on left out.

    Args:
        n: number of rows.
        seed: any integer; only its lowest 64 bits count.

    Returns:
        (n,) int64, a permutation; read-only, because callers share it.

    Source: Steele, Lea, Flood, Fast Splittable Pseudorandom Number Generators, OOPSLA 2014 (`mix64`).
    """
    start = _mix(np.array([(int(seed) + 1) * _GAMMA & _MASK], dtype=np.uint64))
    keys = np.arange(1, n + 1, dtype=np.uint64)
    keys *= np.uint64(_GAMMA)
    keys += start
    order = np.argsort(_mix(keys)).astype(np.int64, copy=False)
    order.flags.writeable = False
    return order


def _mix(keys: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Finaliser of splitmix64, in place; sums and products are modulo 2^64."""
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        keys ^= keys >> np.uint64(shift)
        keys *= np.uint64(factor)
    keys ^= keys >> np.uint64(31)
    return keys
