"""Which column is what: found, shown with the reason, and changed where it is wrong."""

from dataclasses import replace
from typing import Any

import streamlit as st

from eudscore.ui import state, theme
from eudscore.ui.quoting import note
from eudscore.ui.state import Opened

NONE = "(none)"
_ACROSS = 3
_ONE = {
    "pair": "Second text, scored with the first",
    "prompt": "Prompt, read before the text",
    "context": "Context of a question",
    "answer": "Answer",
    "answer_start": "Where the answer begins",
    "group": "Group (author, document)",
    "id": "Id",
    "weight": "Weight",
}
_SEVERAL = {
    "vectors": "Your own sentence vectors",
    "probabilities": "Your own class probabilities",
    "coordinates": "Your own map coordinates",
}


def roles(opened: Opened) -> None:
    """Text and label at once, the rarer roles behind a click; a change is another revision, the first stays."""
    from eudscore.corpus.roles import with_roles

    corpus = opened.corpus
    with theme.card("Roles of the columns", "detected; change them if they are wrong", key="roles"):
        left, right = st.columns(2)
        with left:
            names, index = _choice(opened, corpus.roles.text)
            key = f"role_text_{opened.ref}"
            text = str(st.selectbox("Text", names, index=index, key=key, disabled=state.read_only()))
            _why(opened, "text")
        with right:
            label = _one(opened, "label", "Label")
            _why(opened, "label")
        said = st.container()  # above the rarer roles, which may be many
        played = [role for role in corpus.roles.to_json() if role not in ("text", "label")]
        found = f": {', '.join(played).replace('_', ' ')}" if played else ""
        with st.expander(f"More roles{found}", key="more_roles"):
            others = _others(opened)
        wanted = replace(corpus.roles, text=text, label=label, **others)
        if wanted != corpus.roles:
            with said, state.sentences():
                state.choose(state.workspace().keep_corpus(with_roles(corpus, wanted)))
                st.rerun()
        for sentence in corpus.notes:
            note(f"How it was read: {sentence}")


def _others(opened: Opened) -> dict[str, Any]:
    found: dict[str, Any] = {}
    rarer = [*_ONE, *_SEVERAL]
    for start in range(0, len(rarer), _ACROSS):
        for role, column in zip(rarer[start : start + _ACROSS], st.columns(_ACROSS), strict=False):
            with column:
                found[role] = _one(opened, role, _ONE[role]) if role in _ONE else _several(opened, role)
                _why(opened, role)
    return found


def _several(opened: Opened, role: str) -> tuple[str, ...]:
    chosen = st.multiselect(
        _SEVERAL[role],
        opened.corpus.table.column_names,
        default=getattr(opened.corpus.roles, role),
        key=f"role_{role}_{opened.ref}",
        disabled=state.read_only(),
        placeholder=NONE,
    )
    return tuple(chosen)


def _one(opened: Opened, role: str, says: str) -> str | None:
    names, index = _choice(opened, getattr(opened.corpus.roles, role), optional=True)
    key = f"role_{role}_{opened.ref}"
    chosen = st.selectbox(says, names, index=index, key=key, disabled=state.read_only())
    # The first choice is no column, even where a column is called so.
    return None if names.index(chosen) == 0 else str(chosen)


def _choice(opened: Opened, now: str | None, *, optional: bool = False) -> tuple[list[str], int]:
    names = ([NONE] if optional else []) + list(opened.corpus.table.column_names)
    return names, 0 if now is None else names.index(now, 1 if optional else 0)


def _why(opened: Opened, role: str) -> None:
    reason = opened.corpus.reasons.get(role)
    if reason:
        note(reason)
