"""Fine-tunes from submission to result, with a small real model in a real worker process."""

import time
from pathlib import Path

import numpy as np
import pytest

from eudscore.errors import InputError
from eudscore.jobs.folder import RunFolder
from eudscore.jobs.state import request_cancel, state_of
from eudscore.records import Corpus, RunState
from eudscore.selection.request import SelectionRequest
from eudscore.store.workspace import Workspace
from eudscore.workflow.choosing import Subset, select
from eudscore.workflow.fitting import fit_here
from eudscore.workflow.preparing import prepare
from eudscore.workflow.requests import Entropy, FitOptions, ScoreRequest
from eudscore.workflow.scoring import score
from eudscore.workflow.submitting import PREPARE, TRAIN, held_out, jobs_of, submit_preparation, submit_training


@pytest.fixture
def subset(workspace: Workspace, corpus: Corpus) -> Subset:
    scores = score(workspace, workspace.keep_corpus(corpus), ScoreRequest((Entropy.INFORMATION,)))
    return select(workspace, scores, SelectionRequest(0.5))


def wait(folders: list[RunFolder], seconds: float = 300) -> list[RunState]:
    end = time.monotonic() + seconds
    while time.monotonic() < end and any(state_of(folder.path).active for folder in folders):
        time.sleep(0.2)
    return [state_of(folder.path).state for folder in folders]


def test_three_runs_share_test_rows_that_none_of_them_trains_on(
    workspace: Workspace, corpus: Corpus, subset: Subset, tiny_encoder: Path
) -> None:
    ref = workspace.keep_corpus(corpus)
    test = held_out(workspace, ref, seed=0)
    options = FitOptions(str(tiny_encoder), steps=6, device="cpu")
    folders = submit_training(workspace, ref, subset, test, options)
    assert wait(folders) == [RunState.DONE] * 3, folders[0].log_tail()
    jobs = {job.spec["arm"]: job for job in jobs_of(workspace, ref, TRAIN)}
    assert set(jobs) == {"subset", "random", "full"}
    for job in jobs.values():
        assert not set(job.spec["rows"]) & set(job.spec["test"]["rows"])
        result = job.status.result
        assert result["accuracy_low"] <= result["accuracy"] <= result["accuracy_high"]
        assert result["steps"] == 6
        assert len(job.folder.read_metrics()) == 6
        assert (job.folder.model / "model.safetensors").is_file()
    assert len(jobs["random"].spec["rows"]) == len(jobs["subset"].spec["rows"])
    assert set(jobs["subset"].spec["rows"]) <= set(subset.rows.tolist())
    assert len(jobs["full"].spec["rows"]) == 89 - len(test.rows if test.rows is not None else [])


def test_held_out_rows_do_not_follow_the_selection(workspace: Workspace, corpus: Corpus) -> None:
    ref = workspace.keep_corpus(corpus)
    test = held_out(workspace, ref, seed=0)
    assert test.rows is not None
    assert len(test.rows) == 18
    counts = np.bincount(corpus.labels[test.rows])
    assert counts.max() - counts.min() <= 1


def test_cancelling_ends_the_run_and_those_that_wait(
    workspace: Workspace, corpus: Corpus, subset: Subset, tiny_encoder: Path
) -> None:
    ref = workspace.keep_corpus(corpus)
    options = FitOptions(str(tiny_encoder), steps=100_000, device="cpu")
    folders = submit_training(workspace, ref, subset, held_out(workspace, ref, seed=0), options, baselines=["full"])
    end = time.monotonic() + 60
    while state_of(folders[0].path).step < 3 and time.monotonic() < end:
        time.sleep(0.1)
    for folder in folders:
        assert request_cancel(folder.path)
    assert wait(folders, 30) == [RunState.CANCELLED, RunState.CANCELLED]


def test_training_in_this_process_gives_a_run_like_any_other(
    workspace: Workspace, corpus: Corpus, tiny_encoder: Path, tmp_path: Path
) -> None:
    run = fit_here(
        workspace, corpus, None, corpus, FitOptions(str(tiny_encoder), epochs=1, device="cpu"), out=tmp_path / "run"
    )
    assert run.folder == tmp_path / "run"
    assert sorted(path.name for path in run.folder.iterdir()) == [
        "dynamics.jsonl", "log.txt", "metrics.jsonl", "model", "spec.json", "status.json",
    ]  # fmt: skip
    assert run.metrics["test_rows"] == 89
    assert "accuracy" in run.sentence


def test_nothing_to_train_on_is_said_before_anything_starts(workspace: Workspace, corpus: Corpus) -> None:
    labels = np.where(np.arange(90) == 3, 0, -1)
    unlabelled = Corpus(corpus.name, corpus.source, corpus.table, corpus.roles, corpus.classes, labels)
    ref = workspace.keep_corpus(unlabelled)
    scores = score(workspace, ref, ScoreRequest((Entropy.INFORMATION,)))
    chosen = select(workspace, scores, SelectionRequest(10))
    with pytest.raises(InputError, match="labelled rows of fewer than two classes"):
        submit_training(workspace, ref, chosen, held_out(workspace, ref, seed=0), FitOptions())
    assert jobs_of(workspace, ref, TRAIN) == []


def test_preparation_in_a_worker_gives_scores_and_a_map(
    workspace: Workspace, corpus: Corpus, tiny_encoder: Path
) -> None:
    ref = workspace.keep_corpus(corpus)
    request = ScoreRequest((Entropy.INFORMATION, Entropy.SEMANTIC, Entropy.PREDICTIVE), str(tiny_encoder), None, "cpu")
    folder = submit_preparation(workspace, ref, request)
    assert submit_preparation(workspace, ref, request) == folder, "the same work was begun twice"
    assert wait([folder]) == [RunState.DONE], folder.log_tail()
    (job,) = jobs_of(workspace, ref, PREPARE)
    assert {"igse", "semantic_entropy", "predictive_label_gap"} <= set(job.status.result["columns"])
    layouts = workspace.layouts(ref.id)
    assert [card.parameters["method"] for _, card in layouts] == ["UMAP", "PCA"]
    xy = workspace.layout(ref.id, layouts[0][0])
    assert np.isnan(xy[7]).all()
    assert np.isfinite(np.delete(xy, 7, axis=0)).all()


def test_a_test_set_that_does_not_fit_leaves_no_folder_behind(
    workspace: Workspace, corpus: Corpus, tiny_encoder: Path, tmp_path: Path
) -> None:
    other = Corpus("other", "o", corpus.table, corpus.roles, ("x", "y", "z"), corpus.labels)
    with pytest.raises(InputError, match="labels the training data does not know"):
        fit_here(workspace, corpus, None, other, FitOptions(str(tiny_encoder)), out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_test_set_is_not_one_of_the_users_data_sets(
    workspace: Workspace, corpus: Corpus, tiny_encoder: Path, tmp_path: Path
) -> None:
    ref = workspace.keep_corpus(corpus)
    test = Corpus("test", "t", corpus.table.slice(0, 30), corpus.roles, corpus.classes, corpus.labels[:30])
    fit_here(workspace, corpus, None, test, FitOptions(str(tiny_encoder), steps=1, device="cpu"), out=tmp_path / "run")
    assert [entry.ref for entry in workspace.corpora()] == [ref]


def test_labels_that_do_not_do_for_a_classifier_spoil_no_other_score(
    workspace: Workspace, corpus: Corpus, tiny_encoder: Path
) -> None:
    labels = np.zeros(len(corpus), dtype=np.int64)
    one_class = Corpus(corpus.name, corpus.source, corpus.table, corpus.roles, corpus.classes, labels)
    ref = workspace.keep_corpus(one_class)
    request = ScoreRequest((Entropy.INFORMATION, Entropy.SEMANTIC, Entropy.PREDICTIVE), str(tiny_encoder), None, "cpu")
    result = prepare(workspace, ref, request)
    assert "igse" in result["columns"]
    assert "toy has one class" in result["left_out"]
