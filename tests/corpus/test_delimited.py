import csv
import io

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eudscore.corpus.delimited import Dialect, parse_delimited, sniff
from eudscore.errors import InputError

cell = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=12)
rows = st.lists(st.tuples(cell, cell, cell), min_size=1, max_size=8)


def written(content: list[tuple[str, ...]], delimiter: str = ",", **options: object) -> bytes:
    sink = io.StringIO()
    csv.writer(sink, delimiter=delimiter, **options).writerows(content)  # type: ignore[arg-type]
    return sink.getvalue().encode()


@given(rows, st.sampled_from(",;\t|"))
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


@pytest.mark.parametrize(
    ("sample", "delimiter", "width"),
    [
        ("text,label\na;b,1\n", ",", 2),
        ("text;label\na, b;1\n", ";", 2),
        ('text\tlabel\n"a\t1\nb, c\t2\n', "\t", 2),
        ("a|b|c\n1,5|2|3\n", "|", 3),
        ("text\na b\n", ",", 1),
        ("", ",", 1),
        ("one,two;three\na,b;c\nd,e;f;g\n", ",", 2),
    ],
)
def test_the_delimiter_is_the_one_that_the_lines_agree_on(sample: str, delimiter: str, width: int) -> None:
    assert sniff(sample, whole=True) == Dialect(delimiter, width)


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
