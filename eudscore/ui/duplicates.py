"""Texts that say the same: in one data set, and in a training and a test set."""

import streamlit as st

from eudscore.geometry.minhash import NEAR
from eudscore.records import RunState
from eudscore.store.workspace import CorpusRef
from eudscore.ui import state, theme
from eudscore.ui.kept import data_sets
from eudscore.ui.quoting import counted, note
from eudscore.ui.state import Opened
from eudscore.ui.summary import facts_of
from eudscore.ui.work import POLL_SECONDS
from eudscore.workflow.queueing import PROFILE, Job, jobs_of
from eudscore.workflow.submitting import submit_profile

_LONGEST = 160  # characters of an example
NO_OTHER = "(none)"


def duplicates(opened: Opened) -> None:
    """What was counted, what can be looked for, and what another data set shares."""
    facts = facts_of(opened)
    with theme.card("Duplicates", key="duplicates"):
        repeated = counted(facts.exact_duplicates, "row repeats", "rows repeat")
        said = f"{repeated} the text of an earlier row"
        if facts.conflicting:
            said += f"; {counted(facts.conflicting, 'row has', 'rows have')} a text that also stands with another label"
        note(f"{said}.")
        _near(opened)
        _shared(opened)


def _near(opened: Opened) -> None:
    """Near-duplicates: a background job, for a million texts takes minutes."""
    from eudscore.workflow.profiling import near_duplicate_rows

    found = near_duplicate_rows(state.workspace(), opened.ref)
    job = _job(opened.ref)
    if found is not None:
        alike = f"the runs of three words, in short texts of five letters, have a Jaccard index of {NEAR:g} or more"
        note(f"{counted(found, 'row nearly repeats', 'rows nearly repeat')} an earlier row: {alike}.")
    elif job is not None and job.status.active:
        st.fragment(_looking, run_every=POLL_SECONDS)(opened.ref)
    else:
        if job is not None and job.status.state is not RunState.DONE:
            theme.error_box(f"Looking for near-duplicates came to no end. {job.status.message}")
        if st.button("Look for near-duplicates", key="near", icon=":material/search:", disabled=state.read_only()):
            with state.sentences():
                submit_profile(state.workspace(), opened.ref)
                st.rerun()


def _job(ref: CorpusRef) -> Job | None:
    found = jobs_of(state.workspace(), ref, PROFILE)
    return found[0] if found else None


def _looking(ref: CorpusRef) -> None:
    job = _job(ref)
    if job is None or not job.status.active:
        st.rerun()
    share = job.status.step / job.status.total if job.status.total else 0.0
    st.progress(min(1.0, share), text=job.status.message or "Starting the worker")


def _shared(opened: Opened) -> None:
    """Texts of another data set that are in this one: a test set must not have been trained on."""
    others = [entry for entry in data_sets() if entry.ref.id != opened.ref.id]
    if not others:
        return
    names = {str(entry.ref): f"{entry.name}, {entry.rows:,} rows" for entry in others}
    chosen = st.selectbox(
        "Texts shared with",
        [NO_OTHER, *names],
        key=f"shared_{opened.ref}",
        format_func=lambda ref: names.get(ref, ref),
        help="Compared without regard to case, width and white space.",
    )
    if chosen == NO_OTHER:
        return
    with state.sentences(), st.spinner("Comparing the texts"):
        count, examples = _overlap(str(opened.ref), chosen)
        shared = f"{counted(count, 'row of it has', 'rows of it have')} a text that is also here."
        note(shared if count else "No text is in both.")
        for text in examples:
            note(f"“{text if len(text) <= _LONGEST else text[: _LONGEST - 1] + '…'}”")


@st.cache_resource(max_entries=16, show_spinner=False)
def _overlap(here: str, there: str) -> tuple[int, tuple[str, ...]]:
    from eudscore.geometry.duplicates import shared_texts

    held = state.workspace()
    found = shared_texts(held.corpus(CorpusRef.parse(here)), held.corpus(CorpusRef.parse(there)))
    return found.count, found.examples[:3]
