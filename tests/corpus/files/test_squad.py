import copy
from typing import Any

import pytest

from eudscore.corpus.files.squad import is_squad, questions
from eudscore.errors import InputError

SQUAD: dict[str, Any] = {
    "version": "v2.0",
    "data": [
        {
            "title": "Trees",
            "paragraphs": [
                {
                    "context": "An oak is a tree.",
                    "qas": [
                        {
                            "id": "1", "question": "What is an oak?", "is_impossible": False,
                            "answers": [{"text": "a tree", "answer_start": 10}, {"text": "tree", "answer_start": 12}],
                        },
                        {"id": "2", "question": "What is an elm?", "is_impossible": True, "answers": []},
                    ],
                },
                {"context": "Nothing.", "qas": []},
            ],
        },
        {"title": "Odd", "paragraphs": [{"context": "c", "qas": [{"id": "3", "question": "q"}]}]},
    ],
}  # fmt: skip


def test_the_layout_of_squad_is_a_row_a_question() -> None:
    assert is_squad(SQUAD["data"])
    rows, told = questions(SQUAD["data"], "train.json")
    assert list(rows[0]) == ["id", "question", "context", "answer_text", "answer_start", "title"]
    assert {column: [row[column] for row in rows] for column in rows[0]} == {
        "id": ["1", "2", "3"],
        "question": ["What is an oak?", "What is an elm?", "q"],
        "context": ["An oak is a tree.", "An oak is a tree.", "c"],
        "answer_text": ["a tree", None, None],
        "answer_start": [10, None, None],
        "title": ["Trees", "Trees", "Odd"],
    }
    assert told == (
        "SQuAD layout: a row a question (3) with its first answer; questions with further answers, which are not "
        "read: 1; "
        "questions without an answer: 2."
    )


@pytest.mark.parametrize(
    ("article", "there"),
    [
        ({"paragraphs": 7}, "no list of 'paragraphs' where one belongs"),
        ({"paragraphs": ["x"]}, "no list of 'qas' where one belongs"),
        ({"paragraphs": [{"qas": [7]}]}, "a question that is no object"),
        ({"paragraphs": [{"qas": [{"answers": "x"}]}]}, "no list of 'answers' where one belongs"),
        ({"paragraphs": [{"qas": [{"answers": ["x"]}]}]}, "an answer that is no object"),
    ],
)
def test_a_broken_layout_of_squad_is_refused(article: dict[str, Any], there: str) -> None:
    with pytest.raises(InputError) as refused:
        questions([article], "a.json")
    assert str(refused.value) == (
        f"Article 1 of a.json has {there}: give articles, paragraphs, qas and answers as in SQuAD."
    )


def test_other_data_are_not_taken_for_squad() -> None:
    assert not is_squad([])
    assert not is_squad(["a"])
    assert not is_squad([{"text": "a"}])
    assert not is_squad([*SQUAD["data"], {"text": "a"}])


def test_nothing_is_told_that_is_not_there() -> None:
    articles = copy.deepcopy(SQUAD["data"][:1])
    question = articles[0]["paragraphs"][0]["qas"][0]
    articles[0]["paragraphs"][0]["qas"] = [question | {"answers": question["answers"][:1]}]
    assert questions(articles, "a.json")[1] == "SQuAD layout: a row a question (1) with its first answer."
