"""Columns that belong together: a text and its pair, a prompt and its answer, a question and its context."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

import pyarrow as pa

from eudscore.corpus.answers import holds_answers, holds_starts, is_nested
from eudscore.corpus.classes import is_text
from eudscore.corpus.detection import role_names as names
from eudscore.corpus.detection.text_role import Looks, has_plain_text, looks_of

_SENTENCE = 2  # words on average; what has fewer is a label or a name
_LONG_ANSWER = 5  # words on average from which answers are texts of their own


@dataclass(frozen=True)
class Layout:
    """A text and the columns that belong to it.

    Attributes:
        text: the column of the text, as a sample of it looks.
        roles: other role -> its column.
        reasons: role -> why, a sentence.
        about: what the text is to the others, to be added to its own reason; else empty.
    """

    text: Looks
    roles: Mapping[str, str]
    reasons: Mapping[str, str]
    about: str = ""


def found_layout(table: pa.Table, taken: Collection[str], text: str | None = None) -> Layout | None:
    """The layout of a table, if its columns are called as those of one.

    Args:
        table: (n rows).
        taken: columns that play a role already.
        text: the text column, if the user says so; then only a layout around it is found. Without it, a column that
            is simply called `text` speaks against all of them.
    """
    if text is None and has_plain_text(table, taken):
        return None
    there = {names.plain_name(column): column for column in reversed(table.column_names) if column not in taken}
    for layouts in (_prompted, _pairs, _questions):
        for layout in layouts(table, there):
            if text is None or layout.text.column == text:
                return layout
    return None


def _prompted(table: pa.Table, there: Mapping[str, str]) -> Iterator[Layout]:
    for before, after in names.PROMPTED:
        prompt, text = _looks(table, there, before), _looks(table, there, after)
        if prompt is None or text is None or min(prompt.filled, text.filled) < 0.5 or text.words < _SENTENCE:
            continue
        roles = {"prompt": prompt.column}
        reasons = {"prompt": f"`{prompt.column}` looks like the prompt of `{text.column}`: {prompt.sentence}."}
        given = _looks(table, there, names.INPUT[0]) if before == "instruction" else None
        if given is not None and given.filled > 0:
            roles["context"] = given.column
            reasons["context"] = (
                f"`{given.column}` looks like what `{prompt.column}` is about: {given.sentence}; it is not read "
                "before the text."
            )
        yield Layout(text, roles, reasons, f", and it answers `{prompt.column}`")


def _pairs(table: pa.Table, there: Mapping[str, str]) -> Iterator[Layout]:
    for one, other in names.PAIRS:
        first, second = _looks(table, there, one), _looks(table, there, other)
        if first is not None and second is not None and min(first.filled, second.filled) >= 0.5:
            reason = f"`{second.column}` looks like the second of two texts, after `{first.column}`: {second.sentence}."
            yield Layout(first, {"pair": second.column}, {"pair": reason})


def _questions(table: pa.Table, there: Mapping[str, str]) -> Iterator[Layout]:
    question = next((look for name in names.QUESTION if (look := _looks(table, there, name))), None)
    if question is None:
        return
    context = next((look for name in names.CONTEXT if (look := _looks(table, there, name))), None)
    answer = next((c for n in names.ANSWER if (c := there.get(n)) and holds_answers(_kind(table, c))), None)
    if context is not None:
        yield _about_context(table, there, (question, context), answer)
    elif answer is not None:
        yield _without_context(table, question, answer)


def _about_context(table: pa.Table, there: Mapping[str, str], asked: tuple[Looks, Looks], answer: str | None) -> Layout:
    question, context = asked
    roles = {"context": context.column}
    reasons = {"context": f"`{context.column}` looks like what `{question.column}` is about: {context.sentence}."}
    if answer is None:
        return Layout(question, roles, reasons)
    roles["answer"] = answer
    nested = is_nested(_kind(table, answer))
    first = "" if is_text(_kind(table, answer)) else ", the first of each row"
    reasons["answer"] = f"`{answer}` looks like the answer to `{question.column}`, by its name{first}."
    start = answer if nested else next((there[name] for name in names.ANSWER_START if name in there), None)
    if start is not None and holds_starts(_kind(table, start)):
        roles["answer_start"] = start
        reasons["answer_start"] = f"`{start}` says where the answer begins: it stands there in `{context.column}`."
    return Layout(question, roles, reasons)


def _without_context(table: pa.Table, question: Looks, answer: str) -> Layout:
    """Long answers are what a model is to write, and the question is their prompt; short ones tell of the question."""
    words = looks_of(table, answer) if is_text(_kind(table, answer)) else None
    if words is not None and words.words >= _LONG_ANSWER:
        reason = f"`{question.column}` looks like the prompt of `{answer}`: {question.sentence}."
        return Layout(words, {"prompt": question.column}, {"prompt": reason}, f", and it answers `{question.column}`")
    reason = f"`{answer}` looks like the answer to `{question.column}`, by its name."
    return Layout(question, {"answer": answer}, {"answer": reason})


def _looks(table: pa.Table, there: Mapping[str, str], name: str) -> Looks | None:
    column = there.get(name)
    return looks_of(table, column) if column is not None and is_text(_kind(table, column)) else None


def _kind(table: pa.Table, column: str) -> pa.DataType:
    return table.schema.field(column).type
