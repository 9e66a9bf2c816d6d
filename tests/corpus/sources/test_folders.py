import os
from pathlib import Path, PurePosixPath

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from eudscore.corpus.sources import folders
from eudscore.corpus.sources.folders import format_of, is_pattern, natural, read_folder, read_pattern
from eudscore.errors import InputError


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    return folder


def texts(folder: Path, split: str | None = None) -> list[str]:
    return list(read_folder(folder, split=split).table["text"].to_pylist())


def sentence(folder: Path, split: str | None = None) -> str:
    with pytest.raises(InputError) as refused:
        read_folder(folder, split=split)
    return str(refused.value)


def test_shards_are_joined_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    for n in (10, 2, 1):
        pq.write_table(pa.table({"text": [f"text {n}"]}), tmp_path / f"part-{n}.parquet")
    reading = read_folder(tmp_path)
    assert reading.table["text"].to_pylist() == ["text 1", "text 2", "text 10"]
    assert reading.notes[0] == "3 files were joined in this order: part-1.parquet, part-2.parquet, part-10.parquet."


def test_a_repository_of_the_hub_is_a_folder_of_splits(tmp_path: Path) -> None:
    for name in ("data/train-00000-of-00002", "data/train-00001-of-00002", "data/test-00000-of-00001"):
        (tmp_path / "data").mkdir(exist_ok=True)
        pq.write_table(pa.table({"text": [name]}), tmp_path / f"{name}.parquet")
    write(tmp_path, {"README.md": "# A set", ".gitattributes": "x", ".cache/a.csv": "text\nno\n"})
    assert texts(tmp_path) == ["data/train-00000-of-00002", "data/train-00001-of-00002"]
    assert texts(tmp_path, "test") == ["data/test-00000-of-00001"]
    assert "Left aside, because they hold no table: README.md." in read_folder(tmp_path).notes


def test_one_file_in_a_folder_is_named(tmp_path: Path) -> None:
    write(tmp_path, {"data.csv": "text\na b\n", "_SUCCESS": "", "LICENSE.txt": "MIT", "dataset_infos.json": "{}"})
    assert texts(tmp_path) == ["a b"]
    assert read_folder(tmp_path).notes[0] == "Read data.csv."


def test_packed_shards_are_of_the_format_inside(tmp_path: Path) -> None:
    import gzip

    write(tmp_path, {"b.csv": "text\nb\n"})
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(b"text\na\n"))
    assert texts(tmp_path) == ["a", "b"]


def test_names_of_folders_that_say_a_column_are_told(tmp_path: Path) -> None:
    write(tmp_path, {"lang=en/part-0.csv": "text\na b\n", "lang=fr/part-0.csv": "text\nc d\n"})
    assert texts(tmp_path) == ["a b", "c d"]
    assert "The names of folders say 'lang', which is not read as a column." in read_folder(tmp_path).notes


@pytest.mark.parametrize(
    ("files", "split", "expected"),
    [
        ({}, None, "data is a folder without a file that can be read: give a file."),
        ({"x/.hidden.csv": "", "_a.csv": ""}, None, "data is a folder without a file that can be read: give a file."),
        (
            {"a.bin": "", "b.md": ""}, None,
            "data is a folder without a file that can be read, only 'a.bin' and 'b.md': give a file.",
        ),
        (
            {"a.csv": "text\na\n", "b.jsonl": "", "c.csv": "text\na\n"}, None,
            "data holds files of 2 formats, such as 'a.csv' and 'b.jsonl': give one of them, or a pattern such as "
            "'*.csv'.",
        ),
        (
            {"a.csv": "text,label\na b,1\n", "b.csv": "text,stars\na b,1\n"}, None,
            "a.csv has a column 'label', which b.csv lacks: give files with the same columns, or one of them.",
        ),
        ({"a.csv": "text\na b\n", "b.csv": ""}, None, "b.csv is empty (0 bytes): give a file with texts."),
        (
            {"train.csv": "text\na\n", "test.csv": "text\nb\n"}, "dev",
            "data has no split 'dev', only 'test' or 'train'. Choose one of these.",
        ),
    ],
)  # fmt: skip
def test_a_folder_that_cannot_be_read_gets_one_sentence(
    tmp_path: Path, files: dict[str, str], split: str | None, expected: str
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    assert sentence(write(data, files), split) == expected


def test_a_pipe_in_a_folder_is_not_waited_for(tmp_path: Path) -> None:
    write(tmp_path, {"a.csv": "text\na b\n"})
    os.mkfifo(tmp_path / "b.csv")
    assert texts(tmp_path) == ["a b"]


def test_links_to_folders_are_not_followed_round_and_round(tmp_path: Path) -> None:
    write(tmp_path, {"a.csv": "text\na b\n"})
    (tmp_path / "again").symlink_to(tmp_path)
    assert texts(tmp_path) == ["a b"]


def test_too_many_files_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folders, "_MOST_FILES", 3)
    write(tmp_path, {f"{n}.csv": "text\na b\n" for n in range(4)})
    assert sentence(tmp_path) == (f"{tmp_path.name} holds more than 3 files: give a folder inside it, or a pattern.")


def test_a_folder_that_may_not_be_looked_into_gets_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(os, "scandir", refuse)
    assert sentence(tmp_path) == (f"{tmp_path.name} cannot be looked into (permission denied): check who may read it.")


def test_many_small_files_do_not_pile_up_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = pa.table({"text": ["some words of a text"] * 2_000})
    monkeypatch.setattr(folders, "IN_MEMORY", 2 * table.nbytes)
    for n in range(20):
        pq.write_table(table, tmp_path / f"part-{n}.parquet")
    before = pa.total_allocated_bytes()
    reading = read_folder(tmp_path)
    assert pa.total_allocated_bytes() - before < 6 * table.nbytes
    assert reading.table.num_rows == 40_000
    assert set(reading.table["text"].to_pylist()) == {"some words of a text"}


def test_a_pattern_may_go_through_folders(tmp_path: Path) -> None:
    write(tmp_path, {"a/1.csv": "text\na\n", "b/2.csv": "text\nb\n", "b/2.jsonl": "{}", "c.txt": "c"})
    assert read_pattern(str(tmp_path / "**" / "*.csv")).table["text"].to_pylist() == ["a", "b"]
    assert read_pattern(str(tmp_path / "?" / "[12].csv")).table["text"].to_pylist() == ["a", "b"]
    with pytest.raises(InputError, match=r"only the folder '.*/a' does: check the path and the pattern\.$"):
        read_pattern(str(tmp_path / "a*"))


def test_numbers_inside_names_are_sorted_by_value() -> None:
    names = ["a10", "a2", "b1", "a", "1", "10", "2", "a2b10", "a2b9"]
    assert sorted(names, key=natural) == ["1", "2", "10", "a", "a2", "a2b9", "a2b10", "a10", "b1"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [("a.csv", ".csv"), ("A.CSV.GZ", ".csv"), ("a.b.tab", ".tsv"), ("x.ndjson.zst", ".jsonl"), ("x.gz", ""), ("x", "")],
)
def test_the_format_is_that_of_what_is_packed(name: str, expected: str) -> None:
    assert format_of(name) == expected


def test_patterns_are_told_from_names() -> None:
    assert all(is_pattern(source) for source in ("*.csv", "a?.csv", "[ab].csv"))
    assert not any(is_pattern(source) for source in ("a.csv", "a b/c", str(PurePosixPath("/x/y"))))
