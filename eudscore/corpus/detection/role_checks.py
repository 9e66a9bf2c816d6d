"""Whether columns can play their roles: all rows are looked at, and the first fault is told of."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pyarrow as pa

from eudscore.corpus.answers import first_misplaced, holds_answers, holds_starts, is_nested
from eudscore.corpus.classes import is_text
from eudscore.corpus.detection.key_roles import names_rows
from eudscore.corpus.detection.number_roles import SUM_WITHIN, class_of_column, order_of_classes
from eudscore.corpus.detection.role_names import IN_WORDS, SEVERAL
from eudscore.corpus.detection.text_role import NAMES_SHOWN, check_text
from eudscore.corpus.numbers import (
    Numbers,
    first_of_other_width,
    is_list,
    is_number,
    is_number_list,
    number_blocks,
    width_of,
)
from eudscore.errors import InputError
from eudscore.records import Bools, Roles


def columns_of(roles: Roles, role: str) -> tuple[str, ...]:
    """The columns that play a role; none where nobody does."""
    columns = getattr(roles, role)
    if isinstance(columns, tuple):
        return columns
    return () if columns is None else (columns,)


def require(table: pa.Table, column: str | None, file: str) -> None:
    """Refuse a column that is not there.

    Raises:
        InputError: with the columns that are.
    """
    if column is None or column in table.column_names:
        return
    there = [repr(name) for name in table.column_names[:NAMES_SHOWN]]
    more = table.num_columns - len(there)
    listed = ", ".join(there) + (f" and {more} more" if more > 0 else "")
    raise InputError(f"{file} has no column {column!r}, only {listed}. Choose one of these.")


def check_each_once(table: pa.Table, played: Mapping[str, Sequence[str]], file: str) -> None:
    """Refuse a column that is to play two roles.

    An id may also be the group, and a column that holds answers and where they begin plays both.

    Args:
        table: (n rows).
        played: role -> its columns.
        file: what the table is called in errors.

    Raises:
        InputError: a column plays two roles, or one role twice.
    """
    seen: dict[str, str] = {}
    for role, columns in played.items():
        for column in columns:
            other = seen.setdefault(column, role)
            if len(set(columns)) < len(columns):
                raise InputError(
                    f"Column {column!r} of {file} stands twice among those for {IN_WORDS[role]}: give it once."
                )
            if other != role and not _may_share(table, column, {other, role}):
                raise InputError(
                    f"Column {column!r} of {file} cannot be both {other} and {role}: choose another column for one "
                    "of them."
                )


def _may_share(table: pa.Table, column: str, both: set[str]) -> bool:
    if both == {"group", "id"}:
        return True
    return both == {"answer", "answer_start"} and is_nested(table.schema.field(column).type)


def check_role(table: pa.Table, roles: Roles, role: str, classes: Sequence[str], file: str) -> None:
    """Refuse columns that cannot play a role, the label apart.

    Args:
        table: (n rows).
        roles: of its columns; those of the role are there.
        role: the one to check.
        classes: of the label, in order; empty where there is none.
        file: what the table is called in errors.

    Raises:
        InputError: the type does not fit, or a row does not.
    """
    columns = columns_of(roles, role)
    if not columns:
        return
    if role in ("text", "pair"):
        check_text(table, columns[0], file)
    elif role in SEVERAL:
        _check_numbers(table, role, columns, file)
        if role == "probabilities":
            _check_probabilities(table, columns, classes, file)
    else:
        _check_kind(table, columns[0], role, file)
        if role == "weight":
            _check_weight(table, columns[0], file)
        elif role == "answer_start":
            _check_answers(table, roles, file)


_KINDS: dict[str, tuple[Callable[[pa.DataType], bool], str]] = {
    "prompt": (is_text, "strings"),
    "context": (is_text, "strings"),
    "answer": (holds_answers, "strings, or lists of answers with `text` and `answer_start`"),
    "answer_start": (holds_starts, "whole numbers, or lists of answers with `text` and `answer_start`"),
    "group": (names_rows, "names or numbers"),
    "id": (names_rows, "names or numbers"),
    "weight": (is_number, "numbers"),
}


def _check_kind(table: pa.Table, column: str, role: str, file: str) -> None:
    fits, wanted = _KINDS[role]
    kind = table.schema.field(column).type
    if not fits(kind):
        raise InputError(
            f"Column {column!r} of {file} holds {kind}, which cannot be {IN_WORDS[role]}: choose a column of {wanted}."
        )


def _check_weight(table: pa.Table, column: str, file: str) -> None:
    def negative(numbers: Numbers) -> Bools:
        return np.asarray((numbers < 0).any(axis=1))

    row = _first_row(table, (column,), _not_finite)
    if row is None:
        row = _first_row(table, (column,), negative)
    if row is not None:
        value = table.column(column)[row].as_py()
        raise InputError(f"Row {row} of {file} has the weight {value} in {column!r}: a weight is a number from 0 on.")


def _check_answers(table: pa.Table, roles: Roles, file: str) -> None:
    if roles.context is None or roles.answer is None:
        raise InputError(
            f"Column {roles.answer_start!r} of {file} says where an answer begins, but no column is the context and "
            "the answer: choose these too, or leave it out."
        )
    for role in ("context", "answer"):
        _check_kind(table, columns_of(roles, role)[0], role, file)
    row = first_misplaced(table, context=roles.context, answer=roles.answer, answer_start=str(roles.answer_start))
    if row is not None:
        raise InputError(
            f"In row {row} of {file} the answer {roles.answer!r} does not stand in {roles.context!r} at the character "
            f"that {roles.answer_start!r} names: correct it, or leave {roles.answer_start!r} out."
        )


def _check_numbers(table: pa.Table, role: str, columns: Sequence[str], file: str) -> None:
    what = IN_WORDS[role].removeprefix("the ")
    for column in columns:
        kind = table.schema.field(column).type
        if not (is_number_list(kind) if len(columns) == 1 else is_number(kind)):
            raise InputError(
                f"Column {column!r} of {file} holds {kind}: {what} are one column of lists of numbers, or several "
                "columns of numbers."
            )
    width = width_of(table, columns)
    if not table.num_rows:
        return
    if width is None:
        raise InputError(f"Column {columns[0]!r} of {file} holds nothing at all: choose other {what}, or none.")
    if is_list(table.schema.field(columns[0]).type) and (other := first_of_other_width(table, columns[0], width)):
        at, length = other
        raise InputError(
            f"Row {at} of {file} has {_counted(length)} in {columns[0]!r} where the first has {width}: all must have "
            "as many, or be null."
        )
    if width < 2 or (role == "coordinates" and width != 2):
        wanted = "two numbers" if role == "coordinates" else "at least two numbers"
        raise InputError(f"{_hold(columns, file)} {_counted(width)} a row: {what} are {wanted}.")
    row = _first_row(table, columns, _not_finite)
    if row is not None:
        raise InputError(
            f"Row {row} of {file} has something that is no finite number among its {what}: a row has all of them, or "
            "null."
        )


def _check_probabilities(table: pa.Table, columns: Sequence[str], classes: Sequence[str], file: str) -> None:
    width = width_of(table, columns)
    if classes and width is not None and width != len(classes):
        raise InputError(
            f"{_hold(columns, file)} {width} class probabilities, but the label has {len(classes)} "
            "classes: give one for each, in their order, or leave them out."
        )
    if classes and len(columns) > 1 and all(class_of_column(column) for column in columns):
        order = order_of_classes(columns, classes)
        if order is not None and order != tuple(columns):
            listed = ", ".join(repr(column) for column in order[:NAMES_SHOWN])
            raise InputError(
                f"The class probabilities of {file} are not in the order of the classes: give them as {listed}."
            )

    def unlike(numbers: Numbers) -> Bools:
        missing = np.isnan(numbers).all(axis=1)
        off = np.abs(numbers.sum(axis=1, dtype=np.float64) - 1) > SUM_WITHIN
        return np.asarray(~missing & (off | (numbers < 0).any(axis=1)))

    row = _first_row(table, columns, unlike)
    if row is not None:
        raise InputError(
            f"Row {row} of {file} has class probabilities that are below 0 or do not add up to 1: correct them, or "
            "leave the probabilities out."
        )


def _not_finite(numbers: Numbers) -> Bools:
    """Rows that hold something infinite, or nothing beside a number."""
    missing = np.isnan(numbers)
    return np.asarray(np.isinf(numbers).any(axis=1) | (missing.any(axis=1) & ~missing.all(axis=1)))


def _first_row(table: pa.Table, columns: Sequence[str], is_wrong: Callable[[Numbers], Bools]) -> int | None:
    for start, numbers in number_blocks(table, columns):
        wrong = np.flatnonzero(is_wrong(numbers))
        if len(wrong):
            return start + int(wrong[0])
    return None


def _hold(columns: Sequence[str], file: str) -> str:
    if len(columns) == 1:
        return f"Column {columns[0]!r} of {file} holds"
    return f"Columns {columns[0]!r} to {columns[-1]!r} of {file} hold"


def _counted(numbers: int) -> str:
    return "1 number" if numbers == 1 else f"{numbers} numbers"
