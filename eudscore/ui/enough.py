"""How much is enough: the accuracy to expect at other budgets, told from small probes, under the budget slider."""

from dataclasses import replace

import plotly.graph_objects as go
import streamlit as st

from eudscore.errors import EudscoreError
from eudscore.records import JsonDict, RunState
from eudscore.selection.request import SelectionRequest
from eudscore.ui import figures, state, theme, watching
from eudscore.ui.choosing import Shown
from eudscore.ui.quoting import note
from eudscore.ui.state import Opened
from eudscore.workflow.forecasting import DRAWS, ForecastPlan, expected_at, forecast_plan
from eudscore.workflow.pace import duration
from eudscore.workflow.queueing import FORECAST
from eudscore.workflow.study_submitting import submit_forecast

_HEIGHT = 210
_ARMS = {"selection": "this selection", "random": "random rows"}


def card(opened: Opened, shown: Shown) -> None:
    """The forecast of this selection, or a way to have it; nothing where the data have no labels."""
    if not opened.corpus.labelled:
        return
    request = replace(shown.request, budget=1.0)
    job = watching.job_for(opened.ref, FORECAST, request)
    with theme.card("How much is enough?", "of a linear probe on frozen vectors", key="enough"):
        if job is not None and job.status.active:
            watching.progress(opened.ref, job, key="forecast")
        elif job is not None and job.status.state is RunState.DONE:
            _found(job.status.result, len(shown.subset) / len(opened.corpus))
        else:
            watching.ended_badly(job, "The forecast")
            _offer(opened, request)


def _offer(opened: Opened, request: SelectionRequest) -> None:
    try:
        plan = _plan(opened)
    except EudscoreError as error:
        note(str(error))
        return
    sizes = f"{plan.sizes[0]:,} to {plan.sizes[-1]:,}"
    with st.container(key="forecast-offer", horizontal=True, vertical_alignment="center"):
        note(
            f"Small probes on {sizes} rows, {DRAWS} of each size for this selection and for random rows, tell what to "
            f"expect of up to {plan.furthest:,}. Each is tested on {plan.held_out:,} labelled rows that it does not "
            f"train on. That takes about {duration(plan.seconds)}."
        )
        watching.start_button(
            "Forecast", lambda: submit_forecast(state.workspace(), opened.ref, request), key="forecast_go",
            icon="trending_up",
        )  # fmt: skip


def _plan(opened: Opened) -> ForecastPlan:
    """What it takes, looked up once for a data set."""
    known: dict[str, ForecastPlan] = st.session_state.setdefault("forecast_plans", {})
    if str(opened.ref) not in known:
        known[str(opened.ref)] = forecast_plan(state.workspace(), opened.ref)
    return known[str(opened.ref)]


def _found(found: JsonDict, share: float) -> None:
    left, right = st.columns([1.72, 1])
    with left:
        figures.show(chart(found, share), key="forecast_chart")
    with right:
        for name, words in _ARMS.items():
            note(sentence(found[name], words, share, found["rows"]))
        ends = [found[name].get("at", [0])[-1] for name in _ARMS]
        if 0 < ends[0] < ends[1]:
            note(f"This selection leaves no more than {theme.percent(ends[0] / found['rows'])} of the rows.")
        note("A fine-tune usually reaches more, and gains less from a selection: prove it on the Train page.")


def sentence(told: JsonDict, words: str, share: float, rows: int) -> str:
    """What is to be expected of an arm at a budget.

    Args:
        told: of `forecast_accuracy`, one arm.
        words: what it is called.
        share: of all rows.
        rows: that the budget is a share of.
    """
    if "at" not in told:
        return f"Of {words} nothing can be foretold: {told['note']}"
    wanted = round(share * rows)
    expected = expected_at(told, wanted)
    if expected is None:
        where = f"{told['at'][0]:,} to {told['at'][-1]:,} rows"
        return f"Of {words} the forecast tells {where}, and {theme.percent(share)} are {wanted:,}."
    value, low, high = expected
    odd = f" {told['note']}" if told["note"] else ""
    return (
        f"{words[:1].upper()}{words[1:]} at {theme.percent(share)}: about {value:.1%} "
        f"(90 % interval {100 * low:.1f} to {100 * high:.1f}).{odd}"
    )


def chart(found: JsonDict, share: float) -> go.Figure:
    """Accuracy against the share of the rows: the probes as points, the forecast as a line in its interval."""
    look = theme.palette()
    figure = go.Figure()
    for (name, words), colour in zip(_ARMS.items(), (look.accent, look.muted), strict=True):
        told = found[name]
        x, y = zip(*((size / found["rows"], value) for size, value in told["probes"]), strict=True)
        if "at" in told:
            at = [size / found["rows"] for size in told["at"]]
            figure.add_scatter(
                x=[*at, *reversed(at)], y=[*told["high"], *reversed(told["low"])], fill="toself", mode="lines",
                line={"width": 0}, fillcolor=theme.faded(colour, 0.16), hoverinfo="skip", showlegend=False,
            )  # fmt: skip
            figure.add_scatter(
                x=at, y=told["accuracy"], mode="lines", name=words, line={"color": colour, "width": 2},
                hovertemplate=f"{words}, %{{x:.1%}}: %{{y:.1%}}<extra></extra>",
            )  # fmt: skip
        figure.add_scatter(
            x=x, y=y, mode="markers", name=f"probes of {words}", showlegend="at" not in told,
            marker={"color": colour, "size": 5}, hovertemplate="%{x:.1%}: %{y:.1%}<extra></extra>",
        )  # fmt: skip
    figure.add_vline(x=share, line={"color": look.text, "width": 1, "dash": "dot"})
    legend = {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "font": {"size": 12}}
    figure.update_layout(**theme.plotly_layout(height=_HEIGHT, showlegend=True, legend=legend))
    figure.update_xaxes(tickformat=".0%", title_text="share of the rows", rangemode="tozero")
    figure.update_yaxes(tickformat=".0%")
    return figure
