"""A piece of work that a worker does for a card: how far it is, what came of it, and another try."""

from collections.abc import Callable

import streamlit as st

from eudscore.jobs.state import request_cancel
from eudscore.records import RunState
from eudscore.selection.request import SelectionRequest
from eudscore.selection.written import request_to_json
from eudscore.store.workspace import CorpusRef
from eudscore.ui import state, theme
from eudscore.ui.quoting import literal
from eudscore.ui.work import POLL_SECONDS
from eudscore.workflow.queueing import Job, jobs_of

_ENDED = {
    RunState.FAILED: "failed",
    RunState.CANCELLED: "was stopped",
    RunState.PAUSED: "was paused",
    RunState.LOST: "was lost",
}


def job_for(ref: CorpusRef, kind: str, request: SelectionRequest) -> Job | None:
    """The latest run of a kind that was asked for exactly this."""
    wanted = request_to_json(request)
    return next((job for job in jobs_of(state.workspace(), ref, kind) if job.spec.get("request") == wanted), None)


def progress(ref: CorpusRef, job: Job, *, key: str) -> None:
    """How far a run is, with a way to stop it; the page runs anew when it has ended."""
    st.fragment(_watch, run_every=POLL_SECONDS)(ref, job.spec["kind"], job.folder.path.name, key)


def ended_badly(job: Job | None, what: str) -> None:
    """Say what became of a run that came to no good end."""
    if job is not None and job.status.state in _ENDED:
        theme.error_box(f"{what} {_ENDED[job.status.state]}. {job.status.message}")


def start_button(label: str, begin: Callable[[], object], *, key: str, icon: str) -> None:
    """A button that hands work to a worker."""
    if st.button(label, key=key, icon=f":material/{icon}:", disabled=state.read_only()):
        with state.sentences():
            begin()
            st.rerun()


def _watch(ref: CorpusRef, kind: str, name: str, key: str) -> None:
    job = next((one for one in jobs_of(state.workspace(), ref, kind) if one.folder.path.name == name), None)
    if job is None or not job.status.active:
        st.rerun()
    status = job.status
    with st.container(key=f"{key}-progress", horizontal=True, vertical_alignment="center"):
        share = status.step / status.total if status.total else 0.0
        counted = f", {status.step:,} of {status.total:,}" if status.total else ""
        doing = status.message.rstrip(".")
        st.progress(min(1.0, share), text=literal(f"{doing}{counted}"))
        if st.button(
            "Cancel", key=f"{key}_cancel", icon=":material/close:", type="tertiary", disabled=state.read_only()
        ):  # fmt: skip
            request_cancel(job.folder.path)
            st.rerun(scope="fragment")
