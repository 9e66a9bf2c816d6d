"""A table is written a batch at a time, and its bytes depend on its content alone."""

import hashlib
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eudscore.errors import WorkspaceError
from eudscore.store import arrow
from eudscore.store.arrow import arrow_digest, open_arrow, write_arrow

ROW = st.fixed_dictionaries(
    {
        "text": st.none() | st.text(max_size=8),
        "stars": st.none() | st.integers(-3, 3),
        "good": st.none() | st.booleans(),
        "turns": st.none() | st.lists(st.fixed_dictionaries({"role": st.text(max_size=2)}), max_size=3),
        "topic": st.none() | st.sampled_from(["a", "bb", "ccc"]),
        "raw": st.none() | st.binary(max_size=3),
    }
)
SCHEMA = pa.schema(
    {
        "text": pa.string(),
        "stars": pa.int64(),
        "good": pa.bool_(),
        "turns": pa.list_(pa.struct({"role": pa.string()})),
        "topic": pa.dictionary(pa.int8(), pa.string()),
        "raw": pa.large_binary(),
    }
)


def rechunked(rows: list[dict[str, Any]], cuts: list[int]) -> pa.Table:
    """The same rows in other chunks, each a slice out of a longer one."""
    ends = [0, *sorted(min(cut, len(rows)) for cut in cuts), len(rows)]
    around = {"text": "x" * 9, "stars": 9, "good": True, "turns": [{"role": "y"}], "topic": "zz", "raw": b"w"}
    parts = []
    for start, end in pairwise(ends):
        padded = [around, None, *rows[start:end], around]
        longer = pa.Table.from_pylist([row or dict.fromkeys(around) for row in padded], SCHEMA)
        parts.append(longer.slice(2, end - start))
    return pa.concat_tables(parts)


@settings(max_examples=60)
@given(st.lists(ROW, min_size=1, max_size=40), st.lists(st.integers(0, 40), max_size=4))
def test_the_bytes_do_not_depend_on_how_a_table_is_chunked(rows: list[dict[str, Any]], cuts: list[int]) -> None:
    assert arrow_digest(rechunked(rows, cuts)) == arrow_digest(rechunked(rows, []))


@settings(max_examples=30)
@given(rows=st.lists(ROW, max_size=40))
def test_what_was_written_comes_back(tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, Any]]) -> None:
    path = tmp_path_factory.mktemp("arrow") / "data.arrow"
    digest = write_arrow(path, pa.Table.from_pylist(rows, SCHEMA))
    assert open_arrow(path).to_pylist() == rows
    assert digest == hashlib.sha256(path.read_bytes()).hexdigest() == arrow_digest(pa.Table.from_pylist(rows, SCHEMA))


def test_strings_have_one_type_on_the_disk(tmp_path: Path) -> None:
    texts = ["a", None, "\u00e9"]
    kinds = (pa.string(), pa.large_string(), pa.string_view())
    assert len({arrow_digest(pa.table({"x": pa.array(texts, kind)})) for kind in kinds}) == 1
    write_arrow(tmp_path / "x.arrow", pa.table({"x": texts}))
    assert open_arrow(tmp_path / "x.arrow").schema.field("x").type == pa.large_string()


def test_another_value_is_another_digest() -> None:
    digests = {arrow_digest(pa.table({"x": [1, 2, value]})) for value in (3, 4, None)}
    assert len(digests) == 3


@pytest.mark.parametrize("rows", [0, 1, 65_535, 65_536, 65_537, 200_000])
def test_a_batch_ends_after_65536_rows(tmp_path: Path, rows: int) -> None:
    table = pa.table({"x": np.arange(rows)})
    write_arrow(tmp_path / "x.arrow", table)
    with pa.ipc.open_file(tmp_path / "x.arrow") as file:
        sizes = [file.get_batch(place).num_rows for place in range(file.num_record_batches)]
    assert all(size == 65_536 for size in sizes[:-1])
    assert sum(sizes) == rows


def test_long_texts_make_short_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrow, "_BATCH_BYTES", 1000)
    texts = ["x" * 300] * 6 + ["y" * 5000] + [""] * 9
    for column in (pa.array(texts), pa.array([[{"words": text}] for text in texts])):
        write_arrow(tmp_path / "x.arrow", pa.table({"x": column}))
        with pa.ipc.open_file(tmp_path / "x.arrow") as file:
            batches = [file.get_batch(place) for place in range(file.num_record_batches)]
        lengths = [len(str(batch.column(0).to_pylist())) for batch in batches]
        assert max(batch.num_rows for batch in batches) < len(texts)
        assert sorted(lengths)[-2] < 2000
        assert pa.Table.from_batches(batches).column(0).to_pylist() == column.to_pylist()


def test_only_a_batch_at_a_time_is_copied(tmp_path: Path) -> None:
    """Source: Arrow's own account of its memory."""
    chunk = pa.array(["a text of about forty letters, like most"] * 65_536)
    table = pa.table({"x": pa.chunked_array([chunk] * 64)})  # 170 MB to whoever takes it as one array
    usual, counted = pa.default_memory_pool(), pa.proxy_memory_pool(pa.default_memory_pool())
    pa.set_memory_pool(counted)
    try:
        write_arrow(tmp_path / "x.arrow", table)
    finally:
        pa.set_memory_pool(usual)
    assert counted.max_memory() < 4 * chunk.nbytes
    assert (tmp_path / "x.arrow").stat().st_size > 60 * chunk.nbytes


def test_dictionaries_of_chunks_that_overflow_together_are_joined(tmp_path: Path) -> None:
    indices = pa.array(np.arange(100, dtype=np.int8))
    chunks = [pa.DictionaryArray.from_arrays(indices, [f"{name}{place}" for place in range(100)]) for name in "ab"]
    table = pa.table({"x": pa.chunked_array(chunks)})
    write_arrow(tmp_path / "x.arrow", table)
    assert open_arrow(tmp_path / "x.arrow").to_pylist() == table.to_pylist()


@pytest.mark.parametrize(
    "kind",
    [
        pa.null(), pa.string_view(), pa.map_(pa.string(), pa.int8()), pa.list_(pa.int8(), 2), pa.date32(),
        pa.timestamp("us", "Europe/Berlin"), pa.duration("s"), pa.decimal128(5, 1), pa.float16(), pa.binary(3),
        pa.list_view(pa.int8()), pa.run_end_encoded(pa.int32(), pa.string()),
    ],
    ids=str,
)  # fmt: skip
def test_types_of_every_kind_are_stored(tmp_path: Path, kind: pa.DataType) -> None:
    table = pa.table({"x": pa.nulls(5, kind)})
    write_arrow(tmp_path / "x.arrow", table)
    assert open_arrow(tmp_path / "x.arrow").to_pylist() == table.to_pylist()


def test_the_schema_keeps_no_word_of_the_source() -> None:
    table = pa.table({"x": [1]})
    assert arrow_digest(table.replace_schema_metadata({"pandas": "{}"})) == arrow_digest(table)


@pytest.mark.parametrize("keep", [0, 5, 100, -1])
def test_a_file_that_was_cut_short_is_said(tmp_path: Path, keep: int) -> None:
    write_arrow(tmp_path / "x.arrow", pa.table({"x": np.arange(1000)}))
    whole = (tmp_path / "x.arrow").read_bytes()
    (tmp_path / "x.arrow").write_bytes(whole[:keep])
    with pytest.raises(WorkspaceError, match=r"x\.arrow is damaged .*eudscore workspace prune --damaged"):
        open_arrow(tmp_path / "x.arrow")


def test_a_file_that_is_gone_is_said(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceError, match=r"x\.arrow is not there"):
        open_arrow(tmp_path / "x.arrow")
