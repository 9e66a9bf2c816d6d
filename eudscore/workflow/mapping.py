"""The map: a first layout at once, the real one when it is ready; both kept."""

from dataclasses import asdict, replace

import numpy as np

from eudscore.corpus.numbers import content_of, in_short, number_blocks
from eudscore.errors import WorkspaceError
from eudscore.geometry.layout import pca_layout, umap_layout
from eudscore.geometry.placement import place
from eudscore.geometry.regions import regions
from eudscore.records import Bools, Card, Corpus, Floats, JsonDict
from eudscore.store.workspace import CorpusRef, Workspace
from eudscore.workflow.requests import Progress, ScoreRequest, silent
from eudscore.workflow.stored import GIVEN
from eudscore.workflow.vectors import Space, space_of

UMAP = "UMAP"
PCA = "PCA"
_VERSION = 2  # of the positions: 2 is drawn by code of our own
_NEAR = 15  # neighbours that count for the map, the text itself among them


def first_layout(workspace: Workspace, corpus: Corpus, space: Space | None) -> str:
    """Two principal components of the vectors: on screen while the UMAP is computed. Returns the key.

    Where the user brings coordinates along they are all the map there is, and no space is needed.
    """
    if corpus.roles.coordinates:
        return _given(workspace, corpus, seed=0)
    if space is None:
        raise AssertionError("a map without coordinates stands on vectors")
    card = _card(space.card, "the two principal components of the sentence vectors", method=PCA)
    if not _stored(workspace, corpus, card):
        workspace.keep_layout(corpus.id, card, pca_layout(np.asarray(space.vectors)))
    return card.key


def lay_out(workspace: Workspace, ref: CorpusRef, request: ScoreRequest, *, on_progress: Progress = silent) -> str:
    """UMAP of the sentence vectors over the stored neighbour graph, or the user's own coordinates; returns the key.

    The principal components are stored first, if they are not yet there, so that there is a map while it is drawn. With
    coordinates nothing is encoded, and UMAP is neither run nor compiled.
    """
    corpus = workspace.corpus(ref)
    if corpus.roles.coordinates:
        return _given(workspace, corpus, seed=request.seed)
    space = space_of(workspace, corpus, request, on_progress)
    card = _umap_card(space, request.seed)
    with workspace.lock(corpus.id, card.key):
        if not _stored(workspace, corpus, card):
            first_layout(workspace, corpus, space)  # before, so that the UMAP is the latest
            on_progress("Drawing the map", 0, len(corpus))
            result = umap_layout(np.asarray(space.vectors), space.graph, seed=request.seed, n_neighbors=_NEAR)
            finished = card.with_outcome(
                method=result.method, note=result.note, epochs=result.epochs, epochs_of_all=result.epochs_of_all,
                neighbours=result.neighbours, search=space.graph.search,
            )  # fmt: skip
            named = _regions(corpus, result.xy, request.seed)
            workspace.keep_layout(corpus.id, finished, result.xy, {"regions": named})
            on_progress("Drawing the map", len(corpus), len(corpus))
    return card.key


def place_rows(workspace: Workspace, ref: CorpusRef, layout_key: str, vectors: Floats) -> Floats:
    """Where new rows lie on a stored map; nobody else moves, and nothing is stored.

    Args:
        workspace: of the map.
        ref: the data set that was drawn.
        layout_key: of the map.
        vectors: (m, d) of unit length, by the encoder that the map stands on; nan = no vector.

    Returns:
        (m, 2) float32, nan where a row has no vector.

    Raises:
        WorkspaceError: there is no such map, it stands on no vectors (coordinates of the user's own), these are not
            stored any more, or the new ones are of another width.
    """
    corpus = workspace.corpus(ref)
    source = workspace.layout_extra(corpus.id, layout_key)["card"]["parameters"].get("vectors")
    if source is None:
        raise WorkspaceError("This map is drawn from your own coordinates: new rows need coordinates of their own.")
    known = workspace.vectors(corpus.id, source)
    if known is None:
        raise WorkspaceError("The vectors that this map was drawn from are gone: score the data set again.")
    if vectors.ndim != 2 or vectors.shape[1] != known.shape[1]:
        raise WorkspaceError(
            f"The map stands on vectors of {known.shape[1]} numbers, the new ones have the shape {vectors.shape}: "
            "encode the new rows with the same encoder."
        )
    return place(vectors, np.asarray(known), np.asarray(workspace.layout(corpus.id, layout_key)), near=_NEAR)


def _given(workspace: Workspace, corpus: Corpus, seed: int) -> str:
    """The user's own coordinates as a layout, as they are; nan where there are none."""
    columns = corpus.roles.coordinates
    card = Card(
        "layout", "your own coordinates", unit="none", direction="as they are given",
        model=f"your own coordinates ({in_short(columns)})", revision=content_of(corpus.table, columns, "<f4"),
        dtype="float32", parameters={"method": GIVEN, "columns": list(columns)},
    )  # fmt: skip
    with workspace.lock(corpus.id, card.key):
        if not _stored(workspace, corpus, card):
            blocks = [numbers.astype(np.float32) for _, numbers in number_blocks(corpus.table, columns)]
            xy = np.concatenate([np.zeros((0, 2), dtype=np.float32), *blocks])
            workspace.keep_layout(corpus.id, card, xy, {"regions": _regions(corpus, xy, seed)})
    return card.key


def _regions(corpus: Corpus, xy: Floats, seed: int) -> list[JsonDict]:
    """Names of the parts of the map, coarse and fine, as they are stored."""
    return [asdict(region) for region in regions(corpus.texts, xy, seed=seed)]


def drawn(layout: Floats) -> Bools:
    """(n,) which texts have a place on the map."""
    return np.asarray(np.isfinite(layout).all(axis=1))


def _card(source: Card, definition: str, method: str, seed: int | None = None) -> Card:
    return Card(
        "layout", definition, unit="none", direction="near = alike", model=source.model,
        revision=source.revision, dtype=source.dtype, max_tokens=source.max_tokens, seed=seed,
        parameters={"vectors": source.key, "method": method},
    )  # fmt: skip


def _umap_card(space: Space, seed: int) -> Card:
    """All that the UMAP depends on; what it came to (landmarks, epochs) goes to the outcome."""
    card = _card(space.card, "UMAP of the sentence vectors over their nearest neighbours", UMAP, seed)
    more = {"neighbours": _NEAR, "search": space.graph.search}
    return replace(card, version=_VERSION, parameters={**card.parameters, **more})


def _stored(workspace: Workspace, corpus: Corpus, card: Card) -> bool:
    return any(key == card.key for key, _ in workspace.layouts(corpus.id))
