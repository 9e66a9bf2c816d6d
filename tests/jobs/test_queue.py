"""The queue without a foreman: what is kept, in which order, and what is put straight."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import server
import staff
from sqlalchemy.exc import IntegrityError

from eudscore.errors import RequestError, WorkspaceError
from eudscore.jobs import queue as module
from eudscore.jobs.folder import ProcessId, RunFolder
from eudscore.jobs.queue import Queue, SameWork
from eudscore.jobs.runs import QueuedRun
from eudscore.jobs.state import request_cancel
from eudscore.records import RunState
from eudscore.store.jobrows import Claim
from eudscore.store.owners import machine

ME = ProcessId.of(os.getpid())


@pytest.fixture(params=["sqlite", "postgresql"])
def queue(tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Queue:
    """The same on both databases."""
    if request.param == "postgresql":
        monkeypatch.setenv("EUDSCORE_DATABASE_URL", server.address())
    return staff.queue_at(tmp_path / "ws", foreman=False)


@pytest.fixture
def dead() -> ProcessId:
    """A process that was."""
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    born = ProcessId.of(process.pid)
    process.communicate(b"\n")
    return born


def put(queue: Queue, do: str = "count", **more: object) -> QueuedRun:
    return staff.put(queue, do, **more)


def claim(queue: Queue, lane: str = "cpu", slots: int = 1, *, by: ProcessId = ME, host: str = "") -> str | None:
    row = queue.rows.claim(lane, slots, Claim(host or machine(), by.pid, by.born, time.time()))
    return None if row is None else row.id


def begun_by(queue: Queue, run: QueuedRun, process: ProcessId, **more: object) -> None:
    """As if a process had taken up the run."""
    assert claim(queue) == run.id
    status = run.folder.read_status()
    run.folder.write_status(replace(status, state=RunState.RUNNING, process=process, heartbeat=time.time(), **more))


def states(queue: Queue) -> dict[str, RunState]:
    """What the database says, by job."""
    return {row.id: row.state for row in queue.rows.some()}


def test_jobs_are_begun_by_priority_and_then_in_the_order_in_which_they_came(queue: Queue) -> None:
    first, second, urgent = put(queue), put(queue), put(queue, priority=5)
    idle = put(queue, priority=-1)
    order = [claim(queue, slots=9) for _ in range(5)]
    assert order == [urgent.id, first.id, second.id, idle.id, None]


def test_a_priority_can_be_changed_and_has_bounds(queue: Queue) -> None:
    first, second = put(queue), put(queue)
    queue.prioritise(second, 3)
    with pytest.raises(RequestError, match="There is no priority 5000000: choose from"):
        queue.prioritise(first, 5_000_000)
    assert claim(queue) == second.id


def test_a_lane_takes_as_many_jobs_as_it_has_room_and_others_do_not_wait_for_it(queue: Queue) -> None:
    heavy, light = [put(queue) for _ in range(2)], [put(queue, lane="light") for _ in range(3)]
    assert [claim(queue) for _ in range(2)] == [heavy[0].id, None]
    assert [claim(queue, "light", 2) for _ in range(3)] == [light[0].id, light[1].id, None]
    assert [row.slot for row in queue.rows.some((RunState.RUNNING,), lane="light")] == [0, 1]


def test_the_job_of_another_machine_is_left_to_it(queue: Queue) -> None:
    put(queue)
    assert claim(queue, host="elsewhere") is None


def of_another_machine(queue: Queue, run: QueuedRun, *, age: float) -> None:
    """As if a container that is no more had queued it."""
    assert queue.rows.take_over(queue.rows.get(run.id), "0" * 8)
    with queue.rows.moving(
        queue.rows.get(run.id), queue.rows.get(run.id).state, created=time.time() - age, claimed=None
    ):
        pass


def test_what_another_machine_queued_is_taken_over_when_that_is_silent(queue: Queue) -> None:
    young, old = put(queue), put(queue)
    of_another_machine(queue, young, age=0)
    of_another_machine(queue, old, age=3600)
    note = queue.root / "queue" / f"{'0' * 8}.json"
    note.parent.mkdir()
    note.touch()
    queue.tend()
    assert claim(queue) is None, "its foreman lives"
    os.utime(note, (1, 1))
    queue.tend()
    assert [claim(queue, slots=9), claim(queue, slots=9)] == [old.id, None]


def test_what_another_machine_began_is_taken_over_when_its_heart_stops(queue: Queue) -> None:
    beating, still = put(queue), put(queue, priority=1)
    there = ProcessId(1, 1.0, "0" * 8)
    begun_by(queue, still, there)
    of_another_machine(queue, still, age=3600)
    begun_by(queue, beating, there)
    of_another_machine(queue, beating, age=3600)
    put(queue)
    assert claim(queue) is not None, "the slot of this machine is its own"
    status = still.folder.read_status()
    still.folder.write_status(replace(status, heartbeat=time.time() - 60))
    queue.tend()
    assert [queue.rows.get(run.id).state for run in (beating, still)] == [RunState.RUNNING, RunState.QUEUED]
    assert [queue.rows.get(run.id).host for run in (beating, still)] == ["0" * 8, machine()]


def test_the_same_work_is_not_queued_twice_at_a_time(queue: Queue) -> None:
    first = put(queue, work="w")
    before = sorted(queue.runs.root.iterdir())
    with pytest.raises(SameWork, match=f"under way as job {first.id}") as told:
        put(queue, work="w")
    assert told.value.job_id == first.id
    assert sorted(queue.runs.root.iterdir()) == before, "the folder of what was refused is gone"
    assert queue.cancel(first)
    second = put(queue, work="w")
    with pytest.raises(SameWork):
        queue.again(queue.find(first.id))
    assert states(queue) == {first.id: RunState.CANCELLED, second.id: RunState.QUEUED}


def test_all_or_none_of_several_runs_are_queued(queue: Queue) -> None:
    put(queue, work="w")
    folders = [RunFolder(queue.runs.root / name) for name in ("one", "two")]
    for folder, work in zip(folders, (None, "w"), strict=True):
        folder.create({"do": "count", "work": work}, kept=True)
    with pytest.raises(SameWork):
        queue.add(folders)
    assert len(queue.rows.some()) == 1
    assert not any(folder.path.exists() for folder in folders)


def test_a_run_that_cannot_be_described_is_not_queued(queue: Queue) -> None:
    folder = RunFolder(queue.runs.root / "odd")
    folder.create({"nothing": 1}, kept=True)
    with pytest.raises(WorkspaceError, match="of no kind that can be queued"):
        queue.add([folder])
    assert not folder.path.exists()


def test_what_waits_is_cancelled_and_paused_at_once(queue: Queue) -> None:
    one, two = put(queue), put(queue)
    assert queue.cancel(one)
    assert queue.pause(two)
    assert states(queue) == {one.id: RunState.CANCELLED, two.id: RunState.PAUSED}
    assert one.folder.read_status().state is RunState.CANCELLED
    assert two.folder.read_status().state is RunState.PAUSED
    assert claim(queue) is None
    assert not queue.cancel(queue.find(one.id))
    assert not queue.pause(queue.find(two.id))


def test_what_rests_goes_on_or_is_cancelled(queue: Queue) -> None:
    one, two = put(queue), put(queue)
    for run in (one, two):
        queue.pause(run)
    assert queue.again(queue.find(one.id))
    assert queue.find(one.id).status.message == "Waiting to go on."
    assert not one.folder.pause_marker.exists()
    assert queue.cancel(queue.find(two.id))
    assert states(queue) == {one.id: RunState.QUEUED, two.id: RunState.CANCELLED}
    assert not queue.again(queue.find(one.id)), "it waits already"


@pytest.mark.parametrize("state", [RunState.FAILED, RunState.CANCELLED, RunState.LOST])
def test_what_came_to_no_good_end_can_be_tried_again_with_all_its_attempts(queue: Queue, state: RunState) -> None:
    run = put(queue)
    claim(queue)
    status = run.folder.read_status()
    run.folder.write_status(replace(status, state=state, message="Said.", step=3, total=9, ended_at=time.time()))
    for _ in range(3):  # a lost one is taken up by itself before
        queue.tend()
        claim(queue)
        run.folder.write_status(replace(status, state=state, message="Said.", step=3, total=9, ended_at=time.time()))
    queue.tend()
    assert states(queue) == {run.id: state}
    assert queue.again(queue.find(run.id))
    seen = queue.find(run.id)
    assert (seen.status.state, seen.status.step, seen.row.attempt) == (RunState.QUEUED, 3, 0)
    assert claim(queue) == run.id


def test_what_is_done_is_not_begun_again(queue: Queue) -> None:
    run = put(queue)
    run.folder.write_status(replace(run.folder.read_status(), state=RunState.DONE, result={"x": 1}))
    queue.tend()
    assert states(queue) == {run.id: RunState.DONE}
    assert not queue.again(queue.find(run.id))
    assert queue.find(run.id).status.result == {"x": 1}


def test_a_job_whose_process_died_waits_again_and_says_so(queue: Queue, dead: ProcessId) -> None:
    run = put(queue)
    begun_by(queue, run, dead, step=4, total=9)
    queue.tend()
    seen = queue.find(run.id)
    assert (seen.status.state, seen.status.step, seen.row.attempt) == (RunState.QUEUED, 4, 1)
    assert seen.status.message == (
        f"Process {dead.pid} ended without a word, perhaps for want of memory: it goes on by itself."
    )


def test_a_job_that_dies_each_time_is_given_up(queue: Queue, dead: ProcessId) -> None:
    run = put(queue)
    for _ in range(3):
        begun_by(queue, run, dead)
        queue.tend()
    assert states(queue) == {run.id: RunState.LOST}
    assert queue.find(run.id).status.message.endswith("It was begun 3 times.")


def test_a_job_that_cannot_go_on_is_lost_when_its_process_dies(queue: Queue, dead: ProcessId) -> None:
    run = put(queue, resumable=False)
    begun_by(queue, run, dead)
    queue.tend()
    assert states(queue) == {run.id: RunState.LOST}
    assert run.folder.read_status().state is RunState.LOST


def test_a_job_that_was_claimed_by_who_died_then_is_begun_by_the_next(queue: Queue, dead: ProcessId) -> None:
    run = put(queue, resumable=False)
    claim(queue, by=dead)
    queue.tend()
    assert states(queue) == {run.id: RunState.QUEUED}


def test_a_job_that_was_just_claimed_is_left_to_its_foreman_for_a_while(
    queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = put(queue)
    claim(queue)
    queue.tend()
    assert states(queue) == {run.id: RunState.RUNNING}
    monkeypatch.setattr(module, "GRACE_SECONDS", 0.0)
    queue.tend()
    assert states(queue) == {run.id: RunState.QUEUED}


def test_a_job_that_is_asked_to_stop_by_its_folder_alone_stops_in_the_queue_too(queue: Queue, dead: ProcessId) -> None:
    waiting, working = put(queue), put(queue, priority=1)
    begun_by(queue, working, dead)
    for run in (waiting, working):
        request_cancel(run.folder.path) or run.folder.cancel_marker.touch()
    queue.tend()
    assert set(states(queue).values()) == {RunState.CANCELLED}
    assert working.folder.read_status().state is RunState.CANCELLED


def test_whoever_was_killed_while_he_queued_a_job_again_is_made_good(queue: Queue) -> None:
    """The folder waits already, the row does not yet."""
    run = put(queue)
    queue.cancel(run)
    run.folder.cancel_marker.unlink()
    run.folder.write_status(replace(run.folder.read_status(), state=RunState.QUEUED, kept=True))
    queue.all()
    assert states(queue) == {run.id: RunState.QUEUED}


def test_if_the_folder_cannot_be_written_the_job_stays_where_it_was(
    queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = put(queue)
    queue.pause(run)

    def full(*_: object) -> None:
        raise WorkspaceError("The disk is full.")

    seen = queue.find(run.id)
    with monkeypatch.context() as patched:
        patched.setattr(RunFolder, "write_status", full)
        with pytest.raises(WorkspaceError, match="The disk is full"):
            queue.again(seen)
    assert states(queue) == {run.id: RunState.PAUSED}


def test_two_who_move_a_job_at_once_do_not_both_move_it(queue: Queue) -> None:
    run = put(queue)
    row = queue.rows.get(run.id)
    with queue.rows.moving(row, RunState.PAUSED) as first:
        assert first
    with queue.rows.moving(row, RunState.CANCELLED) as second:
        assert not second
    assert states(queue) == {run.id: RunState.PAUSED}


def test_the_database_itself_refuses_a_second_job_in_a_slot(queue: Queue) -> None:
    put(queue)
    other = put(queue)
    claim(queue)
    row = replace(queue.rows.get(other.id), slot=0)
    with pytest.raises(IntegrityError), queue.rows.moving(row, RunState.RUNNING):
        pass


def test_a_run_that_somebody_removed_is_forgotten(queue: Queue) -> None:
    run = put(queue)
    shutil.rmtree(run.folder.path)
    assert queue.all() == []
    assert states(queue) == {}


def test_a_damaged_run_says_why_and_blocks_nobody(queue: Queue) -> None:
    bad, good = put(queue), put(queue)
    (bad.folder.path / "status.json").write_text("{")
    seen = {run.id: run.status for run in queue.all()}
    assert seen[good.id].state is RunState.QUEUED
    assert seen[bad.id].state is RunState.LOST
    assert "cannot be read" in seen[bad.id].message


def stranger(
    queue: Queue, name: str, state: RunState, *, kept: bool = False, age: float = 60.0, **spec: object
) -> None:
    folder = RunFolder(queue.runs.root / name)
    folder.create({"do": "count", **spec}, kept=kept)
    folder.write_status(replace(folder.read_status(), state=state, created_at=time.time() - age))


def test_runs_of_an_older_eudscore_are_listed_and_none_is_begun(queue: Queue) -> None:
    for number, state in enumerate((RunState.DONE, RunState.FAILED, RunState.QUEUED, RunState.RUNNING)):
        stranger(queue, f"old-{number}", state)
    seen = {run.id: run.status.state for run in queue.all()}
    assert seen == {"old-0": RunState.DONE, "old-1": RunState.FAILED, "old-2": RunState.LOST, "old-3": RunState.LOST}
    assert states(queue) == seen
    assert claim(queue) is None


def test_a_run_of_a_command_line_is_listed_while_it_works_and_not_touched(queue: Queue) -> None:
    stranger(queue, "young", RunState.QUEUED, age=0.0)
    stranger(queue, "works", RunState.QUEUED)
    folder = RunFolder(queue.runs.root / "works")
    folder.write_status(replace(folder.read_status(), state=RunState.RUNNING, process=ME))
    assert {run.id: run.status.state for run in queue.all()} == {"young": RunState.QUEUED, "works": RunState.RUNNING}
    assert states(queue) == {}


def test_when_the_database_was_lost_what_waited_waits_again(queue: Queue) -> None:
    stranger(queue, "waited", RunState.QUEUED, kept=True)
    stranger(queue, "rested", RunState.PAUSED, kept=True)
    queue.all()
    assert states(queue) == {"waited": RunState.QUEUED, "rested": RunState.PAUSED}


def test_runs_are_found_by_their_facts_whether_they_have_a_row_or_not(queue: Queue) -> None:
    mine, _ = put(queue, experiment="e"), put(queue, experiment="f")
    stranger(queue, "young", RunState.QUEUED, age=0.0, experiment="e")
    assert {run.id for run in queue.all(experiment="e")} == {mine.id, "young"}
    assert {run.id for run in queue.all(experiment="e", kind="count")} == {mine.id, "young"}
    assert queue.all(kind="wait") == []


def test_a_job_is_found_by_its_beginning_where_only_one_begins_so(queue: Queue) -> None:
    runs = [put(queue), put(queue)]
    assert queue.find(runs[0].id).id == runs[0].id
    with pytest.raises(RequestError, match=r"may be 2 jobs .*: give more of the id"):
        queue.find("job-")
    for nothing in ("x", "", "../", "%"):
        with pytest.raises(RequestError, match=r"There is no job|may be 2 jobs"):
            queue.find(nothing)


def test_an_id_that_is_the_beginning_of_another_is_still_an_id(queue: Queue) -> None:
    for name in ("run", "run-2"):
        stranger(queue, name, RunState.DONE)
    assert queue.find("run").id == "run"


def test_without_a_database_the_folders_alone_are_listed(tmp_path: Path) -> None:
    queue = staff.queue_at(tmp_path / "ws", foreman=False)
    run = put(queue)
    (queue.root / "eudscore.db").unlink()
    for beside in queue.root.glob("eudscore.db-*"):
        beside.unlink()
    (queue.root / "eudscore.db").write_bytes(b"this is no database, and it is long enough to tell" * 100)
    assert [seen.id for seen in queue.all()] == [run.id]
    with pytest.raises(WorkspaceError, match="move this file away"):
        put(queue)


def test_a_foreman_is_called_once_and_only_where_there_is_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[Path] = []
    monkeypatch.setattr(module, "call_foreman", lambda root, _: called.append(root))
    queue = staff.queue_at(tmp_path / "ws")
    queue.all()
    assert called == []
    run = put(queue)
    assert called == [queue.root]
    queue.cancel(run)
    called.clear()
    queue.all()
    assert called == []


def test_who_looks_on_twenty_jobs_is_not_kept_waiting_by_the_queue(queue: Queue) -> None:
    """What a page does every second must not read what it does not show."""
    for number in range(20):
        put(queue, experiment=str(number))
    opened: list[Path] = []
    read: Callable[[RunFolder], object] = RunFolder.read_spec
    queue.all()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(RunFolder, "read_spec", lambda run: (opened.append(run.path), read(run))[1])
        assert len(queue.all(experiment="7")) == 1
    assert opened == []
