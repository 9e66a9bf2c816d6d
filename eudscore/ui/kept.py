"""The data sets of the workspace as people count them: one for each table, whatever roles were tried on it."""

from pathlib import Path

import streamlit as st

from eudscore.errors import EudscoreError
from eudscore.store.corpora import CORPORA, CorpusEntry
from eudscore.store.manifest import read_manifest
from eudscore.store.workspace import CorpusRef
from eudscore.ui import state
from eudscore.ui.quoting import counted, literal
from eudscore.ui.wording import ago

_AT_ONCE = 6  # buttons; the others are chosen from a list
_EARLIER = "open_earlier"


def data_sets() -> list[CorpusEntry]:
    """The latest opened first, each with the roles it had last."""
    root = state.workspace().root
    found: dict[tuple[str, ...], CorpusEntry] = {}
    for entry in state.workspace().corpora():
        found.setdefault((entry.name, entry.source, *_table(str(entry.ref), root)), entry)
    return list(found.values())


def choice(entries: list[CorpusEntry]) -> None:
    """Open one that is here: the latest by a click, all others from a list."""
    st.caption("In this workspace")
    with st.container(key="kept", gap=None):
        for entry in entries[:_AT_ONCE]:
            st.button(
                literal(_called(entry)), key=f"open_{entry.ref}", type="tertiary", icon=":material/database:",
                help=literal(entry.source) or None, on_click=show, args=(entry.ref,),
            )  # fmt: skip
    others = {str(entry.ref): _called(entry) for entry in entries[_AT_ONCE:]}
    if others:
        st.selectbox(
            f"{len(others):,} opened before these", list(others), index=None, format_func=others.__getitem__,
            key=_EARLIER, placeholder="Choose one", on_change=_open_earlier,
        )  # fmt: skip


def show(ref: CorpusRef) -> None:
    """Make a data set the open one and say so: who opens one at the foot of the page does not see its title."""
    state.choose(ref)
    try:
        corpus = state.workspace().corpus(ref)
    except EudscoreError:  # the page says what is wrong
        return
    st.toast(f"{literal(corpus.name)} is open, {counted(len(corpus), 'row', 'rows')}.", icon=":material/check:")


def with_last_roles(ref: CorpusRef, before: list[CorpusEntry]) -> CorpusRef:
    """The same table of the same source with the roles it had last, where somebody changed those that were found.

    Args:
        ref: what was read just now.
        before: what was listed before that, the latest opened first.
    """
    root, corpus = state.workspace().root, state.workspace().corpus(ref)
    alike = (corpus.name, corpus.source, *_table(str(ref), root))
    for entry in before:
        if (entry.name, entry.source, *_table(str(entry.ref), root)) == alike:
            return entry.ref
    return ref


def _called(entry: CorpusEntry) -> str:
    return f"{entry.name} · {entry.rows:,} rows · {ago(entry.added)}"


def _open_earlier() -> None:
    chosen = st.session_state[_EARLIER]
    if chosen is not None:
        show(CorpusRef.parse(chosen))
        st.session_state[_EARLIER] = None  # else it would be opened again at every rerun


@st.cache_data(max_entries=4096, show_spinner=False)
def _table(ref: str, root: Path) -> tuple[str, ...]:
    """What the tables of two revisions share if nothing but roles tells them apart."""
    try:
        marks = read_manifest(root / CORPORA / ref)
    except EudscoreError:  # opening it says what is wrong
        return (ref,)
    return tuple(mark.sha256 for name, mark in sorted(marks.items()) if name.endswith(".arrow")) or (ref,)
