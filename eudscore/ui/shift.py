"""What a selection does to the data, as a card of small rows: before, after, and the difference."""

import math
from collections.abc import Iterable, Sequence
from html import escape

import streamlit as st

from eudscore.selection.effect import QUANTILES, Against, Counts, Effect, MeanShift
from eudscore.ui import theme
from eudscore.ui.quoting import note
from eudscore.ui.wording import MAIN, column_label

_MOST = 5  # topics or sources that are listed
_ALL = 20  # of them where two selections stand side by side
_COVERAGE = (
    "Coverage: texts of which a kept text is among the {k} nearest that are stored, no farther than half of all texts "
    "are from their nearest."
)
_TOKENS = "Tokens: words and punctuation marks."
_RANDOM = "Random"
Row = tuple[str, str, str, str]


def card(effect: Effect) -> None:
    """Length, entropies, near-duplicates, coverage, topics and sources."""
    with theme.card("What it does to your data", key="shift"):
        show(sections(effect))
        note(" ".join([*([] if effect.coverage is None else [_COVERAGE.format(k=effect.near)]), _TOKENS]))


def sections(effect: Effect, *, most: int | None = _MOST) -> list[tuple[Sequence[str], list[Row]]]:
    """Heads and rows of the parts of the card; what is not known has none.

    Args:
        effect: of the selection.
        most: how many topics or sources, the most changed; None = all in their order, unchanged ones among them.
    """
    length = effect.length
    means = [("Tokens, mean", *_means(length.mean))]
    shares = "/".join(f"{100 * share:.0f}" for share in QUANTILES)
    means.append((f"Tokens, {shares} %", _listed(length.before), _listed(length.after), ""))
    means += [(column_label(name), *_means(effect.columns[name])) for name in MAIN if name in effect.columns]
    found: list[tuple[Sequence[str], list[Row]]] = [(("", "All", "Kept", "Change"), means)]
    judged = [("Near-duplicates", effect.duplicates), ("Coverage", effect.coverage)]
    against = [(name, *_against(share)) for name, share in judged if share is not None]
    if against:
        found.append((("", _RANDOM, "Kept", "Change"), against))
    for name, counts in (("Topics on the map", effect.topics), ("Sources", effect.sources)):
        if counts is not None and (rows := list(_counts(counts, most))):
            found.append(((name, "All", "Kept", "Change"), rows))
    return found


def sections_of_two(one: Effect, other: Effect) -> list[tuple[Sequence[str], list[Row]]]:
    """The same for two selections of one data set, side by side."""
    found: list[tuple[Sequence[str], list[Row]]] = []
    for (heads, first), (_, second) in zip(sections(one, most=None), sections(other, most=None), strict=True):
        pairs = list(zip(first, second, strict=True))
        if heads[1] == _RANDOM:
            rows = [(one_row[0], "", one_row[2], other_row[2]) for one_row, other_row in pairs]
            rows += [(f"{one_row[0]}, random rows", "", one_row[1], other_row[1]) for one_row, other_row in pairs]
            found.append((("", "", "First", "Second"), rows))
        else:
            rows = [(one_row[0], one_row[1], one_row[2], other_row[2]) for one_row, other_row in pairs]
            found.append(((heads[0], "All", "First", "Second"), rows))
    return found


def show(parts: Sequence[tuple[Sequence[str], Iterable[Row]]]) -> None:
    """Draw the parts of a card."""
    st.html(f'<table class="eud-shift">{"".join(_section(*part) for part in parts)}</table>')


def _section(heads: Sequence[str], rows: Iterable[Row]) -> str:
    head = "".join(f'<th scope="col">{escape(one)}</th>' for one in heads)
    lines = "".join(
        f'<tr><th scope="row" title="{escape(row[0])}">{escape(row[0])}</th>'
        + "".join(f"<td>{escape(cell)}</td>" for cell in row[1:])
        + "</tr>"
        for row in rows
    )
    return f"<tbody><tr>{head}</tr>{lines}</tbody>"


def _means(shift: MeanShift) -> tuple[str, str, str]:
    effect = "" if math.isnan(shift.effect) else f"{signed(shift.effect, 2)} sd"
    return theme.number(shift.before), theme.number(shift.after), effect


def _listed(quantiles: Iterable[float]) -> str:
    return "/".join(map(theme.number, quantiles))


def _against(share: Against) -> tuple[str, str, str]:
    return theme.percent(share.chance), theme.percent(share.kept), points(share.kept - share.chance)


def _counts(counts: Counts, most: int | None) -> Iterable[Row]:
    """The largest changes, gains first."""
    before, after = counts.shares
    places: Sequence[int] = range(min(len(counts.names), _ALL))
    if most is not None:
        places = sorted(counts.most_changed(most), key=lambda place: before[place] - after[place])
    for place in places:
        yield (
            str(counts.names[place]), theme.percent(before[place]), theme.percent(after[place]),
            points(after[place] - before[place]),
        )  # fmt: skip


def points(difference: float) -> str:
    """A difference of two shares in percentage points."""
    return "" if math.isnan(difference) else f"{signed(100 * difference, 1)} pt"


def signed(value: float, decimals: int) -> str:
    """A difference with its sign; what rounds to nothing has none."""
    shown = f"{value:+.{decimals}f}"
    return shown[1:] if float(shown) == 0 else shown.replace("-", "\N{MINUS SIGN}")
