import datetime
import io
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pytest

from eudscore.corpus.files.sheets import read_sheet
from eudscore.errors import InputError


def saved(path: Path, rows: Iterable[list[Any]], *, before: str | None = None) -> Path:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    if before:  # its XML is sheet2.xml, and it is the first all the same
        book.create_sheet(before, 0).append(["text"])
        book[before].append(["from the first"])
    book.save(path)
    return path


DAY, NOON = datetime.date(2024, 2, 29), datetime.datetime(2024, 2, 29, 12)


@pytest.mark.parametrize(
    ("cells", "kind", "read"),
    [
        ([1, 2, None], pa.int64(), [1, 2, None]),
        ([1, 0.5], pa.float64(), [1.0, 0.5]),
        ([2.0**60], pa.float64(), [2.0**60]),
        ([True, False], pa.bool_(), [True, False]),
        ([DAY, None], pa.date32(), [DAY, None]),
        ([NOON, DAY], pa.timestamp("us"), [NOON, datetime.datetime(2024, 2, 29)]),
        ([datetime.time(1, 2, 3)], pa.time64("us"), [datetime.time(1, 2, 3)]),
        (["007", "1"], pa.string(), ["007", "1"]),
        (["a", 1, 0.5, True, DAY, NOON], pa.string(), ["a", "1", "0.5", "TRUE", "2024-02-29", "2024-02-29T12:00:00"]),
        ([None, None], pa.string(), [None, None]),
    ],
)
def test_a_column_is_what_all_its_cells_are(
    tmp_path: Path, cells: list[Any], kind: pa.DataType, read: list[Any]
) -> None:
    path = saved(tmp_path / "a.xlsx", [["text", "c"], *(["words", cell] for cell in cells)])
    column = read_sheet(path, "a.xlsx").table.column("c")
    assert column.type == kind
    assert column.to_pylist() == read


def test_a_column_to_keep_becomes_strings(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.xlsx", [["code", "n"], [1, 1], [0.5, 2]])
    table = read_sheet(path, "a.xlsx", keep=frozenset({"code"})).table
    assert table.to_pydict() == {"code": ["1", "0.5"], "n": [1, 2]}


def test_a_table_may_stand_anywhere_in_the_sheet_and_a_column_have_no_name(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.xlsx", [[], [], [None, "text", None, 7], [None, "a", "b", "c"]])
    assert read_sheet(path, "a.xlsx").table.to_pydict() == {"text": ["a"], "column 2": ["b"], "7": ["c"]}


def test_the_first_sheet_is_that_of_the_workbook_not_of_the_archive(tmp_path: Path) -> None:
    reading = read_sheet(saved(tmp_path / "a.xlsx", [["text"], ["words"]], before="new"), "a.xlsx")
    assert reading.table.to_pydict() == {"text": ["from the first"]}
    assert reading.notes == ("Of its 2 sheets the first, `new`, was read, and not `Sheet`.",)


def test_errors_are_counted_in_the_sheet_that_is_read_only(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["text", "n"])
    for _ in range(3_000):  # more than one block of its XML
        book.active.append(["words", "#N/A"])
    book.create_sheet("other")["A1"] = "#N/A"
    book.save(tmp_path / "a.xlsx")
    notes = read_sheet(tmp_path / "a.xlsx", "a.xlsx").notes
    assert notes[1] == "3,000 cells hold an error such as #DIV/0! and are read as empty."


def test_a_workbook_without_a_sheet_of_cells_is_refused(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.create_chartsheet("chart")
    book.remove(book["Sheet"])
    book.save(tmp_path / "a.xlsx")
    with pytest.raises(InputError, match=r"^a\.xlsx has no sheet of cells: save the sheet as CSV"):
        read_sheet(tmp_path / "a.xlsx", "a.xlsx")


def test_a_workbook_with_a_part_missing_is_broken(tmp_path: Path) -> None:
    whole = saved(tmp_path / "whole.xlsx", [["text"], ["words"]])
    sink = io.BytesIO()
    with zipfile.ZipFile(whole) as source, zipfile.ZipFile(sink, "w") as target:
        for name in source.namelist():
            if name != "xl/worksheets/sheet1.xml":
                target.writestr(name, source.read(name))
    (tmp_path / "a.xlsx").write_bytes(sink.getvalue())
    with pytest.raises(InputError, match=r"^a\.xlsx is a broken XLSX file \(.+\): save it anew\.$"):
        read_sheet(tmp_path / "a.xlsx", "a.xlsx")


def test_formulas_that_were_never_worked_out_are_told(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["text", "n"])
    for row in range(2_000):
        book.active.append([f"text {row}", "=1+1"])
    book.save(tmp_path / "a.xlsx")
    reading = read_sheet(tmp_path / "a.xlsx", "a.xlsx")
    assert reading.table.column("n").null_count == 2_000
    assert reading.notes == ("2,000 cells hold a formula that was never worked out and are read as empty.",)
