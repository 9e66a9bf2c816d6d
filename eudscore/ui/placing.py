"""Where to put the interval: by the rule of the budget, or by a small probe whose cost is told first."""

from html import escape

import streamlit as st

from eudscore.records import Band, JsonDict, RunState
from eudscore.selection.placing import centre_by_rule, placed_band
from eudscore.selection.request import SelectionRequest
from eudscore.ui import opening, state, theme, watching
from eudscore.ui.choosing import Shown
from eudscore.ui.explorer import ExplorerState
from eudscore.ui.quoting import note
from eudscore.ui.state import Opened
from eudscore.ui.wording import column_label
from eudscore.workflow.pace import duration
from eudscore.workflow.probing import ProbeCost, probe_cost
from eudscore.workflow.queueing import PROBE
from eudscore.workflow.submitting import submit_probe


def placing(opened: Opened, shown: Shown, choice: ExplorerState) -> None:
    """Both ways, side by side."""
    if shown.request.band is None:
        note("This strategy has no interval. Choose `Interval of a score` above to place one.")
        return
    left, right = st.columns(2)
    with left:
        _rule(opened, shown, choice)
    with right, state.sentences():
        _probe(opened, shown, choice)


def _rule(opened: Opened, shown: Shown, choice: ExplorerState) -> None:
    share = len(shown.subset) / max(1, len(opened.corpus))
    trained = shown.request.by.startswith("predictive_")
    centre = centre_by_rule(share, trained=trained)
    why = (
        "a classifier's score: low at a small budget, higher as it grows"
        if trained
        else "a score that knows no labels: the middle does the least harm"
    )
    note(f"By rule, for {theme.percent(share)} of the rows, about the {centre:.0%} quantile ({why}). A prior, no more.")
    if st.button("Place by rule", key="place_rule", icon=":material/straighten:"):
        opening.place_band(opened.ref, placed_band(centre, share), choice)
        st.rerun()


def _probe(opened: Opened, shown: Shown, choice: ExplorerState) -> None:
    request = shown.request
    job = watching.job_for(opened.ref, PROBE, request)
    if job is not None and job.status.active:
        watching.progress(opened.ref, job, key="probe")
        return
    if job is not None and job.status.state is RunState.DONE:
        _found(opened, choice, job.status.result)
        return
    watching.ended_badly(job, "The probe")
    cost = _cost(opened, request)
    note(
        f"A linear probe is trained on selections at five places and on random ones, and judged by {cost.dev:,} "
        f"labelled rows that none of them holds. It reads up to {cost.labels:,} labels and takes about "
        f"{duration(cost.seconds)}."
    )
    watching.start_button(
        "Probe five places", lambda: submit_probe(state.workspace(), opened.ref, request), key="probe_go",
        icon="experiment",
    )  # fmt: skip


def _cost(opened: Opened, request: SelectionRequest) -> ProbeCost:
    """What the probe takes, looked up once: a budget of the same size costs as much."""
    known: dict[tuple[str, str], ProbeCost] = st.session_state.setdefault("probe_costs", {})
    key = (str(opened.ref), repr((request.budget, request.strategy)))
    if key not in known:
        known[key] = probe_cost(state.workspace(), opened.ref, request)
    return known[key]


def _found(opened: Opened, choice: ExplorerState, found: JsonDict) -> None:
    note(found["sentence"])
    rows = [("Random", "", found["random"])]
    rows += [
        (f"About {one['centre']:.0%}", f"{one['band'][0]:.0%} to {one['band'][1]:.0%}", one["accuracy"])
        for one in found["centres"]
    ]
    lines = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td>{escape(where)}</td><td>{accuracy:.1%}</td></tr>'
        for name, where, accuracy in rows
    )
    heads = "".join(f'<th scope="col">{head}</th>' for head in (column_label(choice.by), "Interval", "Dev accuracy"))
    st.html(f'<table class="eud-shift"><tbody><tr>{heads}</tr>{lines}</tbody></table>')
    note(f"{found['labels']:,} labels were read. No test set was touched.")
    if found["band"] is not None and st.button("Put it there", key="place_probe", icon=":material/straighten:"):
        opening.place_band(opened.ref, Band(*found["band"]), choice)
        st.rerun()
