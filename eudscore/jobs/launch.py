"""Start the process of a run, so that it outlives whoever started it."""

import os
import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path

import psutil

from eudscore.errors import WorkspaceError
from eudscore.jobs.folder import ProcessId, RunFolder, as_folders
from eudscore.locations import site


def start(folders: Sequence[Path], *, argv: Sequence[str]) -> int:
    """Start one process that works through queued runs in order; it has a session of its own.

    Args:
        folders: runs that were created, at least one; they are appended to `argv` as absolute paths.
        argv: the command of the worker, e.g. `[sys.executable, "-m", "eudscore.worker"]`.

    Returns:
        The number of the process.

    Raises:
        WorkspaceError: a folder is no run, or the process cannot be started.
    """
    runs = as_folders(folders)
    for run in runs:
        run.read_status()
    try:
        with runs[0].log.open("ab") as log:
            process = subprocess.Popen(
                [*argv, *(str(run.path) for run in runs)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                start_new_session=True, close_fds=True, env=environment(),
            )  # fmt: skip
    except OSError as error:
        raise WorkspaceError(
            f"The worker {argv[0]!r} cannot be started ({error.strerror}): check the installation."
        ) from error
    threading.Thread(target=process.wait, name=f"reap-{process.pid}", daemon=True).start()
    _sign(runs, process.pid)
    return process.pid


def _sign(runs: Sequence[RunFolder], pid: int) -> None:
    try:
        worker = ProcessId.of(pid)
    except psutil.NoSuchProcess:  # it ended at once; the runs it left say so after a while
        return
    for run in runs:
        run.write_worker(worker)


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
