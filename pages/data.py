"""Bring a data set in, and see what it holds before anything is computed."""

import streamlit as st

from eudscore.ui import duplicates, gallery, leaving, role_form, rows, sources, state, summary, theme, work

theme.page_setup("Data")

opened = state.opened()
if opened is None:
    theme.header("Where is your text data uncertain?")
    sources.welcome()
    gallery.gallery(sources.choices())
    st.stop()

corpus = opened.corpus
actions = theme.header(corpus.name, summary.chips(opened))
if actions.button(
    "Score and map",
    key="data_prepare",
    type="primary",
    icon=":material/play_arrow:",
    disabled=state.read_only(),
):
    with state.sentences():
        work.begin_preparation(opened.ref)
        leaving.leave_for("explore", actions, opened.ref)
work.show_preparation(opened.ref)
summary.figures(opened)
left, right = st.columns([1.72, 1])
with left:
    rows.rows(opened)
    role_form.roles(opened)
with right:
    summary.balance(opened)
    summary.lengths(opened)
    duplicates.duplicates(opened)
with theme.card("Open another data set", key="more"):
    options = sources.choices()
gallery.gallery(options)
