"""`eudscore jobs`: exit status, sentences, and what scripts read."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from eudscore.cli import cli
from eudscore.jobs import queue as queue_module
from eudscore.jobs.folder import ProcessId, RunFolder
from eudscore.jobs.state import state_of
from eudscore.records import Corpus, Roles, RunState
from eudscore.store.workspace import CorpusRef, Workspace
from eudscore.workflow.queueing import PROFILE, TRAIN, run_spec
from eudscore.workflow.requests import FitOptions
from eudscore.workflow.submitting import enqueue, submit_profile

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setenv("EUDSCORE_WORKSPACE", str(tmp_path / "ws"))
    return Workspace(tmp_path / "ws")


@pytest.fixture
def ref(workspace: Workspace) -> CorpusRef:
    table = pa.table({"text": [f"text number {row} of a few" for row in range(30)]})
    return workspace.keep_corpus(Corpus("few", "few.csv", table, Roles("text"), (), np.full(30, -1)))


@pytest.fixture
def nobody_works(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue_module, "call_foreman", lambda *_: None)


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Run:
    def inside(*arguments: str) -> subprocess.CompletedProcess[str]:
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main(["jobs", *arguments], prog_name="eudscore")
        said = capfd.readouterr()
        return subprocess.CompletedProcess(arguments, int(ended.value.code or 0), said.out, said.err)

    return inside


def queue_training(workspace: Workspace, ref: CorpusRef) -> RunFolder:
    details = {
        "experiment": "e", "arm": "subset", "rows": [0], "test": {}, "recipe": None,
        "options": vars(FitOptions(device="cpu", steps=3)),
    }  # fmt: skip
    (folder,) = enqueue(workspace, [run_spec(workspace, ref, TRAIN, details)])
    return folder


def test_a_job_is_followed_to_its_end(run: Run, workspace: Workspace, ref: CorpusRef) -> None:
    """With the real foreman and a real worker."""
    folder = submit_profile(workspace, ref)
    done = run("show", folder.path.name, "--follow")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"{folder.path.name}: profile, ")
    assert done.stdout.splitlines()[-1].startswith("done")
    assert state_of(folder.path).state is RunState.DONE
    shown = run("show", folder.path.name)
    assert "profile, done" in shown.stdout
    assert "memory" in shown.stdout


def test_ctrl_c_ends_the_look_and_not_the_job(workspace: Workspace, ref: CorpusRef, nobody_works: None) -> None:
    folder = submit_profile(workspace, ref)
    folder.pause_marker.touch()  # so that nobody begins it
    me = ProcessId.of(os.getpid())
    folder.write_status(replace(folder.read_status(), state=RunState.RUNNING, process=me))
    command = [sys.executable, "-c", "from eudscore.cli import main; main()", "jobs", "show", "2", "--follow"]
    looking = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ})
    assert looking.stdout is not None
    assert "profile" in looking.stdout.readline()
    looking.send_signal(signal.SIGINT)
    _, said = looking.communicate(timeout=60)
    assert looking.returncode == 130
    assert "Traceback" not in said
    assert not folder.cancel_marker.exists()
    folder.write_status(replace(folder.read_status(), state=RunState.PAUSED))  # the foreman that it called may go


def test_the_list_is_for_people_and_for_scripts(
    run: Run, workspace: Workspace, ref: CorpusRef, nobody_works: None
) -> None:
    assert run("list").stdout == "There are no jobs.\n"
    waits, ended = queue_training(workspace, ref), queue_training(workspace, ref)
    ended.write_status(replace(ended.read_status(), state=RunState.DONE, step=3, total=3, message="Done."))
    lines = run("list").stdout.splitlines()
    assert [line.split()[:3] for line in lines] == [
        [waits.path.name, "train", "queued"], [ended.path.name, "train", "done"],
    ]  # fmt: skip
    assert all(" few subset " in line for line in lines)
    found = json.loads(run("list", "--json").stdout)
    assert [(one["id"], one["state"], one["step"], one["total"]) for one in found] == [
        (waits.path.name, "queued", 0, 0), (ended.path.name, "done", 3, 3),
    ]  # fmt: skip
    assert {(one["data"], one["arm"]) for one in found} == {("few", "subset")}
    shutil.rmtree(workspace.root / "corpora" / str(ref))
    assert [line.split()[:3] for line in run("list").stdout.splitlines()] == [line.split()[:3] for line in lines]


def test_of_many_jobs_that_ended_the_last_are_shown_unless_all_are_asked_for(
    run: Run, workspace: Workspace, ref: CorpusRef, nobody_works: None
) -> None:
    for number in range(23):
        folder = RunFolder(workspace.runs / f"run-{number:02}")
        folder.create(run_spec(workspace, ref, PROFILE, {}))
        folder.write_status(replace(folder.read_status(), state=RunState.DONE, created_at=float(number)))
    lines = run("list").stdout.splitlines()
    assert len(lines) == 21
    assert lines[0].startswith("run-22")
    assert lines[-1] == "and 3 more: --all shows them."
    assert len(run("list", "--all").stdout.splitlines()) == 23


def test_without_a_database_the_list_says_why_and_shows_what_there_is(
    run: Run, workspace: Workspace, ref: CorpusRef, nobody_works: None
) -> None:
    folder = queue_training(workspace, ref)
    for path in workspace.root.glob("eudscore.db*"):
        path.unlink()
    (workspace.root / "eudscore.db").write_bytes(b"no database " * 999)
    done = run("list")
    assert done.returncode == 0
    assert done.stdout.startswith(folder.path.name)
    assert "eudscore.db cannot be used" in done.stderr
    assert "from the folders of the runs" in done.stderr
    assert run("cancel", folder.path.name).returncode == 1


def test_verbs_say_how_it_is_then(run: Run, workspace: Workspace, ref: CorpusRef, nobody_works: None) -> None:
    name = queue_training(workspace, ref).path.name
    for verb, said in [
        ("pause", "paused. Paused before it started."), ("resume", "queued. Waiting to go on."),
        ("cancel", "cancelled. Cancelled before it started."), ("retry", "queued. Waiting to go on."),
    ]:  # fmt: skip
        done = run(verb, name)
        assert (done.returncode, done.stdout, done.stderr) == (0, f"{said}\n", "")
    assert run("priority", name, "-7").returncode == 0
    assert json.loads(run("show", name, "--json").stdout)["priority"] == -7


def test_a_copy_is_queued_with_other_options(
    run: Run, workspace: Workspace, ref: CorpusRef, nobody_works: None
) -> None:
    name = queue_training(workspace, ref).path.name
    done = run("duplicate", name, "--set", "steps=9", "--set", "model=some/model", "--set", "learning_rate=1e-4")
    assert done.returncode == 0, done.stderr
    options = RunFolder(workspace.runs / done.stdout.strip()).read_spec()["options"]
    assert (options["steps"], options["model"], options["learning_rate"]) == (9, "some/model", 1e-4)


@pytest.mark.parametrize(
    ("arguments", "status", "sentence"),
    [
        (["show", "nowhere"], 1, "There is no job 'nowhere'"),
        (["cancel", "DONE"], 1, "cannot be cancelled: it is done"),
        (["resume", "DONE"], 1, "cannot be resumed: it is done"),
        (["duplicate", "DONE", "--set", "stepz=1"], 1, "has no option 'stepz'"),
        (["duplicate", "DONE", "--set", "steps"], 2, "--set wants OPTION=VALUE"),
        (["priority", "DONE", "9999999"], 1, "There is no priority 9999999"),
        (["priority", "DONE", "high"], 2, "not a valid integer"),
        (["cancel"], 2, "Missing argument 'ID'"),
        (["stop", "x"], 2, "No such command 'stop'"),
    ],
)
def test_what_cannot_be_is_one_sentence(
    run: Run, workspace: Workspace, ref: CorpusRef, nobody_works: None, arguments: list[str], status: int, sentence: str
) -> None:
    folder = queue_training(workspace, ref)
    folder.write_status(replace(folder.read_status(), state=RunState.DONE))
    done = run(*[folder.path.name if argument == "DONE" else argument for argument in arguments])
    assert done.returncode == status
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
    assert status == 2 or done.stderr.count("\n") == 1


def test_a_place_that_is_no_workspace_is_said_and_not_made(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EUDSCORE_WORKSPACE", str(tmp_path / "nowhere"))
    for arguments in (["list"], ["show", "x"], ["cancel", "x"]):
        done = run(*arguments)
        assert (done.returncode, "is no workspace" in done.stderr) == (1, True)
    assert not (tmp_path / "nowhere").exists()
