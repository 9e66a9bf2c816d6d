"""The nearest texts of each text: computed once, read by layout, near-duplicates and semantic entropy."""

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from eudscore.records import Bools, Floats, Ints

if TYPE_CHECKING:
    from torch import Tensor

MISSING = -1
NEIGHBOURS = 20  # kept of each text for layout, near-duplicates and semantic entropy alike
EXACT_ROWS = 50_000  # the exact search takes 20 s there on two cores and grows with the square
_STEPS = 1_000_000  # cosines are compared in steps of a millionth: a matrix product is no more exact
_SPARE = 12  # looked at beyond k, so that ties can be broken
_CELLS = 1 << 24  # cosines of one block of rows: 64 MiB


@dataclass(frozen=True, eq=False)
class NeighbourGraph:
    """The k nearest rows of each row, nearest first, itself left out.

    Attributes:
        indices: (n, k) int64 rows; -1 where there is none.
        similarities: (n, k) float32 cosines, falling along a row; nan where there is no neighbour.
        exact: whether no nearer row was missed.
    """

    indices: Ints
    similarities: Floats
    exact: bool = True

    @property
    def search(self) -> str:
        """How the neighbours were found, for the cards."""
        return search_in_words(exact=self.exact)


def is_exact(rows: int, device: str) -> bool:
    """Whether the neighbours of so many rows are searched exactly on this device."""
    return rows <= EXACT_ROWS or device != "cpu"


def search_in_words(*, exact: bool) -> str:
    """The kind of search as the cards call it."""
    return "exact" if exact else "approximate (nearest-neighbour descent)"


def neighbour_graph(
    vectors: Floats, *, k: int = NEIGHBOURS, block: int = 2048, device: str = "cpu", seed: int = 0
) -> NeighbourGraph:
    """The k nearest rows of each row by cosine.

    Exact by matrix products, block by block; of rows equally near (to a millionth) the lower comes first.
    Above 50,000 rows on a CPU the search is approximate (about 98 in 100 neighbours are right).

    Args:
        vectors: (n, d) of unit length; a row that is nan or zero has no neighbours and is nobody's.
        k: neighbours wanted; fewer rows leave the last columns empty.
        block: rows compared at once, lowered where their cosines would pass 64 MiB.
        device: of torch, for the exact search.
        seed: of the approximate search.

    Source of the approximate search: Dong, Moses, Li, Efficient K-Nearest Neighbor Graph Construction for
    Generic Similarity Measures, WWW 2011.
    """
    present = has_direction(vectors)
    rows = np.flatnonzero(present)
    indices = np.full((len(vectors), k), MISSING, dtype=np.int64)
    similarities = np.full((len(vectors), k), np.nan, dtype=np.float32)
    wanted = min(k, len(rows) - 1)
    exact = is_exact(len(vectors), device)
    if wanted < 1:
        return NeighbourGraph(indices, similarities, exact)
    dense = np.ascontiguousarray(vectors[rows], dtype=np.float32)
    found, cosines = _exact(dense, wanted, block, device) if exact else _approximate(dense, wanted, seed)
    indices[rows, :wanted] = np.where(found == MISSING, MISSING, rows[found])
    similarities[rows, :wanted] = cosines
    return NeighbourGraph(indices, similarities, exact)


def approximate_graph(vectors: Floats, *, k: int, seed: int = 0) -> NeighbourGraph:
    """The same by approximate search, however few the rows are.

    Args:
        vectors: (n, d) of unit length, each pointing somewhere.
        k: neighbours wanted.
        seed: of the search.
    """
    return NeighbourGraph(*_approximate(vectors, k, seed), exact=False)


def has_direction(vectors: Floats) -> Bools:
    """Whether each of (n, d) vectors points anywhere: finite and not all zero."""
    return np.asarray(np.isfinite(vectors).all(axis=1) & vectors.any(axis=1))


def _exact(vectors: Floats, k: int, block: int, device: str) -> tuple[Ints, Floats]:
    """Indices and cosines, each (n, k)."""
    import torch

    everyone = torch.from_numpy(vectors).to(device)
    size = max(1, min(block, _CELLS // len(vectors)))
    found = [_nearest(everyone, start, min(start + size, len(vectors)), k)
             for start in range(0, len(vectors), size)]  # fmt: skip
    indices = torch.cat([part for part, _ in found])
    cosines = torch.cat([part for _, part in found])
    return indices.numpy(), cosines.numpy()


def _nearest(everyone: "Tensor", start: int, stop: int, k: int) -> tuple["Tensor", "Tensor"]:
    """Neighbours of the rows from `start` to `stop`, nearest first, on the CPU."""
    import torch

    n = len(everyone)
    columns = torch.arange(n, device=everyone.device)
    cosines = everyone[start:stop] @ everyone.T
    cosines[columns[: stop - start], columns[start:stop]] = -2  # the row itself: below any cosine
    best = cosines.topk(min(k + _SPARE, n - 1), dim=1)
    keys = _keys(best.values, best.indices, n)
    top = keys.topk(k, dim=1).values
    if best.values.shape[1] < n - 1:
        # Where equals go on beyond the spare ones, lower rows may be among those left out.
        tied = top[:, -1].div(n, rounding_mode="floor") == keys[:, -1].div(n, rounding_mode="floor")
        if tied.any():
            top[tied] = _keys(cosines[tied], columns, n).topk(k, dim=1).values
    found = n - 1 - top % n
    return found.cpu(), (top.div(n, rounding_mode="floor").to(torch.float32) / _STEPS).cpu()


def _keys(cosines: "Tensor", columns: "Tensor", n: int) -> "Tensor":
    """Cosine and column in one integer: the largest are the nearest, of equals the lowest column."""
    import torch

    return (cosines * _STEPS).round().to(torch.int64) * n + (n - 1 - columns)


def _approximate(vectors: Floats, k: int, seed: int) -> tuple[Ints, Floats]:
    """Indices and cosines, each (n, k), by nearest-neighbour descent."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pynndescent import NNDescent  # type: ignore[import-untyped]

        index = NNDescent(vectors, metric="cosine", n_neighbors=k + 1, random_state=seed)
        found, distances = index.neighbor_graph
    is_self = found == np.arange(len(vectors))[:, None]
    others = np.argsort(is_self, axis=1, kind="stable")[:, :k]
    found = np.take_along_axis(found, others, axis=1).astype(np.int64)
    cosines = 1 - np.take_along_axis(distances, others, axis=1)
    return found, np.where(found == MISSING, np.nan, cosines).astype(np.float32)
