"""The place of the interval, found out on a few labelled rows."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from eudscore.errors import RequestError
from eudscore.records import Card, Corpus, Roles
from eudscore.selection.request import SelectionRequest, Strategy
from eudscore.store.scores import Scores
from eudscore.store.workspace import CorpusRef, Workspace
from eudscore.workflow import probing
from eudscore.workflow.materials import StoredMaterials
from eudscore.workflow.probing import probe_cost, probe_places
from eudscore.workflow.submitting import held_out

N, D = 600, 6


@pytest.fixture
def world(tmp_path: Path) -> tuple[Workspace, CorpusRef, Scores]:
    """Two classes that one direction of the vectors tells apart, and a score that means nothing."""
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(N, D)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    value = rng.random(N).astype(np.float32)
    labels = (vectors[:, 0] > 0).astype(np.int64)
    table = pa.table({
        "text": [f"text number {row}" for row in range(N)], "label": [str(label) for label in labels],
        "vector": vectors.tolist(),
    })  # fmt: skip
    corpus = Corpus("made", "made.csv", table, Roles("text", "label", vectors=("vector",)), ("0", "1"), labels)
    workspace = Workspace(tmp_path / "ws")
    ref = workspace.keep_corpus(corpus)
    workspace.keep("vectors", ref.id, "a" * 16, {"cards": [Card("vectors", "own").to_json()]}, {"vectors": vectors})
    about = {"id": ref.id, "revision": ref.revision}
    scores = Scores(about, np.full(N, 3), {"value": value}, {"value": Card("value", "a score")})
    return workspace, ref, scores


def test_dev_rows_and_the_held_out_are_trained_on_by_nobody(
    world: tuple[Workspace, CorpusRef, Scores], monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace, ref, scores = world
    seen: list[tuple[np.ndarray, np.ndarray]] = []
    whole = probing.right_answers

    def watched(vectors: np.ndarray, labels: np.ndarray, rows: np.ndarray, dev: np.ndarray) -> np.ndarray:
        seen.append((rows, dev))
        return whole(vectors, labels, rows, dev)

    monkeypatch.setattr(probing, "right_answers", watched)
    probe_places(workspace, ref, scores, SelectionRequest(0.1, by="value"))
    tests = held_out(workspace, ref, seed=0).rows
    assert tests is not None
    assert len(seen) == 8
    for rows, dev in seen:
        assert len(rows) == 38  # a tenth of what is left: 600 - 120 - 96
        assert not np.intersect1d(rows, dev).size
        assert not np.intersect1d(np.concatenate([rows, dev]), tests).size
        np.testing.assert_array_equal(dev, seen[0][1])


def test_a_place_that_teaches_more_is_found(
    world: tuple[Workspace, CorpusRef, Scores], monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace, ref, scores = world
    vectors = workspace.vectors(ref.id, "a" * 16)
    assert vectors is not None
    hard = np.argsort(np.argsort(-np.abs(vectors[:, 0]))).astype(np.float32)  # high = near the boundary
    told = Scores(scores.corpus, scores.tokens, {"value": hard}, scores.cards)
    found = probe_places(workspace, ref, told, SelectionRequest(12, by="value"))
    assert [one["centre"] for one in found["centres"]] == [0, 0.25, 0.5, 0.75, 1]
    best = max(found["centres"], key=lambda one: one["accuracy"])
    gain = best["accuracy"] - found["random"]
    assert (found["band"] is not None) == (gain > found["error"])
    assert found["error"] == pytest.approx(np.sqrt(best["accuracy"] * (1 - best["accuracy"]) / found["dev"]))
    assert "random" in found["sentence"]


def test_the_cost_is_told_without_training(world: tuple[Workspace, CorpusRef, Scores]) -> None:
    workspace, ref, scores = world
    cost = probe_cost(workspace, ref, SelectionRequest(0.1, by="value"))
    found = probe_places(workspace, ref, scores, SelectionRequest(0.1, by="value"))
    assert cost.dev == found["dev"] <= 200
    assert cost.dev < found["labels"] <= cost.labels


def test_the_dev_rows_hold_each_class_in_its_share(world: tuple[Workspace, CorpusRef, Scores]) -> None:
    workspace, ref, scores = world
    materials = StoredMaterials(workspace, ref, scores)
    dev, rest = probing._split(workspace, ref, materials)
    labels = materials.corpus.labels
    assert abs(labels[dev].mean() - labels.mean()) < 0.02
    assert len(dev) == int(0.2 * (N - len(held_out(workspace, ref, seed=0).rows)))  # type: ignore[arg-type]
    assert not np.intersect1d(dev, rest).size


def test_a_strategy_without_an_interval_is_refused(world: tuple[Workspace, CorpusRef, Scores]) -> None:
    workspace, ref, _ = world
    with pytest.raises(RequestError, match="'random' has no interval to place"):
        probe_cost(workspace, ref, SelectionRequest(0.1, strategy=Strategy.RANDOM))


def test_without_labels_it_is_refused_with_what_to_do(workspace: Workspace) -> None:
    table = pa.table({"text": ["a b", "c d"]})
    ref = workspace.keep_corpus(Corpus("two", "two.csv", table, Roles("text"), (), np.full(2, -1, dtype=np.int64)))
    with pytest.raises(RequestError, match="at least 20 labelled rows of two classes, and there are 0"):
        probe_cost(workspace, ref, SelectionRequest(0.5))
