"""A workspace with one of everything in it."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from eudscore.jobs.folder import RunFolder
from eudscore.records import Card, Corpus, Roles
from eudscore.store.draft import RowDraft
from eudscore.store.workspace import CorpusRef, Workspace

NewCorpus = Callable[..., Corpus]


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "ws")


@pytest.fixture
def new_corpus() -> NewCorpus:
    def make(name: str = "toy", rows: int = 4) -> Corpus:
        labels = np.arange(rows) % 2
        table = pa.table({"text": [f"{name} text {row}" for row in range(rows)], "label": labels})
        return Corpus(name, f"{name}.csv", table, Roles("text", "label"), ("a", "b"), labels)

    return make


@pytest.fixture
def score_toy(new_corpus: NewCorpus) -> Callable[[Workspace], CorpusRef]:
    """Keeps a corpus of four rows and one of everything that belongs to it."""

    def fill(workspace: Workspace) -> CorpusRef:
        ref = workspace.keep_corpus(new_corpus())
        workspace.keep_family(ref.id, "a" * 16, [Card("igse", "test")], {"igse": np.arange(4, dtype=np.float32)})
        draft = RowDraft(workspace.partial("vectors", ref.id, "b" * 16), 4, {"vectors": 3})
        draft.add(np.arange(4), {"vectors": np.ones((4, 3), np.float32)}, np.zeros(4, np.uint8))
        draft.close()
        card = Card("vectors", "test", outcome={"device": "cpu"})
        workspace.complete("vectors", ref.id, "b" * 16, {"cards": [card.to_json()]})
        workspace.keep_graph(ref.id, Card("graph", "test"), np.zeros((4, 2), np.int64), np.ones((4, 2), np.float32))
        workspace.keep_layout(ref.id, Card("layout", "test"), np.zeros((4, 2), np.float32))
        workspace.keep_selection(ref, "middle", {"budget": 0.5})
        RunFolder(workspace.runs / "run-1").create({"do": "nothing"})
        return ref

    return fill


@pytest.fixture
def toy(workspace: Workspace, score_toy: Callable[[Workspace], CorpusRef]) -> CorpusRef:
    return score_toy(workspace)
