"""CSV and TSV to a table in which the cells stand as they were written.

Arrow parses, block by block, into a spool.
"""

import re
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path, PurePath
from typing import TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from eudscore.corpus.files.cell_types import CellTypes, with_types
from eudscore.corpus.files.dialect import DELIMITERS, Dialect, fault, sniff, unclosed, unclosed_quote
from eudscore.corpus.files.encoding import TextFile
from eudscore.corpus.files.reading import Reading, blank_end, column_names, refuse_cells_as_names, repeats
from eudscore.corpus.files.spool import Spool
from eudscore.errors import InputError

Parsed = TypeVar("Parsed")
_USUAL = {".csv": ",", ".tsv": "\t", ".tab": "\t"}
_SAMPLE = 1 << 16
_BLOCK = 1 << 23  # bytes; a longer line is met with blocks that are larger
_LARGER = 16
_LARGEST_BLOCK = (1 << 31) - 1
_FEWEST_LINES = 3
_EXCEL_LINE = re.compile(r"sep=[^\w\s]?(?=\r?\n)|sep=\t(?=\r?\n)", re.IGNORECASE)
_WHOLLY_QUOTED = r'^"([^"]|"")*"$'


class _UnfitError(Exception):
    """A line does not fit the dialect."""


class _TooLongError(Exception):
    """A line is longer than a block."""


def read_delimited(file: TextFile, name: str, *, keep: frozenset[str] = frozenset()) -> Reading:
    """Rows of a delimited file with a header; the delimiter is found.

    Columns of numbers become int64 or float64, all else stays a string, letter by letter; only an empty
    cell without quotes is null. Blank lines are rows where there is one column and no rows where there
    are more. In a file with tabs, quotes are taken as letters unless every quoted cell is well formed.

    Args:
        file: valid UTF-8.
        name: what the file is called in errors.
        keep: columns that stay strings whatever they hold.

    Raises:
        InputError: a line with more or fewer cells than the header, a quote that is never closed, or a
            first line that is a row.
    """
    if file.blank:
        return Reading(pa.table({}))
    start = _start(file)
    sample, whole = _head(file.path, start)
    if found := _EXCEL_LINE.match(sample):
        raise InputError(f"{name} begins with {found[0]!r}, a line for Excel that is no row: remove that line.")
    dialect = _settled(file, start, sniff(sample, whole=whole), name)
    try:
        table = _parsed(file, dialect, name, lambda block: _table(_batches(file, start, dialect, block), keep, name))
    except _UnfitError as error:
        raise InputError(fault(file, dialect, name)) from error
    if dialect.quotes and file.quotes % 2 and (line := unclosed_quote(file, dialect)):
        raise InputError(unclosed(line, name))
    table, blank = _without_blank_end(table)
    return Reading(table, (*file.notes, *_notes(file, dialect, name), *blank_end(blank)))


def _table(batches: Iterator[pa.RecordBatch], keep: frozenset[str], name: str) -> pa.Table:
    """The table of all rows; the first of the first batch is the header."""
    first = next(batches)
    titles: list[str | None] = [column[0].as_py() for column in first.columns]
    types = CellTypes([column not in keep for column in column_names(titles)])
    repeated = [0] * len(titles)
    with Spool(first.schema) as spool:
        for rows in chain([first.slice(1)], batches):
            types.see(rows.columns)
            for place, title in enumerate(titles):
                repeated[place] += repeats(title, rows.column(place)) if title else 0
            spool.write(rows)
        table = spool.table()
    refuse_cells_as_names(titles, repeated, table.num_rows, name)
    return with_types(table, types.found()).rename_columns(column_names(titles))


def _batches(file: TextFile, start: int, dialect: Dialect, block: int) -> Iterator[pa.RecordBatch]:
    """All cells as strings, the header being row 0."""
    import pyarrow.csv as arrow_csv

    names = [str(place) for place in range(dialect.width)]
    options = {
        "read_options": arrow_csv.ReadOptions(column_names=names, block_size=block),
        "parse_options": arrow_csv.ParseOptions(
            delimiter=dialect.delimiter,
            quote_char='"' if dialect.quotes else False,
            newlines_in_values=dialect.quotes,
            ignore_empty_lines=dialect.width > 1,
        ),
        "convert_options": arrow_csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()),
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        ),
    }
    try:
        with pa.OSFile(str(file.path)) as source:
            source.seek(start)
            yield from (batch for batch in arrow_csv.open_csv(source, **options) if batch.num_rows)
    except pa.ArrowInvalid as error:
        too_long = "straddl" in str(error) and block < _LARGEST_BLOCK
        raise (_TooLongError if too_long else _UnfitError) from error


def _parsed(file: TextFile, dialect: Dialect, name: str, attempt: Callable[[int], Parsed]) -> Parsed:
    """What an attempt gives with blocks that hold the longest line.

    A quote that is never closed makes one line of the rest of the file, so that is looked for first.
    """
    block = _BLOCK
    while True:
        try:
            return attempt(block)
        except _TooLongError:
            if dialect.quotes and file.quotes % 2 and (line := unclosed_quote(file, dialect)):
                raise InputError(unclosed(line, name)) from None
            block = min(block * _LARGER, _LARGEST_BLOCK)


def _settled(file: TextFile, start: int, dialect: Dialect, name: str) -> Dialect:
    """Between tabs, quotes are letters unless the whole file uses them as marks."""
    if dialect.delimiter != "\t" or not file.quotes:
        return dialect
    plain = replace(dialect, quotes=False)
    try:
        marks = _parsed(file, plain, name, lambda block: _all_well_formed(_batches(file, start, plain, block)))
    except _UnfitError:
        marks = _fits(file, start, dialect, name)
    return dialect if marks else plain


def _all_well_formed(batches: Iterator[pa.RecordBatch]) -> bool:
    found = True
    for batch in batches:  # to the end, because a line that does not fit says more than a quote
        found = found and all(map(_quotes_well_formed, batch.columns))
    return found


def _quotes_well_formed(cells: pa.Array) -> bool:
    quoted = cells.filter(pc.starts_with(cells, '"'))
    return bool(pc.all(pc.match_substring_regex(quoted, _WHOLLY_QUOTED), min_count=0).as_py())


def _fits(file: TextFile, start: int, dialect: Dialect, name: str) -> bool:
    try:
        _parsed(file, dialect, name, lambda block: deque(_batches(file, start, dialect, block), maxlen=0))
    except _UnfitError:
        return False
    return True


def _without_blank_end(table: pa.Table) -> tuple[pa.Table, int]:
    """The table of a file of one column without the blank lines at its end, and how many those are."""
    if table.num_columns != 1:
        return table, 0
    rows = table.num_rows
    for cells in reversed(table.column(0).chunks):
        filled = pc.indices_nonzero(cells.is_valid())
        if len(filled):
            kept = rows - len(cells) + filled[-1].as_py() + 1
            return table.slice(0, kept), table.num_rows - kept
        rows -= len(cells)
    return table.slice(0, 0), table.num_rows


def _start(file: TextFile) -> int:
    """Where the header begins: after the byte order mark and blank lines."""
    with file.path.open("rb") as opened:
        opened.seek(file.start)
        while block := opened.read(_SAMPLE):
            if left := block.lstrip(b"\r\n"):
                return opened.tell() - len(left)
    return file.start


def _head(path: Path, start: int) -> tuple[str, bool]:
    """The first lines, and whether they are all; a header may be longer than the usual sample."""
    size, wanted = path.stat().st_size - start, _SAMPLE
    with path.open("rb") as opened:
        opened.seek(start)
        content = opened.read(wanted)
        while content.count(b"\n") < _FEWEST_LINES and len(content) < min(size, _BLOCK):
            content += opened.read(len(content))
    return content.decode(errors="ignore"), len(content) >= size


def _notes(file: TextFile, dialect: Dialect, name: str) -> Iterator[str]:
    if dialect.width > 1 and dialect.delimiter != _USUAL.get(PurePath(name).suffix.lower()):
        yield f"Its cells stand between {DELIMITERS[dialect.delimiter]}."
    if file.quotes and not dialect.quotes:
        yield "Quotes are read as letters, because not every quoted cell is well formed."
