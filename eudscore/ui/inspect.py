"""What stands where there are no scores yet, and the histogram of every column where there are."""

import numpy as np
import streamlit as st

from eudscore.store.scores import Scores
from eudscore.ui import figures, state, theme, work
from eudscore.ui.state import Opened
from eudscore.ui.wording import column_label, families_of, unit_of
from eudscore.workflow.stored import flagged


def not_scored(opened: Opened) -> None:
    """A data set without scores: the one thing to do next."""
    job = work.preparation(opened.ref)
    if job is not None and job.status.active:
        theme.empty_state("The first scores appear here in a moment.", icon="hourglass_top", key="explore")
        return
    box = theme.empty_state(
        "This data set is not scored yet. Scoring it in the standard way also draws its map.",
        icon="analytics", key="explore",
    )  # fmt: skip
    if box.button("Score and map", key="explore_prepare", type="primary", disabled=state.read_only()):
        with state.sentences():
            work.begin_preparation(opened.ref)
            st.rerun()


def offer_map(opened: Opened) -> None:
    """Scores without a map, as the command line leaves them: the way to one."""
    job = work.preparation(opened.ref)
    if (job is not None and job.status.active) or state.read_only():
        return
    with st.container(key="no-map", horizontal=True, vertical_alignment="center"):
        st.caption("This data set has scores and no map yet.")
        if st.button("Draw the map", key="draw_map", icon=":material/map:"):
            with state.sentences():
                work.begin_preparation(opened.ref)
                st.rerun()


def histograms(scores: Scores) -> None:
    """One small histogram per column of the family that is looked at, three in a row."""
    families = families_of(scores.columns)
    chosen = st.segmented_control(
        "Family", list(families), default=next(iter(families)), key="family", label_visibility="collapsed"
    )
    names = families[chosen or next(iter(families))]
    for start in range(0, len(names), 3):
        for column, name in zip(st.columns(3), names[start : start + 3], strict=False):
            with column:
                values = np.asarray(scores.columns[name])
                unit = unit_of(scores.cards[name])
                counted = "".join(f" · {words}" for words in flagged(scores.cards[name]))
                st.caption(f"{column_label(name)}{f', {unit}' if unit else ''}{counted}")
                figures.show(figures.histogram(values, unit=unit), key=f"histogram_{name}")
