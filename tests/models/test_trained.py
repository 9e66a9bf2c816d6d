"""What all models that are used as they were trained share: complete weights, and no padding that is read."""

from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
import torch
from transformers import AutoModelForMaskedLM, BertConfig, BertForMaskedLM, FNetConfig, FNetForMaskedLM

from eudscore.errors import ModelError
from eudscore.models.loading import resolve_model
from eudscore.models.trained import Trained, load_trained
from tests.conftest import save_tokenizer

SMALL = {"hidden_size": 32, "num_hidden_layers": 2, "intermediate_size": 64}


def loaded(folder: Path, *, max_tokens: int = 12) -> Trained:
    return load_trained(
        AutoModelForMaskedLM, resolve_model(str(folder)), "a masked language model", device="cpu", dtype="float32",
        max_tokens=max_tokens,
    )  # fmt: skip


@pytest.fixture
def bert(tmp_path: Path) -> Path:
    size = save_tokenizer(tmp_path)
    BertForMaskedLM(BertConfig(vocab_size=size, num_attention_heads=2, **SMALL)).save_pretrained(tmp_path)
    return tmp_path


def test_a_probe_stands_between_the_special_tokens(bert: Path) -> None:
    trained = loaded(bert)
    probe = trained.probe(3)
    assert (probe[0], probe[-1], len(probe)) == (2, 3, 5)
    assert len(set(probe)) == 5


def test_texts_are_cut_and_said_to_be(bert: Path) -> None:
    encodings, truncated = loaded(bert).read(["the team", "", "the " * 40])
    assert [len(encoding.ids) for encoding in encodings] == [4, 2, 12]
    assert truncated.tolist() == [False, False, True]


def test_a_model_that_reads_padding_gets_batches_of_one_length(bert: Path, tmp_path: Path) -> None:
    lengths = np.array([3, 5, 5, 4, 3, 9])
    assert not loaded(bert).reads_padding
    (together,) = loaded(bert).batches(lengths, lengths, None)
    assert sorted(together.tolist()) == list(range(6))
    torch.manual_seed(0)
    FNetForMaskedLM(FNetConfig(vocab_size=31, initializer_range=0.2, **SMALL)).save_pretrained(tmp_path)
    trained = loaded(tmp_path)
    assert trained.reads_padding
    batches = trained.batches(lengths, lengths, None)
    assert sorted(np.concatenate(batches).tolist()) == list(range(6))
    assert all(len(set(lengths[batch].tolist())) == 1 for batch in batches)


def test_a_slow_tokenizer_is_refused(bert: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Slow:
        is_fast = False
        vocab_files_names: ClassVar[dict[str, str]] = {}

    monkeypatch.setattr("transformers.AutoTokenizer.from_pretrained", lambda *_, **__: Slow())
    with pytest.raises(ModelError, match="has no fast tokenizer"):
        loaded(bert)
