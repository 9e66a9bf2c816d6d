"""Find texts by words, by meaning, or by likeness to one of them; light enough for the app's server.

What is found are rows, a selection like any other. A query is encoded by the process that stays; cosines are those
of the stored vectors, read block by block.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from eudscore.corpus.keywords import HELP, LONGEST, holding, places, terms_of
from eudscore.errors import RequestError
from eudscore.jobs.resident import resident
from eudscore.records import Bools, Card, Corpus, Floats, Ints
from eudscore.store.workspace import CorpusRef, Workspace
from eudscore.workflow.answering import ENCODE

__all__ = ["HELP", "Alike", "find_like", "find_meaning", "find_words", "matches", "vectors_key", "warm_meaning"]

MOST = 10_000  # rows that one search by meaning may ask for
_BLOCK = 65_536  # rows whose vectors are in memory at once


@dataclass(frozen=True, eq=False)
class Alike:
    """Rows (k,), the most alike first, and their cosines (k,); of equal ones the lower row comes first."""

    rows: Ints
    cosines: Floats


def find_words(corpus: Corpus, query: str) -> Bools:
    """(n,) which texts hold what a query asks for, as `HELP` says; not to be written to.

    Raises:
        RequestError: there is nothing to search for, or too much.
    """
    return _holding(corpus, terms_of(query))


@lru_cache(maxsize=8)  # a corpus is opened once in a process
def _holding(corpus: Corpus, terms: tuple) -> Bools:  # type: ignore[type-arg]
    found = holding(corpus.text_column, terms)
    found.setflags(write=False)
    return found


def matches(text: str, query: str) -> list[tuple[int, int]]:
    """Where a text that `find_words` found holds the words of the query: (start, end) in characters, ascending.

    Raises:
        RequestError: as `find_words`.
    """
    return places(text, terms_of(query))


def vectors_key(workspace: Workspace, ref: CorpusRef) -> str | None:
    """The key of the sentence vectors to search in: those of the latest map, else the latest; None without any."""
    drawn = (card.parameters.get("vectors") for _, card in workspace.layouts(ref.id))
    names = workspace.vector_keys(ref.id)
    return next((str(key) for key in drawn if key in names), names[0] if names else None)


def find_meaning(workspace: Workspace, ref: CorpusRef, query: str, most: int = 200) -> Alike:
    """The texts whose vectors are nearest to that of a query, by the encoder that made them.

    Raises:
        RequestError: nothing to search for, no vectors yet, or they are the user's own, which no encoder here makes.
        ModelError: the encoder cannot be loaded any more.
        EudscoreError: the process that encodes broke or took too long.
    """
    key = _checked_key(workspace, ref, most)
    if not query.strip():
        raise RequestError("There is nothing to search for: say in a few words what the texts should be about.")
    if len(query) > LONGEST:
        raise RequestError(
            f"The search has {len(query):,} characters, and up to {LONGEST:,} are read: make it shorter."
        )
    return _by_meaning(workspace.root, ref, key, query, most)


def find_like(workspace: Workspace, ref: CorpusRef, row: int, most: int = 200) -> Alike:
    """The texts whose vectors are nearest to that of a row, which is not among them.

    Raises:
        RequestError: there is no such row, it has no vector, or there are no vectors yet.
    """
    key = _checked_key(workspace, ref, most)
    return _by_row(workspace.root, ref, key, row, most)


def warm_meaning(workspace: Workspace, ref: CorpusRef) -> None:
    """Have the encoder of a corpus loaded in the background; free where it is loaded or there is none."""
    key = vectors_key(workspace, ref)
    if key is not None and not _is_own(_card(workspace, ref, key)):
        resident().warm(ENCODE, {"workspace": str(workspace.root), "corpus": ref.id, "vectors": key})


def nearest(vectors: Floats, query: Floats, most: int) -> Alike:
    """The rows of the largest products with a query; a row of nan is never among them.

    Args:
        vectors: (n, d) of unit length, may be memory-mapped.
        query: (d,) of unit length.
        most: how many at most, at least 1.
    """
    rows, cosines = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32)
    for start in range(0, len(vectors), _BLOCK):
        found = np.asarray(vectors[start : start + _BLOCK], dtype=np.float32) @ query
        good = np.flatnonzero(found >= (cosines[-1] if len(rows) == most else -np.inf))  # nan is not
        if len(good) > most:
            least = np.partition(found[good], -most)[-most]
            good = good[found[good] >= least]
        rows, cosines = np.concatenate([rows, good + start]), np.concatenate([cosines, found[good]])
        order = np.lexsort((rows, -cosines))[:most]
        rows, cosines = rows[order], cosines[order]
    return Alike(rows, np.clip(cosines, -1.0, 1.0))


def _checked_key(workspace: Workspace, ref: CorpusRef, most: int) -> str:
    if not 1 <= most <= MOST:
        raise RequestError(f"A search by meaning finds from 1 to {MOST:,} texts, not {most:,}: choose a number there.")
    key = vectors_key(workspace, ref)
    if key is None:
        raise RequestError("A search by meaning needs sentence vectors: score semantic entropy on the Score page.")
    return key


def _card(workspace: Workspace, ref: CorpusRef, key: str) -> Card:
    content = workspace.content("vectors", ref.id, key) or {}
    return Card.from_json(content["cards"][0])


def _is_own(card: Card) -> bool:
    """Whether vectors stood in the data: then their card names columns."""
    return "columns" in card.parameters


def _vectors(root: Path, ref: CorpusRef, key: str) -> Floats:
    vectors = Workspace(root).vectors(ref.id, key)
    if vectors is None:
        raise RequestError("The sentence vectors were removed a moment ago: score the data set again.")
    return vectors


@lru_cache(maxsize=64)
def _by_meaning(root: Path, ref: CorpusRef, key: str, query: str, most: int) -> Alike:
    workspace = Workspace(root)
    if _is_own(_card(workspace, ref, key)):
        raise RequestError(
            "The vectors of this data set are your own, and no encoder here makes such a vector of a query: search by "
            "words, or for texts like one of them."
        )
    answer = resident().ask(ENCODE, {"workspace": str(root), "corpus": ref.id, "vectors": key, "query": query})
    if answer["vector"] is None:
        raise RequestError("The encoder finds no word in this search: type other words.")
    return nearest(_vectors(root, ref, key), np.asarray(answer["vector"], dtype=np.float32), most)


@lru_cache(maxsize=64)
def _by_row(root: Path, ref: CorpusRef, key: str, row: int, most: int) -> Alike:
    vectors = _vectors(root, ref, key)
    if not 0 <= row < len(vectors):
        raise RequestError(f"There is no row {row}: the data set has {len(vectors):,} rows.")
    own = np.asarray(vectors[row], dtype=np.float32)
    if np.isnan(own).any():
        raise RequestError(f"Row {row} has no vector, because there is nothing to read in it: choose another text.")
    found = nearest(vectors, own, most + 1)
    others = found.rows != row
    return Alike(found.rows[others][:most], found.cosines[others][:most])
