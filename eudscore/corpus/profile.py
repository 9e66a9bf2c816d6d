"""What a corpus looks like before anything is scored: sizes, lengths, empties, duplicates, balance, scripts."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from eudscore.corpus.scripts import scripts_of
from eudscore.corpus.words import word_counts
from eudscore.entropy.hashes import hash_texts
from eudscore.entropy.words import blocks_of
from eudscore.records import UNLABELLED, Bools, Corpus, Ints, JsonDict

_MOST_BINS = 40
_ROWS = 65_536  # looked at in one go
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
        scripts: (script, texts that are mostly written in it), the most frequent first.
        scripts_of: how many texts were looked at for that.
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
    scripts: tuple[tuple[str, int], ...] = ()
    scripts_of: int = 0

    @property
    def notes(self) -> tuple[str, ...]:
        """A sentence for everything that is not counted over all rows."""
        if self.scripts_of == self.rows:
            return ()
        return (f"The scripts are those of {self.scripts_of:,} evenly spread texts of {self.rows:,}.",)

    def to_json(self) -> JsonDict:
        """Plain JSON values."""
        histogram = [part.tolist() for part in self.length_histogram]
        return {**asdict(self), "length_histogram": histogram}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "Profile":
        """The profile that `to_json` wrote."""
        edges, counts = (np.asarray(part, dtype=np.int64) for part in content["length_histogram"])
        scripts = tuple((str(name), int(count)) for name, count in content["scripts"])
        counted = tuple(content["class_counts"])
        return cls(**{**content, "length_histogram": (edges, counts), "class_counts": counted, "scripts": scripts})


def profile(corpus: Corpus) -> Profile:
    """Count what the data page and the report show of a corpus; a million texts take a few seconds."""
    texts = corpus.text_column
    words, filled = word_counts(texts), _filled(texts)
    lengths = words[filled] if filled.any() else np.zeros(1, dtype=np.int64)
    copies, conflicting = _duplicates(texts, filled, corpus.labels)
    counts = np.bincount(corpus.labels[corpus.labels >= 0], minlength=len(corpus.classes))
    scripts, looked_at = scripts_of(texts)
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
        scripts=scripts,
        scripts_of=looked_at,
    )


def _filled(texts: pa.ChunkedArray) -> Bools:
    """(n,) which texts are more than white space."""
    found = [np.zeros(0, dtype=np.bool_)]
    for piece in _pieces(texts):
        said = pc.not_equal(pc.utf8_trim_whitespace(piece), "")
        found.append(pc.fill_null(said, False).to_numpy(zero_copy_only=False))
    return np.concatenate(found)


def _duplicates(texts: pa.ChunkedArray, filled: Bools, labels: Ints) -> tuple[int, int]:
    """Rows beyond the first of each text, and rows whose text has more than one label."""
    rows = np.flatnonzero(filled)
    if not len(rows):
        return 0, 0
    hashes = np.concatenate([hash_texts(block) for block in blocks_of(texts)])[rows]
    order = np.argsort(hashes, kind="stable")
    ordered = hashes[order]
    begins = np.append(True, ordered[1:] != ordered[:-1])
    first = np.flatnonzero(begins)
    sizes = np.diff(np.append(first, len(order)))
    rows = rows[order]
    later = np.flatnonzero(~begins)
    if not _same(texts, rows[later], np.repeat(rows[first], sizes)[later]):
        return _grouped(texts, filled, labels)
    said = labels[rows]
    differ = np.minimum.reduceat(said, first) != np.maximum.reduceat(said, first)
    return len(later), int(sizes[differ].sum())


def _same(texts: pa.ChunkedArray, left: Ints, right: Ints) -> bool:
    """Whether the texts of the rows are equal pair by pair, so that no two hashes met by chance or by design."""
    for start in range(0, len(left), _ROWS):
        one, other = (texts.take(pa.array(side[start : start + _ROWS])) for side in (left, right))
        if not pc.all(pc.equal(one, other)).as_py():
            return False
    return True


def _grouped(texts: pa.ChunkedArray, filled: Bools, labels: Ints) -> tuple[int, int]:
    """The same on the texts themselves: slower, and with all of them in memory."""
    grouped = (
        pa.table({"text": texts, "label": labels})
        .filter(pa.array(filled))
        .group_by("text")
        .aggregate([("label", "count"), ("label", "min"), ("label", "max")])
    )
    sizes = grouped["label_count"].to_numpy()
    differ = grouped["label_min"].to_numpy() != grouped["label_max"].to_numpy()
    return int(sizes.sum() - len(sizes)), int(sizes[differ].sum())


def _pieces(texts: pa.ChunkedArray) -> Iterator[pa.Array]:
    for chunk in texts.chunks:
        for start in range(0, len(chunk), _ROWS):
            yield chunk.slice(start, _ROWS)


def _histogram(lengths: Ints) -> tuple[Ints, Ints]:
    """Bins of one whole width up to the 99th percentile; one long text would squeeze the rest."""
    usual = int(np.quantile(lengths, 0.99)) + 1 if len(lengths) else 1
    width = -(-usual // _MOST_BINS)
    edges = np.arange(0, usual + width, width, dtype=np.int64)
    counts, _ = np.histogram(np.minimum(lengths, edges[-1]), edges)
    return edges, counts.astype(np.int64)
