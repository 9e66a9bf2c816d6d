import signal
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from eudscore.errors import InputError, Interrupted, Paused, WorkspaceError
from eudscore.jobs import session as module
from eudscore.jobs.folder import RunFolder
from eudscore.jobs.session import RunSession, Stop, work
from eudscore.records import JsonDict, RunState

NewRun = Callable[..., RunFolder]
Until = Callable[..., None]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "HEARTBEAT_SECONDS", 0.02)


def test_a_task_that_returns_is_done_and_its_result_is_kept(new_run: NewRun) -> None:
    run = new_run()

    def task(session: RunSession) -> JsonDict:
        session.progress(4, 4, "All.")
        session.metric({"loss": 0.5})
        return {"accuracy": 0.9}

    assert work(run.path, task) is RunState.DONE
    status = run.read_status()
    assert (status.state, status.step, status.total, status.result) == (RunState.DONE, 4, 4, {"accuracy": 0.9})
    assert status.created_at <= status.started_at <= status.ended_at
    assert run.read_metrics() == [{"loss": 0.5}]


def test_while_it_works_it_is_running_and_its_heart_beats(new_run: NewRun, until: Until) -> None:
    run = new_run()

    def task(session: RunSession) -> JsonDict:
        first = run.read_status()
        assert (first.state, first.message) == (RunState.RUNNING, "Starting.")
        assert first.process is not None
        until(lambda: run.read_status().heartbeat > first.heartbeat)
        return {}

    assert work(run.path, task) is RunState.DONE


def test_progress_is_seen_soon_though_not_every_step_is_written(
    new_run: NewRun, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = new_run()
    written: list[int] = []
    original = RunFolder.write_status
    monkeypatch.setattr(
        RunFolder, "write_status", lambda self, status: (written.append(status.step), original(self, status))
    )

    def task(session: RunSession) -> JsonDict:
        for step in range(1, 5001):
            session.progress(step, 5000)
        until(lambda: run.read_status().step == 5000)
        return {}

    work(run.path, task)
    assert len(written) < 2500


def test_an_error_for_the_user_is_shown_as_it_is(new_run: NewRun) -> None:
    run = new_run()

    def task(session: RunSession) -> JsonDict:
        raise InputError("There is no column 'x', only 'y'. Choose it.")

    assert work(run.path, task) is RunState.FAILED
    assert run.read_status().message == "There is no column 'x', only 'y'. Choose it."
    assert "Traceback" not in run.log_tail()


def test_an_unexpected_error_is_one_sentence_and_its_traceback_is_in_the_log(new_run: NewRun) -> None:
    run = new_run()

    def task(session: RunSession) -> JsonDict:
        raise ZeroDivisionError("secret details")

    assert work(run.path, task) is RunState.FAILED
    assert run.read_status().message == "Unexpected ZeroDivisionError: the end of log.txt has the details."
    assert "Traceback" in run.log_tail()
    assert "secret details" in run.log_tail()


def test_a_cancel_marker_stops_a_task_that_listens(new_run: NewRun, until: Until) -> None:
    run = new_run()

    def task(session: RunSession) -> JsonDict:
        run.cancel_marker.touch()
        until(session.should_stop)
        raise Interrupted("Stopped after step 3; no model was saved.")

    assert work(run.path, task) is RunState.CANCELLED
    assert run.read_status().message == "Stopped after step 3; no model was saved."


def test_a_task_that_stops_by_returning_is_cancelled_and_keeps_what_it_returned(new_run: NewRun, until: Until) -> None:
    run = new_run()

    def task(session: RunSession) -> JsonDict:
        run.cancel_marker.touch()
        until(session.should_stop)
        return {"half": True}

    assert work(run.path, task) is RunState.CANCELLED
    assert run.read_status().result == {"half": True}


def test_a_run_that_was_cancelled_while_it_waited_is_not_begun(new_run: NewRun) -> None:
    run = new_run()
    run.cancel_marker.touch()

    def task(session: RunSession) -> JsonDict:
        pytest.fail("it was begun")

    assert work(run.path, task) is RunState.CANCELLED
    assert run.read_status().message == "Cancelled before it started."


def test_a_run_that_was_paused_while_it_waited_is_not_begun(new_run: NewRun) -> None:
    run = new_run()
    run.pause_marker.touch()
    assert work(run.path, lambda _: pytest.fail("it was begun")) is RunState.PAUSED
    assert run.read_status().message == "Paused before it started."


def test_a_terminated_process_begins_nothing_more_and_the_run_can_go_on_elsewhere(new_run: NewRun) -> None:
    terminated = threading.Event()
    terminated.set()
    assert work(new_run().path, lambda _: {}, terminated=terminated) is RunState.LOST


@pytest.mark.parametrize("stopped", [Interrupted("At step 3."), Paused("At step 3."), None])
def test_a_pause_marker_lets_a_task_rest_however_it_stops(
    new_run: NewRun, until: Until, stopped: Interrupted | None
) -> None:
    run = new_run()

    def task(session: RunSession) -> JsonDict:
        run.pause_marker.touch()
        until(session.should_stop)
        assert session.stop_reason() is Stop.PAUSE
        if stopped is not None:
            raise stopped
        return {}

    assert work(run.path, task) is RunState.PAUSED
    assert run.read_status().message == ("Paused." if stopped is None else "At step 3.")


def test_who_pauses_may_take_longer_than_who_is_cancelled(
    new_run: NewRun, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PATIENCE_SECONDS", 0.0)
    run = new_run()

    def task(session: RunSession) -> JsonDict:
        run.pause_marker.touch()
        until(session.should_stop)
        first = run.read_status().heartbeat
        until(lambda: run.read_status().heartbeat > first)  # the heart beats on, and nobody was ended
        raise Paused("At the checkpoint.")

    assert work(run.path, task) is RunState.PAUSED


def test_who_is_cancelled_while_it_pauses_is_cancelled(new_run: NewRun, until: Until) -> None:
    run = new_run()

    def task(session: RunSession) -> JsonDict:
        run.pause_marker.touch()
        until(session.should_stop)
        run.cancel_marker.touch()
        until(lambda: session.stop_reason() is Stop.CANCEL)
        return {}

    assert work(run.path, task) is RunState.CANCELLED


def test_two_processes_never_work_on_one_run(new_run: NewRun) -> None:
    run = new_run()

    def task(session: RunSession) -> JsonDict:
        with pytest.raises(WorkspaceError, match="worked on by another process"):
            work(run.path, lambda _: pytest.fail("it was begun"))
        return {"mine": True}

    assert work(run.path, task) is RunState.DONE
    assert run.read_status().result == {"mine": True}


def test_the_memory_of_the_process_is_told(new_run: NewRun) -> None:
    run = new_run()

    def task(session: RunSession) -> JsonDict:
        held = bytearray(50_000_000)
        session.progress(len(held), len(held))
        return {}

    work(run.path, task)
    memory = run.read_status().memory
    assert memory["rss_peak"] >= memory["rss"]
    assert memory["rss_peak"] > 50_000_000


def test_ctrl_c_ends_the_process_after_the_last_word(new_run: NewRun) -> None:
    run = new_run()

    def task(session: RunSession) -> JsonDict:
        signal.raise_signal(signal.SIGINT)
        return {}

    with pytest.raises(KeyboardInterrupt):
        work(run.path, task)
    assert run.read_status().state is RunState.CANCELLED


def test_no_thread_is_left(new_run: NewRun) -> None:
    before = set(threading.enumerate())  # one that another test left may end meanwhile
    work(new_run().path, lambda _: {})
    assert set(threading.enumerate()) <= before


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceError, match="is not a run"):
        work(tmp_path, lambda _: {})
