"""CSV and TSV to a table in which the cells stand as they were written.

Arrow parses; Python's `csv` only guesses the delimiter from the first lines and finds the line to blame.
"""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from eudscore.errors import InputError

if TYPE_CHECKING:
    import _csv

_DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
_SAMPLE = 1 << 16
_BLOCK = 1 << 26
# Only numbers that are written back as they were read: "007" and 20 digits stay strings.
_INTEGER = r"^(0|-?[1-9][0-9]{0,17})$"
_DECIMAL = r"^-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,15})?([eE][-+]?[0-9]{1,2})?$"
_WHOLLY_QUOTED = r'^"([^"]|"")*"$'
_LONGEST_NAME = 200
_REPEATED = 0.005


@dataclass(frozen=True)
class Dialect:
    """How cells are told apart; `width` is the number of cells of the header."""

    delimiter: str
    width: int
    quotes: bool = True


def parse_delimited(content: bytes, name: str, *, keep: frozenset[str] = frozenset()) -> pa.Table:
    """Rows of a delimited file with a header; commas, semicolons, tabs or bars.

    Columns of numbers become int64 or float64, all else stays a string, letter by letter; only an empty
    cell without quotes is null. Blank lines are rows where there is one column and no rows where there
    are more. In a file with tabs, quotes are taken as letters unless every quoted cell is well formed.

    Args:
        content: valid UTF-8.
        name: what the file is called in errors.
        keep: columns that stay strings whatever they hold.

    Raises:
        InputError: a line with more or fewer cells than the header, a quote that is never closed, or a
            first line that is a row.
    """
    text = content.lstrip(b"\r\n")
    if not text.strip():
        return pa.table({})
    dialect = _settled(text, sniff(text[:_SAMPLE].decode(errors="ignore"), whole=len(text) <= _SAMPLE))
    cells = _cells(text, dialect)
    if cells is None:
        raise InputError(_fault(content, dialect, name))
    if dialect.quotes and text.count(b'"') % 2 and (line := _unclosed_quote(content, dialect)):
        raise InputError(_unclosed(line, name))
    table = _named(cells, name)
    columns = [
        column if column_name in keep else _typed(column)
        for column_name, column in zip(table.column_names, table.columns, strict=True)
    ]
    return pa.table(columns, names=table.column_names)


def sniff(sample: str, *, whole: bool) -> Dialect:
    """The delimiter that splits the header and then the most lines into equally many cells."""
    best, best_agreement = Dialect(",", 1), (0.0, 0)
    for delimiter in _DELIMITERS:
        lines = _reader(sample, Dialect(delimiter, 0, quotes=delimiter != "\t"))
        widths = [len(cells) for cells in lines if cells]
        if not whole and len(widths) > 1:
            widths.pop()  # the sample ends in the middle of it
        if not widths or widths[0] == 1:
            continue
        agreement = widths.count(widths[0]) / len(widths), widths[0]
        if agreement > best_agreement:
            best, best_agreement = Dialect(delimiter, widths[0]), agreement
    return best


def _cells(text: bytes, dialect: Dialect) -> pa.Table | None:
    """All cells as strings, the header being row 0; None where a line does not fit."""
    import pyarrow.csv as arrow_csv

    names = [str(position) for position in range(dialect.width)]
    try:
        cells = arrow_csv.read_csv(
            pa.BufferReader(text),
            read_options=arrow_csv.ReadOptions(column_names=names, block_size=_BLOCK),
            parse_options=arrow_csv.ParseOptions(
                delimiter=dialect.delimiter,
                quote_char='"' if dialect.quotes else False,
                newlines_in_values=dialect.quotes,
                ignore_empty_lines=dialect.width > 1,
            ),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
            ),
        )
    except pa.ArrowInvalid:
        return None
    return _without_blank_end(cells) if dialect.width == 1 else cells


def _settled(text: bytes, dialect: Dialect) -> Dialect:
    """Between tabs, quotes are letters unless the whole file uses them as marks."""
    if dialect.delimiter != "\t":
        return dialect
    plain = replace(dialect, quotes=False)
    cells = _cells(text, plain)
    marks = _cells(text, dialect) is not None if cells is None else _all_quotes_well_formed(cells)
    return dialect if marks else plain


def _all_quotes_well_formed(cells: pa.Table) -> bool:
    for column in cells.columns:
        quoted = column.filter(pc.starts_with(column, '"'))
        if not pc.all(pc.match_substring_regex(quoted, _WHOLLY_QUOTED), min_count=0).as_py():
            return False
    return True


def _without_blank_end(cells: pa.Table) -> pa.Table:
    filled = pc.indices_nonzero(cells.column(0).is_valid())
    return cells.slice(0, filled[-1].as_py() + 1 if len(filled) else 0)


def _named(cells: pa.Table, name: str) -> pa.Table:
    header = [column[0].as_py() for column in cells.columns]
    rows = cells.slice(1)
    for title, column in zip(header, rows.columns, strict=True):
        if title and _is_a_cell(title, column):
            raise InputError(
                f"{name} begins with a row instead of the names of its columns ({_short(title)!r} reads like a "
                "cell): put a first line such as text,label before it."
            )
    return rows.rename_columns([(title or "").strip() or f"column {n}" for n, title in enumerate(header, 1)])


def _is_a_cell(title: str, column: pa.ChunkedArray) -> bool:
    """A class name in place of a column name recurs below; a text is longer than any name."""
    repeats = pc.sum(pc.equal(column, title)).as_py() or 0
    return len(title) > _LONGEST_NAME or repeats > _REPEATED * len(column)


def _typed(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if column.null_count == len(column):
        return column
    for pattern, kind in ((_INTEGER, pa.int64()), (_DECIMAL, pa.float64())):
        if pc.all(pc.match_substring_regex(column, pattern)).as_py():
            return column.cast(kind)
    return column


def _fault(content: bytes, dialect: Dialect, name: str) -> str:
    """The sentence about the first line that does not fit."""
    if dialect.quotes and (line := _unclosed_quote(content, dialect)):
        return _unclosed(line, name)
    between = _DELIMITERS[dialect.delimiter]
    for line, cells, _ in _records(content, dialect):
        if cells and len(cells) != dialect.width:
            return (
                f"Line {line} of {name} has {_count(len(cells))}, the header has {dialect.width}: "
                f"put quotes around a cell that holds {between} or a line break."
            )
    return f"{name} cannot be read as a table of cells between {between}: save it anew as CSV."


def _unclosed(line: int, name: str) -> str:
    return f"{name} opens a quote on line {line} and never closes it: close it, or double it if it is a letter."


def _unclosed_quote(content: bytes, dialect: Dialect) -> int | None:
    """The line on which the last record begins, if that record ends inside a quote."""
    *_, (first, _, last) = [(1, [""], 1), *_records(content, dialect)]
    lines = io.StringIO(content.decode(), newline="").readlines()[first - 1 : last]
    try:
        for _ in csv.reader(lines, delimiter=dialect.delimiter, strict=True):
            pass
    except csv.Error as error:
        return first if "unexpected end" in str(error) else None
    return None


def _records(content: bytes, dialect: Dialect) -> Iterator[tuple[int, list[str], int]]:
    """First line, cells and last line of each record, up to a cell longer than `csv` can hold."""
    reader = _reader(content.decode(), dialect)
    first = 1
    try:
        for cells in reader:
            yield first, cells, reader.line_num
            first = reader.line_num + 1
    except csv.Error:
        return


def _reader(text: str, dialect: Dialect) -> "_csv.Reader":
    lines = io.StringIO(text, newline="")
    if dialect.quotes:
        return csv.reader(lines, delimiter=dialect.delimiter)
    return csv.reader(lines, delimiter=dialect.delimiter, quoting=csv.QUOTE_NONE)


def _count(cells: int) -> str:
    return "1 cell" if cells == 1 else f"{cells} cells"


def _short(title: str) -> str:
    return title if len(title) <= 40 else f"{title[:39]}…"
