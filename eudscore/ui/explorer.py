"""Map, budget and class balance as one component; its front end is `assets/map/`.

The page hands over addresses of columns (`eudscore.ui.routes`), not columns. A move of a slider is answered
in the browser by the arithmetic of `eudscore.selection`, row for row, and told to the page afterwards.
"""

from dataclasses import asdict
from typing import Any

import streamlit as st

from eudscore.ui import downloads
from eudscore.ui.explorer_state import ExplorerState, initial_state, told_state
from eudscore.ui.explorer_view import (
    ExplorerColumn,
    ExplorerRanking,
    ExplorerStrategy,
    ExplorerView,
    MapRegion,
    OrderFrom,
    Way,
    strategy_list,
)
from eudscore.ui.front_end import component, palettes
from eudscore.ui.routes import script_url

__all__ = [
    "ExplorerColumn",
    "ExplorerRanking",
    "ExplorerState",
    "ExplorerStrategy",
    "ExplorerView",
    "MapRegion",
    "OrderFrom",
    "Way",
    "explorer",
    "initial_state",
    "state_of",
    "strategy_list",
]


def explorer(*, key: str, view: ExplorerView) -> ExplorerState:
    """Show the component and return what the person has set so far.

    Args:
        key: distinct in the app; the state is in `st.session_state[key]` while the page is open.
        view: what to show.
    """
    shown = component("eudscore_explorer")(
        key=key,
        data=_data(view),
        default={"choice": None},
        on_choice_change=lambda: None,
    )
    told = shown.get("choice")
    downloads.hear(told)
    return told_state(told, view) if told else initial_state(view)


def state_of(*, key: str, view: ExplorerView) -> ExplorerState:
    """What the person has set so far, before the component is shown: for what the view depends on."""
    told = (st.session_state.get(key) or {}).get("choice")
    return told_state(told, view) if told else initial_state(view)


def _data(view: ExplorerView) -> dict[str, Any]:
    """The view as JSON, with the address of the front end and both palettes."""
    state = initial_state(view)
    sent = asdict(view)
    del sent["budget"], sent["band"]
    return {
        **sent,
        "script": script_url("explorer.js"),
        "k": state.k,
        "lo": view.band.lo if view.band else None,
        "hi": view.band.hi if view.band else None,
        "bands": {name: [band.lo, band.hi] for name, band in view.bands.items()},
        "color": state.color,
        "palettes": palettes(),
    }
