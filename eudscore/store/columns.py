"""The scores and vectors of a workspace: families of columns, and the vectors that some of them stand on."""

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eudscore.records import Card, Floats
from eudscore.store.disk import writing
from eudscore.store.documents import read_json
from eudscore.store.keyed import CARDS, VERSION, KeyedFolders

_COLUMNS, _VECTORS, _ADAPTED = "columns", "vectors", "adapted"


@dataclass(frozen=True)
class StoredColumn:
    """A complete column: its card, the key of its family, and when that was stored or last asked for."""

    card: Card
    family: str
    stored: float


class Columns(KeyedFolders):
    """Columns by families, vectors, and the models that were adapted to a corpus."""

    def columns(self, corpus_id: str) -> dict[str, list[StoredColumn]]:
        """Every complete column of a corpus by name, the one stored or asked for last first."""
        found: dict[str, list[StoredColumn]] = {}
        for folder in (self.root / _COLUMNS / corpus_id).glob("[!.]*"):
            if not folder.is_dir():
                continue
            content = read_json(folder / CARDS, version=VERSION)
            stored = (folder / CARDS).stat().st_mtime
            for card in map(Card.from_json, content["cards"]):
                found.setdefault(card.column, []).append(StoredColumn(card, folder.name, stored))
        for versions in found.values():
            versions.sort(key=lambda column: (-column.stored, column.family))
        return found

    def family(self, corpus_id: str, key: str) -> dict[str, Card] | None:
        """The cards of a complete family of columns, or None."""
        content = self.content(_COLUMNS, corpus_id, key)
        return None if content is None else {card.column: card for card in map(Card.from_json, content["cards"])}

    def column(self, corpus_id: str, key: str, column: str) -> Floats:
        """(n,) float32 values, memory-mapped.

        Raises:
            WorkspaceError: there is no such column here.
        """
        return self.array(_COLUMNS, corpus_id, key, column)

    def touch_family(self, corpus_id: str, key: str) -> None:
        """Note that a complete family was asked for now: it counts as the latest of its kind."""
        now = time.time_ns()  # finer than the clock of the file system, which may stand still between two calls
        with writing(self.root):
            os.utime(self.root / _COLUMNS / corpus_id / key / CARDS, ns=(now, now))

    def keep_family(
        self, corpus_id: str, key: str, cards: Sequence[Card], values: Mapping[str, NDArray[np.generic]]
    ) -> None:
        """Store the columns of one family with their cards."""
        self.keep(_COLUMNS, corpus_id, key, {"cards": [card.to_json() for card in cards]}, values)

    def vectors(self, corpus_id: str, key: str) -> Floats | None:
        """(n, d) float32 vectors, memory-mapped, or None where there are none yet."""
        stored = self.folder(_VECTORS, corpus_id, key).is_dir()
        return self.array(_VECTORS, corpus_id, key, "vectors") if stored else None

    def vector_keys(self, corpus_id: str) -> list[str]:
        """Keys of all complete vectors of a corpus, the latest first."""
        return [folder.name for folder in self._latest(_VECTORS, corpus_id)]

    def adapted_keys(self, corpus_id: str) -> list[str]:
        """Keys of all complete pairs of adapted language models of a corpus, the latest first."""
        return [folder.name for folder in self._latest(_ADAPTED, corpus_id)]

    def adapted(self, corpus_id: str, key: str) -> Path:
        """Folder of the language models that were adapted to a corpus; absent until both are complete."""
        return self.folder(_ADAPTED, corpus_id, key)
