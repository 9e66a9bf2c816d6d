"""Real processes: what a closed tab, an impatient user and a killed worker leave behind."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from eudscore.errors import WorkspaceError
from eudscore.jobs.folder import RunFolder
from eudscore.jobs.launch import start
from eudscore.jobs.state import request_cancel, state_of
from eudscore.records import RunState

NewRun = Callable[..., RunFolder]
Until = Callable[..., None]


def ended(run: RunFolder) -> bool:
    return not state_of(run.path).active


def running(run: RunFolder) -> bool:
    status = state_of(run.path)
    return status.state is RunState.RUNNING and status.step > 0


def test_one_worker_does_two_runs_in_order_each_with_its_own_log(
    new_run: NewRun, argv: list[str], until: Until
) -> None:
    first, second = new_run("count", to=3), new_run("count", to=4)
    pid = start([first.path, second.path], argv=argv)
    until(lambda: ended(first) and ended(second))
    assert [state_of(run.path).result for run in (first, second)] == [
        {"counted": 3, "pid": pid},
        {"counted": 4, "pid": pid},
    ]
    assert first.read_status().ended_at <= second.read_status().started_at
    assert [run.log_tail() for run in (first, second)] == ["working on run-0\n", "working on run-1\n"]
    assert [metric["step"] for metric in second.read_metrics()] == [1, 2, 3, 4]


def test_a_run_that_fails_or_breaks_does_not_keep_the_next_from_its_turn(
    new_run: NewRun, argv: list[str], until: Until
) -> None:
    runs = [new_run("refuse"), new_run("break"), new_run("count", to=1)]
    start([run.path for run in runs], argv=argv)
    until(lambda: all(map(ended, runs)))
    assert [run.read_status().state for run in runs] == [RunState.FAILED, RunState.FAILED, RunState.DONE]
    assert runs[0].read_status().message == "There is no column 'x', only 'y'. Choose it."
    assert "ZeroDivisionError: by zero" in runs[1].log_tail()


def test_a_worker_is_reaped_by_a_thread_that_ends_with_it(new_run: NewRun, argv: list[str], until: Until) -> None:
    pid = start([new_run("count", to=1).path], argv=argv)
    until(lambda: not psutil.pid_exists(pid))
    until(lambda: f"reap-{pid}" not in {thread.name for thread in threading.enumerate()})


def test_cancel_ends_one_run_and_the_next_gets_its_turn(new_run: NewRun, argv: list[str], until: Until) -> None:
    first, second = new_run("wait"), new_run("count", to=1)
    start([first.path, second.path], argv=argv)
    until(lambda: running(first))
    request_cancel(first.path)
    until(lambda: ended(second))
    assert first.read_status().state is RunState.CANCELLED
    assert first.read_status().message == "Stopped after step 1 of 2; nothing was saved."
    assert second.read_status().state is RunState.DONE


def test_a_task_that_does_not_listen_is_ended(
    new_run: NewRun, argv: list[str], until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATIENCE", "0.1")
    run = new_run("ignore")
    pid = start([run.path], argv=argv)
    until(lambda: running(run))
    request_cancel(run.path)
    until(lambda: not psutil.pid_exists(pid))
    assert run.read_status().state is RunState.CANCELLED
    assert "did not stop by itself" in run.read_status().message


def test_a_killed_worker_is_noticed(new_run: NewRun, argv: list[str], until: Until) -> None:
    run = new_run("wait")
    pid = start([run.path], argv=argv)
    until(lambda: running(run))
    os.kill(pid, signal.SIGKILL)
    until(lambda: ended(run))
    assert state_of(run.path).state is RunState.LOST
    assert run.read_status().state is RunState.RUNNING  # its own last word, which nobody overwrote


def test_sigterm_cancels_all_the_runs_of_a_worker(new_run: NewRun, argv: list[str], until: Until) -> None:
    first, second = new_run("wait"), new_run("count", to=1)
    pid = start([first.path, second.path], argv=argv)
    until(lambda: running(first))
    os.kill(pid, signal.SIGTERM)
    until(lambda: ended(first) and ended(second))
    assert [run.read_status().state for run in (first, second)] == [RunState.CANCELLED] * 2


def test_a_run_survives_the_one_who_started_it(new_run: NewRun, argv: list[str], until: Until) -> None:
    run = new_run("wait")
    code = (
        "import sys; from pathlib import Path; from eudscore.jobs.launch import start\n"
        "print(start([Path(sys.argv[1])], argv=sys.argv[2:]))"
    )
    starter = subprocess.run(
        [sys.executable, "-c", code, str(run.path), *argv], capture_output=True, text=True, check=True
    )
    until(lambda: running(run))
    worker = psutil.Process(int(starter.stdout))
    assert os.getsid(worker.pid) == worker.pid  # no terminal's end reaches it
    assert starter.stderr == ""
    request_cancel(run.path)
    until(lambda: ended(run))
    assert run.read_status().state is RunState.CANCELLED


def test_a_run_that_was_removed_while_it_waited_is_passed_over(
    new_run: NewRun, argv: list[str], until: Until, tmp_path: Path
) -> None:
    first, second, third = new_run("wait"), new_run("count", to=1), new_run("count", to=1)
    start([run.path for run in (first, second, third)], argv=argv)
    until(lambda: running(first) and third.read_worker() is not None)
    second.path.rename(tmp_path / "removed")
    request_cancel(first.path)
    until(lambda: ended(third))
    assert third.read_status().state is RunState.DONE


def test_a_run_that_is_removed_while_it_works_ends(
    new_run: NewRun, argv: list[str], until: Until, tmp_path: Path
) -> None:
    run = new_run("wait")
    pid = start([run.path], argv=argv)
    until(lambda: running(run))
    run.path.rename(tmp_path / "removed")
    until(lambda: not psutil.pid_exists(pid))
    assert not run.path.exists()


def test_what_is_no_run_is_not_started(tmp_path: Path, argv: list[str]) -> None:
    with pytest.raises(WorkspaceError, match="is not a run"):
        start([tmp_path], argv=argv)


def test_a_worker_that_is_not_there_is_one_sentence(new_run: NewRun, tmp_path: Path) -> None:
    with pytest.raises(WorkspaceError, match=r"nothing' cannot be started .*: check the installation"):
        start([new_run().path], argv=[str(tmp_path / "nothing")])
