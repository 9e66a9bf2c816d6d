"""Predictive entropy from probabilities that stand in the data."""

import numpy as np
import pyarrow as pa
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from eudscore.corpus.roles import assign_roles
from eudscore.records import Corpus, Flag, Roles
from eudscore.scorers.given import GivenScorer
from eudscore.scorers.likeliest import CLASSES, PROBABILITIES

COLUMNS = [
    "predictive_entropy", "predictive_margin", "predictive_least_confidence", "predictive_label_gap", "predictive_el2n",
]  # fmt: skip
any_rows = st.lists(
    st.lists(st.floats(0, 1), min_size=3, max_size=3).filter(lambda row: sum(row) > 0.1), min_size=3, max_size=8
)


def corpus_of(
    rows: list[list[float] | None], labels: list[str | None] | None = None, **columns: list[object]
) -> Corpus:
    table: dict[str, object] = {"text": [f"text {n}" for n in range(len(rows))], "p": rows, **columns}
    if labels is not None:
        table["label"] = labels
    roles = Roles("text", "label" if labels else None, probabilities=("p",))
    return assign_roles(pa.table(table), name="a", source="a", roles=roles)


def scored(corpus: Corpus, rows: list[int] | None = None) -> dict[str, np.ndarray]:
    chosen = np.arange(len(corpus)) if rows is None else np.array(rows, dtype=np.int64)
    batches = list(GivenScorer.of(corpus).score(corpus, chosen))
    assert np.concatenate([batch.rows for batch in batches]).tolist() == chosen.tolist()
    return {name: np.concatenate([batch.values[name] for batch in batches]) for name in batches[0].values}


@given(any_rows)
def test_each_column_is_what_its_definition_says(rows: list[list[float]]) -> None:
    probs = np.array([np.array(row) / sum(row) for row in rows])
    values = scored(corpus_of(probs.tolist(), ["b", "c", "a", None][: len(rows)] + ["a"] * (len(rows) - 4)))
    np.testing.assert_allclose(values["predictive_entropy"], scipy.stats.entropy(probs, axis=1), atol=1e-6)
    ordered = np.sort(probs, axis=1)
    np.testing.assert_allclose(values["predictive_margin"], 1 - ordered[:, 2] + ordered[:, 1], atol=1e-6)
    np.testing.assert_allclose(values["predictive_least_confidence"], 1 - probs.max(axis=1), atol=1e-6)


def test_the_label_is_compared_with_the_probability_of_its_own_class() -> None:
    values = scored(corpus_of([[0.1, 0.2, 0.7]] * 4, ["a", "b", "c", None]))
    np.testing.assert_allclose(values["predictive_label_gap"], [0.9, 0.8, 0.3, np.nan], atol=1e-6)
    length = np.linalg.norm([0.1 - 1, 0.2, 0.7])
    np.testing.assert_allclose(values["predictive_el2n"][[0, 3]], [length, np.nan], atol=1e-6)


def test_a_row_without_probabilities_or_without_a_text_is_nan_and_flagged() -> None:
    rows = [[0.5, 0.5], None, [0.1, 0.9]]
    table = pa.table({"text": ["a", "b", " "], "p": rows})
    corpus = assign_roles(table, name="a", source="a", roles=Roles("text", probabilities=("p",)))
    (batch,) = GivenScorer.of(corpus).score(corpus, np.arange(3))
    for values in batch.values.values():
        assert np.isnan(values).tolist() == [False, True, True]
    assert (batch.flags == [0, Flag.EMPTY, Flag.EMPTY]).all()


def test_the_likeliest_classes_are_kept_and_none_of_a_row_without_probabilities() -> None:
    corpus = corpus_of([[0.1, 0.3, 0.6], None, [0.5, 0.25, 0.25]], ["a", "b", "c"])
    (batch,) = GivenScorer.of(corpus).score(corpus, np.arange(3))
    assert batch.likeliest[CLASSES].tolist() == [[2, 1, 0, -1, -1], [-1] * 5, [0, 1, 2, -1, -1]]
    np.testing.assert_allclose(batch.likeliest[PROBABILITIES][[0, 2], :3], [[0.6, 0.3, 0.1], [0.5, 0.25, 0.25]])


def test_some_rows_are_what_they_are_among_all() -> None:
    corpus = corpus_of([[n / 9, 1 - n / 9] for n in range(10)])
    some, every = scored(corpus, [2, 7]), scored(corpus)
    for name, values in every.items():
        np.testing.assert_array_equal(some[name], values[[2, 7]])


def test_labels_have_columns_only_where_there_are_some() -> None:
    assert list(GivenScorer.of(corpus_of([[0.5, 0.5]] * 2)).cards) == COLUMNS[:3]
    assert list(GivenScorer.of(corpus_of([[0.5, 0.5]] * 2, ["a", "b"])).cards) == COLUMNS


def test_the_cards_name_the_column_its_content_and_the_classes() -> None:
    card = GivenScorer.of(corpus_of([[0.5, 0.5]] * 2, ["a", "b"])).cards["predictive_entropy"]
    assert card.model == "your own probabilities (`p`)"
    assert card.parameters == {"columns": ["p"], "classes": ["a", "b"]}
    other = GivenScorer.of(corpus_of([[0.5, 0.5], [0.4, 0.6]], ["a", "b"])).cards["predictive_entropy"]
    assert other.key != card.key


@pytest.mark.parametrize("labels", [["a", "b"], ["b", "a"]])
def test_another_label_leaves_the_cards_of_the_others_as_they_are(labels: list[str]) -> None:
    first, other = (GivenScorer.of(corpus_of([[0.5, 0.5]] * 2, names)).cards for names in (["a", "b"], labels))
    assert all(first[name].key == other[name].key for name in COLUMNS[:3])
    assert all((first[name].key == other[name].key) == (labels == ["a", "b"]) for name in COLUMNS[3:])
