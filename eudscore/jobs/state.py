"""What is true of a run: its last word, compared with the process that said it."""

import time
from dataclasses import replace
from pathlib import Path

import psutil

from eudscore.errors import WorkspaceError
from eudscore.jobs.folder import ProcessId, RunFolder, RunStatus
from eudscore.records import RunState
from eudscore.store.files import writing
from eudscore.store.owners import machine

GRACE_SECONDS = 15.0  # a queued run may have no process for as long
FRESH_SECONDS = 10.0  # a heartbeat this young proves more than a time of birth
_BORN_TOLERANCE = 2.0  # the boot time that births are counted from moves with the clock
_WAITING = (RunState.QUEUED, RunState.PAUSED)


def state_of(folder: Path) -> RunStatus:
    """The status of a run, corrected where its process can no longer do so itself.

    A run whose process is gone is `cancelled` or `paused` where that was asked for, else `lost`; so is a queued run
    that no queue keeps and no process will take up. A queued run becomes `cancelled` or `paused` the moment it is
    asked to.

    Raises:
        WorkspaceError: this is no run.
    """
    run = RunFolder(folder)
    status = run.read_status()
    if status.state in _WAITING:
        asked = _asked_while_waiting(run, status)
        if asked is not None:
            return asked
    if not status.active or (status.state is RunState.QUEUED and status.kept):
        return status
    if _has_worker(run, status):
        return _while_it_works(run, status)
    status = run.read_status()  # it may have ended between the two looks
    if not status.active or _has_worker(run, status):
        return status
    if run.cancel_marker.exists():
        return replace(status, state=RunState.CANCELLED, message="Cancelled.", ended_at=status.heartbeat)
    if run.pause_marker.exists():
        return replace(status, state=RunState.PAUSED, message="Paused.")
    return replace(status, state=RunState.LOST, message=_last_word(status), ended_at=status.heartbeat)


def _asked_while_waiting(run: RunFolder, status: RunStatus) -> RunStatus | None:
    if run.cancel_marker.exists():
        when = "before it started" if status.state is RunState.QUEUED else "while it was paused"
        return replace(status, state=RunState.CANCELLED, message=f"Cancelled {when}.")
    if status.state is RunState.QUEUED and run.pause_marker.exists():
        return replace(status, state=RunState.PAUSED, message="Paused before it started.")
    return None


def _while_it_works(run: RunFolder, status: RunStatus) -> RunStatus:
    if run.cancel_marker.exists():
        return replace(status, message="Stopping.")
    return replace(status, message="Pausing.") if run.pause_marker.exists() else status


def _has_worker(run: RunFolder, status: RunStatus) -> bool:
    if status.process is not None:
        return is_alive(status.process, heartbeat=status.heartbeat)
    worker = run.read_worker()
    if worker is not None and is_alive(worker):
        return True
    return time.time() - status.created_at < GRACE_SECONDS


def _last_word(status: RunStatus) -> str:
    if status.process is None:
        return "No process took this run up: start it again."
    return (
        f"Process {status.process.pid} ended without a word, perhaps for want of memory: "
        "see the end of log.txt and start the run again."
    )


def is_alive(process: ProcessId, *, heartbeat: float | None = None) -> bool:
    """Whether this very process still runs, and not another one under its number.

    Args:
        process: number and time of birth; one of another machine is judged by its heartbeat alone.
        heartbeat: Unix time of its last sign of life, which counts for more when the clock was set.
    """
    fresh = heartbeat is not None and abs(time.time() - heartbeat) < FRESH_SECONDS
    if process.host not in ("", machine()):
        return fresh
    try:
        found = psutil.Process(process.pid)
        if found.status() == psutil.STATUS_ZOMBIE:
            return False
        same = abs(found.create_time() - process.born) < _BORN_TOLERANCE
    except psutil.NoSuchProcess:
        return False
    return same or fresh


def is_active(folder: Path) -> bool:
    """Whether a run waits or works."""
    return state_of(folder).active


def request_cancel(folder: Path) -> bool:
    """Ask a run to stop; False if it had ended already.

    Raises:
        WorkspaceError: this is no run, or its folder cannot be written.
    """
    status = state_of(folder)
    if not status.active and status.state is not RunState.PAUSED:
        return False
    with writing(folder):
        RunFolder(folder).cancel_marker.touch()
    return True


def request_pause(folder: Path) -> bool:
    """Ask a run to rest at the next point from which it can go on; False if it neither waits nor works.

    Raises:
        WorkspaceError: this is no run, or its folder cannot be written.
    """
    if not is_active(folder):
        return False
    with writing(folder):
        RunFolder(folder).pause_marker.touch()
    return True


def list_runs(root: Path) -> list[tuple[RunFolder, RunStatus]]:
    """All runs in a folder, the newest first; one that cannot be read is `lost` and says why."""
    if not root.is_dir():
        return []
    found = [(RunFolder(path), readable(path)) for path in root.glob("[!.]*") if (path / "status.json").exists()]
    return sorted(found, key=lambda run: (-run[1].created_at, run[0].path.name))


def readable(folder: Path) -> RunStatus:
    """The status of a run; one that cannot be read is `lost` and says why."""
    try:
        return state_of(folder)
    except WorkspaceError as error:
        return RunStatus(RunState.LOST, message=str(error))
