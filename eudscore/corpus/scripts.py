"""Which scripts texts are written in: by the Unicode blocks of their letters, many texts at once."""

from collections.abc import Iterator
from functools import cache

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from eudscore.entropy.words import Texts, blocks_of
from eudscore.records import Ints

LARGEST_SAMPLE = 100_000  # texts that are looked at
NO_LETTERS = "no letters"
OTHER = "other"

# Blocks of the Unicode Character Database (Blocks.txt, 15.1), joined where they follow one another.
_BLOCKS = {
    "Latin": ((0x0041, 0x02AF), (0x1D00, 0x1DBF), (0x1E00, 0x1EFF), (0x2C60, 0x2C7F), (0xA722, 0xA7FF),
              (0xAB30, 0xAB6F), (0xFB00, 0xFB06), (0xFF21, 0xFF5A)),
    "Greek": ((0x0370, 0x03FF), (0x1F00, 0x1FFF)),
    "Cyrillic": ((0x0400, 0x052F), (0x1C80, 0x1C8F), (0x2DE0, 0x2DFF), (0xA640, 0xA69F)),
    "Armenian": ((0x0530, 0x058F), (0xFB13, 0xFB17)),
    "Hebrew": ((0x0590, 0x05FF), (0xFB1D, 0xFB4F)),
    "Arabic": ((0x0600, 0x06FF), (0x0750, 0x077F), (0x0870, 0x08FF), (0xFB50, 0xFDFF), (0xFE70, 0xFEFF)),
    "Devanagari": ((0x0900, 0x097F), (0xA8E0, 0xA8FF)),
    "Bengali": ((0x0980, 0x09FF),),
    "Gurmukhi": ((0x0A00, 0x0A7F),),
    "Gujarati": ((0x0A80, 0x0AFF),),
    "Oriya": ((0x0B00, 0x0B7F),),
    "Tamil": ((0x0B80, 0x0BFF),),
    "Telugu": ((0x0C00, 0x0C7F),),
    "Kannada": ((0x0C80, 0x0CFF),),
    "Malayalam": ((0x0D00, 0x0D7F),),
    "Sinhala": ((0x0D80, 0x0DFF),),
    "Thai": ((0x0E00, 0x0E7F),),
    "Lao": ((0x0E80, 0x0EFF),),
    "Tibetan": ((0x0F00, 0x0FFF),),
    "Myanmar": ((0x1000, 0x109F), (0xA9E0, 0xA9FF), (0xAA60, 0xAA7F)),
    "Georgian": ((0x10A0, 0x10FF), (0x1C90, 0x1CBF), (0x2D00, 0x2D2F)),
    "Hangul": ((0x1100, 0x11FF), (0x3130, 0x318F), (0xA960, 0xA97F), (0xAC00, 0xD7FF), (0xFFA0, 0xFFDC)),
    "Ethiopic": ((0x1200, 0x139F), (0x2D80, 0x2DDF), (0xAB00, 0xAB2F)),
    "Khmer": ((0x1780, 0x17FF),),
    "Mongolian": ((0x1800, 0x18AF),),
    "Kana": ((0x3040, 0x30FF), (0x31F0, 0x31FF), (0xFF66, 0xFF9F)),
    "Han": ((0x3005, 0x3007), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x323AF)),
}  # fmt: skip
NAMES = (*_BLOCKS, OTHER)


def scripts_of(texts: pa.ChunkedArray) -> tuple[tuple[tuple[str, int], ...], int]:
    """How many texts have most of their letters in each script, the most frequent first, and how many were looked at.

    Of more than 100,000 texts so many are looked at, evenly spread. Of scripts equally frequent in a text the one
    that stands first in `NAMES` counts; a text without a letter is under `NO_LETTERS`.

    Args:
        texts: (n,) strings.

    Returns:
        ((script, texts), ...) with texts > 0, and the sum of these.
    """
    counts = np.zeros(len(NAMES) + 1, dtype=np.int64)
    for block in _sample(texts):
        counts += np.bincount(main_scripts(block), minlength=len(counts))
    named = zip((*NAMES, NO_LETTERS), counts.tolist(), strict=True)
    found = sorted(((name, count) for name, count in named if count), key=lambda pair: -pair[1])
    return tuple(found), int(counts.sum())


def main_scripts(texts: Texts) -> Ints:
    """(n,) the place in `NAMES` of the script of most letters of each text; `len(NAMES)` where there is no letter."""
    letters = np.zeros((len(texts.ends) - 1, len(NAMES)), dtype=np.int64)
    script, row = _letters(texts)
    found = np.bincount(row * len(NAMES) + script, minlength=letters.size).reshape(letters.shape)
    return np.where(found.any(axis=1), found.argmax(axis=1), len(NAMES)).astype(np.int64)


def _letters(texts: Texts) -> tuple[Ints, Ints]:
    """Script and text of each letter."""
    begins = np.flatnonzero((texts.content & 0xC0) != 0x80)
    characters = texts.content.tobytes().decode("utf-8", "surrogatepass").encode("utf-32-le", "surrogatepass")
    script = _script_of_characters()[np.frombuffer(characters, dtype="<u4")]
    is_letter = script >= 0
    row = np.searchsorted(texts.ends, begins[is_letter], side="right") - 1
    return script[is_letter].astype(np.int64), row.astype(np.int64)


@cache
def _script_of_characters() -> NDArray[np.int8]:
    """The place in `NAMES` of each code point of Unicode; -1 for what is no letter."""
    script = np.full(0x110000, NAMES.index(OTHER), dtype=np.int8)
    for place, blocks in enumerate(_BLOCKS.values()):
        for first, last in blocks:
            script[first : last + 1] = place
    characters = np.arange(len(script), dtype=np.uint32).view("U1")
    script[~np.char.isalpha(characters)] = -1
    return script


def _sample(texts: pa.ChunkedArray) -> Iterator[Texts]:
    n = len(texts)
    if n <= LARGEST_SAMPLE:
        yield from blocks_of(texts)
        return
    rows = np.arange(LARGEST_SAMPLE, dtype=np.int64) * n // LARGEST_SAMPLE
    first = 0
    for chunk in texts.chunks:  # of one chunk after the other: what is taken of all is copied into one
        here = rows[(rows >= first) & (rows < first + len(chunk))] - first
        yield from blocks_of(chunk.take(pa.array(here)))
        first += len(chunk)
