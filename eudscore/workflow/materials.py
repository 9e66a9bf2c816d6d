"""What a selection is made of, as the workspace holds it; made here where it is missing and somebody waits for it."""

from collections.abc import Callable
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eudscore.entropy.clusters import cluster_count
from eudscore.entropy.hashes import Hashes, hash_column
from eudscore.errors import WorkspaceError
from eudscore.geometry.kmeans import FIT_AT_MOST, kmeans_clusters
from eudscore.records import Bools, Card, Corpus, Floats, Ints
from eudscore.scorers.likeliest import CLASSES, PROBABILITIES
from eudscore.selection.order import draw_order
from eudscore.store.keyed import CARD
from eudscore.store.scores import Scores
from eudscore.store.workspace import CorpusRef, Workspace
from eudscore.workflow.profiling import find_near_duplicates, near_duplicates_of
from eudscore.workflow.requests import Progress, default_request
from eudscore.workflow.searching import vectors_key
from eudscore.workflow.stored import family_of

PREDICTIVE = "predictive_entropy"
_KIND, _CLUSTERS = "clusters", "clusters"
_SEED = 0


class StoredMaterials:
    """`selection.pool.Materials` of a data set, each read when it is first asked for.

    Args:
        workspace: where the data set is.
        ref: its address.
        scores: the columns to choose by.
        on_progress: who waits while what is missing is made; None: nothing is made, and what is missing is refused.
    """

    def __init__(
        self, workspace: Workspace, ref: CorpusRef, scores: Scores, *, on_progress: Progress | None = None
    ) -> None:  # fmt: skip
        self.workspace, self.ref, self.scores = workspace, ref, scores
        self.corpus = workspace.corpus(ref)
        self._on_progress = on_progress

    def __len__(self) -> int:
        return len(self.corpus)

    @cached_property
    def keys(self) -> Hashes:
        """(n,) hash of each text."""
        return _keys(self.corpus)

    @cached_property
    def eligible(self) -> Bools:
        """(n,) whether the row has a text."""
        return self.corpus.has_text

    @cached_property
    def labels(self) -> Ints | None:
        """(n,) class, -1 = unlabelled; None = no labels."""
        return self.corpus.labels if self.corpus.labelled else None

    @cached_property
    def tokens(self) -> Ints:
        """(n,) words of each text."""
        return np.asarray(self.scores.tokens, dtype=np.int64)

    def column(self, name: str) -> Floats:
        """(n,) float32 values of a score; nan = no value."""
        return np.asarray(self.scores.columns[name], dtype=np.float32)

    @cached_property
    def groups(self) -> Ints:
        """(n,) lowest row of the near-duplicate group of each row.

        Raises:
            WorkspaceError: they were not looked for yet, and nobody waits.
        """
        found = near_duplicates_of(self.workspace, self.ref)
        if found is None:
            found = self._make("near-duplicates", lambda progress: find_near_duplicates(
                self.workspace, self.ref, on_progress=progress))  # fmt: skip
        return np.asarray(found, dtype=np.int64)

    @cached_property
    def vectors_key(self) -> str:
        """Key of the vectors that all below stand on.

        Raises:
            WorkspaceError: there are none, and nobody waits.
        """
        key = vectors_key(self.workspace, self.ref)
        if key is None:
            key = self._make("sentence vectors", self._encode)
        return str(key)

    @cached_property
    def vectors(self) -> Floats:
        """(n, d) of unit length, nan = none."""
        found = self.workspace.vectors(self.corpus.id, self.vectors_key)
        if found is None:
            raise WorkspaceError("The sentence vectors are gone from the workspace: score the data set again.")
        return found

    @cached_property
    def neighbours(self) -> tuple[Ints, Floats]:
        """(n, k) nearest rows and their cosines.

        Raises:
            WorkspaceError: there are none, and nobody waits.
        """
        for key, card in self.workspace.graphs(self.corpus.id):
            if card.parameters.get("vectors") == self.vectors_key:
                stored = self.workspace.graph(self.corpus.id, key)
                if stored is not None:
                    return stored
        space = self._make("nearest neighbours", lambda progress: _space(self.workspace, self.corpus, progress))
        return space.graph.indices, space.graph.similarities

    @cached_property
    def clusters(self) -> Ints:
        """(n,) cluster of meaning (k-means over the vectors), -1 = none.

        Raises:
            WorkspaceError: there are none yet, and nobody waits.
        """
        card = _cluster_card(self.corpus, self.vectors_key)
        if self.workspace.content(_KIND, self.corpus.id, card.key, about=CARD) is None:
            self._make("clusters of meaning", lambda progress: self._cluster(card, progress))
        return np.asarray(self.workspace.array(_KIND, self.corpus.id, card.key, _CLUSTERS), dtype=np.int64)

    @cached_property
    def likeliest(self) -> tuple[Ints, Floats]:
        """(n, 5) likeliest classes, -1 = none, and their cross-fitted probabilities, nan = none.

        Raises:
            WorkspaceError: predictive entropy was not scored.
        """
        family = family_of(self.workspace, self.ref).get(PREDICTIVE)
        if family is None:
            raise WorkspaceError(
                "This strategy needs class probabilities: score the data set with predictive entropy first."
            )
        arrays = [self.workspace.array("columns", self.corpus.id, family, name) for name in (CLASSES, PROBABILITIES)]
        return np.asarray(arrays[0]).astype(np.int64), np.asarray(arrays[1])

    def _make(self, what: str, make: Callable[[Progress], Any]) -> Any:
        if self._on_progress is None:
            raise WorkspaceError(f"The workspace has no {what} of this data set yet: score it, or rank it first.")
        return make(self._on_progress)

    def _encode(self, progress: Progress) -> str:
        return str(_space(self.workspace, self.corpus, progress).card.key)

    def _cluster(self, card: Card, progress: Progress) -> None:
        """Find and keep the clusters, in draw order, so that they do not depend on the order of the file."""
        progress("Finding clusters of meaning", 0, len(self))
        with self.workspace.lock(self.corpus.id, card.key):
            if self.workspace.content(_KIND, self.corpus.id, card.key, about=CARD) is None:
                order = draw_order(self.keys, None, _SEED)
                found = kmeans_clusters(np.asarray(self.vectors), order, card.parameters["clusters"], seed=_SEED)
                arrays: dict[str, NDArray[np.generic]] = {_CLUSTERS: found.astype(np.int32)}
                self.workspace.keep(_KIND, self.corpus.id, card.key, {"card": card.to_json()}, arrays, about=CARD)


@lru_cache(maxsize=8)  # a corpus is opened once in a process
def _keys(corpus: Corpus) -> NDArray[np.uint64]:
    found = hash_column(corpus.text_column)
    found.flags.writeable = False
    return found


def _space(workspace: Workspace, corpus: Corpus, progress: Progress) -> Any:
    from eudscore.workflow.vectors import space_of

    return space_of(workspace, corpus, default_request(corpus), progress)


def _cluster_card(corpus: Corpus, vectors: str) -> Card:
    return Card(
        "clusters", "k-means over the sentence vectors", unit="cluster", direction="none", seed=_SEED, dtype="float32",
        parameters={"vectors": vectors, "clusters": cluster_count(len(corpus)), "fitted_on": FIT_AT_MOST},
    )  # fmt: skip


def known_clusters(workspace: Workspace, ref: CorpusRef) -> Path | None:
    """Where the clusters of a data set are, if they are there already."""
    key = vectors_key(workspace, ref)
    if key is None:
        return None
    folder = workspace.folder(_KIND, ref.id, _cluster_card(workspace.corpus(ref), key).key)
    return folder if folder.is_dir() else None
