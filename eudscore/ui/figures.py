"""The small charts that plotly draws. Bins travel to the browser, never rows."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from eudscore.ui import theme

BINS = 48


def histogram(values: NDArray[np.floating], *, height: int = 150, unit: str = "") -> go.Figure:
    """Counts of a column in equal bins, coloured by the uncertainty scale; what has no value is not counted."""
    scored = np.asarray(values, dtype=np.float64)
    scored = scored[np.isfinite(scored)]
    counts, edges = np.histogram(scored, bins=BINS) if len(scored) else (np.zeros(1), np.array([0.0, 1.0]))
    centres = (edges[:-1] + edges[1:]) / 2
    look = theme.palette()
    figure = go.Figure(
        go.Bar(
            x=centres, y=counts, width=np.diff(edges) * 0.86,
            marker={"color": centres, "colorscale": theme.colorscale(look), "line": {"width": 0}},
            hovertemplate="%{x:.3f} " + unit + "<br>%{y:,} rows<extra></extra>",
        )
    )  # fmt: skip
    figure.update_layout(**theme.plotly_layout(height=height))
    figure.update_xaxes(showgrid=False, nticks=6)
    figure.update_yaxes(nticks=4)
    return figure


def length_histogram(edges: NDArray[np.integer], counts: NDArray[np.integer], *, height: int = 150) -> go.Figure:
    """Number of texts by words."""
    look = theme.palette()
    centres = (edges[:-1] + edges[1:]) / 2
    figure = go.Figure(
        go.Bar(
            x=centres, y=counts, width=np.diff(edges) * 0.86, marker={"color": look.button},
            hovertemplate="%{x:.0f} words<br>%{y:,} rows<extra></extra>",
        )
    )  # fmt: skip
    figure.update_layout(**theme.plotly_layout(height=height))
    figure.update_xaxes(showgrid=False, title_text="words")
    figure.update_yaxes(nticks=4)
    return figure


def intervals(results: Sequence[tuple[str, float, float, float]], *, height: int = 150) -> go.Figure:
    """A point with its interval per run: (name, value, low, high), shares in [0, 1], the first on top."""
    look = theme.palette()
    ordered = list(reversed(results))
    values = np.array([value for _, value, _, _ in ordered])
    figure = go.Figure(
        go.Scatter(
            x=values, y=[name for name, _, _, _ in ordered], mode="markers",
            marker={"size": 10, "color": look.accent},
            error_x={
                "type": "data", "symmetric": False, "thickness": 2, "width": 6, "color": look.accent,
                "array": [high - value for _, value, _, high in ordered],
                "arrayminus": [value - low for _, value, low, _ in ordered],
            },
            hovertemplate="%{y}: %{x:.1%}<extra></extra>",
        )
    )  # fmt: skip
    figure.update_layout(**theme.plotly_layout(height=height))
    figure.update_xaxes(tickformat=".0%", title_text="test accuracy, 95 % bootstrap interval", title_standoff=8)
    figure.update_yaxes(showgrid=False, tickfont={"size": 12, "color": look.text}, range=[-0.6, len(ordered) - 0.4])
    return figure


def show(figure: go.Figure, *, key: str) -> None:
    """Draw a chart without plotly's own theme and buttons."""
    import streamlit as st

    st.plotly_chart(
        figure, key=key, theme=None, width="stretch", config={"displayModeBar": False, "displaylogo": False}
    )
