r"""What a word is, and the words of many texts at once, found on their bytes.

A word is a run of letters, digits and underscores, or a single mark: `\w+|[^\w\s]` after NFKC and case folding. In
scripts written without spaces each character stands for itself.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from eudscore.records import Ints

Bytes = NDArray[np.uint8]

# `\w` alone would drop the punctuation that makes a rant.
_WORD = re.compile(r"\w+|[^\w\s]")
# Thai and Lao, Myanmar, Khmer, kana, Han: blocks of Unicode 15 after NFKC.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\ua9e0-\ua9ff\uaa60-\uaa7f\u1780-\u17ff\u3040-\u30ff\u31f0-\u31ff"
    "\U0001aff0-\U0001b16f\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3038-\u303b\u3400-\u4dbf\u4e00-\u9fff"
    "\uf900-\ufaff\U00020000-\U0003ffff"
)
_HAS_UNSPACED = re.compile(f"[{_UNSPACED}]")
_WORD_OR_CHARACTER = re.compile(rf"[{_UNSPACED}]|[^\W{_UNSPACED}]+|[^\w\s]")

_SPACE, _IN_WORD, _MARK = 0, 1, 2
# Bytes from 128 on belong to words: where there are any, the words have been put between spaces before.
_KIND = np.array(
    [_SPACE if re.match(r"\s", chr(b)) else _IN_WORD if re.match(r"\w", chr(b)) else _MARK for b in range(128)]
    + [_IN_WORD] * 128,
    dtype=np.uint8,
)
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
    content, ends = _ready(texts)
    kind = np.take(_KIND, content, mode="clip")  # "clip" spares the check of bounds, and half the time
    in_word, kept = kind == _IN_WORD, kind != _SPACE
    begins = in_word.copy()
    begins[1:] &= ~in_word[:-1]
    first = ends[:-1][ends[:-1] < ends[1:]]
    begins[first] = in_word[first]  # a text does not continue the word of the text before
    begins |= kind == _MARK
    letters = np.take(_LOWER, np.compress(kept, content), mode="clip")
    offsets = np.append(np.flatnonzero(np.compress(kept, begins)), len(letters)).astype(np.int64)
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(letters)]
    words = pa.Array.from_buffers(pa.large_binary(), len(offsets) - 1, buffers)
    return Words(words, np.searchsorted(np.flatnonzero(begins), ends).astype(np.int64))


def _ready(texts: Texts) -> Texts:
    """Texts whose words can be found byte by byte: those beyond ASCII are replaced by their words and spaces."""
    wide = texts.content >= 128
    if not wide.any():
        return texts
    before = np.concatenate([[0], np.cumsum(wide, dtype=np.int64)])[texts.ends]
    pieces: list[bytes | memoryview] = []
    lengths = np.diff(texts.ends)
    done = 0
    view = memoryview(texts.content.tobytes())
    for row in np.flatnonzero(before[1:] > before[:-1]).tolist():
        start, end = int(texts.ends[row]), int(texts.ends[row + 1])
        words = " ".join(words_of(str(view[start:end], "utf-8", "surrogatepass"))).encode("utf-8", "surrogatepass")
        pieces += [view[done:start], words]
        lengths[row], done = len(words), end
    content = b"".join([*pieces, view[done:]])
    return Texts(np.frombuffer(content, dtype=np.uint8), np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64))


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
