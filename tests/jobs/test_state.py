import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from eudscore.errors import WorkspaceError
from eudscore.jobs import state as module
from eudscore.jobs.folder import ProcessId, RunFolder
from eudscore.jobs.state import is_active, is_alive, list_runs, request_cancel, request_pause, state_of
from eudscore.records import RunState

NewRun = Callable[..., RunFolder]


@pytest.fixture
def dead() -> ProcessId:
    """A process that was."""
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    born = ProcessId.of(process.pid)
    process.communicate(b"\n")
    return born


def running(run: RunFolder, process: ProcessId, **more: object) -> None:
    run.write_status(replace(run.read_status(), state=RunState.RUNNING, process=process, heartbeat=5.0, **more))


def test_a_running_run_whose_process_lives_is_running(new_run: NewRun) -> None:
    run = new_run()
    running(run, ProcessId.of(os.getpid()))
    assert state_of(run.path).state is RunState.RUNNING
    assert is_active(run.path)


def test_a_running_run_whose_process_is_gone_is_lost_and_says_so(new_run: NewRun, dead: ProcessId) -> None:
    run = new_run()
    running(run, dead)
    status = state_of(run.path)
    assert status.state is RunState.LOST
    assert status.message.startswith(f"Process {dead.pid} ended without a word")
    assert status.ended_at == 5.0


def test_another_process_under_the_same_number_does_not_count(new_run: NewRun) -> None:
    run = new_run()
    running(run, ProcessId(os.getpid(), born=1.0))
    assert state_of(run.path).state is RunState.LOST


def test_a_young_heartbeat_counts_for_more_than_a_time_of_birth_after_the_clock_was_set() -> None:
    moved = ProcessId(os.getpid(), born=1.0)
    assert is_alive(moved, heartbeat=time.time())
    assert not is_alive(moved, heartbeat=time.time() - 60)


def test_a_process_that_ended_and_was_not_reaped_is_not_alive() -> None:
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    born = ProcessId.of(process.pid)
    assert is_alive(born)
    process.stdin.close()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert not is_alive(born)
    process.wait()


def test_a_run_that_was_asked_to_stop_before_its_process_vanished_is_cancelled(
    new_run: NewRun, dead: ProcessId
) -> None:
    run = new_run()
    running(run, dead)
    run.cancel_marker.touch()
    assert state_of(run.path).state is RunState.CANCELLED


def test_a_queued_run_is_cancelled_at_once(new_run: NewRun) -> None:
    run = new_run()
    assert request_cancel(run.path)
    status = state_of(run.path)
    assert (status.state, status.message) == (RunState.CANCELLED, "Cancelled before it started.")


def test_a_running_run_that_was_asked_to_stop_says_that_it_is_stopping(new_run: NewRun) -> None:
    run = new_run()
    running(run, ProcessId.of(os.getpid()))
    assert request_cancel(run.path)
    status = state_of(run.path)
    assert (status.state, status.message) == (RunState.RUNNING, "Stopping.")


def test_a_run_that_has_ended_cannot_be_cancelled(new_run: NewRun) -> None:
    run = new_run()
    run.write_status(replace(run.read_status(), state=RunState.DONE))
    assert not request_cancel(run.path)
    assert not run.cancel_marker.exists()


def test_a_queued_run_waits_for_its_worker_a_while_and_is_lost_then(
    new_run: NewRun, dead: ProcessId, monkeypatch: pytest.MonkeyPatch
) -> None:
    without, with_dead, with_live = new_run(), new_run(), new_run()
    with_dead.write_worker(dead)
    with_live.write_worker(ProcessId.of(os.getpid()))
    runs = (without, with_dead, with_live)
    assert [state_of(run.path).state for run in runs] == [RunState.QUEUED] * 3
    monkeypatch.setattr(module, "GRACE_SECONDS", 0.0)
    assert [state_of(run.path).state for run in runs] == [RunState.LOST, RunState.LOST, RunState.QUEUED]
    assert state_of(without.path).message == "No process took this run up: start it again."


def test_a_queued_run_that_a_queue_keeps_may_wait_as_long_as_it_takes(
    new_run: NewRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = new_run()
    run.write_status(replace(run.read_status(), kept=True))
    monkeypatch.setattr(module, "GRACE_SECONDS", 0.0)
    assert state_of(run.path).state is RunState.QUEUED


def test_a_queued_run_rests_at_once_and_can_be_cancelled_then(new_run: NewRun) -> None:
    run = new_run()
    assert request_pause(run.path)
    assert (state_of(run.path).state, state_of(run.path).message) == (RunState.PAUSED, "Paused before it started.")
    assert not request_pause(run.path)
    assert not is_active(run.path)
    assert request_cancel(run.path)
    assert state_of(run.path).state is RunState.CANCELLED


def test_a_running_run_that_is_to_rest_says_so_and_rests_if_its_process_vanishes(
    new_run: NewRun, dead: ProcessId
) -> None:
    alive, gone = new_run(), new_run()
    running(alive, ProcessId.of(os.getpid()))
    running(gone, dead)
    for run in (alive, gone):
        run.pause_marker.touch()
    assert (state_of(alive.path).state, state_of(alive.path).message) == (RunState.RUNNING, "Pausing.")
    assert state_of(gone.path).state is RunState.PAUSED


def test_a_paused_run_that_is_cancelled_is_cancelled(new_run: NewRun) -> None:
    run = new_run()
    run.write_status(replace(run.read_status(), state=RunState.PAUSED))
    assert state_of(run.path).state is RunState.PAUSED
    assert request_cancel(run.path)
    assert state_of(run.path).message == "Cancelled while it was paused."


def test_a_process_of_another_machine_is_judged_by_its_heartbeat_alone() -> None:
    there = ProcessId(os.getpid(), ProcessId.of(os.getpid()).born, host="0" * 8)
    assert is_alive(there, heartbeat=time.time())
    assert not is_alive(there, heartbeat=time.time() - 15)
    assert not is_alive(there)


def test_runs_are_listed_newest_first(new_run: NewRun) -> None:
    runs = [new_run() for _ in range(3)]
    for age, run in enumerate(runs):
        run.write_status(replace(run.read_status(), created_at=1000.0 + age))
    assert [run for run, _ in list_runs(runs[0].path.parent)] == runs[::-1]


def test_drafts_and_other_files_are_not_listed_and_a_damaged_run_says_why(new_run: NewRun) -> None:
    good, bad = new_run(), new_run()
    (bad.path / "status.json").write_text("{")
    (good.path.parent / ".draft-x").mkdir()
    (good.path.parent / ".draft-x" / "status.json").touch()
    (good.path.parent / "notes.txt").touch()
    (good.path.parent / "empty").mkdir()
    listed = dict(list_runs(good.path.parent))
    assert set(listed) == {good, bad}
    assert listed[bad].state is RunState.LOST
    assert "cannot be read" in listed[bad].message


def test_a_folder_that_is_not_there_holds_no_runs(tmp_path: Path) -> None:
    assert list_runs(tmp_path / "nowhere") == []


def test_asking_what_is_no_run_is_one_sentence(tmp_path: Path) -> None:
    for ask in (state_of, request_cancel, request_pause, is_active):
        with pytest.raises(WorkspaceError, match="is not a run"):
            ask(tmp_path)
