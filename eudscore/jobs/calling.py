"""Whether the foreman of a workspace lives on this machine, and how to call one."""

import os
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path

from filelock import FileLock, Timeout

from eudscore.errors import WorkspaceError
from eudscore.jobs.folder import ProcessId
from eudscore.jobs.launch import Process, start_foreman
from eudscore.jobs.state import is_alive
from eudscore.store.documents import read_json, write_json
from eudscore.store.files import writing
from eudscore.store.owners import machine

FOLDER = "queue"
LOG = "log.txt"
_VERSION = 1
HANDOVER_SECONDS = 10.0  # a foreman that leaves holds its lock for a moment longer than its note says
SILENT_SECONDS = 30.0
_PATIENCE_SECONDS = 3.0  # a foreman that was called may take as long to say that it is there

_called: dict[Path, tuple[Process, float]] = {}
_calling = threading.Lock()


def call_foreman(root: Path, argv: Sequence[str]) -> None:
    """Start the foreman of a workspace unless it lives, or was called a moment ago.

    Args:
        root: of the workspace.
        argv: the command, to which the workspace is appended.

    Raises:
        WorkspaceError: it cannot be started.
    """
    with _calling:
        process, at = _called.get(root, (None, 0.0))
        if (process is not None and time.monotonic() - at < _PATIENCE_SECONDS) or foreman_lives(root):
            return
        with suppress(OSError):  # on a full disk the log goes without
            (root / FOLDER).mkdir(exist_ok=True)
        _called[root] = start_foreman(root, argv=argv, log=root / FOLDER / LOG), time.monotonic()


def foreman_lives(root: Path) -> bool:
    """Whether the process that noted itself as the foreman of a workspace still runs."""
    note = _note(root)
    if not note.exists():
        return False
    try:
        content = read_json(note, version=_VERSION)
        return is_alive(ProcessId(int(content["pid"]), float(content["born"])))
    except (WorkspaceError, KeyError, TypeError, ValueError):  # gone meanwhile, or damaged: the lock will tell
        return False


def silent(root: Path, host: str) -> bool:
    """Whether another machine, of which nobody here can say whether it lives, has had no foreman for a while.

    A container that was started anew is another machine.
    """
    try:
        return time.time() - _note(root, host).stat().st_mtime > SILENT_SECONDS
    except FileNotFoundError:
        return True


def note_foreman(root: Path, process: ProcessId) -> None:
    """Say who is the foreman, or that it still is.

    Raises:
        WorkspaceError: it cannot be written.
    """
    with writing(_note(root)):
        if foreman_lives(root):
            os.utime(_note(root))
            return
        (root / FOLDER).mkdir(exist_ok=True)
        write_json(_note(root), {"version": _VERSION, **asdict(process)}, durable=False)


def forget_foreman(root: Path) -> None:
    """Say that there is none."""
    with suppress(OSError):
        _note(root).unlink(missing_ok=True)


@contextmanager
def only_foreman(root: Path) -> Iterator[bool]:
    """Be the foreman of a workspace on this machine; the system lets go of that when the process ends.

    Yields:
        Whether it is; another one may be.

    Raises:
        WorkspaceError: the workspace cannot be written.
    """
    lock = FileLock(root / FOLDER / f"{machine()}.lock")
    with writing(root / FOLDER):
        (root / FOLDER).mkdir(exist_ok=True)
        with suppress(Timeout):
            lock.acquire(timeout=HANDOVER_SECONDS)
    try:
        yield lock.is_locked
    finally:
        lock.release()


def _note(root: Path, host: str | None = None) -> Path:
    return root / FOLDER / f"{host or machine()}.json"
