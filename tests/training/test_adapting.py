"""Adapting a language model: it learns what is usual, keeps to the rules of saving, and repeats itself."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from eudscore.errors import Interrupted, ModelError, RequestError
from eudscore.models.causal import CausalModel
from eudscore.models.loading import resolve_model
from eudscore.training import adapting
from eudscore.training.adapting import AdaptSpec, adapt, arithmetic

TEXTS = ["where is my refund please", "the team won the match", "my card was charged twice"] * 80
SPEC = AdaptSpec(window=32, batch=4)


def nll(folder: Path) -> float:
    total, tokens = 0.0, 0
    for batch in CausalModel(resolve_model(str(folder)), device="cpu", dtype="float32").measure(TEXTS[:3]):
        total, tokens = total + float(batch.surprisal.sum()), tokens + int(batch.scored.sum())
    return total / tokens


def test_what_was_learnt_is_no_surprise(tiny_lm: Path, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    adapt(
        resolve_model(str(tiny_lm)), TEXTS * 4, tmp_path / "out", SPEC, device="cpu",
        on_progress=lambda done, total: told.append((done, total)),
    )  # fmt: skip
    assert nll(tmp_path / "out") < nll(tiny_lm) - 0.02
    steps = told[-1][1]
    assert told == [(done, steps) for done in range(steps + 1)]


def test_the_saved_files_are_readable_for_a_team(tiny_lm: Path, tmp_path: Path) -> None:
    adapt(resolve_model(str(tiny_lm)), TEXTS, tmp_path / "out", SPEC, device="cpu")
    files = list((tmp_path / "out").iterdir())
    assert "model.safetensors" in {file.name for file in files}
    assert {file.stat().st_mode & 0o777 for file in files} == {0o644}


def test_all_that_the_weights_depend_on_goes_into_cards(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = SPEC.to_json()
    assert "0.0005 below 20,000,000 weights" in settings["learning_rate"]
    assert "weight decay 0.01" in settings["optimiser"]
    monkeypatch.setattr(adapting, "native_dtype", lambda _device: "bfloat16")
    assert arithmetic("cpu") == "bfloat16 products, float32 weights"
    monkeypatch.setattr(adapting, "native_dtype", lambda _device: "float32")
    assert arithmetic("cpu") == "float32"


def test_the_same_texts_give_the_same_model(tiny_lm: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        adapt(resolve_model(str(tiny_lm)), TEXTS, tmp_path / name, SPEC, device="cpu")
    left, right = (load_file(tmp_path / name / "model.safetensors") for name in ("a", "b"))
    assert all(torch.equal(left[name], right[name]) for name in left)


def test_stopping_leaves_nothing_behind(tiny_lm: Path, tmp_path: Path) -> None:
    def stop(done: int, _total: int) -> None:
        if done == 2:
            raise Interrupted("Stopped.")

    with pytest.raises(Interrupted):
        adapt(resolve_model(str(tiny_lm)), TEXTS, tmp_path / "out", SPEC, device="cpu", on_progress=stop)
    assert list(tmp_path.iterdir()) == []


def test_too_little_memory_is_one_sentence(tiny_lm: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(adapting, "_update", full)
    with pytest.raises(ModelError, match="too small to adapt"):
        adapt(resolve_model(str(tiny_lm)), TEXTS, tmp_path / "out", SPEC, device="cpu")
    assert list(tmp_path.iterdir()) == []


def test_too_few_texts_are_one_sentence(tiny_lm: Path, tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="too few to adapt"):
        adapt(resolve_model(str(tiny_lm)), ["refund"], tmp_path / "out", SPEC, device="cpu")
