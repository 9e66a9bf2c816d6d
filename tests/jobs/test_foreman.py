"""The process that works a queue off, for real."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import psutil
import pytest
import staff
from staff import put, state_in, until

from eudscore.jobs import foreman as module
from eudscore.jobs.calling import foreman_lives
from eudscore.jobs.folder import RunFolder
from eudscore.jobs.foreman import TEND_SECONDS, Foreman
from eudscore.jobs.queue import Queue
from eudscore.jobs.state import is_alive
from eudscore.records import RunState

ENDED = (RunState.DONE, RunState.FAILED, RunState.CANCELLED, RunState.LOST)


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "ws"
    staff.end_all(tmp_path)


@pytest.fixture
def queue(root: Path) -> Queue:
    return staff.queue_at(root)


def all_ended(queue: Queue) -> bool:
    return all(run.status.state in ENDED for run in queue.all())


def foremen(root: Path) -> list[psutil.Process]:
    return staff.of_kind(root, "--queue")


def test_jobs_of_one_lane_come_one_after_the_other_and_each_has_a_process_of_its_own(queue: Queue) -> None:
    runs = [put(queue, to=3), put(queue, "refuse"), put(queue, "break"), put(queue, to=4)]
    until(lambda: all_ended(queue))
    statuses = [run.folder.read_status() for run in runs]
    assert [status.state for status in statuses] == [RunState.DONE, RunState.FAILED, RunState.FAILED, RunState.DONE]
    assert all(before.ended_at <= after.started_at for before, after in pairwise(statuses))
    assert len({status.process.pid for status in statuses}) == 4
    assert staff.lines(queue.root / "begun.txt") == [run.id for run in runs]
    assert [run.row.state for run in queue.all()][::-1] == [status.state for status in statuses]


def test_the_urgent_comes_first_and_lanes_do_not_wait_for_one_another(queue: Queue) -> None:
    busy = put(queue, "wait")
    until(lambda: staff.lines(queue.root / "begun.txt"))
    late, urgent = put(queue, to=1), put(queue, priority=2, to=1)
    light = put(queue, lane="light", to=1)
    until(lambda: state_in(queue, light) is RunState.DONE)
    assert state_in(queue, urgent) is state_in(queue, late) is RunState.QUEUED
    queue.cancel(busy)
    until(lambda: all_ended(queue))
    assert staff.lines(queue.root / "begun.txt") == [run.id for run in (busy, light, urgent, late)]


def test_a_paused_job_gives_its_place_to_the_next_and_goes_on_later(queue: Queue) -> None:
    first = put(queue, to=60, stay_at=4)
    until(lambda: first.folder.read_status().step > 2)
    second = put(queue, to=1)
    queue.pause(first)
    until(lambda: state_in(queue, second) is RunState.DONE)
    rested = queue.find(first.id)
    assert rested.status.state is rested.row.state is RunState.PAUSED
    assert queue.again(rested)
    until(lambda: state_in(queue, first) is RunState.DONE)
    assert first.folder.read_status().result["sum"] == sum(step * step for step in range(1, 61))
    assert staff.lines(first.folder.path / "steps.txt") == [str(step) for step in range(1, 61)]


def test_it_ends_when_nothing_is_left_to_do_and_is_called_again(queue: Queue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IDLE", "0")
    put(queue, to=1)
    until(lambda: all_ended(queue) and not staff.processes_of(queue.root))
    assert not foreman_lives(queue.root)
    run = put(queue, to=1)
    until(lambda: state_in(queue, run) is RunState.DONE)


def test_there_is_one_for_a_workspace_however_many_are_called(queue: Queue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANDOVER", "0.2")
    job = put(queue, "wait")
    more = [subprocess.Popen([*staff.STAFF, "--queue", str(queue.root)]) for _ in range(2)]
    until(lambda: state_in(queue, job) is RunState.RUNNING)
    until(lambda: len(foremen(queue.root)) == 1)  # any of the three may have come first
    until(lambda: sum(process.poll() is None for process in more) <= 1)  # one that is ending has no command any more
    queue.cancel(job)
    until(lambda: all_ended(queue))
    assert staff.lines(queue.root / "begun.txt") == [job.id]


def test_when_it_is_asked_to_end_its_jobs_go_on(queue: Queue) -> None:
    job = put(queue, "wait")
    until(lambda: job.folder.read_status().step)
    (process,) = foremen(queue.root)
    process.send_signal(signal.SIGTERM)
    process.wait(60)
    worker = job.folder.read_status().process
    assert psutil.pid_exists(worker.pid)
    queue.cancel(job)
    until(lambda: not staff.processes_of(queue.root) or foremen(queue.root))
    until(lambda: state_in(queue, job) is RunState.CANCELLED)


def test_it_ends_when_its_workspace_is_removed(queue: Queue, tmp_path: Path) -> None:
    job = put(queue, to=1)
    until(lambda: state_in(queue, job) is RunState.DONE)
    queue.root.rename(tmp_path / "aside")
    until(lambda: not foremen(queue.root))
    assert not queue.root.exists()


def test_a_worker_that_cannot_be_started_fails_its_job_with_a_sentence(root: Path) -> None:
    queue = staff.queue_at(root, foreman=False)
    job = put(queue)
    foreman = Foreman(root, argv=[str(root / "nothing")], lanes_of_machine=lambda: staff.LANES, idle_seconds=0)
    foreman._look()
    seen = queue.find(job.id)
    assert seen.status.state is seen.row.state is RunState.FAILED
    assert "cannot be started" in seen.status.message


def test_what_was_cancelled_and_is_deaf_to_everything_is_killed(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stopped process does not even end itself."""
    monkeypatch.setattr(module, "_DEAF_SECONDS", 0.0)
    queue = staff.queue_at(root, foreman=False)
    job = put(queue, "wait")
    foreman = Foreman(root, argv=staff.HAND, lanes_of_machine=lambda: staff.LANES)
    foreman._look()
    until(lambda: job.folder.read_status().step)
    os.kill(job.folder.read_status().process.pid, signal.SIGSTOP)
    queue.cancel(queue.find(job.id))
    foreman._end_the_deaf()

    def gone() -> bool:
        foreman._look()
        return queue.rows.get(job.id).state is RunState.CANCELLED

    until(gone)


def test_a_job_without_a_word_whose_process_is_a_child_is_noticed_at_the_next_look(root: Path) -> None:
    queue = staff.queue_at(root, foreman=False)
    job = put(queue, "exit", resumable=False)
    foreman = Foreman(root, argv=staff.HAND, lanes_of_machine=lambda: staff.LANES)

    def lost() -> bool:
        foreman._look()
        return queue.rows.get(job.id).state is RunState.LOST

    until(lost)
    assert RunFolder(job.folder.path).read_status().state is RunState.LOST


def test_what_a_job_left_behind_goes_though_a_page_saw_its_end_first(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page queues it again, and it is begun anew in the same look in which its process died."""
    queue = staff.queue_at(root, foreman=False)
    job = put(queue, "family")
    foreman = Foreman(root, argv=staff.HAND, lanes_of_machine=lambda: staff.LANES)
    foreman._look()
    until(lambda: job.folder.read_status().step)
    first = job.folder.read_status().process
    (left,) = psutil.Process(first.pid).children()

    def die() -> None:
        os.kill(first.pid, signal.SIGKILL)
        until(lambda: not is_alive(first))
        queue.tend()

    foreman._tended = -TEND_SECONDS
    with monkeypatch.context() as patched:
        patched.setattr(foreman, "_end_the_deaf", die)
        foreman._look()
    assert queue.rows.get(job.id).attempt == 2

    def gone() -> bool:
        foreman._look()
        return not left.is_running() or bool(staff.zombies([left]))

    until(gone, seconds=30)
    until(lambda: job.folder.read_status().process not in (None, first))
    foreman._look()
    assert state_in(queue, job) is RunState.RUNNING
    assert queue.rows.get(job.id).attempt == 2


def test_it_loads_nothing_heavy() -> None:
    code = "import sys, eudscore.jobs.foreman, eudscore.worker; print(*sorted({m.split('.')[0] for m in sys.modules}))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"torch", "transformers", "sklearn", "umap", "datasets", "pandas", "streamlit"} & set(loaded)
