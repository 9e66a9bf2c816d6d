"""What the Select page's component reads beside columns: the draw, rankings, groups and clusters."""

from typing import Any

import numpy as np
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from eudscore.errors import WorkspaceError
from eudscore.records import Ints
from eudscore.selection.order import draw_order
from eudscore.selection.recipe import ranked
from eudscore.selection.request import SelectionRequest
from eudscore.selection.strategies import STRATEGIES, strategy_named
from eudscore.store.workspace import CorpusRef
from eudscore.ui.serving import PREFIX, answering, numbers, whole_number, workspace
from eudscore.workflow.materials import StoredMaterials
from eudscore.workflow.stored import latest_scores


def draw_url(ref: CorpusRef, seed: int) -> str:
    """Address of the order in which equally good rows are taken: (n,) uint32, a permutation of the rows."""
    return f"{PREFIX}/draw/{ref}?seed={seed}"


def groups_url(ref: CorpusRef) -> str:
    """Address of the near-duplicates: (n,) int32, a row of each row's group."""
    return f"{PREFIX}/groups/{ref}"


def clusters_url(ref: CorpusRef, vectors: str) -> str:
    """Address of the clusters of meaning over some vectors: (n,) int32, -1 = none."""
    return f"{PREFIX}/clusters/{ref}?vectors={vectors}"


def ranking_url(ref: CorpusRef, key: str) -> str:
    """Address of a ranking that is kept: (m,) uint32 rows, best first."""
    return f"{PREFIX}/ranking/{ref}/{key}"


def live_ranking_url(ref: CorpusRef, key: str, request: SelectionRequest) -> str:
    """Address of a ranking that is made at once; the key names all that it depends on."""
    return f"{ranking_url(ref, key)}?strategy={request.strategy.value}&by={request.by}&seed={request.seed}"


def withheld_url(ref: CorpusRef, key: str) -> str:
    """Address of what a ranking withholds: (n,) uint8, 0 = not withheld, else 1 + the place of the reason."""
    return f"{PREFIX}/withheld/{ref}/{key}"


def _materials(request: Request) -> StoredMaterials:
    ref = CorpusRef.parse(request.path_params["ref"])
    return StoredMaterials(workspace(), ref, latest_scores(workspace(), ref))


@answering
def _draw(request: Request) -> Response:
    materials = _materials(request)
    seed = whole_number(request.query_params.get("seed", "0"), "The seed")
    return numbers(draw_order(materials.keys, materials.labels, seed).astype("<u4"))


@answering
def _groups(request: Request) -> Response:
    return numbers(_materials(request).groups.astype("<i4"))


@answering
def _clusters(request: Request) -> Response:
    materials = _materials(request)
    if request.query_params.get("vectors") != materials.vectors_key:
        raise WorkspaceError("The sentence vectors are others by now: reload the page.")
    return numbers(materials.clusters.astype("<i4"))


@answering
def _ranking(request: Request) -> Response:
    asked: Any = request.query_params
    if "strategy" in asked:
        return numbers(_ranked_now(_materials(request), asked).astype("<u4"))
    ref, key = CorpusRef.parse(request.path_params["ref"]), request.path_params["key"]
    found = workspace().ranking(ref.id, key)
    if found is None:
        raise WorkspaceError(f"The workspace has no ranking {key[:60]!r} of this data set: reload the page.")
    return numbers(found.order.astype("<u4"))


def _ranked_now(materials: StoredMaterials, asked: Any) -> Ints:
    strategy, by = strategy_named(asked["strategy"]), asked.get("by", "")
    if not STRATEGIES[strategy].live:
        raise WorkspaceError(f"The strategy {strategy.value!r} is not ranked at once: reload the page.")
    if by not in materials.scores.columns:
        raise WorkspaceError(f"There is no column {by[:60]!r} any more: reload the page.")
    seed = whole_number(asked.get("seed", "0"), "The seed")
    return ranked(materials, SelectionRequest(1, by, strategy, seed=seed)).order


@answering
def _withheld(request: Request) -> Response:
    ref, key = CorpusRef.parse(request.path_params["ref"]), request.path_params["key"]
    found = workspace().ranking(ref.id, key)
    if found is None:
        raise WorkspaceError(f"The workspace has no ranking {key[:60]!r} of this data set: reload the page.")
    codes = np.zeros(len(workspace().corpus(ref)), dtype=np.uint8)
    for code, rows in enumerate(found.withheld.values(), start=1):
        codes[rows] = code
    return numbers(codes)


ROUTES: list[BaseRoute] = [
    Route(f"{PREFIX}/draw/{{ref}}", _draw),
    Route(f"{PREFIX}/groups/{{ref}}", _groups),
    Route(f"{PREFIX}/clusters/{{ref}}", _clusters),
    Route(f"{PREFIX}/ranking/{{ref}}/{{key}}", _ranking),
    Route(f"{PREFIX}/withheld/{{ref}}/{{key}}", _withheld),
]
