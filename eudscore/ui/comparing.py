"""Two selections side by side: what they share, their order, what only one has, and what each does to the data."""

import numpy as np
import streamlit as st

from eudscore.records import Ints
from eudscore.selection.overlap import Overlap, overlap
from eudscore.store.scores import Scores
from eudscore.ui import shift, state, theme
from eudscore.ui.choosing import effect_of_subset, replayed
from eudscore.ui.quoting import note
from eudscore.ui.sides import table
from eudscore.ui.state import Opened
from eudscore.workflow.choosing import Subset

NOW = "As shown above"


def comparing(opened: Opened, scores: Scores, shown: Subset) -> None:
    """Choose two, and see both."""
    saved = state.workspace().selections(opened.ref)
    if not saved:
        note("There is nothing to compare with yet: save a selection, change the settings, and compare the two.")
        return
    left, right = st.columns(2)
    first = left.selectbox("First", [NOW, *saved], key="compare_first")
    second = right.selectbox("Second", [NOW, *saved], index=1, key="compare_second")
    with state.sentences():
        one, other = (shown if name == NOW else replayed(scores, saved[name]) for name in (first, second))
        found = overlap(one.rows, other.rows, len(opened.corpus), pool=int(opened.corpus.has_text.sum()))
        theme.tiles(tiles_of(found))
        wide, narrow = st.columns([1.72, 1])
        with wide:
            _differences(found, one, other)
        with narrow:
            shift.show(shift.sections_of_two(effect_of_subset(opened, one), effect_of_subset(opened, other)))


def tiles_of(found: Overlap) -> list[tuple[str, str]]:
    """The figures of a comparison."""
    return [
        (f"Rows in common (by chance {theme.number(round(found.chance, 1))})", f"{len(found.both):,}"),
        (f"Jaccard index (by chance {found.jaccard_by_chance:.2f})", _index(found.jaccard)),
        ("Same order, Spearman", _index(found.spearman)),
        ("Same order, Kendall", _index(found.kendall)),
        ("Only in the first", f"{len(found.first_only):,}"),
        ("Only in the second", f"{len(found.second_only):,}"),
    ]


def _index(value: float) -> str:
    return "\N{EN DASH}" if np.isnan(value) else f"{value:.2f}".replace("-", "\N{MINUS SIGN}")


def _differences(found: Overlap, one: Subset, other: Subset) -> None:
    sides: dict[str, tuple[Subset, Ints]] = {
        "Only in the first": (one, found.first_only), "Only in the second": (other, found.second_only),
        "In both": (one, found.both),
    }  # fmt: skip
    side = st.segmented_control(
        "Side", list(sides), default="Only in the first", key="compare_side", label_visibility="collapsed",
        required=True,
    )  # fmt: skip
    table(*sides[side], key="compare_rows")
