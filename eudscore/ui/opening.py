"""What the Select page was told to show: a saved selection, a replayed recipe, or an interval that was placed.

The component keeps what a person does. To show it something else it is mounted anew, beginning there.
"""

from dataclasses import replace

import streamlit as st

from eudscore.records import Band, JsonDict
from eudscore.selection.recipe import request_from_recipe
from eudscore.selection.request import Strategy, Tokens
from eudscore.store.workspace import CorpusRef
from eudscore.ui import views
from eudscore.ui.explorer import ExplorerState

SELECT = "select"
_TURN, _OPENED = "select_turn", "select_opened"


def component_key() -> str:
    """Key of the component: another one after every time it was told what to show."""
    turn = st.session_state.get(_TURN, 0)
    return SELECT if turn == 0 else f"{SELECT}-{turn}"


def show_recipe(ref: CorpusRef, name: str, recipe: JsonDict, shown: ExplorerState) -> None:
    """Show a recipe as it was written, until the person changes anything.

    Raises:
        RequestError: it is no recipe.
    """
    request = request_from_recipe(recipe)
    band = request.band or Band(shown.lo, shown.hi)
    begun = replace(
        shown, by=request.by, k=int(recipe["chosen"]["rows"]), lo=band.lo, hi=band.hi, auto=False,
        balance=request.balance, strategy=request.strategy, per=request.per, shares=request.shares,
        tokens=request.budget.count if isinstance(request.budget, Tokens) else None,
        at_least_one=request.at_least_one, group_cap=request.group_cap, bands=request.bands, revision=0,
    )  # fmt: skip
    _begin(ref, begun)
    st.session_state[_OPENED] = (str(ref), name, recipe)


def place_band(ref: CorpusRef, band: Band, shown: ExplorerState) -> None:
    """Put the interval somewhere; all else stays."""
    _begin(ref, replace(shown, lo=band.lo, hi=band.hi, auto=False, strategy=Strategy.BAND, revision=0))


def opened_recipe(ref: CorpusRef, shown: ExplorerState) -> tuple[str, JsonDict] | None:
    """Name and recipe of what was opened, as long as nothing was changed since."""
    found = st.session_state.get(_OPENED)
    if found is None or found[0] != str(ref):
        return None
    if shown.revision > 0:
        forget()
        return None
    return found[1], found[2]


def forget() -> None:
    """Nothing is open any more: the page shows what the component says."""
    st.session_state.pop(_OPENED, None)


def _begin(ref: CorpusRef, state: ExplorerState) -> None:
    forget()
    views.remember(SELECT, ref, state)
    st.session_state[_TURN] = st.session_state.get(_TURN, 0) + 1
