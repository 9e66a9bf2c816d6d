"""The map component filled with a data set: addresses of what is stored, and where a person begins."""

from dataclasses import dataclass

import streamlit as st

from eudscore.records import Balance
from eudscore.selection.budget import rows_of
from eudscore.store.scores import Scores
from eudscore.store.workspace import CorpusRef
from eudscore.ui import routes, state
from eudscore.ui.explorer import ExplorerColumn, ExplorerState, ExplorerView, MapRegion
from eudscore.ui.quoting import counted
from eudscore.ui.state import Opened
from eudscore.ui.wording import column_label, in_order, preferred, unit_of
from eudscore.workflow.stored import GIVEN, family_of

BUDGET = 0.16  # the share that EUDS' headline keeps
SEED = 0
HEIGHT = 444  # of the panels with eight classes, as the rest of the page leaves at 1440 x 900
ROW_HEIGHT = 22


def explorer_view(opened: Opened, scores: Scores, *, key: str) -> ExplorerView | None:
    """The component for a data set, as the person left it on this page; None where there is no column yet.

    Args:
        opened: the data set.
        scores: what is stored for it.
        key: of the component; under it `remember` keeps the state while other pages are open.
    """
    if not scores.columns:
        return None
    corpus, ref = opened.corpus, opened.ref
    families = family_of(state.workspace(), ref)
    columns = [
        ExplorerColumn(
            name, column_label(name), unit_of(scores.cards[name]),
            routes.column_url(corpus.id, families[name], name),
            routes.quantiles_url(corpus.id, families[name], name),
        )
        for name in in_order(scores.columns)
    ]  # fmt: skip
    layout = layout_of(opened)
    left = st.session_state.get(_memory(key), {}).get(str(ref))
    known = left is not None and left.by in scores.columns
    given = Balance.PROPORTIONAL if corpus.labelled else Balance.NONE
    return ExplorerView(
        n=len(corpus),
        columns=columns,
        order_url=routes.order_url(ref, SEED),
        row_url=routes.row_url(ref),
        by=left.by if known else preferred(list(scores.columns), ranks=True),
        budget=left.k if known else rows_of(BUDGET, len(corpus)),
        band=left.band if known and not left.auto else None,
        color=left.color if known else None,
        points_url=layout.url,
        map_note=layout.note,
        labels_url=routes.labels_url(ref) if corpus.labelled else None,
        classes=corpus.classes,
        eligible_url=routes.eligible_url(ref),
        balance=left.balance if known else given,
        regions=layout.regions,
        height=HEIGHT + ROW_HEIGHT * min(4, max(0, len(corpus.classes) - 8)),
    )


def remember(key: str, ref: CorpusRef, choice: ExplorerState) -> None:
    """Keep what the person did for when they come back to the page: a component forgets it."""
    st.session_state.setdefault(_memory(key), {})[str(ref)] = choice


def _memory(key: str) -> str:
    return f"{key}_left"


@dataclass(frozen=True)
class ShownLayout:
    """The map to show: its address, its key and the names on it; without one, what stands in its place."""

    url: str | None
    key: str | None
    note: str
    regions: list[MapRegion]


def layout_of(opened: Opened) -> ShownLayout:
    """The latest layout of a data set; where it brings coordinates along, those."""
    layouts = state.workspace().layouts(opened.ref.id)
    if not layouts:
        return ShownLayout(None, None, "There is no map of these texts yet.", [])
    own = bool(opened.corpus.roles.coordinates)
    fitting = [pair for pair in layouts if (pair[1].parameters.get("method") == GIVEN) == own]
    if not fitting:
        return ShownLayout(None, None, "The map appears when the scoring has come to it.", [])
    key, card = fitting[0]
    method = card.outcome.get("method") or card.parameters.get("method", "layout")
    kind = "your own coordinates" if own else f"{str(method).upper()} of sentence vectors"
    regions = state.workspace().layout_extra(opened.ref.id, key).get("regions", [])
    named = [MapRegion(one["label"], one["x"], one["y"], one.get("level", 0)) for one in regions]
    return ShownLayout(
        routes.points_url(opened.ref.id, key), key, f"{counted(len(opened.corpus), 'text', 'texts')}, {kind}", named
    )  # fmt: skip
