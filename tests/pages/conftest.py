"""The pages over a workspace of their own; what would start a worker is caught."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from eudscore.records import Card, Corpus, Roles
from eudscore.store.workspace import CorpusRef, Workspace
from eudscore.workflow import submitting
from eudscore.workflow.requests import Entropy, ScoreRequest
from eudscore.workflow.scoring import score

PAGES = Path(__file__).parents[2] / "pages"
ROWS = 60


@pytest.fixture(autouse=True)
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setenv("EUDSCORE_WORKSPACE", str(tmp_path / "ws"))
    st.cache_resource.clear()
    return Workspace(tmp_path / "ws")


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Run folders that would have been given to a worker."""
    found: list[str] = []
    monkeypatch.setattr(submitting, "start", lambda folders, **_: found.extend(str(path) for path in folders))
    return found


@pytest.fixture
def open_page() -> Callable[..., AppTest]:
    """Run one page file the way a deep link on a fresh server does: without the router."""

    def run(name: str, **query: str) -> AppTest:
        app = AppTest.from_file(PAGES / f"{name}.py", default_timeout=60)
        for key, value in query.items():
            app.query_params[key] = value
        return app.run()

    return run


def sent_to(app: AppTest, key: str) -> dict[str, Any]:
    """What a component of our own was sent, by its key."""
    found = [one.proto for one in app.get("bidi_component") if one.proto.id.endswith(f"-{key}")]
    return json.loads(found[0].json)


@pytest.fixture
def unscored(workspace: Workspace) -> CorpusRef:
    return workspace.keep_corpus(small_corpus())


@pytest.fixture
def scored(workspace: Workspace, unscored: CorpusRef) -> CorpusRef:
    score(workspace, unscored, ScoreRequest((Entropy.INFORMATION,)))
    xy = np.random.default_rng(0).normal(size=(ROWS, 2)).astype(np.float32)
    workspace.keep_layout(unscored.id, Card("layout", "a map", parameters={"method": "PCA"}), xy)
    return unscored


def small_corpus() -> Corpus:
    words = ["refund", "late", "order", "card", "team", "won", "goal", "phone", "chip"]
    rng = np.random.default_rng(1)
    texts = [" ".join(rng.choice(words, rng.integers(2, 14))) + f" {row}" for row in range(ROWS)]
    labels = np.arange(ROWS) % 3
    names = ("billing", "sport", "tech")
    table = pa.table({"text": texts, "label": [names[label] for label in labels]})
    return Corpus("small", "small.csv", table, Roles("text", "label"), names, labels.astype(np.int64))
