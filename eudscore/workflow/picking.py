"""What is picked while exploring, answered from what is stored: light enough for the app's server."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eudscore.records import Bools, Corpus, Floats, Ints
from eudscore.selection.codes import Axis, Codes, axis_of, codes_of
from eudscore.selection.where import ADD, Mark, Where, rows_where
from eudscore.store.workspace import CorpusRef, Workspace
from eudscore.workflow.searching import Alike, find_like, find_meaning, find_words

_MOST = 200


def coded(workspace: Workspace, corpus_id: str, family: str, column: str) -> tuple[Axis, Codes]:
    """The axis of a stored column and (n,) codes along it, computed once while the process lives.

    Raises:
        WorkspaceError: there is no such column.
    """
    return _coded(workspace.root, corpus_id, family, column)


@lru_cache(maxsize=64)
def _coded(root: Path, corpus_id: str, family: str, column: str) -> tuple[Axis, Codes]:
    values = np.asarray(Workspace(root).column(corpus_id, family, column))
    axis = axis_of(values)
    codes = codes_of(values, axis)
    codes.flags.writeable = False
    return axis, codes


def rows_found(workspace: Workspace, ref: CorpusRef, mark: Mark) -> Bools:
    """(n,) which rows a search finds; not to be written to.

    Raises:
        RequestError: the query says nothing.
        EudscoreError: there are no vectors to search, or the encoder cannot be loaded.
    """
    if mark.kind == "words":
        return find_words(workspace.corpus(ref), mark.content)
    held = np.zeros(len(workspace.corpus(ref)), dtype=bool)
    held[_nearest(workspace, ref, mark)] = True
    return held


def nearest_first(workspace: Workspace, ref: CorpusRef, where: Where) -> Ints | None:
    """The rows that one search by meaning or likeness found, the nearest first; None where something else is picked."""
    if len(where.marks) == 1 and where.marks[0].op == ADD and where.marks[0].kind in ("meaning", "like"):
        return _nearest(workspace, ref, where.marks[0])
    return None


def alike(workspace: Workspace, ref: CorpusRef, mark: Mark) -> Alike | None:
    """The other rows that a search by meaning or likeness finds, and how alike they are; None for any other search.

    Raises:
        RequestError: the query says nothing, or there is no such row.
        EudscoreError: there are no vectors to search, or the encoder cannot be loaded.
    """
    if mark.kind == "meaning":
        return find_meaning(workspace, ref, mark.content, mark.most or _MOST)
    return find_like(workspace, ref, mark.content, mark.most or _MOST) if mark.kind == "like" else None


def _nearest(workspace: Workspace, ref: CorpusRef, mark: Mark) -> Ints:
    found = alike(workspace, ref, mark)
    rows = np.zeros(0, dtype=np.int64) if found is None else found.rows
    return np.concatenate([[mark.content], rows]) if mark.kind == "like" else rows  # a text is like itself


@dataclass(frozen=True)
class _Stored:
    """A data set as `rows_where` asks for it."""

    workspace: Workspace
    ref: CorpusRef
    corpus: Corpus
    families: dict[str, str]
    layout: str | None

    @property
    def labels(self) -> NDArray[np.integer]:
        return self.corpus.labels

    @property
    def positions(self) -> Floats | None:
        return None if self.layout is None else np.asarray(self.workspace.layout(self.corpus.id, self.layout))

    def codes(self, column: str) -> Codes:
        return coded(self.workspace, self.corpus.id, self.families[column], column)[1]

    def found(self, mark: Mark) -> Bools:
        return rows_found(self.workspace, self.ref, mark)


def picked_rows(
    workspace: Workspace, ref: CorpusRef, where: Where, *, families: dict[str, str], layout: str | None
) -> Bools:
    """(n,) which rows a person has picked.

    Args:
        workspace: where the data set is.
        ref: of the data set.
        where: what is picked.
        families: column -> family that is shown of it.
        layout: key of the map that is shown.

    Raises:
        EudscoreError: a search or the map it speaks of is not there.
    """
    return rows_where(where, _Stored(workspace, ref, workspace.corpus(ref), families, layout))
