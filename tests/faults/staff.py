"""A queue whose jobs are light, see `hand`: `staff.py --queue WORKSPACE` is its foreman.

`staff.py --app WORKSPACE SPEC...` is an app: it queues jobs and looks at them until somebody ends it.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path

import psutil

from eudscore.jobs import calling as calling_module
from eudscore.jobs.folder import RunFolder
from eudscore.jobs.foreman import Foreman
from eudscore.jobs.launch import environment
from eudscore.jobs.queue import Queue, SameWork
from eudscore.jobs.runs import QueuedRun
from eudscore.jobs.tending import Facts
from eudscore.records import JsonDict, RunState

STAFF = (sys.executable, str(Path(__file__).resolve()))
HAND = (sys.executable, str(Path(__file__).with_name("hand.py").resolve()))
LANES = {"cpu": 1, "gpu": 2, "light": 2, "wide": 7}


def describe(spec: Mapping[str, object]) -> Facts:
    return Facts(
        str(spec["do"]), str(spec.get("lane", "cpu")), None, spec.get("experiment"), spec.get("work"),
        bool(spec.get("resumable", True)),
    )  # fmt: skip


def queue_at(root: Path, *, foreman: bool = True) -> Queue:
    """The queue of a workspace, with a foreman of this module, or with nobody who is called."""
    root.mkdir(parents=True, exist_ok=True)
    return Queue(root, describe=describe, foreman=(*STAFF, "--queue") if foreman else ())


_made = iter(range(10**6))


def put(queue: Queue, do: str = "count", *, priority: int = 0, **more: object) -> QueuedRun:
    """Queue one job."""
    run = RunFolder(queue.runs.root / f"job-{os.getpid()}-{next(_made):04}")
    run.create({"do": do, **more}, kept=True)
    queue.add([run], priority=priority)
    return QueuedRun(run, run.read_status())


def state_in(queue: Queue, run: QueuedRun) -> RunState:
    """What who looks at the queue sees."""
    return queue.find(run.id).status.state


def until(holds: Callable[[], object], *, seconds: float = 180.0) -> None:
    """Wait until something holds; fails long after it should have."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "this did not come about"
        time.sleep(0.05)


def lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").split() if path.exists() else []


def processes_of(root: Path) -> list[psutil.Process]:
    """All processes that have to do with a workspace, zombies apart."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if any(str(root) in part for part in process.cmdline()[1:]):
                found.append(process)
    return found


def of_kind(root: Path, option: str) -> list[psutil.Process]:
    """Foremen by `--queue`, apps by `--app`."""
    found = []
    for process in processes_of(root):
        with suppress(psutil.Error):
            if option in process.cmdline():
                found.append(process)
    return found


def end_all(root: Path) -> None:
    """Kill whatever has to do with a workspace, this process apart."""
    for process in processes_of(root):
        if process.pid != os.getpid():
            with suppress(psutil.Error):
                process.kill()


def zombies(among: Iterable[psutil.Process]) -> list[psutil.Process]:
    found = []
    for process in among:
        with suppress(psutil.NoSuchProcess):
            if process.status() == psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


def app(root: Path, specs: Iterable[str]) -> None:
    """Queue jobs, say their ids, and look on as a page does."""
    queue = queue_at(root)
    for spec in map(json.loads, specs):
        with suppress(SameWork):
            sys.stdout.write(f"{put(queue, **spec).id}\n")
            sys.stdout.flush()
    sys.stdout.write("looking\n")
    sys.stdout.flush()
    while True:
        queue.all()
        time.sleep(0.1)


def start_app(root: Path, *specs: JsonDict) -> "subprocess.Popen[str]":
    """An app that has queued its jobs."""
    command = [*STAFF, "--app", str(root), *map(json.dumps, specs)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment())
    assert process.stdout is not None
    while (line := process.stdout.readline().strip()) != "looking":
        assert line, "the app came to nothing"
    return process


def main(option: str, root: Path, *specs: str) -> None:
    calling_module.HANDOVER_SECONDS = float(os.environ.get("HANDOVER", "10"))
    idle = float(os.environ.get("IDLE", "3"))
    if option == "--app":
        app(root, specs)
    else:
        Foreman(root, argv=HAND, lanes_of_machine=lambda: LANES, idle_seconds=idle).serve()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), *sys.argv[3:])
