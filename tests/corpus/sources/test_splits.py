from pathlib import PurePosixPath

import pytest

from eudscore.corpus.sources.splits import of_split
from eudscore.errors import InputError


def chosen(names: list[str], split: str | None = None) -> list[str]:
    return [str(file) for file in of_split([PurePosixPath(name) for name in names], split, folder="data")[0]]


def sentence(names: list[str], split: str | None = None) -> str:
    with pytest.raises(InputError) as refused:
        chosen(names, split)
    return str(refused.value)


HUB = ["data/train-00000-of-00002.parquet", "data/train-00001-of-00002.parquet", "data/test-00000-of-00001.parquet"]


def test_without_a_split_train_is_read_where_there_are_several() -> None:
    files, notes = of_split([PurePosixPath(name) for name in HUB], None, folder="data")
    assert [str(file) for file in files] == HUB[:2]
    assert notes == ("Read the split 'train'; there is also 'test'.",)


@pytest.mark.parametrize(
    ("names", "split", "expected"),
    [
        (HUB, "test", HUB[2:]),
        (HUB, "train", HUB[:2]),
        (["train/1.csv", "test/1.csv"], "test", ["test/1.csv"]),
        (["a.csv", "b.csv"], None, ["a.csv", "b.csv"]),
        (["train-1.csv", "train-2.csv"], None, ["train-1.csv", "train-2.csv"]),
        (["train.csv", "other.csv"], None, ["train.csv", "other.csv"]),  # one split is none
        (["train.csv", "dev.csv"], "validation", ["dev.csv"]),
        (["train.csv", "valid_1.csv"], "dev", ["valid_1.csv"]),
        (["TRAIN.csv", "Test.csv"], "test", ["Test.csv"]),
        (["test_data/train.csv", "test_data/test.csv"], "test", ["test_data/test.csv"]),  # the file says more
        (["testimonials.csv", "trainers.csv"], None, ["testimonials.csv", "trainers.csv"]),
        (["en/1.csv", "fr/1.csv"], "fr", ["fr/1.csv"]),
        (["en.csv", "english.csv"], "en", ["en.csv"]),
        (["train2.csv", "train.1.csv", "test.csv"], "train", ["train2.csv", "train.1.csv"]),
    ],
)
def test_names_of_files_and_folders_say_the_split(names: list[str], split: str | None, expected: list[str]) -> None:
    assert chosen(names, split) == expected


def test_a_split_that_is_not_there_gets_one_sentence() -> None:
    assert sentence(HUB, "validation") == (
        "data has no split 'validation', only 'train' or 'test'. Choose one of these."
    )
    assert sentence(["a.csv", "b.csv", "c.csv", "d.csv"], "test") == (
        "data has no split 'test', only 'a.csv' and 'b.csv' and 'c.csv' and 1 more: leave the split out, or give one "
        "file."
    )


def test_what_is_not_clear_is_asked() -> None:
    assert sentence(["train.csv", "test.csv", "extra.csv"]) == (
        "data holds the splits 'train' and 'test' and files that belong to none, such as 'extra.csv': name a split, "
        "or give one file."
    )
    assert sentence(["validation.csv", "test.csv"]) == (
        "data holds the splits 'validation' and 'test': name one of them."
    )
