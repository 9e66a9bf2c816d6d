"""The texts on each side of the line: kept, dropped, and held back with a reason each."""

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from eudscore.records import Ints
from eudscore.selection.ranking import MISLABELLED, UNLIKELY
from eudscore.ui import tables, theme
from eudscore.ui.downloads import download
from eudscore.ui.quoting import note
from eudscore.ui.state import Opened
from eudscore.ui.wording import column_label
from eudscore.workflow.choosing import Subset
from eudscore.workflow.reviewing import withheld_csv

_HEIGHT = 320  # of a table of texts, as the card beside it
_TELLING = {MISLABELLED: "predictive_label_gap", UNLIKELY: "predictive_label_gap"}  # why it is held back
_KEPT, _DROPPED, _WITHHELD = "Kept", "Dropped", "Review these"


def texts(opened: Opened, subset: Subset) -> None:
    """The texts on each side of the line: kept, dropped, and held back with a reason."""
    withheld = subset.selection.withheld
    kept = np.zeros(len(subset.scores), dtype=np.bool_)
    kept[subset.rows] = True
    aside = np.zeros_like(kept)
    for rows in withheld.values():
        aside[rows] = True
    counts = {_KEPT: len(subset), _DROPPED: int((~kept & ~aside).sum()), _WITHHELD: int(aside.sum())}
    sides = [side for side, count in counts.items() if count or side != _WITHHELD]
    more = f", {counts[_WITHHELD]:,} to review" if counts[_WITHHELD] else ""
    said = f"{counts[_KEPT]:,} kept, {counts[_DROPPED]:,} dropped{more}"
    with theme.card("Texts", said, key="texts"):
        side = st.segmented_control(
            "Side", sides, default=_KEPT, key="texts_side", label_visibility="collapsed", required=True
        )  # fmt: skip
        if side == _WITHHELD:
            _review(opened, subset)
        else:
            of_side = np.flatnonzero(kept if side == _KEPT else ~kept & ~aside)
            table(subset, of_side, key=f"{side.lower()}_rows")


def table(subset: Subset, rows: Ints, *, key: str, by: str | None = None) -> None:
    """The first rows of a side, the highest score first; by the score of the selection where no other is named."""
    if len(rows) == 0:
        note("No text is here.")
        return
    names = (by, subset.recipe["by"], *subset.scores.columns)
    by = next(name for name in names if name in subset.scores.columns)
    first = highest(np.asarray(subset.scores.columns[by]), rows, tables.ROWS)
    tables.texts_table(subset.corpus, subset.scores, first, by=by, key=key, height=_HEIGHT)
    shown = "all of them" if len(first) == len(rows) else f"{len(first):,} of {len(rows):,}"
    note(f"Highest {column_label(by)} first, {shown}.")


def highest(values: NDArray[np.floating], rows: Ints, count: int) -> Ints:
    """The rows with the highest values, highest first; of equal ones the lower row, no value last."""
    own = np.nan_to_num(values[rows], nan=-np.inf)
    if len(rows) > count:
        least = np.partition(own, len(own) - count)[len(own) - count]
        above, equal = np.flatnonzero(own > least), np.flatnonzero(own == least)
        places = np.concatenate([above, equal[: count - len(above)]])
    else:
        places = np.arange(len(rows))
    return np.asarray(rows[places[np.lexsort((rows[places], -own[places]))]])


def _review(opened: Opened, subset: Subset) -> None:
    """What is held back, by its reason, and as a file."""
    withheld = {reason: rows for reason, rows in subset.selection.withheld.items() if len(rows)}
    with st.container(key="review", horizontal=True, vertical_alignment="center"):
        reason = st.selectbox(
            "Reason", list(withheld), key="review_reason", label_visibility="collapsed", width=260,
            format_func=lambda one: f"{one} · {len(withheld[one]):,}",
        )  # fmt: skip
        download(
            "All with their reasons (CSV)", lambda: withheld_csv(subset), key="review",
            file_name=f"{opened.corpus.name}-review.csv", mime="text/csv",
        )  # fmt: skip
    table(subset, withheld[reason], key="withheld_rows", by=_TELLING.get(reason))
