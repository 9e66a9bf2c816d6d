"""What waits, works or rests in the whole workspace, what ended badly of late, and how to change that."""

import time
from functools import partial

import streamlit as st

from eudscore.errors import EudscoreError
from eudscore.jobs.runs import QueuedRun
from eudscore.records import RunState
from eudscore.store.jobrows import UNFINISHED
from eudscore.store.workspace import Workspace
from eudscore.ui import acting, copying, meters, state, theme
from eudscore.ui.meters import Meter
from eudscore.ui.quoting import note
from eudscore.ui.wording import ARMS
from eudscore.workflow import queueing
from eudscore.workflow.pace import duration
from eudscore.workflow.queueing import BAD, STUDY, open_jobs
from eudscore.workflow.study_plan import StudyRequest, planned
from eudscore.workflow.study_progress import training_now
from eudscore.workflow.watching import View, subject, view

POLL_SECONDS = 2.0
_SHOWN, _BAD_SHOWN = 12, 3  # of what waits, works or rests, and of what ended badly
_BAD_SECONDS = 24 * 3600.0  # for which it is told that a job ended badly
_NAMES = {
    "prepare": "Scoring", "quote": "Estimate", "train": "Fine-tune", "profile": "Profile", "rank": "Ranking",
    "steadiness": "Stability", "probe": "Probe", "study": "Study", "forecast": "Forecast",
    "quote_training": "Estimate",
}  # fmt: skip
_ORDER = (RunState.RUNNING, RunState.QUEUED, RunState.PAUSED)


def card() -> None:
    """The card; nothing where there is nothing to show. It polls only while something waits or works."""
    runs, problem = open_jobs(state.workspace())
    jobs = listed(runs)
    if problem:
        theme.error_box(problem)
    if any(job.status.active for job in jobs):
        st.fragment(_watch, run_every=POLL_SECONDS)()
    elif jobs:
        _draw(jobs)


def listed(runs: list[QueuedRun]) -> list[QueuedRun]:
    """What the card is about: in the order in which it is worked off, then what ended badly of late, newest first."""
    since = time.time() - _BAD_SECONDS
    bad = [run for run in runs if run.status.state in BAD and (run.status.ended_at or run.status.created_at) > since]
    return [*sorted((run for run in runs if run.status.state in UNFINISHED), key=_place), *bad]


def ahead_of(run: QueuedRun, jobs: list[QueuedRun]) -> list[QueuedRun]:
    """The jobs that wait for the same device and come before this one."""
    if run.row is None or run.status.state is not RunState.QUEUED:
        return []
    waiting = [job for job in jobs if job.row and job.status.state is RunState.QUEUED and job.row.lane == run.row.lane]
    return [job for job in waiting if _place(job) < _place(run)]


def _place(run: QueuedRun) -> tuple[int, int, int, float]:
    priority, position = (run.row.priority, run.row.position) if run.row else (0, 0)
    return _ORDER.index(run.status.state), -priority, position, run.status.created_at


def _summary(jobs: list[QueuedRun]) -> str:
    names = {RunState.RUNNING: "running", RunState.QUEUED: "waiting", RunState.PAUSED: "paused"}
    counts = {name: sum(job.status.state is one for job in jobs) for one, name in names.items()}
    counts["ended badly"] = sum(job.status.state in BAD for job in jobs)
    return ", ".join(f"{count} {name}" for name, count in counts.items() if count) + ", all data sets"


def _watch() -> None:
    jobs = listed(open_jobs(state.workspace())[0])
    if not any(job.status.active for job in jobs):
        st.rerun()
    _draw(jobs)


def _draw(jobs: list[QueuedRun]) -> None:
    bad = [job for job in jobs if job.status.state in BAD]
    unfinished = [job for job in jobs if job.status.state not in BAD]
    with theme.card("Queue", _summary(jobs), key="queue"):
        for job in unfinished[:_SHOWN] + bad[:_BAD_SHOWN]:
            told = view(job)
            with st.container(key=f"job-{job.id}", horizontal=True, vertical_alignment="center", gap="small"):
                meters.meter(_meter(job, told))
                _actions(job, told.kind, jobs)
        if len(unfinished) > _SHOWN:
            note(f"{len(unfinished) - _SHOWN:,} more come after these.")
        if len(bad) > _BAD_SHOWN:
            note(f"{len(bad) - _BAD_SHOWN:,} more ended badly; `eudscore jobs list --all` has them.")


def _meter(job: QueuedRun, told: View) -> Meter:
    name, about = _called(job, told.kind)
    facts, share = (_of_study(job, told.eta) if told.kind == STUDY else None) or (
        _facts(job, told),
        meters.share_of(job.status),
    )
    return Meter(name, (about, *facts), share if job.status.state in UNFINISHED else None, job.status.state)


def _facts(job: QueuedRun, told: View) -> tuple[str, ...]:
    state_of = meters.facts_of(job.status, {"rate": told.rows_per_second, "eta": told.eta})
    return *state_of, *meters.message_of(job.status)


def _of_study(job: QueuedRun, left: float | None) -> tuple[tuple[str, ...], float] | None:
    """Where a study is, counted in trainings; None before the first of them."""
    if job.status.state is not RunState.RUNNING:
        return None
    try:
        request = StudyRequest.from_json(job.folder.read_spec()["request"])
        now = training_now(job.folder.path, request)
    except (EudscoreError, KeyError, TypeError, ValueError, AttributeError):  # its own card says what is wrong
        return None
    if now is None:
        return None
    elapsed = duration(time.time() - (job.status.started_at or time.time()))
    done = (now.number - 1 + meters.share_of(now.status)) / len(planned(request))
    ahead = [] if left is None else [f"about {duration(left)} left"]
    return ("running", *ahead, now.sentence, f"for {elapsed}", *meters.memory_of(job.status)), done


def _called(job: QueuedRun, kind: str) -> tuple[str, str]:
    """What a job is, and the name of its data set; looked up once."""
    known: dict[str, tuple[str, str]] = st.session_state.setdefault("names_of_jobs", {})
    if job.id not in known:
        name = _NAMES.get(kind, kind.capitalize() or "Unknown work")
        corpus, arm = subject(state.workspace(), job.folder)
        if not corpus:
            return name, ""
        known[job.id] = (f"{name}, {ARMS[arm].lower()}" if arm in ARMS else name), corpus
    return known[job.id]


def _actions(job: QueuedRun, kind: str, jobs: list[QueuedRun]) -> None:
    where, name = job.status.state, job.id
    with st.container(
        key=f"actions-{name}", horizontal=True, vertical_alignment="center", gap="small", width="content"
    ):
        if job.status.active:
            acting.button("Pause", queueing.pause, name, icon="pause", key=f"pause_{name}")
        if where is RunState.PAUSED:
            acting.button("Resume", queueing.resume, name, icon="play_arrow", key=f"resume_{name}")
        if where in UNFINISHED:
            acting.button("Cancel", queueing.cancel, name, icon="close", key=f"cancel_{name}")
        if where in BAD:
            acting.button("Retry", queueing.retry, name, icon="replay", key=f"retry_{name}")
            acting.button("Dismiss", queueing.dismiss, name, icon="done", key=f"dismiss_{name}")
        if ahead := ahead_of(job, jobs):
            first = 1 + max(one.row.priority for one in ahead if one.row)
            raise_to = partial(_prioritise, first)
            acting.button("Run next", raise_to, name, icon="vertical_align_top", key=f"up_{name}")
        copying.button(job.folder, kind, key=f"copy_{name}")


def _prioritise(priority: int, workspace: Workspace, job: str) -> object:
    return queueing.prioritise(workspace, job, priority)
