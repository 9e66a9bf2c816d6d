"""Names for the parts of the map."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from eudscore.records import Floats, Ints

_WORD = re.compile(r"[^\W\d_]{3,}")
_LIFT = 1.5  # how much more frequent than in all texts a word must be to mark a cluster
_SMALLEST = 5  # texts of a cluster worth a name
_APART = 0.09  # least distance between two names, in units of the map's longer side


@dataclass(frozen=True)
class Region:
    """A name on the map.

    Attributes:
        label: one or two words that mark the cluster.
        x: position of the text nearest to the middle of the cluster.
        y: see x.
        rows: number of texts in the cluster.
    """

    label: str
    x: float
    y: float
    rows: int


def regions(texts: Sequence[str], xy: Floats, clusters: Ints, *, most: int = 12) -> list[Region]:
    """The largest clusters with their most telling words, largest first.

    A word tells if it is frequent in its cluster and rare in the others. A name that would lie on
    a larger cluster's name, or repeat it, is left out.

    Args:
        texts: n texts.
        xy: (n, 2) positions, nan = not drawn.
        clusters: (n,) cluster of each text, -1 = none.
        most: names wanted.

    Source: Grootendorst, BERTopic, arXiv 2203.05794, eq. 2 (class-based TF-IDF).
    """
    drawn = np.isfinite(xy).all(axis=1) & (clusters >= 0)
    if not drawn.any():
        return []
    ids, sizes = np.unique(clusters[drawn], return_counts=True)
    labels = _labels(texts, np.where(drawn, clusters, -1), ids)
    extent = float(np.ptp(xy[drawn], axis=0).max()) or 1.0
    named: list[Region] = []
    for at in np.argsort(-sizes, kind="stable").tolist():
        if len(named) == most or sizes[at] < _SMALLEST:
            break
        x, y = _middle(xy[drawn & (clusters == ids[at])])
        apart = all(np.hypot(other.x - x, other.y - y) >= _APART * extent for other in named)
        if labels[at] and apart and labels[at] not in {other.label for other in named}:
            named.append(Region(labels[at], x, y, int(sizes[at])))
    return named


def _middle(points: Floats) -> tuple[float, float]:
    """The point nearest to the median: a name lies on texts, not between them."""
    median = np.median(points, axis=0)
    x, y = points[np.square(points - median).sum(axis=1).argmin()].tolist()
    return x, y


def _labels(texts: Sequence[str], clusters: Ints, ids: Ints) -> list[str]:
    """The one or two words of each cluster with the highest class-based TF-IDF; empty without a word."""
    joined = [
        " ".join(texts[row] for row in np.flatnonzero(clusters == which).tolist()).casefold() for which in ids.tolist()
    ]
    counts, words = _counts(joined)
    if len(words) == 0:
        return [""] * len(ids)
    per_word = np.asarray(counts.sum(axis=0)).ravel()
    per_cluster = np.asarray(counts.sum(axis=1)).ravel()
    rarity = np.log1p(per_cluster.mean() / per_word)
    usual = per_word / per_word.sum()
    labels = []
    for at in range(len(ids)):
        here = counts[[at]].toarray().ravel()
        marks = here / max(per_cluster[at], 1) >= _LIFT * usual
        weights = np.where(marks, here * rarity, 0)
        best = np.argsort(-weights, kind="stable")[:2]
        labels.append(_in_reading_order([words[word] for word in best if weights[word] > 0], joined[at]))
    return labels


def _in_reading_order(words: list[str], text: str) -> str:
    """The words side by side, turned round if the text has them the other way more often."""
    turned = words[::-1]
    return " ".join(turned if text.count(" ".join(turned)) > text.count(" ".join(words)) else words)


def _counts(texts: Sequence[str]) -> tuple[Any, list[str]]:
    """Sparse (texts, words) counts of the words that are not stop words, and the words."""
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS, CountVectorizer

    def words_of(text: str) -> list[str]:
        return [word for word in _WORD.findall(text) if word not in ENGLISH_STOP_WORDS]

    if not any(words_of(text) for text in texts):
        return None, []
    vectorizer = CountVectorizer(analyzer=words_of)
    counts = vectorizer.fit_transform(texts).tocsr()
    return counts, vectorizer.get_feature_names_out().tolist()
