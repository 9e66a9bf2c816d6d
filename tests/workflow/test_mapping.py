"""The map of a corpus: a first one at once, one that says how it was drawn, and new rows in it."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from eudscore.errors import WorkspaceError
from eudscore.geometry.layout import EPOCHS
from eudscore.records import Corpus, Roles
from eudscore.store.workspace import CorpusRef, Workspace
from eudscore.workflow.mapping import PCA, UMAP, lay_out, place_rows
from eudscore.workflow.requests import Entropy, ScoreRequest, silent
from eudscore.workflow.vectors import space_of


@pytest.fixture
def request_(tiny_encoder: Path) -> ScoreRequest:
    return ScoreRequest((Entropy.SEMANTIC,), str(tiny_encoder), device="cpu", seed=3)


@pytest.fixture
def ref(workspace: Workspace, corpus: Corpus) -> CorpusRef:
    return workspace.keep_corpus(corpus)


def test_the_principal_components_are_there_before_the_umap_is_drawn(
    workspace: Workspace, corpus: Corpus, ref: CorpusRef, request_: ScoreRequest
) -> None:
    seen: list[list[str]] = []

    def watch(stage: str, done: int, total: int) -> None:
        if stage == "Drawing the map" and done == 0:
            seen.append([card.parameters["method"] for _, card in workspace.layouts(corpus.id)])

    key = lay_out(workspace, ref, request_, on_progress=watch)
    assert seen == [[PCA]]
    methods = [card.parameters["method"] for _, card in workspace.layouts(corpus.id)]
    assert sorted(methods) == sorted([UMAP, PCA])
    assert key in [found for found, _ in workspace.layouts(corpus.id)]


def test_the_card_says_how_the_map_was_drawn(
    workspace: Workspace, corpus: Corpus, ref: CorpusRef, request_: ScoreRequest
) -> None:
    key = lay_out(workspace, ref, request_)
    card = dict(workspace.layouts(corpus.id))[key]
    assert card.seed == 3
    assert card.outcome["method"] == "umap"
    assert (card.outcome["epochs"], card.outcome["epochs_of_all"], card.outcome["neighbours"]) == (EPOCHS, 0, 14)
    assert card.parameters["search"] == card.outcome["search"] == "exact"


def test_names_are_stored_with_their_level(
    workspace: Workspace, corpus: Corpus, ref: CorpusRef, request_: ScoreRequest
) -> None:
    key = lay_out(workspace, ref, request_)
    named = workspace.layout_extra(corpus.id, key)["regions"]
    assert named
    assert all(set(region) == {"label", "x", "y", "rows", "level"} for region in named)


def test_a_row_that_is_there_is_placed_where_it_is_and_nothing_is_stored(
    workspace: Workspace, corpus: Corpus, ref: CorpusRef, request_: ScoreRequest
) -> None:
    key = lay_out(workspace, ref, request_)
    vectors = np.asarray(space_of(workspace, corpus, request_, silent).vectors)
    xy = np.asarray(workspace.layout(corpus.id, key))
    before = workspace.layouts(corpus.id)
    distinct = [row for row in (0, 1, 2) if (vectors[:7] @ vectors[row] > 1 - 1e-5).sum() == 1]
    np.testing.assert_array_equal(place_rows(workspace, ref, key, vectors[distinct]), xy[distinct])
    assert np.isnan(place_rows(workspace, ref, key, vectors[[7]])).all()  # the empty text
    assert workspace.layouts(corpus.id) == before


def test_new_rows_that_cannot_be_placed_are_refused(
    workspace: Workspace, corpus: Corpus, ref: CorpusRef, request_: ScoreRequest
) -> None:
    key = lay_out(workspace, ref, request_)
    with pytest.raises(WorkspaceError, match="vectors of 32 numbers"):
        place_rows(workspace, ref, key, np.ones((2, 5), np.float32))
    with pytest.raises(WorkspaceError, match="no layout"):
        place_rows(workspace, ref, "0" * 16, np.ones((2, 32), np.float32))


def test_a_map_of_ones_own_coordinates_is_named_too(workspace: Workspace, request_: ScoreRequest) -> None:
    texts = [f"alpha {row}" for row in range(40)] + [f"beta {row}" for row in range(40)]
    x = [float(row % 7) + 100 * (row >= 40) for row in range(80)]
    table = pa.table({"text": texts, "x": x, "y": [float(row % 5) for row in range(80)]})
    corpus = Corpus("own", "own.csv", table, Roles("text", coordinates=("x", "y")), (), np.full(80, -1))
    key = lay_out(workspace, workspace.keep_corpus(corpus), request_)
    named = workspace.layout_extra(corpus.id, key)["regions"]
    assert {(region["label"], region["x"] >= 100) for region in named} == {("alpha", False), ("beta", True)}


def test_a_map_of_ones_own_coordinates_takes_no_new_rows(workspace: Workspace, request_: ScoreRequest) -> None:
    table = pa.table({"text": ["one", "two", "three"], "x": [0.0, 1.0, 2.0], "y": [0.0, 1.0, 0.0]})
    corpus = Corpus("own", "own.csv", table, Roles("text", coordinates=("x", "y")), (), np.full(3, -1))
    ref = workspace.keep_corpus(corpus)
    key = lay_out(workspace, ref, request_)
    with pytest.raises(WorkspaceError, match="your own coordinates"):
        place_rows(workspace, ref, key, np.ones((1, 32), np.float32))
