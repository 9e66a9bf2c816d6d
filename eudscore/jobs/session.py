"""The worker's side of a run: say where it is, notice that it should stop, leave a last word."""

import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from types import TracebackType

from eudscore.errors import EudscoreError, Interrupted, Paused, WorkspaceError
from eudscore.jobs.folder import ProcessId, RunFolder
from eudscore.jobs.memory import memory_now
from eudscore.records import JsonDict, RunState

HEARTBEAT_SECONDS = 1.0
WRITE_SECONDS = 0.25  # progress is written four times a second at most
PATIENCE_SECONDS = 20.0  # a task that was asked to stop may take as long
NICENESS = 5  # the server and the user's other programs go first


class Stop(StrEnum):
    """Why a run should stop."""

    CANCEL = "cancel"  # for good
    PAUSE = "pause"  # at a point from which it can go on
    TERMINATE = "terminate"  # the machine goes down, or somebody ended the process


# A run whose process was ended is taken up again like one whose process died, so it is `lost` and not `cancelled`.
_STOPPED = {
    Stop.CANCEL: (RunState.CANCELLED, "Cancelled."),
    Stop.PAUSE: (RunState.PAUSED, "Paused."),
    Stop.TERMINATE: (RunState.LOST, "Its process was asked to end: start the run again."),
}


class RunSession:
    """What a task sees of its run."""

    def __init__(self, run: RunFolder, *, terminated: threading.Event) -> None:
        self.run = run
        self._terminated = terminated  # this process should end
        self._cancelled = threading.Event()  # this run should end
        self._paused = threading.Event()  # this run should rest
        self._lock = threading.Lock()
        self._status = replace(
            run.read_status(),
            state=RunState.RUNNING,
            message="Starting.",
            process=ProcessId.of(os.getpid()),
            started_at=time.time(),
            ended_at=None,
        )
        self._written = 0.0
        self._over = threading.Event()
        self._heart = threading.Thread(target=self._beat, name=f"heartbeat-{run.path.name}", daemon=True)

    def progress(self, step: int, total: int, message: str = "") -> None:
        """Say how far the work is; cheap enough for every step."""
        with self._lock:
            message = message or self._status.message
            self._status = replace(self._status, step=step, total=total, message=message)
            if time.monotonic() - self._written >= WRITE_SECONDS:
                self._write()

    def metric(self, values: Mapping[str, object]) -> None:
        """Add one line to the metrics: plain JSON values."""
        self.run.append_metric(values)

    def should_stop(self) -> bool:
        """Whether somebody asked for the end: stop soon, by returning or by raising `Interrupted` or `Paused`.

        Who can go on later keeps what is needed for it before; `stop_reason` says which end it is.
        """
        return self.stop_reason() is not None

    def stop_reason(self) -> Stop | None:
        """Why the run should stop, or None while it should not."""
        if self._cancelled.is_set():
            return Stop.CANCEL
        if self._paused.is_set():
            return Stop.PAUSE
        return Stop.TERMINATE if self._terminated.is_set() else None

    def look_for_markers(self) -> None:
        """See whether somebody left word in the folder that the run should stop."""
        if self.run.cancel_marker.exists() or not self.run.path.exists():
            self._cancelled.set()
        elif self.run.pause_marker.exists():
            self._paused.set()

    def __enter__(self) -> "RunSession":
        self.run.keep_room()
        with self._lock:
            self._write()
        self._heart.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._heart.join()

    def end(self, state: RunState, message: str, result: JsonDict | None = None) -> None:
        """Write the last word."""
        self.run.give_room()
        with self._lock:
            self._status = replace(
                self._status, state=state, message=message, result=result or {}, ended_at=time.time()
            )
            self._write()
            self._over.set()

    def _write(self) -> None:
        self._status = replace(self._status, heartbeat=time.time(), memory=memory_now())
        self.run.write_status(self._status)
        self._written = time.monotonic()

    def _beat(self) -> None:
        """Show life, look for the wish to stop, and end the process if that wish goes unheard."""
        asked_at: float | None = None
        while not self._over.wait(HEARTBEAT_SECONDS):
            self.look_for_markers()
            if self.stop_reason() not in (None, Stop.PAUSE):  # who pauses may take its time to the next checkpoint
                asked_at = asked_at or time.monotonic()
                if time.monotonic() - asked_at > PATIENCE_SECONDS:
                    self._end_process()
            with self._lock:
                if not self._over.is_set():
                    with suppress(WorkspaceError):  # a full disk may have room again at the next beat
                        self._write()

    def _end_process(self) -> None:
        state, message = _STOPPED[self.stop_reason() or Stop.CANCEL]
        if state is RunState.CANCELLED:
            message = "Cancelled; the work did not stop by itself and was ended."
        with suppress(WorkspaceError):
            self.end(state, message)
        os._exit(130)


Task = Callable[[RunSession], JsonDict]


def work(folder: Path, task: Task, *, terminated: threading.Event | None = None) -> RunState:
    """Do the task of one run in this process and leave its outcome in the folder.

    Args:
        folder: a queued run.
        task: returns the result, plain JSON values; an `EudscoreError` it raises is shown as it is.
        terminated: set from outside to ask for the end; the run's cancel marker asks for it too.

    Returns:
        How it ended: `done`, `failed`, `cancelled`, `paused`, or `lost` where the process was asked to end.

    Raises:
        WorkspaceError: this is no run, another process works on it, or its folder cannot be written.
    """
    run = RunFolder(folder)
    session = RunSession(run, terminated=terminated or threading.Event())
    with run.alone():
        session.look_for_markers()
        if reason := session.stop_reason():
            state, message = _STOPPED[reason]
            session.end(state, message if state is RunState.LOST else f"{message[:-1]} before it started.")
            return state
        with session:
            state, message, result = _outcome(session, task)
        session.end(state, message, result)
    return state


def _outcome(session: RunSession, task: Task) -> tuple[RunState, str, JsonDict]:
    try:
        result = task(session)
    except Interrupted as stopped:
        by_itself = Stop.PAUSE if isinstance(stopped, Paused) else Stop.CANCEL
        return _STOPPED[session.stop_reason() or by_itself][0], str(stopped), {}
    except EudscoreError as error:
        _log(session.run, str(error))
        return RunState.FAILED, str(error), {}
    except Exception as error:  # noqa: BLE001 - nothing above would tell the user; the log has all of it
        _log(session.run, traceback.format_exc())
        return RunState.FAILED, f"Unexpected {type(error).__name__}: the end of log.txt has the details.", {}
    except BaseException:  # Ctrl+C and exit() end the process, after the last word
        session.end(RunState.CANCELLED, "Cancelled: its process was asked to end.")
        raise
    if reason := session.stop_reason():
        return *_STOPPED[reason], result
    return RunState.DONE, "Done.", result


def _log(run: RunFolder, text: str) -> None:
    """Add to the log; on a full disk the last word of the run must do."""
    with suppress(WorkspaceError):
        run.append_log(text)


def work_alone(folder: Path, task: Task) -> None:
    """The whole of a worker process: do one run, with its own log; SIGTERM asks it to stop.

    A folder that cannot be written is told to the log.
    """
    os.nice(NICENESS)
    terminated = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: terminated.set())
    run = RunFolder(folder.resolve())
    if run.path.exists():  # it may have been removed while it waited
        with _output_to(run.log):
            try:
                work(run.path, task, terminated=terminated)
            except WorkspaceError:
                traceback.print_exc()


@contextmanager
def _output_to(log: Path) -> Iterator[None]:
    """Send all that the process prints, native libraries included, to the end of a file."""
    sys.stdout.flush()
    sys.stderr.flush()
    kept = os.dup(1), os.dup(2)
    with log.open("ab") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    try:
        yield
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        for saved, number in zip(kept, (1, 2), strict=True):
            os.dup2(saved, number)
            os.close(saved)
