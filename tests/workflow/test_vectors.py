"""Vectors of a corpus and their neighbours: what scores that stand on them say about how they were made."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from eudscore.geometry import neighbours
from eudscore.records import Corpus, Flag, Roles
from eudscore.store.workspace import Workspace
from eudscore.workflow.requests import Entropy, ScoreRequest, silent
from eudscore.workflow.scoring import score
from eudscore.workflow.vectors import space_of

LONG = (3, 40, 41)


@pytest.fixture
def cut(corpus: Corpus) -> Corpus:
    """Three texts are longer than the 48 tokens the small encoder holds."""
    texts = [text + " late" * 60 if row in LONG else text for row, text in enumerate(corpus.texts())]
    table = pa.table({"text": texts, "label": corpus.table["label"]})
    return Corpus("cut", "cut.csv", table, Roles("text", "label"), corpus.classes, corpus.labels)


def test_texts_cut_by_the_encoder_are_counted_on_the_cards_of_all_that_stands_on_it(
    workspace: Workspace, cut: Corpus, tiny_encoder: Path
) -> None:
    request = ScoreRequest((Entropy.SEMANTIC, Entropy.PREDICTIVE), str(tiny_encoder), device="cpu")
    scores = score(workspace, workspace.keep_corpus(cut), request)
    for name in ("semantic_entropy", "semantic_isolation", "predictive_entropy", "predictive_label_gap"):
        outcome = scores.cards[name].outcome
        assert outcome["rows_truncated"] == len(LONG), name
        assert outcome["rows_empty"] == 1, name
        assert (outcome["device"], outcome["max_tokens"]) == ("cpu", 48), name


def test_a_space_from_the_store_is_the_one_that_was_kept(workspace: Workspace, cut: Corpus, tiny_encoder: Path) -> None:
    request = ScoreRequest((Entropy.SEMANTIC,), str(tiny_encoder), device="cpu")
    made, stored = (space_of(workspace, cut, request, silent) for _ in range(2))
    assert np.flatnonzero(stored.flags & Flag.TRUNCATED).tolist() == list(LONG)
    assert stored.read == made.read == {"device": "cpu", "max_tokens": 48}
    assert stored.graph.exact
    np.testing.assert_array_equal(stored.graph.indices, made.graph.indices)


def test_an_approximate_graph_is_another_one_and_the_cards_say_so(
    workspace: Workspace, corpus: Corpus, tiny_encoder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = ScoreRequest((Entropy.SEMANTIC,), str(tiny_encoder), device="cpu")
    ref = workspace.keep_corpus(corpus)
    exact = score(workspace, ref, request).cards["semantic_entropy"]
    monkeypatch.setattr(neighbours, "EXACT_ROWS", 50)
    monkeypatch.setattr(neighbours, "_approximate", lambda dense, k, _seed: neighbours._exact(dense, k, 64, "cpu"))
    approximate = score(workspace, ref, request).cards["semantic_entropy"]
    assert exact.parameters["search"] == "exact"
    assert "approximate" in approximate.parameters["search"]
    assert exact.key != approximate.key
    assert len(list((workspace.root / "graphs" / corpus.id).glob("[!.]*"))) == 2
    assert not space_of(workspace, corpus, request, silent).graph.exact
