from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eudscore.corpus.files.reading import Reading
from eudscore.corpus.sources.joining import joined, on_disk
from eudscore.errors import InputError


def join(*tables: pa.Table, exact: bool = False) -> pa.Table:
    return joined([(f"{n}.csv", Reading(table)) for n, table in enumerate(tables)], exact_numbers=exact).table


def sentence(*tables: pa.Table) -> str:
    with pytest.raises(InputError) as refused:
        join(*tables)
    return str(refused.value)


def one(values: list[Any], kind: pa.DataType) -> pa.Table:
    return pa.table({"c": pa.array(values, kind)})


@given(st.lists(st.lists(st.text(), min_size=1), min_size=1, max_size=5))
def test_rows_follow_one_another_and_nothing_is_lost(parts: list[list[str]]) -> None:
    table = join(*[pa.table({"text": part}) for part in parts])
    assert table["text"].to_pylist() == [text for part in parts for text in part]


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (pa.int32(), pa.int64(), pa.int64()),
        (pa.int64(), pa.float64(), pa.float64()),
        (pa.null(), pa.string(), pa.string()),
        (pa.int64(), pa.null(), pa.int64()),
        (pa.string(), pa.large_string(), pa.large_string()),
        (pa.dictionary(pa.int32(), pa.string()), pa.string(), pa.string()),
    ],
)
def test_a_wider_type_is_taken_where_every_value_stays_what_it_is(
    first: pa.DataType, second: pa.DataType, expected: pa.DataType
) -> None:
    for kinds in ((first, second), (second, first)):
        tables = [one([None if pa.types.is_null(kind) else _value(kind)], kind) for kind in kinds]
        table = join(*tables)
        assert table.schema.field("c").type == expected
        assert table["c"].to_pylist() == [value for part in tables for value in part["c"].to_pylist()]


def _value(kind: pa.DataType) -> Any:
    return 7 if pa.types.is_integer(kind) else 7.5 if pa.types.is_floating(kind) else "seven"


def test_whole_numbers_of_a_delimited_file_become_the_text_they_were() -> None:
    assert join(one([1, 20], pa.int64()), one(["x1"], pa.string()), exact=True)["c"].to_pylist() == ["1", "20", "x1"]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (pa.int64(), pa.string()),
        (pa.bool_(), pa.int64()),
        (pa.string(), pa.binary()),
        (pa.list_(pa.string()), pa.string()),
        (pa.timestamp("s"), pa.int64()),
    ],
)
def test_types_that_do_not_fit_are_named_with_both_files(first: pa.DataType, second: pa.DataType) -> None:
    assert sentence(one([None], first), one([None], first), one([None], second)) == (
        f"Column 'c' holds {first} in 0.csv and {second} in 2.csv: write it alike in all files, or give one of them."
    )


def test_a_number_that_would_be_rounded_is_refused() -> None:
    assert sentence(one([2**53 + 1], pa.int64()), one([0.5], pa.float64())) == (
        "Column 'c' of 0.csv holds int64, which does not fit into the double of the other files: write it alike in "
        "all files, or give one of them."
    )


def test_a_column_that_is_missing_is_named_with_both_files() -> None:
    two, three = pa.table({"a": [1], "b": [2]}), pa.table({"a": [1], "b": [2], "c": [3]})
    assert sentence(two, two, three) == (
        "2.csv has a column 'c', which 0.csv lacks: give files with the same columns, or one of them."
    )
    assert sentence(three, two) == (
        "0.csv has a column 'c', which 1.csv lacks: give files with the same columns, or one of them."
    )


def test_the_order_of_columns_is_that_of_the_first_file() -> None:
    table = join(pa.table({"a": [1], "b": [2]}), pa.table({"b": [4], "a": [3]}))
    assert table.to_pydict() == {"a": [1, 3], "b": [2, 4]}


def named(classes: str) -> pa.Table:
    features = f'{{"info": {{"features": {{"c": {{"names": {classes}, "_type": "ClassLabel"}}}}}}}}'
    return one([0], pa.int64()).replace_schema_metadata({"huggingface": features})


def test_class_names_are_kept_and_must_be_the_same() -> None:
    table = join(named('["x", "y"]'), named('["x", "y"]'))
    assert table.schema.metadata == named('["x", "y"]').schema.metadata
    assert sentence(named('["x", "y"]'), named('["y", "x"]')) == (
        "The classes of column 'c' have other names in 0.csv than in 1.csv: give files with the same classes, or one "
        "of them."
    )
    assert "have other names" in sentence(named('["x", "y"]'), one([0], pa.int64()))


@pytest.mark.parametrize("metadata", ["{", "[]", '{"info": 1}', '{"info": {"features": []}}'])
def test_metadata_that_is_no_description_is_let_be(metadata: str) -> None:
    table = one([0], pa.int64()).replace_schema_metadata({"huggingface": metadata})
    assert join(table, table).num_rows == 2


def test_notes_come_once_and_not_in_thousands() -> None:
    table = one([0], pa.int64())
    alike = joined([(f"{n}.csv", Reading(table, ("Semicolons.",))) for n in range(100)])
    assert alike.notes == ("100 files were joined in this order: 0.csv, 1.csv, 2.csv, ..., 99.csv.", "Semicolons.")
    various = joined([(f"{n}.csv", Reading(table, (f"Note {n}.",))) for n in range(100)])
    assert len(various.notes) == 7
    assert various.notes[-1] == "95 more notes of this kind were left out."


def test_one_file_is_itself() -> None:
    reading = Reading(one([0], pa.int64()), ("Read.",))
    assert joined([("a.csv", reading)]) is reading


def test_a_table_on_disk_takes_no_memory_of_arrow() -> None:
    table = pa.table({"text": ["some words"] * 100_000})
    before = pa.total_allocated_bytes()
    moved = on_disk(table)
    assert pa.total_allocated_bytes() - before < table.nbytes / 10
    assert moved.equals(table)
