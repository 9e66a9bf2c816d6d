"""Words of texts, counted on their bytes: a million texts in about a second."""

import numpy as np
import pyarrow as pa

from eudscore.corpus.classes import plain
from eudscore.records import Ints

_ROWS = 100_000
_IS_SPACE = np.zeros(256, dtype=np.bool_)
_IS_SPACE[list(b" \t\n\r\x0b\x0c")] = True


def word_counts(texts: pa.ChunkedArray) -> Ints:
    """(n,) runs of bytes between ASCII white space; 0 for null."""
    counts = [
        _counts(chunk.slice(start, _ROWS)) for chunk in plain(texts).chunks for start in range(0, len(chunk), _ROWS)
    ]
    return np.concatenate(counts) if counts else np.zeros(0, dtype=np.int64)


def _counts(texts: pa.LargeStringArray) -> Ints:
    texts = texts.fill_null("")
    _, offsets, content = texts.buffers()
    ends = np.frombuffer(offsets, dtype=np.int64)[texts.offset :][: len(texts) + 1]
    letters = np.frombuffer(content or b"", dtype=np.uint8)[ends[0] : ends[-1]]
    inside = ~_IS_SPACE[letters]
    first = inside.copy()
    first[1:] &= ~inside[:-1]
    ends = ends - ends[0]
    begins = ends[:-1][ends[:-1] < ends[1:]]
    first[begins] = inside[begins]  # a text does not continue the word of the text before
    total = np.concatenate([[0], np.cumsum(first, dtype=np.int64)])
    return np.asarray(total[ends[1:]] - total[ends[:-1]], dtype=np.int64)
