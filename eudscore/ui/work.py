"""Work in other processes as the pages show it: progress, cancel, and what went wrong."""

import streamlit as st

from eudscore.errors import EudscoreError
from eudscore.jobs.state import request_cancel
from eudscore.records import RunState
from eudscore.store.workspace import CorpusRef
from eudscore.ui import state, theme
from eudscore.ui.quoting import literal
from eudscore.workflow.pace import duration
from eudscore.workflow.queueing import PREPARE, QUOTE, Job, jobs_of
from eudscore.workflow.requests import ScoreRequest, default_request
from eudscore.workflow.submitting import submit_preparation, submit_quote

POLL_SECONDS = 1.0
_ENDED = {
    RunState.FAILED: "failed",
    RunState.CANCELLED: "was stopped",
    RunState.PAUSED: "was paused",
    RunState.LOST: "was lost",
}


def preparation(ref: CorpusRef) -> Job | None:
    """The latest scoring of a data set, if any."""
    found = jobs_of(state.workspace(), ref, PREPARE)
    return found[0] if found else None


def begin_preparation(ref: CorpusRef) -> None:
    """Score and map a data set in the way that works anywhere."""
    corpus = state.workspace().corpus(ref)
    submit_preparation(state.workspace(), ref, default_request(corpus))


def show_preparation(ref: CorpusRef) -> None:
    """Progress of the scoring of a data set; the page runs anew when something new can be shown.

    Polls only while the work goes on.
    """
    job = preparation(ref)
    if job is None:
        return
    if job.status.active:
        st.fragment(_progress, run_every=POLL_SECONDS)(ref, _what_is_there(ref))
    elif job.status.state is not RunState.DONE:
        _ended_badly(job)
    elif job.status.result.get("left_out"):
        st.warning(literal(job.status.result["left_out"]), icon=":material/info:")


def show_quote(ref: CorpusRef, request: ScoreRequest, *, disabled: bool) -> None:
    """What scoring would cost, once somebody asked; measured by a worker on a sample of the rows."""
    wanted = request.to_json()
    found = [job for job in jobs_of(state.workspace(), ref, QUOTE) if job.spec["request"] == wanted]
    if found and found[0].status.active:
        st.fragment(_measuring, run_every=POLL_SECONDS)(ref, found[0].folder.path.name)
    elif found and found[0].status.state is RunState.DONE:
        st.caption(found[0].status.result["sentence"])
    else:
        if found:
            theme.error_box(f"The estimate failed. {found[0].status.message}")
        if st.button("Estimate time and memory", key="score_quote", icon=":material/timer:", disabled=disabled):
            submit_quote(state.workspace(), ref, request)
            st.rerun()


def _measuring(ref: CorpusRef, name: str) -> None:
    job = next((job for job in jobs_of(state.workspace(), ref, QUOTE) if job.folder.path.name == name), None)
    if job is None or not job.status.active:
        st.rerun()
    st.caption("Measuring on a sample of the rows")


def _progress(ref: CorpusRef, known: tuple[int, int]) -> None:
    job = preparation(ref)
    if job is None or not job.status.active or _what_is_there(ref) != known:
        st.rerun()
    status = job.status
    with st.container(key="work", horizontal=True, vertical_alignment="center"):
        share = status.step / status.total if status.total else 0.0
        st.progress(min(1.0, share), text=literal(_words(job)))
        if st.button(
            "Cancel", key="work_cancel", icon=":material/close:", type="tertiary", disabled=state.read_only()
        ):  # fmt: skip
            request_cancel(job.folder.path)
            st.rerun(scope="fragment")


def _words(job: Job) -> str:
    status = job.status
    if status.started_at is None:
        return status.message.rstrip(".")
    counted = f", {status.step:,} of {status.total:,}" if status.total else ""
    elapsed = duration((status.heartbeat or status.started_at) - status.started_at)
    doing = status.message.rstrip(".") or "Loading the models"
    return f"{doing}{counted} · {elapsed}"


def _ended_badly(job: Job) -> None:
    with st.container(key="work-ended", horizontal=True, vertical_alignment="center"):
        theme.error_box(f"Scoring {_ENDED[job.status.state]}. {job.status.message}")
        if st.button("Try again", key="work_again", disabled=state.read_only()):
            try:
                ref = CorpusRef.parse(job.spec["corpus"])
                submit_preparation(state.workspace(), ref, ScoreRequest.from_json(job.spec["request"]))
            except EudscoreError as error:
                theme.error_box(str(error))
            else:
                st.rerun()


def _what_is_there(ref: CorpusRef) -> tuple[int, int]:
    """How many columns and layouts a data set has: more of them are a reason to show the page anew."""
    held = state.workspace()
    return len(held.columns(ref.id)), len(held.layouts(ref.id))
