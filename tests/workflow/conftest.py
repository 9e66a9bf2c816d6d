"""A small labelled corpus and a workspace for the workflow."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from eudscore.records import Corpus, Roles
from eudscore.store.workspace import Workspace

TOPICS = {
    "money": [
        "where is my refund",
        "my card was charged twice",
        "the bank lost my refund",
        "refund the late order please",
    ],
    "sport": ["the team won the match", "a late goal won the match", "the team lost", "new team new goal"],
    "tech": ["new phone chip release", "the phone chip was late", "a new phone", "the release passed thanks"],
}


def toy_corpus(n: int = 90) -> Corpus:
    """Texts of three topics that tell them apart, no two alike, one of them empty."""
    names = tuple(TOPICS)
    rng = np.random.default_rng(0)
    texts, labels = [], []
    for row in range(n):
        topic = row % 3
        lead = TOPICS[names[topic]][row % 4]
        texts.append(f"{lead} " + " ".join(rng.permutation(lead.split())[: row % 5]) + f" {row}")
        labels.append(topic)
    texts[7] = "  "
    table = pa.table({"id": [f"r{i}" for i in range(n)], "text": texts, "label": [names[label] for label in labels]})
    return Corpus("toy", "toy.csv", table, Roles("text", "label"), names, np.array(labels, dtype=np.int64))


@pytest.fixture
def corpus() -> Corpus:
    return toy_corpus()


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "ws")
