"""Tables of texts: a page of rows at a time, with the score as a bar and what was searched for marked."""

import re
from collections.abc import Callable

import numpy as np
import streamlit as st

from eudscore.records import Corpus, Ints, JsonDict
from eudscore.store.scores import Scores
from eudscore.ui.front_end import component
from eudscore.ui.quoting import in_utf16
from eudscore.ui.routes import script_url
from eudscore.ui.wording import column_label
from eudscore.workflow.searching import matches

ROWS = 100
_LONGEST = 240  # characters of a text that travel to a table
_BEFORE = 20  # characters shown before the first match
_IN_SIGHT = 48  # characters that fit into a column of any width


def texts_table(  # noqa: PLR0913 - all but the first three by name
    corpus: Corpus,
    scores: Scores,
    rows: Ints,
    *,
    by: str,
    words: str | None = None,
    key: str,
    height: int = 230,
    picked: int | None = None,
    on_pick: Callable[[int], None] | None = None,
) -> int:
    """Rows of a corpus, the first hundred of those given.

    Args:
        corpus: the data set.
        scores: its scores.
        rows: in the order of the table.
        by: the column shown as a bar.
        words: a search whose matches are marked.
        key: distinct on the page.
        height: in pixels.
        picked: the row that is marked as picked.
        on_pick: is told the row a person picks.

    Returns:
        How many rows are shown.
    """
    shown = rows[:ROWS]
    values = np.asarray(scores.columns[by])
    finite = values[np.isfinite(values)]
    low, high = (min(0.0, float(finite.min())), float(finite.max())) if len(finite) else (0.0, 1.0)
    lines = [
        {
            "row": int(row),
            "value": float(values[row]) if np.isfinite(values[row]) else None,
            "share": _share(float(values[row]), low, high),
            "label": _label(corpus, int(row)),
            **_excerpt(text, words),
        }
        for row, text in zip(shown, corpus.texts(shown), strict=True)
    ]

    def told() -> None:
        said = st.session_state[key].get("pick")
        if on_pick is not None and isinstance(said, dict) and 0 <= int(said["row"]) < len(corpus):
            on_pick(int(said["row"]))

    component("eudscore_listing")(
        key=key,
        data={
            "script": script_url("listing.js"), "rows": lines, "measure": column_label(by), "height": height,
            "picked": picked,
        },
        default={"pick": None},
        on_pick_change=told,
    )  # fmt: skip
    return len(shown)


def _share(value: float, low: float, high: float) -> float:
    """How long the bar of a value is, in [0, 1]."""
    return (value - low) / (high - low) if high > low and np.isfinite(value) else 0.0


def _label(corpus: Corpus, row: int) -> str | None:
    if corpus.roles.label is None:
        return None
    label = int(corpus.labels[row])
    return corpus.classes[label] if label >= 0 else ""


def _excerpt(text: str, words: str | None) -> JsonDict:
    """A stretch of a text on one line, from its beginning or shortly before its first match, and the matches in it."""
    found = matches(text, words) if words else []
    begin = max(0, found[0][0] - _BEFORE) if found and found[0][1] > _IN_SIGHT else 0
    lead = "…" if begin else ""
    stretch = lead + re.sub(r"\s", " ", text[begin : begin + _LONGEST])
    inside = [(start - begin + len(lead), end - begin + len(lead)) for start, end in found]
    return {
        "text": stretch + ("…" if len(text) > begin + _LONGEST else ""),
        "matches": [[in_utf16(stretch, at) for at in pair] for pair in inside if pair[1] <= len(stretch)],
    }
