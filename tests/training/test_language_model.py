"""The training of the built-in language model: seeded, resumable to the bit, and loadable by anyone."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch

from eudscore.errors import InputError, RequestError
from eudscore.training import language_model
from eudscore.training.language_model import Recipe, Training, train
from eudscore.training.lm_text import BEGINNING_ID, TokenisedTexts, batches, new_tokenizer, read_texts

pytestmark = pytest.mark.skipif(not hasattr(torch.optim, "Muon"), reason="training needs torch 2.9")

TEXTS = [f"Number {i} is {'odd' if i % 2 else 'even'}, and the next one is {i + 1}." for i in range(400)]
TINY = Recipe(steps=6, batch=4, window=32, vocabulary=300, width=16, depth=1, heads=2, feed_forward=24, warm_up=2)


def weights_of(training: Training) -> dict[str, torch.Tensor]:
    return {name: value.detach().clone() for name, value in training.model.named_parameters()}


def test_the_same_recipe_gives_the_same_weights_interrupted_or_not(tmp_path: Path) -> None:
    tokens = TokenisedTexts.of(new_tokenizer(TEXTS, size=300, window=32), TEXTS)
    size = {"seed": 0, "window": 32, "size": 4}
    straight = Training(TINY, tmp_path / "never-written")
    for windows, _ in zip(batches(tokens, **size), range(6), strict=False):
        straight.update(windows)
    (tmp_path / "w").mkdir()
    broken = Training(TINY, tmp_path / "w")
    for windows, _ in zip(batches(tokens, **size), range(3), strict=False):
        broken.update(windows)
    broken.save()
    resumed = Training(TINY, tmp_path / "w")
    assert resumed.step == 3
    for windows, _ in zip(batches(tokens, start=3, **size), range(3), strict=False):
        resumed.update(windows)
    for name, value in weights_of(straight).items():
        assert torch.equal(value, weights_of(resumed)[name]), name


def test_a_checkpoint_of_another_recipe_is_refused(tmp_path: Path) -> None:
    Training(TINY, tmp_path).save()
    with pytest.raises(RequestError, match="is of another recipe"):
        Training(Recipe(**{**TINY.__dict__, "seed": 1}), tmp_path)


def test_what_comes_out_is_loaded_by_transformers_and_has_learnt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    monkeypatch.setattr(language_model, "_REPORT_EVERY", 10)
    recipe = Recipe(**{**TINY.__dict__, "steps": 60, "learning_rate": 1e-2})
    train(recipe, TEXTS, out=tmp_path / "out", work=tmp_path / "work")
    reports = [json.loads(line) for line in (tmp_path / "work" / "log.jsonl").read_text().splitlines()]
    assert reports[-1]["dev_loss"] < reports[0]["dev_loss"] - 0.5
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "out")
    network = AutoModelForCausalLM.from_pretrained(tmp_path / "out")
    assert network.dtype == torch.float16
    assert tokenizer.bos_token_id == BEGINNING_ID
    text = "Ünïcode 😀 and\x00more"
    assert tokenizer.decode(tokenizer(text, add_special_tokens=False)["input_ids"]).strip() == text
    assert sorted(path.suffix for path in (tmp_path / "out").iterdir() if path.name.startswith("model")) == [
        ".safetensors"
    ]


def test_batches_are_the_same_from_wherever_one_begins() -> None:
    tokens = TokenisedTexts.of(new_tokenizer(TEXTS, size=300, window=32), TEXTS)
    size = {"seed": 3, "window": 32, "size": 50}
    first = [windows for windows, _ in zip(batches(tokens, **size), range(12), strict=False)]
    later = [windows for windows, _ in zip(batches(tokens, start=7, **size), range(5), strict=False)]
    for left, right in zip(first[7:], later, strict=True):
        np.testing.assert_array_equal(left, right)
    assert all((windows[:, 0] == BEGINNING_ID).all() for windows in first)


def test_too_little_text_is_one_sentence() -> None:
    tokens = TokenisedTexts.of(new_tokenizer(TEXTS, size=300, window=32), TEXTS[:2])
    with pytest.raises(InputError, match="fewer than one batch of 50"):
        next(batches(tokens, seed=0, window=32, size=50))


def test_a_file_without_texts_is_one_sentence(tmp_path: Path) -> None:
    pq.write_table(pa.table({"text": ["", "  ", None]}), tmp_path / "empty.parquet")
    with pytest.raises(InputError, match="holds no texts"):
        read_texts(tmp_path / "empty.parquet")
    with pytest.raises(InputError, match="cannot be read"):
        read_texts(tmp_path / "nowhere.parquet")
