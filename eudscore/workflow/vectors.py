"""Vectors and their neighbour graph: computed once, kept, and shared by scores and map."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eudscore.geometry.duplicates import duplicate_groups
from eudscore.geometry.neighbours import NEIGHBOURS, NeighbourGraph, is_exact, neighbour_graph, search_in_words
from eudscore.models.device import pick_device
from eudscore.models.loading import resolve_model
from eudscore.records import Card, Corpus, Floats, Ints, JsonDict, counts_of
from eudscore.scorers.vectors import VectorScorer
from eudscore.store.draft import FLAGS, RowDraft
from eudscore.store.files import read_json
from eudscore.store.workspace import VERSION as CARDS_VERSION
from eudscore.store.workspace import Workspace
from eudscore.workflow.requests import Progress, ScoreRequest

_READ = ("device", "max_tokens", "batches_halved")  # of what came of the vectors: what their scores stand on too
_LARGEST_GROUP = 0.2  # share of the rows; a larger group is the encoder's doing, not the data's


@dataclass(frozen=True, eq=False)
class Space:
    """The vectors of a corpus and what they depend on.

    Attributes:
        card: of the vectors.
        vectors: (n, d) of unit length, nan for an empty text.
        flags: (n,) which texts are empty, which were cut.
        read: how the encoder read the texts: its device, where it cut them, how often a batch was halved.
        graph: the nearest texts of each.
    """

    card: Card
    vectors: Floats
    flags: NDArray[np.uint8]
    read: JsonDict
    graph: NeighbourGraph


def space_of(workspace: Workspace, corpus: Corpus, request: ScoreRequest, on_progress: Progress) -> Space:
    """Vectors and neighbour graph of a corpus, from the store or computed and kept."""
    on_progress("Loading the encoder", 0, len(corpus))
    scorer = VectorScorer(resolve_model(request.encoder), request.device, request.dtype)
    card = scorer.card
    with workspace.lock(corpus.id, card.key):
        vectors = workspace.vectors(corpus.id, card.key)
        if vectors is None:
            _encode(workspace, corpus, scorer, on_progress)
            vectors = workspace.vectors(corpus.id, card.key)
        if vectors is None:
            raise AssertionError("vectors that were just kept are there")
        folder = workspace.root / "vectors" / corpus.id / card.key
        outcome = read_json(folder / "cards.json", version=CARDS_VERSION)["cards"][0]["outcome"]
        read = {name: outcome[name] for name in _READ if name in outcome}
        flags = np.load(folder / f"{FLAGS}.npy", allow_pickle=False)
        graph = _graph(workspace, corpus, card, vectors, pick_device(request.device), on_progress)
        return Space(card, vectors, flags, read, graph)


def groups_of(corpus: Corpus, space: Space) -> tuple[Ints, str]:
    """(n,) near-duplicate group of each row, and what was taken for near in words.

    Some encoders find all texts alike; then near-duplicates chain into one group and only equal texts count.
    """
    texts = corpus.texts()
    groups = duplicate_groups(texts, space.graph)
    if np.unique(groups, return_counts=True)[1].max(initial=0) <= _LARGEST_GROUP * len(texts):
        return groups, "near-duplicates, cosine >= 0.95" + ("" if space.graph.exact else f", {space.graph.search}")
    return duplicate_groups(texts, None), "equal texts (by cosine this encoder takes most texts for near-duplicates)"


def _encode(workspace: Workspace, corpus: Corpus, scorer: VectorScorer, on_progress: Progress) -> None:
    key = scorer.card.key
    stage = f"Reading meaning with {scorer.model.name} on {pick_device(scorer.device)}, {scorer.card.dtype}"
    total = len(corpus)
    on_progress(stage, 0, total)
    width = scorer.encoder.dimensions
    draft = RowDraft(workspace.partial("vectors", corpus.id, key), total, {"vectors": width})
    pending = draft.pending
    done = total - len(pending)
    encoder = scorer.encoder
    draft.note({"device": encoder.device, "max_tokens": encoder.max_tokens})
    for batch in scorer.encode(corpus, pending):
        if encoder.halved:
            draft.note({"batches_halved": encoder.halved})
        done += draft.add(batch.rows, {"vectors": batch.vectors}, batch.flags)
        on_progress(stage, done, total)
    draft.close()
    card = scorer.card.with_outcome(**draft.outcome, **counts_of(draft.flags))
    workspace.complete("vectors", corpus.id, key, {"cards": [card.to_json()]})


def _graph(
    workspace: Workspace, corpus: Corpus, source: Card, vectors: Floats, device: str, on_progress: Progress
) -> NeighbourGraph:
    """The neighbour graph over the rows that have a vector, in rows of the corpus."""
    exact = is_exact(len(vectors), device)
    search = search_in_words(exact=exact)
    card = Card(
        "neighbours", "nearest texts by cosine", unit="cosine", direction="higher = nearer",
        model=source.model, revision=source.revision, dtype=source.dtype,
        seed=0, parameters={"vectors": source.key, "k": NEIGHBOURS, "search": search},
    )  # fmt: skip
    stored = workspace.graph(corpus.id, card.key)
    if stored is not None:
        return NeighbourGraph(*stored, exact=exact)
    on_progress("Finding neighbours", 0, len(corpus))
    graph = neighbour_graph(np.asarray(vectors), k=NEIGHBOURS, device=device)
    workspace.keep_graph(corpus.id, card, graph.indices, graph.similarities)
    on_progress("Finding neighbours", len(corpus), len(corpus))
    return graph
