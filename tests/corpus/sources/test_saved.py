"""Folders that the `datasets` library wrote; the library itself is the oracle."""

import json
import shutil
from pathlib import Path
from typing import Any

import datasets
import pytest

from eudscore.corpus.read import read_source
from eudscore.errors import InputError

FEATURES = datasets.Features({"text": datasets.Value("string"), "label": datasets.ClassLabel(names=["neg", "pos"])})


@pytest.fixture(scope="module")
def train() -> datasets.Dataset:
    columns = {"text": [f"text {n}" for n in range(50)], "label": [n % 2 for n in range(50)]}
    return datasets.Dataset.from_dict(columns, features=FEATURES, split="train")


@pytest.fixture(scope="module")
def single(train: datasets.Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("single") / "reviews"
    train.save_to_disk(folder, num_shards=12)
    return folder


@pytest.fixture(scope="module")
def several(train: datasets.Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("several") / "reviews"
    datasets.DatasetDict({"train": train, "test": train.select([3, 1])}).save_to_disk(folder)
    return folder


def sentence(source: Path, **options: Any) -> str:
    with pytest.raises(InputError) as refused:
        read_source(source, **options)
    return str(refused.value)


def test_all_shards_are_read_as_the_library_reads_them(single: Path) -> None:
    expected, corpus = datasets.load_from_disk(single), read_source(single)
    assert corpus.texts() == expected["text"][:]
    assert corpus.labels.tolist() == expected["label"][:]
    assert corpus.classes == ("neg", "pos")
    assert (corpus.name, corpus.source) == ("reviews", str(single))


def test_rows_that_were_chosen_before_saving_are_those_that_are_read(train: datasets.Dataset, tmp_path: Path) -> None:
    train.shuffle(seed=1).select(range(7)).save_to_disk(tmp_path / "few")
    assert read_source(tmp_path / "few").texts() == datasets.load_from_disk(tmp_path / "few")["text"][:]


def test_a_split_is_chosen_and_told(several: Path) -> None:
    assert len(read_source(several)) == 50
    assert read_source(several).notes[0] == "Read the split 'train'; there is also 'test'."
    assert read_source(several, split="test").texts() == ["text 3", "text 1"]
    assert read_source(several, split="test").classes == ("neg", "pos")
    assert sentence(several, split="dev") == (
        "reviews has no split 'dev', only 'train' or 'test'. Choose one of these."
    )


def test_a_single_data_set_has_the_split_it_was_saved_with(single: Path) -> None:
    assert len(read_source(single, split="train")) == 50
    assert sentence(single, split="test") == "reviews has no split 'test', only 'train': leave the split out."


def test_class_names_stand_beside_the_files_too(single: Path, tmp_path: Path) -> None:
    """Other programs write Arrow files without the library's own metadata."""
    import pyarrow as pa

    folder = tmp_path / "bare"
    shutil.copytree(single, folder)
    for path in folder.glob("*.arrow"):
        with pa.OSFile(str(path)) as source:
            table = pa.ipc.open_stream(source).read_all().replace_schema_metadata(None)
        with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table)
    assert read_source(folder).classes == ("neg", "pos")


@pytest.mark.parametrize(
    ("file", "content", "expected"),
    [
        ("state.json", "{", "state.json of reviews cannot be read (expecting property name"),
        ("state.json", "[]", "state.json of reviews holds no object: save it again."),
        ("state.json", "{}", "reviews names no files in state.json: save it again."),
        ("state.json", json.dumps({"_data_files": [{"filename": "../../x"}]}), "reviews names no files in state.json"),
        (
            "state.json", json.dumps({"_data_files": [{"filename": "x.arrow"}]}),
            "reviews names the file 'x.arrow' in state.json, which is not there: save it again.",
        ),
    ],
)  # fmt: skip
def test_a_folder_that_is_not_whole_gets_one_sentence(
    single: Path, tmp_path: Path, file: str, content: str, expected: str
) -> None:
    shutil.copytree(single, tmp_path / "reviews")
    (tmp_path / "reviews" / file).write_text(content)
    assert sentence(tmp_path / "reviews").startswith(expected)


@pytest.mark.parametrize("splits", ["{}", '{"splits": []}', '{"splits": "train"}', '{"splits": ["../x"]}'])
def test_splits_that_are_no_names_are_refused(tmp_path: Path, splits: str) -> None:
    (tmp_path / "reviews").mkdir()
    (tmp_path / "reviews" / "dataset_dict.json").write_text(splits)
    assert sentence(tmp_path / "reviews") == "reviews names no splits in dataset_dict.json: save it again."
