"""How a job is doing, in numbers and in words, for who watches it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from eudscore.errors import EudscoreError, WorkspaceError
from eudscore.jobs.folder import RunFolder, RunStatus
from eudscore.jobs.runs import QueuedRun
from eudscore.records import JsonDict, RunState
from eudscore.store.workspace import CorpusRef, Workspace
from eudscore.workflow.pace import duration, file_size
from eudscore.workflow.queueing import STUDY
from eudscore.workflow.study_plan import StudyRequest
from eudscore.workflow.study_progress import seconds_left

_LOG_LINES = 12


@dataclass(frozen=True)
class View:
    """A job as it is shown; numbers that nobody told are None.

    Attributes:
        id: of the job.
        kind: what it does.
        state: where it is.
        message: one sentence.
        step: steps done.
        total: steps there will be; 0 while unknown.
        priority: the higher, the sooner.
        attempt: how many times it was begun.
        lane: what it waits for.
        created: Unix time at which it was asked for.
        started: when its process took it up.
        ended: when it ended.
        loss: of the last step, nats.
        accuracy: of the last step, in [0, 1].
        learning_rate: of the last step.
        rows_per_second: how fast it is, as long as it works and once it is done.
        eta: seconds that are left.
        memory: bytes: `rss`, `rss_peak`, and on a GPU `gpu`, `gpu_peak`.
        folder: of the run.
    """

    id: str
    kind: str
    state: str
    message: str
    step: int
    total: int
    priority: int
    attempt: int
    lane: str
    created: float
    started: float | None
    ended: float | None
    loss: float | None
    accuracy: float | None
    learning_rate: float | None
    rows_per_second: float | None
    eta: float | None
    memory: dict[str, int]
    folder: str

    def lines(self) -> Iterator[str]:
        """What is known, a line each."""
        yield f"{self.id}: {self.kind or 'unknown'}, {self.state}"
        yield self.message
        if self.total:
            yield f"step {self.step:,} of {self.total:,}"
        measured = {
            "loss": None if self.loss is None else f"{self.loss:.4f}",
            "accuracy": None if self.accuracy is None else f"{self.accuracy:.1%}",
            "learning rate": None if self.learning_rate is None else f"{self.learning_rate:.2e}",
            "rows/s": None if self.rows_per_second is None else f"{self.rows_per_second:,.0f}",
            "left": None if self.eta is None or self.ended is not None else duration(self.eta),
        }
        if said := ", ".join(f"{name} {value}" for name, value in measured.items() if value is not None):
            yield said
        names = {"rss": "memory", "rss_peak": "at most", "gpu": "GPU memory", "gpu_peak": "at most"}
        if self.memory:
            yield ", ".join(f"{names[key]} {file_size(self.memory[key])}" for key in names if key in self.memory)
        yield f"priority {self.priority}, lane {self.lane or 'none'}, begun {self.attempt} times"
        yield self.folder


def view(run: QueuedRun) -> View:
    """What there is to say about a job."""
    status, row, last = run.status, run.row, last_metric(run.folder)
    pace = last if _of_this_attempt(run.folder, run.status) else {}
    return View(
        id=run.id, kind=_kind(run), state=status.state.value, message=status.message, step=status.step,
        total=status.total, priority=row.priority if row else 0, attempt=row.attempt if row else 0,
        lane=row.lane if row else "", created=status.created_at, started=status.started_at, ended=status.ended_at,
        loss=_number(last, "loss"), accuracy=_number(last, "accuracy"), learning_rate=_number(last, "learning_rate"),
        rows_per_second=_number(pace, "rate"), eta=_study_left(run) or _number(pace, "eta"), memory=status.memory,
        folder=str(run.folder.path),
    )  # fmt: skip


def subject(workspace: Workspace, folder: RunFolder) -> tuple[str, str]:
    """The name of the data set of a job, and which of several fine-tunes it is; empty where nothing says so."""
    try:
        spec = folder.read_spec()
        return workspace.corpus(CorpusRef.parse(str(spec["corpus"]))).name, str(spec.get("arm") or "")
    except (EudscoreError, KeyError):  # its message says what is wrong
        return "", ""


def _study_left(run: QueuedRun) -> float | None:
    """Seconds that are left of a study that works; its trainings have metrics of their own."""
    if run.row is None or run.row.kind != STUDY or run.status.state is not RunState.RUNNING:
        return None
    try:
        request = StudyRequest.from_json(run.folder.read_spec()["request"])
    except (EudscoreError, KeyError, TypeError, ValueError):  # its message says what is wrong
        return None
    return seconds_left(run.folder.path, request)


def _of_this_attempt(folder: RunFolder, status: RunStatus) -> bool:
    """Whether the last metric tells the pace of now: a process that ended before has left the metrics of its own."""
    if status.state in (RunState.QUEUED, RunState.PAUSED):
        return False
    try:
        written = (folder.path / "metrics.jsonl").stat().st_mtime
    except FileNotFoundError:
        return False
    return status.state is not RunState.RUNNING or written >= (status.started_at or 0.0)


def log_lines(folder: Path) -> list[str]:
    """The last lines of a log."""
    return RunFolder(folder).log_tail().splitlines()[-_LOG_LINES:]


def pace_of(folder: RunFolder, status: RunStatus) -> JsonDict:
    """The last line of the metrics, where the process that works now wrote it; else nothing."""
    return last_metric(folder) if _of_this_attempt(folder, status) else {}


def last_metric(folder: RunFolder) -> JsonDict:
    """The last line of the metrics that is whole; nothing where there is none."""
    try:
        with (folder.path / "metrics.jsonl").open("rb") as metrics:
            size = metrics.seek(0, 2)
            metrics.seek(max(0, size - 16_384))
            lines = metrics.read().split(b"\n")[:-1]
    except FileNotFoundError:
        return {}
    try:
        found = json.loads(lines[-1]) if lines else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _number(metric: JsonDict, name: str) -> float | None:
    value = metric.get(name)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _kind(run: QueuedRun) -> str:
    if run.row is not None:
        return run.row.kind
    try:
        return str(run.folder.read_spec().get("kind", ""))
    except WorkspaceError:
        return ""
