"""What the pages remember: ids in the session and in the address, data in the workspace, nothing else."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from eudscore.errors import EudscoreError
from eudscore.records import Corpus
from eudscore.store.scores import Scores
from eudscore.store.workspace import CorpusRef, Workspace, default_root
from eudscore.ui import theme

DATA = "data"


@dataclass(frozen=True)
class Opened:
    """The data set a page is about."""

    ref: CorpusRef
    corpus: Corpus


def workspace() -> Workspace:
    """The workspace of this server."""
    return _workspace(default_root())


@st.cache_resource(max_entries=4, show_spinner=False)
def _workspace(root: Path) -> Workspace:
    return Workspace(root)


def read_only() -> bool:
    """Whether this server only shows what is there."""
    return bool(os.environ.get("EUDSCORE_READ_ONLY"))


def opened() -> Opened | None:
    """The data set of the address, else of the session, else the latest one; None in an empty workspace.

    An address of a data set that is not here is said, and the page goes on with the latest one.
    """
    named = st.query_params.get(DATA) or st.session_state.get(DATA)
    if named is not None:
        try:
            return _open(CorpusRef.parse(named))
        except EudscoreError as error:
            theme.error_box(str(error))
            st.query_params.pop(DATA, None)
            st.session_state.pop(DATA, None)
    latest = workspace().corpora()
    return _open(latest[0].ref) if latest else None


def choose(ref: CorpusRef) -> None:
    """Make a data set the one all pages are about."""
    st.session_state[DATA] = str(ref)
    st.query_params[DATA] = str(ref)


def _open(ref: CorpusRef) -> Opened:
    corpus = workspace().corpus(ref)
    st.session_state[DATA] = str(ref)  # what an address names goes along to the next page
    if st.query_params.get(DATA) != str(ref):
        choose(ref)
    return Opened(ref, corpus)


def scores_of(ref: CorpusRef) -> Scores:
    """What is stored for a data set now; read anew only when a column has come or another setting was asked for."""
    return _scores(str(ref), _stamp(ref), default_root())


def _stamp(ref: CorpusRef) -> tuple[tuple[str, float], ...]:
    """The finished families and when each was last asked for: they change whenever `scores_of` would."""
    cards = (workspace().root / "columns" / ref.id).glob("[!.]*/cards.json")
    return tuple(sorted((path.parent.name, path.stat().st_mtime) for path in cards))


@st.cache_resource(max_entries=8, show_spinner=False)
def _scores(ref: str, stamp: tuple[tuple[str, float], ...], root: Path) -> Scores:  # noqa: ARG001 - the stamp is the cache's key
    from eudscore.workflow.stored import latest_scores

    return latest_scores(_workspace(root), CorpusRef.parse(ref))


@contextmanager
def sentences() -> Iterator[None]:
    """Show what a user can mend as its one sentence."""
    try:
        yield
    except EudscoreError as error:
        theme.error_box(str(error))
