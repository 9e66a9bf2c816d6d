"""Well-known data sets of the Hugging Face Hub, one click each."""

from html import escape

import streamlit as st

from eudscore.corpus.sources.gallery import GALLERY, GalleryEntry
from eudscore.ui import sources, state, theme
from eudscore.workflow.pace import file_size

_ACROSS = 3


def gallery() -> None:
    """What each is, how large, and under which licence."""
    with theme.card("From the Hugging Face Hub", "downloaded when you open one", key="gallery"):
        for start in range(0, len(GALLERY), _ACROSS):
            for place, column in enumerate(st.columns(_ACROSS), start):
                with column.container(key=f"gallery-{place}"):
                    _entry(GALLERY[place], place)


def _entry(entry: GalleryEntry, place: int) -> None:
    facts = f"{entry.rows:,} rows, {file_size(entry.size)}, licence: {entry.licence}"
    st.html(
        f'<p class="eud-entry">{escape(entry.title)}<small>{escape(entry.task)}</small>'
        f"<span>{escape(entry.about)}</span><span>{escape(facts)}</span></p>"
    )
    if st.button("Open", key=f"gallery_{place}", icon=":material/download:", disabled=state.read_only()):
        sources.open_source(entry.id, config=entry.config, split=entry.split)
