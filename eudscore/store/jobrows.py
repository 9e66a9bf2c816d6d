"""The jobs of a workspace as rows: what a queue must know of a run. All else is in the run's folder."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from typing import Any

from sqlalchemy import Connection, Row, and_, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from eudscore.records import RunState
from eudscore.store.database import Database
from eudscore.store.tables import jobs

UNFINISHED = (RunState.QUEUED, RunState.RUNNING, RunState.PAUSED)


@dataclass(frozen=True)
class JobRow:
    """A job in the queue; times are Unix seconds.

    Attributes:
        id: name of the run's folder.
        kind: what is to be done.
        lane: what it has to wait for: a kind of device.
        host: the machine whose lane that is.
        corpus: the data set it is about.
        experiment: what it belongs to.
        work: a digest of what is asked for, where the same is not to be done twice at a time; else None.
        resumable: whether it is taken up again by itself when its process died.
        priority: the higher, the sooner.
        position: the lower, the sooner, among those of one priority.
        state: where it is in the queue.
        attempt: how many times it was begun.
        slot: its place in the lane while it runs.
        created: when it was asked for.
        claimed: when it was last begun.
        ended: when it ended.
        foreman_pid: number of the process that began it.
        foreman_born: when that process was born.
    """

    id: str
    kind: str
    lane: str
    host: str
    corpus: str | None = None
    experiment: str | None = None
    work: str | None = None
    resumable: bool = False
    priority: int = 0
    position: int = 0
    state: RunState = RunState.QUEUED
    attempt: int = 0
    slot: int | None = None
    created: float = 0.0
    claimed: float | None = None
    ended: float | None = None
    foreman_pid: int | None = None
    foreman_born: float | None = None


@dataclass(frozen=True)
class Claim:
    """Who takes a job, and when.

    Attributes:
        host: the machine.
        pid: number of the process.
        born: when that process was born.
        at: now.
    """

    host: str
    pid: int
    born: float
    at: float


class JobRows:
    """Statements on the table of jobs; each is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._mine = jobs.c.workspace == database.key

    def add(self, rows: Sequence[JobRow]) -> list[JobRow]:
        """Add rows at the end of the queue, all or none; returns them with their positions.

        Raises:
            IntegrityError: one is there already, or the same work is under way.
        """
        with self._database.writing() as connection:
            last = connection.execute(select(func.max(jobs.c.position)).where(self._mine)).scalar_one_or_none() or 0
            placed = [replace(row, position=last + number) for number, row in enumerate(rows, start=1)]
            if placed:
                connection.execute(insert(jobs), [self._values(row) for row in placed])
        return placed

    def get(self, job_id: str) -> JobRow | None:
        """One row, if it is there."""
        found = self.some(id=job_id)
        return found[0] if found else None

    def some(self, states: Collection[RunState] | None = None, /, **equal: str | None) -> list[JobRow]:
        """The rows of some states and values, in the order in which they are worked on.

        Args:
            states: any, where None.
            equal: column -> its value.
        """
        wanted = [self._mine, *(jobs.c[name] == value for name, value in equal.items())]
        if states is not None:
            wanted.append(jobs.c.state.in_([state.value for state in states]))
        query = select(jobs).where(and_(*wanted)).order_by(jobs.c.priority.desc(), jobs.c.position, jobs.c.id)
        with self._database.reading() as connection:
            return [_job(row) for row in connection.execute(query)]

    def ids(self) -> frozenset[str]:
        """All that have a row."""
        with self._database.reading() as connection:
            return frozenset(connection.execute(select(jobs.c.id).where(self._mine)).scalars())

    def remove(self, job_id: str) -> None:
        """Forget a job."""
        with self._database.writing() as connection:
            connection.execute(delete(jobs).where(self._mine, jobs.c.id == job_id))

    def prioritise(self, job_id: str, priority: int) -> None:
        """Give a job another priority."""
        with self._database.writing() as connection:
            connection.execute(update(jobs).where(self._mine, jobs.c.id == job_id).values(priority=priority))

    def take_over(self, row: JobRow, host: str) -> bool:
        """Give a job to another machine; False if it was moved since it was seen."""
        seen = (jobs.c.id == row.id, jobs.c.state == row.state.value, jobs.c.attempt == row.attempt)
        was = (self._mine, *seen, jobs.c.host == row.host)
        with self._database.writing() as connection:
            return connection.execute(update(jobs).where(*was).values(host=host, slot=None)).rowcount == 1

    @contextmanager
    def moving(self, row: JobRow, state: RunState, **changes: Any) -> Iterator[bool]:
        """Move a job from the state in which it was seen to another, if nobody was faster.

        What the block writes to the run's folder is done before anybody else sees the new state; if it raises, or if
        the process dies, the job is where it was.

        Args:
            row: as it was seen.
            state: the new one.
            changes: column -> its new value.

        Yields:
            Whether the job is moved by this one.

        Raises:
            IntegrityError: the same work is under way.
        """
        seen = (jobs.c.id == row.id, jobs.c.state == row.state.value, jobs.c.attempt == row.attempt)
        slot = row.slot if state is RunState.RUNNING else None
        values = {"state": state.value, "slot": slot, **changes}
        with self._database.writing() as connection:
            yield connection.execute(update(jobs).where(self._mine, *seen).values(values)).rowcount == 1

    def claim(self, lane: str, slots: int, by: Claim) -> JobRow | None:
        """Take the next job of a lane of this machine, if one waits and a slot is free."""
        try:
            with self._database.writing() as connection:
                return self._claimed(connection, lane, slots, by)
        except IntegrityError:  # another one took the slot at the same moment
            return None

    def _claimed(self, connection: Connection, lane: str, slots: int, by: Claim) -> JobRow | None:
        here = (self._mine, jobs.c.lane == lane, jobs.c.host == by.host)
        running = select(jobs.c.slot).where(*here, jobs.c.state == RunState.RUNNING.value)
        taken = set(connection.execute(running).scalars())
        free = next((slot for slot in range(slots) if slot not in taken), None)
        waiting = select(jobs).where(*here, jobs.c.state == RunState.QUEUED.value)
        order = waiting.order_by(jobs.c.priority.desc(), jobs.c.position, jobs.c.id)
        row = None if free is None else connection.execute(order.limit(1)).one_or_none()
        if row is None:
            return None
        job = replace(
            _job(row), state=RunState.RUNNING, slot=free, attempt=row.attempt + 1, claimed=by.at, ended=None,
            foreman_pid=by.pid, foreman_born=by.born,
        )  # fmt: skip
        seen = (self._mine, jobs.c.id == row.id, jobs.c.state == RunState.QUEUED.value)
        done = connection.execute(update(jobs).where(*seen).values(self._values(job)))
        return job if done.rowcount == 1 else None

    def _values(self, row: JobRow) -> dict[str, Any]:
        return {**asdict(row), "state": row.state.value, "workspace": self._database.key}


def _job(row: Row[Any]) -> JobRow:
    named = {name: value for name, value in row._asdict().items() if name != "workspace"}
    return JobRow(**{**named, "state": RunState(named["state"])})
