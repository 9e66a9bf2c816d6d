"""A subset as the Select page shows it: figures, kept and dropped texts, and what to do with it."""

import io
import json

import numpy as np
import pyarrow.parquet as pq
import streamlit as st

from eudscore.records import SelectionRequest, Strategy
from eudscore.selection.shift import mean_shift
from eudscore.store.scores import Scores
from eudscore.ui import state, tables, theme
from eudscore.ui.explorer import ExplorerState
from eudscore.ui.state import Opened
from eudscore.ui.views import SEED
from eudscore.ui.wording import column_label
from eudscore.workflow.choosing import Subset, select

CHOSEN = "chosen_recipe"


def chosen(scores: Scores, choice: ExplorerState) -> Subset:
    """The server's exact answer to what the component shows.

    Raises:
        RequestError: nothing is left inside the interval.
    """
    request = SelectionRequest(
        max(1, choice.k), choice.by, Strategy.BAND, choice.band, balance=choice.balance, seed=SEED
    )
    subset = select(state.workspace(), scores, request)
    st.session_state[CHOSEN] = subset.recipe
    return subset


def figures(subset: Subset, choice: ExplorerState) -> None:
    """Five figures of the subset against the whole."""
    scores = subset.scores
    values = mean_shift(np.asarray(scores.columns[choice.by]), subset.rows)
    words = mean_shift(scores.tokens, subset.rows)
    steps = dict(subset.selection.steps)
    theme.tiles(
        [
            ("Rows kept", f"{len(subset):,}"),
            ("Share of all rows", theme.percent(len(subset) / max(1, len(scores)))),
            ("Rows in the interval", f"{steps.get('in band', len(scores)):,}"),
            (f"Mean {column_label(choice.by)} (all {theme.number(values.before)})", theme.number(values.after)),
            (f"Mean tokens (all {theme.number(words.before)})", theme.number(words.after)),
        ]
    )


def actions(opened: Opened, subset: Subset) -> None:
    """Name it, or take it away."""
    with st.container(key="subset-actions", horizontal=True, vertical_alignment="bottom"):
        name = st.text_input(
            "Name",
            key="selection_name",
            placeholder="name of the selection",
            label_visibility="collapsed",
            width=240,
        )
        if st.button("Save", key="save_selection", icon=":material/bookmark_add:", disabled=state.read_only()):
            with state.sentences():
                state.workspace().keep_selection(opened.ref, name.strip(), subset.recipe)
                st.toast(f"Saved as {name.strip()!r}.", icon=":material/check:")
        st.download_button(
            "Subset (Parquet)", key="download_subset", icon=":material/download:", data=lambda: _parquet(subset),
            file_name=f"{opened.corpus.name}-subset.parquet", mime="application/octet-stream",
        )  # fmt: skip
        st.download_button(
            "Recipe", key="download_recipe", icon=":material/receipt_long:",
            data=json.dumps(subset.recipe, indent=1), file_name=f"{opened.corpus.name}-recipe.json",
            mime="application/json",
        )  # fmt: skip


def kept_and_dropped(subset: Subset, choice: ExplorerState) -> None:
    """The texts on both sides of the line."""
    scores = subset.scores
    values = np.asarray(scores.columns[choice.by])
    order = subset.rows[np.argsort(-values[subset.rows], kind="stable")]
    rest = np.setdiff1d(np.arange(len(scores), dtype=np.int64), subset.rows)
    rest = rest[np.argsort(-values[rest], kind="stable")]
    left, right = st.columns(2)
    for place, title, rows in ((left, "Kept", order), (right, "Dropped", rest)):
        note = f"{min(len(rows), tables.ROWS):,} of {len(rows):,}, highest {column_label(choice.by)} first"
        with place, theme.card(title, note, key=title.lower()):
            tables.texts_table(subset.corpus, scores, rows, by=choice.by, key=f"{title.lower()}_rows")


def _parquet(subset: Subset) -> bytes:
    sink = io.BytesIO()
    pq.write_table(subset.to_arrow(), sink, compression="zstd")
    return sink.getvalue()
