"""What a data set holds: figures, its classes, lengths and scripts."""

from collections.abc import Sequence
from html import escape
from pathlib import Path

import streamlit as st

from eudscore.corpus.profile import Profile, profile
from eudscore.store.workspace import CorpusRef
from eudscore.ui import figures as charts
from eudscore.ui import state, theme
from eudscore.ui.leaving import leave_for
from eudscore.ui.quoting import counted, note
from eudscore.ui.state import Opened

_MOST_BARS = 14


def chips(opened: Opened) -> list[str]:
    """Short facts for the title row."""
    corpus = opened.corpus
    part = "" if corpus.drawn_from is None else f" of {corpus.drawn_from:,}"
    rows = counted(len(corpus), "row", "rows") if corpus.drawn_from is None else f"{len(corpus):,}{part} rows"
    found = [rows, f"text: {corpus.roles.text}"]
    if corpus.roles.label is not None:
        found.append(counted(len(corpus.classes), "class", "classes"))
    scored = len(state.scores_of(opened.ref).columns)
    return [*found, counted(scored, "score", "scores") if scored else "not scored yet"]


@st.cache_resource(max_entries=8, show_spinner=False)
def _profile(ref: str, root: Path) -> Profile:  # noqa: ARG001 - part of the key of the cache
    from eudscore.workflow.profiling import keep_profile, profile_of

    held, address = state.workspace(), CorpusRef.parse(ref)
    kept = profile_of(held, address)
    if kept is not None:
        return kept
    return profile(held.corpus(address)) if state.read_only() else keep_profile(held, address)


def facts_of(opened: Opened) -> Profile:
    """The profile of a data set: kept with it, so that it is counted once."""
    return _profile(str(opened.ref), state.workspace().root)


def figures(opened: Opened) -> None:
    """Six figures to judge a data set by."""
    from eudscore.workflow.profiling import near_duplicate_rows

    corpus, facts = opened.corpus, facts_of(opened)
    labelled = int((corpus.labels >= 0).sum())
    near = near_duplicate_rows(state.workspace(), opened.ref)
    whole = "" if corpus.drawn_from is None else f" of {corpus.drawn_from:,}"
    theme.tiles(
        [
            (f"Rows{whole}", f"{facts.rows:,}"),
            ("Labelled", f"{labelled:,}" if corpus.roles.label else "no labels"),
            ("Median words", theme.number(facts.words_median)),
            ("Empty texts", f"{facts.empty:,}"),
            ("Exact duplicates", f"{facts.exact_duplicates:,}"),
            ("Near-duplicates", "\N{EN DASH}" if near is None else f"{near:,}"),
        ]
    )


def balance(opened: Opened) -> None:
    """Rows by class."""
    corpus = opened.corpus
    with theme.card("Class balance", f"{len(corpus.classes)} classes" if corpus.classes else "", key="balance"):
        counts = dict(zip(corpus.classes, facts_of(opened).class_counts, strict=True))
        if not counts:
            note(corpus.reasons.get("label") or "There is no label column: choose one if the data has labels.")
            return
        largest = sorted(counts.items(), key=lambda pair: -pair[1])[:_MOST_BARS]
        st.html(_bars(largest))
        if len(counts) > len(largest):
            note(f"and {counted(len(counts) - len(largest), 'more class', 'more classes')}, none larger")


def _bars(counts: Sequence[tuple[str, int]]) -> str:
    """A bar with its count per class, the largest first; a long name is cut and shown in full under the pointer."""
    most = max(count for _, count in counts) or 1
    bars = "".join(
        f'<div class="eud-bar"><dt title="{escape(name)}">{escape(name)}</dt>'
        f'<dd><i style="width:{count / most:.1%}"></i></dd><dd>{count:,}</dd></div>'
        for name, count in counts
    )
    return f'<dl class="eud-bars">{bars}</dl>'


def lengths(opened: Opened) -> None:
    """Texts by words, and the scripts they are written in."""
    facts = facts_of(opened)
    with theme.card("Length", f"up to {facts.words_max:,} words", key="lengths"):
        edges, counts = facts.length_histogram
        charts.show(charts.length_histogram(edges, counts), key="length_histogram")
        if facts.words_max > edges[-1]:
            note(f"The last bar holds all texts of {edges[-2]:,} words and more.")
        counted = sum(count for _, count in facts.scripts)
        if counted:
            shares = ", ".join(f"{name} {theme.percent(count / counted)}" for name, count in facts.scripts[:4])
            note(" ".join([f"Scripts: {shares}.", *facts.notes]))


def nothing_open() -> None:
    """A page that needs a data set, in an empty workspace."""
    box = theme.empty_state("No data set is open. Begin with the demo, or bring your own.", icon="database")
    if box.button("Go to Data", key="to_data", type="primary"):
        leave_for("data", box)
