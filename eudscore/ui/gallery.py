"""Well-known data sets of the Hugging Face Hub, one click each."""

import streamlit as st

from eudscore.corpus.gallery import GALLERY
from eudscore.ui import sources, state, theme
from eudscore.workflow.pace import file_size


def gallery() -> None:
    """What each is, how large, and under which licence."""
    with theme.card("From the Hugging Face Hub", "downloaded when you open one", key="gallery"):
        columns = st.columns(3)
        for place, entry in enumerate(GALLERY):
            with columns[place % len(columns)].container(key=f"gallery-{place}"):
                st.html(f'<p class="eud-entry">{entry.title}<small>{entry.task}</small></p>')
                st.caption(f"{entry.rows:,} rows · {file_size(entry.size)} · licence: {entry.licence}")
                if st.button("Open", key=f"gallery_{place}", icon=":material/download:", disabled=state.read_only()):
                    sources.open_source(entry.id, config=entry.config, split=entry.split)
