"""A training that was stopped or killed goes on as if nothing had happened."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file

from eudscore.errors import Interrupted
from eudscore.training import updates
from eudscore.training.classifier import predict
from eudscore.training.dynamics import Dynamics
from eudscore.training.fine_tune import Examples, FineTuned, fine_tune
from eudscore.training.randomness import random_state, seeded, set_random_state
from eudscore.training.spec import ClassWeights, Method, TrainSpec
from eudscore.training.upkeep import StepReport, Upkeep


class Watched:
    """A training whose reports, notes and dynamics are kept, and that stops after some steps."""

    def __init__(self, folder: Path, toy: SimpleNamespace, dev: Examples | None = None) -> None:
        self.folder, self._toy, self._dev = folder, toy, dev
        self.reports: list[StepReport] = []
        self.told: list[str] = []
        self.dynamics: list[Dynamics] = []

    def run(self, spec: TrainSpec, *, until: int = 10**9, every: float = 1e9) -> FineTuned:
        upkeep = Upkeep(self.folder / "checkpoint", every, self.told.append, self.dynamics.append)
        return fine_tune(
            spec, self._toy.texts, self._toy.labels, out=self.folder / "model", dev=self._dev,
            on_step=self.reports.append, upkeep=upkeep,
            should_stop=lambda: bool(self.reports) and self.reports[-1].step >= until,
        )  # fmt: skip

    @property
    def curve(self) -> list[tuple[Any, ...]]:
        return [(one.step, one.loss, one.accuracy, one.learning_rate, one.dev) for one in self.reports]

    @property
    def weights(self) -> dict[str, np.ndarray]:
        return load_file(self.folder / "model" / "model.safetensors")


def assert_same(one: Watched, other: Watched) -> None:
    assert one.curve == other.curve
    assert one.weights.keys() == other.weights.keys()
    for name, weight in one.weights.items():
        np.testing.assert_array_equal(weight, other.weights[name])
    for mine, its in zip(asdict(one.dynamics[-1]).values(), asdict(other.dynamics[-1]).values(), strict=True):
        np.testing.assert_array_equal(mine, its)


@pytest.mark.parametrize("method", list(Method))
@pytest.mark.parametrize("cuts", [[5], [1, 8, 9, 15]])
def test_stopped_anywhere_it_comes_to_the_same_model_to_the_bit(
    spec: TrainSpec, toy: SimpleNamespace, tmp_path: Path, method: Method, cuts: list[int]
) -> None:
    spec = replace(spec, steps=17, method=method, class_weights=ClassWeights.BALANCED)
    whole, parts = Watched(tmp_path / "whole", toy), Watched(tmp_path / "parts", toy)
    straight = whole.run(spec)
    for until in cuts:
        with pytest.raises(Interrupted, match=f"Stopped after step {until} of 17; it goes on from there"):
            parts.run(spec, until=until)
        assert not (parts.folder / "model").exists()
    resumed = parts.run(spec)
    assert_same(whole, parts)
    assert parts.told == [f"It goes on after step {until} of 17." for until in cuts]
    assert (resumed.steps, resumed.rows_seen) == (straight.steps, straight.rows_seen)
    assert not (parts.folder / "checkpoint").exists()


def test_with_early_stopping_too(spec: TrainSpec, toy: SimpleNamespace, tmp_path: Path) -> None:
    dev = Examples(["the bank was late", "my team won", "refund please"], np.array([0, 1, 1]))
    spec = replace(spec, epochs=6, patience=2)
    whole, parts = Watched(tmp_path / "whole", toy, dev), Watched(tmp_path / "parts", toy, dev)
    straight = whole.run(spec)
    for until in (9, 20):
        with pytest.raises(Interrupted):
            parts.run(spec, until=until)
    assert parts.run(spec).dev == straight.dev
    assert_same(whole, parts)


def test_checkpoints_are_made_by_time_and_never_after_the_last_step(
    spec: TrainSpec, toy: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved: list[int] = []
    monkeypatch.setattr(updates, "_CHECKPOINT_SHARE", 1e9)
    monkeypatch.setattr(updates.Checkpoints, "save", lambda _, state: saved.append(state.step))
    Watched(tmp_path / "often", toy).run(replace(spec, steps=6), every=0.0)
    assert saved == [1, 2, 3, 4, 5]
    Watched(tmp_path / "never", toy).run(replace(spec, steps=6))
    assert saved == [1, 2, 3, 4, 5]


def test_one_that_takes_long_is_made_less_often(
    spec: TrainSpec, toy: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved: list[int] = []
    clock = iter(range(10**6))
    monkeypatch.setattr(updates.time, "perf_counter", lambda: float(next(clock)))
    monkeypatch.setattr(updates.Checkpoints, "save", lambda _, state: saved.append(state.step))
    Watched(tmp_path, toy).run(replace(spec, steps=60), every=0.0)
    assert 1 <= len(saved) <= 3  # of 60: each took one tick, and a step takes two


def test_a_full_disk_does_not_end_a_training_that_still_has_its_memory(
    spec: TrainSpec, toy: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import safetensors.torch

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(safetensors.torch, "save_file", full)
    monkeypatch.setattr(updates, "_CHECKPOINT_SHARE", 1e9)
    watched = Watched(tmp_path, toy)
    with pytest.raises(Exception, match="No space left on device"):  # where the training is asked to leave
        watched.run(replace(spec, steps=6), until=4, every=0.0)
    assert [sentence.partition(",")[0] for sentence in watched.told[:2]] == [
        "No checkpoint after step 1", "No checkpoint after step 2",
    ]  # fmt: skip


def test_a_damaged_checkpoint_is_told_and_the_training_begins_anew(
    spec: TrainSpec, toy: SimpleNamespace, tmp_path: Path
) -> None:
    spec = replace(spec, steps=8)
    whole, broken = Watched(tmp_path / "whole", toy), Watched(tmp_path / "broken", toy)
    whole.run(spec)
    with pytest.raises(Interrupted):
        broken.run(spec, until=3)
    (state,) = (broken.folder / "checkpoint").glob("step-*/state.safetensors")
    state.write_bytes(state.read_bytes()[:-1])
    broken.reports.clear()
    broken.run(spec)
    assert len(broken.told) == 1
    assert "bytes instead of" in broken.told[0]
    assert "begins anew" in broken.told[0]
    assert_same(whole, broken)


def test_a_checkpoint_of_other_rows_is_not_taken_up(spec: TrainSpec, toy: SimpleNamespace, tmp_path: Path) -> None:
    watched = Watched(tmp_path, toy)
    with pytest.raises(Interrupted):
        watched.run(replace(spec, steps=8), until=3)
    other = Watched(tmp_path, SimpleNamespace(texts=toy.texts, labels=1 - toy.labels))
    other.run(replace(spec, steps=8))
    assert [report.step for report in other.reports] == list(range(1, 9))
    assert "other rows, options or another model" in other.told[0]


def test_a_model_that_is_there_is_not_trained_again(spec: TrainSpec, toy: SimpleNamespace, tmp_path: Path) -> None:
    watched = Watched(tmp_path, toy)
    first = watched.run(replace(spec, steps=4))
    before, watched.reports = list(watched.reports), []
    again = watched.run(replace(spec, steps=4))
    assert before
    assert watched.reports == []
    assert {**vars(again), "classifier": None} == {**vars(first), "classifier": None}
    np.testing.assert_array_equal(predict(again.classifier, toy.texts), predict(first.classifier, toy.texts))


def test_random_numbers_go_on_where_they_were_and_those_outside_are_left_alone() -> None:
    import random

    import torch

    outside = random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state().tolist()  # noqa: NPY002

    def draw() -> list[float]:
        return [random.random(), random.gauss(), np.random.rand(), np.random.randn(), torch.rand(1).item()]  # noqa: NPY002

    with seeded(3):
        draw()
        tensors, numbers = random_state()
        wanted = draw()
    with seeded(4):
        set_random_state(tensors, json.loads(json.dumps(numbers)))
        assert draw() == wanted
    with seeded(3):
        assert draw() != wanted
    assert outside == (random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state().tolist())  # noqa: NPY002


SCRIPT = """
import json, sys, time
from pathlib import Path
import numpy as np, torch
torch.set_num_threads(1)
from eudscore.training import updates
from eudscore.training.fine_tune import fine_tune
from eudscore.training.spec import TrainSpec
from eudscore.training.upkeep import Upkeep

told = json.loads(Path(sys.argv[1]).read_text())
folder = Path(sys.argv[2])
updates._CHECKPOINT_SHARE = 1e9

def on_step(report):
    with (folder / "steps.txt").open("a") as file:
        file.write(f"{report.step} {report.loss!r} {report.accuracy!r}\\n")
    time.sleep(0.05)

fine_tune(TrainSpec.from_json(told["spec"]), told["texts"], np.array(told["labels"]), out=folder / "model",
          on_step=on_step, upkeep=Upkeep(folder / "checkpoint", every=0.2))
"""


@pytest.mark.faults
def test_killed_in_mid_step_it_comes_to_the_same_model_as_one_that_was_not(
    spec: TrainSpec, toy: SimpleNamespace, tmp_path: Path
) -> None:
    spec = replace(spec, steps=40)
    whole, killed = Watched(tmp_path / "whole", toy), Watched(tmp_path / "killed", toy)
    whole.run(spec)
    told = {"spec": spec.to_json(), "texts": toy.texts, "labels": toy.labels.tolist()}
    (tmp_path / "told.json").write_text(json.dumps(told))
    killed.folder.mkdir()
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(tmp_path / "told.json"), str(killed.folder)],
        env={**os.environ, "OMP_WAIT_POLICY": "PASSIVE"},
    )
    steps, end = killed.folder / "steps.txt", time.monotonic() + 120
    while time.monotonic() < end and process.poll() is None:
        if list((killed.folder / "checkpoint").glob("step-*")) and len(steps.read_text().splitlines()) >= 8:
            break
        time.sleep(0.005)
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait(10) == -signal.SIGKILL, "it ended before it was killed"
    assert not (killed.folder / "model").exists()
    killed.run(spec)
    done = int(killed.told[-1].removeprefix("It goes on after step ").split()[0])
    assert 0 < done < 40
    assert killed.curve == whole.curve[done:]
    before = [tuple(map(float, line.split())) for line in steps.read_text().splitlines()]
    assert before == [(one.step, one.loss, one.accuracy) for one in whole.reports[: len(before)]]
    killed.reports = whole.reports
    assert_same(whole, killed)
    assert not (killed.folder / "checkpoint").exists()
