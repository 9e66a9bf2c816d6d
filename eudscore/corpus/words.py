"""Words of texts, counted on their bytes: a million texts in about a second."""

import numpy as np
import pyarrow as pa

from eudscore.corpus.classes import plain
from eudscore.entropy.words import Texts, blocks_of
from eudscore.records import Ints

_IS_SPACE = np.zeros(256, dtype=np.bool_)
_IS_SPACE[list(b" \t\n\r\x0b\x0c")] = True


def word_counts(texts: pa.ChunkedArray) -> Ints:
    """(n,) runs of bytes between ASCII white space; 0 for null."""
    return np.concatenate([np.zeros(0, dtype=np.int64), *map(_counts, blocks_of(plain(texts)))])


def _counts(texts: Texts) -> Ints:
    """(n,) where words begin in each text, counted."""
    inside = ~np.take(_IS_SPACE, texts.content)
    first = inside.copy()
    first[1:] &= ~inside[:-1]
    begins = texts.ends[:-1][texts.ends[:-1] < texts.ends[1:]]
    first[begins] = inside[begins]  # a text does not continue the word of the text before
    return np.diff(np.searchsorted(np.flatnonzero(first), texts.ends)).astype(np.int64)
