"""Start processes that outlive whoever started them: the one of a run, and the foreman of a workspace."""

import os
import subprocess
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TypeAlias

import psutil

from eudscore.errors import WorkspaceError
from eudscore.jobs.folder import ProcessId, RunFolder
from eudscore.locations import site

_LONG_LOG = 1 << 20  # bytes

Process: TypeAlias = "subprocess.Popen[bytes]"


def start_run(run: RunFolder, *, argv: Sequence[str], more: Mapping[str, str] | None = None) -> Process:
    """Start the process of a queued run; it has a session of its own, and its parent must wait for it.

    Args:
        run: was created; its absolute path is appended to `argv`.
        argv: the command of the worker, e.g. `[sys.executable, "-m", "eudscore.worker"]`.
        more: what its environment says beside ours.

    Raises:
        WorkspaceError: the folder is no run, or the process cannot be started.
    """
    run.read_status()
    process = _start([*argv, str(run.path.resolve())], log=run.log, more=more or {})
    with suppress(psutil.NoSuchProcess, WorkspaceError):  # it ended at once, or the disk is full; its parent knows it
        run.write_worker(ProcessId.of(process.pid))
    return process


def start_foreman(root: Path, *, argv: Sequence[str], log: Path) -> Process:
    """Start the process that works off the queue of a workspace; a thread waits for its end.

    Args:
        root: of the workspace, whose absolute path is appended to `argv`.
        argv: the command of the foreman.
        log: what it prints goes there.

    Raises:
        WorkspaceError: the process cannot be started.
    """
    with suppress(OSError):
        if log.stat().st_size > _LONG_LOG:
            log.unlink()
    process = _start([*argv, str(root.resolve())], log=log, more={})
    threading.Thread(target=process.wait, name=f"reap-{process.pid}", daemon=True).start()
    return process


def _start(argv: Sequence[str], *, log: Path, more: Mapping[str, str]) -> Process:
    try:
        number = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    except OSError:  # on a full disk the work goes on, and says itself what it lacks
        number = os.open(os.devnull, os.O_WRONLY)
    try:
        return subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=number, stderr=subprocess.STDOUT,
            start_new_session=True, close_fds=True, env=environment() | dict(more),
        )  # fmt: skip
    except OSError as error:
        raise WorkspaceError(
            f"The worker {argv[0]!r} cannot be started ({error.strerror}): check the installation."
        ) from error
    finally:
        os.close(number)


def environment() -> dict[str, str]:
    """This process's environment, with the package importable and the output unbuffered."""
    values = {
        # Threads that spin while they wait slow a training sevenfold where the cores are shared.
        "OMP_WAIT_POLICY": "PASSIVE",
        **os.environ,
        "PYTHONUNBUFFERED": "1",
        "PYTHONFAULTHANDLER": "1",
        "TOKENIZERS_PARALLELISM": "false",
    }
    if (site() / "eudscore").is_dir():  # a checkout that nobody installed
        paths = [str(site()), os.environ.get("PYTHONPATH", "")]
        values["PYTHONPATH"] = os.pathsep.join(filter(None, paths))
    return values
