import csv
import io
import tempfile
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eudscore.corpus.files import delimited, spool
from eudscore.corpus.files.delimited import read_delimited
from eudscore.corpus.files.encoding import open_text
from eudscore.corpus.files.reading import Reading
from eudscore.errors import InputError

cell = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=12)
rows = st.lists(st.tuples(cell, cell, cell), min_size=1, max_size=8)


def reading(content: bytes, name: str = "a.csv", *, keep: frozenset[str] = frozenset()) -> Reading:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "file")
        path.write_bytes(content)
        return read_delimited(open_text(path, name, Path(folder)), name, keep=keep)


def parse_delimited(content: bytes, name: str, *, keep: frozenset[str] = frozenset()) -> pa.Table:
    return reading(content, name, keep=keep).table


def written(content: list[tuple[str, ...]], delimiter: str = ",", **options: object) -> bytes:
    sink = io.StringIO()
    csv.writer(sink, delimiter=delimiter, **options).writerows(content)  # type: ignore[arg-type]
    return sink.getvalue().encode()


@given(rows, st.sampled_from(",;\t|^~\x01\x1f"))
def test_what_a_csv_writer_wrote_comes_back_letter_by_letter(content: list[tuple[str, ...]], delimiter: str) -> None:
    header = ("the first column", "the second column", "the third column")  # longer than any cell
    file = written([header, *content], delimiter, quoting=csv.QUOTE_ALL)
    table = parse_delimited(file, "a.csv", keep=frozenset(header))
    assert list(zip(*table.to_pydict().values(), strict=True)) == content


@pytest.mark.parametrize(
    ("cells", "kind", "values"),
    [
        (["1", "-20", "0"], pa.int64(), [1, -20, 0]),
        (["1", "", "3"], pa.int64(), [1, None, 3]),
        (["0.5", "1", "2e-3"], pa.float64(), [0.5, 1.0, 0.002]),
        (["1.0", "2.0"], pa.float64(), [1.0, 2.0]),
        (["007", "1"], pa.string(), ["007", "1"]),
        (["-0", "1"], pa.float64(), [-0.0, 1.0]),
        (["12345678901234567890", "1"], pa.string(), ["12345678901234567890", "1"]),
        (["1", "NA"], pa.string(), ["1", "NA"]),
        (["nan", "inf"], pa.string(), ["nan", "inf"]),
        (["true", "false"], pa.string(), ["true", "false"]),
        ([" 1", "2"], pa.string(), [" 1", "2"]),
        (["", ""], pa.string(), [None, None]),
    ],
)
def test_only_cells_that_are_all_numbers_become_numbers(
    cells: list[str], kind: pa.DataType, values: list[object]
) -> None:
    file = written([("text", "value"), *[("words", cell) for cell in cells]])
    column = parse_delimited(file, "a.csv").column("value")
    assert column.type == kind
    assert column.to_pylist() == values


def test_a_column_to_keep_stays_as_it_is_written() -> None:
    table = parse_delimited(b"code,n\n1,1\n2,2\n", "a.csv", keep=frozenset({"code"}))
    assert table.to_pydict() == {"code": ["1", "2"], "n": [1, 2]}


def test_only_an_empty_cell_without_quotes_is_null() -> None:
    assert parse_delimited(b'a,b\n,""\n', "a.csv").to_pydict() == {"a": [None], "b": [""]}


def test_a_column_without_a_name_is_named_by_its_place() -> None:
    assert parse_delimited(b",text \n0,a\n", "a.csv").column_names == ["column 1", "text"]


def test_a_text_longer_than_the_csv_module_can_hold_is_read() -> None:
    text = "long " * 60_000
    table = parse_delimited(written([("text", "label"), (text, "x"), ("b", "y")]), "a.csv")
    assert table.column("text")[0].as_py() == text


def test_a_ragged_line_far_down_is_named_by_its_number() -> None:
    content = b"text,label\n" + b"some words,1\n" * 20_000 + b"some words\n"
    with pytest.raises(InputError, match=r"^Line 20002 of a\.csv has 1 cell, the header has 2: "):
        parse_delimited(content, "a.csv")


def test_a_first_line_longer_than_any_name_is_taken_for_a_row() -> None:
    with pytest.raises(InputError, match=r"^a\.csv begins with a row .*…' reads like a cell\)"):
        parse_delimited(("word " * 50 + "\nnext\n").encode(), "a.csv")


def test_a_name_that_occurs_once_among_many_rows_is_still_a_name() -> None:
    content = b"text,label\n" + b"some words,1\n" * 500 + b"text,label\n"
    assert parse_delimited(content, "a.csv").num_rows == 501


def test_small_blocks_and_files_give_the_same_table(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [(f'text {n}, "quoted"\nand broken', str(n), "" if n % 3 else f"{n / 4}") for n in range(2_000)]
    content = written([("text", "n", "part"), *lines])
    usual = parse_delimited(content, "a.csv")
    monkeypatch.setattr(delimited, "_BLOCK", 512)
    monkeypatch.setattr(spool, "IN_MEMORY", 1024)
    small = parse_delimited(content, "a.csv")
    assert small.column("text").num_chunks > 10
    assert small.equals(usual)
    assert small.schema.types == [pa.string(), pa.int64(), pa.float64()]


def test_a_column_is_of_numbers_only_if_its_last_block_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited, "_BLOCK", 512)
    values = [*map(str, range(2_000)), "x"]
    table = parse_delimited(written([("text", "n"), *[("words", value) for value in values]]), "a.csv")
    assert table.column("n").to_pylist() == values
    whole_first = [*map(str, range(2_000)), "0.5"]
    table = parse_delimited(written([("text", "n"), *[("words", value) for value in whole_first]]), "a.csv")
    assert table.column("n").to_pylist() == [*map(float, range(2_000)), 0.5]


def test_a_line_longer_than_a_block_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited, "_BLOCK", 512)
    rows = [("text", "n"), ("short", "1"), ("long " * 10_000, "2"), ("short", "3")]
    assert parse_delimited(written(rows), "a.csv").to_pylist() == [{"text": text, "n": int(n)} for text, n in rows[1:]]


@pytest.mark.parametrize("columns", [1, 2])
def test_an_unclosed_quote_far_above_the_end_is_named_by_its_line(columns: int) -> None:
    head = b'text\nfirst\n"a' if columns == 1 else b'n,text\n1,first\n2,"a'
    with pytest.raises(InputError, match=r"^a\.csv opens a quote on line 3 and never closes it"):
        parse_delimited(head + b"\nand on" * 40_000, "a.csv")


def test_a_quote_that_opens_nothing_does_not_hide_one_behind_a_long_cell() -> None:
    content = b"n,text\n1," + b"long " * 60_000 + b'\n2,"never closed\n3,c\n'
    with pytest.raises(InputError, match=r"^a\.csv opens a quote on line 3 and never closes it"):
        parse_delimited(content, "a.csv")


def test_a_header_longer_than_the_sample_is_counted_whole() -> None:
    names = [f"a rather long name of column {n}" for n in range(10_000)]
    table = parse_delimited(written([tuple(names), tuple(map(str, range(10_000)))]), "a.csv")
    assert table.column_names == names
    assert table.num_rows == 1


@pytest.mark.parametrize(
    ("content", "name", "notes"),
    [
        (b"text,label\na,1\n", "a.csv", ()),
        (b"text\tlabel\na\t1\n", "a.tsv", ()),
        (b"text;label\na;1\n", "a.csv", ("Its cells stand between semicolons.",)),
        (b"text\tlabel\na\t1\n", "a.csv", ("Its cells stand between tabs.",)),
        (b"text,label\na,1\n", "a.tsv", ("Its cells stand between commas.",)),
        (b"text\x01label\na\x011\n", "a.csv", ("Its cells stand between control characters (U+0001).",)),
        (b"text\nalone\n", "a.csv", ()),
        (
            b'text\tlabel\n5" disk\tx\n"odd\ty\n', "a.tsv",
            ("Quotes are read as letters, because not every quoted cell is well formed.",),
        ),
    ],
)  # fmt: skip
def test_what_was_found_out_is_said(content: bytes, name: str, notes: tuple[str, ...]) -> None:
    assert reading(content, name).notes == notes


def test_zero_bytes_are_letters_like_others() -> None:
    content = b"text,label\n" + b"some words,1\n" * 20 + b"a\x00b,2\n"
    assert parse_delimited(content, "a.csv").column("text")[20].as_py() == "a\x00b"
