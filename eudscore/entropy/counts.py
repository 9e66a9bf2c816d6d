"""Information entropy of a text from its word counts, and the surprisal of its words in the corpus.

Counts come as a sparse table in row order: `indptr` (n + 1,) int64, `words` (z,) int64 ids and `counts` (z,)
int64, as in a CSR matrix; text i has the entries indptr[i]:indptr[i + 1].
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eudscore.entropy.ranks import mid_ranks
from eudscore.records import Ints

Doubles = NDArray[np.float64]

# Words and single marks, as in method 2.1; `\w` alone would drop the punctuation that makes a rant.
_WORD = re.compile(r"\w+|[^\w\s]")


@dataclass(frozen=True, eq=False)
class WordCounts:
    """How often each word occurs in each text: a CSR table of n texts and `vocabulary` words."""

    indptr: Ints
    words: Ints
    counts: Ints
    vocabulary: int

    @property
    def tokens(self) -> Ints:
        """(n,) number of words of each text."""
        total = np.concatenate([[0], np.cumsum(self.counts)])
        return np.asarray(total[self.indptr[1:]] - total[self.indptr[:-1]], dtype=np.int64)


def words_of(text: str) -> list[str]:
    r"""Unicode words and marks, `\w+|[^\w\s]`, after NFKC and case folding."""
    if text.isascii():
        return _WORD.findall(text.lower())  # NFKC and case folding of ASCII is lower(), ten times faster
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold())


def count_words(texts: Iterable[str]) -> WordCounts:
    """Count the words of each text.

    Returns:
        A table whose word ids are in order of first occurrence.
    """
    ids: dict[str, int] = {}
    flat: list[int] = []
    lengths: list[int] = []
    for text in texts:
        words = words_of(text)
        lengths.append(len(words))
        flat.extend([ids.setdefault(word, len(ids)) for word in words])
    vocabulary = max(len(ids), 1)
    rows = np.repeat(np.arange(len(lengths), dtype=np.int64), lengths)
    cells, counts = np.unique(rows * vocabulary + np.asarray(flat, dtype=np.int64), return_counts=True)
    per_text = np.bincount(cells // vocabulary, minlength=len(lengths))
    indptr = np.concatenate([[0], np.cumsum(per_text)]).astype(np.int64)
    return WordCounts(indptr, cells % vocabulary, counts.astype(np.int64), len(ids))


def plug_in_entropy(table: WordCounts) -> Doubles:
    """H = log n - (1/n) sum c log c of each text: the maximum-likelihood ("plug-in") estimate.

    Returns:
        (n,) float64 nats in [0, log m] for m different words; nan for a text without words.

    Source: Shannon (1948); equals scipy.stats.entropy of the counts.
    """
    tokens = table.tokens.astype(np.float64)
    counts = table.counts.astype(np.float64)
    # Entry by entry, log n - log c: exactly 0 where one word is all there is, no cancellation elsewhere.
    gain = np.log(np.repeat(tokens, np.diff(table.indptr))) - np.log(counts)
    terms = np.bincount(_row_of(table), weights=counts * gain, minlength=len(tokens))
    with np.errstate(invalid="ignore"):
        return np.asarray(terms / np.where(tokens > 0, tokens, np.nan))


def miller_madow_entropy(table: WordCounts) -> Doubles:
    """Plug-in entropy + (m - 1) / 2n, without the first-order bias: (n,) nats, nan when empty.

    Source: Miller (1955).
    """
    kinds = np.diff(table.indptr)
    tokens = np.where(kinds > 0, table.tokens, 1)
    return np.asarray(plug_in_entropy(table) + np.maximum(kinds - 1, 0) / (2 * tokens))


def leave_one_out_surprisal(table: WordCounts, *, pseudocount: float = 0.5) -> Doubles:
    """Mean over the words of a text of -log q(w), q estimated from all other texts.

    q_i(w) = (G_w - c_iw + a) / (N - n_i + a (V + 1)): G corpus counts, N their sum, V the vocabulary.

    Returns:
        (n,) float64 nats; nan for a text without words. High = rare words.
    """
    tokens = table.tokens.astype(np.float64)
    corpus = np.bincount(table.words, weights=table.counts, minlength=table.vocabulary)
    rows = _row_of(table)
    others = corpus[table.words] - table.counts + pseudocount
    mass = corpus.sum() - tokens + pseudocount * (table.vocabulary + 1)
    surprisal = np.log(mass[rows]) - np.log(others)
    total = np.bincount(rows, weights=table.counts * surprisal, minlength=len(tokens))
    return np.asarray(total / np.where(tokens > 0, tokens, np.nan))


def length_adjusted(values: Doubles, lengths: Ints, *, bins: int = 20) -> Doubles:
    """Mid-rank of a value among texts of about the same length: removes the length confound by construction.

    Args:
        values: (n,) any score, nan = nothing to score.
        lengths: (n,) words of each text.
        bins: quantile bins of length; texts of one length never straddle two bins.

    Returns:
        (n,) float64 in (0, 1), nan where `values` is; a text alone in its bin gets 0.5.
    """
    adjusted = np.full(len(values), np.nan)
    scored = np.isfinite(values)
    if not scored.any():
        return adjusted
    edges = np.unique(np.quantile(lengths[scored], np.linspace(0, 1, bins + 1)[1:-1]))
    bin_of = np.searchsorted(edges, lengths, side="left")
    for number in range(len(edges) + 1):
        members = scored & (bin_of == number)
        adjusted[members] = mid_ranks(values[members])
    return adjusted


def _row_of(table: WordCounts) -> Ints:
    """(z,) the text each entry of the table belongs to."""
    return np.repeat(np.arange(len(table.indptr) - 1, dtype=np.int64), np.diff(table.indptr))
