"""Which texts say the same: exactly, or nearly."""

import unicodedata
from collections.abc import Sequence

import numpy as np

from eudscore.geometry.neighbours import MISSING, NeighbourGraph
from eudscore.records import Ints

NEAR = 0.95


def duplicate_groups(texts: Sequence[str], graph: NeighbourGraph | None, *, threshold: float = NEAR) -> Ints:
    """Group of each text; texts are in one group if a chain of duplicates links them.

    Two texts are duplicates if they are the same after NFKC, case folding and joining of white space, or
    if one is among the nearest of the other with a cosine of at least `threshold`. Empty texts are one group.

    Args:
        texts: n texts.
        graph: their neighbours; None = exact duplicates only.
        threshold: cosine in (0, 1].

    Returns:
        (n,) int64: the lowest row of the group, so a text without duplicates carries its own row.

    Source: Abbas et al., SemDeDup (2023), for the cosine; groups instead of deletions are our own.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    n = len(texts)
    first: dict[str, int] = {}
    same = np.array([first.setdefault(normalised(text), row) for row, text in enumerate(texts)], dtype=np.int64)
    left, right = [np.arange(n)], [same]
    if graph is not None:
        near = (graph.indices != MISSING) & (graph.similarities >= threshold)
        left.append(np.nonzero(near)[0])
        right.append(graph.indices[near])
    edges = np.concatenate(left), np.concatenate(right)
    links = coo_array((np.ones(len(edges[0]), dtype=np.int8), edges), shape=(n, n))
    _, component = connected_components(links, directed=False)
    lowest = np.unique(component, return_index=True)[1]
    return np.asarray(lowest[component], dtype=np.int64)


def normalised(text: str) -> str:
    """The text as duplicates are compared: NFKC, case folded, white space joined."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
