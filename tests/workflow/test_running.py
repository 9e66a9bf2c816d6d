"""Fine-tunes in this process that are stopped, fall over, and are taken up again by the same call."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import torch

from eudscore.errors import EudscoreError, Interrupted, RequestError, WorkspaceError
from eudscore.jobs.folder import RunFolder
from eudscore.records import Corpus, RunState
from eudscore.store.workspace import Workspace
from eudscore.training.classifier import Classifier
from eudscore.workflow import fitting
from eudscore.workflow.fitting import dynamics_of_run, fit_here
from eudscore.workflow.requests import FitOptions

CHANGING = ("seconds", "notes")  # from one attempt to the next


@pytest.fixture
def options(tiny_encoder: Path) -> FitOptions:
    return FitOptions(str(tiny_encoder), steps=8, device="cpu", learning_rate=1e-3)


def until(step: int, what: Any) -> Any:
    """Progress that does something after a step."""

    def advance(stage: str, done: int, _total: int) -> None:
        if stage.startswith("Training") and done == step:
            what()

    return advance


def ctrl_c() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return {**one, **dict.fromkeys(CHANGING)} == {**other, **dict.fromkeys(CHANGING)}


def test_ctrl_c_leaves_a_checkpoint_and_the_same_call_comes_to_the_same_result(
    workspace: Workspace, corpus: Corpus, options: FitOptions, tmp_path: Path
) -> None:
    straight = fit_here(workspace, corpus, None, corpus, options, out=tmp_path / "straight")
    handler = signal.getsignal(signal.SIGINT)
    with pytest.raises(Interrupted, match="Stopped after step 3 of 8; it goes on from there when it is started again"):
        fit_here(workspace, corpus, None, corpus, options, out=tmp_path / "run", on_progress=until(3, ctrl_c))
    assert signal.getsignal(signal.SIGINT) is handler
    run = RunFolder(tmp_path / "run")
    assert (run.path / "checkpoint" / "step-00000003").is_dir()
    with (run.path / "metrics.jsonl").open("a") as file:  # as if it had been killed later, in the middle of a line
        file.write(json.dumps({"step": 4, "loss": 0.0}) + '\n{"step": 5, "lo')
    again = fit_here(workspace, corpus, None, corpus, options, out=tmp_path / "run")
    assert again.folder == tmp_path / "run"
    assert same(again.metrics, straight.metrics)
    curves = [[(line["step"], line["loss"]) for line in RunFolder(path).read_metrics()]
              for path in (run.path, straight.folder)]  # fmt: skip
    assert curves[0] == curves[1]
    assert [step for step, _ in curves[0]] == list(range(1, 9))
    assert not (run.path / "checkpoint").exists()
    assert again.metrics["notes"] == ["It goes on after step 3 of 8."]
    assert "It goes on after step 3 of 8." in run.log.read_text()
    assert run.read_status().state is RunState.DONE


WORKER = """
import sys
from functools import partial
from eudscore.training import updates
from eudscore.worker import main
from eudscore.workflow import fitting

updates._CHECKPOINT_SHARE = 1e9
fitting.Upkeep = partial(fitting.Upkeep, every=0.2)
main([sys.argv[1]])
"""


@pytest.mark.faults
def test_a_worker_that_was_killed_in_mid_step_leaves_a_run_that_comes_to_the_same_metrics(
    workspace: Workspace, corpus: Corpus, options: FitOptions, tmp_path: Path
) -> None:
    long, run = replace(options, steps=300), RunFolder(tmp_path / "run")
    straight = fit_here(workspace, corpus, None, corpus, long, out=tmp_path / "straight")
    with pytest.raises(Interrupted):
        fit_here(workspace, corpus, None, corpus, long, out=run.path, on_progress=until(2, ctrl_c))
    threads = {**os.environ, "OMP_NUM_THREADS": str(torch.get_num_threads())}  # other sums have other roundings
    process = subprocess.Popen([sys.executable, "-c", WORKER, str(run.path)], env=threads)
    end = time.monotonic() + 120
    while time.monotonic() < end and process.poll() is None:
        if any(path.name > "step-00000002" for path in (run.path / "checkpoint").glob("step-*")):
            break
        time.sleep(0.005)
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait(10) == -signal.SIGKILL, f"it ended before it was killed: {run.log_tail()}"
    assert not run.model.exists()
    again = fit_here(workspace, corpus, None, corpus, long, out=run.path)
    for name in ("accuracy", "macro_f1", "nll", "ece"):
        assert again.metrics[name] == pytest.approx(straight.metrics[name], abs=1e-6)
    assert again.metrics["confusion"] == straight.metrics["confusion"]
    steps = [[line["step"] for line in RunFolder(path).read_metrics()] for path in (run.path, straight.folder)]
    assert steps[0] == steps[1]
    found = [(path / "dynamics.jsonl").read_text() for path in (run.path, straight.folder)]
    assert found[0] == found[1]
    resumed = [note.split()[5] for note in run.log.read_text().splitlines() if note.startswith("It goes on after")]
    assert resumed[0] == "2" != resumed[1]


def test_a_run_that_was_cancelled_goes_on_when_the_same_is_asked_again(
    workspace: Workspace, corpus: Corpus, options: FitOptions, tmp_path: Path
) -> None:
    run = RunFolder(tmp_path / "run")
    patient = replace(options, steps=40)
    session = fitting.fit_run

    def stop_at_two(one: Any, spec: Any, **more: Any) -> Any:
        one.should_stop = lambda: len(one.run.read_metrics()) >= 2
        return session(one, spec, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fitting, "fit_run", stop_at_two)
        with pytest.raises(Interrupted, match="Stopped after step 2 of 40"):
            fit_here(workspace, corpus, None, corpus, patient, out=run.path)
    run.cancel_marker.touch()
    assert fit_here(workspace, corpus, None, corpus, patient, out=run.path).metrics["steps"] == 40
    assert not run.cancel_marker.exists()


def test_one_that_fell_over_before_testing_is_not_trained_again(
    workspace: Workspace, corpus: Corpus, options: FitOptions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    straight = fit_here(workspace, corpus, None, corpus, options, out=tmp_path / "straight")

    def fall(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(fitting, "predict", fall)
        with pytest.raises(Interrupted):
            fit_here(workspace, corpus, None, corpus, options, out=tmp_path / "run")
    assert (tmp_path / "run" / "model" / "model.safetensors").exists()
    monkeypatch.setattr(Classifier, "logits", refusing_gradients(Classifier.logits))
    again = fit_here(workspace, corpus, None, corpus, options, out=tmp_path / "run")
    assert same(again.metrics, straight.metrics)
    assert len(RunFolder(tmp_path / "run").read_metrics()) == 8


def refusing_gradients(logits: Any) -> Any:

    def guarded(self: Classifier, *batch: Any) -> Any:
        assert torch.is_inference_mode_enabled(), "it trained again"
        return logits(self, *batch)

    return guarded


def test_a_finished_run_another_one_and_a_strange_folder_are_refused(
    workspace: Workspace, corpus: Corpus, options: FitOptions, tmp_path: Path
) -> None:
    with pytest.raises(Interrupted):
        fit_here(workspace, corpus, None, corpus, options, out=tmp_path / "run", on_progress=until(2, ctrl_c))
    before = (tmp_path / "run" / "status.json").read_bytes()
    for other, rows in ((replace(options, seed=9), None), (options, np.arange(60))):
        with pytest.raises(RequestError, match="unfinished training of other rows or with other options: give the sam"):
            fit_here(workspace, corpus, rows, corpus, other, out=tmp_path / "run")
    assert (tmp_path / "run" / "status.json").read_bytes() == before
    fit_here(workspace, corpus, None, corpus, options, out=tmp_path / "run")
    with pytest.raises(WorkspaceError, match="is there already and not empty, it holds a finished run"):
        fit_here(workspace, corpus, None, corpus, options, out=tmp_path / "run")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine")
    with pytest.raises(WorkspaceError, match="is there already and not empty"):
        fit_here(workspace, corpus, None, corpus, options, out=tmp_path / "mine")
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["notes.txt"]


def test_a_lack_of_memory_stands_in_log_result_and_sentence(
    workspace: Workspace, corpus: Corpus, options: FitOptions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    logits = Classifier.logits

    def small(self: Classifier, rows: Any, types: Any = None) -> Any:
        if self.network.training and len(rows) > 8:
            raise MemoryError
        return logits(self, rows, types)

    monkeypatch.setattr(Classifier, "logits", small)
    run = fit_here(workspace, corpus, None, corpus, options, out=tmp_path / "run")
    assert (run.metrics["rows_at_once"], run.metrics["batch_size"]) == (8, 16)
    for where in (run.sentence, RunFolder(run.folder).log.read_text()):
        assert "added up from parts of 8, and an update is still made of 16 rows" in where


def test_early_stopping_and_lora_from_the_options(
    workspace: Workspace, corpus: Corpus, options: FitOptions, tmp_path: Path
) -> None:
    wanted = replace(options, steps=None, epochs=6, early_stopping=1, method="lora", class_weights="balanced")
    run = fit_here(workspace, corpus, np.arange(0, 80), corpus, wanted, out=tmp_path / "run")
    found = run.metrics
    assert found["train_rows"] + found["dev_rows"] == 79
    assert found["dev"]["step"] <= found["steps"]
    assert (found["method"], found["learning_rate"]) == ("lora", 1e-3)
    share = found["dev_rows"] / (found["dev_rows"] + found["train_rows"])
    assert f"the best on {found['dev_rows']} rows ({share:.0%}) that were set aside" in run.sentence
    looks = [line for line in RunFolder(run.folder).read_metrics() if "dev_accuracy" in line]
    assert max(looks, key=lambda line: (line["dev_accuracy"], -line["dev_nll"]))["step"] == found["dev"]["step"]
    trained = ~np.isnan(dynamics_of_run(RunFolder(run.folder), corpus)["confidence"])
    assert trained.sum() == found["train_rows"]
    assert not trained[80:].any()


def test_the_dynamics_of_a_run_stand_by_row_of_its_corpus(
    workspace: Workspace, corpus: Corpus, options: FitOptions, tmp_path: Path
) -> None:
    rows = np.array([50, 3, 7, 20, 21, 22])  # 7 is blank
    run = fit_here(workspace, corpus, rows, corpus, replace(options, steps=3), out=tmp_path / "run")
    columns = dynamics_of_run(RunFolder(run.folder), corpus)
    assert np.flatnonzero(~np.isnan(columns["confidence"])).tolist() == [3, 20, 21, 22, 50]
    lines = [json.loads(line) for line in (run.folder / "dynamics.jsonl").read_text().splitlines()]
    assert [line["guid"] for line in lines] == [50, 3, 20, 21, 22]
    assert [line["times"] for line in lines] == [3] * 5


def test_pairs_are_trained_as_pairs(
    workspace: Workspace, corpus: Corpus, options: FitOptions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What decides is in the second text alone, and types of tokens tell it from the first."""
    table = pa.table({"one": ["the team"] * 40, "two": ["bank refund", "goal match"] * 20})
    from eudscore.records import Roles

    pairs = Corpus("pairs", "p", table, Roles("one", pair="two"), ("money", "sport"), np.arange(40) % 2)
    seen: list[Any] = []
    logits = Classifier.logits

    def watched(self: Classifier, rows: Any, types: Any = None) -> Any:
        seen.append(types)
        return logits(self, rows, types)

    monkeypatch.setattr(Classifier, "logits", watched)
    run = fit_here(workspace, pairs, None, pairs, replace(options, steps=60), out=tmp_path / "run")
    assert run.metrics["accuracy"] == 1.0
    assert seen


def test_several_labels_a_row_from_the_options_to_the_metrics(
    workspace: Workspace, corpus: Corpus, options: FitOptions, tmp_path: Path
) -> None:
    words = {"money": "refund", "sport": "team"}
    lists = [[name for name, word in words.items() if word in text] for text in corpus.texts()]
    table = corpus.table.append_column("tags", pa.array(lists, pa.list_(pa.string())))
    several = Corpus("several", "s", table, corpus.roles, corpus.classes, corpus.labels)
    wanted = replace(options, labels="tags", steps=60, learning_rate=3e-3)
    run = fit_here(workspace, several, None, several, wanted, out=tmp_path / "run")
    assert run.metrics["accuracy"] > 0.95
    assert set(run.metrics["recall"]) == {"money", "sport"}
    assert run.metrics["intervals"]["micro_f1"][0] <= run.metrics["micro_f1"]
    from transformers import pipeline

    answer = pipeline("text-classification", str(run.folder / "model"), top_k=None)("where is my refund")
    assert {one["label"]: one["score"] > 0.5 for one in answer[0]} == {"money": True, "sport": False}
    assert "every label is right" in (run.folder / "model" / "README.md").read_text()


def test_the_model_card_names_what_it_was_made_of(
    workspace: Workspace, corpus: Corpus, options: FitOptions, tmp_path: Path
) -> None:
    run = fit_here(workspace, corpus, None, corpus, options, out=tmp_path / "run")
    card = (run.folder / "model" / "README.md").read_text()
    assert f"{corpus.id}-{corpus.labels_id}" in card
    assert f"| accuracy | {run.metrics['accuracy']:.4f} |" in card
    assert "seed `0`" in card
    assert "steps `8`" in card
    for name in corpus.classes:
        assert f"| `{name}` |" in card


def test_onnx_that_cannot_be_written_is_said_before_anything_is_trained(
    workspace: Workspace, corpus: Corpus, options: FitOptions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import importlib.util

    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *more: None if name == "onnx" else find(name, *more))
    with pytest.raises(
        EudscoreError, match=r"packages? onnx( and onnxscript)? must be installed: pip install 'eudscore\[onnx\]'"
    ):
        fit_here(workspace, corpus, None, corpus, replace(options, onnx=True), out=tmp_path / "run")
    assert not (tmp_path / "run").exists()
