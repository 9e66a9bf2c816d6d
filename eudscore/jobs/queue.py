"""The queue of a workspace: what waits, what works, and what became of it.

The database says what waits and who has begun what; the folder of a run says how far it is and how it ended. Where
the two differ, because somebody was killed in between, the folder is right. Whoever looks puts that straight (`tend`),
and sees to it that a foreman lives while there is work; see `foreman`.
"""

import shutil
import sys
import time
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from sqlalchemy.exc import IntegrityError

from eudscore.errors import EudscoreError, RequestError, WorkspaceError
from eudscore.jobs.calling import SILENT_SECONDS, call_foreman, silent
from eudscore.jobs.folder import ProcessId, RunFolder
from eudscore.jobs.runs import Describe, QueuedRun, Runs
from eudscore.jobs.state import GRACE_SECONDS, is_alive, readable
from eudscore.jobs.tending import verdict, waiting
from eudscore.records import RunState
from eudscore.store.database import database_of
from eudscore.store.files import writing
from eudscore.store.jobrows import UNFINISHED, JobRow, JobRows
from eudscore.store.owners import machine

FOREMAN = (sys.executable, "-m", "eudscore.worker", "--queue")
MOST_PRIORITY = 1_000_000
ROOM_BYTES = 65_536  # on a disk with less nothing is begun: it could not even say that it failed
_RUNS = "runs"
_AGAIN = (RunState.PAUSED, RunState.FAILED, RunState.CANCELLED, RunState.LOST)


class SameWork(EudscoreError):  # noqa: N818 - no failure: it is being done
    """The same work is under way."""

    def __init__(self, job_id: str) -> None:
        super().__init__(f"The same work is under way as job {job_id}: wait for it, or cancel it first.")
        self.job_id = job_id


class Queue:
    """The jobs of one workspace; free to make, and the same for every process on this machine."""

    def __init__(self, root: Path, *, describe: Describe | None = None, foreman: Sequence[str] = FOREMAN) -> None:
        """Name the queue of a workspace.

        Args:
            root: folder of the workspace.
            describe: what a queue must know of a spec; without it no run is added and none is found by its spec.
            foreman: the command that works the queue off, without the workspace; none: nobody is called.

        Raises:
            WorkspaceError: `EUDSCORE_DATABASE_URL` cannot be used.
        """
        self.root = root
        self.runs = Runs(root / _RUNS, describe)
        self._foreman = foreman
        self.rows = JobRows(database_of(root))
        self.problem = ""  # why the database could not be used when the runs were last listed

    def add(self, folders: Sequence[RunFolder], *, priority: int = 0) -> None:
        """Put runs that were created into the queue, all or none; what cannot be kept is removed again.

        Raises:
            SameWork: it is under way already.
            RequestError: the priority is out of its range.
            WorkspaceError: the database or the folder cannot be written.
        """
        try:
            self.rows.add(
                [replace(self.runs.row(run, run.read_status()), priority=_checked(priority)) for run in folders]
            )
        except IntegrityError as error:
            twin = self._twin(folders)
            self._remove(folders)
            raise SameWork(twin or "of another process") from error
        except BaseException:
            self._remove(folders)
            raise
        self.call()

    def all(self, states: Collection[RunState] | None = None, /, **wanted: str) -> list[QueuedRun]:
        """All runs whose facts are these, the newest first; one that cannot be read is `lost` and says why.

        Where the database cannot be used, on a disk that is read-only or full, the folders alone are asked, and
        `problem` says why.

        Args:
            states: of the runs that the queue keeps; None: whatever theirs are.
            wanted: `kind`, `corpus`, `experiment` -> its value.
        """
        try:
            self.tend()
            rows, known = self.rows.some(states, **wanted), self.rows.ids()
        except WorkspaceError as error:
            self.problem = str(error)
            return self.runs.listed((), **wanted)
        self.problem = ""
        room = has_room(self.root)
        found = [self._seen(row, room=room) for row in rows] + self.runs.listed(known, **wanted)
        return sorted(found, key=lambda run: (-run.status.created_at, -(run.row.position if run.row else 0)))

    def find(self, prefix: str) -> QueuedRun:
        """The run of an id, or of the beginning of one.

        Raises:
            RequestError: there is none, or several.
        """
        found = [run for run in self.all() if run.id.startswith(prefix)]
        exact = [run for run in found if run.id == prefix]
        if len(exact or found) == 1:
            return (exact or found)[0]
        if not found or not prefix:
            raise RequestError(f"There is no job {prefix!r}: `eudscore jobs list` shows those there are.")
        some = ", ".join(run.id for run in found[:3])
        raise RequestError(f"{prefix!r} may be {len(found)} jobs ({some}): give more of the id.")

    def cancel(self, run: QueuedRun) -> bool:
        """End a job: at once where it waits, soon where it works; False if it had ended already."""
        if run.status.state not in UNFINISHED:
            return False
        with writing(run.folder.path):
            run.folder.cancel_marker.touch()
        self.settle(run.id)
        return True

    def pause(self, run: QueuedRun) -> bool:
        """Let a job rest, once it is at a point from which it can go on; False if it neither waits nor works."""
        if not run.status.active:
            return False
        with writing(run.folder.path):
            run.folder.pause_marker.touch()
        self.settle(run.id)
        return True

    def again(self, run: QueuedRun, *, of: Collection[RunState] = _AGAIN) -> bool:
        """Let a job that rests or ended wait for its turn again; it goes on from what it kept.

        Args:
            run: the job.
            of: the states from which that is allowed.

        Returns:
            Whether it waits now; False if it was in another state.

        Raises:
            SameWork: the same was begun meanwhile.
        """
        if run.status.state not in of:
            return False
        row = self._kept(run)
        try:
            # On this machine: the one that began it may be gone.
            with self.rows.moving(row, RunState.QUEUED, attempt=0, host=machine(), ended=None) as mine:
                if mine:
                    self._lay_ready(run)
        except IntegrityError as error:
            raise SameWork(self._twin([run.folder]) or "of another process") from error
        self.call()
        return mine

    def prioritise(self, run: QueuedRun, priority: int) -> None:
        """Give a job another priority: of those that wait, the higher is begun first.

        Raises:
            RequestError: it is out of its range.
        """
        self._kept(run)
        self.rows.prioritise(run.id, _checked(priority))

    def tend(self, gone: Collection[str] = ()) -> None:
        """Put straight what a killed process left, and call a foreman where there is work.

        Args:
            gone: jobs whose process ended, as its parent knows.

        Raises:
            WorkspaceError: the database or a folder cannot be written.
        """
        self._adopt()
        for row in self.rows.some(UNFINISHED):
            if row.host == machine() or self._taken_over(row):
                self._settle(row, gone)
        self.call()

    def _taken_over(self, row: JobRow) -> bool:
        """Whether a job of another machine is ours now, because nobody there has taken care of it for a while."""
        if not silent(self.root, row.host) or time.time() - max(row.created, row.claimed or 0.0) < SILENT_SECONDS:
            return False
        if row.state is RunState.RUNNING and readable(self.runs.folder(row.id).path).state is RunState.RUNNING:
            return False  # its heart beats, so its machine lives, though its foreman does not
        return self.rows.take_over(row, machine())

    def call(self) -> None:
        """See to it that a foreman lives where something waits or works.

        Raises:
            WorkspaceError: no process can be started, or the database cannot be read.
        """
        if self._foreman and self.rows.some((RunState.QUEUED, RunState.RUNNING), host=machine()):
            call_foreman(self.root, self._foreman)

    def settle(self, job_id: str) -> None:
        """Put one job straight."""
        row = self.rows.get(job_id)
        if row is not None:
            self._settle(row, ())

    def _settle(self, row: JobRow, gone: Collection[str]) -> None:
        run = self.runs.folder(row.id)
        if not (run.path / "status.json").exists():
            self.rows.remove(row.id)  # somebody removed the run
            return
        new = verdict(row, readable(run.path), in_hand=row.id not in gone and _in_hand(run, row))
        if new is None:
            return
        ended = new.ended_at or time.time() if new.state not in UNFINISHED else None
        with self.rows.moving(row, new.state, ended=ended) as mine, suppress(WorkspaceError):
            if mine and run.read_status() != new:
                run.write_status(new)

    def _adopt(self) -> None:
        """Give a row to what has only a folder: runs of an older eudscore, and those whose row was lost."""
        for run in self.runs.without(self.rows.ids()):
            status = readable(run.path)
            if status.active and not (status.kept and time.time() - status.created_at > GRACE_SECONDS):
                continue  # somebody is about to queue it, or works on it without a queue
            if self.runs.facts(run) is not None:
                with suppress(IntegrityError):  # another process was faster
                    self.rows.add([self.runs.row(run, status)])

    @staticmethod
    def _remove(folders: Sequence[RunFolder]) -> None:
        for run in folders:
            run.remove()

    def _seen(self, row: JobRow, *, room: bool) -> QueuedRun:
        run = self.runs.folder(row.id)
        status = readable(run.path)
        if row.state not in UNFINISHED and status.active:  # a process died while it put the job into the queue again
            self._settle(row, ())
        if status.state is RunState.QUEUED and not room:
            status = replace(status, message="Waiting for room on the disk: free some space.")
        return QueuedRun(run, status, row)

    def _kept(self, run: QueuedRun) -> JobRow:
        """The row of a run, which gets one where it had none."""
        row = self.rows.get(run.id)
        if row is not None:
            return row
        with suppress(IntegrityError):
            self.rows.add([self.runs.row(run.folder, run.status)])
        found = self.rows.get(run.id)
        if found is None:
            raise WorkspaceError(f"{run.folder.path} cannot be queued: remove the run and start it again.")
        return found

    def _lay_ready(self, run: QueuedRun) -> None:
        """The folder of a run as it is before it is begun, with all that it kept."""
        run.folder.write_status(waiting(run.folder.read_status(), "Waiting to go on."))
        for marker in (run.folder.cancel_marker, run.folder.pause_marker, run.folder.dismissed_marker):
            with writing(run.folder.path):
                marker.unlink(missing_ok=True)

    def _twin(self, folders: Sequence[RunFolder]) -> str | None:
        """The job that does the same work."""
        for run in folders:
            facts = self.runs.facts(run)
            if facts is not None and facts.work is not None:
                for row in self.rows.some(UNFINISHED, work=facts.work):
                    return row.id
        return None


def has_room(root: Path) -> bool:
    """Whether the disk of a workspace has room for a job to begin."""
    try:
        return shutil.disk_usage(root).free >= ROOM_BYTES
    except OSError:  # the workspace is gone, which whoever opens it is told
        return True


def _in_hand(run: RunFolder, row: JobRow) -> bool:
    """Whether the process of a job that was claimed may still come: it lives, or who claimed the job does."""
    worker = run.read_worker()
    if worker is not None and is_alive(worker):
        return True
    if row.foreman_pid is None or row.foreman_born is None or row.claimed is None:
        return False
    claimant = ProcessId(row.foreman_pid, row.foreman_born)
    return is_alive(claimant) and time.time() - row.claimed < GRACE_SECONDS


def _checked(priority: int) -> int:
    if not -MOST_PRIORITY <= priority <= MOST_PRIORITY:
        raise RequestError(f"There is no priority {priority}: choose from {-MOST_PRIORITY} to {MOST_PRIORITY}.")
    return priority
