import gzip
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import csv

from eudscore import locations
from eudscore.corpus.read import SPLITS, read_source, read_table, read_upload
from eudscore.errors import EudscoreError, InputError, RequestError
from eudscore.records import Roles


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("reviews.csv", "reviews2.csv", "test.jsonl", "train.txt", "notes.md"):
        (tmp_path / name).write_text("text,label\na b,x\nc d,y\ne f,x\n")
    return tmp_path


def sentence(source: str | Path, **options: object) -> str:
    with pytest.raises(EudscoreError) as refused:
        read_source(source, **options)  # type: ignore[arg-type]
    return str(refused.value)


def test_a_path_is_kept_whole_and_the_name_is_its_stem(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    for source in ("reviews.csv", "./reviews.csv", Path("reviews.csv"), folder / "x" / ".." / "reviews.csv"):
        corpus = read_source(source)
        assert (corpus.name, corpus.source) == ("reviews", str(folder.resolve() / "reviews.csv"))


def test_a_home_folder_is_followed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(folder))
    assert len(read_source("~/reviews.csv")) == 3


def test_an_upload_is_the_file_without_its_folder(folder: Path) -> None:
    content = (folder / "reviews.csv").read_bytes()
    for name in ("reviews.csv", "C:\\data\\reviews.csv", "../../reviews.csv"):
        corpus = read_upload(name, content)
        assert (corpus.name, corpus.source) == ("reviews", "upload:reviews.csv")
    assert corpus.id == read_source(folder / "reviews.csv").id
    assert corpus.labels_id == read_source(folder / "reviews.csv").labels_id


def test_given_roles_win_over_found_ones(folder: Path) -> None:
    assert read_source(folder / "reviews.csv").roles == Roles("text", "label")
    assert read_source(folder / "reviews.csv", text="label").roles == Roles("label", None)


def test_a_text_column_of_numbers_is_kept_as_it_is_written() -> None:
    corpus = read_upload("a.csv", b"code,text\n1.50,a b\n2,c d\n", text="code")
    assert corpus.texts() == ["1.50", "2"]


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
def test_a_limit_takes_the_first_rows(folder: Path, limit: int) -> None:
    assert read_source(folder / "reviews.csv", limit=limit).texts() == ["a b", "c d", "e f"][:limit]


@pytest.mark.parametrize("limit", [0, -5])
def test_a_limit_below_one_is_refused(folder: Path, limit: int) -> None:
    with pytest.raises(RequestError, match=rf"^The limit is {limit} rows: give 1 or more, or leave it out\.$"):
        read_source(folder / "reviews.csv", limit=limit)


def test_a_table_has_no_roles_yet(folder: Path) -> None:
    assert read_table(folder / "reviews.csv").to_pydict() == {"text": ["a b", "c d", "e f"], "label": ["x", "y", "x"]}


def test_what_is_no_file_gets_its_sentence(folder: Path) -> None:
    there = str(folder.resolve())
    (folder / "empty").mkdir()
    os.mkfifo(folder / "pipe.csv")
    cases = {
        folder / "revews.csv": f"There is no file 'revews.csv' in {there!r}: "
        "did you mean 'reviews.csv' or 'reviews2.csv'?",
        folder / "zzz.parquet": f"There is no file 'zzz.parquet' in {there!r}: check its name.",
        folder / "no" / "a.csv": f"There is no folder {there + '/no'!r}: check the path of 'a.csv'.",
        folder / "empty": "empty is a folder without a file that can be read: give a file.",
        folder / "pipe.csv": "pipe.csv is not a file but a device or a pipe: save it as a file and give that.",
        "": "The source is empty: give a file, 'demo' or the id of a data set.",
        "a\0b.csv": r"'a\x00b.csv' cannot be opened (embedded null byte): check the path.",
        "s3://bucket/a.csv": "s3://bucket/a.csv is an address of a kind that is not read: eudscore reads http, https "
        "and hf://datasets/owner/name; download the data and give the file.",
        "file:///data/a.csv": "file:///data/a.csv is an address of a kind that is not read: eudscore reads http, https "
        "and hf://datasets/owner/name; download the data and give the file.",
        "hf://models/a/b.csv": "'hf://models/a/b.csv' is no address of a data set: write hf://datasets/owner/name, "
        "with a path behind it for a file or a folder of it.",
        "no*.csv": "No file fits the pattern 'no*.csv', nothing does: check the path and the pattern.",
    }  # fmt: skip
    for source, expected in cases.items():
        assert sentence(source) == expected


def test_a_name_that_is_too_long_gets_one_sentence() -> None:
    assert re.fullmatch(
        r"'x+' cannot be opened \(file name too long\): check the path\.", sentence("x" * 5000 + ".csv")
    )


def test_a_file_in_a_folder_that_exists_is_not_looked_for_on_the_hub(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder.parent)
    assert sentence(f"{folder.name}/reviews").startswith("There is no file 'reviews'")


def test_a_file_that_may_not_be_read_gets_one_sentence(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, mode: str) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "open", refuse)
    assert (
        sentence(folder / "reviews.csv") == "reviews.csv cannot be opened (permission denied): check who may read it."
    )


def test_a_file_has_no_splits(folder: Path) -> None:
    expected = "reviews.csv is one file and has no split 'test': leave the split out."
    assert sentence(folder / "reviews.csv", split="test") == expected
    with pytest.raises(InputError) as refused:
        read_upload("reviews.csv", b"text\na b\n", split="test")
    assert str(refused.value) == expected


def test_only_data_sets_of_the_hub_have_configurations(folder: Path) -> None:
    for source, name in ((folder / "reviews.csv", "reviews.csv"), (folder, folder.name), ("demo", "demo")):
        assert sentence(source, config="small") == (
            f"{name} has no configuration 'small', as only data sets of the Hugging Face Hub have: leave it out."
        )


def test_a_split_in_the_name_of_a_folder_is_read(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    for split in ("train", "test"):
        (data / f"{split}.csv").write_text(f"text,label\n{split} text,x\n")
    for source, options in ((f"{data}:test", {}), (data, {"split": "test"}), (f"{data}:test", {"split": "test"})):
        corpus = read_source(source, **options)  # type: ignore[arg-type]
        assert corpus.texts() == ["test text"]
        assert (corpus.name, corpus.source) == ("data", f"{data}:test")
    assert read_source(data).texts() == ["train text"]
    assert read_source(data).source == str(data)
    assert "Read the split 'train'; there is also 'test'." in read_source(data).notes
    assert "names a split, but 'train' was asked for" in sentence(f"{data}:test", split="train")


def test_a_pattern_joins_the_files_it_fits(folder: Path) -> None:
    corpus = read_source(str(folder / "reviews*.csv"))
    assert corpus.texts() == ["a b", "c d", "e f"] * 2
    assert corpus.name == folder.name
    assert corpus.source == str(folder / "reviews*.csv")
    assert corpus.notes == ("2 files were joined in this order: reviews.csv, reviews2.csv.",)


def test_a_file_whose_name_reads_like_a_pattern_or_a_split_is_that_file(folder: Path) -> None:
    for name in ("a[1].csv", "what?.csv", "a:b.csv"):
        (folder / name).write_text("text\none text\n")
        assert read_source(str(folder / name)).texts() == ["one text"]


@pytest.mark.parametrize("name", ["with space.csv", "größe.csv", "数据.csv", "100% sure#1.csv", "a'b\"c.csv", "-x.csv"])
def test_names_are_any_text(folder: Path, name: str) -> None:
    (folder / name).write_text("text\none text\n")
    assert read_source(folder / name).texts() == ["one text"]
    assert read_source(str(folder / name)).name == Path(name).stem
    assert read_upload(name, (folder / name).read_bytes()).name == Path(name).stem


def test_a_name_of_bytes_that_are_no_text_can_be_shown(folder: Path) -> None:
    name = os.fsdecode(b"caf\xe9.csv")
    try:
        (folder / name).write_text("text\none text\n")
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    corpus = read_source(folder / name)
    assert corpus.name == "caf?"
    corpus.source.encode()
    sentence(folder / name, text="x").encode()


def test_roles_that_are_named_are_checked_and_kept() -> None:
    content = b"text,label,author\na b,x,ann\nc d,y,bob\n"
    assert read_upload("a.csv", content, roles={"group": "author"}).roles.group == "author"
    with pytest.raises(InputError, match=r"has no column 'nobody'"):
        read_upload("a.csv", content, roles={"group": "nobody"})


def test_a_part_of_the_rows_is_drawn_before_roles_are_found(tmp_path: Path) -> None:
    rows = "".join(f"text number {n},{'rare' if n % 10 == 0 else 'common'}\n" for n in range(200))
    (tmp_path / "a.csv").write_text("text,label\n" + rows)
    sampled = read_source(tmp_path / "a.csv", sample=20, stratified=True, seed=3)  # the label is found for it
    assert [int((sampled.labels == n).sum()) for n in range(2)] == [18, 2]
    assert (len(sampled), sampled.drawn_from) == (20, 200)
    assert any("20 of 200 rows" in note for note in sampled.notes)
    assert sampled.roles == Roles("text", "label")
    for text, row in zip(sampled.texts(), sampled.table["row_in_source"].to_pylist(), strict=True):
        assert text == f"text number {row}"
    again = read_source(tmp_path / "a.csv", sample=20, stratified=True, seed=3)
    assert again.id == sampled.id != read_source(tmp_path / "a.csv", sample=20, stratified=True, seed=4).id
    rare = read_upload("a.csv", (tmp_path / "a.csv").read_bytes(), where="label = 'rare'", limit=5)
    assert rare.texts() == [f"text number {n}" for n in range(0, 50, 10)]
    assert rare.drawn_from == 200


def test_a_stratified_sample_without_a_label_is_refused() -> None:
    with pytest.raises(RequestError, match=r"^A stratified sample needs the label column"):
        read_upload("a.csv", b"text\na b\nc d\n", sample=1, stratified=True)


def test_reasons_and_notes_travel_with_the_corpus(folder: Path) -> None:
    corpus = read_source(folder / "reviews.csv")
    assert set(corpus.reasons) >= {"text", "label"}
    assert corpus.drawn_from is None


def test_the_demo_is_read_with_no_option() -> None:
    train, test = read_source("demo"), read_source("demo", split="test")
    assert len(train) >= 3_000
    assert (train.roles.text, train.roles.label) == ("text", "label")
    assert len(train.classes) == 10
    assert train.classes == test.classes
    assert [train.classes[label] for label in train.labels] == train.table["label_name"].to_pylist()
    assert (train.name, train.source, test.source) == ("demo", "demo", "demo:test")
    assert read_source("demo:test").id == test.id != train.id
    assert read_source("demo:train").source == "demo"


def test_the_demo_has_two_splits_only() -> None:
    assert SPLITS == ("train", "test")
    assert sentence("demo:dev") == "The demo has no split 'dev', only 'train' or 'test'. Choose one of these."
    assert sentence("demo:test", split="train") == (
        "'demo:test' names a split, but 'train' was asked for: name one of them only."
    )


def test_a_missing_demo_gets_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locations, "assets", lambda: tmp_path)
    assert re.fullmatch(
        r"The demo is missing \(.*train\.parquet is not there\): install eudscore again\.", sentence("demo")
    )


def test_rows_stay_in_their_places(tmp_path: Path) -> None:
    texts = [f"text {n}" if n % 7 else "" for n in range(5_000)]
    table = pa.table({"text": texts, "label": [n % 3 for n in range(5_000)]})

    pa.csv.write_csv(table, tmp_path / "a.csv")
    pa.parquet.write_table(table, tmp_path / "a.parquet")
    (tmp_path / "a.jsonl").write_text("".join(f'{{"text": "{t}", "label": {n % 3}}}\n' for n, t in enumerate(texts)))
    for ending in ("csv", "parquet", "jsonl"):
        corpus = read_source(tmp_path / f"a.{ending}")
        assert corpus.texts() == texts
        assert corpus.labels.tolist() == table["label"].to_pylist()


@pytest.mark.parametrize("ending", ["csv", "tsv", "parquet", "jsonl", "json"])
def test_row_i_of_the_file_is_row_i_of_the_corpus(tmp_path: Path, ending: str) -> None:
    texts = [f"text {n}" if n % 7 else "" for n in range(5_000)]
    labels = [n % 3 for n in range(5_000)]
    table = pa.table({"text": texts, "label": labels})
    path = tmp_path / f"a.{ending}"
    match ending:
        case "parquet":
            pq.write_table(table, path, row_group_size=700)
        case "csv" | "tsv":
            csv.write_csv(table, path, csv.WriteOptions(delimiter="," if ending == "csv" else "\t"))
        case "jsonl":
            path.write_text("".join(json.dumps(row) + "\n" for row in table.to_pylist()))
        case "json":
            path.write_text(json.dumps(table.to_pylist()))
    corpus = read_source(path)
    assert corpus.texts() == texts
    assert corpus.labels.tolist() == labels


def test_reading_imports_nothing_slow_and_warns_of_nothing(folder: Path) -> None:
    script = (
        "import sys\n"
        "from eudscore.corpus import profile, read\n"
        "assert 'pandas' not in sys.modules\n"
        f"profile.profile(read.read_source({str(folder / 'reviews.csv')!r}))\n"
        "print([name for name in ('torch', 'transformers', 'datasets', 'sklearn') if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
    assert done.stderr == ""


def test_a_bad_source_raises_the_error_of_input() -> None:
    with pytest.raises(InputError):
        read_source(Path("nowhere.csv"))


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("reviews/train.csv", "reviews/train"),
        ("reviews/test.csv.gz", "reviews/test"),
        ("reviews/mine.v2.csv", "mine.v2"),
    ],
)
def test_a_file_that_is_called_like_a_split_takes_the_name_of_its_folder_along(
    path: str, name: str, tmp_path: Path
) -> None:
    file = tmp_path / path
    file.parent.mkdir()
    content = b"text\na fine film\na bad film\n"
    file.write_bytes(gzip.compress(content) if path.endswith(".gz") else content)
    assert read_source(file).name == name
