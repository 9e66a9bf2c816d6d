"""See where the uncertainty is: map, brushes, classes and search share one selection; and why a text is in it."""

import streamlit as st

from eudscore.ui import inspect, leaving, picked, state, summary, theme, why, work

theme.page_setup("Explore")

opened = state.opened()
if opened is None:
    theme.header("Explore")
    summary.nothing_open()
    st.stop()

actions = theme.header(opened.corpus.name, summary.chips(opened))
if actions.button("Select a subset", key="to_select", type="primary", icon=":material/tune:"):
    leaving.leave_for("select", actions, opened.ref)
work.show_preparation(opened.ref)

scores = state.scores_of(opened.ref)
shown = picked.shown_of(opened, scores)
if shown is None:
    inspect.not_scored(opened)
    st.stop()
if shown.layout is None:
    inspect.offer_map(opened)


@st.fragment
def views_and_texts() -> None:
    with st.container(key="explorer"):
        choice = picked.show(opened, shown)
    left, right = st.columns([1.72, 1])
    with left, state.sentences():
        picked.texts(opened, scores, shown, choice)
    with right, theme.card("Why this one", f"row {choice.row:,}" if choice.row is not None else "", key="why"):
        if choice.row is None:
            st.caption("Click a point on the map, or a row of the table.")
        else:
            why.panel(opened, choice.row)


views_and_texts()
