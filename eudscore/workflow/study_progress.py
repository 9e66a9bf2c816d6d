"""Where a study is: which of its trainings is under way, read from its folder."""

from dataclasses import dataclass
from pathlib import Path
from statistics import median

from eudscore.errors import WorkspaceError
from eudscore.jobs.folder import RunFolder, RunStatus
from eudscore.records import RunState
from eudscore.store.documents import read_json
from eudscore.workflow.study_plan import VERSION, Planned, StudyRequest, planned, updates_of
from eudscore.workflow.study_results import RESULTS, STUDY, statuses


@dataclass(frozen=True)
class Training:
    """A training that is under way.

    Attributes:
        number: which of them, from 1.
        total: how many the study holds.
        planned: what it is.
        run: its folder.
        status: where it is.
    """

    number: int
    total: int
    planned: Planned
    run: RunFolder
    status: RunStatus

    @property
    def name(self) -> str:
        """What it is, in words: `coverage 16 %, seed 1`."""
        return self.planned.words

    @property
    def sentence(self) -> str:
        """Which one it is, in words: `training 7 of 25: coverage 16 %, seed 1`."""
        return f"training {self.number:,} of {self.total:,}: {self.name}"


def training_now(folder: Path, request: StudyRequest) -> Training | None:
    """The training of a study that was begun last and is not done; None before the first and between two."""
    numbers = {one: number for number, one in enumerate(planned(request), 1)}
    begun = [(one, status) for one, status in statuses(folder, request) if status.state is not RunState.DONE]
    if not begun:
        return None
    one, status = begun[-1]
    return Training(numbers[one], len(numbers), one, RunFolder(folder / "runs" / one.name), status)


def trainings_done(folder: Path, request: StudyRequest) -> int:
    """How many trainings of a study are done."""
    return sum(status.state is RunState.DONE for _, status in statuses(folder, request))


def seconds_left(folder: Path, request: StudyRequest) -> float | None:
    """How long the trainings that are not done will take, by the pace of those that are; None before two are.

    An update takes as long as one of those that were done; what a training takes beside its updates, to load its model
    and to test it, comes for each (the median, for the first one loads the libraries too).
    """
    try:
        return _left(folder, request, read_json(folder / STUDY, version=VERSION)["pool_rows"])
    except (WorkspaceError, KeyError, TypeError, ZeroDivisionError):  # not begun, or by another version: no pace
        return None


def _left(folder: Path, request: StudyRequest, rows: int) -> float | None:
    there = {one.name: status for one, status in statuses(folder, request)}
    done = [status for status in there.values() if status.state is RunState.DONE]
    if len(done) < 2:
        return None
    update = sum(status.result["seconds"] for status in done) / sum(status.result["steps"] for status in done)
    beside = median(max(0.0, _took(status) - status.result["seconds"]) for status in done)
    left = 0.0
    for one in planned(request):
        status = there.get(one.name)
        if status is None or status.state is not RunState.DONE:
            steps = updates_of(request, one, rows=rows)
            left += beside + update * max(0, steps - (0 if status is None else status.step))
    return left


def _took(status: RunStatus) -> float:
    return (status.ended_at or 0.0) - (status.started_at or status.ended_at or 0.0)


def stamp_of(folder: Path) -> tuple[int, int]:
    """Changes whenever there may be new results: when `study.json` and `results.json` were written."""
    return _written(folder / STUDY), _written(folder / RESULTS)


def _written(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:
        return 0
