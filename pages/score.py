"""Choose entropies and models, start, watch; every column with its estimator card."""

import streamlit as st

from eudscore.ui import cards, inspect, leaving, scoring_form, state, summary, theme, work

theme.page_setup("Score")

opened = state.opened()
if opened is None:
    theme.header("Score")
    summary.nothing_open()
    st.stop()

actions = theme.header(opened.corpus.name, summary.chips(opened))
if actions.button("Explore the scores", key="to_explore", icon=":material/scatter_plot:"):
    leaving.leave_for("explore", actions, opened.ref)
work.show_preparation(opened.ref)
left, right = st.columns([1, 1.72])
scores = state.scores_of(opened.ref)
with left, theme.card("Entropies", key="entropies"):
    scoring_form.form(opened)
with right, theme.card("What is stored", f"{len(scores.columns)} columns", key="stored"):
    if scores.columns:
        inspect.histograms(scores)
    else:
        theme.empty_state("Nothing is scored yet: choose entropies and start.", icon="analytics", key="stored")
if scores.columns:
    with theme.card("Estimator cards", "all that each column depends on", key="cards"):
        cards.estimator_cards(scores)
