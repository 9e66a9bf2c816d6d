"""The gradient of a batch in parts: the same as in one piece, and found when memory is short."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from eudscore.errors import RequestError
from eudscore.models.loading import resolve_model
from eudscore.training.classifier import Classifier, new_classifier
from eudscore.training.fine_tune import fine_tune
from eudscore.training.gradients import Gradients, is_out_of_memory
from eudscore.training.ranks import Ranks
from eudscore.training.spec import ClassWeights, TrainSpec
from eudscore.training.tokens import tokenise
from eudscore.training.upkeep import Lesson, Upkeep


@pytest.fixture
def classifier(spec: TrainSpec) -> Classifier:
    """Without dropout, and with weights far enough from zero that gradients differ."""
    torch.manual_seed(0)
    found = new_classifier(
        resolve_model(spec.model), spec.classes, device="cpu", dtype="float32", max_tokens=32,
        multi_label=spec.multi_label,
    )  # fmt: skip
    found.network.eval()
    return found


def gradients_of(
    classifier: Classifier, spec: TrainSpec, toy: SimpleNamespace, labels: np.ndarray, ranks: Ranks | None = None
) -> Gradients:
    tokens = tokenise(classifier.tokenizer, toy.texts, max_tokens=32)
    return Gradients(spec, classifier, Lesson(tokens, labels), ranks or Ranks(), lambda _: None)


def grads(classifier: Classifier) -> dict[str, torch.Tensor]:
    found = {name: weight.grad.clone() for name, weight in classifier.network.named_parameters()}
    classifier.network.zero_grad(set_to_none=True)
    return found


def assert_close(found: dict[str, torch.Tensor], wanted: dict[str, torch.Tensor]) -> None:
    for name, grad in wanted.items():
        torch.testing.assert_close(found[name], grad, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("weights", list(ClassWeights))
@pytest.mark.parametrize("at_once", [1, 3, 7, 16])
def test_parts_add_up_to_the_gradient_of_the_whole_batch(
    spec: TrainSpec, classifier: Classifier, toy: SimpleNamespace, weights: ClassWeights, at_once: int
) -> None:
    spec, rows = replace(spec, class_weights=weights), np.arange(3, 20)
    labels = np.where(np.arange(120) % 5 == 0, 0, 1)  # as unequal as weights make a difference
    whole, parts = (gradients_of(classifier, replace(spec, batch_size=17), toy, labels) for _ in range(2))
    loss, accuracy = whole.of(rows, 0).tolist()
    wanted = grads(classifier)
    parts.rows_at_once = at_once
    assert parts.of(rows, 0).tolist() == pytest.approx([loss, accuracy], rel=1e-5)
    assert_close(grads(classifier), wanted)
    np.testing.assert_allclose(parts.record.truth[0][rows], whole.record.truth[0][rows], atol=1e-6)


def test_several_labels_add_up_too(spec: TrainSpec, tmp_path: Path, toy: SimpleNamespace) -> None:
    spec = replace(spec, multi_label=True, batch_size=9)
    found = new_classifier(
        resolve_model(spec.model), spec.classes, device="cpu", dtype="float32", max_tokens=32, multi_label=True
    )
    found.network.eval()
    labels = np.random.default_rng(0).integers(0, 2, (120, 2)).astype(np.float32)
    whole, parts = (gradients_of(found, spec, toy, labels) for _ in range(2))
    told = whole.of(np.arange(9), 0)
    wanted = grads(found)
    parts.rows_at_once = 2
    torch.testing.assert_close(parts.of(np.arange(9), 0), told)
    assert_close(grads(found), wanted)


def test_the_shares_of_several_processes_add_up(
    spec: TrainSpec, classifier: Classifier, toy: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What each would send is added up here by hand; with two rows and three processes one has nothing to read."""
    for rows in (np.arange(16), np.arange(2)):
        told = gradients_of(classifier, spec, toy, toy.labels).of(rows, 0)
        wanted = grads(classifier)
        total: dict[str, torch.Tensor] = {}
        summed = torch.zeros(2)
        monkeypatch.setattr(Ranks, "added", lambda _, tensor: tensor)
        for rank in range(3):
            summed += gradients_of(classifier, spec, toy, toy.labels, Ranks(rank, 3)).of(rows, 0)
            for name, grad in grads(classifier).items():
                total[name] = total.get(name, 0) + grad
        monkeypatch.undo()
        torch.testing.assert_close(summed, told)
        assert_close(total, wanted)


def short_of_memory(most: int, error: Callable[[], Exception]) -> Callable[..., Any]:
    """The network of a machine that holds so many rows at once."""
    logits = Classifier.logits

    def stub(self: Classifier, rows: Any, types: Any = None) -> Any:
        if len(rows) > most:
            raise error()
        return logits(self, rows, types)

    return stub


ERRORS = [
    lambda: torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"),
    lambda: RuntimeError("[enforce fail at alloc_cpu.cpp:117] . DefaultCPUAllocator: can't allocate memory: you tried"),
    MemoryError,
]


@pytest.mark.parametrize("error", ERRORS)
def test_where_memory_is_short_the_batch_is_split_and_every_update_is_still_made_of_all_its_rows(
    spec: TrainSpec, toy: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Any
) -> None:
    told: list[str] = []
    whole = fine_tune(replace(spec, steps=8), toy.texts, toy.labels, out=tmp_path / "whole")
    monkeypatch.setattr(Classifier, "logits", short_of_memory(5, error))
    parts = fine_tune(
        replace(spec, steps=8), toy.texts, toy.labels, out=tmp_path / "parts", upkeep=Upkeep(tell=told.append)
    )
    assert (parts.rows_at_once, whole.rows_at_once) == (4, 16)
    assert (parts.steps, parts.rows_seen) == (whole.steps, whole.rows_seen)
    assert told == [
        f"The memory is too small for 16 rows at once: the gradient of a batch is added up from parts of {size}, and "
        "an update is still made of 16 rows."
        for size in (8, 4)
    ]


def test_down_to_one_row_and_then_a_sentence(
    spec: TrainSpec, toy: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Classifier, "logits", short_of_memory(1, MemoryError))
    assert fine_tune(replace(spec, steps=2), toy.texts, toy.labels, out=tmp_path / "one").rows_at_once == 1
    monkeypatch.setattr(Classifier, "logits", short_of_memory(0, MemoryError))
    with pytest.raises(RequestError, match=r"too small for a single text of up to 32 tokens: lower max_tokens, train"):
        fine_tune(replace(spec, steps=2), toy.texts, toy.labels, out=tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_another_error_is_not_taken_for_a_lack_of_memory(
    spec: TrainSpec, toy: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Classifier, "logits", short_of_memory(5, lambda: RuntimeError("shapes cannot be multiplied")))
    with pytest.raises(RuntimeError, match="shapes cannot be multiplied"):
        fine_tune(replace(spec, steps=2), toy.texts, toy.labels, out=tmp_path / "model")


@pytest.mark.parametrize("error", ERRORS)
def test_every_way_to_say_that_memory_is_short_is_known(error: Any) -> None:
    assert is_out_of_memory(error())


@pytest.mark.parametrize("error", [ValueError("out of memory"), RuntimeError("nan"), KeyError("can't allocate memory")])
def test_and_nothing_else(error: Exception) -> None:
    assert not is_out_of_memory(error)


def test_torch_itself_says_so_on_a_cpu() -> None:
    with pytest.raises(RuntimeError) as caught:
        torch.empty(1 << 60, dtype=torch.uint8)
    assert is_out_of_memory(caught.value)
