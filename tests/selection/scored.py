"""Materials with scores, near-duplicates and empty texts, for tests of what follows a ranking."""

from dataclasses import replace

import numpy as np
from materials import InMemory


def scored(n: int = 200, *, classes: int = 3, seed: int = 0) -> InMemory:
    """Some values missing, some rows unlabelled, the first twentieth empty, a pair of near-duplicates in every ten."""
    rng = np.random.default_rng(seed)
    base = InMemory.random(n, seed=seed)
    empty = np.arange(n) < n // 20
    values = rng.normal(size=n).astype(np.float32)
    values[empty] = np.nan
    groups = np.arange(n)
    for row in range(n // 20 + 1, n, 10):
        groups[row] = row - 1
    return replace(
        base,
        eligible=~empty,
        labels=rng.integers(-1, classes, n) if classes else None,
        groups=groups,
        vectors=np.where(empty[:, None], np.float32(np.nan), base.vectors),
        columns={"igse": values, "other": rng.normal(size=n).astype(np.float32)},
    )


def with_values(values: np.ndarray) -> InMemory:
    """Rows of which nothing is known but one score."""
    n = len(values)
    base = replace(InMemory.random(n), labels=None, eligible=np.ones(n, dtype=np.bool_))
    return replace(base, columns={"igse": values.astype(np.float32)})
