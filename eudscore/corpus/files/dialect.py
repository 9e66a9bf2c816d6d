"""How the cells of a delimited file are told apart, and which line does not fit: what Python's `csv` is asked."""

import csv
import io
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from eudscore.corpus.files.encoding import TextFile

if TYPE_CHECKING:
    import _csv

# The usual ones first: they win where another fits as well.
DELIMITERS = {
    ",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars", "^": "carets", "~": "tildes",
    "\x01": "control characters (U+0001)", "\x1f": "unit separators (U+001F)",
}  # fmt: skip
_LONGEST_CELL = 1 << 26  # characters


@dataclass(frozen=True)
class Dialect:
    """How cells are told apart; `width` is the number of cells of the header."""

    delimiter: str
    width: int
    quotes: bool = True


def sniff(sample: str, *, whole: bool) -> Dialect:
    """The delimiter that splits the header and then the most lines into equally many cells."""
    best, best_agreement = Dialect(",", 1), (0.0, 0)
    for delimiter in DELIMITERS:
        lines = io.StringIO(sample, newline="")
        widths = _widths(lines, Dialect(delimiter, 0, quotes=delimiter != "\t"))
        if not whole and len(widths) > 1:
            widths.pop()  # the sample ends in the middle of it
        if not widths or widths[0] == 1:
            continue
        agreement = widths.count(widths[0]) / len(widths), widths[0]
        if agreement > best_agreement:
            best, best_agreement = Dialect(delimiter, widths[0]), agreement
    return best


def fault(file: TextFile, dialect: Dialect, name: str) -> str:
    """The sentence about the first line that does not fit."""
    if dialect.quotes and (line := unclosed_quote(file, dialect)):
        return unclosed(line, name)
    between = DELIMITERS[dialect.delimiter]
    for line, cells, _ in _records(file, dialect):
        if cells and len(cells) != dialect.width:
            return (
                f"Line {line} of {name} has {_count(len(cells))}, the header has {dialect.width}: "
                f"put quotes around a cell that holds {between} or a line break."
            )
    return f"{name} cannot be read as a table of cells between {between}: save it anew as CSV."


def unclosed(line: int, name: str) -> str:
    """The sentence about a quote that is never closed."""
    return f"{name} opens a quote on line {line} and never closes it: close it, or double it if it is a letter."


def unclosed_quote(file: TextFile, dialect: Dialect) -> int | None:
    """The line on which the last record begins, if that record ends inside a quote."""
    first, last = 1, 1
    for first, cells, last in _records(file, dialect):  # noqa: B007 - the last one is wanted
        if cells is None:
            return first  # only a quote makes one cell of so many lines
    try:
        with _opened(file) as lines, _long_cells():
            for _ in csv.reader(islice(lines, first - 1, last), delimiter=dialect.delimiter, strict=True):
                pass
    except csv.Error as error:
        return first if "unexpected end" in str(error) else None
    return None


def _records(file: TextFile, dialect: Dialect) -> Iterator[tuple[int, list[str] | None, int]]:
    """First line, cells and last line of each record; None for cells that are too long to be any."""
    with _opened(file) as lines, _long_cells():
        reader = _reader(lines, dialect)
        first = 1
        try:
            for cells in reader:
                yield first, cells, reader.line_num
                first = reader.line_num + 1
        except csv.Error:
            yield first, None, reader.line_num


def _widths(lines: Iterable[str], dialect: Dialect) -> list[int]:
    widths: list[int] = []
    with _long_cells():
        try:
            for cells in _reader(lines, dialect):
                widths += [len(cells)] if cells else []
        except csv.Error:
            return widths
    return widths


@contextmanager
def _opened(file: TextFile) -> Iterator[Iterable[str]]:
    with file.path.open(encoding="utf-8-sig" if file.start else "utf-8", newline="") as lines:
        yield lines


@contextmanager
def _long_cells() -> Iterator[None]:
    """The usual limit of 131,072 characters a cell is one of the whole process; it is put back."""
    usual = csv.field_size_limit(_LONGEST_CELL)
    try:
        yield
    finally:
        csv.field_size_limit(usual)


def _reader(lines: Iterable[str], dialect: Dialect) -> "_csv.Reader":
    if dialect.quotes:
        return csv.reader(lines, delimiter=dialect.delimiter)
    return csv.reader(lines, delimiter=dialect.delimiter, quoting=csv.QUOTE_NONE)


def _count(cells: int) -> str:
    return "1 cell" if cells == 1 else f"{cells} cells"
