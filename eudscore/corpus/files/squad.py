"""The layout of SQuAD: articles of paragraphs of questions, flattened to one row a question.

Source: Rajpurkar et al., Know What You Don't Know: Unanswerable Questions for SQuAD (ACL 2018), data format of 2.0.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from eudscore.errors import InputError

_COLUMNS = ("id", "question", "context", "answer_text", "answer_start", "title")


def is_squad(entries: Sequence[Any]) -> bool:
    """Whether entries are articles with paragraphs."""
    return bool(entries) and all(isinstance(entry, dict) and "paragraphs" in entry for entry in entries)


def questions(articles: Sequence[Mapping[str, Any]], name: str) -> tuple[list[dict[str, Any]], str]:
    """A row a question with its first answer, and the sentence that says so.

    Raises:
        InputError: an article or a question is not as it should be.
    """
    rows: list[dict[str, Any]] = []
    several = none = 0
    for number, article in enumerate(articles, 1):
        place = f"Article {number} of {name}"
        for context, question in _questions(article, place):
            answers = _listed(question, "answers", place) if question.get("answers") else []
            first = answers[0] if answers else {}
            several += len(answers) > 1
            none += not answers
            values = (
                question.get("id"), question.get("question"), context, _of(first, "text", place),
                _of(first, "answer_start", place), article.get("title"),
            )  # fmt: skip
            rows.append(dict(zip(_COLUMNS, values, strict=True)))
    return rows, _told(len(rows), several, none)


def _questions(article: Mapping[str, Any], place: str) -> Iterator[tuple[Any, Mapping[str, Any]]]:
    for paragraph in _listed(article, "paragraphs", place):
        for question in _listed(paragraph, "qas", place):
            if not isinstance(question, dict):
                raise InputError(_misfit(place, "a question that is no object"))
            yield paragraph.get("context"), question


def _listed(entry: Any, key: str, place: str) -> list[Any]:
    found = entry.get(key) if isinstance(entry, dict) else None
    if not isinstance(found, list):
        raise InputError(_misfit(place, f"no list of {key!r} where one belongs"))
    return found


def _of(answer: Any, key: str, place: str) -> Any:
    if not isinstance(answer, dict):
        raise InputError(_misfit(place, "an answer that is no object"))
    return answer.get(key)


def _misfit(place: str, there: str) -> str:
    return f"{place} has {there}: give articles, paragraphs, qas and answers as in SQuAD."


def _told(rows: int, several: int, none: int) -> str:
    told = [f"SQuAD layout: a row a question ({rows:,}) with its first answer"]
    told += [f"questions with further answers, which are not read: {several:,}"] if several else []
    told += [f"questions without an answer: {none:,}"] if none else []
    return "; ".join(told) + "."
