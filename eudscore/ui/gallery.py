"""Well-known data sets of the Hugging Face Hub, one click each."""

from html import escape

import streamlit as st

from eudscore.corpus.sources.gallery import GALLERY, GalleryEntry
from eudscore.ui import reading_form, sources, state, theme
from eudscore.workflow.pace import file_size

_ACROSS = 3


def gallery(options: reading_form.Options) -> None:
    """What each is, how large, and under which licence.

    Args:
        options: which part is asked for; configuration and split are those of the entry.
    """
    with theme.card("From the Hugging Face Hub", "downloaded when you open one", key="gallery"):
        for start in range(0, len(GALLERY), _ACROSS):
            asked = None
            for place, column in enumerate(st.columns(_ACROSS), start):
                with column.container(key=f"gallery-{place}", height="stretch", vertical_alignment="distribute"):
                    if _entry(GALLERY[place], place):
                        asked = GALLERY[place]
            if asked:  # below its row, so that a sentence moves no column
                part = {name: value for name, value in options.items() if name not in ("config", "split")}
                sources.open_source(asked.id, config=asked.config, split=asked.split, **part)


def _entry(entry: GalleryEntry, place: int) -> bool:
    facts = f"{entry.rows:,} rows, {file_size(entry.size)}, licence: {entry.licence}"
    st.html(
        f'<p class="eud-entry">{escape(entry.title)}<small>{escape(entry.task)}</small>'
        f"<span>{escape(entry.about)}</span><span>{escape(facts)}</span></p>"
    )
    return st.button("Open", key=f"gallery_{place}", icon=":material/download:", disabled=state.read_only())
