"""What the scores that a selection stands on took to compute, as it was noted when they were."""

from collections.abc import Iterator

from eudscore.selection.request import Per, SelectionRequest
from eudscore.selection.strategies import STRATEGIES, Need
from eudscore.store.keyed import CARD, SECONDS
from eudscore.store.workspace import CorpusRef, Workspace
from eudscore.workflow.materials import PREDICTIVE
from eudscore.workflow.profiling import near_duplicates_seconds
from eudscore.workflow.searching import vectors_key
from eudscore.workflow.stored import family_of, prefix_of

_ON_VECTORS = ("semantic", "predictive")
_SPATIAL = {Need.VECTORS, Need.NEIGHBOURS, Need.CLUSTERS}


def scoring_seconds(workspace: Workspace, ref: CorpusRef, request: SelectionRequest) -> float | None:
    """Seconds that everything a selection reads took to compute: scores, vectors, neighbours, near-duplicates.

    Args:
        workspace: where the scores are.
        ref: the corpus.
        request: of the selection.

    Returns:
        Their sum, 0 for a choice that reads nothing; None where something was not noted, as in a workspace that an
        earlier version wrote, or is not there.
    """
    parts = list(_parts(workspace, ref, request))
    known = [part for part in parts if part is not None]
    return sum(known) if len(known) == len(parts) else None


def _parts(workspace: Workspace, ref: CorpusRef, request: SelectionRequest) -> Iterator[float | None]:
    needs = STRATEGIES[request.strategy].needs
    names = set(request.bands) | ({request.by} if Need.VALUES in needs else set())
    families = family_of(workspace, ref)
    if Need.CLASSES in needs and PREDICTIVE in families:
        names.add(PREDICTIVE)
    combined = {name: _components(workspace, ref, families, name) for name in names}
    names = {part for name, parts in combined.items() for part in (parts or [name])}  # to combine takes no time
    for family in sorted({families[name] for name in names if name in families}):
        yield (workspace.content("columns", ref.id, family) or {}).get(SECONDS)
    on_vectors = any(prefix_of(name) in _ON_VECTORS for name in names)
    if needs & _SPATIAL or request.per is Per.CLUSTER or on_vectors:
        yield from _of_space(workspace, ref)
    if Need.GROUPS in needs or request.group_cap is not None:
        yield near_duplicates_seconds(workspace, ref)


def _components(workspace: Workspace, ref: CorpusRef, families: dict[str, str], name: str) -> list[str]:
    """The columns that a combined one is made of."""
    cards = workspace.family(ref.id, families[name]) if name in families else None
    return list(cards[name].parameters.get("components", ())) if cards else []


def _of_space(workspace: Workspace, ref: CorpusRef) -> Iterator[float | None]:
    key = vectors_key(workspace, ref)
    yield None if key is None else (workspace.content("vectors", ref.id, key) or {}).get(SECONDS)
    for found, card in workspace.graphs(ref.id):
        if card.parameters.get("vectors") == key:
            yield (workspace.content("graphs", ref.id, found, about=CARD) or {}).get(SECONDS)
            return
    yield None
