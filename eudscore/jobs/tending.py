"""What becomes of a job in the queue, given what its folder says: pure, so that whoever looks comes to the same."""

from dataclasses import dataclass, replace

from eudscore.jobs.folder import RunStatus
from eudscore.records import RunState
from eudscore.store.jobrows import JobRow

MOST_ATTEMPTS = 3  # a job whose process dies each time is left alone then

_ENDED = (RunState.DONE, RunState.FAILED, RunState.CANCELLED)


@dataclass(frozen=True)
class Facts:
    """What a queue must know of the spec of a run.

    Attributes:
        kind: what is to be done.
        lane: what it waits for.
        corpus: the data set it is about.
        experiment: what it belongs to.
        work: a digest of what is asked for, where the same is not to be done twice at a time.
        resumable: whether it goes on from where its process died.
    """

    kind: str
    lane: str
    corpus: str | None = None
    experiment: str | None = None
    work: str | None = None
    resumable: bool = False


def verdict(row: JobRow, status: RunStatus, *, in_hand: bool) -> RunStatus | None:
    """What the folder and the queue should both say; None where the queue is right as it is.

    The folder's last word wins: a process writes it there first, and may be killed before the queue hears of it.

    Args:
        row: what the queue says.
        status: what is true of the folder, by `state.state_of`.
        in_hand: whether somebody is about to begin the job, so that it may have no process yet.
    """
    if status.state in _ENDED:
        return status
    match row.state, status.state:
        case (RunState.QUEUED, RunState.LOST):  # somebody died between the queue and the folder
            return waiting(status, status.message)
        case (RunState.RUNNING, RunState.QUEUED):
            # What never began can begin, whatever it is.
            return None if in_hand else _died(row, status, "Its process ended before it began.", again=True)
        case (RunState.RUNNING, RunState.LOST):
            return _died(row, status, status.message, again=row.resumable)
        case (RunState.PAUSED, RunState.LOST):
            return replace(status, state=RunState.PAUSED, message="Paused.")
        case (before, after) if before is after:
            return None
    return status


def waiting(status: RunStatus, message: str) -> RunStatus:
    """A status of a run that waits for its turn, again; how far it came is kept."""
    return replace(
        status, state=RunState.QUEUED, message=message, process=None, heartbeat=None, started_at=None, ended_at=None,
        result={}, kept=True, memory={},
    )  # fmt: skip


def _died(row: JobRow, status: RunStatus, message: str, *, again: bool) -> RunStatus:
    if again and row.attempt < MOST_ATTEMPTS:
        return waiting(status, f"{message.split(':')[0].rstrip('.')}: it goes on by itself.")
    often = f" It was begun {row.attempt} times." if again else ""
    return replace(
        status, state=RunState.LOST, message=f"{message}{often}", ended_at=status.ended_at or status.heartbeat
    )
