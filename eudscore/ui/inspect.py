"""The texts behind an interval, one text with all its scores, and the histogram of every column."""

import numpy as np
import streamlit as st

from eudscore.records import Floats
from eudscore.selection.band import in_band
from eudscore.selection.quantiles import mid_ranks
from eudscore.store.scores import Scores
from eudscore.ui import figures, state, tables, theme, work
from eudscore.ui.explorer import ExplorerState
from eudscore.ui.quoting import note
from eudscore.ui.state import Opened
from eudscore.ui.wording import column_label, families_of, in_order, unit_of
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


def quantiles_of(scores: Scores, name: str) -> Floats:
    """(n,) mid-ranks of a column, nan where it has no value."""
    return mid_ranks(np.asarray(scores.columns[name]))


def place_of(values: Floats, row: int) -> float:
    """The mid-rank of one value of a column, as `quantiles_of` has it, from one pass; nan where it has no value."""
    own = values[row]
    scored = np.isfinite(values)
    if not scored[row]:
        return float("nan")
    below, equal = np.count_nonzero(scored & (values < own)), np.count_nonzero(values == own)
    return float((below + equal / 2) / np.count_nonzero(scored))


def interval(opened: Opened, scores: Scores, choice: ExplorerState) -> None:
    """The texts inside the interval, the least certain first, and the one that was picked."""
    values = np.asarray(scores.columns[choice.by])
    inside = np.flatnonzero(in_band(quantiles_of(scores, choice.by), choice.band))
    order = inside[np.argsort(-values[inside], kind="stable")]
    left, right = st.columns([1.72, 1])
    note = f"{min(len(order), tables.ROWS):,} of {len(order):,} in the interval"
    with left, theme.card(f"By {column_label(choice.by)}, highest first", note, key="texts"):
        picked = tables.texts_table(opened.corpus, scores, order, by=choice.by, key="interval_rows", height=300)
    row = picked if picked is not None else choice.row
    with right, theme.card("One text", f"row {row:,}" if row is not None else "", key="one"):
        if row is None:
            st.caption("Click a point on the map, or a row of the table.")
        else:
            one_text(opened, scores, row)


def one_text(opened: Opened, scores: Scores, row: int) -> None:
    """A text, its label, and every score with its place among all texts."""
    corpus = opened.corpus
    text = corpus.texts([row])[0]
    with st.container(height=110, border=False, key="one-text"):
        st.text(text or "(empty)")
    if corpus.labels[row] >= 0:
        note(f"Label: {corpus.classes[corpus.labels[row]]}")
    lines = []
    for name in in_order(scores.columns):
        place = place_of(np.asarray(scores.columns[name]), row)
        unit = unit_of(scores.cards[name])
        lines.append(
            {
                "Score": column_label(name),
                "Value": f"{theme.number(float(scores.columns[name][row]))} {unit}".strip(),
                "Higher than": None if np.isnan(place) else place,
            }
        )
    st.dataframe(
        lines, hide_index=True, height=172, key="one_scores",
        column_config={"Higher than": st.column_config.ProgressColumn(format="percent", min_value=0.0, max_value=1.0)},
    )  # fmt: skip


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
