"""Rank the rows of a data set by a strategy, once: every budget is served from what is kept."""

import hashlib
import json
import time

from eudscore.records import JsonDict
from eudscore.selection.pool import Materials
from eudscore.selection.ranking import Ranking
from eudscore.selection.recipe import Provenance, rank_limit, ranked
from eudscore.selection.request import Balance, Per, SelectionRequest, Strategy
from eudscore.selection.strategies import STRATEGIES, VERSION, Need
from eudscore.store.keyed import SECONDS
from eudscore.store.scores import Scores
from eudscore.store.workspace import CorpusRef, Workspace
from eudscore.workflow.materials import PREDICTIVE, StoredMaterials
from eudscore.workflow.requests import Progress, silent
from eudscore.workflow.settling import settle


def provenance_of(materials: StoredMaterials, request: SelectionRequest) -> Provenance:
    """What a selection stands on: texts, labels, and the card of everything that its strategy reads.

    Raises:
        WorkspaceError: something it reads is not there.
    """
    needs, cards = STRATEGIES[request.strategy].needs, materials.scores.cards
    read = {request.by} if Need.VALUES in needs else set()
    read |= set(request.bands) | ({PREDICTIVE} & set(cards) if Need.CLASSES in needs else set())
    found = {name: cards[name].key for name in sorted(read)}
    if needs & {Need.VECTORS, Need.NEIGHBOURS, Need.CLUSTERS} or request.per is Per.CLUSTER:
        found["vectors"] = materials.vectors_key
    return Provenance(materials.corpus.id, materials.corpus.labels_id, found, materials.corpus.classes)


def ranking_key(materials: StoredMaterials, request: SelectionRequest) -> str:
    """Key of all that a ranking depends on: no budget (but for how far it goes), no band, no share."""
    about = _about(materials, request)
    return hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()[:16]


def kept_ranking(materials: StoredMaterials, request: SelectionRequest) -> Ranking | None:
    """The ranking that serves a request: made at once where that takes no time, else what was kept; None without."""
    if STRATEGIES[request.strategy].live:
        return ranked(materials, request)
    stored = materials.workspace.ranking(materials.corpus.id, ranking_key(materials, request))
    if stored is None:
        return None
    about = stored.about
    return Ranking(
        stored.order, stored.withheld, tuple(about["notes"]), Balance(about["balance"]), about.get("drawn", False)
    )  # fmt: skip


def rank_rows(materials: StoredMaterials, request: SelectionRequest, *, on_progress: Progress = silent) -> Ranking:
    """Rank, and keep what took time.

    Raises:
        EudscoreError: something the strategy reads is not there and cannot be made.
    """
    found = kept_ranking(materials, request)
    if found is not None:
        return found
    workspace, corpus_id = materials.workspace, materials.corpus.id
    key = ranking_key(materials, request)
    with workspace.lock(corpus_id, key):
        found = kept_ranking(materials, request)
        if found is None:
            on_progress(f"Ranking by {request.strategy.value}", 0, len(materials))
            began = time.monotonic()
            found = rank_anew(materials, request)
            about = {
                "request": _about(materials, request), "notes": list(found.notes), "balance": found.balance.value,
                "drawn": found.drawn,
                SECONDS: time.monotonic() - began,
            }  # fmt: skip
            workspace.keep_ranking(corpus_id, key, about, found.order, found.withheld)
            on_progress(f"Ranking by {request.strategy.value}", len(materials), len(materials))
    return found


def rank_anew(materials: Materials, request: SelectionRequest) -> Ranking:
    """What a strategy makes of any materials; the default selector looks at held-out rows before it is trusted."""
    found = ranked(materials, request)
    return settle(materials, request, found) if request.strategy is Strategy.COVERAGE else found


def rank_corpus(
    workspace: Workspace, ref: CorpusRef, scores: Scores, request: SelectionRequest, *, on_progress: Progress = silent
) -> JsonDict:  # fmt: skip
    """Rank a data set in a worker; what the strategy reads is made where it is missing."""
    materials = StoredMaterials(workspace, ref, scores, on_progress=on_progress)
    if request.per is Per.CLUSTER or Need.CLUSTERS in STRATEGIES[request.strategy].needs:
        _ = materials.clusters  # they share the budget: a strategy that is ranked at once does not ask for them
    found = rank_rows(materials, request, on_progress=on_progress)
    return {"ranking": ranking_key(materials, request), "rows": len(found.order)}


def _about(materials: StoredMaterials, request: SelectionRequest) -> JsonDict:
    provenance = provenance_of(materials, request)
    return {
        "version": VERSION, "strategy": request.strategy.value, "labels": provenance.labels,
        "cards": dict(provenance.cards), "seed": request.seed, "limit": rank_limit(request, len(materials)),
    }  # fmt: skip
