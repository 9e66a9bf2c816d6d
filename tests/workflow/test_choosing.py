"""A subset: the right rows with all their columns, replayed by its recipe, refused on other data."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from eudscore.errors import InputError, RequestError
from eudscore.records import Band, Corpus, Roles
from eudscore.selection.request import SelectionRequest, Strategy
from eudscore.store.scores import Scores, read_scores
from eudscore.store.workspace import Workspace
from eudscore.workflow.choosing import labels_in, read_subset, request_of, select
from eudscore.workflow.requests import Entropy, ScoreRequest
from eudscore.workflow.scoring import score


@pytest.fixture
def scores(workspace: Workspace, corpus: Corpus) -> Scores:
    return score(workspace, workspace.keep_corpus(corpus), ScoreRequest((Entropy.INFORMATION,)))


def test_a_subset_file_holds_source_columns_rank_and_scores(
    workspace: Workspace, corpus: Corpus, scores: Scores, tmp_path: Path
) -> None:
    subset = select(workspace, scores, SelectionRequest(0.2))
    table = pq.read_table(subset.write(tmp_path / "subset.parquet"))
    assert table.column_names == ["id", "text", "label", "row", "rank", *scores.columns]
    assert table["rank"].to_pylist() == list(range(18))
    for position, row in enumerate(table["row"].to_pylist()):
        assert table["text"][position].as_py() == corpus.table["text"][row].as_py()
        assert table["igse"][position].as_py() == pytest.approx(float(scores.columns["igse"][row]))
    assert json.loads(table.schema.metadata[b"eudscore"])["recipe"] == json.loads(json.dumps(subset.recipe))


def test_a_recipe_replays_to_the_same_rows(workspace: Workspace, scores: Scores) -> None:
    first = select(workspace, scores, SelectionRequest(0.3, seed=4))
    recipe = json.loads(json.dumps(first.recipe))
    again = select(workspace, scores, SelectionRequest(1), recipe=recipe)
    np.testing.assert_array_equal(first.rows, again.rows)
    assert again.recipe == first.recipe


def test_a_recipe_of_other_texts_is_refused(workspace: Workspace, corpus: Corpus, scores: Scores) -> None:
    recipe = select(workspace, scores, SelectionRequest(0.3)).recipe
    other = Corpus("other", "o.csv", corpus.table.slice(1), corpus.roles, corpus.classes, corpus.labels[1:])
    elsewhere = score(workspace, workspace.keep_corpus(other), ScoreRequest((Entropy.INFORMATION,)))
    with pytest.raises(RequestError, match="written for other texts"):
        select(workspace, elsewhere, SelectionRequest(1), recipe=recipe)


def test_a_column_that_is_not_there_is_named_with_those_that_are(workspace: Workspace, scores: Scores) -> None:
    with pytest.raises(RequestError, match="There is no column 'magic' among the scores, only igse, information_adj"):
        select(workspace, scores, SelectionRequest(0.1, by="magic"))


def test_the_empty_text_is_never_chosen(workspace: Workspace, scores: Scores) -> None:
    for strategy in (Strategy.BAND, Strategy.RANDOM, Strategy.TOP, Strategy.BOTTOM, Strategy.LONGEST):
        rows = select(workspace, scores, SelectionRequest(1.0, strategy=strategy)).rows
        assert 7 not in rows
        assert len(np.unique(rows)) == len(rows) == 89


def test_source_columns_with_our_names_are_kept_under_another(workspace: Workspace, tmp_path: Path) -> None:
    table = pa.table({"row": ["a b", "c d", "e f g"], "igse": [1, 2, 3]})
    corpus = Corpus("odd", "odd.csv", table, Roles("row"), (), np.full(3, -1))
    scores = score(workspace, workspace.keep_corpus(corpus), ScoreRequest((Entropy.INFORMATION,)))
    request = SelectionRequest(2, by="information_surprisal")
    path = select(workspace, scores, request).write(tmp_path / "s.parquet")
    columns = pq.read_table(path).column_names
    assert columns[:2] == ["source_row", "source_igse"]
    again = read_subset(path)
    assert again.roles == Roles("source_row")
    assert set(again.texts()) <= {"a b", "c d", "e f g"}


def test_a_subset_reads_back_with_the_classes_of_the_whole(
    workspace: Workspace, corpus: Corpus, scores: Scores, tmp_path: Path
) -> None:
    subset = select(workspace, scores, SelectionRequest(2))
    again = read_subset(subset.write(tmp_path / "s.parquet"))
    assert again.classes == corpus.classes
    np.testing.assert_array_equal(again.labels, corpus.labels[subset.rows])


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "There is no file .*: give the subset that `eudscore select --out` wrote"),
        (b"hello", "is not a Parquet file: give what `eudscore select` wrote"),
        ("plain", "is no subset of eudscore: give what `eudscore select` wrote"),
    ],
)
def test_what_is_no_subset_is_refused(tmp_path: Path, content: bytes | str | None, sentence: str) -> None:
    path = tmp_path / "x.parquet"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content == "plain":
        pq.write_table(pa.table({"text": ["a"]}), path)
    with pytest.raises(InputError, match=sentence):
        read_subset(path)


def test_labels_are_matched_by_name() -> None:
    table = pa.table({"text": ["x", "y", "z"]})
    other = Corpus("test", "t", table, Roles("text"), ("sport", "money"), np.array([0, 1, -1]))
    assert labels_in(("money", "tech", "sport"), other).tolist() == [2, 0, -1]
    with pytest.raises(InputError, match=r"test has labels the training data does not know \('sport'\); it knows"):
        labels_in(("money", "tech"), other)


def test_a_changed_recipe_is_refused(workspace: Workspace, scores: Scores) -> None:
    recipe = {**select(workspace, scores, SelectionRequest(0.3)).recipe, "budget": 0.2}
    with pytest.raises(RequestError, match="it was changed after it was written"):
        select(workspace, scores, SelectionRequest(1), recipe=recipe)


def test_a_band_without_the_strategy_band_is_not_ignored(workspace: Workspace, scores: Scores) -> None:
    request = SelectionRequest(0.3, strategy=Strategy.RANDOM, band=Band(0.2, 0.3))
    with pytest.raises(RequestError, match="The strategy 'random' has no band"):
        select(workspace, scores, request)


def test_a_subset_is_not_taken_for_scores(workspace: Workspace, scores: Scores, tmp_path: Path) -> None:
    path = select(workspace, scores, SelectionRequest(0.3)).write(tmp_path / "subset.parquet")
    with pytest.raises(InputError, match="is a subset, not scores"):
        read_scores(path)


def test_scores_of_fewer_rows_than_the_data_are_refused(workspace: Workspace, scores: Scores) -> None:
    fewer = Scores(
        scores.corpus, scores.tokens[:50], {name: values[:50] for name, values in scores.columns.items()}, scores.cards
    )
    with pytest.raises(RequestError, match="There are 50 scores for 90 rows of toy: score it again"):
        select(workspace, fewer, SelectionRequest(0.3))


@pytest.mark.parametrize(
    ("options", "recipe", "sentence"),
    [
        ({"budget": 5, "colour": 1}, None, "A selection has no option 'colour', only budget, by, strategy"),
        ({}, None, "Give a budget, such as 0.16, or a recipe to replay."),
        ({"budget": 5}, {"version": 2}, "A recipe is replayed as it was written: give nothing else with it."),
        ({"seed": 4}, {"version": 2}, "A recipe is replayed as it was written: give nothing else with it."),
    ],
)
def test_options_that_make_no_sense_together_get_a_sentence(options: dict, recipe: dict | None, sentence: str) -> None:
    with pytest.raises(RequestError) as caught:
        request_of(options, recipe)
    assert str(caught.value).startswith(sentence)


def test_an_interval_is_meant_where_a_column_or_a_band_is_named() -> None:
    assert request_of({"budget": 5, "seed": 0}).strategy is Strategy.COVERAGE
    assert request_of({"budget": 5, "by": "igse"}).strategy is Strategy.BAND
    assert request_of({"budget": 5, "band": "0.1:0.4"}).strategy is Strategy.BAND
    assert request_of({"budget": 5, "by": "igse", "strategy": "top"}).strategy == "top"
