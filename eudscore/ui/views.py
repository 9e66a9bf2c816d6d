"""The map component filled with a data set: addresses of what is stored, and where a person begins."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from eudscore.errors import EudscoreError
from eudscore.selection.budget import rows_of
from eudscore.selection.request import Balance, Per, SelectionRequest, Strategy
from eudscore.selection.strategies import STRATEGIES, Need
from eudscore.store.scores import Scores
from eudscore.store.workspace import CorpusRef
from eudscore.ui import routes, selection_routes, state
from eudscore.ui.explorer import (
    ExplorerColumn,
    ExplorerRanking,
    ExplorerState,
    ExplorerView,
    MapRegion,
    OrderFrom,
)
from eudscore.ui.quoting import counted
from eudscore.ui.state import Opened
from eudscore.ui.wording import column_label, in_order, preferred, unit_of
from eudscore.workflow.materials import StoredMaterials, known_clusters
from eudscore.workflow.profiling import near_duplicates_of
from eudscore.workflow.ranking import ranking_key
from eudscore.workflow.stored import GIVEN, family_of

BUDGET = 0.16  # the share that EUDS' headline keeps
SEED = 0
HEIGHT = 560  # of the panels with eight classes, as the rest of the page leaves at 1440 x 900
ROW_HEIGHT = 22
_RANKING = "The rows are being ranked; the map and the bars follow when that is done."


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
    left = _left(key, ref, scores)
    clusters = _clusters(opened, scores)
    return ExplorerView(
        n=len(corpus),
        columns=columns,
        order_url=selection_routes.draw_url(ref, SEED),
        row_url=routes.row_url(ref),
        points_url=layout.url,
        map_note=layout.note,
        labels_url=routes.labels_url(ref) if corpus.labelled else None,
        classes=corpus.classes,
        eligible_url=routes.eligible_url(ref),
        tokens_url=routes.column_url(corpus.id, families["tokens"], "tokens") if "tokens" in families else None,
        groups_url=None if near_duplicates_of(state.workspace(), ref) is None else selection_routes.groups_url(ref),
        regions=layout.regions,
        height=HEIGHT + ROW_HEIGHT * min(4, max(0, len(corpus.classes) - 8)),
        **{**clusters, **(_begun(opened, scores) if left is None else _as_left(left, corpus.classes, clusters))},
        by=left.by if left else preferred(list(scores.columns), ranks=True),
        budget=left.k if left else rows_of(BUDGET, len(corpus)),
    )


def _clusters(opened: Opened, scores: Scores) -> dict[str, Any]:
    """Address and names of the clusters of meaning, where they are there."""
    if known_clusters(state.workspace(), opened.ref) is None:
        return {}
    materials = StoredMaterials(state.workspace(), opened.ref, scores)
    count = int(materials.clusters.max(initial=-1)) + 1
    return {
        "clusters_url": selection_routes.clusters_url(opened.ref, materials.vectors_key),
        "clusters": [f"cluster {number}" for number in range(count)],
        **({} if opened.corpus.labelled else {"per": Per.CLUSTER}),
    }


def _begun(opened: Opened, scores: Scores) -> dict[str, Any]:
    """The default selector where it has ranked the rows already, else the interval, which needs no ranking."""
    return {"balance": Balance.AUTO, "strategy": begun_strategy(opened, scores)}


def begun_strategy(opened: Opened, scores: Scores) -> Strategy:
    """What a selection begins with: the default selector where it has ranked the rows already, else the interval."""
    asked = SelectionRequest(BUDGET, strategy=Strategy.COVERAGE, seed=SEED)
    try:
        key = ranking_key(StoredMaterials(state.workspace(), opened.ref, scores), asked)
        there = state.workspace().has_ranking(opened.ref.id, key)
    except EudscoreError:  # what it stands on is not there
        there = False
    return Strategy.COVERAGE if there else Strategy.BAND


def _left(key: str, ref: CorpusRef, scores: Scores) -> ExplorerState | None:
    """What the person left on this page, if its columns are still there."""
    left: ExplorerState | None = st.session_state.get(_memory(key), {}).get(str(ref))
    known = left is not None and {left.by, *left.bands} <= set(scores.columns)
    return left if known else None


def _as_left(left: ExplorerState, classes: Sequence[str], clusters: dict[str, Any]) -> dict[str, Any]:
    """What the person left; shares in the order of the view, for a recipe may name fewer of them and in any order."""
    names = classes if left.per is Per.CLASS else [str(number) for number in range(len(clusters.get("clusters", ())))]
    return {
        "band": None if left.auto else left.band,
        "color": left.color,
        "balance": left.balance,
        "strategy": left.strategy,
        "tokens": left.tokens,
        "way": left.way,
        "per": left.per,
        "shares": None if left.shares is None else [left.shares.get(name, 0.0) for name in names],
        "at_least_one": left.at_least_one,
        "group_cap": left.group_cap,
        "bands": left.bands,
    }


def with_ranking(view: ExplorerView, opened: Opened, scores: Scores, choice: ExplorerState) -> ExplorerView:
    """The view with the ranking that the person's strategy needs, or with what stands in its way.

    Args:
        view: of `explorer_view`.
        opened: the data set.
        scores: what is stored for it.
        choice: what the person has set so far (`explorer.state_of`).
    """
    about = next(one for one in view.strategies if one.name == choice.strategy.value)
    waits = about.clustered and view.clusters_url is None
    if about.order is not OrderFrom.RANKING and not waits:
        return view
    needs = STRATEGIES[choice.strategy].needs
    found = ExplorerRanking(about.name, choice.by if Need.VALUES in needs else None, None, _RANKING)
    if waits:
        return replace(view, ranking=found)
    request = choice.request(SEED)
    try:
        key = ranking_key(StoredMaterials(state.workspace(), opened.ref, scores), request)
        stored = None if STRATEGIES[choice.strategy].live else state.workspace().ranking(opened.ref.id, key)
    except EudscoreError:  # what it stands on is made when it ranks, or the page says why it cannot be
        return replace(view, ranking=found)
    if STRATEGIES[choice.strategy].live:
        url = selection_routes.live_ranking_url(opened.ref, key, request)
        return replace(view, ranking=replace(found, url=url, note=""))
    if stored is None:
        return replace(view, ranking=found)
    withheld = selection_routes.withheld_url(opened.ref, key) if stored.withheld else None
    url, reasons = selection_routes.ranking_url(opened.ref, key), list(stored.withheld)
    rooted = stored.about["balance"] == Balance.ROOT
    shown = replace(found, url=url, note="", withheld_url=withheld, reasons=reasons, rooted=rooted)
    return replace(view, ranking=shown)


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
