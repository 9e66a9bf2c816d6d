"""Choose under a budget: the slider and the interval move together, the counts follow; see what it does to the data."""

import streamlit as st

from eudscore.ui import (
    choosing,
    comparing,
    downloads,
    enough,
    inspect,
    leaving,
    opening,
    placing,
    saved,
    shift,
    sides,
    state,
    steady,
    summary,
    theme,
    views,
    work,
)
from eudscore.ui.explorer import explorer, state_of

SAVED, COMPARE, STABILITY, PLACE = "Saved", "Compare two", "Stability", "Place the interval"

theme.page_setup("Select")

opened = state.opened()
if opened is None:
    theme.header("Select")
    summary.nothing_open()
    st.stop()

actions = theme.header(opened.corpus.name, summary.chips(opened))
if actions.button("Fine-tune on it", key="to_train", type="primary", icon=":material/model_training:"):
    leaving.leave_for("train", actions, opened.ref)
work.show_preparation(opened.ref)
scores = state.scores_of(opened.ref)
view = views.explorer_view(opened, scores, key=opening.SELECT)
if view is None:
    inspect.not_scored(opened)
    st.stop()
if view.points_url is None:
    inspect.offer_map(opened)


@st.fragment
@downloads.drawing()
def budget_and_rows() -> None:
    figures = st.container(key="figures")
    key = opening.component_key()
    choice = explorer(key=key, view=views.with_ranking(view, opened, scores, state_of(key=key, view=view)))
    if opening.opened_recipe(opened.ref, choice) is None:  # else it is remembered as it was opened
        views.remember(opening.SELECT, opened.ref, choice)
    shown = None
    with state.sentences():
        shown = choosing.chosen(opened, scores, choice)
    if shown is not None:
        with figures:
            choosing.figures(shown)
        choosing.actions(opened, shown)
        forecast = st.container(key="forecast")  # looks into the queue, so it is filled after what follows the hand
        left, right = st.columns([1.72, 1])
        with left, state.sentences():
            sides.texts(opened, shown.subset)
        with right:
            shift.card(shown.effect)
        with forecast, state.sentences():
            enough.card(opened, shown)
    with theme.card("More", key="more"):
        tools = [SAVED] if shown is None else [SAVED, COMPARE, STABILITY, PLACE]
        tool = st.segmented_control(
            "More", tools, default=SAVED, key="tool", label_visibility="collapsed", required=True
        )  # fmt: skip
        with state.sentences():
            if shown is None or tool == SAVED:
                saved.saved(opened, scores, choice)
            elif tool == COMPARE:
                comparing.comparing(opened, scores, shown.subset)
            elif tool == STABILITY:
                steady.steady(opened, scores, shown)
            else:
                placing.placing(opened, shown, choice)


budget_and_rows()
