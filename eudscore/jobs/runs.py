"""The runs of a workspace by their folders, and what a queue must know of each."""

import os
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from eudscore.errors import EudscoreError, WorkspaceError
from eudscore.jobs.folder import RunFolder, RunStatus
from eudscore.jobs.state import readable
from eudscore.jobs.tending import Facts
from eudscore.records import JsonDict
from eudscore.store.jobrows import JobRow
from eudscore.store.owners import machine

Describe = Callable[[JsonDict], Facts]
"""What a queue must know of a spec; raises what a spec that nobody wrote makes it raise."""


@dataclass(frozen=True)
class QueuedRun:
    """A run with what its folder says, and what the queue says where it keeps the run."""

    folder: RunFolder
    status: RunStatus
    row: JobRow | None = None

    @property
    def id(self) -> str:
        """The name of the run's folder."""
        return self.folder.path.name


class Runs:
    """The folder of all runs; free to make."""

    def __init__(self, root: Path, describe: Describe | None) -> None:
        self.root = root
        self._describe = describe

    def folder(self, job_id: str) -> RunFolder:
        """The folder of a job, which may be gone."""
        return RunFolder(self.root / job_id)

    def without(self, known: Collection[str]) -> Iterator[RunFolder]:
        """The runs that are not among those that are known."""
        try:
            names = sorted(entry.name for entry in os.scandir(self.root) if entry.name[0] != ".")
        except FileNotFoundError:
            return
        for name in names:
            if name not in known and (self.root / name / "status.json").exists():
                yield self.folder(name)

    def listed(self, known: Collection[str], **wanted: str) -> list[QueuedRun]:
        """The runs that are not among those that are known and whose facts are these, the newest first."""
        found = []
        for run in self.without(known):
            facts = self.facts(run)
            if all(getattr(facts, name, None) == value for name, value in wanted.items()):
                found.append(QueuedRun(run, readable(run.path)))
        return sorted(found, key=lambda run: (-run.status.created_at, run.id))

    def facts(self, run: RunFolder) -> Facts | None:
        """What is known of a run by its spec; nothing, where the spec cannot be read."""
        if self._describe is None:
            return None
        try:
            return self._describe(run.read_spec())
        except (EudscoreError, KeyError, TypeError, AttributeError, ValueError):  # written by who knows what
            return None

    def row(self, run: RunFolder, status: RunStatus) -> JobRow:
        """The row of a run that has none, on this machine.

        Raises:
            WorkspaceError: nothing is known of it.
        """
        facts = self.facts(run)
        if facts is None:
            raise WorkspaceError(f"{run.path} is of no kind that can be queued: update eudscore.")
        return JobRow(
            run.path.name, facts.kind, facts.lane, machine(), facts.corpus, facts.experiment, facts.work,
            facts.resumable, state=status.state, created=status.created_at, ended=status.ended_at,
        )  # fmt: skip
