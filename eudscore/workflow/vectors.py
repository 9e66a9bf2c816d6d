"""Vectors and their neighbour graph: computed once, kept, and shared by scores and map."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from eudscore.corpus.classes import is_text, plain
from eudscore.corpus.numbers import content_of, in_short, number_blocks, width_of
from eudscore.geometry.duplicates import duplicate_groups
from eudscore.geometry.neighbours import NEIGHBOURS, NeighbourGraph, is_exact, neighbour_graph, search_in_words
from eudscore.models.device import pick_device
from eudscore.models.loading import resolve_model
from eudscore.records import Card, Corpus, Flag, Floats, Ints, JsonDict, counts_of
from eudscore.scorers.vectors import VectorScorer
from eudscore.store.draft import RowDraft
from eudscore.store.keyed import SECONDS
from eudscore.store.workspace import Workspace
from eudscore.workflow.requests import BUILTIN, Progress, ScoreRequest

_READ = ("device", "max_tokens", "batches_halved")  # of what came of the vectors: what their scores stand on too
_LARGEST_GROUP = 0.2  # share of the rows; a larger group is the encoder's doing, not the data's


@dataclass(frozen=True, eq=False)
class Space:
    """The vectors of a corpus and what they depend on.

    Attributes:
        card: of the vectors.
        vectors: (n, d) of unit length, nan for an empty text, and where the user's own have none.
        flags: (n,) which texts are empty, which were cut.
        read: how the encoder read the texts: its device, where it cut them, how often a batch was halved.
        graph: the nearest texts of each.
    """

    card: Card
    vectors: Floats
    flags: NDArray[np.uint8]
    read: JsonDict
    graph: NeighbourGraph


def brings_vectors(corpus: Corpus, request: ScoreRequest) -> bool:
    """Whether the user's own vectors stand in for the encoder: not where one is asked for by name."""
    return bool(corpus.roles.vectors) and request.encoder == BUILTIN


def space_of(workspace: Workspace, corpus: Corpus, request: ScoreRequest, on_progress: Progress) -> Space:
    """Vectors and neighbour graph of a corpus, from the store or computed and kept.

    The vectors are the user's own where the corpus has them and no encoder is asked for; then none is loaded.
    """
    card, make = _source(workspace, corpus, request, on_progress)
    with workspace.lock(corpus.id, card.key):
        vectors = workspace.vectors(corpus.id, card.key)
        if vectors is None:
            make()
            vectors = workspace.vectors(corpus.id, card.key)
        if vectors is None:
            raise AssertionError("vectors that were just kept are there")
        outcome = workspace.outcome("vectors", corpus.id, card.key)
        read = {name: outcome[name] for name in _READ if name in outcome}
        flags = np.asarray(workspace.flags("vectors", corpus.id, card.key))
        graph = _graph(workspace, corpus, card, vectors, pick_device(request.device), on_progress)
        return Space(card, vectors, flags, read, graph)


def groups_of(corpus: Corpus, space: Space) -> tuple[Ints, str]:
    """(n,) group of each row that folds never part, and what makes a group, in words.

    Near-duplicates are one group, and so are the rows that the group column of the corpus holds together; where the
    two overlap they are united. Some encoders find all texts alike; then near-duplicates chain into one group and
    only equal texts count.
    """
    named, told = named_groups(corpus)
    near = "near-duplicates, cosine >= 0.95" + ("" if space.graph.exact else f", {space.graph.search}")
    equal = "equal texts (by cosine this encoder takes most texts for near-duplicates)"
    texts = corpus.texts()
    groups = duplicate_groups(texts, space.graph)
    if _largest(groups) > _LARGEST_GROUP * len(texts):
        near, groups = equal, duplicate_groups(texts, None)
    if named is None:
        return groups, near
    united = united_groups(groups, named)
    if _largest(united) <= max(_LARGEST_GROUP * len(texts), _largest(named)):
        return united, f"{told}, united with {near}"
    # Otherwise a few common texts would chain most authors into one group.
    return named, f"{told} alone ({near} would chain most of its groups into one)"


def united_groups(first: Ints, second: Ints) -> Ints:
    """(n,) lowest row of the group of each row, where rows that either grouping holds together are one group.

    Args:
        first: (n,) for each row a row of its group, the same for all of them.
        second: (n,) likewise, of another grouping.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    n = len(first)
    edges = np.tile(np.arange(n), 2), np.concatenate([first, second])
    links = coo_array((np.ones(2 * n, dtype=np.int8), edges), shape=(n, n))
    _, component = connected_components(links, directed=False)
    lowest = np.unique(component, return_index=True)[1]
    return np.asarray(lowest[component], dtype=np.int64)


def named_groups(corpus: Corpus) -> tuple[Ints | None, str]:
    """(n,) lowest row of the group that the corpus names, for each row; a row without a name is alone."""
    column = corpus.roles.group
    if column is None:
        return None, ""
    values = plain(corpus.table.column(column))
    if is_text(values.type):
        values = pc.if_else(pc.equal(pc.utf8_trim_whitespace(values), ""), None, values)
    elif pa.types.is_floating(values.type):
        values = pc.if_else(pc.is_nan(values), None, values)
    codes = pa.concat_arrays(values.chunks).dictionary_encode().indices if len(values) else pa.array([], pa.int64())
    numbers = codes.cast(pa.int64()).fill_null(-1).to_numpy(zero_copy_only=False)
    _, lowest, place = np.unique(numbers, return_index=True, return_inverse=True)
    groups = np.where(numbers >= 0, lowest[place], np.arange(len(numbers)))
    return groups.astype(np.int64), f"the same `{column}`"


def _largest(groups: Ints) -> int:
    return int(np.unique(groups, return_counts=True)[1].max(initial=0))


def _source(
    workspace: Workspace, corpus: Corpus, request: ScoreRequest, on_progress: Progress
) -> tuple[Card, Callable[[], None]]:
    """The card of the vectors, and what makes them where they are not stored yet."""
    if brings_vectors(corpus, request):
        card = given_card(corpus)
        return card, partial(_take, workspace, corpus, card, on_progress)
    on_progress("Loading the encoder", 0, len(corpus))
    scorer = VectorScorer(resolve_model(request.encoder), request.device, request.dtype)
    return scorer.card, partial(_encode, workspace, corpus, scorer, on_progress)


@lru_cache(maxsize=8)  # what they hold is hashed once, however often a run asks for the space
def given_card(corpus: Corpus) -> Card:
    """The card of the user's own vectors: the columns, and a hash of what they hold as its revision."""
    columns = corpus.roles.vectors
    return Card(
        "vectors", "your own vectors, scaled to unit length", unit="none", direction="none",
        model=f"your own vectors ({in_short(columns)})", revision=content_of(corpus.table, columns, "<f4"),
        dtype="float32", parameters={"columns": list(columns)},
    )  # fmt: skip


def _take(workspace: Workspace, corpus: Corpus, card: Card, on_progress: Progress) -> None:
    """Keep the vectors that stand in the data."""
    columns, stage = corpus.roles.vectors, "Taking your own vectors"
    draft = RowDraft(
        workspace.partial("vectors", corpus.id, card.key), len(corpus), {"vectors": width_of(corpus.table, columns)}
    )
    for start, numbers in number_blocks(corpus.table, columns):
        rows = np.arange(start, start + len(numbers), dtype=np.int64)
        vectors = _of_unit_length(numbers)
        vectors[~corpus.has_text[rows]] = np.nan
        flags = np.where(np.isnan(vectors).any(axis=1), Flag.EMPTY, 0).astype(np.uint8)
        draft.add(rows, {"vectors": vectors}, flags)
        on_progress(stage, start + len(numbers), len(corpus))
    draft.close()
    finished = card.with_outcome(**counts_of(draft.flags))
    workspace.complete("vectors", corpus.id, card.key, {"cards": [finished.to_json()], SECONDS: draft.seconds})


def _of_unit_length(numbers: NDArray[np.floating]) -> Floats:
    """(b, d) float32; nan for a row that has no direction: missing, or all zero."""
    wide = numbers.astype(np.float64)
    largest = np.abs(wide).max(axis=1, keepdims=True)
    wide /= np.where(largest > 0, largest, np.nan)  # first, so that squares neither vanish nor overflow
    return np.asarray(wide / np.linalg.norm(wide, axis=1, keepdims=True), dtype=np.float32)


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
    workspace.complete("vectors", corpus.id, key, {"cards": [card.to_json()], SECONDS: draft.seconds})


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
    began = time.monotonic()
    graph = neighbour_graph(np.asarray(vectors), k=NEIGHBOURS, device=device)
    seconds = time.monotonic() - began
    workspace.keep_graph(corpus.id, card, graph.indices, graph.similarities, seconds=seconds)
    on_progress("Finding neighbours", len(corpus), len(corpus))
    return graph
