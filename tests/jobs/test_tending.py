"""What becomes of a job, for every pair of what the queue and the folder say."""

import itertools

import pytest

from eudscore.jobs.folder import RunStatus
from eudscore.jobs.tending import MOST_ATTEMPTS, verdict, waiting
from eudscore.records import RunState
from eudscore.store.jobrows import UNFINISHED, JobRow

PAIRS = list(itertools.product(UNFINISHED, RunState))


def row(state: RunState, **more: object) -> JobRow:
    return JobRow("job", "count", "cpu", "here", state=state, **more)


def after(
    state: RunState, said: RunState, *, attempt: int = 1, resumable: bool = True, in_hand: bool = False
) -> RunState:
    """Where the job is then."""
    job = row(state, attempt=attempt, resumable=resumable)
    new = verdict(job, RunStatus(said, message="Said.", kept=True), in_hand=in_hand)
    return state if new is None else new.state


@pytest.mark.parametrize(("state", "said"), PAIRS)
def test_a_folder_that_says_how_a_run_ended_or_what_it_does_is_right(state: RunState, said: RunState) -> None:
    if said is not RunState.LOST and (state, said) != (RunState.RUNNING, RunState.QUEUED):
        assert after(state, said) is said


@pytest.mark.parametrize(("state", "said"), PAIRS)
def test_a_second_look_changes_nothing_more(state: RunState, said: RunState) -> None:
    for attempt, resumable, in_hand in itertools.product((1, MOST_ATTEMPTS), (True, False), (True, False)):
        first = verdict(row(state, attempt=attempt, resumable=resumable), RunStatus(said, message="Said."),
                        in_hand=in_hand)  # fmt: skip
        if first is not None and first.state in UNFINISHED:
            then = row(first.state, attempt=attempt, resumable=resumable)
            assert verdict(then, first, in_hand=in_hand) is None


def test_a_run_whose_process_died_goes_on_by_itself_as_often_as_is_allowed() -> None:
    assert [after(RunState.RUNNING, RunState.LOST, attempt=count) for count in range(1, MOST_ATTEMPTS + 2)] == [
        *[RunState.QUEUED] * (MOST_ATTEMPTS - 1), RunState.LOST, RunState.LOST,
    ]  # fmt: skip


def test_a_run_that_cannot_go_on_is_left_lost() -> None:
    assert after(RunState.RUNNING, RunState.LOST, resumable=False) is RunState.LOST


def test_a_run_that_never_began_is_begun_again_whatever_it_is_but_not_for_ever() -> None:
    assert after(RunState.RUNNING, RunState.QUEUED, resumable=False) is RunState.QUEUED
    assert after(RunState.RUNNING, RunState.QUEUED, resumable=False, attempt=MOST_ATTEMPTS) is RunState.LOST


def test_a_job_that_somebody_is_about_to_begin_is_left_to_him() -> None:
    assert after(RunState.RUNNING, RunState.QUEUED, in_hand=True) is RunState.RUNNING


@pytest.mark.parametrize("state", [RunState.FAILED, RunState.CANCELLED])
def test_what_failed_or_was_cancelled_is_never_begun_again_by_itself(state: RunState) -> None:
    assert all(after(before, state) is state for before in UNFINISHED)


def test_a_run_that_waits_again_keeps_how_far_it_came() -> None:
    status = RunStatus(RunState.LOST, step=7, total=9, created_at=5.0, started_at=6.0, ended_at=8.0)
    again = waiting(status, "Waiting to go on.")
    assert (again.state, again.step, again.total, again.created_at) == (RunState.QUEUED, 7, 9, 5.0)
    assert (again.started_at, again.ended_at, again.process, again.kept) == (None, None, None, True)
