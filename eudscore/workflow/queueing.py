"""The jobs of a workspace, for pages, command line and Python: queue, list, cancel, pause, resume, copy."""

import hashlib
import json
import os
import secrets
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from eudscore.errors import InputError, WorkspaceError
from eudscore.jobs.folder import RunFolder, RunStatus
from eudscore.jobs.lanes import LIGHT, lane_of
from eudscore.jobs.queue import Queue
from eudscore.jobs.runs import QueuedRun
from eudscore.jobs.tending import Facts
from eudscore.records import JsonDict, RunState
from eudscore.store.files import writing
from eudscore.store.jobrows import UNFINISHED, JobRow
from eudscore.store.workspace import CorpusRef, Workspace

PREPARE = "prepare"
QUOTE = "quote"
TRAIN = "train"
PROFILE = "profile"
RANK = "rank"
STEADINESS = "steadiness"
PROBE = "probe"
STUDY = "study"
FORECAST = "forecast"
QUOTE_TRAINING = "quote_training"
KINDS = (PREPARE, QUOTE, TRAIN, PROFILE, RANK, STEADINESS, PROBE, STUDY, FORECAST, QUOTE_TRAINING)
_OPTIONS_OF_HEAVY = {PREPARE: "request", TRAIN: "options", STUDY: "options"}
"""Kinds that want a device to themselves, and go on from what they kept -> where their spec names the device."""


BAD = (RunState.FAILED, RunState.LOST)
_OPEN = (*UNFINISHED, *BAD)


@dataclass(frozen=True)
class Job:
    """A run as a page shows it.

    Attributes:
        folder: of the run.
        spec: what was asked for.
        status: what is true of it now.
        row: what the queue says, where it keeps the run.
    """

    folder: RunFolder
    spec: JsonDict
    status: RunStatus
    row: JobRow | None = None


def queue_of(workspace: Workspace) -> Queue:
    """The queue of a workspace.

    Raises:
        WorkspaceError: `EUDSCORE_DATABASE_URL` cannot be used.
    """
    return Queue(workspace.root, describe=describe)


def describe(spec: Mapping[str, object]) -> Facts:
    """What the queue must know of a run.

    Raises:
        KeyError, TypeError: this is no spec of a run.
    """
    kind, corpus = str(spec["kind"]), spec.get("corpus")
    section = _OPTIONS_OF_HEAVY.get(kind)
    options = spec[section] if section else {}
    if not isinstance(options, Mapping):
        raise TypeError(f"{section} is no mapping")
    experiment = spec.get("experiment")
    return Facts(
        kind,
        lane=lane_of(str(options["device"])) if section else LIGHT,
        corpus=None if corpus is None else str(corpus),
        experiment=None if experiment is None else str(experiment),
        work=None if kind == TRAIN else _digest(spec),
        resumable=section is not None,
    )


def jobs_of(workspace: Workspace, ref: CorpusRef, kind: str) -> list[Job]:
    """The runs of one kind on one corpus, the newest first."""
    found = []
    for run in _listed(queue_of(workspace), corpus=str(ref), kind=kind):
        try:
            spec = run.folder.read_spec()
        except WorkspaceError:  # a damaged run is nobody's: it must not take the page of the others down
            continue
        found.append(Job(run.folder, spec, run.status, run.row))
    return found


def jobs_and_problem(workspace: Workspace) -> tuple[list[QueuedRun], str]:
    """All runs of a workspace, the newest first, and what is wrong with its database: nothing, most of the time."""
    queue = queue_of(workspace)
    return _listed(queue), queue.problem


def open_jobs(workspace: Workspace) -> tuple[list[QueuedRun], str]:
    """The runs that wait, work, rest or came to no good end, the newest first, and what is wrong with the database.

    A run that nobody needs to be told of any more is left out.
    """
    queue = queue_of(workspace)
    found = [run for run in _listed(queue, _OPEN) if run.status.state in _OPEN]
    return [run for run in found if not run.folder.dismissed_marker.exists()], queue.problem


def _listed(queue: Queue, states: Collection[RunState] | None = None, **wanted: str) -> list[QueuedRun]:
    if os.environ.get("EUDSCORE_READ_ONLY"):  # who may change nothing puts nothing straight either
        return queue.runs.listed((), **wanted)
    return queue.all(states, **wanted)


def start(folders: Sequence[Path], *, workspace: Workspace, priority: int = 0) -> None:
    """Put runs that were made for it into the queue, in this order, and see to it that somebody works it off.

    Raises:
        SameWork: one of them asks for what is under way; then none is queued, and their folders are gone.
        RequestError, WorkspaceError: they cannot be queued; then their folders are gone too.
    """
    queue_of(workspace).add([RunFolder(path) for path in folders], priority=priority)


def find_job(workspace: Workspace, prefix: str) -> QueuedRun:
    """The job of an id, or of its beginning where only one begins so.

    Raises:
        RequestError: there is none, or several.
    """
    return queue_of(workspace).find(prefix)


def cancel(workspace: Workspace, prefix: str) -> RunStatus:
    """End a job: at once where it waits or rests, soon where it works.

    Raises:
        InputError: it ended already.
    """
    return _change(workspace, prefix, "cancelled", lambda queue, run: queue.cancel(run))


def pause(workspace: Workspace, prefix: str) -> RunStatus:
    """Let a job rest: at once where it waits, after its next checkpoint where it works.

    Raises:
        InputError: it rests already, or ended.
    """
    return _change(workspace, prefix, "paused", lambda queue, run: queue.pause(run))


def resume(workspace: Workspace, prefix: str) -> RunStatus:
    """Queue a job again that was paused, cancelled or lost, or that failed; it goes on from what it kept.

    Raises:
        InputError: it waits, works or is done.
    """
    return _change(workspace, prefix, "resumed", lambda queue, run: queue.again(run))


def retry(workspace: Workspace, prefix: str) -> RunStatus:
    """Queue a job again that came to no good end.

    Raises:
        InputError: it waits, works, rests or is done.
    """
    ended = (RunState.FAILED, RunState.CANCELLED, RunState.LOST)
    return _change(workspace, prefix, "tried again", lambda queue, run: queue.again(run, of=ended))


def dismiss(workspace: Workspace, prefix: str) -> RunStatus:
    """Leave a job that came to no good end out of the queue's card; it stays among the runs.

    Raises:
        InputError: it came to none, or did not end.
    """

    def mark(_queue: Queue, run: QueuedRun) -> bool:
        if run.status.state not in BAD:
            return False
        with writing(run.folder.path):
            run.folder.dismissed_marker.touch()
        return True

    return _change(workspace, prefix, "dismissed", mark)


def prioritise(workspace: Workspace, prefix: str, priority: int) -> RunStatus:
    """Give a job another priority; of those that wait for one device the highest begins first.

    Raises:
        RequestError: it is out of its range.
    """

    def change(queue: Queue, run: QueuedRun) -> bool:
        queue.prioritise(run, priority)
        return True

    return _change(workspace, prefix, "moved", change)


def _change(
    workspace: Workspace, prefix: str, done: str, change: Callable[[Queue, QueuedRun], bool]
) -> RunStatus:  # fmt: skip
    """Change a job, and say how it is then."""
    queue = queue_of(workspace)
    run = queue.find(prefix)
    if not change(queue, run):
        raise InputError(f"Job {run.id} cannot be {done}: it is {run.status.state}.")
    return queue.find(run.id).status


def run_spec(workspace: Workspace, ref: CorpusRef, kind: str, more: Mapping[str, object]) -> JsonDict:
    """What a run needs to be done by any process on this machine."""
    return {"kind": kind, "workspace": str(workspace.root), "corpus": str(ref), **more}


def new_run(workspace: Workspace, spec: JsonDict, *, out: Path | None = None, kept: bool = False) -> RunFolder:
    """A queued run, in the workspace or in a folder of its own.

    Args:
        workspace: where it is kept.
        spec: by `run_spec`.
        out: another folder.
        kept: whether a queue will begin it, and not the caller.

    Raises:
        WorkspaceError: the folder is taken or cannot be written.
    """
    folder = RunFolder((out or workspace.runs / new_id()).resolve())
    folder.create(spec, kept=kept)
    return folder


def new_id() -> str:
    """Sorts by time; random at the end, for two that begin in one second."""
    return f"{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(3)}"


def workspace_of(spec: Mapping[str, object]) -> Workspace:
    """The workspace that a run belongs to."""
    return Workspace(Path(str(spec["workspace"])))


def _digest(spec: Mapping[str, object]) -> str:
    """16 hex digits of what is asked for."""
    asked = {name: value for name, value in spec.items() if name not in ("version", "workspace")}
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode("utf-8", "surrogatepass")).hexdigest()[:16]
