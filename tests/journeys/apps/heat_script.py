"""Shows a text whose tokens have 0, 1, 2, ... nats of surprisal, and that would like to be HTML."""

from unittest.mock import patch

import streamlit as st

from eudscore.ui import heat, state, theme
from eudscore.workflow.readings import Reading, Token

theme.page_setup("Heat")
opened = state.opened()
if opened is None:
    raise AssertionError("the journey keeps a data set")
text = opened.corpus.texts([0])[0]
size = 4
tokens = tuple(
    Token(start, min(len(text), start + size), float(place % 12), 3.5, ((text[start : start + 30], 0.5), (" b", 0.25)))
    for place, start in enumerate(range(0, len(text), size))
)
reading = Reading(tokens, len(tokens), len(tokens), 3.5, 5.0, "a-model", ())
narrow, _ = st.columns([1, 2])
with (
    patch.object(heat, "reading_family", lambda *_: "0" * 16),
    patch.object(heat, "readings", lambda *_: reading),
    narrow,
    theme.card("One text", key="one"),
):
    asked = heat._ask((str(state.workspace().root), opened.ref, 0, "0" * 16))
    asked.result(timeout=30)
    heat.strip(opened, 0)
