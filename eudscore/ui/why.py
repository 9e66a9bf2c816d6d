"""Why this one: what one text looks like and from which numbers, for a narrow card that scrolls inside itself."""

import math
from collections.abc import Iterable, Sequence
from html import escape

import streamlit as st

from eudscore.records import Card
from eudscore.ui import heat, state, theme
from eudscore.ui.quoting import note
from eudscore.ui.state import Opened
from eudscore.ui.wording import column_label, in_order, unit_of
from eudscore.workflow.explaining import explain
from eudscore.workflow.explanation import ClassShare, Explanation, Neighbour, ScorePlace
from eudscore.workflow.reasons import cosine_in_words

HEIGHT = 560  # pixels
_TEXT_HEIGHT = 110
_LONGEST = 4000  # characters of the text that travel to the browser
_SNIPPET = 120  # characters of a neighbour
_SHOWN = 10  # neighbours


def panel(opened: Opened, row: int) -> None:
    """Everything about one text: the verdict, the text, class probabilities, neighbours, and scores with their place.

    Args:
        opened: the data set of the page.
        row: of it.
    """
    with state.sentences():
        found = explain(state.workspace(), opened.ref, row)
        with st.container(height=HEIGHT, border=False, key="why"):
            _verdict(found)
            if found.empty:
                return
            _text(opened, row)
            _probabilities(found)
            _neighbours(opened, found)
            _scores(found)
            for sentence in found.missing:
                note(sentence)


def _verdict(found: Explanation) -> None:
    chips = "".join(f'<span class="eud-chip">{escape(words)}</span>' for words in chips_of(found))
    st.html(f'<div class="eud-chips">{chips}</div>')
    with st.container(key="why-verdict"):
        note(found.sentence)


def chips_of(found: Explanation) -> list[str]:
    """What the text looks like and what its label is, in a few words each."""
    label = "no label" if found.label is None else f"label {found.label}"
    return [label] if found.empty else [*(kind.value for kind in found.kinds), label]


def _text(opened: Opened, row: int) -> None:
    """The text as a heat strip of its tokens; as it is until there is one, or where there is none."""
    place = st.container()
    if heat.strip(opened, row):
        return
    text = opened.corpus.texts([row])[0]
    with place, st.container(height=_TEXT_HEIGHT, border=False, key="why-text"):
        st.text((text[:_LONGEST] + ("…" if len(text) > _LONGEST else "")) or "(empty)")


def _probabilities(found: Explanation) -> None:
    if found.classes:
        _heading("Class probabilities", "the likeliest, and the label")
        st.html(probability_bars(found.classes))


def probability_bars(shares: Iterable[ClassShare]) -> str:
    """HTML of a small bar for each class; the given label is named in words."""
    return _bars(
        (share.name + (" (label)" if share.given else ""), share.probability, _percent(share.probability))
        for share in shares
    )


def _neighbours(opened: Opened, found: Explanation) -> None:
    shown = found.neighbours[:_SHOWN] or found.duplicates[:_SHOWN]
    if not shown:
        return
    title = "Nearest texts" if found.neighbours else "Texts that say the same"
    agreeing = "" if math.isnan(found.agreement) else f"{theme.percent(found.agreement, 2)} share the label (=)"
    more = len(found.neighbours or found.duplicates)
    cut = f"{len(shown)} of {more}" if more > len(shown) else ""
    _heading(title, " · ".join(filter(None, [cut, agreeing])))
    st.html(neighbour_table(shown, opened.corpus.texts([neighbour.row for neighbour in shown])))


def neighbour_table(neighbours: Sequence[Neighbour], texts: Sequence[str]) -> str:
    """HTML of a table of texts; whether their labels agree stands there as a sign with a word for who cannot see it."""
    lines = []
    for neighbour, text in zip(neighbours, texts, strict=True):
        sign, word = mark_of(neighbour)
        cosine = "" if math.isnan(neighbour.cosine) else cosine_in_words(neighbour.cosine)
        said = "no label" if neighbour.label is None else neighbour.label
        same = " · duplicate" if neighbour.duplicate else ""
        flat = " ".join(text.split())
        cut = flat if len(flat) <= _SNIPPET else f"{flat[: _SNIPPET - 1]}…"
        lines.append(
            f'<tr data-mark="{escape(word)}"><td title="{escape(word)}"><span role="img" aria-label="{escape(word)}">'
            f"{sign}</span></td><td>{cosine}</td><th scope=row><b>{escape(said)}</b>"
            f"<small>row {neighbour.row:,}{same}</small><span>{escape(cut) or '(empty)'}</span></th></tr>"
        )
    return f'<table class="eud-near"><tbody>{"".join(lines)}</tbody></table>'


def mark_of(neighbour: Neighbour) -> tuple[str, str]:
    """The sign of a neighbour and what it means."""
    if neighbour.agrees is None:
        return "\N{MIDDLE DOT}", "no label to compare"
    return ("\N{EQUALS SIGN}", "agrees") if neighbour.agrees else ("\N{NOT EQUAL TO}", "conflicts")


def _scores(found: Explanation) -> None:
    if found.scores:
        _heading("Scores", "bar and %: rank among all rows (percentile)")
        st.html(score_bars(found.scores))


def score_bars(scores: Iterable[ScorePlace]) -> str:
    """HTML of a bar for each score, as long as its rank among all rows, a percentile."""
    by_name = {score.column: score for score in scores}
    return _bars((column_label(name), by_name[name].place, _valued(by_name[name])) for name in in_order(by_name))


def _valued(score: ScorePlace) -> str:
    place = "" if math.isnan(score.place) else f" · {_percent(score.place)}"
    unit = unit_of(Card(score.column, "", unit=score.unit))
    return " ".join(filter(None, [theme.number(score.value), unit])) + place


def _percent(share: float) -> str:
    """A share as a percentage that never claims none or all."""
    if 0.99 < share < 1:
        return "over 99%"
    return "under 0.1%" if 0 < share < 0.001 else theme.percent(share, 2)


def _bars(entries: Iterable[tuple[str, float, str]]) -> str:
    """HTML of named bars; a share that is not known has none."""
    lines = []
    for name, share, value in entries:
        length = 0.0 if math.isnan(share) else 100 * min(max(share, 0.0), 1.0)
        bar = "" if math.isnan(share) else f'<i style="width:{length:.1f}%"></i>'
        title = escape(name)
        lines.append(
            f'<div class="eud-bar"><dt title="{title}">{title}</dt><dd>{bar}</dd><dd>{escape(value)}</dd></div>'
        )
    return f'<dl class="eud-bars">{"".join(lines)}</dl>'


def _heading(title: str, aside: str) -> None:
    st.html(f'<p class="eud-entry">{escape(title)}<small>{escape(aside)}</small></p>')
