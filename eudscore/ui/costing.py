"""What trainings will cost, measured by a worker before anything starts: minutes, memory, energy, money."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from eudscore.jobs.folder import RunFolder
from eudscore.records import RunState
from eudscore.store.workspace import CorpusRef
from eudscore.ui import state, watching
from eudscore.ui.fit_form import PRICE
from eudscore.ui.quoting import note
from eudscore.ui.state import Opened
from eudscore.workflow.queueing import QUOTE_TRAINING, Job, jobs_of
from eudscore.workflow.requests import FitOptions
from eudscore.workflow.study_plan import StudyRequest
from eudscore.workflow.study_submitting import submit_study_quote, submit_training_quote
from eudscore.workflow.submitting import TestSet


def of_study(opened: Opened, request: StudyRequest, test_set: Callable[[int], TestSet]) -> None:
    """The quote of a study, or a way to have it."""
    price = st.session_state.get(PRICE)

    def begin() -> RunFolder:
        return submit_study_quote(state.workspace(), opened.ref, test_set(0), request, price=price)

    _offer(opened.ref, {"study": request.to_json(), "price": price}, begin, key="study_quote")


def of_training(
    opened: Opened, counts: Sequence[int], options: FitOptions, test_set: Callable[[int], TestSet]
) -> None:  # fmt: skip
    """The quote of fine-tunes on so many rows each, or a way to have it."""
    price = st.session_state.get(PRICE)

    def begin() -> RunFolder:
        test = test_set(options.seed)
        return submit_training_quote(state.workspace(), opened.ref, test, counts, options, price=price)

    _offer(
        opened.ref, {"counts": list(counts), "fit": vars(options), "price": price}, begin, key="train_quote"
    )  # fmt: skip


def _offer(ref: CorpusRef, wanted: Mapping[str, Any], begin: Callable[[], RunFolder], *, key: str) -> None:
    job = _job(ref, wanted)
    if job is not None and job.status.active:
        watching.progress(ref, job, key=key)
        return
    if job is not None and job.status.state is RunState.DONE:
        note(job.status.result["sentence"])
        return
    watching.ended_badly(job, "The estimate")
    watching.start_button("Estimate the cost", begin, key=f"{key}_go", icon="timer")


def _job(ref: CorpusRef, wanted: Mapping[str, Any]) -> Job | None:
    """The latest estimate of exactly this; what is tested on makes little of the cost and does not count."""
    plain = json.loads(json.dumps(wanted))
    found = jobs_of(state.workspace(), ref, QUOTE_TRAINING)
    return next((job for job in found if plain.items() <= job.spec.items()), None)
