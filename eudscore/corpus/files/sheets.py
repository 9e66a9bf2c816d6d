"""XLSX to a table: the first sheet, its first row being the names of the columns."""

import datetime
import re
import zipfile
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pyarrow as pa

from eudscore.corpus.files.packed import count_unpacked
from eudscore.corpus.files.reading import Reading, column_names, reason, refuse_cells_as_names, repeats
from eudscore.errors import InputError

_EXACT = 2**53  # a sheet holds every number as a double
_READ_AS_EMPTY = {
    "holds an error such as #DIV/0!": re.compile(rb'<c [^>]*\bt="e"'),
    "holds a formula that was never worked out": re.compile(
        rb"(?:</f>|<f(?: [^>]*)?/>)\s*(?:<v\s*/>|<v>\s*</v>)?\s*</c>"
    ),
}
_ID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_LONGEST_CELL = 1 << 16
_SHOWN = 5


def read_sheet(path: Path, name: str, *, keep: frozenset[str] = frozenset()) -> Reading:
    """The first sheet of a workbook of Excel; empty cells are null, formulas are what they last came to.

    A column becomes int64, float64, truth values, dates, times or timestamps where all its cells are such;
    else strings, dates being written as ISO 8601.

    Args:
        path: of the workbook.
        name: what it is called in errors.
        keep: columns that become strings whatever they hold.

    Raises:
        InputError: it is broken, encrypted, far too large, or its first row is no row of names.
    """
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum, XmlError, ZipError

    lost = _cells_read_as_empty(path, name)
    try:
        with CalamineWorkbook.from_path(str(path)) as workbook:
            sheets = [sheet.name for sheet in workbook.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]
            if not sheets:
                raise InputError(f"{name} has no sheet of cells: save the sheet as CSV (UTF-8).")
            rows = workbook.get_sheet_by_name(sheets[0]).to_python()
    except PasswordError as error:
        raise InputError(f"{name} is encrypted: save it without a password.") from error
    except (CalamineError, XmlError, ZipError) as error:
        raise InputError(f"{name} is a broken XLSX file ({reason(error)}): save it anew.") from error
    return Reading(_table(rows, name, keep), tuple(_notes(sheets, lost)))


def _table(rows: list[list[Any]], name: str, keep: frozenset[str]) -> pa.Table:
    cells = [[None if cell == "" else cell for cell in row] for row in rows]
    while cells and not any(cell is not None for cell in cells[-1]):
        cells.pop()  # cells that have a border and nothing else
    if not cells:
        return pa.table({})
    titles = [None if title is None else _written(title) for title in cells[0]]
    names = column_names(titles)
    columns = [
        _column([row[place] for row in cells[1:]], as_written=column in keep) for place, column in enumerate(names)
    ]
    repeated = [
        repeats(title, column) if title and pa.types.is_string(column.type) else 0
        for title, column in zip(titles, columns, strict=True)
    ]
    refuse_cells_as_names(titles, repeated, len(cells) - 1, name)
    return pa.table(columns, names=names)


def _column(cells: list[Any], *, as_written: bool) -> pa.Array:
    kinds = {type(cell) for cell in cells if cell is not None}
    if not kinds or as_written:
        return _strings(cells)
    if kinds <= {int, float}:
        whole = all(cell is None or _is_whole(cell) for cell in cells)
        numbers = pa.array(cells, pa.float64())
        return numbers.cast(pa.int64()) if whole else numbers
    if kinds == {datetime.date, datetime.datetime}:  # midnight is read as a date
        return pa.array([_at_midnight(cell) for cell in cells], pa.timestamp("us"))
    if len(kinds) == 1:
        return pa.array(cells)
    return _strings(cells)


def _strings(cells: list[Any]) -> pa.Array:
    return pa.array([None if cell is None else _written(cell) for cell in cells], pa.string())


def _at_midnight(cell: Any) -> datetime.datetime | None:
    if cell is None or isinstance(cell, datetime.datetime):
        return cell
    return datetime.datetime.combine(cell, datetime.time())


def _written(cell: Any) -> str:
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"  # as the sheet shows it
    if isinstance(cell, int | float) and _is_whole(cell):
        return str(int(cell))
    if isinstance(cell, datetime.date | datetime.time):
        return cell.isoformat()
    return str(cell)


def _is_whole(cell: float) -> bool:
    """Whether a number is written back as it was, without a point."""
    return float(cell).is_integer() and abs(cell) < _EXACT


def _notes(sheets: Sequence[str], lost: Mapping[str, int]) -> list[str]:
    notes = []
    if len(sheets) > 1:
        shown = ", ".join(f"`{sheet}`" for sheet in sheets[1 : _SHOWN + 1])
        more = f" and {len(sheets) - _SHOWN - 1} more" if len(sheets) > _SHOWN + 1 else ""
        notes.append(f"Of its {len(sheets)} sheets the first, `{sheets[0]}`, was read, and not {shown}{more}.")
    for kind, count in lost.items():
        several = kind.replace("holds", "hold", 1)
        if count:
            notes.append(f"1 cell {kind} and is read as empty." if count == 1 else
                         f"{count:,} cells {several} and are read as empty.")  # fmt: skip
    return notes


def _cells_read_as_empty(path: Path, name: str) -> dict[str, int]:
    """How many of the first sheet, by what they hold: they are counted in its XML, since nothing is lost quietly.

    All of the archive passes here, so that one that would fill the memory is refused before it does.
    """
    counts: Counter[tuple[str, str]] = Counter()

    def count(member: str, xml: bytes) -> None:
        for kind, pattern in _READ_AS_EMPTY.items():
            counts[member, kind] += len(pattern.findall(xml))

    member, rest = "", b""  # a cell may go on in the next block
    try:
        with zipfile.ZipFile(path) as archive:
            for following, block in count_unpacked(archive, path, name):
                if following != member:
                    count(member, rest)
                    member, rest = following, b""
                xml = rest + block
                cut = max(xml.rfind(b"<c "), len(xml) - _LONGEST_CELL, 0)
                count(member, xml[:cut])
                rest = xml[cut:]
            count(member, rest)
            sheet = _first_sheet(archive)
            return {kind: counts[sheet, kind] for kind in _READ_AS_EMPTY}
    except (zipfile.BadZipFile, KeyError, ElementTree.ParseError) as error:
        raise InputError(f"{name} is a broken XLSX file ({reason(error)}): save it anew.") from error


def _first_sheet(archive: zipfile.ZipFile) -> str:
    """Where the XML of the first sheet of cells is in the archive."""
    targets = {
        part.get("Id"): str(part.get("Target"))
        for part in ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
    }
    for sheet in ElementTree.fromstring(archive.read("xl/workbook.xml")).iter():
        target = targets.get(sheet.get(_ID)) if sheet.tag.endswith("}sheet") else None
        if target and "worksheets/" in target:
            return target.removeprefix("/") if target.startswith("/") else f"xl/{target}"
    return ""
