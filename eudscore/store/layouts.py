"""The maps of a workspace, and the neighbour graphs that they are drawn from."""

import numpy as np

from eudscore.errors import WorkspaceError
from eudscore.records import Card, Floats, Ints, JsonDict
from eudscore.store.documents import read_json
from eudscore.store.keyed import CARD, SECONDS, VERSION, KeyedFolders

_LAYOUTS, _GRAPHS = "layouts", "graphs"


class Layouts(KeyedFolders):
    """Layouts and neighbour graphs, each under the key of its card."""

    def layouts(self, corpus_id: str) -> list[tuple[str, Card]]:
        """Keys and cards of all layouts of a corpus, the latest first."""
        folders = self._latest(_LAYOUTS, corpus_id)
        cards = [read_json(path / CARD, version=VERSION)["card"] for path in folders]
        return [(path.name, Card.from_json(card)) for path, card in zip(folders, cards, strict=True)]

    def layout(self, corpus_id: str, key: str) -> Floats:
        """(n, 2) float32 positions, memory-mapped; nan = not drawn.

        Raises:
            WorkspaceError: there is no such layout here.
        """
        return self.array(_LAYOUTS, corpus_id, key, "layout")

    def keep_layout(self, corpus_id: str, card: Card, xy: Floats, extra: JsonDict | None = None) -> None:
        """Store a layout under the key of its card, with what belongs to it (the labels of its regions)."""
        content = {"card": card.to_json(), **(extra or {})}
        self.keep(_LAYOUTS, corpus_id, card.key, content, {"layout": xy}, about=CARD)

    def layout_extra(self, corpus_id: str, key: str) -> JsonDict:
        """What was stored with a layout.

        Raises:
            WorkspaceError: there is no such layout here.
        """
        content = self.content(_LAYOUTS, corpus_id, key, about=CARD)
        if content is None:
            raise WorkspaceError(f"The workspace has no layout {corpus_id}/{key}: score the data set again.")
        return content

    def graphs(self, corpus_id: str) -> list[tuple[str, Card]]:
        """Keys and cards of all neighbour graphs of a corpus, the latest first."""
        found = []
        for folder in self._latest(_GRAPHS, corpus_id):
            content = self.content(_GRAPHS, corpus_id, folder.name, about=CARD)
            if content is not None:
                found.append((folder.name, Card.from_json(content["card"])))
        return found

    def graph(self, corpus_id: str, key: str) -> tuple[Ints, Floats] | None:
        """(n, k) rows of the nearest texts and their cosines, or None where there are none yet."""
        if not self.folder(_GRAPHS, corpus_id, key).is_dir():
            return None
        rows = self.array(_GRAPHS, corpus_id, key, "indices").astype(np.int64)
        return rows, self.array(_GRAPHS, corpus_id, key, "similarities")

    def keep_graph(
        self, corpus_id: str, card: Card, indices: Ints, similarities: Floats, *, seconds: float = 0.0
    ) -> None:
        """Store the neighbour graph of a corpus under the key of its card, and how long it took."""
        arrays = {"indices": indices.astype(np.int32), "similarities": similarities.astype(np.float32)}
        content = {"card": card.to_json(), SECONDS: seconds}
        self.keep(_GRAPHS, corpus_id, card.key, content, arrays, about=CARD)
