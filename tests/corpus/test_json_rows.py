import json

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eudscore.corpus.json_rows import parse_json, parse_json_lines

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
rows = st.lists(st.fixed_dictionaries({"text": text, "n": st.integers(-(2**63), 2**63 - 1)}), min_size=1, max_size=6)


@given(rows, st.booleans())
def test_a_list_and_lines_hold_the_same_rows(content: list[dict[str, object]], ascii_only: bool) -> None:
    lines = "\n".join(json.dumps(row, ensure_ascii=ascii_only) for row in content).encode()
    whole = json.dumps(content, ensure_ascii=ascii_only, indent=1).encode()
    assert parse_json_lines(lines, "a.jsonl").to_pylist() == content
    assert parse_json(whole, "a.json").to_pylist() == content


def test_a_key_that_some_rows_lack_is_null_there() -> None:
    table = parse_json(b'[{"a": 1}, {"b": "x"}]', "a.json")
    assert table.to_pydict() == {"a": [1, None], "b": [None, "x"]}


@pytest.mark.parametrize(
    ("values", "written"),
    [
        (["a", 1], ["a", "1"]),
        (["a", [1, 2]], ["a", "[1, 2]"]),
        ([{"é": 1}, "a"], ['{"é": 1}', "a"]),
        ([True, "yes"], ["true", "yes"]),
        ([2**70, 1], [str(2**70), "1"]),
    ],
)
def test_a_column_of_mixed_kinds_becomes_strings(values: list[object], written: list[str]) -> None:
    table = parse_json(json.dumps([{"c": value} for value in values]).encode(), "a.json")
    assert table.column("c").to_pylist() == written
    assert table.column("c").type == pa.string()


def test_a_json_list_in_a_file_of_lines_is_read() -> None:
    assert parse_json_lines(b'[\n{"text": "a"}\n]', "a.jsonl").to_pylist() == [{"text": "a"}]
