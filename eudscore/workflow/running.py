"""A run in this very process: begun or taken up again, and ended by Ctrl-C at a point from which it goes on."""

import json
import signal
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from eudscore.errors import Interrupted, RequestError, WorkspaceError
from eudscore.jobs.folder import RunFolder
from eudscore.jobs.session import Task, work
from eudscore.jobs.state import state_of
from eudscore.records import JsonDict, RunState
from eudscore.store.files import writing
from eudscore.store.owners import FILE, draft_name
from eudscore.store.workspace import Workspace
from eudscore.workflow.queueing import new_run
from eudscore.workflow.requests import FitOptions

_STOPPED = (RunState.CANCELLED, RunState.PAUSED, RunState.LOST)


def run_at(workspace: Workspace, spec: JsonDict, *, out: Path | None) -> RunFolder:
    """A new run, or the unfinished one in `out` where it is of the same rows and options.

    Raises:
        WorkspaceError: the folder is taken, holds a finished run, or one that another process works on.
        RequestError: it holds an unfinished run of something else.
    """
    if out is None or not (out / "spec.json").exists():
        return new_run(workspace, spec, out=out)
    run = RunFolder(out.resolve())
    status = state_of(run.path)
    if status.state is RunState.DONE:
        raise WorkspaceError(f"{out} is there already and not empty, it holds a finished run: choose another folder.")
    if status.state is RunState.RUNNING:
        raise WorkspaceError(f"{out} is worked on by another process: wait until that ends, or choose another folder.")
    if not _same(run.read_spec(), spec):
        raise RequestError(
            f"{out} holds an unfinished training of other rows or with other options: give the same again to go on "
            "with it, or choose another folder."
        )
    with writing(run.path):
        run.cancel_marker.unlink(missing_ok=True)
        run.pause_marker.unlink(missing_ok=True)
    return run


def _same(there: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Whether two specs ask for the same; options that one of them does not name have their defaults."""
    plain = json.loads(json.dumps(wanted))
    if any(there.get(name) != plain[name] for name in ("kind", "corpus", "rows", "test")):
        return False
    try:
        return FitOptions(**there["options"]) == FitOptions(**plain["options"])
    except (KeyError, TypeError):  # of another version, with options that are not known here
        return False


def work_here(run: RunFolder, task: Task) -> JsonDict:
    """Do the task of a run in this process: its result.

    The first Ctrl-C, or SIGTERM, asks it to stop where it can go on later; the second ends it at once.

    Raises:
        WorkspaceError: it failed, in the words of the run.
        Interrupted: it was stopped.
    """
    asked = threading.Event()
    try:
        with stopped_by_signals(asked):
            state = work(run.path, task, terminated=asked)
    except KeyboardInterrupt as stopped:
        raise Interrupted("Interrupted.") from stopped
    status = run.read_status()
    if state in _STOPPED:
        raise Interrupted(status.message)
    if state is not RunState.DONE:
        raise WorkspaceError(status.message)
    return status.result


@contextmanager
def stopped_by_signals(asked: threading.Event) -> Iterator[None]:
    """Within the block the first Ctrl-C, or SIGTERM, sets the event; a second Ctrl-C ends at once."""
    if threading.current_thread() is not threading.main_thread():  # signals are for the main thread alone
        yield
        return

    def ask(number: int, _frame: object) -> None:
        if asked.is_set() and number == signal.SIGINT:
            raise KeyboardInterrupt
        asked.set()

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def rewrite_lines(path: Path, lines: Sequence[Mapping[str, Any]]) -> None:
    """Replace a file of JSON lines; a reader sees the old one or the new one.

    Raises:
        WorkspaceError: it cannot be written.
    """
    draft = path.with_name(draft_name(FILE))
    with writing(path.parent):
        draft.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
        draft.replace(path)
