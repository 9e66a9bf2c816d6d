import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from eudscore.jobs.folder import RunFolder

# What a worker does is named in the spec of its run.
WORKER = """
import os, sys, time
from pathlib import Path
from eudscore.errors import InputError, Interrupted
from eudscore.jobs import session as module

def task(session):
    spec = session.run.read_spec()
    print("working on", session.run.path.name, flush=True)
    match spec["do"]:
        case "count":
            for step in range(1, spec["to"] + 1):
                session.progress(step, spec["to"], f"Step {step}.")
                session.metric({"step": step, "loss": 1 / step})
            return {"counted": spec["to"], "pid": os.getpid()}
        case "wait":
            session.progress(1, 2, "Waiting for the end.")
            while not session.should_stop():
                time.sleep(0.02)
            raise Interrupted("Stopped after step 1 of 2; nothing was saved.")
        case "ignore":
            session.progress(1, 2, "Deaf.")
            time.sleep(600)
        case "refuse":
            raise InputError("There is no column 'x', only 'y'. Choose it.")
        case "break":
            raise ZeroDivisionError("by zero")

module.PATIENCE_SECONDS = float(os.environ.get("PATIENCE", "20"))
module.work_through([Path(folder) for folder in sys.argv[1:]], task)
"""


@pytest.fixture
def argv(tmp_path: Path) -> list[str]:
    """The command of a worker that does as its spec says."""
    script = tmp_path / "worker.py"
    script.write_text(WORKER, encoding="utf-8")
    return [sys.executable, str(script)]


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


def until(holds: Callable[[], object], *, seconds: float = 60.0) -> None:
    """Wait until something holds; fails long after it should have."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "this did not come about"
        time.sleep(0.02)


@pytest.fixture(name="until")
def until_fixture() -> Callable[..., None]:
    return until
