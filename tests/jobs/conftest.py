"""Runs and their processes; what a worker does is named in the spec of its run, see `hand`."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
import staff

from eudscore.jobs.folder import RunFolder


@pytest.fixture
def argv() -> tuple[str, ...]:
    """The command of a worker that does as its spec says."""
    return staff.HAND


@pytest.fixture
def new_run(tmp_path: Path) -> Iterator[Callable[..., RunFolder]]:
    """Makes runs, and ends what is left of their processes after the test."""
    made: list[RunFolder] = []

    def make(do: str = "count", **more: object) -> RunFolder:
        run = RunFolder(tmp_path / "runs" / f"run-{len(made)}")
        run.create({"do": do, **more})
        made.append(run)
        return run

    yield make
    for run in made:
        worker = run.read_worker() if run.path.exists() else None
        if worker is not None and worker.pid != os.getpid():  # a test may name itself as the worker
            with suppress(ProcessLookupError, psutil.NoSuchProcess):
                if abs(psutil.Process(worker.pid).create_time() - worker.born) < 2:
                    os.kill(worker.pid, signal.SIGKILL)


@pytest.fixture(name="until")
def until_fixture() -> Callable[..., None]:
    return staff.until
