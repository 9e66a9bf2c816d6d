"""Fine-tune on the selection, and prove that the part is enough: launch, queue, live curves, verdict."""

import streamlit as st

from eudscore.ui import board, launching, leaving, state, summary, theme

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
        leaving.leave_for("data", box, opened.ref)
    st.stop()

left, right = st.columns([1, 2])
with left:
    launching.form(opened)
with right:
    board.board(opened.ref)
