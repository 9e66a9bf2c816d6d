"""Buttons that change a job: cancel, pause, go on, try again; what cannot be is told in one sentence."""

from collections.abc import Callable

import streamlit as st

from eudscore.errors import EudscoreError
from eudscore.store.workspace import Workspace
from eudscore.ui import state
from eudscore.ui.quoting import literal

Change = Callable[[Workspace, str], object]


def button(label: str, change: Change, job: str, *, icon: str, key: str) -> None:
    """A button that changes a job and shows the page anew.

    Args:
        label: what it does.
        change: of `workflow.queueing`.
        job: its id.
        icon: of Material Symbols.
        key: distinct on the page.
    """
    if st.button(label, key=key, type="tertiary", icon=f":material/{icon}:", disabled=state.read_only()):
        try:
            change(state.workspace(), job)
        except EudscoreError as error:
            tell(str(error))
            return
        st.rerun()


def tell(sentence: str) -> None:
    """Say what could not be done: over the page, for what stands in a polled part of it is gone after a second."""
    st.toast(literal(sentence), icon=":material/error:", duration="long")
