"""What a file is, and that every format gives back letter by letter what was written into it."""

import csv
import gzip
import io
import json
import os
import re
import tempfile
import warnings
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eudscore.corpus.files import delimited, encoding, formats, json_columns, spool
from eudscore.corpus.files.formats import READ_ENDINGS, has_known_ending, read_file
from eudscore.corpus.files.reading import Reading
from eudscore.errors import InputError

Writer = Callable[[Sequence[str]], bytes]


def written_delimited(delimiter: str) -> Writer:
    def write(texts: Sequence[str]) -> bytes:
        sink = io.StringIO()
        rows = [("the text", "the number"), *((text, str(n)) for n, text in enumerate(texts))]
        csv.writer(sink, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows(rows)
        return sink.getvalue().encode()

    return write


def table_of(texts: Sequence[str]) -> pa.Table:
    return pa.table({"the text": pa.array(texts, pa.string()), "the number": range(len(texts))})


def written_arrow(stream: bool) -> Writer:
    def write(texts: Sequence[str]) -> bytes:
        sink, table = io.BytesIO(), table_of(texts)
        with (pa.ipc.new_stream if stream else pa.ipc.new_file)(sink, table.schema) as writer:
            writer.write_table(table, max_chunksize=2)
        return sink.getvalue()

    return write


def written_feather(version: int) -> Writer:
    def write(texts: Sequence[str]) -> bytes:
        sink = io.BytesIO()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the first version is old
            feather.write_feather(table_of(texts), sink, version=version)
        return sink.getvalue()

    return write


def written_parquet(texts: Sequence[str]) -> bytes:
    sink = io.BytesIO()
    pq.write_table(table_of(texts), sink, row_group_size=3)
    return sink.getvalue()


def written_sheet(texts: Sequence[str]) -> bytes:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append(["the text", "the number"])
    for n, text in enumerate(texts):
        cell = openpyxl.cell.WriteOnlyCell(sheet, text)
        cell.data_type = "s"  # or "=1+1" would be a formula
        sheet.append([cell, n])
    sink = io.BytesIO()
    book.save(sink)
    return sink.getvalue()


def objects(texts: Sequence[str]) -> list[dict[str, object]]:
    return [{"the text": text, "the number": n} for n, text in enumerate(texts)]


def zipped(name: str, content: bytes) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"folder/{name}", content)
        archive.writestr("__MACOSX/folder/._x", b"\x00")
        archive.writestr("folder/.DS_Store", b"\x00")
    return sink.getvalue()


def zstd(content: bytes) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(content)
    return bytes(sink.getvalue())


WRITERS: dict[str, Writer] = {
    "a.csv": written_delimited(","),
    "b.csv": written_delimited(";"),
    "a.tsv": written_delimited("\t"),
    "a.json": lambda texts: json.dumps(objects(texts), ensure_ascii=False).encode(),
    "b.json": lambda texts: json.dumps({"data": objects(texts)}).encode(),
    "a.jsonl": lambda texts: "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in objects(texts)).encode(),
    "a.parquet": written_parquet,
    "a.arrow": written_arrow(stream=False),
    "b.arrow": written_arrow(stream=True),
    "a.feather": written_feather(2),
    "b.feather": written_feather(1),
}
PACKERS: dict[str, Callable[[str, bytes], bytes]] = {
    "": lambda _, content: content,
    ".gz": lambda _, content: gzip.compress(content),
    ".zst": lambda _, content: zstd(content),
    ".zip": zipped,
}
any_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
# What XML may hold, without the carriage return, which XML reads as a line feed.
xml_text = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], include_characters="\t\n", exclude_characters="\ufffe\uffff"),
    min_size=1, max_size=12,
).filter(lambda text: not re.search(r"_x[0-9A-Fa-f]{4}_", text))  # fmt: skip
line_text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n"), max_size=12)


def reading(name: str, content: bytes, *, text: str | None = None) -> Reading:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "under another name")
        path.write_bytes(content)
        return read_file(path, name, text=text)


@given(st.lists(any_text, min_size=1, max_size=7), st.sampled_from(sorted(WRITERS)), st.sampled_from(sorted(PACKERS)))
def test_any_text_comes_back_letter_by_letter(texts: list[str], name: str, packing: str) -> None:
    found = reading(name + packing, PACKERS[packing](name, WRITERS[name](texts)), text="the text")
    assert found.table.column("the text").to_pylist() == texts
    assert found.table.column("the number").to_pylist() == list(range(len(texts)))


@given(st.lists(any_text, min_size=1, max_size=7), st.sampled_from(sorted(WRITERS)))
def test_a_large_file_in_small_pieces_comes_back_letter_by_letter(texts: list[str], name: str) -> None:
    content = WRITERS[name](texts)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spool, "IN_MEMORY", 0)
        patch.setattr(delimited, "_BLOCK", 64)
        patch.setattr(json_columns, "_PIECE_ROWS", 2)
        patch.setattr(encoding, "_BLOCK", 7)
        found = reading(name, content, text="the text")
    assert found.table.column("the text").to_pylist() == texts
    assert found.table.column("the number").to_pylist() == list(range(len(texts)))


# White space alone is written without saying that it counts, so no reader can tell it from nothing.
@given(st.lists(xml_text.filter(str.strip), min_size=1, max_size=5), st.sampled_from(sorted(PACKERS)))
def test_a_sheet_comes_back_letter_by_letter(texts: list[str], packing: str) -> None:
    found = reading(f"a.xlsx{packing}", PACKERS[packing]("a.xlsx", written_sheet(texts)), text="the text")
    assert found.table.to_pydict() == {"the text": texts, "the number": list(range(len(texts)))}


@given(st.lists(line_text, max_size=5), line_text.filter(str.strip), st.sampled_from(sorted(PACKERS)), st.booleans())
def test_lines_come_back_letter_by_letter(texts: list[str], last: str, packing: str, windows: bool) -> None:
    content = ("\r\n" if windows else "\n").join([*texts, last, ""])
    found = reading(f"a.txt{packing}", PACKERS[packing]("a.txt", content.encode("utf-8-sig")))
    assert found.table.to_pydict() == {"text": [*texts, last]}


def test_every_column_of_a_parquet_file_keeps_its_type_values_and_metadata() -> None:
    table = pa.table(
        {
            "text": pa.array(["a", None], pa.large_string()),
            "kind": pa.array(["x", "y"]).dictionary_encode(),
            "when": pa.array([0, 1], pa.timestamp("ms")),
            "vector": pa.array([[1.0], None]),
        }
    ).replace_schema_metadata({"huggingface": "{}"})
    sink = io.BytesIO()
    pq.write_table(table, sink)
    found = reading("a.parquet", sink.getvalue()).table
    assert found.equals(table)
    assert found.schema.metadata == {b"huggingface": b"{}"}


@pytest.mark.parametrize("in_memory", [0, 1 << 20])
def test_batches_that_bring_their_own_dictionaries_have_one_in_the_end(
    monkeypatch: pytest.MonkeyPatch, in_memory: int
) -> None:
    monkeypatch.setattr(spool, "IN_MEMORY", in_memory)
    chunks = [pa.array(names).dictionary_encode() for names in (["x", "y"], ["z"], ["y", "a"])]
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, pa.schema([("kind", chunks[0].type)])) as writer:
        for chunk in chunks:
            writer.write_batch(pa.record_batch([chunk], names=["kind"]))
    column = reading("a.arrow", sink.getvalue()).table.column("kind")
    assert column.to_pylist() == ["x", "y", "z", "y", "a"]
    assert all(chunk.dictionary.equals(column.chunk(0).dictionary) for chunk in column.chunks)


@pytest.mark.parametrize("ending", READ_ENDINGS)
def test_an_ending_that_is_read_is_known_in_any_case(ending: str) -> None:
    assert has_known_ending(f"a{ending.upper()}")


def test_a_name_without_a_known_ending_may_be_something_else() -> None:
    assert not has_known_ending("ag_news")
    assert not has_known_ending("owner/data.v2")


@pytest.mark.parametrize(
    ("written", "called"),
    [
        ("a.parquet", "a.txt"), ("a.arrow", "a.csv"), ("b.arrow", "a.parquet"), ("a.feather", "a.ipc"),
        ("b.feather", "a.arrow"), ("a.parquet", "words"),
    ],
)  # fmt: skip
def test_binary_formats_are_known_by_their_first_bytes_whatever_they_are_called(written: str, called: str) -> None:
    assert reading(called, WRITERS[written](["a", "b"])).table.column("the text").to_pylist() == ["a", "b"]


@pytest.mark.parametrize("packing", [".gz", ".zst", ".zip"])
def test_packed_files_are_known_by_their_first_bytes_too(packing: str) -> None:
    content = PACKERS[packing]("a.csv", WRITERS["a.csv"](["a", "b"]))
    found = reading("a.csv", content)
    assert found.table.column("the text").to_pylist() == ["a", "b"]
    assert "a.csv" in found.notes[0]


def test_a_file_that_is_changed_while_it_is_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"text,n\na,1\n")
    usual = formats.open_text

    def slow(*args: Path | str) -> encoding.TextFile:
        file = usual(*args)  # type: ignore[arg-type]
        path.write_bytes(b"text,n\na,1\nb,2\nc\n")  # a line that is not whole yet
        os.utime(path, ns=(1, 1))
        return file

    monkeypatch.setattr(formats, "open_text", slow)
    with pytest.raises(InputError) as refused:
        read_file(path, path.name)
    assert str(refused.value) == "a.csv was changed while it was read: read it again when nothing writes to it."


def test_what_is_cut_off_afterwards_is_still_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool, "IN_MEMORY", 0)
    texts = [f"text {n}" for n in range(50_000)]
    for name in ("a.parquet", "a.arrow", "a.csv"):
        path = tmp_path / name
        path.write_bytes(WRITERS[name](texts))
        table = read_file(path, name).table
        os.truncate(path, 0)
        assert table.column("the text").to_pylist() == texts


def test_a_full_disk_gets_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    path = tmp_path / "a.csv"
    path.write_bytes(b"text,n\na,1\n")
    monkeypatch.setattr(spool, "IN_MEMORY", 0)
    monkeypatch.setattr(spool.pa, "OSFile", full)
    with pytest.raises(InputError, match=r"^a\.csv needs more room for its table than '.*' has: make room there"):
        read_file(path, path.name)


def test_nothing_stays_in_the_folder_of_temporary_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(spool, "IN_MEMORY", 0)
    for name, write in WRITERS.items():
        table = reading(f"{name}.gz", gzip.compress(write(["a", "b"]))).table
        assert list(tmp_path.iterdir()) == []
        assert table.column("the text").to_pylist() == ["a", "b"]
    with pytest.raises(InputError):
        reading("a.csv", b"text,n\na,1\nb\n")
    assert list(tmp_path.iterdir()) == []


def test_a_link_reads_what_it_points_to_and_one_to_nothing_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "real.csv").write_bytes(b"text,n\na,1\n")
    (tmp_path / "link.csv").symlink_to(tmp_path / "real.csv")
    (tmp_path / "dangling.csv").symlink_to(tmp_path / "nowhere.csv")
    assert read_file(tmp_path / "link.csv", "link.csv").table.num_rows == 1
    with pytest.raises(InputError, match=r"^dangling\.csv is not there \(any more\): check its path\.$"):
        read_file(tmp_path / "dangling.csv", "dangling.csv")


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(InputError, match=r"^pipe\.csv is not a file but a device or a pipe: give a file\.$"):
        read_file(tmp_path / "pipe.csv", "pipe.csv")
    with pytest.raises(InputError, match=r"^a\.csv is not a file but a folder: give a file\.$"):
        read_file(tmp_path, "a.csv")
