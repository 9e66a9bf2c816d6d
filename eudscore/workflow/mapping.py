"""The map: a first layout at once, the real one when it is ready; both kept."""

import numpy as np

from eudscore.corpus.numbers import content_of, in_short, number_blocks
from eudscore.geometry.layout import pca_layout, umap_layout
from eudscore.geometry.regions import regions
from eudscore.records import Bools, Card, Corpus, Floats, JsonDict
from eudscore.store.workspace import CorpusRef, Workspace
from eudscore.workflow.requests import Progress, ScoreRequest, silent
from eudscore.workflow.stored import GIVEN
from eudscore.workflow.vectors import Space, space_of

UMAP = "UMAP"
PCA = "PCA"
_REGIONS = 16


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

    With coordinates nothing is encoded, and UMAP is neither run nor compiled.
    """
    corpus = workspace.corpus(ref)
    if corpus.roles.coordinates:
        return _given(workspace, corpus, seed=request.seed)
    space = space_of(workspace, corpus, request, on_progress)
    card = _card(space.card, "UMAP of the sentence vectors over their nearest neighbours", UMAP, request.seed)
    with workspace.lock(corpus.id, card.key):
        if not _stored(workspace, corpus, card):
            on_progress("Drawing the map", 0, len(corpus))
            result = umap_layout(np.asarray(space.vectors), space.graph, seed=request.seed)
            finished = card.with_outcome(method=result.method, note=result.note)
            named = _regions(corpus, result.xy, request.seed)
            workspace.keep_layout(corpus.id, finished, result.xy, {"regions": named})
            on_progress("Drawing the map", len(corpus), len(corpus))
    return card.key


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
    """Names of the parts of the map: its clusters by their telling words."""
    from sklearn.cluster import KMeans

    placed = drawn(xy)
    clusters = np.full(len(xy), -1, dtype=np.int64)
    if placed.sum() >= _REGIONS:
        count = min(_REGIONS, len(np.unique(xy[placed], axis=0)))  # coordinates of one's own may repeat
        clusters[placed] = KMeans(count, n_init=1, random_state=seed).fit_predict(xy[placed])
    named = regions(corpus.texts(), xy, clusters)
    return [{"label": region.label, "x": region.x, "y": region.y} for region in named]


def drawn(layout: Floats) -> Bools:
    """(n,) which texts have a place on the map."""
    return np.asarray(np.isfinite(layout).all(axis=1))


def _card(source: Card, definition: str, method: str, seed: int | None = None) -> Card:
    return Card(
        "layout", definition, unit="none", direction="near = alike", model=source.model,
        revision=source.revision, dtype=source.dtype, max_tokens=source.max_tokens, seed=seed,
        parameters={"vectors": source.key, "method": method},
    )  # fmt: skip


def _stored(workspace: Workspace, corpus: Corpus, card: Card) -> bool:
    return any(key == card.key for key, _ in workspace.layouts(corpus.id))
