"""Information entropy of a text from its word counts, and the surprisal of its words in the corpus.

Results are (n,) float64 nats, one value per text, nan for a text without words.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from eudscore.entropy.words import Texts, blocks_of, find_words
from eudscore.records import Ints

Doubles = NDArray[np.float64]
Part = TypeVar("Part")
Answer = TypeVar("Answer")


class Tally(NamedTuple):
    """The different values of each text, ascending, and how often each occurs: a CSR table of n texts.

    Text i has the entries ends[i]:ends[i + 1] of (z,) values and counts, integers as narrow as they fit.
    """

    ends: Ints
    values: NDArray[np.integer]
    counts: NDArray[np.integer]

    def sums(self, terms: NDArray[np.number]) -> Doubles:
        """(n,) sum over the entries of each text, 0 where it has none, of (z,) terms."""
        total = np.zeros(len(self.ends) - 1)
        filled = self.ends[:-1] < self.ends[1:]
        total[filled] = np.add.reduceat(terms, self.ends[:-1][filled], dtype=np.float64)
        return total

    def spread(self, per_text: Doubles) -> Doubles:
        """(z,) for each entry the number of its text."""
        return np.repeat(per_text, np.diff(self.ends))


class Profile(NamedTuple):
    """All that the entropy of a text depends on.

    Attributes:
        tokens: (n,) words of each text.
        times: how many different words (counts) occur how many times (values >= 1).
    """

    tokens: Ints
    times: Tally

    @property
    def kinds(self) -> Doubles:
        """(n,) different words of each text."""
        return self.times.sums(self.times.counts)

    @property
    def size(self) -> Doubles:
        """(n,) words of each text, nan where there are none and so no entropy."""
        return np.where(self.tokens > 0, self.tokens, np.nan)


class Block(NamedTuple):
    """Word counts of neighbouring texts.

    Attributes:
        profile: how often their words occur.
        words: which words they are, by their number in the block: it takes two bytes, that in the corpus four.
        numbers: (v,) number in the corpus of each word of the block.
    """

    profile: Profile
    words: Tally
    numbers: Ints


@dataclass(frozen=True, eq=False)
class WordCounts:
    """How often each word occurs in each of n texts, and in all of them.

    Attributes:
        blocks: the texts in order.
        corpus: (V,) how often each word occurs in all texts, in order of first occurrence.
    """

    blocks: tuple[Block, ...]
    corpus: Ints

    @property
    def tokens(self) -> Ints:
        """(n,) words of each text."""
        return np.concatenate([np.zeros(0, dtype=np.int64), *(block.profile.tokens for block in self.blocks)])

    def each(self, estimate: Callable[[Profile], Doubles]) -> Doubles:
        """(n,) an estimate of each text; block by block, so that a million texts take no more room than a few."""
        return np.concatenate([np.zeros(0), *(estimate(block.profile) for block in self.blocks)])


def count_words(texts: Iterable[str] | pa.Array | pa.ChunkedArray) -> WordCounts:
    """Count the words (`words_of`) of each text, a block of texts at a time on each core.

    Args:
        texts: Python strings or an Arrow array of strings; null reads as empty.
    """
    counted = list(_side_by_side(_count, blocks_of(texts)))
    dictionaries = [dictionary for _, _, dictionary in counted]
    encoded = pa.chunked_array(dictionaries, type=pa.large_binary()).combine_chunks().dictionary_encode()
    numbers = np.split(encoded.indices.to_numpy(), np.cumsum([len(one) for one in dictionaries])[:-1])
    corpus = np.zeros(len(encoded.dictionary), dtype=np.int64)
    blocks = []
    for (profile, words, dictionary), number in zip(counted, numbers, strict=False):
        corpus[number] += np.bincount(words.values, weights=words.counts, minlength=len(dictionary)).astype(np.int64)
        blocks.append(Block(profile, words, number))
    return WordCounts(tuple(blocks), corpus)


def plug_in_entropy(profile: Profile) -> Doubles:
    """H = log n - (1/n) sum c log c: the maximum-likelihood ("plug-in") estimate.

    Returns:
        (n,) float64 nats in [0, log m] for m different words.

    Source: Shannon (1948); equals scipy.stats.entropy of the counts.
    """
    times = profile.times.values.astype(np.float64)
    # Entry by entry, log n - log c: exactly 0 where one word is all there is, no cancellation elsewhere.
    gain = profile.times.spread(np.log(profile.size)) - np.log(times)
    return profile.times.sums(profile.times.counts * times * gain) / profile.size


def miller_madow_entropy(profile: Profile) -> Doubles:
    """Plug-in entropy + (m - 1) / 2n, without the first-order bias.

    Source: Miller (1955).
    """
    return plug_in_entropy(profile) + (profile.kinds - 1) / (2 * profile.size)


def chao_shen_entropy(profile: Profile) -> Doubles:
    """Entropy of what a text was drawn from, words it did not happen to use included.

    C = 1 - f1/n is the coverage, f1 the number of words that occur once (n - 1 where all do); with q = C c/n,
    H = -sum q log q / (1 - (1 - q)^n). Below some fifty words it tells little but how few of them repeat.

    Source: Chao & Shen (2003); the guard for f1 = n is that of the R package `entropy`.
    """
    times, size = profile.times, profile.size
    once = times.sums(np.where(times.values == 1, times.counts, 0))
    coverage = 1 - np.where(once == size, once - 1, once) / size
    q = times.spread(coverage / size) * times.values
    with np.errstate(divide="ignore"):  # q = 1: one word is all there is, and its term is 0 / -1
        terms = q * np.log(q) / np.expm1(times.spread(size) * np.log1p(-q))
    return times.sums(times.counts * terms) + 0 * size


def normalised_entropy(profile: Profile) -> Doubles:
    """Plug-in entropy / log n, in [0, 1]: 1 where no word repeats, 0 for a single word.

    Evenness (Pielou's H / log m) is another quantity: it is 1 wherever all words occur equally often.
    """
    single = profile.tokens == 1
    return np.where(single, 0.0, plug_in_entropy(profile) / np.log(np.where(single, 2.0, profile.size)))


def leave_one_out_surprisal(table: WordCounts, *, pseudocount: float = 0.5) -> Doubles:
    """Mean over the words of a text of -log q(w), q estimated from all other texts.

    q_i(w) = (G_w - c_iw + a) / (N - n_i + a (V + 1)): G corpus counts, N their sum, V the vocabulary.
    High = rare words.
    """
    total = table.corpus.sum() + pseudocount * (len(table.corpus) + 1)

    def surprisal(block: Block) -> Doubles:
        size = block.profile.size
        return np.asarray(np.log(total - size) - _log_counts(block, table.corpus[block.numbers], pseudocount) / size)

    return np.concatenate([np.zeros(0), *_side_by_side(surprisal, table.blocks)])


def _log_counts(block: Block, corpus: Ints, pseudocount: float) -> Doubles:
    """(n,) sum over the words of each text of the log of their smoothed count in all other texts."""
    words = block.words
    terms = np.log(corpus - 1 + pseudocount)[words.values]  # most words occur once in a text
    again = np.flatnonzero(words.counts > 1)
    counts = words.counts[again].astype(np.int64)
    terms[again] = counts * np.log(corpus[words.values[again]] - counts + pseudocount)
    return words.sums(terms)


def _count(texts: Texts) -> tuple[Profile, Tally, pa.LargeBinaryArray]:
    """The counts of a block, and the words that its numbers stand for."""
    found = find_words(texts)
    encoded = found.words.dictionary_encode()
    words = _tally(found.ends, encoded.indices.to_numpy())
    times = _tally(words.ends, words.counts)
    return Profile(np.diff(found.ends), _narrow(times)), _narrow(words), encoded.dictionary


def _tally(ends: Ints, values: NDArray[np.integer]) -> Tally:
    """Tally of (t,) values >= 0, of which text i has ends[i]:ends[i + 1]."""
    texts = np.arange(len(ends))
    bits = int(values.max(initial=0)).bit_length()
    keys = np.repeat(texts[:-1] << bits, np.diff(ends)) | values
    keys.sort(kind="stable")  # a merge sort: the texts are in order already, which makes it four times faster
    first = np.flatnonzero(np.diff(keys, prepend=-1))
    cells = keys[first]
    counts = np.diff(first, append=len(keys))
    return Tally(np.searchsorted(cells, texts << bits).astype(np.int64), cells & ((1 << bits) - 1), counts)


def _narrow(tally: Tally) -> Tally:
    narrow = [array.astype(np.min_scalar_type(array.max(initial=0))) for array in tally[1:]]
    return Tally(tally.ends, *narrow)


def _side_by_side(work: Callable[[Part], Answer], parts: Iterable[Part]) -> Iterator[Answer]:
    """`map(work, parts)` on all cores, taking only one part more than there are cores to work on it."""
    cores = pa.cpu_count()
    with ThreadPoolExecutor(cores) as pool:
        ahead: deque[Future[Answer]] = deque()
        for part in parts:
            ahead.append(pool.submit(work, part))
            if len(ahead) > cores:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()
