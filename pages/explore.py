"""See where the uncertainty is: the map, the interval on any column, and the texts behind it."""

import streamlit as st

from eudscore.ui import inspect, state, summary, theme, views, work
from eudscore.ui.explorer import explorer

theme.page_setup("Explore")

opened = state.opened()
if opened is None:
    theme.header("Explore")
    summary.nothing_open()
    st.stop()

actions = theme.header(opened.corpus.name, summary.chips(opened))
if actions.button("Select a subset", key="to_select", type="primary", icon=":material/tune:"):
    st.switch_page(summary.page("select"))
work.show_preparation(opened.ref)

scores = state.scores_of(opened.ref)
view = views.explorer_view(opened, scores, key="explore", panels=("map", "band", "classes"))
if view is None:
    inspect.not_scored(opened)
    st.stop()


@st.fragment
def map_and_rows() -> None:
    with st.container(key="explorer"):
        choice = explorer(key="explore", view=view)
    views.remember("explore", opened.ref, choice)
    inspect.interval(opened, scores, choice)


map_and_rows()
with theme.card("Every entropy", "counts by value", key="columns"):
    inspect.histograms(scores)
