from collections import Counter
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import load_file
from sklearn.metrics import log_loss

from eudscore.training import updates
from eudscore.training.classifier import predict
from eudscore.training.fine_tune import Examples, fine_tune
from eudscore.training.spec import TrainSpec
from eudscore.training.stopping import Look, Patience, look, split_dev
from eudscore.training.upkeep import StepReport


@given(st.lists(st.integers(0, 3), min_size=30, max_size=120), st.integers(0, 50), st.integers(0, 9))
def test_no_group_stands_on_both_sides_and_no_row_is_lost(labels: list[int], groups: int, seed: int) -> None:
    of_row = np.random.default_rng(seed).integers(0, groups + 1, len(labels))
    kept, aside = split_dev(np.array(labels), of_row, seed=seed)
    assert sorted([*kept, *aside]) == list(range(len(labels)))
    assert not set(of_row[kept]) & set(of_row[aside])


def test_a_tenth_is_set_aside_class_by_class() -> None:
    labels = np.repeat([0, 1, 2], [600, 300, 100])
    _, aside = split_dev(labels, np.arange(1000), seed=0)
    assert Counter(labels[aside]) == {0: 60, 1: 30, 2: 10}
    other = split_dev(labels, np.arange(1000), seed=1)[1]
    assert set(aside) != set(other)
    np.testing.assert_array_equal(split_dev(labels, np.arange(1000), seed=0)[1], aside)


def test_several_labels_are_split_by_group_alone() -> None:
    labels, groups = np.zeros((200, 3), dtype=np.float32), np.arange(200) // 2
    kept, aside = split_dev(labels, groups, seed=0)
    assert len(aside) == 20
    assert not set(groups[kept]) & set(groups[aside])


def test_one_group_leaves_nothing_to_set_aside() -> None:
    assert len(split_dev(np.array([0, 1, 0]), np.zeros(3, dtype=np.int64), seed=0)[1]) == 0


def test_a_look_agrees_with_sklearn() -> None:
    rng = np.random.default_rng(0)
    labels, probabilities = rng.integers(0, 3, 40), rng.dirichlet(np.ones(3), 40).astype(np.float32)
    found = look(labels, probabilities)
    assert found.accuracy == (probabilities.argmax(1) == labels).mean()
    exact = probabilities.astype(np.float64)
    assert found.nll == pytest.approx(log_loss(labels, exact / exact.sum(1, keepdims=True), labels=range(3)), rel=1e-4)


@pytest.mark.parametrize(
    ("one", "other", "better"),
    [(Look(0.9, 2), Look(0.8, 1), True), (Look(0.8, 1), Look(0.8, 2), True), (Look(0.8, 1), Look(0.8, 1), False),
     (Look(0.7, 0), Look(0.8, 9), False), (Look(0.0, 9), None, True)],
)  # fmt: skip
def test_more_rows_right_is_better_and_then_more_confidence(one: Look, other: Look | None, better: bool) -> None:
    assert one.better_than(other) is better


def test_patience_ends_and_gives_the_best_weights_back() -> None:
    weight, patience = torch.zeros(2), Patience(2)
    for step, accuracy in enumerate([0.5, 0.8, 0.7, 0.8], start=1):
        weight.fill_(step)
        assert not patience.over
        patience.see(Look(accuracy, 1.0), step, {"w": weight})
    assert patience.over
    again = Patience(2)
    again.take_up(*patience.to_state())
    again.restore({"w": weight})
    assert weight.tolist() == [2.0, 2.0]
    assert (again.best, again.best_step, again.over) == (Look(0.8, 1.0), 2, True)


def test_a_training_ends_early_with_the_weights_that_were_best(
    spec: TrainSpec, toy: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reports: list[StepReport] = []
    looks = iter([Look(0.5, 1.0), Look(0.7, 1.0), Look(0.6, 1.0), Look(0.7, 1.0), Look(0.9, 1.0)])
    monkeypatch.setattr(updates, "look", lambda *_: next(looks))
    dev = Examples(toy.texts[:9], toy.labels[:9])
    early = replace(spec, epochs=8, patience=2)
    result = fine_tune(early, toy.texts, toy.labels, out=tmp_path / "early", dev=dev, on_step=reports.append)
    assert result.steps == 4 * 8  # the third and fourth look were no better than the second
    assert result.dev == {"step": 16, "accuracy": 0.7, "nll": 1.0}
    assert [report.step for report in reports if report.dev] == [8, 16, 24, 32]
    assert [report.step for report in reports] == list(range(1, 33))
    stopped: list[StepReport] = []
    with pytest.raises(Exception, match="Stopped after step 16"):  # the same training, cut where it was best
        fine_tune(replace(spec, epochs=8), toy.texts, toy.labels, out=tmp_path / "cut", on_step=stopped.append,
                  should_stop=lambda: len(stopped) == 16)  # fmt: skip
    assert [report.loss for report in stopped] == [report.loss for report in reports[:16]]
    saved = load_file(tmp_path / "early" / "model.safetensors")
    for name, weight in result.classifier.network.named_parameters():
        np.testing.assert_array_equal(weight.detach().numpy(), saved[name])


def test_the_best_weights_are_those_that_the_dev_rows_were_asked_with(
    spec: TrainSpec, toy: SimpleNamespace, tmp_path: Path
) -> None:
    dev = Examples(toy.texts[:40], np.where(np.arange(40) % 3 == 0, 1 - toy.labels[:40], toy.labels[:40]))
    result = fine_tune(replace(spec, epochs=5, patience=5), toy.texts, toy.labels, out=tmp_path / "m", dev=dev)
    found = look(dev.labels, predict(result.classifier, dev.texts))
    assert result.dev is not None
    assert (found.accuracy, found.nll) == (result.dev["accuracy"], pytest.approx(result.dev["nll"], rel=1e-6))


def test_looking_at_dev_rows_changes_nothing_in_a_training_that_goes_to_its_end(
    spec: TrainSpec, toy: SimpleNamespace, tmp_path: Path
) -> None:
    seen: list[list[float]] = []
    for name, dev in (("without", None), ("with", Examples(toy.texts[:5], toy.labels[:5]))):
        reports: list[StepReport] = []
        fine_tune(
            replace(spec, epochs=3, patience=9), toy.texts, toy.labels, out=tmp_path / name, dev=dev,
            on_step=reports.append,
        )  # fmt: skip
        seen.append([report.loss for report in reports])
    assert seen[0] == seen[1]
