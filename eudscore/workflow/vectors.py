"""Vectors and their neighbour graph: computed once, kept, and shared by scores and map."""

from dataclasses import dataclass

import numpy as np

from eudscore.geometry.duplicates import duplicate_groups
from eudscore.geometry.neighbours import EXACT_ROWS, NeighbourGraph, neighbour_graph
from eudscore.models.device import pick_device
from eudscore.models.loading import resolve_model
from eudscore.records import Card, Corpus, Floats, Ints, counts_of
from eudscore.scorers.vectors import VectorScorer
from eudscore.store.draft import RowDraft
from eudscore.store.workspace import Workspace
from eudscore.workflow.requests import Progress, ScoreRequest

NEIGHBOURS = 20
_LARGEST_GROUP = 0.2  # share of the rows; a larger group is the encoder's doing, not the data's


@dataclass(frozen=True, eq=False)
class Space:
    """The vectors of a corpus, (n, d) of unit length with nan for empty texts, and what they depend on."""

    card: Card
    vectors: Floats
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
        return Space(card, vectors, _graph(workspace, corpus, card, vectors, pick_device(request.device), on_progress))


def groups_of(corpus: Corpus, space: Space) -> tuple[Ints, str]:
    """(n,) near-duplicate group of each row, and what was taken for near in words.

    Some encoders find all texts alike; then near-duplicates chain into one group and only equal texts count.
    """
    texts = corpus.texts()
    groups = duplicate_groups(texts, space.graph)
    if np.unique(groups, return_counts=True)[1].max(initial=0) <= _LARGEST_GROUP * len(texts):
        return groups, "near-duplicates, cosine >= 0.95"
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
    for batch in scorer.encode(corpus, pending):
        done += draft.add(batch.rows, {"vectors": batch.vectors}, batch.flags)
        on_progress(stage, done, total)
    flags = draft.flags.copy()
    draft.close()
    encoder = scorer.encoder
    card = scorer.card.with_outcome(device=encoder.device, max_tokens=encoder.max_tokens, **counts_of(flags))
    if encoder.halved:
        card = card.with_outcome(batches_halved=encoder.halved)
    workspace.complete("vectors", corpus.id, key, {"cards": [card.to_json()]})


def _graph(
    workspace: Workspace, corpus: Corpus, source: Card, vectors: Floats, device: str, on_progress: Progress
) -> NeighbourGraph:
    """The neighbour graph over the rows that have a vector, in rows of the corpus."""
    card = Card(
        "neighbours", "nearest texts by cosine", unit="cosine", direction="higher = nearer",
        model=source.model, revision=source.revision, dtype=source.dtype,
        seed=0, parameters={"vectors": source.key, "k": NEIGHBOURS},
    )  # fmt: skip
    stored = workspace.graph(corpus.id, card.key)
    if stored is not None:
        return NeighbourGraph(*stored, exact=len(vectors) <= EXACT_ROWS)
    on_progress("Finding neighbours", 0, len(corpus))
    graph = neighbour_graph(np.asarray(vectors), k=NEIGHBOURS, device=device)
    workspace.keep_graph(corpus.id, card, graph.indices, graph.similarities)
    on_progress("Finding neighbours", len(corpus), len(corpus))
    return graph
