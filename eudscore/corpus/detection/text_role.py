"""Which column is the text: by its name, by what a sample of it looks like, and by the columns beside it."""

import re
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from eudscore.corpus.classes import is_text, plain
from eudscore.corpus.detection.role_names import PLAIN_TEXT, TEXT, plain_name
from eudscore.corpus.words import word_counts
from eudscore.errors import InputError
from eudscore.records import Ints
from eudscore.scored_texts import is_chat, scored_texts

SAMPLE = 5_000  # rows
NAMES_SHOWN = 20

_REFERENCE = re.compile(
    r"(^|_)(id|ids|uuid|guid|hash|key|url|uri|link|path|file|filename|date|time|timestamp)$"
)  # a name for something that is elsewhere
_URL = r"^\s*(https?://|www\.)\S+\s*$"
_DIGIT = r"\d"


@dataclass(frozen=True)
class Looks:
    """What a sample of a column of texts looks like; words are the mean over filled cells."""

    column: str
    filled: float
    words: float
    telling: bool  # no id, address or date, and not the same in every row
    chat: bool = False

    @property
    def sentence(self) -> str:
        """Without a subject: how many cells are filled, and how many words they hold."""
        words = f"{self.words:.1f}" if self.words < 10 else f"{self.words:.0f}"
        what = "chats" if self.chat else "cells"
        return f"{self.filled:.0%} of its {what} are filled, {words} words on average".replace("%", " %")


def readable(kind: pa.DataType) -> bool:
    """Whether a column of this type can be the text: strings, or chats."""
    return is_text(kind) or is_chat(kind)


def text_columns(table: pa.Table) -> list[str]:
    """The columns that can be the text."""
    return [field.name for field in table.schema if readable(field.type)]


def check_text(table: pa.Table, column: str, file: str) -> None:
    """Refuse a column that cannot be read as text.

    Raises:
        InputError: it holds neither strings nor chats.
    """
    kind = table.schema.field(column).type
    if not readable(kind):
        others = ", ".join(repr(name) for name in text_columns(table)[:NAMES_SHOWN]) or "none"
        raise InputError(f"Column {column!r} of {file} holds {kind}, not text. Choose a column of strings: {others}.")


def found_text(table: pa.Table, taken: Collection[str], file: str) -> Looks:
    """The column that looks most like the text.

    Args:
        table: (n rows).
        taken: columns that play another role.
        file: what the table is called in errors.

    Raises:
        InputError: no column is left that holds strings or chats.
    """
    looks = [looks_of(table, column) for column in text_columns(table) if column not in taken]
    if not looks:
        there = ", ".join(f"{field.name!r} ({field.type})" for field in list(table.schema)[:NAMES_SHOWN])
        more = table.num_columns - NAMES_SHOWN
        listed = there + (f" and {more} more" if more > 0 else "")
        raise InputError(f"{file} has no column of texts, only {listed}. Give a file with a column of strings.")
    return min([look for look in looks if look.telling] or looks, key=_preference)


def has_plain_text(table: pa.Table, taken: Collection[str]) -> bool:
    """Whether a column is simply called `text` and holds more than bare words: then nothing else is."""
    return any(
        plain_name(column) in PLAIN_TEXT and looks_of(table, column).words >= 2
        for column in text_columns(table)
        if column not in taken
    )


def looks_of(table: pa.Table, column: str) -> Looks:
    """What a sample of a column of strings or chats looks like."""
    chat = is_chat(table.schema.field(column).type)
    values = plain(scored_texts(pa.table({column: sample_of(table.column(column))}), text=column))
    filled = values.filter(pc.fill_null(pc.not_equal(pc.utf8_trim_whitespace(values), ""), False))
    named_text = plain_name(column) in TEXT
    if not len(filled):
        return Looks(column, 0.0, 0.0, telling=named_text, chat=chat)
    words = float(word_counts(filled).mean())
    distinct = pc.count_distinct(filled).as_py()
    single = words < 1.1
    coded = single and distinct > 0.95 * len(filled) and _share(filled, _DIGIT) > 0.5
    reference = single and _REFERENCE.search(plain_name(column)) is not None
    address = words < 2 and _share(filled, _URL) > 0.5
    constant = distinct == 1 and len(values) > 1
    return Looks(
        column,
        filled=len(filled) / len(values),
        words=words,
        telling=named_text or not (coded or reference or address or constant),
        chat=chat,
    )


def sample_of(column: pa.ChunkedArray, rows: int = SAMPLE) -> pa.ChunkedArray:
    """Evenly spread rows, because files are often sorted."""
    if len(column) <= rows:
        return column
    chosen: Ints = np.linspace(0, len(column) - 1, rows).astype(np.int64)
    return column.take(pa.array(chosen))


def _preference(look: Looks) -> tuple[bool, float, float]:
    """Sentences before bare words; known names first, then names with one in them, then the longest texts.

    A chat comes after what is called a text and before all else: it holds the prompts and answers beside it.
    """
    name = plain_name(look.column)
    rank: float = 2 * len(TEXT)
    if look.chat:
        rank = len(PLAIN_TEXT) - 0.5
    elif name in TEXT:
        rank = TEXT.index(name)
    elif set(name.split("_")) & set(TEXT):
        rank = len(TEXT)
    return look.words < 2, rank, 0.0 if look.chat else -look.words


def _share(values: pa.ChunkedArray, pattern: str) -> float:
    return float(pc.mean(pc.match_substring_regex(values, pattern).cast(pa.int8())).as_py() or 0.0)
