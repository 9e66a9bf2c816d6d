"""The rows that a quote is measured on, and stand-ins for what is not measured."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from eudscore.geometry.duplicates import duplicate_groups
from eudscore.models.probe import FOLDS
from eudscore.records import Corpus, Floats, Ints

_GROUPS = 8  # of texts of like length, as many as a batch holds
_CHARACTERS = 4500  # of a group: about the tokens of a batch on a CPU
_CHARACTERS_A_TOKEN = 4.5  # of English, blanks included
_BESIDE = 8  # characters' worth of work that every text costs: its special tokens


@dataclass(frozen=True, eq=False)
class Sample:
    """A corpus, the rows of it that are read, and the characters of every text."""

    whole: Corpus
    rows: Ints
    part: Corpus
    lengths: Ints

    def scale(self, max_tokens: int | None = None, before: Ints | None = None) -> float:
        """By how much more there is to read in all.

        Args:
            max_tokens: where texts are cut.
            before: (n,) characters that are read before each text.
        """
        work = self.lengths if before is None else self.lengths + before
        if max_tokens is not None:
            work = np.minimum(work, int(max_tokens * _CHARACTERS_A_TOKEN))
        return float((work + _BESIDE).sum() / max(1, (work[self.rows] + _BESIDE).sum()))


def spread(lengths: Ints) -> Ints:
    """Sorted rows in groups of like length, so that batches are as full as they will be; equal work for each group."""
    order = np.argsort(lengths, kind="stable")
    work = np.cumsum(lengths[order] + 1)
    middles = (np.arange(_GROUPS) + 0.5) / _GROUPS * work[-1]
    chosen = []
    for middle in np.searchsorted(work, middles):
        size = max(1, _CHARACTERS // max(1, int(lengths[order[min(middle, len(order) - 1)]])))
        start = max(0, min(int(middle) - size // 2, len(order) - size))
        chosen.append(order[start : start + size])
    return np.unique(np.concatenate(chosen)).astype(np.int64)


def rows_of(corpus: Corpus, rows: Ints) -> Corpus:
    """Some rows as a corpus of their own; labels keep their numbers."""
    table = corpus.table.take(pa.array(rows))
    return Corpus(corpus.name, corpus.source, table, corpus.roles, corpus.classes, corpus.labels[rows])


def all_of(corpus: Corpus) -> Ints:
    """The numbers of all rows."""
    return np.arange(len(corpus), dtype=np.int64)


def equal_texts(corpus: Corpus) -> Ints:
    """(n,) group of each row; rows of one text are in one group."""
    return duplicate_groups(corpus.texts(), None)


def labelled_rows(corpus: Corpus, groups: Ints, m: int, draw: np.random.Generator) -> Ints:
    """Up to m labelled rows on which a classifier can be cross-fitted: the two largest classes are among them."""
    rows = draw.permutation(np.flatnonzero((corpus.labels >= 0) & corpus.has_text))
    pairs = np.stack([corpus.labels[rows], groups[rows]])
    distinct = rows[np.sort(np.unique(pairs, axis=1, return_index=True)[1])]
    largest = np.argsort(-np.bincount(corpus.labels[distinct]), kind="stable")[:2]
    needed = np.concatenate([distinct[corpus.labels[distinct] == label][:FOLDS] for label in largest])
    others = rows[~np.isin(rows, needed)]
    return np.sort(np.concatenate([needed, others])[: max(m, len(needed))]).astype(np.int64)


def made_up(vectors: Floats, labels: Ints, wanted: Ints, draw: np.random.Generator) -> Floats:
    """Unit vectors between pairs of those that were measured, at random where none was.

    Classes that can be told apart are learnt in fewer steps, so one of a pair is of the class that is wanted.

    Args:
        vectors: (b, d) that were measured, nan for an empty text.
        labels: (b,) their classes.
        wanted: (m,) the classes of those to make; any pair where none of that class was measured.
        draw: decides the pairs.

    Returns:
        (m, d) float32.
    """
    m = len(wanted)
    classes = labels[np.isfinite(vectors[:, 0])]
    known = vectors[np.isfinite(vectors[:, 0])]
    if len(known) == 0:
        known, classes = draw.standard_normal((m, vectors.shape[1])).astype(np.float32), wanted
    left, right = draw.integers(len(known), size=(2, m))
    for label in np.unique(wanted):
        alike = np.flatnonzero(classes == label)
        if len(alike) and label >= 0:
            places = wanted == label
            left[places] = draw.choice(alike, int(places.sum()))
    mixed = known[left] + known[right] + 0.02 * draw.standard_normal((m, known.shape[1]))
    return np.asarray(mixed / np.linalg.norm(mixed, axis=1, keepdims=True), dtype=np.float32)
