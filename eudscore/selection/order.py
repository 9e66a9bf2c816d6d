"""The order in which rows that are equally good are taken."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from eudscore.entropy.hashes import Hashes, mix
from eudscore.records import Ints
from eudscore.selection.remembering import remembered

_GAMMA = 0x9E3779B97F4A7C15
_MASK = 0xFFFFFFFFFFFFFFFF


@remembered(4)
def draw_order(keys: Hashes, labels: Ints | None, seed: int = 0) -> Ints:
    """The rows sorted by a seeded hash of their texts: the same texts in the same order, wherever they stand.

    Args:
        keys: (n,) a hash of each text.
        labels: (n,) class of each row; decides between equal texts, and after it the place in the file does, which
            tells apart only what is the same.
        seed: any integer; only its lowest 64 bits count.

    Returns:
        (n,) int64, a permutation.
    """
    mixed = mix(keys + _start(seed))
    order = np.argsort(mixed, kind="stable")
    drawn = mixed[order]
    if labels is not None and (drawn[1:] == drawn[:-1]).any():
        order = np.lexsort((np.arange(len(keys)), labels, mixed))
    return order.astype(np.int64, copy=False)


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
    keys = np.arange(1, n + 1, dtype=np.uint64)
    keys *= np.uint64(_GAMMA)
    keys += _start(seed)
    order = np.argsort(mix(keys)).astype(np.int64, copy=False)
    order.flags.writeable = False
    return order


def _start(seed: int) -> NDArray[np.uint64]:
    """(1,) where the generator of a seed starts."""
    return mix(np.array([(int(seed) + 1) * _GAMMA & _MASK], dtype=np.uint64))
