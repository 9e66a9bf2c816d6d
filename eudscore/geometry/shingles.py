"""The shingles of texts: overlapping runs of words or characters, as 64-bit hashes, many texts at once."""

from typing import NamedTuple

import numpy as np

from eudscore.entropy.hashes import LARGEST, Hashes, hash_stretches, mix
from eudscore.entropy.words import Bytes, Texts, Words, find_words
from eudscore.records import Bools, Ints

WORDS = 3  # in a shingle of words
CHARACTERS = 5  # in a shingle of characters, white space left out
FEWEST_WORDS = 8  # of a text that is compared by words
FEW_WORDS = 12  # a text of fewer is compared by characters, in the overlap both ways
LONGEST = 1 << 20  # bytes of a text that are read
_TURNS = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9], dtype=np.uint64)


class Shingles(NamedTuple):
    """The shingles of some texts: text i has the next `counts[i]` of the hashes; 0 where it is not compared so."""

    hashes: Hashes
    counts: Ints


class BothShingles(NamedTuple):
    """The shingles of the same texts, of words and of characters."""

    words: Shingles
    characters: Shingles


def shingles_of(texts: Texts) -> BothShingles:
    """Shingles of three words, and for texts of few words of five characters.

    Words are those of `entropy.words`: after NFKC and case folding, marks and the characters of scripts without
    spaces being words of their own. One changed word of ten takes three of eight word shingles with it, so short texts
    are compared by characters; texts of 8 to 11 words both ways, or neighbours on either side would never meet. A
    text of fewer than five characters is one shingle. Of a text longer than 1 MiB the beginning is read.
    """
    found = find_words(_shortened(texts))
    counts = np.diff(found.ends)
    letters = np.frombuffer(found.words.buffers()[2] or b"", dtype=np.uint8)
    if len(letters) > LARGEST and len(counts) > 1:  # NFKC makes up to eleven bytes of one
        return _in_halves(texts)
    offsets = np.frombuffer(found.words.buffers()[1], dtype=np.int64)
    by_words = _of_words(found, hash_stretches(letters, offsets[:-1], offsets[1:]), counts >= FEWEST_WORDS)
    few = (counts > 0) & (counts < FEW_WORDS)
    return BothShingles(by_words, _of_characters(letters, offsets[found.ends], few))


def _in_halves(texts: Texts) -> BothShingles:
    half = (len(texts.ends) - 1) // 2
    border = texts.ends[half]
    first = shingles_of(Texts(texts.content[:border], texts.ends[: half + 1]))
    second = shingles_of(Texts(texts.content[border:], texts.ends[half:] - border))
    return BothShingles(*(_joined(one, other) for one, other in zip(first, second, strict=True)))


def _joined(one: Shingles, other: Shingles) -> Shingles:
    return Shingles(np.concatenate([one.hashes, other.hashes]), np.concatenate([one.counts, other.counts]))


def _shortened(texts: Texts) -> Texts:
    """The texts with no more than `LONGEST` bytes of each, cut between two characters."""
    if len(texts.content) <= LONGEST or np.diff(texts.ends).max(initial=0) <= LONGEST:
        return texts
    pieces = []
    for start, end in zip(texts.ends[:-1].tolist(), texts.ends[1:].tolist(), strict=True):
        stop = min(end, start + LONGEST)
        while stop < end and texts.content[stop] & 0xC0 == 0x80:
            stop -= 1
        pieces.append(texts.content[start:stop])
    return Texts(np.concatenate(pieces), np.cumsum([0, *map(len, pieces)], dtype=np.int64))


def _of_words(found: Words, hashes: Hashes, wanted: Bools) -> Shingles:
    lengths = np.diff(found.ends)
    counts = np.where(wanted, np.maximum(lengths - (WORDS - 1), 0), 0)
    first = _places(found.ends[:-1], counts)
    joined = np.zeros(len(first), dtype=np.uint64)
    for turn, factor in enumerate(_TURNS):
        joined += hashes[first + turn] * factor
    return Shingles(mix(joined), counts)


def _of_characters(letters: Bytes, ends: Ints, wanted: Bools) -> Shingles:
    """The shingles of texts whose letters begin and end at `ends` (n + 1,)."""
    begins = np.flatnonzero((letters & 0xC0) != 0x80).astype(np.int64)
    borders = np.searchsorted(begins, ends).astype(np.int64)  # of the texts, in characters
    lengths = np.diff(borders)
    counts = np.where(wanted, np.maximum(lengths - (CHARACTERS - 1), np.minimum(lengths, 1)), 0)
    first = _places(borders[:-1], counts)
    last = np.minimum(first + CHARACTERS, np.repeat(borders[1:], counts))
    stops = np.append(begins, len(letters))
    return Shingles(hash_stretches(letters, stops[first], stops[last]), counts)


def _places(starts: Ints, counts: Ints) -> Ints:
    """The numbers starts[i], starts[i] + 1, ... for counts[i] of them, one i after the other."""
    before = np.cumsum(counts) - counts
    places: Ints = np.arange(int(counts.sum()), dtype=np.int64) + np.repeat(starts - before, counts)
    return places
