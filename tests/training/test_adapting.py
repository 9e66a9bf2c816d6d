"""Adapting a language model: it learns what is usual, keeps to the rules of saving, and repeats itself."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from eudscore.errors import Interrupted, RequestError
from eudscore.models.causal import CausalModel
from eudscore.models.loading import resolve_model
from eudscore.training.adapting import AdaptSpec, adapt

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
    assert told[-1][0] == told[-1][1] == len(told)


def test_the_same_texts_give_the_same_model(tiny_lm: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        adapt(resolve_model(str(tiny_lm)), TEXTS, tmp_path / name, SPEC, device="cpu")
    left, right = (load_file(tmp_path / name / "model.safetensors") for name in ("a", "b"))
    assert all(torch.equal(left[name], right[name]) for name in left)


def test_stopping_leaves_nothing_behind(tiny_lm: Path, tmp_path: Path) -> None:
    with pytest.raises(Interrupted):
        adapt(resolve_model(str(tiny_lm)), TEXTS, tmp_path / "out", SPEC, device="cpu", should_stop=lambda: True)
    assert list(tmp_path.iterdir()) == []


def test_too_few_texts_are_one_sentence(tiny_lm: Path, tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="too few to adapt"):
        adapt(resolve_model(str(tiny_lm)), ["refund"], tmp_path / "out", SPEC, device="cpu")
