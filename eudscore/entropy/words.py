r"""What a word is, and the words of many texts at once, found on their bytes.

A word is a run of letters, digits and underscores, or a single mark: `\w+|[^\w\s]` after NFKC and case folding. In
scripts written without spaces each character stands for itself.
"""

import re
import sys
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from eudscore.records import Ints

Bytes = NDArray[np.uint8]

# `\w` alone would drop the punctuation that makes a rant.
_WORD = re.compile(r"\w+|[^\w\s]")
_UNSPACED = (
    (0x0E00, 0x0EFF), (0x1000, 0x109F), (0xA9E0, 0xA9FF), (0xAA60, 0xAA7F), (0x1780, 0x17FF),  # Thai to Khmer
    (0x3040, 0x30FF), (0x31F0, 0x31FF), (0x1AFF0, 0x1B16F),  # kana
    (0x2E80, 0x2FDF), (0x3005, 0x3007), (0x3021, 0x3029), (0x3038, 0x303B), (0x3400, 0x4DBF),  # Han, from here on
    (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x3FFFF),
)  # fmt: skip
_ALONE = "".join(f"{chr(first)}-{chr(last)}" for first, last in _UNSPACED)
_HAS_UNSPACED = re.compile(f"[{_ALONE}]")
_WORD_OR_CHARACTER = re.compile(rf"[{_ALONE}]|[^\W{_ALONE}]+|[^\w\s]")

_SPACE, _IN_WORD, _MARK = 0, 1, 2
_LOWER = np.array([ord(chr(b).lower()) if b < 128 else b for b in range(256)], dtype=np.uint8)

_BLOCK = 2 << 20  # bytes of text worked on at once: what a dozen arrays of that length still find in the cache
_ROWS = 1 << 16


class Texts(NamedTuple):
    """Texts as bytes: text i is `content[ends[i]:ends[i + 1]]`, UTF-8 that lets lone surrogates pass."""

    content: Bytes
    ends: Ints


class Words(NamedTuple):
    """The words of some texts: text i has `words[ends[i]:ends[i + 1]]` of a large_binary array, in order."""

    words: pa.LargeBinaryArray
    ends: Ints


def words_of(text: str) -> list[str]:
    r"""Unicode words and marks, `\w+|[^\w\s]`, after NFKC and case folding.

    Han, Hiragana, Katakana, Thai, Lao, Khmer and Myanmar are written without spaces: there every character is
    a word of its own.
    """
    if text.isascii():
        return _WORD.findall(text.lower())  # NFKC and case folding of ASCII is lower(), ten times faster
    folded = unicodedata.normalize("NFKC", text).casefold()
    pattern = _WORD_OR_CHARACTER if _HAS_UNSPACED.search(folded) else _WORD
    return pattern.findall(folded)


def blocks_of(texts: Iterable[str] | pa.Array | pa.ChunkedArray) -> Iterator[Texts]:
    """Texts in blocks of about 2 MiB, in order; a longer text is a block of its own.

    Args:
        texts: Python strings, or an Arrow array of strings (null reads as empty), of which nothing is copied.
    """
    if isinstance(texts, pa.Array | pa.ChunkedArray):
        chunks = texts.chunks if isinstance(texts, pa.ChunkedArray) else [texts]
        for chunk in chunks:
            for start in range(0, len(chunk), _ROWS):
                yield from _cut(_bytes_of(chunk.slice(start, _ROWS)))
    else:
        yield from map(_encoded, _batches(texts))


def find_words(texts: Texts) -> Words:
    """What `words_of` finds in each text, as UTF-8."""
    content, ends = _folded(texts)
    kind = _kinds(content)
    in_word, kept = kind == _IN_WORD, kind != _SPACE
    begins = in_word.copy()
    begins[1:] &= ~in_word[:-1]
    first = ends[:-1][ends[:-1] < ends[1:]]
    begins[first] = in_word[first]  # a text does not continue the word of the text before
    begins |= (kind == _MARK) & ((content & 0xC0) != 0x80)  # but only the first byte of a character begins it
    letters = np.take(_LOWER, np.compress(kept, content), mode="clip")
    offsets = np.append(np.flatnonzero(np.compress(kept, begins)), len(letters)).astype(np.int64)
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(letters)]
    words = pa.Array.from_buffers(pa.large_binary(), len(offsets) - 1, buffers)
    return Words(words, np.searchsorted(np.flatnonzero(begins), ends).astype(np.int64))


def _folded(texts: Texts) -> Texts:
    """The texts beyond ASCII after NFKC and case folding; of the others only capitals would change."""
    wide = texts.content >= 128
    if not wide.any():
        return texts
    before = np.concatenate([[0], np.cumsum(wide, dtype=np.int64)])[texts.ends]
    content, lengths, done = texts.content.tobytes(), np.diff(texts.ends), 0
    pieces: list[bytes] = []
    for row in np.flatnonzero(before[1:] > before[:-1]).tolist():
        start, end = int(texts.ends[row]), int(texts.ends[row + 1])
        text = unicodedata.normalize("NFKC", content[start:end].decode("utf-8", "surrogatepass")).casefold()
        folded = text.encode("utf-8", "surrogatepass")
        pieces += [content[done:start], folded]
        lengths[row], done = len(folded), end
    joined = b"".join([*pieces, content[done:]])
    return Texts(np.frombuffer(joined, dtype=np.uint8), np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64))


def _kinds(content: Bytes) -> Bytes:
    """Of each byte, whether its character is white space, part of a word, or a word of its own."""
    kind_of = _kind_of_characters()
    kind = np.take(kind_of[:256], content, mode="clip")  # "clip" spares the check of bounds, and half the time
    beyond = np.flatnonzero(content >= 128)
    if len(beyond):
        characters = content[beyond].tobytes().decode("utf-8", "surrogatepass").encode("utf-32-le", "surrogatepass")
        codes = np.frombuffer(characters, dtype="<u4")
        size = 2 + (codes >= 0x800).astype(np.int64) + (codes >= 0x10000)  # bytes of each in UTF-8
        kind[beyond] = np.repeat(kind_of[codes], size)
    return kind


@cache
def _kind_of_characters() -> Bytes:
    """The same for each code point of Unicode, by what `re` means by white space and word."""
    characters = np.arange(sys.maxunicode + 1, dtype=np.uint32).view("U1")
    kind = np.full(len(characters), _MARK, dtype=np.uint8)
    kind[np.char.isalnum(characters)] = _IN_WORD
    kind[ord("_")] = _IN_WORD
    kind[np.char.isspace(characters)] = _SPACE
    for first, last in _UNSPACED:
        kind[first : last + 1] = _MARK
    return kind


def _bytes_of(chunk: pa.Array) -> Texts:
    strings = chunk.cast(pa.large_string())
    if strings.null_count:
        strings = strings.fill_null("")
    _, offsets, content = strings.buffers()
    ends = np.frombuffer(offsets, dtype=np.int64)[strings.offset :][: len(strings) + 1]
    return Texts(np.frombuffer(content or b"", dtype=np.uint8)[ends[0] : ends[-1]], ends - ends[0])


def _cut(texts: Texts) -> Iterator[Texts]:
    """The same texts in blocks."""
    content, ends = texts
    cuts = [0]
    while cuts[-1] < len(ends) - 1:
        last = int(np.searchsorted(ends, ends[cuts[-1]] + _BLOCK, side="right")) - 1
        cuts.append(max(last, cuts[-1] + 1))
    for start, stop in pairwise(cuts):
        yield Texts(content[ends[start] : ends[stop]], ends[start : stop + 1] - ends[start])


def _batches(texts: Iterable[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    size = 0
    for text in texts:
        batch.append(text)
        size += len(text) + 1
        if size >= _BLOCK:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _encoded(texts: list[str]) -> Texts:
    encoded = [text.encode("utf-8", "surrogatepass") for text in texts]
    ends = np.concatenate([[0], np.cumsum([len(text) for text in encoded])]).astype(np.int64)
    return Texts(np.frombuffer(b"".join(encoded), dtype=np.uint8), ends)
