"""What a selection does to a stored data set: light enough to be told while a slider moves.

Topics are the names on the map: a text belongs to the name of the coarsest level that it lies nearest to. Sources are
the groups of the data, where a column names them. Near-duplicates and neighbours count where they were found before;
nothing is looked for here.
"""

from functools import lru_cache
from pathlib import Path

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from eudscore.errors import WorkspaceError
from eudscore.records import Corpus, Floats, Ints
from eudscore.selection.effect import Basis, Effect, effect_of
from eudscore.selection.reach import Reach
from eudscore.store.scores import Scores
from eudscore.store.workspace import CorpusRef, Workspace
from eudscore.workflow.materials import StoredMaterials
from eudscore.workflow.profiling import near_duplicates_of

Numbers = NDArray[np.int32]

_BLOCK = 65_536  # rows whose distances to all names are in memory at once
_COARSEST = 0


def effect_on(workspace: Workspace, scores: Scores, rows: Ints, *, layout: str | None) -> Effect:
    """What keeping these rows does.

    Args:
        workspace: where the data set is.
        scores: its scores.
        rows: (k,) distinct rows.
        layout: key of the map whose names are the topics; None = there is no map.
    """
    return effect_of(basis_of(workspace, scores, layout=layout), rows)


def basis_of(workspace: Workspace, scores: Scores, *, layout: str | None) -> Basis:
    """All that is known of every row of a data set; made once while the same things are stored."""
    ref = CorpusRef(scores.corpus["id"], scores.corpus["revision"])
    graphs = tuple(key for key, _ in workspace.graphs(ref.id))
    looked_for = near_duplicates_of(workspace, ref) is not None
    return _basis(workspace.root, ref, scores, layout, graphs, looked_for)


@lru_cache(maxsize=4)
def _basis(
    root: Path, ref: CorpusRef, scores: Scores, layout: str | None, graphs: tuple[str, ...], looked_for: bool
) -> Basis:
    workspace = Workspace(root)
    corpus = workspace.corpus(ref)
    materials = StoredMaterials(workspace, ref, scores)
    names, topics = _topics(workspace, ref, layout)
    source_names, sources = _sources(corpus)
    return Basis(
        eligible=corpus.has_text,
        tokens=np.asarray(scores.tokens, dtype=np.int32),
        columns={name: np.asarray(values, dtype=np.float32) for name, values in scores.columns.items()},
        labels=corpus.labels.astype(np.int32) if corpus.labelled else None, classes=corpus.classes,
        topics=topics, topic_names=names, sources=sources, source_names=source_names,
        groups=materials.groups if looked_for else None,
        reach=_reach(materials) if graphs else None,
    )  # fmt: skip


def _reach(materials: StoredMaterials) -> Reach | None:
    try:
        indices, cosines = materials.neighbours
    except WorkspaceError:  # those that are stored stand on other vectors
        return None
    return Reach(indices, cosines, materials.eligible)


def _topics(workspace: Workspace, ref: CorpusRef, layout: str | None) -> tuple[tuple[str, ...], Numbers | None]:
    if layout is None:
        return (), None
    regions = workspace.layout_extra(ref.id, layout).get("regions", [])
    named = [one for one in regions if one.get("level", _COARSEST) == _COARSEST]
    if len(named) < 2:
        return (), None
    places = np.array([[one["x"], one["y"]] for one in named], dtype=np.float32)
    return tuple(str(one["label"]) for one in named), nearest_places(workspace.layout(ref.id, layout), places)


def nearest_places(xy: Floats, places: Floats) -> Numbers:
    """(n,) which of (m, 2) places each of (n, 2) points lies nearest to; -1 for a point that is not drawn."""
    found = np.full(len(xy), -1, dtype=np.int32)
    for start in range(0, len(xy), _BLOCK):
        points = np.asarray(xy[start : start + _BLOCK], dtype=np.float32)
        drawn = np.isfinite(points).all(axis=1)
        squares = ((points[drawn, None, :] - places[None]) ** 2).sum(axis=2)
        found[start : start + len(points)][drawn] = squares.argmin(axis=1)
    return found


def _sources(corpus: Corpus) -> tuple[tuple[str, ...], Numbers | None]:
    if corpus.roles.group is None:
        return (), None
    coded = pc.dictionary_encode(corpus.table.column(corpus.roles.group).combine_chunks())
    codes = pc.fill_null(coded.indices, -1).to_numpy(zero_copy_only=False)
    return tuple(str(name) for name in coded.dictionary.to_pylist()), codes.astype(np.int32)
