"""A closed tab, a restarted or killed app, killed workers, a power cut: every job comes to its end, once."""

import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
import staff
from staff import lines, of_kind, processes_of, put, start_app, state_in, until

from eudscore.jobs.queue import Queue
from eudscore.records import RunState

STEPS = 12
SUM = sum(step * step for step in range(1, STEPS + 1))
LONG = {"do": "count", "to": STEPS, "pause": 0.15}


def ended(queue: Queue, state: RunState = RunState.DONE) -> bool:
    found = queue.all()
    return bool(found) and all(run.status.state is state for run in found)


def in_mid_step(queue: Queue) -> bool:
    return any(run.status.state is RunState.RUNNING and run.status.step > 2 for run in queue.all())


def workers(root: Path) -> list[psutil.Process]:
    known = {process.pid for option in ("--queue", "--app") for process in of_kind(root, option)}
    return [process for process in processes_of(root) if process.pid not in known and process.pid != os.getpid()]


def kill(processes: list[psutil.Process]) -> None:
    for process in processes:
        with suppress(psutil.NoSuchProcess):  # it ended by itself
            process.kill()
    gone, alive = psutil.wait_procs(processes, timeout=60)
    assert not alive, gone


def assert_right(queue: Queue, *, begun: int | None = None) -> None:
    """Every job has the result of a run that nothing happened to; one that was killed may have repeated a step."""
    for run in queue.all():
        assert run.status.result["sum"] == SUM
        steps = [int(step) for step in lines(run.folder.path / "steps.txt")]
        assert sorted(set(steps)) == list(range(1, STEPS + 1))
        assert begun is None or len(steps) - STEPS < begun
    if begun is not None:
        assert len(lines(queue.root / "begun.txt")) == begun


def test_a_closed_tab_takes_no_job_along(root: Path, queue: Queue) -> None:
    """The process that asked for it ends at once, in peace."""
    code = "import sys; from pathlib import Path; import staff; staff.put(staff.queue_at(Path(sys.argv[1])), to=12)"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(staff.__file__).parent), *sys.path])}
    subprocess.run([sys.executable, "-W", "ignore", "-c", code, str(root)], check=True, env=environment)
    until(lambda: ended(queue))
    assert_right(queue, begun=1)


def test_a_restarted_app_finds_its_jobs_and_has_power_over_them(root: Path, queue: Queue) -> None:
    app = start_app(root, LONG, {"do": "wait"})
    until(lambda: in_mid_step(queue))
    app.terminate()
    app.wait(60)
    again = start_app(root)
    first, second = queue.all()[::-1]
    assert first.status.state is RunState.DONE or (first.status.state, second.status.state) == (
        RunState.RUNNING, RunState.QUEUED,
    )  # fmt: skip
    until(lambda: state_in(queue, second) is RunState.RUNNING and second.folder.read_status().step)
    queue.cancel(queue.find(second.id))
    until(lambda: state_in(queue, second) is RunState.CANCELLED)
    assert first.folder.read_status().result["sum"] == SUM
    again.kill()
    again.wait(60)


def test_a_killed_app_takes_no_job_along_and_leaves_no_orphan(
    root: Path, queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IDLE", "0.2")
    app = start_app(root, LONG, LONG)
    until(lambda: in_mid_step(queue))
    app.kill()
    app.wait(60)
    until(lambda: ended(queue))
    assert_right(queue, begun=2)
    until(lambda: not processes_of(root))


def test_a_worker_that_is_killed_in_mid_step_goes_on_from_its_checkpoint(root: Path, queue: Queue) -> None:
    job = put(queue, to=STEPS, stay_at=4)
    until(lambda: in_mid_step(queue))
    step = job.folder.read_status().step
    kill(workers(root))
    until(lambda: ended(queue))
    assert_right(queue, begun=2)
    steps = [int(step) for step in lines(job.folder.path / "steps.txt")]
    assert steps.count(1) == 1, f"it began anew after step {step}"


def test_a_job_that_kills_its_worker_each_time_is_given_up_and_the_next_gets_its_turn(queue: Queue) -> None:
    bad, good = put(queue, to=STEPS, die_at=3, die_always=True), put(queue, to=STEPS)
    until(lambda: state_in(queue, good) is RunState.DONE)
    seen = queue.find(bad.id)
    assert seen.status.state is seen.row.state is RunState.LOST
    assert "ended without a word" in seen.status.message
    assert lines(queue.root / "begun.txt") == [bad.id] * 3 + [good.id]


def test_what_a_killed_worker_had_started_goes_with_it(root: Path, queue: Queue) -> None:
    job = put(queue, "family", resumable=False)
    until(lambda: len(workers(root)) == 2 and job.folder.read_status().step)
    os.kill(job.folder.read_status().process.pid, signal.SIGKILL)
    until(lambda: not workers(root))
    until(lambda: state_in(queue, job) is RunState.LOST)


def test_a_killed_foreman_is_replaced_and_its_job_is_not_begun_twice(root: Path, queue: Queue) -> None:
    put(queue, to=STEPS, pause=0.15)
    put(queue, to=STEPS)
    until(lambda: in_mid_step(queue))
    kill(of_kind(root, "--queue"))
    until(lambda: ended(queue))
    assert_right(queue, begun=2)


def test_after_a_power_cut_the_next_start_goes_on(root: Path, queue: Queue) -> None:
    """Everything is killed at once; the next look, by whomever, brings it back."""
    start_app(root, {**LONG, "stay_at": 4}, LONG)
    until(lambda: in_mid_step(queue))
    everything = [process for process in processes_of(root) if process.pid != os.getpid()]
    assert len(everything) >= 3, "an app, a foreman and a worker"
    kill(everything)
    assert [run.folder.read_status().state for run in queue.runs.listed(())] == [
        RunState.QUEUED, RunState.RUNNING,
    ]  # fmt: skip
    until(lambda: ended(queue))
    assert_right(queue, begun=3)


def test_whatever_is_killed_whenever_every_job_comes_to_its_end(root: Path, queue: Queue) -> None:
    """Processes die at random moments for a while; attempts are not counted, a user would try again."""
    chance = random.Random(0)
    for _ in range(4):
        put(queue, to=STEPS, pause=0.05, lane="light")
    for _ in range(12):
        queue.all()
        time.sleep(chance.uniform(0.05, 0.5))
        victims = [process for process in processes_of(root) if process.pid != os.getpid()]
        if victims:
            kill(chance.sample(victims, chance.randint(1, len(victims))))

    def settled() -> bool:
        for run in queue.all():
            if run.status.state is RunState.LOST:
                queue.again(run)
        return ended(queue)

    until(settled)
    assert_right(queue)
    assert all(run.row.state is RunState.DONE for run in queue.all())


def test_twenty_cancelled_jobs_leave_no_zombie_and_no_orphan(
    root: Path, queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IDLE", "0.5")
    jobs = [put(queue, "family", lane="wide") for _ in range(20)]
    seen: dict[int, psutil.Process] = {}

    def all_cancelled() -> bool:
        for run in queue.all():
            if run.status.state is RunState.RUNNING and run.status.step:
                queue.cancel(run)
        for process in workers(root):
            seen.setdefault(process.pid, process)
        return ended(queue, RunState.CANCELLED)

    until(all_cancelled, seconds=120)
    assert sorted(lines(root / "begun.txt")) == sorted(job.id for job in jobs)
    assert len(seen) >= 20, "most of the workers and of their children"
    until(lambda: not workers(root))
    until(lambda: not processes_of(root))
    until(lambda: not staff.zombies([*psutil.Process().children(recursive=True), *seen.values()]))
    assert not any(process.is_running() for process in seen.values())
