"""Selections under names: open one, take its recipe along, remove it, or replay a recipe from elsewhere."""

import json

import streamlit as st

from eudscore.errors import EudscoreError, RequestError
from eudscore.records import JsonDict
from eudscore.store.scores import Scores
from eudscore.ui import opening, state
from eudscore.ui.choosing import replayed, summary_of
from eudscore.ui.downloads import download
from eudscore.ui.explorer import ExplorerState
from eudscore.ui.quoting import literal, note
from eudscore.ui.state import Opened

_LARGEST = 1 << 20  # characters of a recipe
_AWAITED = ("let it rank first", "has no clusters of meaning")  # what a worker makes once it is opened
_HINT = "Give what the button `Recipe`, or `eudscore select --recipe`, wrote."


def saved(opened: Opened, scores: Scores, choice: ExplorerState) -> None:
    """The list, and the way in for a recipe."""
    found = state.workspace().selections(opened.ref)
    left, right = st.columns([1.72, 1])
    with left:
        if not found:
            note("Nothing is saved yet: give the selection a name above.")
        for name, recipe in found.items():
            _entry(opened, scores, choice, name, recipe)
    with right, st.form("replay", border=False, clear_on_submit=False):
        file = st.file_uploader("Recipe (JSON)", type="json", key="recipe_file")
        pasted = st.text_area("or its text", key="recipe_text", height=84, placeholder='{"version": 2, ...}')
        if st.form_submit_button("Replay", key="replay", icon=":material/replay:"):
            with state.sentences():
                named, text = ("pasted recipe", pasted) if file is None else (file.name, _decoded(file.getvalue()))
                _open(opened, scores, choice, named, read_recipe_text(text))


def read_recipe_text(text: str) -> JsonDict:
    """A recipe from its text.

    Raises:
        RequestError: it is no JSON object.
    """
    if not text.strip():
        raise RequestError("There is no recipe to replay: choose a file, or paste its text.")
    try:
        found = json.loads(text[:_LARGEST])
    except (ValueError, RecursionError) as error:
        raise RequestError(f"This is no recipe: it is not JSON. {_HINT}") from error
    if not isinstance(found, dict):
        raise RequestError(f"This is no recipe: it is not a JSON object. {_HINT}")
    return found


def _decoded(content: bytes) -> str:
    return content[: 4 * _LARGEST].decode("utf-8", "replace")


def _entry(opened: Opened, scores: Scores, choice: ExplorerState, name: str, recipe: JsonDict) -> None:
    """One selection; its buttons go by its name, because somebody else may change the list before they are pressed."""
    with st.container(key=f"saved-{name}", horizontal=True, vertical_alignment="center"):
        note(f"`{name}` {summary_of(recipe)}")
        with st.container(horizontal=True, vertical_alignment="center", width="content"):
            if st.button("Open", key=f"open_saved_{name}", type="tertiary", icon=":material/visibility:"):
                with state.sentences():
                    _open(opened, scores, choice, name, recipe)
            download(
                "Recipe", lambda: json.dumps(recipe, indent=1), key=f"recipe of {name}", icon="receipt_long",
                quiet=True, file_name=f"{name}.json", mime="application/json",
            )  # fmt: skip
            with st.popover("Remove", type="tertiary", icon=":material/delete:", disabled=state.read_only()):
                st.write(f"Remove {literal(name)} and its list of texts to review?")
                if st.button("Yes, remove it", key=f"remove_saved_{name}", disabled=state.read_only()):
                    with state.sentences():
                        state.workspace().drop_selection(opened.ref, name)
                        st.rerun()


def _open(opened: Opened, scores: Scores, choice: ExplorerState, name: str, recipe: JsonDict) -> None:
    """Show a recipe, once it is certain that it gives the rows it says."""
    try:
        replayed(scores, recipe)
    except EudscoreError as error:
        if not any(waits in str(error) for waits in _AWAITED):
            raise
    opening.show_recipe(opened.ref, name, recipe, choice)
    st.rerun()
