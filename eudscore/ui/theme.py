"""The look in Python: page frame, cards, figures, and the two palettes charts are drawn with.

The same colours stand in `.streamlit/config.toml` and `assets/style.css`; a test keeps the three equal.
"""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from eudscore import locations
from eudscore.ui.quoting import literal

SIDEBAR = 216  # pixels


@dataclass(frozen=True)
class Palette:
    """The colours of one theme, as #RRGGBB.

    Attributes:
        ground: behind the cards.
        card: of a card.
        line: borders and grid lines.
        text: of reading text.
        muted: of captions and axis labels.
        accent: thin lines and handles.
        button: filled buttons and bars.
        dropped: points that are not selected.
        idle: bars that are not selected.
        grid: lines behind bars.
        scale: magma cut at its ends; the more uncertain, the more contrast with the ground.
        categorical: classes, in order.
    """

    ground: str
    card: str
    line: str
    text: str
    muted: str
    accent: str
    button: str
    dropped: str
    idle: str
    grid: str
    scale: tuple[str, ...]
    categorical: tuple[str, ...]


LIGHT = Palette(
    ground="#F6F7F9",
    card="#FFFFFF",
    line="#E3E6EC",
    text="#1B2130",
    muted="#626B7F",
    accent="#5B3FD6",
    button="#5B3FD6",
    dropped="#9AA4B8",
    idle="#D9DDE6",
    grid="#EEF0F4",
    scale=(
        *("#FDD9A5", "#FEBA80", "#FB8861", "#F1605D", "#DE4968"),
        *("#B73779", "#8C2981", "#641A80", "#3B0F70", "#1D1147"),
    ),
    categorical=(
        "#5B3FD6",
        "#0E8A7B",
        "#C2571A",
        "#B32B6E",
        "#2F6FDE",
        "#8A6D00",
        "#0B7BA8",
        "#A8443F",
        "#5F7D1E",
        "#7E4FA0",
        "#7A8194",
    ),
)
DARK = Palette(
    ground="#0E1117",
    card="#161B24",
    line="#262D3A",
    text="#E6E9F0",
    muted="#98A1B3",
    accent="#A08BFF",
    button="#755BEF",
    dropped="#6B778D",
    idle="#343C4B",
    grid="#212836",
    scale=(
        *("#3B0F70", "#641A80", "#8C2981", "#B73779", "#DE4968"),
        *("#F1605D", "#FB8861", "#FEBA80", "#FCE1A4", "#FCFDBF"),
    ),
    categorical=(
        "#A08BFF",
        "#3BC4B2",
        "#F2A56D",
        "#F07FB2",
        "#85B8F8",
        "#D9C04F",
        "#5CC8F2",
        "#F28B82",
        "#B5D56A",
        "#C9A5E8",
        "#A9B0C0",
    ),
)


def page_setup(title: str) -> None:
    """Set the page's title and style; the first call of every page, with or without the router."""
    logo = str(locations.assets() / "logo.svg")
    st.set_page_config(page_title=f"{title} - eudscore", page_icon=logo, layout="wide", initial_sidebar_state=SIDEBAR)
    st.html(locations.assets() / "style.css")
    st.logo(logo, size="large")


def palette() -> Palette:
    """The palette of the theme this run was started under; a later switch does not rerun the page."""
    return DARK if st.context.theme.type == "dark" else LIGHT


def header(title: str, chips: Sequence[str] = ()) -> DeltaGenerator:
    """The title row with what is to be known at a glance.

    Args:
        title: what the page is about: a data set, a run.
        chips: short facts, shown as small labels under the title.

    Returns:
        A container at the right of the row, for the page's actions.
    """
    row = st.container(key="header", horizontal=True, horizontal_alignment="distribute", vertical_alignment="center")
    labels = "".join(f'<span class="eud-chip">{escape(chip)}</span>' for chip in chips)
    row.html(f'<h1 class="eud-title">{escape(title)}</h1><div class="eud-chips">{labels}</div>')
    return row.container(
        key="header-actions", horizontal=True, horizontal_alignment="right", vertical_alignment="center"
    )


def tiles(figures: Sequence[tuple[str, str]]) -> None:
    """A row of named figures, each `(label, value)`; about five look best."""
    cells = "".join(
        f'<div class="eud-tile"><dt>{escape(label)}</dt><dd>{escape(value)}</dd></div>' for label, value in figures
    )
    st.html(f'<dl class="eud-tiles">{cells}</dl>')


@contextmanager
def card(title: str, note: str = "", *, key: str) -> Iterator[DeltaGenerator]:
    """A bordered card; what is drawn inside `with` goes into it.

    Args:
        title: what the card shows.
        note: a muted half-sentence beside the title.
        key: distinct on its page; the card's class is `st-key-card-<key>`.
    """
    box = st.container(border=True, key=f"card-{key}")
    with box:
        heading = f'<h2 class="eud-card-title">{escape(title)}'
        st.html(heading + (f"<small>{escape(note)}</small></h2>" if note else "</h2>"))
        yield box


def empty_state(sentence: str, *, icon: str = "inbox", key: str = "empty") -> DeltaGenerator:
    """A calm sentence where there is nothing to show yet.

    Args:
        sentence: what is missing and what to do next.
        icon: a Material Symbols name.
        key: distinct on its page.

    Returns:
        The container of the sentence, for the button that leads on.
    """
    box = st.container(key=f"empty-{key}", border=True, horizontal_alignment="center", vertical_alignment="center")
    box.markdown(f":material/{icon}:")
    box.html(f'<p class="eud-empty">{escape(sentence)}</p>')
    return box


def error_box(sentence: str) -> None:
    """What went wrong and what to do, as the error itself says it: letter by letter, for it may quote the data."""
    st.error(literal(sentence), icon=":material/error:")


def number(value: float, digits: int = 3) -> str:
    """A figure for reading: thousands separators, `digits` significant digits, whole numbers whole.

    Nothing to say (nan) reads as an en dash.
    """
    if math.isnan(value):
        return "\N{EN DASH}"
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    if float(value).is_integer():
        return f"{int(value):,}"
    shown = f"{value:.{digits}g}"
    if "e" in shown and abs(value) < 1:
        return shown
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(float(shown)))))
    return f"{float(shown):,.{decimals}f}" if abs(value) < 10**digits else f"{value:,.0f}"


def percent(share: float, digits: int = 3) -> str:
    """A share in [0, 1] as a percentage with `digits` significant digits."""
    return number(100 * share, digits) + ("" if math.isnan(share) else "%")


def plotly_layout(*, height: int, **overrides: Any) -> dict[str, Any]:
    """Layout of a small chart: transparent, tight, in the colours of the theme.

    Args:
        height: in pixels.
        **overrides: any other entries of a plotly layout.

    Use as `figure.update_layout(**plotly_layout(height=220))` and draw with `theme=None`.
    """
    look = palette()
    axis = {
        "gridcolor": look.grid,
        "linecolor": look.line,
        "zeroline": False,
        "tickfont": {"color": look.muted, "size": 11},
        "title": {"font": {"color": look.muted, "size": 11}},
        "automargin": True,
    }
    layout: dict[str, Any] = {
        "height": height,
        "margin": {"l": 0, "r": 0, "t": 4, "b": 0},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": "Inter, sans-serif", "size": 12, "color": look.text},
        "colorway": list(look.categorical),
        "colorscale": {"sequential": colorscale(look)},
        "bargap": 0.15,
        "showlegend": False,
        "hoverlabel": {"font": {"family": "Inter, sans-serif", "size": 12}},
        "xaxis": axis,
        "yaxis": dict(axis),
    }
    return layout | overrides


def colorscale(look: Palette) -> list[tuple[float, str]]:
    """The uncertainty scale of a palette as plotly wants it: (position in [0, 1], colour)."""
    last = len(look.scale) - 1
    return [(place / last, colour) for place, colour in enumerate(look.scale)]


def faded(colour: str, opacity: float) -> str:
    """A colour of the palette, `#RRGGBB`, as it shines through what lies behind it."""
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, {opacity:g})"
