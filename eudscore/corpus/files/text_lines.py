"""TXT to a table of one column: a line is a text."""

from collections.abc import Iterator

import pyarrow as pa

from eudscore.corpus.files.encoding import TextFile
from eudscore.corpus.files.reading import Reading, blank_end
from eudscore.corpus.files.spool import spooled

_SCHEMA = pa.schema([("text", pa.string())])
_PIECE_ROWS = 65_536
_PIECE_LETTERS = 1 << 24


def read_lines(file: TextFile) -> Reading:
    """A line is a text, blank ones included, so that row numbers are line numbers; except at the end.

    Args:
        file: valid UTF-8.
    """
    if file.blank:
        return Reading(pa.table({}))
    blank: list[str] = []
    pieces = _pieces(_texts(file, blank))
    batches = (pa.RecordBatch.from_arrays([pa.array(texts, pa.string())], schema=_SCHEMA) for texts in pieces)
    table = spooled(batches, _SCHEMA)
    return Reading(table, (*file.notes, *blank_end(len(blank))))


def _pieces(lines: Iterator[str]) -> Iterator[list[str]]:
    texts: list[str] = []
    letters = 0
    for text in lines:
        texts.append(text)
        letters += len(text)
        if len(texts) == _PIECE_ROWS or letters > _PIECE_LETTERS:
            yield texts
            texts, letters = [], 0
    yield texts


def _texts(file: TextFile, blank: list[str]) -> Iterator[str]:
    """All lines; `blank` holds those that may turn out to be the end, and in the end are."""
    for line in file.lines():
        text = line.removesuffix("\n").removesuffix("\r")
        if not text.strip():
            blank.append(text)
            continue
        yield from blank
        blank.clear()
        yield text
