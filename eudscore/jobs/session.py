"""The worker's side of a run: say where it is, notice that it should stop, leave a last word."""

import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from types import TracebackType

from eudscore.errors import EudscoreError, Interrupted, WorkspaceError
from eudscore.jobs.folder import ProcessId, RunFolder, as_folders
from eudscore.records import JsonDict, RunState

HEARTBEAT_SECONDS = 1.0
WRITE_SECONDS = 0.25  # progress is written four times a second at most
PATIENCE_SECONDS = 20.0  # a task that was asked to stop may take as long
NICENESS = 5  # the server and the user's other programs go first


class RunSession:
    """What a task sees of its run."""

    def __init__(self, run: RunFolder, *, terminated: threading.Event) -> None:
        self.run = run
        self._terminated = terminated  # this process should end
        self._cancelled = threading.Event()  # this run should end
        self._lock = threading.Lock()
        self._status = replace(
            run.read_status(),
            state=RunState.RUNNING,
            message="Starting.",
            process=ProcessId.of(os.getpid()),
            started_at=time.time(),
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
        """Whether somebody asked for the end: stop soon, by returning or by raising `Interrupted`."""
        return self._cancelled.is_set() or self._terminated.is_set()

    def __enter__(self) -> "RunSession":
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
        with self._lock:
            self._status = replace(
                self._status, state=state, message=message, result=result or {}, ended_at=time.time()
            )
            self._write()
            self._over.set()

    def _write(self) -> None:
        self._status = replace(self._status, heartbeat=time.time())
        self.run.write_status(self._status)
        self._written = time.monotonic()

    def _beat(self) -> None:
        """Show life, look for the wish to stop, and end the process if that wish goes unheard."""
        asked_at: float | None = None
        while not self._over.wait(HEARTBEAT_SECONDS):
            if self.run.cancel_marker.exists() or not self.run.path.exists():
                self._cancelled.set()
            if self.should_stop():
                asked_at = asked_at or time.monotonic()
                if time.monotonic() - asked_at > PATIENCE_SECONDS:
                    self._end_process()
            with self._lock:
                if not self._over.is_set():
                    with suppress(WorkspaceError):  # a full disk may have room again at the next beat
                        self._write()

    def _end_process(self) -> None:
        with suppress(WorkspaceError):
            self.end(RunState.CANCELLED, "Cancelled; the work did not stop by itself and was ended.")
        os._exit(130)


Task = Callable[[RunSession], JsonDict]


def work(folder: Path, task: Task, *, terminated: threading.Event | None = None) -> RunState:
    """Do the task of one run in this process and leave its outcome in the folder.

    Args:
        folder: a queued run.
        task: returns the result, plain JSON values; an `EudscoreError` it raises is shown as it is.
        terminated: set from outside to ask for the end; the run's cancel marker asks for it too.

    Returns:
        How it ended: `done`, `failed` or `cancelled`.

    Raises:
        WorkspaceError: this is no run, or its folder cannot be written.
    """
    run = RunFolder(folder)
    session = RunSession(run, terminated=terminated or threading.Event())
    if session.should_stop() or run.cancel_marker.exists():
        session.end(RunState.CANCELLED, "Cancelled before it started.")
        return RunState.CANCELLED
    with session:
        state, message, result = _outcome(session, task)
    session.end(state, message, result)
    return state


def _outcome(session: RunSession, task: Task) -> tuple[RunState, str, JsonDict]:
    try:
        result = task(session)
    except Interrupted as stopped:
        return RunState.CANCELLED, str(stopped), {}
    except EudscoreError as error:
        session.run.append_log(str(error))
        return RunState.FAILED, str(error), {}
    except Exception as error:  # noqa: BLE001 - nothing above would tell the user; the log has all of it
        session.run.append_log(traceback.format_exc())
        return RunState.FAILED, f"Unexpected {type(error).__name__}: the end of log.txt has the details.", {}
    except BaseException:  # Ctrl+C and exit() end the process, after the last word
        session.end(RunState.CANCELLED, "Cancelled: its process was asked to end.")
        raise
    if session.should_stop():
        return RunState.CANCELLED, "Cancelled.", result
    return RunState.DONE, "Done.", result


def work_through(folders: Sequence[Path], task: Task) -> None:
    """The whole of a worker process: do the runs in order, each with its own log; SIGTERM cancels them all.

    A run that fails does not keep the next from its turn.
    """
    os.nice(NICENESS)
    terminated = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: terminated.set())
    for run in as_folders(folders):
        if run.path.exists():  # it may have been removed while it waited
            with _output_to(run.log), _logged():
                work(run.path, task, terminated=terminated)


@contextmanager
def _logged() -> Iterator[None]:
    """A folder that cannot be written is told to its log, and the next run gets its turn."""
    try:
        yield
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
