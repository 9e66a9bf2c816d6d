"""Real processes: what an impatient user and a killed worker leave behind."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from eudscore.errors import WorkspaceError
from eudscore.jobs.folder import RunFolder
from eudscore.jobs.launch import start_run
from eudscore.jobs.state import request_cancel, request_pause, state_of
from eudscore.records import RunState

NewRun = Callable[..., RunFolder]
Until = Callable[..., None]


def running(run: RunFolder) -> bool:
    status = state_of(run.path)
    return status.state is RunState.RUNNING and status.step > 0


def test_a_worker_does_its_run_and_its_output_is_the_log(new_run: NewRun, argv: list[str]) -> None:
    run = new_run("count", to=3)
    process = start_run(run, argv=argv)
    assert process.wait(60) == 0
    status = state_of(run.path)
    assert (status.state, status.result) == (RunState.DONE, {"sum": 14, "pid": process.pid})
    assert status.memory["rss_peak"] >= status.memory["rss"] > 1_000_000
    assert run.log_tail() == "working on run-0\n"
    assert [metric["step"] for metric in run.read_metrics()] == [1, 2, 3]
    assert not (run.path / ".room").exists()


def test_what_its_environment_is_to_say_reaches_the_worker(new_run: NewRun) -> None:
    run = new_run()
    code = "import os; print(os.environ['CUDA_VISIBLE_DEVICES'], os.environ['OMP_WAIT_POLICY'])"
    start_run(run, argv=[sys.executable, "-c", code], more={"CUDA_VISIBLE_DEVICES": "7"}).wait(60)
    assert run.log_tail() == "7 PASSIVE\n"


@pytest.mark.parametrize(
    ("do", "message"),
    [
        ("refuse", "There is no column 'x', only 'y'. Choose it."),
        ("break", "Unexpected ZeroDivisionError: the end of log.txt has the details."),
    ],
)
def test_a_run_that_fails_says_why(new_run: NewRun, argv: list[str], do: str, message: str) -> None:
    run = new_run(do)
    start_run(run, argv=argv).wait(60)
    assert (run.read_status().state, run.read_status().message) == (RunState.FAILED, message)


def test_a_task_that_does_not_listen_is_ended(
    new_run: NewRun, argv: list[str], until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATIENCE", "0.1")
    run = new_run("ignore")
    process = start_run(run, argv=argv)
    until(lambda: running(run))
    request_cancel(run.path)
    assert process.wait(60) == 130
    assert run.read_status().state is RunState.CANCELLED
    assert "did not stop by itself" in run.read_status().message


def test_a_killed_worker_is_noticed(new_run: NewRun, argv: list[str], until: Until) -> None:
    run = new_run("wait")
    process = start_run(run, argv=argv)
    until(lambda: running(run))
    process.kill()
    until(lambda: not state_of(run.path).active)
    process.wait(60)
    assert state_of(run.path).state is RunState.LOST
    assert run.read_status().state is RunState.RUNNING  # its own last word, which nobody overwrote


def test_a_run_whose_process_is_asked_to_end_is_lost_so_that_it_can_go_on(
    new_run: NewRun, argv: list[str], until: Until
) -> None:
    run = new_run("wait")
    process = start_run(run, argv=argv)
    until(lambda: running(run))
    os.kill(process.pid, signal.SIGTERM)
    assert process.wait(60) == 0
    assert run.read_status().state is RunState.LOST


def test_a_run_that_is_paused_rests_with_what_it_has_done(new_run: NewRun, argv: list[str], until: Until) -> None:
    run = new_run("count", to=1000, pause=0.02)
    process = start_run(run, argv=argv)
    until(lambda: running(run))
    assert request_pause(run.path)
    assert process.wait(60) == 0
    status = run.read_status()
    assert status.state is RunState.PAUSED
    assert status.message == f"Paused after step {status.step}."
    assert 0 < status.step < 1000


def test_a_run_survives_the_one_who_started_it(new_run: NewRun, argv: list[str], until: Until) -> None:
    run = new_run("wait")
    code = (
        "import sys; from pathlib import Path; from eudscore.jobs.folder import RunFolder\n"
        "from eudscore.jobs.launch import start_run\n"
        "print(start_run(RunFolder(Path(sys.argv[1])), argv=sys.argv[2:]).pid)"
    )
    command = [sys.executable, "-W", "ignore", "-c", code, str(run.path), *argv]
    starter = subprocess.run(command, capture_output=True, text=True, check=True)
    until(lambda: running(run))
    worker = psutil.Process(int(starter.stdout))
    assert os.getsid(worker.pid) == worker.pid  # no terminal's end reaches it
    assert starter.stderr == ""
    request_cancel(run.path)
    until(lambda: not state_of(run.path).active)
    assert run.read_status().state is RunState.CANCELLED


def test_a_run_that_is_removed_while_it_works_ends(
    new_run: NewRun, argv: list[str], until: Until, tmp_path: Path
) -> None:
    run = new_run("wait")
    process = start_run(run, argv=argv)
    until(lambda: running(run))
    run.path.rename(tmp_path / "removed")
    process.wait(60)
    assert not run.path.exists()


def test_what_is_no_run_is_not_started(tmp_path: Path, argv: list[str]) -> None:
    with pytest.raises(WorkspaceError, match="is not a run"):
        start_run(RunFolder(tmp_path), argv=argv)


def test_a_worker_that_is_not_there_is_one_sentence(new_run: NewRun, tmp_path: Path) -> None:
    with pytest.raises(WorkspaceError, match=r"nothing' cannot be started .*: check the installation"):
        start_run(new_run(), argv=[str(tmp_path / "nothing")])
