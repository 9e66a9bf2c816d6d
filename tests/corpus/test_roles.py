import re
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from eudscore.corpus.read import read_source
from eudscore.corpus.roles import assign_roles, detect_roles, with_roles
from eudscore.errors import InputError
from eudscore.records import Roles

N = 60
LONG = [f"this is the review number {n} and it is long enough" for n in range(N)]
SHORT = [f"title {n}" for n in range(N)]
IDS = [f"r{n:04}" for n in range(N)]
URLS = [f"https://example.org/{n}/a/b" for n in range(N)]
STARS = [n % 5 + 1 for n in range(N)]
BITS = [n % 2 for n in range(N)]
MOOD = [("good", "bad")[n % 2] for n in range(N)]

DETECTED = [
    ("a preferred name wins over a longer text", {"question": SHORT, "context": LONG}, ("question", None)),
    ("the longest text wins among unknown names", {"a": SHORT, "b": LONG}, ("b", None)),
    ("ids and addresses are no text", {"id": IDS, "url": URLS, "word": MOOD}, ("word", None)),
    ("a single column of strings is the text", {"code": IDS, "n": STARS}, ("code", None)),
    ("a constant column is no text", {"note": ["the same long note in each row"] * N, "b": SHORT}, ("b", None)),
    ("a name that contains one counts", {"clean_text": SHORT, "other": LONG}, ("clean_text", None)),
    ("a preferred name with bare words does not", {"content": MOOD, "b": LONG}, ("b", "content")),
    ("case and spaces do not count", {"Review Text": LONG, "Label ": MOOD}, ("Review Text", "Label ")),
    ("label goes before label_name", {"text": LONG, "label_name": MOOD, "label": BITS}, ("text", "label")),
    ("label goes before stars", {"text": LONG, "stars": STARS, "label": MOOD}, ("text", "label")),
    ("stars are a label", {"text": LONG, "stars": STARS}, ("text", "stars")),
    ("whole floats are a label", {"text": LONG, "rating": [float(star) for star in STARS]}, ("text", "rating")),
    ("fractions are none", {"text": LONG, "rating": [star + 0.5 for star in STARS]}, ("text", None)),
    ("ids are none, even under the name label", {"text": LONG, "label": IDS}, ("text", None)),
    ("a column of nothing is none", {"text": LONG, "label": pa.nulls(N)}, ("text", None)),
    ("a column of -1 is none", {"text": LONG, "label": [-1] * N}, ("text", None)),
    ("an only column of few values is one", {"text": LONG, "verdict": MOOD}, ("text", "verdict")),
    ("two such columns are not guessed between", {"text": LONG, "verdict": MOOD, "mood": STARS}, ("text", None)),
    ("where a text comes from is no label", {"text": LONG, "source": MOOD, "lang": MOOD}, ("text", None)),
    (
        "lists, dates and structs do no harm",
        {"text": LONG, "l": [[1]] * N, "d": pa.array([0] * N, pa.date32()), "s": [{"a": 1}] * N},
        ("text", None),
    ),
    ("a text named so may be the same in each row", {"text": ["a b"] * N, "b": LONG}, ("text", None)),
    ("bare words may be the text", {"word": MOOD, "text": ["fine", "poor"] * 30}, ("text", "word")),
    ("blank text cells do no harm", {"text": [None, "", " "] * 20, "label": MOOD}, ("text", "label")),
    (
        "categories are strings",
        {"text": pa.array(LONG).dictionary_encode(), "label": pa.array(MOOD).dictionary_encode()},
        ("text", "label"),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("why", "columns", "expected"), DETECTED, ids=[why for why, _, _ in DETECTED])
def test_roles_are_found(why: str, columns: dict[str, object], expected: tuple[str, str | None]) -> None:
    detected = detect_roles(pa.table(columns))
    assert detected.roles == Roles(*expected)


def test_more_than_a_thousand_classes_are_not_taken_for_a_label_but_may_be_chosen() -> None:
    table = pa.table({"text": ["some words"] * 5000, "label": [n % 1500 for n in range(5000)]})
    assert detect_roles(table).roles.label is None
    assert detect_roles(table, label="label").roles.label == "label"


def test_a_file_sorted_by_label_is_looked_at_in_all_its_length() -> None:
    table = pa.table({"a": ["x"] * 9_000 + ["two words"] * 9_000, "b": ["one two three"] * 18_000, "c": ["x"] * 18_000})
    assert detect_roles(table).roles.text == "a"  # b and c are constant


def test_reasons_are_sentences_about_the_columns() -> None:
    table = pa.table(
        {"review": ["one two three four", ""] * 2, "label": [0, 1, -1, 1], "label_name": ["no", "yes", None, "yes"]}
    )
    assert detect_roles(table).reasons == {
        "text": "`review` looks like the text: 50 % of its cells are filled, 4.0 words on average.",
        "label": "`label` looks like the label: 2 classes (no, yes) named by `label_name` and 1 rows without one.",
    }
    assert detect_roles(table, text="review", label="label_name").reasons == {
        "text": "`review` is the text: 50 % of its cells are filled, 4.0 words on average.",
        "label": "`label_name` is the label: 2 classes (no, yes) and 1 rows without one.",
    }
    assert detect_roles(table.select(["review"])).reasons["label"] == (
        "No column looks like a label: choose one if there is one."
    )


def test_a_missing_column_among_many_lists_the_first_twenty() -> None:
    table = pa.table({f"c{n}": ["a b"] for n in range(30)})
    with pytest.raises(
        InputError, match=r"^The table has no column 'x', only 'c0', .*'c19' and 10 more\. Choose one of these\.$"
    ):
        detect_roles(table, text="x")


def test_assigning_roles_leaves_every_column_and_row_as_it_was() -> None:
    table = pa.table({"text": ["b", None, "a"], "label": ["y", "x", None], "more": [[1], None, [2, 3]]})
    corpus = assign_roles(table, name="a", source="/x/a.csv", roles=Roles("text", "label"))
    assert corpus.table.equals(table)
    assert corpus.texts() == ["b", "", "a"]
    assert corpus.classes == ("x", "y")
    assert corpus.labels.tolist() == [1, 0, -1]


def test_other_roles_keep_the_table_the_name_and_the_source() -> None:
    corpus = assign_roles(pa.table({"a": ["x y"], "b": ["z"]}), name="n", source="/x/a.csv", roles=Roles("a", "b"))
    other = with_roles(corpus, Roles("b"))
    assert (other.name, other.source, other.roles) == ("n", "/x/a.csv", Roles("b"))
    assert other.table is corpus.table
    assert other.classes == ()
    assert other.labels.tolist() == [-1]
    assert not other.labelled


@pytest.mark.parametrize(
    ("roles", "sentence"),
    [
        (Roles("x"), "a.csv has no column 'x', only 'text', 'n'. Choose one of these."),
        (Roles("text", "x"), "a.csv has no column 'x', only 'text', 'n'. Choose one of these."),
        (Roles("n"), "Column 'n' of a.csv holds int64, not text. Choose a column of strings: 'text'."),
        (
            Roles("text", "text"),
            "Column 'text' of a.csv cannot be both text and label: choose another column for one of them.",
        ),
    ],
)
@pytest.mark.parametrize("source", ["/x/a.csv", "upload:a.csv"])
def test_roles_that_cannot_be_get_a_sentence(source: str, roles: Roles, sentence: str) -> None:
    corpus = assign_roles(pa.table({"text": ["a"], "n": [1]}), name="a", source=source, roles=Roles("text"))
    with pytest.raises(InputError, match=f"^{re.escape(sentence)}$"):
        with_roles(corpus, roles)


LABELLED = ["ag_news", "banking77", "clinc150", "goemotions", "imdb", "noisy_agnews", "sst2", "trec"]
CLASSES = {
    "ag_news": 4,
    "banking77": 77,
    "clinc150": 151,
    "goemotions": 28,
    "imdb": 2,
    "noisy_agnews": 4,
    "sst2": 2,
    "trec": 6,
}


@pytest.mark.data
@pytest.mark.parametrize("split", ["train", "test"])
@pytest.mark.parametrize("name", LABELLED)
def test_a_real_labelled_set_is_read_with_no_option(real_data: Path, name: str, split: str) -> None:
    corpus = read_source(real_data / name / f"{split}.parquet")
    assert corpus.roles == Roles("text", "label")
    assert len(corpus.classes) == CLASSES[name]
    assert np.array_equal(corpus.labels, corpus.table["label"].to_numpy())
    assert [corpus.classes[label] for label in corpus.labels] == corpus.table["label_name"].to_pylist()


@pytest.mark.data
@pytest.mark.parametrize("split", ["train", "test"])
@pytest.mark.parametrize(("name", "text"), [("lm_text", "text"), ("squad", "question")])
def test_a_real_set_without_labels_is_read_with_no_option(real_data: Path, name: str, text: str, split: str) -> None:
    corpus = read_source(real_data / name / f"{split}.parquet")
    assert corpus.roles == Roles(text)
    assert not corpus.labelled
