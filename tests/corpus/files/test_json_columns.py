import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eudscore.corpus.files import json_columns, spool
from eudscore.corpus.files.json_columns import table_of

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


KINDS: list[tuple[list[object], pa.DataType, list[object]]] = [
    ([None, "a"], pa.string(), [None, "a"]),
    ([1, 0.5], pa.float64(), [1.0, 0.5]),
    ([2**53 + 1, 0.5], pa.string(), [str(2**53 + 1), "0.5"]),
    ([1, "a"], pa.string(), ["1", "a"]),
    ([True, 1], pa.string(), ["true", "1"]),
    ([[1], [0.5]], pa.list_(pa.float64()), [[1.0], [0.5]]),
    ([[], ["a"]], pa.list_(pa.string()), [[], ["a"]]),
    ([[1], ["a"]], pa.string(), ["[1]", '["a"]']),
    (
        [{"x": 1}, {"y": "é"}], pa.struct({"x": pa.int64(), "y": pa.string()}),
        [{"x": 1, "y": None}, {"x": None, "y": "é"}],
    ),
    ([{"x": 1}, {"x": "é"}], pa.string(), ['{"x": 1}', '{"x": "é"}']),
    ([{"x": 1}, "a"], pa.string(), ['{"x": 1}', "a"]),
]  # fmt: skip


@pytest.mark.parametrize("apart", [False, True])
@pytest.mark.parametrize(("values", "kind", "read"), KINDS)
def test_the_kind_of_a_column_is_that_of_all_its_pieces(
    monkeypatch: pytest.MonkeyPatch, values: list[object], kind: pa.DataType, read: list[object], apart: bool
) -> None:
    if apart:  # each row is a piece of its own
        monkeypatch.setattr(json_columns, "_PIECE_ROWS", 1)
        monkeypatch.setattr(spool, "IN_MEMORY", 0)
    found = table_of(lambda: [{"c": value} for value in values], "a.jsonl")
    assert found.table.column("c").type == kind
    assert found.table.column("c").to_pylist() == read
    mixed = kind == pa.string() and not all(value is None or isinstance(value, str) for value in values)
    note = "What is no string in `c` is written as JSON, because kinds are mixed there."
    assert found.notes == ((note,) if mixed else ())


@given(st.lists(st.dictionaries(st.sampled_from("abc"), st.one_of(st.none(), text, st.integers(-9, 9))), min_size=2))
def test_pieces_of_any_size_give_the_same_rows(content: list[dict[str, object]]) -> None:
    whole = table_of(lambda: content, "a.jsonl").table
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_columns, "_PIECE_ROWS", 1)
        pieces = table_of(lambda: content, "a.jsonl").table
    assert pieces.to_pydict() == whole.to_pydict()
    assert pieces.schema.equals(whole.schema)


def test_only_the_first_names_of_many_mixed_columns_are_told() -> None:
    rows = [dict.fromkeys("abcdefg", "x"), dict.fromkeys("abcdefg", 1)]
    assert table_of(lambda: rows, "a.jsonl").notes == (
        "What is no string in `a`, `b`, `c`, `d`, `e` and others is written as JSON, because kinds are mixed there.",
    )
