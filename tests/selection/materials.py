"""Small materials in memory: what a strategy reads, made up, with nothing stored.

`InMemory.random(30)` has all of it; `replaced(materials, labels=None)` is the same without labels,
`materials.permuted(order)` the same texts in other rows. `pool_of(materials)` is what strategies get, `texts_of` says
which texts they chose.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from eudscore.records import Bools, Floats, Ints
from eudscore.selection.pool import Pool


@dataclass(frozen=True, eq=False)
class InMemory:
    """`selection.pool.Materials` of arrays; the key of a text stands for the text."""

    keys: np.ndarray
    eligible: Bools
    labels: Ints | None
    tokens: Ints
    groups: Ints
    clusters: Ints
    vectors: Floats
    neighbours: tuple[Ints, Floats]
    likeliest: tuple[Ints, Floats]
    columns: Mapping[str, Floats] = field(default_factory=dict)

    def column(self, name: str) -> Floats:
        return self.columns[name]

    @classmethod
    def random(cls, n: int, *, seed: int = 0, missing: float = 0.0, neighbours: int = 5) -> "InMemory":
        """Random rows about a few topics; a share `missing` of each thing is missing."""
        rng = np.random.default_rng(seed)
        topics = rng.normal(size=(4, 6))
        topic = rng.integers(0, 4, n)
        vectors = _unit(topics[topic] + 0.7 * rng.normal(size=(n, 6)))
        vectors[rng.random(n) < missing] = np.nan
        eligible = rng.random(n) >= missing
        vectors[~eligible] = np.nan
        probabilities = rng.dirichlet(np.full(7, 0.5), n).astype(np.float32)
        values = rng.normal(size=n).astype(np.float32)
        values[rng.random(n) < missing] = np.nan
        return cls(
            keys=rng.permutation(np.arange(1, n + 1)).astype(np.uint64),
            eligible=eligible,
            labels=np.where(rng.random(n) < missing, -1, rng.integers(0, 3, n)),
            tokens=rng.integers(1, 40, n),
            groups=np.arange(n),
            clusters=np.where(np.isnan(vectors[:, 0]), -1, topic),
            vectors=vectors,
            neighbours=nearest(vectors, neighbours),
            likeliest=likeliest_of(np.where(rng.random((n, 1)) < missing, np.nan, probabilities)),
            columns={"value": values},
        )

    def permuted(self, order: Ints) -> "InMemory":
        """The same with what was row `order[i]` at row i."""
        place = np.append(np.argsort(order), -1)
        indices, cosines = self.neighbours
        return InMemory(
            self.keys[order],
            self.eligible[order],
            None if self.labels is None else self.labels[order],
            self.tokens[order],
            place[self.groups][order],
            self.clusters[order],
            self.vectors[order],
            (place[indices][order], cosines[order]),
            (self.likeliest[0][order], self.likeliest[1][order]),
            {name: values[order] for name, values in self.columns.items()},
        )


def replaced(materials: InMemory, **parts: Any) -> InMemory:
    """The same with other parts."""
    return replace(materials, **parts)


def pool_of(materials: InMemory, seed: int = 0) -> Pool:
    return Pool(materials, seed)


def texts_of(materials: InMemory, rows: Ints) -> list[int]:
    """The keys of some rows: which texts they are, wherever they stand."""
    return [int(key) for key in materials.keys[rows]]


def nearest(vectors: Floats, k: int) -> tuple[Ints, Floats]:
    """(n, k) nearest rows and their cosines by brute force; -1 and nan where there is none."""
    n = len(vectors)
    indices, cosines = np.full((n, k), -1, dtype=np.int64), np.full((n, k), np.nan, dtype=np.float32)
    present = np.flatnonzero(np.isfinite(vectors).all(axis=1) & vectors.any(axis=1))
    for row in present:
        others = present[present != row]
        likeness = np.round(vectors[others].astype(np.float64) @ vectors[row], 6)
        best = np.argsort(-likeness, kind="stable")[:k]
        indices[row, : len(best)], cosines[row, : len(best)] = others[best], likeness[best]
    return indices, cosines


def likeliest_of(probabilities: Floats) -> tuple[Ints, Floats]:
    """(n, 5) likeliest classes of (n, c) probabilities, and theirs; -1 and nan where a row has none or too few."""
    n, c = probabilities.shape
    classes, shares = np.full((n, 5), -1, dtype=np.int64), np.full((n, 5), np.nan, dtype=np.float32)
    for row in np.flatnonzero(np.isfinite(probabilities).all(axis=1)):
        best = np.argsort(-probabilities[row], kind="stable")[: min(5, c)]
        classes[row, : len(best)], shares[row, : len(best)] = best, probabilities[row, best]
    return classes, shares


def _unit(vectors: np.ndarray) -> Floats:
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
