import pyarrow as pa
import pytest

from eudscore.corpus.detection.layouts import found_layout
from eudscore.corpus.roles import detect_roles
from eudscore.records import Roles

N = 30
LONG = [f"this is the passage number {n} and it is long enough" for n in range(N)]
SHORT = [f"which number {n}" for n in range(N)]
ANSWERED = {
    "question": SHORT,
    "context": LONG,
    "answers": [{"text": ["number"], "answer_start": [20]}] * N,
    "title": [f"t{n % 12}" for n in range(N)],
}


@pytest.mark.parametrize(
    ("text", "roles"),
    [
        (None, Roles("response", prompt="prompt")),
        ("response", Roles("response", prompt="prompt")),
        ("prompt", Roles("prompt")),
        ("hypothesis", Roles("hypothesis")),
        ("premise", Roles("premise", pair="hypothesis")),
    ],
)
def test_what_belongs_to_a_text_depends_on_which_one_it_is(text: str | None, roles: Roles) -> None:
    table = pa.table({"prompt": SHORT, "response": LONG, "premise": LONG, "hypothesis": SHORT})
    assert detect_roles(table, text=text).roles == roles


@pytest.mark.parametrize(
    ("others", "roles"),
    [
        ({}, Roles("question", context="context", answer="answers", answer_start="answers", group="title")),
        ({"answer_start": ""}, Roles("question", context="context", answer="answers", group="title")),
        ({"answer": ""}, Roles("question", context="context", group="title")),
        ({"context": ""}, Roles("question", answer="answers")),
        ({"group": ""}, Roles("question", context="context", answer="answers", answer_start="answers")),
    ],
)
def test_a_part_the_user_does_not_want_takes_what_rests_on_it_along(others: dict[str, str], roles: Roles) -> None:
    assert detect_roles(pa.table(ANSWERED), others=others).roles == roles


@pytest.mark.parametrize(
    "columns",
    [
        {"prompt": SHORT},
        {"prompt": SHORT, "response": [[word] for word in SHORT]},
        {"prompt": [""] * N, "response": LONG},
        {"prompt": SHORT, "response": ["yes", "no"] * (N // 2)},
        {"premise": LONG, "hypothesis": [1] * N},
        {"question": SHORT, "answer": [1] * N},
        {"text": LONG, "prompt": SHORT, "response": LONG},
    ],
    ids=["alone", "a list", "an empty prompt", "a label", "a number", "a number for an answer", "beside a text"],
)
def test_what_only_looks_like_a_layout_by_its_names_is_none(columns: dict[str, object]) -> None:
    assert found_layout(pa.table(columns), set()) is None


def test_an_answer_and_its_prompt_are_told() -> None:
    reasons = detect_roles(pa.table({"question": SHORT, "answer": LONG})).reasons
    assert reasons["text"] == (
        "`answer` looks like the text: 100 % of its cells are filled, 11 words on average, and it answers `question`."
    )
    assert reasons["prompt"] == (
        "`question` looks like the prompt of `answer`: 100 % of its cells are filled, 3.0 words on average."
    )
