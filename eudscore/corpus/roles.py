"""Which column is the text and which the label: found, or taken from the user and checked."""

import re
from dataclasses import dataclass
from pathlib import PurePath

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from eudscore.corpus.classes import Classes, classes_of, holds_labels, is_text, plain
from eudscore.corpus.words import word_counts
from eudscore.errors import InputError
from eudscore.records import UNLABELLED, Corpus, Ints, Roles

# First the names that say it most plainly.
_TEXT_NAMES = [
    "text", "texts", "sentence", "review", "question", "content", "message", "comment", "tweet", "utterance",
    "document", "body", "post", "query", "prompt", "article", "review_text", "review_body", "text_a",
    "sentence1", "premise",
]  # fmt: skip
_LABEL_NAMES = [
    "label", "labels", "class", "category", "target", "sentiment", "intent", "topic", "emotion", "stars",
    "rating", "polarity", "coarse_label", "label_coarse", "class_label", "label_name", "label_text",
    "class_name", "fine_label", "y", "gold",
]  # fmt: skip
_BY_VALUES = 2 * len(_LABEL_NAMES)
# Columns of few values that describe where a text comes from, not what it is.
_NO_LABEL = re.compile(
    r"(^|_)(id|ids|idx|index|row|source|title|author|user|name|url|link|date|time|year|month|lang|language|locale|"
    r"split|fold|version|country|file|path|length|len|count|votes?|score|start|end|n)(_|$)"
)
_ID_NAMES = re.compile(r"(^|_)(id|ids|uuid|guid|hash|key|url|uri|link|path|file|filename|date|time|timestamp)$")
_URL = r"^\s*(https?://|www\.)\S+\s*$"
_DIGIT = r"\d"
_SAMPLE = 5_000
_MOST_CLASSES = 1_000
_FEW_CLASSES = 50
_NAMES_SHOWN = 20


@dataclass(frozen=True)
class DetectedRoles:
    """Roles and why: `reasons` has one sentence for `text` and one for `label`."""

    roles: Roles
    reasons: dict[str, str]


@dataclass(frozen=True)
class _Looks:
    """What a sample of a column of strings looks like; words are the mean over filled cells."""

    column: str
    filled: float
    words: float
    telling: bool  # no id, address or date, and not the same in every row

    @property
    def sentence(self) -> str:
        words = f"{self.words:.1f}" if self.words < 10 else f"{self.words:.0f}"
        return f"{self.filled:.0%} of its cells are filled, {words} words on average".replace("%", " %")


def detect_roles(
    table: pa.Table, *, text: str | None = None, label: str | None = None, file: str = "The table"
) -> DetectedRoles:
    """Find the text and the label column, or check those that are given.

    Args:
        table: (n rows) as it was read.
        text: name of the text column, if the user says so.
        label: name of the label column, if the user says so.
        file: what the table is called in errors.

    Raises:
        InputError: a given column is missing or cannot have this role, or no column holds strings.
    """
    for column in (text, label):
        _require(table, column, file)
    text, text_reason = _given_text(table, text, file) if text else _found_text(table, label, file)
    if label:
        classes = _label_classes(table, Roles(text, label), file)
        label_reason = f"`{label}` is the label: {_about(classes)}."
    else:
        label, label_reason = _found_label(table, text, file)
    return DetectedRoles(Roles(text, label), {"text": text_reason, "label": label_reason})


def assign_roles(table: pa.Table, *, name: str, source: str, roles: Roles) -> Corpus:
    """The corpus of a table; every column and every row stays as it is.

    Args:
        table: (n rows).
        name: what people call the data set.
        source: where it was read from.
        roles: of its columns.

    Raises:
        InputError: a column is missing or cannot have its role.
    """
    file = _file(source)
    _require(table, roles.text, file)
    _require(table, roles.label, file)
    _given_text(table, roles.text, file)
    if roles.label is None:
        classes = Classes((), np.full(table.num_rows, UNLABELLED, dtype=np.int64))
    else:
        classes = _label_classes(table, roles, file)
    return Corpus(name, source, table, roles, classes.names, classes.labels)


def with_roles(corpus: Corpus, roles: Roles) -> Corpus:
    """The same table with other roles.

    Raises:
        InputError: a column is missing or cannot have its role.
    """
    return assign_roles(corpus.table, name=corpus.name, source=corpus.source, roles=roles)


def _file(source: str) -> str:
    return PurePath(source.removeprefix("upload:")).name


def _require(table: pa.Table, column: str | None, file: str) -> None:
    if column is None or column in table.column_names:
        return
    there = [repr(name) for name in table.column_names[:_NAMES_SHOWN]]
    more = table.num_columns - len(there)
    listed = ", ".join(there) + (f" and {more} more" if more > 0 else "")
    raise InputError(f"{file} has no column {column!r}, only {listed}. Choose one of these.")


def _given_text(table: pa.Table, text: str, file: str) -> tuple[str, str]:
    kind = table.schema.field(text).type
    if not is_text(kind):
        others = ", ".join(repr(name) for name in _text_columns(table)) or "none"
        raise InputError(f"Column {text!r} of {file} holds {kind}, not text. Choose a column of strings: {others}.")
    return text, f"`{text}` is the text: {_looks(table, text).sentence}."


def _text_columns(table: pa.Table) -> list[str]:
    return [field.name for field in table.schema if is_text(field.type)]


def _found_text(table: pa.Table, label: str | None, file: str) -> tuple[str, str]:
    looks = [_looks(table, column) for column in _text_columns(table) if column != label]
    if not looks and label in _text_columns(table):
        raise InputError(_both(str(label), file))
    if not looks:
        there = ", ".join(f"{field.name!r} ({field.type})" for field in list(table.schema)[:_NAMES_SHOWN])
        raise InputError(f"{file} has no column of texts, only {there}. Give a file with a column of strings.")
    best = min([look for look in looks if look.telling] or looks, key=_preference)
    return best.column, f"`{best.column}` looks like the text: {best.sentence}."


def _preference(look: _Looks) -> tuple[bool, int, float]:
    """Sentences before bare words; known names first, then names with one in them, then the longest texts."""
    name = _plain_name(look.column)
    rank = 2 * len(_TEXT_NAMES)
    if name in _TEXT_NAMES:
        rank = _TEXT_NAMES.index(name)
    elif set(name.split("_")) & set(_TEXT_NAMES):
        rank = len(_TEXT_NAMES)
    return look.words < 2, rank, -look.words


def _looks(table: pa.Table, column: str) -> _Looks:
    values = plain(_sample(table.column(column)))
    filled = values.filter(pc.fill_null(pc.not_equal(pc.utf8_trim_whitespace(values), ""), False))
    named_text = _plain_name(column) in _TEXT_NAMES
    if not len(filled):
        return _Looks(column, 0.0, 0.0, telling=named_text)
    words = float(word_counts(filled).mean())
    distinct = pc.count_distinct(filled).as_py()
    coded = words < 1.1 and distinct > 0.95 * len(filled) and _mean(_matches(filled, _DIGIT)) > 0.5
    reference = words < 1.1 and _ID_NAMES.search(_plain_name(column)) is not None
    constant = distinct == 1 and len(values) > 1
    return _Looks(
        column,
        filled=len(filled) / len(values),
        words=words,
        telling=named_text or not (coded or reference or constant or _mean(_matches(filled, _URL)) > 0.5),
    )


def _sample(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Evenly spread rows, because files are often sorted."""
    if len(column) <= _SAMPLE:
        return column
    rows: Ints = np.linspace(0, len(column) - 1, _SAMPLE).astype(np.int64)
    return column.take(pa.array(rows))


def _matches(values: pa.ChunkedArray, pattern: str) -> pa.ChunkedArray:
    return pc.match_substring_regex(values, pattern).cast(pa.int8())


def _mean(values: pa.ChunkedArray) -> float:
    return float(pc.mean(values).as_py() or 0.0)


def _plain_name(column: str) -> str:
    return re.sub(r"[\s.\-]+", "_", column.strip().lower())


def _label_classes(table: pa.Table, roles: Roles, file: str) -> Classes:
    if roles.label == roles.text:
        raise InputError(_both(roles.text, file))
    return classes_of(table, str(roles.label), text=roles.text, file=file)


def _both(column: str, file: str) -> str:
    return f"Column {column!r} of {file} cannot be both text and label: choose another column for one of them."


def _found_label(table: pa.Table, text: str, file: str) -> tuple[str | None, str]:
    others = [column for column in table.column_names if column != text]
    for column in sorted(others, key=_label_rank):
        if _label_rank(column) < _BY_VALUES and (classes := _as_label(table, column, text, file)):
            return column, f"`{column}` looks like the label: {_about(classes)}."
    by_values = [
        (column, classes)
        for column in others
        if not _NO_LABEL.search(_plain_name(column)) and (classes := _as_label(table, column, text, file))
        if 2 <= len(classes.names) <= min(_FEW_CLASSES, table.num_rows / 5)
    ]
    if len(by_values) == 1:
        column, classes = by_values[0]
        return column, f"`{column}` is the only other column with few values: {_about(classes)}."
    return None, "No column looks like a label: choose one if there is one."


def _label_rank(column: str) -> int:
    name = _plain_name(column)
    if name in _LABEL_NAMES:
        return _LABEL_NAMES.index(name)
    return len(_LABEL_NAMES) if "label" in name.split("_") else _BY_VALUES


def _as_label(table: pa.Table, column: str, text: str, file: str) -> Classes | None:
    """The classes of a column if it can be a label: some classes, but not nearly one for each row."""
    kind = table.schema.field(column).type
    if pa.types.is_null(kind) or not holds_labels(kind):
        return None
    # Counting is much cheaper than naming the classes of a column of ids.
    if pc.count_distinct(plain(table.column(column))).as_py() > _MOST_CLASSES + 2:
        return None
    try:
        classes = classes_of(table, column, text=text, file=file)
    except InputError:
        return None
    return classes if 0 < len(classes.names) <= _MOST_CLASSES and (classes.labels >= 0).any() else None


def _about(classes: Classes) -> str:
    count = len(classes.names)
    shown = ", ".join(classes.names[:4]) + (", …" if count > 4 else "")
    facts = ["1 class" if count == 1 else f"{count} classes"] + ([f"({shown})"] if count else [])
    if classes.named_by:
        facts.append(f"named by `{classes.named_by}`")
    unlabelled = int((classes.labels == UNLABELLED).sum())
    if unlabelled:
        facts.append(f"and {unlabelled:,} rows without one")
    return " ".join(facts)
