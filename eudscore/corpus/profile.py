"""What a corpus looks like before anything is scored: sizes, lengths, empties, duplicates, balance."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from eudscore.corpus.classes import plain
from eudscore.corpus.words import word_counts
from eudscore.records import UNLABELLED, Bools, Corpus, Ints

_MOST_BINS = 40
SHORT_WORDS = 3


@dataclass(frozen=True, eq=False)
class Profile:
    """The corpus at a glance; words are runs of characters between white space.

    Attributes:
        rows: all of them.
        empty: rows whose text is null or blank.
        short: rows with 1 to `SHORT_WORDS` - 1 words.
        exact_duplicates: rows beyond the first of each text that is not empty.
        conflicting: rows whose text also occurs with another label.
        words_mean: over the rows that are not empty; 0 if all are.
        words_median: likewise.
        words_max: likewise.
        length_histogram: edges (b + 1,) and counts (b,) of the words of the rows that are not empty; bin i holds
            edges[i] <= words < edges[i + 1], the last bin also all longer texts.
        class_counts: rows of each class, in the order of `Corpus.classes`.
        unlabelled: rows without a label.
    """

    rows: int
    empty: int
    short: int
    exact_duplicates: int
    conflicting: int
    words_mean: float
    words_median: float
    words_max: int
    length_histogram: tuple[Ints, Ints]
    class_counts: tuple[int, ...]
    unlabelled: int


def profile(corpus: Corpus) -> Profile:
    """Count what the data page and the report show of a corpus."""
    texts = plain(corpus.text_column)
    words = word_counts(texts)
    blank = pc.fill_null(pc.equal(pc.utf8_trim_whitespace(texts), ""), True)
    filled = ~np.asarray(blank.to_numpy(), dtype=np.bool_)
    lengths = words[filled] if filled.any() else np.zeros(1, dtype=np.int64)
    copies, conflicting = _duplicates(texts, filled, corpus.labels)
    counts = np.bincount(corpus.labels[corpus.labels >= 0], minlength=len(corpus.classes))
    return Profile(
        rows=len(corpus),
        empty=int((~filled).sum()),
        short=int((filled & (words < SHORT_WORDS)).sum()),
        exact_duplicates=copies,
        conflicting=conflicting,
        words_mean=float(lengths.mean()),
        words_median=float(np.median(lengths)),
        words_max=int(lengths.max()),
        length_histogram=_histogram(words[filled]),
        class_counts=tuple(counts.tolist()),
        unlabelled=int((corpus.labels == UNLABELLED).sum()),
    )


def _duplicates(texts: pa.ChunkedArray, filled: Bools, labels: Ints) -> tuple[int, int]:
    """Rows beyond the first of each text, and rows whose text has more than one label."""
    grouped = (
        pa.table({"text": texts, "label": labels})
        .filter(pa.array(filled))
        .group_by("text")
        .aggregate([("label", "count"), ("label", "min"), ("label", "max")])
    )
    sizes = grouped["label_count"].to_numpy()
    differ = grouped["label_min"].to_numpy() != grouped["label_max"].to_numpy()
    return int(sizes.sum() - len(sizes)), int(sizes[differ].sum())


def _histogram(lengths: Ints) -> tuple[Ints, Ints]:
    """Bins of one whole width up to the 99th percentile; one long text would squeeze the rest."""
    usual = int(np.quantile(lengths, 0.99)) + 1 if len(lengths) else 1
    width = -(-usual // _MOST_BINS)
    edges = np.arange(0, usual + width, width, dtype=np.int64)
    counts, _ = np.histogram(np.minimum(lengths, edges[-1]), edges)
    return edges, counts.astype(np.int64)
