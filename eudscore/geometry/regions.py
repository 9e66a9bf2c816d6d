"""Names for the parts of the map, coarse ones and finer ones within them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from eudscore.geometry.telling import best_words, joined, share_of_words, weights_of
from eudscore.records import Floats, Ints

_FIRST = 10  # regions of the coarsest level
_TIMES = 3  # as many in the next
_LEVELS = 4
_FEWEST_ROWS = 80  # rows for each region, on average
_SMALLEST = 5  # rows of a region worth a name
_FITTED = 20_000  # rows on which regions are found; the others go to the nearest
_READ = 150  # texts of a finest region that are read
_APART = 0.09  # least distance between two names of the coarsest level, in units of the map's longer side
_BLOCK = 65_536


@dataclass(frozen=True)
class Region:
    """A name on the map.

    Attributes:
        label: one or two words that mark the region among those of its level.
        x: position of the text nearest to the middle of the region.
        y: see x.
        rows: number of texts in the region.
        level: 0 for the coarsest; the parts of a region are of the next level.
    """

    label: str
    x: float
    y: float
    rows: int
    level: int = 0


def regions(texts_of: Callable[[Ints], Sequence[str]], xy: Floats, *, seed: int = 0) -> list[Region]:
    """Names of regions, the coarsest level first and in each level the largest first.

    Regions of one level are clusters of positions, about 10, 30, 90 and 270, as many levels as there are texts for;
    each lies within one of the level above. A word tells if it is frequent in its region and rare in the others of the
    level. A name never repeats a word of the regions that it lies in, nor another name. One that would lie on that of a
    larger region of its level is left out; finer levels are seen from nearer, so their names may lie closer.

    Args:
        texts_of: the texts of some rows; of large regions only some are read.
        xy: (n, 2) positions, nan = not drawn.
        seed: of the clusters and of the texts that are read.
    """
    drawn = np.flatnonzero(np.isfinite(xy).all(axis=1))
    if len(drawn) < _SMALLEST:
        return []
    points = np.asarray(xy[drawn], dtype=np.float32)
    levels = nested_clusters(points, seed)
    read = _some_texts(texts_of, drawn, levels[-1], seed)
    shares, words = share_of_words(read)
    if not words:
        return []
    return _named(points, levels, shares, words, read)


def nested_clusters(points: Floats, seed: int) -> list[Ints]:
    """(n,) cluster of each point at each level, the coarsest first; each cluster is part of one of the level above."""
    from sklearn.cluster import KMeans

    counts = [_FIRST * _TIMES**level for level in range(_LEVELS)]
    counts = [count for count in counts if count * _FEWEST_ROWS <= len(points)]
    counts = counts or [max(1, min(_FIRST, len(points) // (2 * _SMALLEST)))]
    draw = np.random.default_rng(seed)
    some = points[np.sort(draw.choice(len(points), min(len(points), _FITTED), replace=False))]
    middles, weights = np.unique(some, axis=0, return_counts=True)
    found: list[Ints] = []
    for count in reversed(counts):  # the finest from the points, each coarser one from the middles of the last
        fitted = KMeans(min(count, len(middles)), n_init=1, random_state=seed).fit(middles, sample_weight=weights)
        centres = fitted.cluster_centers_
        found.append(fitted.labels_[found[-1]] if found else _nearest(points, centres))
        middles, weights = centres, np.maximum(np.bincount(found[-1], minlength=len(centres)), 1)
    return found[::-1]


def _nearest(points: Floats, middles: Floats) -> Ints:
    """The middle nearest to each point."""
    from scipy.spatial import cKDTree

    return np.asarray(cKDTree(middles).query(points)[1], dtype=np.int64)


def _some_texts(texts_of: Callable[[Ints], Sequence[str]], drawn: Ints, clusters: Ints, seed: int) -> list[list[str]]:
    """Some texts of each of the finest clusters, by their number."""
    mixed = np.random.default_rng(seed).permutation(len(clusters))
    order = mixed[np.argsort(clusters[mixed], kind="stable")]
    edges = np.searchsorted(clusters[order], np.arange(int(clusters.max()) + 2))
    parts = [np.sort(order[start : min(stop, start + _READ)]) for start, stop in pairwise(edges.tolist())]
    texts = list(texts_of(drawn[np.concatenate(parts)]))
    ends = np.cumsum([len(part) for part in parts])
    return [texts[end - len(part) : end] for part, end in zip(parts, ends.tolist(), strict=True)]


def _named(points: Floats, levels: list[Ints], shares: Any, words: list[str], read: list[list[str]]) -> list[Region]:
    extent = float(np.ptp(points, axis=0).max()) or 1.0
    finest, first = np.unique(levels[-1], return_index=True)
    sizes_of_finest = np.bincount(levels[-1])
    above: list[frozenset[str]] = []
    named: list[Region] = []
    for level, clusters in enumerate(levels):
        sizes = np.bincount(clusters)
        holder = np.zeros(len(read), dtype=np.int64)
        holder[finest] = clusters[first]
        weights = weights_of(_united(shares, sizes_of_finest, holder))
        order, edges = np.argsort(clusters, kind="stable"), np.append(0, np.cumsum(sizes))
        taken: list[frozenset[str]] = [frozenset()] * len(sizes)
        for which in np.argsort(-sizes, kind="stable").tolist():
            rows = order[edges[which] : edges[which + 1]]
            if len(rows) < _SMALLEST:
                break
            outer = above[levels[level - 1][rows[0]]] if level else frozenset()
            chosen = best_words(weights[which], words, outer)
            taken[which] = outer | set(chosen)
            own = [text for part in np.flatnonzero(holder == which)[:_FIRST].tolist() for text in read[part]]
            region = Region(joined(chosen, own), *_middle(points[rows]), len(rows), level)
            if chosen and _is_free(region, named, _APART * extent / _TIMES ** (level / 2)):
                named.append(region)
        above = taken
    return named


def _united(shares: Any, sizes: Ints, holder: Ints) -> Floats:
    """(g, w) shares of words in groups of parts: the mean over their parts, by size."""
    from scipy.sparse import csr_array

    parts = np.arange(len(holder))
    whole = np.bincount(holder, weights=sizes)
    mixing = csr_array((sizes / np.maximum(whole[holder], 1), (holder, parts)), shape=(len(whole), len(parts)))
    return np.asarray((mixing @ shares).toarray())


def _is_free(region: Region, named: list[Region], least: float) -> bool:
    """Whether a name is a new one and lies on none of its level."""
    return all(
        other.label != region.label
        and (other.level != region.level or np.hypot(other.x - region.x, other.y - region.y) >= least)
        for other in named
    )


def _middle(points: Floats) -> tuple[float, float]:
    """The point nearest to the median: a name lies on texts, not between them."""
    median = np.median(points, axis=0)
    x, y = points[np.square(points - median).sum(axis=1).argmin()].tolist()
    return x, y
