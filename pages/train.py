"""Fine-tune on the selection, on as many random rows and on all data, and compare."""

import streamlit as st

from eudscore.ui import launching, runs, state, summary, theme

theme.page_setup("Train")

opened = state.opened()
if opened is None:
    theme.header("Train")
    summary.nothing_open()
    st.stop()

theme.header(opened.corpus.name, summary.chips(opened))
if opened.corpus.roles.label is None:
    box = theme.empty_state(
        "A fine-tune needs labels, and this data set has no label column. Choose one on the Data page.",
        icon="label_off",
    )
    if box.button("Go to Data", key="to_data"):
        st.switch_page(summary.page("data"))
    st.stop()

left, right = st.columns([1, 1.72])
with left:
    launching.form(opened)
with right:
    runs.live(opened.ref)
runs.finished(opened.ref)
