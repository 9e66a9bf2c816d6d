"""A metric against the budget: a line per strategy with the 95 % interval of its mean, beside random and all data."""

import math
from collections.abc import Sequence

import plotly.graph_objects as go

from eudscore.study.comparison import Arm, Comparison
from eudscore.study.metrics import SHARES
from eudscore.study.pairs import half_width
from eudscore.study.results import FULL, RANDOM
from eudscore.ui import theme
from eudscore.workflow.study_plan import BY_CLASS

HEIGHT = 270
_APART = 0.03  # of the width: arms of one budget stand beside one another; of a single budget all over it
_SEEDS = 0.012  # of the width: the seeds stand beside their mean
_FAINT = 0.45
_BAND = 0.14


def chart(comparison: Comparison, *, height: int = HEIGHT) -> go.Figure:
    """The chart of a study.

    Args:
        comparison: all arms by one metric.
        height: in pixels.
    """
    look = theme.palette()
    budgets = sorted({100 * arm.budget for arm in comparison.arms if arm.budget is not None})
    low, high = _ends(budgets)
    figure = go.Figure()
    if comparison.full is not None:
        _full(figure, comparison.full, low, high, look.text)
    names = list(dict.fromkeys(arm.strategy for arm in comparison.arms if arm.strategy != FULL))
    colours = _colours(names, look)
    apart = _APART if len(budgets) > 1 else 1 / (len(names) + 1)
    for place, name in enumerate(names):
        arms = [arm for arm in comparison.arms if arm.strategy == name]
        aside = (place - (len(names) - 1) / 2) * apart * (high - low)
        _strategy(figure, name, arms, (aside, aside + _SEEDS * (high - low)), colours[name])
    legend = {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "font": {"size": 12}}
    figure.update_layout(**theme.plotly_layout(height=height, showlegend=True, legend=legend, uirevision="study"))
    figure.update_xaxes(
        range=[low, high], tickvals=budgets, ticktext=[f"{budget:g} %" for budget in budgets], showgrid=False,
        title_text="share of the rows",
    )  # fmt: skip
    figure.update_yaxes(range=_reach(comparison), tickformat=".1%" if comparison.metric in SHARES else ".3f", nticks=6)
    return figure


def interval_of(arm: Arm) -> float:
    """Half the width of the 95 % interval of the mean of an arm; nan for one seed."""
    return half_width(arm.sd, len(arm.values))


def _reach(comparison: Comparison) -> tuple[float, float]:
    """Of the axis of the metric: all that is drawn, as far as the metric goes."""
    halves = [(arm, interval_of(arm)) for arm in comparison.arms]
    drawn = [value for arm in comparison.arms for value in arm.values]
    drawn += [arm.mean + way * half for arm, half in halves if not math.isnan(half) for way in (-1, 1)]
    room = 0.06 * (max(drawn) - min(drawn)) or 0.01
    highest = 1.0 if comparison.metric in SHARES else math.inf
    return max(0.0, min(drawn) - room), min(highest, max(drawn) + room)


def _ends(budgets: Sequence[float]) -> tuple[float, float]:
    """Of the axis, in percent of the rows."""
    if not budgets:
        return 0.0, 100.0
    room = 0.18 * (budgets[-1] - budgets[0]) or 0.3 * budgets[0]
    return budgets[0] - room, budgets[-1] + room


def _colours(names: Sequence[str], look: theme.Palette) -> dict[str, str]:
    """Random in grey, as what is neutral; the others as they come."""
    neutral = {RANDOM: look.muted, BY_CLASS: look.dropped}
    others = [name for name in names if name not in neutral]
    return neutral | {name: look.categorical[place % 10] for place, name in enumerate(others)}


def _full(figure: go.Figure, arm: Arm, low: float, high: float, colour: str) -> None:
    half = interval_of(arm)
    if not math.isnan(half):
        figure.add_hrect(
            y0=arm.mean - half, y1=arm.mean + half, fillcolor=colour, opacity=0.07, line_width=0, layer="below"
        )
    figure.add_scatter(
        x=[low, high], y=[arm.mean, arm.mean], mode="lines", name="all rows",
        line={"color": colour, "width": 1.5, "dash": "dash"},
        hovertemplate="all rows: %{y:.4f}<extra></extra>",
    )  # fmt: skip


def _strategy(
    figure: go.Figure, name: str, arms: Sequence[Arm], aside: tuple[float, float], colour: str
) -> None:  # fmt: skip
    """Band, seeds and means of one strategy.

    Args:
        figure: gets them.
        name: of the strategy.
        arms: by budget.
        aside: how far beside their budget the means stand, and the seeds.
        colour: of all.
    """
    told = name.replace("_", " ")
    at = [100 * (arm.budget or 0) + aside[0] for arm in arms]
    halves = [interval_of(arm) for arm in arms]
    known = [(x, arm.mean, half) for x, arm, half in zip(at, arms, halves, strict=True) if not math.isnan(half)]
    if len(known) > 1:
        figure.add_scatter(
            x=[x for x, _, _ in [*known, *reversed(known)]],
            y=[mean + half for _, mean, half in known] + [mean - half for _, mean, half in reversed(known)],
            mode="lines", line={"width": 0}, fill="toself", fillcolor=theme.faded(colour, _BAND), hoverinfo="skip",
            showlegend=False,
        )  # fmt: skip
    figure.add_scatter(
        x=[100 * (arm.budget or 0) + aside[1] for arm in arms for _ in arm.values],
        y=[value for arm in arms for value in arm.values],
        mode="markers", marker={"size": 5, "color": colour, "opacity": _FAINT}, showlegend=False,
        text=[f"seed {seed}" for arm in arms for seed in arm.seeds],
        hovertemplate=told + ", %{text}: %{y:.4f}<extra></extra>",
    )  # fmt: skip
    figure.add_scatter(
        x=at, y=[arm.mean for arm in arms], mode="lines+markers", name=told,
        line={"color": colour, "width": 2, "dash": {RANDOM: "solid", BY_CLASS: "dot"}.get(name, "solid")},
        marker={"size": 9, "color": colour, "symbol": {RANDOM: "square", BY_CLASS: "diamond"}.get(name, "circle")},
        error_y={"type": "data", "array": [None if math.isnan(half) else half for half in halves], "width": 5,
                 "thickness": 1.6, "color": colour},
        hovertemplate=told + ": %{y:.4f}<extra></extra>",
    )  # fmt: skip
