import json
import tempfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eudscore.corpus.files import json_rows
from eudscore.corpus.files.encoding import TextFile, open_text
from eudscore.corpus.files.json_rows import read_json, read_json_lines
from eudscore.corpus.files.reading import Reading
from eudscore.errors import InputError

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
rows = st.lists(st.fixed_dictionaries({"text": text, "n": st.integers(-(2**63), 2**63 - 1)}), min_size=1, max_size=6)

Reader = Callable[[TextFile, str], Reading]


def reading(reader: Reader, content: bytes, name: str) -> Reading:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "file")
        path.write_bytes(content)
        return reader(open_text(path, name, Path(folder)), name)


def parse_json(content: bytes, name: str) -> pa.Table:
    return reading(read_json, content, name).table


def parse_json_lines(content: bytes, name: str) -> pa.Table:
    return reading(read_json_lines, content, name).table


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


def test_nested_objects_stay_structs() -> None:
    table = parse_json(b'[{"text": "a", "meta": {"by": "x", "tags": ["p", "q"]}}]', "a.json")
    assert table.schema.field("meta").type == pa.struct({"by": pa.string(), "tags": pa.list_(pa.string())})


def test_what_stands_beside_the_data_is_said() -> None:
    found = reading(read_json, b'{"version": "1", "by": "x", "data": [{"text": "a"}]}', "a.json")
    assert found.notes == ("Beside `data` it holds `version`, `by`, which is not read.",)


def test_a_document_too_large_to_be_read_whole_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_rows, "_LARGEST_DOCUMENT", 10)
    with pytest.raises(InputError, match=r"^a\.json is one JSON document of 0\.0 GB, .* save it as JSONL"):
        parse_json(b'[{"text": "a"}]', "a.json")


@pytest.mark.parametrize(
    ("content", "place"), [(b'[{"t": "a", "t": "b"}]', "a.json"), (b'{"t": {"n": 1, "n": 1}}\n{}', "Line 1 of a.json")]
)
def test_a_key_that_stands_twice_is_not_dropped_quietly(content: bytes, place: str) -> None:
    with pytest.raises(InputError, match=rf"^{place} has the key '[tn]' twice in one object: give each key its own"):
        parse_json(content, "a.json")


def test_the_layout_of_squad_is_flattened() -> None:
    article = {"title": "t", "paragraphs": [{"context": "c", "qas": [{"id": "1", "question": "q", "answers": []}]}]}
    found = reading(read_json, json.dumps({"version": "1.1", "data": [article]}).encode(), "a.json")
    assert found.table.column("question").to_pylist() == ["q"]
    assert found.notes == (
        "Beside `data` it holds `version`, which is not read.",
        "SQuAD layout: a row a question (1) with its first answer; questions without an answer: 1.",
    )


def test_a_document_on_one_line_of_any_length_is_no_file_of_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(json_rows, "_LARGEST_DOCUMENT", 40)
        lines = b"\n\n" + b'{"text": "words", "n": 1}\n' * 20
        assert parse_json(lines, "a.json").num_rows == 20
    assert parse_json(b'\n{"data": [{"text": "a"}]}\n\n', "a.json").to_pylist() == [{"text": "a"}]
    assert parse_json_lines(b'\n [{"text": "a"}]\n', "a.jsonl").to_pylist() == [{"text": "a"}]
