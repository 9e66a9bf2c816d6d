"""Why this one: everything that is stored about one text, and what it looks like from that.

Reads only, and imports nothing heavy: the app's server calls it for each row that is looked at.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eudscore.entropy.hashes import hash_texts
from eudscore.entropy.verdict import ALIKE, MOST_WORDS, NEAR, Evidence, belief, kinds, shared_words
from eudscore.entropy.words import blocks_of
from eudscore.errors import WorkspaceError
from eudscore.geometry.duplicates import normalised, normalised_texts
from eudscore.records import Card, Corpus, Floats
from eudscore.scorers.likeliest import CLASSES, PROBABILITIES
from eudscore.store.keyed import CARD
from eudscore.store.scores import Scores
from eudscore.store.workspace import CorpusRef, Workspace
from eudscore.workflow.explanation import ClassShare, Explanation, Neighbour, ScorePlace
from eudscore.workflow.reasons import sentence_of
from eudscore.workflow.stored import family_of, latest_scores

_SPACES = ("predictive_entropy", "semantic_entropy")  # columns whose card says by which vectors neighbours count
_COMPARED = 20_000  # characters of a text that are compared word by word
_BLOCK = 65_536  # rows


@dataclass(frozen=True, eq=False)
class _Known:
    """What is stored for a corpus, opened once: arrays stay on disk, what was computed of all rows is here.

    Attributes:
        corpus: the data set.
        scores: the columns that count now.
        labelled: whether any row carries a label.
        finite: column name -> how many rows have a value.
        indices: (n, k) nearest rows, -1 = none; None without a stored graph.
        cosines: (n, k) of them.
        distance: (n,) 1 - mean cosine to the nearest; nan where there is none.
        likeliest: (n, 5) class numbers and (n, 5) probabilities; None where they were not kept.
        classes: names of the classes that these numbers mean.
    """

    corpus: Corpus
    scores: Scores
    labelled: bool
    finite: Mapping[str, int]
    indices: NDArray[np.integer] | None
    cosines: Floats | None
    distance: Floats | None
    likeliest: tuple[Floats, Floats] | None
    classes: tuple[str, ...]


def explain(workspace: Workspace, ref: CorpusRef, row: int) -> Explanation:
    """What is stored about one text, and what it looks like.

    The first call for a corpus looks over all of its rows; those after it answer for a million rows in a few
    hundredths of a second.

    Args:
        workspace: where the corpus is.
        ref: the corpus.
        row: of it.

    Raises:
        WorkspaceError: there is no such corpus or row, or what is stored is damaged.
    """
    known = _known(workspace.root, str(ref), _stamp(workspace, ref))
    if not 0 <= row < len(known.corpus):
        raise WorkspaceError(f"There is no row {row}: {known.corpus.name} has {len(known.corpus):,} rows.")
    neighbours, classes, scores = _neighbours(known, row), _classes(known, row), _scores(known, row)
    duplicates = tuple(neighbour for neighbour in neighbours if neighbour.duplicate)
    if known.indices is None:
        duplicates = _equal_texts(workspace, ref, known.corpus, row)
    label = _label(known.corpus, row)
    beliefs, rivals = _beliefs(known, label, neighbours, classes)
    evidence = replace(
        beliefs, distance=_place(known.distance, row), duplicates=len(duplicates),
        words=next((score.place for score in scores if score.column == "information_surprisal"), math.nan),
    )  # fmt: skip
    found = Explanation(
        row, label, scores, classes, neighbours, duplicates, evidence, *rivals, kinds(evidence),
        missing=_missing(known), empty=not known.corpus.texts([row])[0].strip(),
    )  # fmt: skip
    return replace(found, sentence=sentence_of(found))


def _stamp(workspace: Workspace, ref: CorpusRef) -> tuple[tuple[str, int], ...]:
    """Another one whenever a column or a graph has come, or another setting was asked for."""
    found = [
        *(workspace.root / "columns" / ref.id).glob("[!.]*/cards.json"),
        *(workspace.root / "graphs" / ref.id).glob(f"[!.]*/{CARD}"),
    ]
    return tuple(sorted((path.parent.name, path.stat().st_mtime_ns) for path in found))


@lru_cache(maxsize=4)
def _known(root: Path, ref: str, stamp: tuple[tuple[str, int], ...]) -> _Known:  # noqa: ARG001 - part of the key
    workspace, address = Workspace(root), CorpusRef.parse(ref)
    corpus = workspace.corpus(address)
    scores = latest_scores(workspace, address)
    scores = replace(scores, columns={name: np.asarray(values) for name, values in scores.columns.items()})
    finite = {name: int(np.isfinite(values).sum()) for name, values in scores.columns.items()}
    graph = _graph(workspace, address, scores.cards)
    indices, cosines = graph if graph is not None else (None, None)
    likeliest, classes = _kept_classes(workspace, address, corpus, scores.cards)
    distance = None if cosines is None else _distances(cosines)
    return _Known(corpus, scores, corpus.labelled, finite, indices, cosines, distance, likeliest, classes)


def _graph(
    workspace: Workspace, ref: CorpusRef, cards: Mapping[str, Card]
) -> tuple[NDArray[np.integer], Floats] | None:
    """The latest neighbour graph over the vectors that the scores stand on, memory-mapped."""
    graphs = workspace.graphs(ref.id)
    spaces = {(card.model, card.revision) for name in _SPACES if (card := cards.get(name)) is not None}
    fitting = [key for key, card in graphs if (card.model, card.revision) in spaces] or [key for key, _ in graphs]
    if not fitting:
        return None
    indices, cosines = (workspace.array("graphs", ref.id, fitting[0], name) for name in ("indices", "similarities"))
    return indices, cosines


def _distances(cosines: Floats) -> Floats:
    """(n,) 1 - mean cosine of each row to its neighbours; nan where it has none."""
    distances = np.full(len(cosines), np.nan, dtype=np.float32)
    for start in range(0, len(cosines), _BLOCK):
        block = np.asarray(cosines[start : start + _BLOCK])
        there = np.isfinite(block)
        count = there.sum(axis=1)
        total = np.where(there, block, 0).sum(axis=1)
        distances[start : start + _BLOCK] = np.where(count > 0, 1 - total / np.maximum(count, 1), np.nan)
    return distances


def _kept_classes(
    workspace: Workspace, ref: CorpusRef, corpus: Corpus, cards: Mapping[str, Card]
) -> tuple[tuple[Floats, Floats] | None, tuple[str, ...]]:
    """The likeliest classes where they were kept, and the names of the classes that their numbers mean."""
    card = cards.get("predictive_entropy")
    if card is None:
        return None, ()
    names = tuple(card.parameters.get("classes", corpus.classes))
    key = family_of(workspace, ref)["predictive_entropy"]
    if not (workspace.folder("columns", ref.id, key) / f"{PROBABILITIES}.npy").exists():  # scored before they were kept
        return None, names
    numbers, values = (workspace.array("columns", ref.id, key, name) for name in (CLASSES, PROBABILITIES))
    return (numbers, values), names


def _label(corpus: Corpus, row: int) -> str | None:
    number = int(corpus.labels[row])
    return corpus.classes[number] if number >= 0 else None


def _scores(known: _Known, row: int) -> tuple[ScorePlace, ...]:
    columns, cards = known.scores.columns, known.scores.cards
    return tuple(
        ScorePlace(name, float(values[row]), cards[name].unit, _place(values, row, known.finite[name]))
        for name, values in columns.items()
    )


def _place(values: Floats | None, row: int, finite: int | None = None) -> float:
    """Mid-rank of one value of a column, from one pass; nan where it has no value."""
    if values is None or not np.isfinite(values[row]):
        return math.nan
    own, below, equal = values[row], 0, 0
    for start in range(0, len(values), _BLOCK):  # what is compared stays in the processor's cache
        block = values[start : start + _BLOCK]
        below += int(np.count_nonzero(block < own))
        equal += int(np.count_nonzero(block == own))
    return float((below + equal / 2) / (finite or np.count_nonzero(np.isfinite(values))))


def _classes(known: _Known, row: int) -> tuple[ClassShare, ...]:
    """The likeliest classes, and the given one where its probability is known."""
    label = _label(known.corpus, row)
    shares: list[ClassShare] = []
    if known.likeliest is not None:
        numbers, values = (array[row] for array in known.likeliest)
        for number, value in zip(numbers.astype(np.int64).tolist(), values.tolist(), strict=True):
            if number >= 0 and math.isfinite(value):
                name = known.classes[number] if number < len(known.classes) else f"class {number}"
                shares.append(ClassShare(name, value, name == label))
    gap = known.scores.columns.get("predictive_label_gap")
    if label is not None and gap is not None and np.isfinite(gap[row]) and not any(share.given for share in shares):
        shares.append(ClassShare(label, max(0.0, 1 - float(gap[row])), given=True))
    return tuple(shares)


def _neighbours(known: _Known, row: int) -> tuple[Neighbour, ...]:
    if known.indices is None or known.cosines is None:
        return ()
    there = known.indices[row] >= 0
    rows, cosines = known.indices[row][there].astype(np.int64), known.cosines[row][there]
    text, *texts = known.corpus.texts([row, *rows.tolist()])
    own = normalised(text[:_COMPARED])
    return tuple(
        _neighbour(known.corpus, row, int(other), float(cosine), own, normalised(theirs[:_COMPARED]))
        for other, cosine, theirs in zip(rows, cosines, texts, strict=True)
    )


def _neighbour(corpus: Corpus, row: int, other: int, cosine: float, own: str, theirs: str) -> Neighbour:
    label, given = _label(corpus, other), _label(corpus, row)
    agrees = None if label is None or given is None else label == given
    near = cosine >= NEAR or (cosine >= ALIKE and shared_words(own.split(), theirs.split()) >= MOST_WORDS)
    return Neighbour(other, cosine, label, agrees, duplicate=near or own == theirs, equal=own == theirs)


def _equal_texts(workspace: Workspace, ref: CorpusRef, corpus: Corpus, row: int) -> tuple[Neighbour, ...]:
    """The rows with the same text, where no neighbours are stored to look among."""
    own = normalised(corpus.texts([row])[0])
    if not own:
        return ()
    hashes = _hashes(workspace.root, str(ref))
    rows = np.flatnonzero(hashes == hashes[row])
    rows = rows[rows != row].astype(np.int64)
    same = [(int(other), text) for other, text in zip(rows, corpus.texts(rows), strict=True) if normalised(text) == own]
    return tuple(_neighbour(corpus, row, other, math.nan, own, own) for other, _ in same)


@lru_cache(maxsize=4)
def _hashes(root: Path, ref: str) -> NDArray[np.uint64]:
    """(n,) a hash of each text as duplicates are compared; the texts of a corpus never change."""
    column = Workspace(root).corpus(CorpusRef.parse(ref)).text_column
    found = [np.zeros(0, dtype=np.uint64)]
    for chunk in column.chunks:
        for start in range(0, len(chunk), _BLOCK):
            found += map(hash_texts, blocks_of(normalised_texts(chunk.slice(start, _BLOCK))))
    return np.concatenate(found)


def _beliefs(
    known: _Known, label: str | None, neighbours: Sequence[Neighbour], classes: Sequence[ClassShare]
) -> tuple[Evidence, tuple[str | None, str | None]]:
    """The belief in the label, in its strongest rival and in the next, and the names of these two."""
    names = list(known.corpus.classes) if known.labelled else list(dict.fromkeys(share.name for share in classes))
    shares = belief(_witnesses(names, neighbours, classes))
    order = [number for number in np.argsort(-shares, kind="stable").tolist() if names[number] != label][:2]
    if not order or math.isnan(shares[order[0]]):
        return Evidence(labelled=label is not None), (None, None)
    own = float(shares[names.index(label)]) if label in names else math.nan
    first, second, *_ = [*(float(shares[number]) for number in order), math.nan]
    rival, next_one, *_ = [*(names[number] for number in order), None]
    return Evidence(label is not None, own, first, second), (rival, next_one)


def _witnesses(
    names: list[str], neighbours: Sequence[Neighbour], classes: Sequence[ClassShare]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What the classifier and the neighbours give each class; nan from a classifier of classes with other names."""
    place = {name: number for number, name in enumerate(names)}
    model, near = np.full(len(names), np.nan), np.full(len(names), np.nan)
    if classes and all(share.name in place for share in classes):
        model[:] = 0
        for share in classes:
            model[place[share.name]] = share.probability
    labelled = [place[neighbour.label] for neighbour in neighbours if neighbour.label in place]
    if labelled:
        near[:] = np.bincount(labelled, minlength=len(names)) / len(labelled)
    return model, near


def _missing(known: _Known) -> tuple[str, ...]:
    """What cannot be said and what to do about it."""
    said = []
    if known.indices is None:
        said.append("Neighbours and near-duplicates are not known yet: score semantic entropy, or draw the map.")
    if "predictive_entropy" not in known.scores.columns:
        said.append(
            "Class probabilities are not known yet: score predictive entropy."
            if known.labelled
            else "Class probabilities are not known: choose a label column, or bring a classifier along."
        )
    elif known.likeliest is None:
        said.append(
            "Class probabilities were not kept when an earlier version scored predictive entropy: score it again."
        )
    return tuple(said)
