"""What a selection does to a stored data set, against what is stored."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from eudscore.records import Card, Corpus, Roles
from eudscore.store.scores import Scores
from eudscore.store.workspace import CorpusRef, Workspace
from eudscore.workflow.effects import basis_of, effect_on, nearest_places
from eudscore.workflow.profiling import find_near_duplicates
from eudscore.workflow.requests import Entropy, ScoreRequest
from eudscore.workflow.scoring import score
from tests.workflow.conftest import toy_corpus

ROWS = np.array([0, 3, 4, 8, 20])


@pytest.fixture
def ref(workspace: Workspace, corpus: Corpus) -> CorpusRef:
    return workspace.keep_corpus(corpus)


@pytest.fixture
def scores(workspace: Workspace, ref: CorpusRef) -> Scores:
    return score(workspace, ref, ScoreRequest((Entropy.INFORMATION,)))


def test_only_what_is_stored_is_told(workspace: Workspace, scores: Scores, corpus: Corpus) -> None:
    found = effect_on(workspace, scores, ROWS, layout=None)
    assert (found.topics, found.sources, found.duplicates, found.coverage) == (None,) * 4
    assert found.rows == 89  # one text is empty
    assert found.classes is not None
    assert found.classes.after.tolist() == np.bincount(corpus.labels[ROWS], minlength=3).tolist()
    values = scores.columns["information_entropy"]
    assert found.columns["information_entropy"].after == pytest.approx(float(np.mean(values[ROWS])))
    words = scores.tokens[np.arange(90) != 7]
    assert found.length.mean.before == pytest.approx(float(np.mean(words)))


def test_what_is_found_later_is_told_from_then_on(workspace: Workspace, scores: Scores, ref: CorpusRef) -> None:
    assert effect_on(workspace, scores, ROWS, layout=None).duplicates is None
    groups = find_near_duplicates(workspace, ref)
    found = effect_on(workspace, scores, ROWS, layout=None).duplicates
    assert found is not None
    kept = groups[ROWS]
    assert found.kept == np.mean([(kept == group).sum() > 1 for group in kept])


def test_topics_are_the_nearest_names_of_the_coarsest_level(workspace: Workspace, scores: Scores) -> None:
    xy = np.random.default_rng(0).normal(size=(90, 2)).astype(np.float32)
    xy[7] = np.nan
    regions = [
        {"label": "left", "x": -1.0, "y": 0.0, "rows": 40, "level": 0},
        {"label": "right", "x": 1.0, "y": 0.0, "rows": 49, "level": 0},
        {"label": "detail", "x": 0.0, "y": 0.0, "rows": 9, "level": 1},
    ]
    card = Card("layout", "a map", parameters={"method": "PCA"})
    workspace.keep_layout(scores.corpus["id"], card, xy, {"regions": regions})
    topics = effect_on(workspace, scores, ROWS, layout=card.key).topics
    assert topics is not None
    assert list(topics.names) == ["left", "right"]
    assert topics.before.tolist() == [(xy[:, 0] < 0).sum(), (xy[:, 0] > 0).sum()]
    assert topics.after.tolist() == [(xy[ROWS, 0] < 0).sum(), (xy[ROWS, 0] > 0).sum()]


def test_sources_are_the_groups_of_the_data(tmp_path: Path) -> None:
    workspace, toy = Workspace(tmp_path / "other"), toy_corpus()
    table = toy.table.append_column("author", pa.array(["ann", "bob", None] * 30))
    corpus = Corpus("toy", "toy.csv", table, Roles("text", "label", group="author"), toy.classes, toy.labels)
    scores = score(workspace, workspace.keep_corpus(corpus), ScoreRequest((Entropy.INFORMATION,)))
    sources = effect_on(workspace, scores, ROWS, layout=None).sources
    assert sources is not None
    assert list(sources.names) == ["ann", "bob"]
    assert sources.before.tolist() == [30, 29]
    assert sources.after.tolist() == [2, 1]


def test_the_basis_is_made_once(workspace: Workspace, scores: Scores) -> None:
    assert basis_of(workspace, scores, layout=None) is basis_of(workspace, scores, layout=None)


def test_a_point_that_is_not_drawn_is_near_nothing() -> None:
    xy = np.array([[0, 0], [np.nan, 0], [5, 5]], dtype=np.float32)
    assert nearest_places(xy, np.array([[4, 4], [0, 1]], dtype=np.float32)).tolist() == [1, -1, 0]
