import logging

import datasets
import huggingface_hub
import pytest

from eudscore.corpus import hub
from eudscore.corpus.read import read_source
from eudscore.errors import InputError


@pytest.fixture
def reachable(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """A Hub that holds one data set; the list fills with what is asked of it."""
    asked: list[tuple[str, str]] = []
    features = datasets.Features({"text": datasets.Value("string"), "label": datasets.ClassLabel(names=["neg", "pos"])})

    def load_dataset(hub_id: str, *, split: str) -> datasets.Dataset:
        asked.append((hub_id, split))
        if split not in {"train", "test"}:
            raise ValueError(f"Unknown split \"{split}\". Should be one of ['train', 'test'].")
        return datasets.Dataset.from_dict({"text": ["a b", "c d", "e f"], "label": [1, 1, -1]}, features=features)

    monkeypatch.setattr(datasets, "load_dataset", load_dataset)
    return asked


@pytest.mark.parametrize("source", ["ag_news", "stanfordnlp/sst2", "a/b.v2", "imdb:test", "owner/name:validation"])
def test_names_are_taken_for_ids(source: str) -> None:
    assert hub.looks_like_hub_id(source)


@pytest.mark.parametrize("source", ["/data/x", "a/b/c", "../x", "a b", "", "C:\\x", "hf://datasets/x", "~/x"])
def test_paths_and_addresses_are_no_ids(source: str) -> None:
    assert not hub.looks_like_hub_id(source)


def test_a_data_set_of_the_hub_keeps_its_class_names(reachable: list[tuple[str, str]]) -> None:
    corpus = read_source("owner/reviews")
    assert reachable == [("owner/reviews", "train")]
    assert (corpus.name, corpus.source) == ("reviews", "owner/reviews")
    assert corpus.classes == ("neg", "pos")
    assert corpus.labels.tolist() == [1, 1, -1]
    assert corpus.texts() == ["a b", "c d", "e f"]


@pytest.mark.parametrize(
    ("source", "split"), [("owner/reviews", "test"), ("owner/reviews:test", None), ("owner/reviews:test", "test")]
)
def test_a_split_is_named_in_the_source(reachable: list[tuple[str, str]], source: str, split: str | None) -> None:
    assert read_source(source, split=split).source == "owner/reviews:test"
    assert reachable == [("owner/reviews", "test")]


def test_a_split_that_is_not_there_gets_one_sentence(reachable: list[tuple[str, str]]) -> None:
    with pytest.raises(InputError) as refused:
        read_source("owner/reviews", split="dev")
    assert str(refused.value) == (
        "Split 'dev' of the data set 'owner/reviews' could not be loaded (Unknown split \"dev\". Should be one of "
        "['train', 'test']): choose another split, or download the data and give the file."
    )


def test_an_unreachable_hub_is_asked_once_and_gets_one_sentence(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    calls = []

    def dataset_info(self: huggingface_hub.HfApi, hub_id: str, *, timeout: float) -> None:
        calls.append(hub_id)
        logging.getLogger("huggingface_hub").warning("Retrying")
        raise ConnectionError("no network")

    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    monkeypatch.setattr(huggingface_hub.HfApi, "dataset_info", dataset_info)
    with pytest.raises(InputError) as refused:
        read_source("owner/reviews")
    assert str(refused.value) == (
        "'owner/reviews' is no file here, and the Hugging Face Hub cannot be reached (ConnectionError): check the "
        "name and the network, or set HF_HUB_OFFLINE=1 to use a copy that was loaded before."
    )
    assert calls == ["owner/reviews"]
    assert not caplog.records


def test_a_name_that_the_hub_does_not_know_gets_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub.errors import HFValidationError

    def dataset_info(self: huggingface_hub.HfApi, hub_id: str, *, timeout: float) -> None:
        raise HFValidationError(hub_id)

    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    monkeypatch.setattr(huggingface_hub.HfApi, "dataset_info", dataset_info)
    with pytest.raises(
        InputError, match=r"^'revews' is neither a file here nor an open data set of the Hugging Face Hub: "
    ):
        read_source("revews")


def test_offline_without_a_copy_gets_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def load_dataset(hub_id: str, *, split: str) -> datasets.Dataset:
        raise ConnectionError(f"Couldn't reach '{hub_id}' on the Hub (OfflineModeIsEnabled)")

    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr(datasets, "load_dataset", load_dataset)
    with pytest.raises(
        InputError, match=r"^Split 'train' of the data set 'ag_news' could not be loaded \(Couldn't reach"
    ):
        read_source("ag_news")
