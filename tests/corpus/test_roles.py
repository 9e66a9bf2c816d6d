import re

import pyarrow as pa
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from eudscore.corpus.detection import role_names
from eudscore.corpus.roles import assign_roles, detect_roles, with_roles
from eudscore.errors import InputError, RequestError
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
    assert (detected.roles.text, detected.roles.label) == expected


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
        "label": "`label` looks like the label: 2 classes (no, yes) named by `label_name` and 1 row without one.",
    }
    assert detect_roles(table, text="review", label="label_name").reasons == {
        "text": "`review` is the text: 50 % of its cells are filled, 4.0 words on average.",
        "label": "`label_name` is the label: 2 classes (no, yes) and 1 row without one.",
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


TALKS = [
    [{"role": "user", "content": f"where is order {n}"}, {"role": "assistant", "content": "on its way"}]
    for n in range(N)
]
SHARED = [[{"from": "human", "value": f"where is order {n}"}, {"from": "gpt", "value": "on its way"}] for n in range(N)]
VECTORS = [[float(n), *([0.5] * 8)] for n in range(N)]
HALVES = [[0.25, 0.75] if n % 2 else [0.5, 0.5] for n in range(N)]
AUTHORS = [f"author {n % 20}" for n in range(N)]
SPANS = [{"text": ["number"], "answer_start": [19]}] * N
FRACTIONS = [n / 7 + 0.1 for n in range(N)]
EMB = {f"emb_{n}": FRACTIONS for n in range(12)}

PLAYED = [
    ("a pair", {"premise": LONG, "hypothesis": SHORT, "label": BITS}, Roles("premise", "label", pair="hypothesis")),
    ("a pair by number", {"sentence1": LONG, "sentence2": SHORT}, Roles("sentence1", pair="sentence2")),
    ("a pair of questions", {"question1": SHORT, "question2": LONG}, Roles("question1", pair="question2")),
    ("a pair by letter", {"text_b": LONG, "text_a": SHORT}, Roles("text_a", pair="text_b")),
    ("half a pair", {"premise": LONG, "other": SHORT}, Roles("premise")),
    ("a pair that is mostly empty", {"text_a": LONG, "text_b": ["x"] + [""] * (N - 1)}, Roles("text_a")),
    ("a prompt", {"prompt": SHORT, "response": LONG}, Roles("response", prompt="prompt")),
    ("a completion", {"completion": LONG, "prompt": SHORT}, Roles("completion", prompt="prompt")),
    ("a completion that is a label", {"prompt": LONG, "completion": MOOD}, Roles("prompt", "completion")),
    (
        "an instruction with its input",
        {"instruction": SHORT, "input": LONG, "output": LONG},
        Roles("output", prompt="instruction", context="input"),
    ),
    (
        "an instruction whose input is always empty",
        {"instruction": SHORT, "input": [""] * N, "output": LONG},
        Roles("output", prompt="instruction"),
    ),
    ("a column called text beside a prompt", {"text": LONG, "instruction": SHORT, "output": LONG}, Roles("text")),
    (
        "a question about a context",
        {"id": IDS, "question": SHORT, "context": LONG, "answers": SPANS, "title": AUTHORS},
        Roles("question", context="context", answer="answers", answer_start="answers", group="title", id="id"),
    ),
    (
        "a question with a flat answer",
        {"question": SHORT, "context": LONG, "answer_text": ["number"] * N, "answer_start": [19] * N},
        Roles("question", context="context", answer="answer_text", answer_start="answer_start"),
    ),
    ("a question with a short answer", {"question": LONG, "answer": MOOD}, Roles("question", answer="answer")),
    ("a question with a long answer", {"question": SHORT, "answer": LONG}, Roles("answer", prompt="question")),
    (
        "yes and no",
        {"question": SHORT, "passage": LONG, "answer": [n % 2 == 0 for n in range(N)]},
        Roles("question", "answer", context="passage"),
    ),
    ("a chat", {"id": IDS, "messages": TALKS, "source": MOOD}, Roles("messages", id="id")),
    ("a chat of ShareGPT", {"conversations": SHARED}, Roles("conversations")),
    ("a chat with its first turn beside it", {"prompt": SHORT, "messages": TALKS}, Roles("messages")),
    ("an author", {"text": LONG, "author": AUTHORS, "label": BITS}, Roles("text", "label", group="author")),
    ("an author in every row", {"text": LONG, "author": IDS}, Roles("text")),
    ("two authors", {"text": LONG, "author": MOOD}, Roles("text")),
    ("no title without a question", {"text": LONG, "title": AUTHORS}, Roles("text")),
    ("an id that repeats", {"text": LONG, "id": AUTHORS}, Roles("text")),
    ("an id with gaps", {"text": LONG, "id": [None, *IDS[1:]]}, Roles("text")),
    ("a document for each row", {"text": LONG, "document_id": list(range(N))}, Roles("text", id="document_id")),
    ("a weight", {"text": LONG, "weight": FRACTIONS}, Roles("text", weight="weight")),
    ("a weight below 0", {"text": LONG, "weight": [-1.5, *FRACTIONS[1:]]}, Roles("text")),
    ("vectors", {"text": LONG, "embedding": VECTORS}, Roles("text", vectors=("embedding",))),
    ("an only list of floats", {"text": LONG, "state": VECTORS}, Roles("text", vectors=("state",))),
    ("two such lists", {"text": LONG, "one": VECTORS, "two": VECTORS}, Roles("text")),
    ("vectors of a few numbers", {"text": LONG, "embedding": [[0.5, 1.5]] * N}, Roles("text")),
    ("vectors of two widths", {"text": LONG, "embedding": [[0.5] * (8 + n % 2) for n in range(N)]}, Roles("text")),
    ("numbered vectors", {"text": LONG, **EMB}, Roles("text", vectors=tuple(EMB))),
    ("numbered vectors with a gap", {"text": LONG, **EMB, "emb_13": FRACTIONS}, Roles("text")),
    ("probabilities", {"text": LONG, "label": BITS, "probs": HALVES}, Roles("text", "label", probabilities=("probs",))),
    ("probabilities of other classes", {"text": LONG, "stars": STARS, "probs": HALVES}, Roles("text", "stars")),
    (
        "a probability for each class",
        {"text": LONG, "mood": MOOD, "p_good": [0.25] * N, "p_bad": [0.75] * N},
        Roles("text", "mood", probabilities=("p_bad", "p_good")),
    ),
    (
        "a probability for some classes",
        {"text": LONG, "mood": MOOD, "p_good": [0.5] * N, "p_fair": [0.5] * N},
        Roles("text", "mood"),
    ),
    ("no probabilities", {"text": LONG, "probs": [[0.5, 0.6]] * N}, Roles("text")),
    ("coordinates", {"text": LONG, "x": FRACTIONS, "y": FRACTIONS}, Roles("text", coordinates=("x", "y"))),
    (
        "coordinates in a list",
        {"text": LONG, "umap": [[n / 3, n / 7] for n in range(N)]},
        Roles("text", coordinates=("umap",)),
    ),
    ("a label called y", {"text": LONG, "x": FRACTIONS, "y": BITS}, Roles("text", "y")),
]  # fmt: skip


@pytest.mark.parametrize(("why", "columns", "roles"), PLAYED, ids=[why for why, _, _ in PLAYED])
def test_each_role_is_found_told_and_can_be_assigned(why: str, columns: dict[str, object], roles: Roles) -> None:
    table = pa.table(columns)
    detected = detect_roles(table)
    assert detected.roles == roles
    assert set(detected.reasons) >= {"text", "label", *roles.to_json()}
    for role, reason in detected.reasons.items():
        assert re.fullmatch(r"[`N].*\.", reason), role
        assert "\n" not in reason
    assert assign_roles(table, name="a", source="a.csv", roles=detected.roles).table is table


VALUES = [
    ["", " ", "a", "some words here", None],
    [-1, 0, 1, 7, None],
    [0.5, 0.25, -1.5, float("nan"), float("inf"), None],
    [[0.5, 0.5], [1.0, 0.0], [0.1] * 9, [], [float("nan")] * 9, None],
    [["a"], ["a", "b"], [], None],
    [{"text": ["some"], "answer_start": [0]}, {"text": [], "answer_start": []}, None],
    [[{"role": "user", "content": "some words"}], [], None],
]
NAMES = [
    *role_names.TEXT, *role_names.LABEL, *role_names.SEVERAL_LABELS, *role_names.GROUP, *role_names.ID,
    *role_names.WEIGHT, *role_names.VECTORS, *role_names.PROBABILITIES, *role_names.COORDINATES, *role_names.ANSWER,
    "answer_start", "context", "x", "y", "p_a", "p_b", "response", "hypothesis", "text_b", "messages", "input",
    "instruction", "output",
]  # fmt: skip
any_columns = st.dictionaries(
    st.sampled_from(NAMES),
    st.one_of([st.lists(st.sampled_from(values), min_size=3, max_size=3) for values in VALUES]),
    min_size=1,
    max_size=7,
)


@settings(max_examples=300)
@given(any_columns)
def test_whatever_is_found_can_be_assigned(columns: dict[str, list[object]]) -> None:
    table = pa.table(columns)
    try:
        detected = detect_roles(table)
    except InputError:  # no column of texts
        assume(False)
    corpus = assign_roles(table, name="a", source="a.csv", roles=detected.roles, reasons=detected.reasons)
    assert len(corpus.texts()) == 3


def test_a_guess_that_one_row_does_not_bear_out_is_dropped_with_its_reason() -> None:
    columns = {"question": SHORT, "context": LONG, "answer_text": ["number"] * N, "answer_start": [19] * (N - 1) + [18]}
    detected = detect_roles(pa.table(columns), file="a.csv")
    assert detected.roles == Roles("question", context="context", answer="answer_text")
    assert detected.reasons["answer_start"] == (
        "`answer_start` could not be taken for where the answer begins: in row 59 of a.csv the answer 'answer_text' "
        "does not stand in 'context' at the character that 'answer_start' names: correct it, or leave 'answer_start' "
        "out."
    )


def test_a_row_that_a_sample_does_not_hold_is_looked_at_all_the_same() -> None:
    vectors = [[0.5] * 8] * 20_000
    vectors[10_007] = [0.5] * 7
    detected = detect_roles(pa.table({"text": ["some words"] * 20_000, "embedding": vectors}))
    assert detected.roles.vectors == ()
    assert "row 10007 of The table has 7 numbers" in detected.reasons["vectors"]


@pytest.mark.parametrize(
    ("others", "roles"),
    [
        ({"group": "source"}, Roles("text", "label", group="source", id="id")),
        ({"id": ""}, Roles("text", "label")),
        ({"id": (), "group": "id"}, Roles("text", "label", group="id")),
        ({"id": "id", "group": "id"}, Roles("text", "label", group="id", id="id")),
        ({"pair": ["source"]}, Roles("text", "label", pair="source", id="id")),
        ({"coordinates": ["a", "b"]}, Roles("text", "label", id="id", coordinates=("a", "b"))),
    ],
)
def test_a_role_the_user_names_is_taken_and_one_without_a_column_is_not_guessed(
    others: dict[str, str | list[str]], roles: Roles
) -> None:
    table = pa.table({"text": LONG, "label": BITS, "id": IDS, "source": MOOD, "a": STARS, "b": STARS})
    detected = detect_roles(table, others=others)
    assert detected.roles == roles
    for role in others:
        assert ("chosen" in detected.reasons.get(role, "")) == bool(others[role])


@pytest.mark.parametrize(
    ("others", "sentence"),
    [
        ({"lable": "x"}, "There is no further role 'lable': choose among pair, prompt,"),
        ({"text": "text"}, "There is no further role 'text': choose among"),
        ({"group": ["a", "b"]}, "One column can be the group, and 'a', 'b' were given: choose one of them."),
    ],
)
def test_a_request_for_roles_that_makes_no_sense_is_one_sentence(others: dict[str, str], sentence: str) -> None:
    with pytest.raises(RequestError, match=f"^{re.escape(sentence)}"):
        detect_roles(pa.table({"text": LONG, "a": IDS, "b": IDS}), others=others)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"others": {"pair": "x"}}, "f has no column 'x', only 'text', 'n'. Choose one of these."),
        ({"others": {"pair": "text"}}, "Column 'text' of f cannot be both text and pair"),
        ({"label": "n", "others": {"weight": "n"}}, "Column 'n' of f cannot be both label and weight"),
        (
            {"others": {"vectors": ["n", "n"]}},
            "Column 'n' of f stands twice among those for the vectors: give it once.",
        ),
        (
            {"others": {"prompt": "n"}},
            "Column 'n' of f holds int64, which cannot be the prompt: choose a column of strings.",
        ),
    ],
)
def test_a_role_that_cannot_be_is_refused_where_the_user_named_it(options: dict[str, object], sentence: str) -> None:
    with pytest.raises(InputError, match=f"^{re.escape(sentence)}"):
        detect_roles(pa.table({"text": LONG, "n": STARS}), file="f", **options)


def test_other_roles_keep_how_it_was_read_and_the_reasons_that_still_hold() -> None:
    table = pa.table({"a": ["x y"], "b": ["z"], "c": [1]})
    reasons = {"text": "`a` is it.", "label": "`b` is it.", "id": "`c` is it."}
    corpus = assign_roles(
        table,
        name="n",
        source="a.csv",
        roles=Roles("a", "b", id="c"),
        notes=["read as UTF-8"],
        reasons=reasons,
        drawn_from=9,
    )
    other = with_roles(corpus, Roles("a", id="c", group="b"))
    assert (other.notes, other.drawn_from) == (("read as UTF-8",), 9)
    assert other.reasons == {"text": "`a` is it.", "id": "`c` is it."}
