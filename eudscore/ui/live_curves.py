"""Curves of trainings that are under way: drawn into the same picture again and again, so that nothing flickers.

ECharts keeps its picture when the data change under one key; plotly would put up a new one.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from eudscore.records import JsonDict

MOST_POINTS = 400  # of a line: what a picture of this width can show
HEIGHT = 220
_DASHES = ("solid", "dashed", "dotted")
_FIELDS = {"loss": "Training loss", "accuracy": "Accuracy on the training batches"}


def pair(runs: Mapping[str, Sequence[JsonDict]], *, steps: int, key: str) -> None:
    """Loss and accuracy side by side, one line per run; there from the beginning, so that the page does not jump.

    Args:
        runs: name -> lines of `metrics.jsonl`.
        steps: of the longest run, where the axis ends; 0 while that is not known.
        key: distinct on the page, and the same for the same trainings.
    """
    for column, (field, title) in zip(st.columns(2), _FIELDS.items(), strict=True):
        with column:
            st.caption(title)
            told = f"{title} against the steps of {', '.join(runs) or 'no run'}"
            st.echarts_chart(option(runs, field, steps=steps), key=f"{key}_{field}", height=HEIGHT, alt=told)


def option(runs: Mapping[str, Sequence[JsonDict]], field: str, *, steps: int = 0) -> dict[str, Any]:
    """What ECharts is told: a figure of the metrics against the step. Its colours are those of the theme."""
    share = field == "accuracy"
    lines = {name: points(told, field) for name, told in runs.items()}
    return {
        "animation": False,
        "grid": {"left": 6, "right": 14, "top": 30, "bottom": 20, "containLabel": True},
        "legend": {"show": True, "type": "scroll", "top": 0, "left": 0, "icon": "roundRect", "itemWidth": 14,
                   "itemHeight": 3},
        "tooltip": {"trigger": "axis", "valueFormatter": "%.3f"},
        "xAxis": {"type": "value", "name": "step", "nameLocation": "middle", "nameGap": 22, "min": 0,
                  "minInterval": 1, **({"max": steps} if steps else {})},
        "yAxis": {"type": "value", "min": 0, **({"max": 1} if share else {})},
        "series": [
            {"type": "line", "name": name, "data": found, "showSymbol": len(found) == 1, "symbolSize": 5,
             "lineStyle": {"width": 1.8, "type": _DASHES[place % len(_DASHES)]}}
            for place, (name, found) in enumerate(lines.items())
        ],
    }  # fmt: skip


def points(lines: Sequence[JsonDict], field: str, *, most: int = MOST_POINTS) -> list[list[float]]:
    """(step, figure) of a run; of a long one the means of as many neighbouring steps as it takes."""
    known = [(line["step"], line[field]) for line in lines if _number(line, "step") and _number(line, field)]
    size = -(-len(known) // most) or 1
    groups = [known[begin : begin + size] for begin in range(0, len(known), size)]
    return [[group[-1][0], round(sum(value for _, value in group) / len(group), 5)] for group in groups]


def _number(line: JsonDict, name: str) -> bool:
    value = line.get(name)
    return isinstance(value, int | float) and not isinstance(value, bool) and value - value == 0  # nan, inf: no figure
