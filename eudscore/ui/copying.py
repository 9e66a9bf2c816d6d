"""A run as the beginning of another: the launch form filled with its options, to be changed and launched."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

from eudscore.errors import EudscoreError
from eudscore.jobs.folder import RunFolder
from eudscore.records import JsonDict
from eudscore.store.workspace import CorpusRef
from eudscore.ui import acting, fit_form, state
from eudscore.workflow.queueing import STUDY, TRAIN, jobs_of
from eudscore.workflow.requests import FitOptions
from eudscore.workflow.study_plan import StudyRequest
from eudscore.workflow.submitting import TestSet

_COPIED, _FAILED = "train_copied", "train_copy_failed"
AS_COPIED = "As in the copy"
TABS, ONCE, PROVE = "train_tab", "Fine-tune once", "Prove it"


@dataclass(frozen=True, eq=False)
class Copied:
    """What the form was filled with.

    Attributes:
        job: the run.
        corpus: its data set.
        options: of its training.
        recipe: of its selection; None where it had none, or was a study.
        test: what it was tested on.
        baselines: what it was compared with.
        study: what it compared, where it was a study.
    """

    job: str
    corpus: str
    options: FitOptions
    recipe: JsonDict | None
    test: TestSet
    baselines: tuple[str, ...]
    study: StudyRequest | None


def button(run: RunFolder, kind: str, *, key: str) -> None:
    """Fill the launch form with a run; nothing for work that is not launched on this page."""
    if kind in (TRAIN, STUDY) and st.button(
        "Edit a copy", key=key, type="tertiary", icon=":material/edit_square:", disabled=state.read_only(),
        on_click=_fill, args=(run,),
    ):  # fmt: skip
        if sentence := st.session_state.pop(_FAILED, None):
            acting.tell(sentence)
        else:
            st.rerun()


def copied(ref: CorpusRef) -> Copied | None:
    """What the form of a data set was filled with; it is filled again where its fields were left with their page."""
    found = st.session_state.get(_COPIED)
    if not isinstance(found, Copied) or found.corpus != str(ref):
        return None
    if not fit_form.is_filled():
        _put(found)
    return found


def forget() -> None:
    """Begin with the defaults again."""
    st.session_state.pop(_COPIED, None)
    fit_form.forget()
    for name in _FILLED:
        st.session_state.pop(name, None)


def read(run: RunFolder) -> Copied:
    """What a run was launched with.

    Raises:
        EudscoreError: it cannot be read.
        KeyError, TypeError, ValueError, AttributeError: it was written by another version.
    """
    spec = run.read_spec()
    study = StudyRequest.from_json(spec["request"]) if spec["kind"] == STUDY else None
    recipe, baselines = (None, ()) if study else _of_experiment(spec)
    held = spec["test"]["rows"]
    test = TestSet(
        ref=None if spec["test"]["corpus"] is None else CorpusRef.parse(spec["test"]["corpus"]),
        rows=None if held is None else np.asarray(held, dtype=np.int64),
    )
    options = study.options if study else FitOptions(**spec["options"])
    return Copied(run.path.name, str(CorpusRef.parse(spec["corpus"])), options, recipe, test, baselines, study)


def _of_experiment(spec: Mapping[str, Any]) -> tuple[JsonDict | None, tuple[str, ...]]:
    """The recipe of an experiment and what it was compared with: its other runs know what this one does not."""
    name = spec.get("experiment")
    ref = CorpusRef.parse(spec["corpus"])
    jobs = [] if name is None else jobs_of(state.workspace(), ref, TRAIN)
    together = [job.spec for job in jobs if job.spec.get("experiment") == name] or [dict(spec)]
    arms = {one.get("arm") for one in together}
    recipe = next((one["recipe"] for one in together if one.get("recipe")), None)
    return recipe, tuple(name for name in ("random", "full") if name in arms)


_FILLED = (
    "train_selection", "train_test", "train_baselines", "study_budgets", "study_budgets_of", "study_strategies",
    "study_seeds", "study_draws", "study_regime", TABS,
)  # fmt: skip


def _fill(run: RunFolder) -> None:
    """Put the options of a run where the widgets of the form find them."""
    try:
        found = read(run)
        corpus = CorpusRef.parse(found.corpus)
        state.workspace().corpus(corpus)
    except EudscoreError as error:
        st.session_state[_FAILED] = str(error)
        return
    except (KeyError, TypeError, ValueError, AttributeError):
        st.session_state[_FAILED] = f"The run {run.path.name} was written by another version: fill in the form by hand."
        return
    forget()
    state.choose(corpus)
    st.session_state[_COPIED] = found
    _put(found)


def _put(found: Copied) -> None:
    fit_form.fill(found.options)
    st.session_state[TABS] = ONCE if found.study is None else PROVE
    st.session_state["train_test"] = AS_COPIED
    if found.study is not None or found.recipe is not None:
        st.session_state["train_selection"] = AS_COPIED
    if found.study is None:
        st.session_state["train_baselines"] = list(found.baselines)
        return
    study = found.study
    st.session_state["study_budgets"] = ", ".join(f"{100 * budget:g} %" for budget in study.budgets)
    st.session_state.pop("study_budgets_of", None)
    st.session_state["study_seeds"], st.session_state["study_draws"] = study.seeds, study.draws
    st.session_state["study_regime"] = study.regime.value
    st.session_state["study_strategies"] = [*list(study.arms)[1:], *study.controls]
