"""The map: a first layout at once, the real one when it is ready; both kept."""

import numpy as np

from eudscore.geometry.layout import pca_layout, umap_layout
from eudscore.geometry.regions import regions
from eudscore.records import Bools, Card, Corpus, Floats, JsonDict
from eudscore.store.workspace import CorpusRef, Workspace
from eudscore.workflow.requests import Progress, ScoreRequest, silent
from eudscore.workflow.vectors import Space, space_of

UMAP = "UMAP"
PCA = "PCA"
_REGIONS = 16


def first_layout(workspace: Workspace, corpus: Corpus, space: Space) -> str:
    """Two principal components of the vectors: on screen while the UMAP is computed. Returns the key."""
    card = _card(space.card, "the two principal components of the sentence vectors", method=PCA)
    if not _stored(workspace, corpus, card):
        workspace.keep_layout(corpus.id, card, pca_layout(np.asarray(space.vectors)))
    return card.key


def lay_out(workspace: Workspace, ref: CorpusRef, request: ScoreRequest, *, on_progress: Progress = silent) -> str:
    """UMAP of the sentence vectors over the stored neighbour graph; returns the key of the layout."""
    corpus = workspace.corpus(ref)
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


def _regions(corpus: Corpus, xy: Floats, seed: int) -> list[JsonDict]:
    """Names of the parts of the map: its clusters by their telling words."""
    from sklearn.cluster import KMeans

    placed = drawn(xy)
    clusters = np.full(len(xy), -1, dtype=np.int64)
    if placed.sum() >= _REGIONS:
        clusters[placed] = KMeans(_REGIONS, n_init=1, random_state=seed).fit_predict(xy[placed])
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
