"""Choose under a budget: the slider and the interval move together, the counts follow."""

import streamlit as st

from eudscore.ui import choosing, inspect, state, summary, theme, views, work
from eudscore.ui.explorer import explorer

theme.page_setup("Select")

opened = state.opened()
if opened is None:
    theme.header("Select")
    summary.nothing_open()
    st.stop()

actions = theme.header(opened.corpus.name, summary.chips(opened))
if actions.button("Fine-tune on it", key="to_train", type="primary", icon=":material/model_training:"):
    st.switch_page(summary.page("train"))
work.show_preparation(opened.ref)
scores = state.scores_of(opened.ref)
view = views.explorer_view(opened, scores, key="select")
if view is None:
    inspect.not_scored(opened)
    st.stop()


@st.fragment
def budget_and_rows() -> None:
    figures = st.container(key="figures")
    choice = explorer(key="select", view=view)
    views.remember("select", opened.ref, choice)
    with state.sentences():
        subset = choosing.chosen(scores, choice)
        with figures:
            choosing.figures(subset, choice)
        choosing.actions(opened, subset)
        choosing.kept_and_dropped(subset, choice)


budget_and_rows()
