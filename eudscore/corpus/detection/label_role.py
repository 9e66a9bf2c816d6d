"""Which column is the label: by its name, or as the only other column of few values."""

import re
from collections.abc import Collection, Iterator, Sequence
from itertools import islice

import pyarrow as pa
import pyarrow.compute as pc

from eudscore.corpus.classes import Classes, classes_of, holds_labels, plain, several_labels
from eudscore.corpus.detection.role_names import LABEL, SEVERAL_LABELS, plain_name
from eudscore.corpus.detection.text_role import SAMPLE, sample_of
from eudscore.errors import InputError
from eudscore.records import UNLABELLED

NO_LABEL = "No column looks like a label: choose one if there is one."

_BY_VALUES = 2 * len(LABEL)
# Columns of few values that describe where a text comes from, not what it is.
_NO_LABEL = re.compile(
    r"(^|_)(id|ids|idx|index|row|source|title|author|user|name|url|link|date|time|year|month|lang|language|locale|"
    r"split|fold|version|country|file|path|length|len|count|votes?|score|start|end|n|weight|group)(_|$)"
)
_MOST_CLASSES = 1_000
_FEW_CLASSES = 50


def found_label(
    table: pa.Table, text: str, taken: Collection[str], file: str
) -> tuple[tuple[str, Classes] | None, str]:
    """The label column with its classes, or None, and why; a column called a label that cannot be one is told of.

    Args:
        table: (n rows).
        text: the text column.
        taken: columns that play another role, `text` among them.
        file: what the table is called in errors.
    """
    others = [column for column in table.column_names if column not in taken and column != text]
    refused = ""
    for column in sorted(others, key=_rank):
        if _rank(column) >= _BY_VALUES:
            break
        if classes := _as_label(table, column, text, file):
            return (column, classes), f"`{column}` looks like the label: {about(classes)}."
        refused = refused or _too_many(table, column)
    for column in sorted(others, key=_rank_of_several):
        several = several_labels(table, column)
        if _rank_of_several(column) < len(SEVERAL_LABELS) and several is not None:
            return None, several.sentence
    by_values = list(islice(_of_few_values(table, others, text, file), 2))
    if len(by_values) == 1:
        column, classes = by_values[0]
        return by_values[0], f"`{column}` is the only other column with few values: {about(classes)}."
    return None, refused or NO_LABEL


def _of_few_values(table: pa.Table, columns: Sequence[str], text: str, file: str) -> Iterator[tuple[str, Classes]]:
    """Columns that might be the label by their values; whoever asks stops at the second of possibly thousands."""
    most = min(_FEW_CLASSES, table.num_rows / 5)
    if most < 2:
        return
    for column in columns:
        if _NO_LABEL.search(plain_name(column)):
            continue
        classes = _as_label(table, column, text, file, most=int(most))
        if classes is not None and 2 <= len(classes.names) <= most:
            yield column, classes


def about(classes: Classes) -> str:
    """How many classes there are, their first names, and how many rows have none."""
    count = len(classes.names)
    shown = ", ".join(classes.names[:4]) + (", …" if count > 4 else "")
    facts = ["1 class" if count == 1 else f"{count:,} classes"] + ([f"({shown})"] if count else [])
    if classes.named_by:
        facts.append(f"named by `{classes.named_by}`")
    unlabelled = int((classes.labels == UNLABELLED).sum())
    if unlabelled:
        facts.append(f"and {unlabelled:,} {'row' if unlabelled == 1 else 'rows'} without one")
    if count == 1:
        facts.append("- with no other class there is nothing to predict or to train")
    return " ".join(facts)


def _rank(column: str) -> int:
    name = plain_name(column)
    if name in LABEL:
        return LABEL.index(name)
    return len(LABEL) if "label" in name.split("_") else _BY_VALUES


def _rank_of_several(column: str) -> int:
    name = plain_name(column)
    return SEVERAL_LABELS.index(name) if name in SEVERAL_LABELS else len(SEVERAL_LABELS)


def _as_label(table: pa.Table, column: str, text: str, file: str, *, most: int = _MOST_CLASSES) -> Classes | None:
    """The classes of a column if it can be a label: some classes, but not nearly one for each row."""
    kind = table.schema.field(column).type
    if pa.types.is_null(kind) or not holds_labels(kind):
        return None
    # Counting is much cheaper than naming the classes of a column of ids, and a sample of it cheaper still.
    unlabelled = 3  # further values: null, blank, -1
    if _different(sample_of(table.column(column))) > most + unlabelled:
        return None
    if table.num_rows > SAMPLE and _different(table.column(column)) > most + unlabelled:
        return None
    try:
        classes = classes_of(table, column, text=text, file=file)
    except InputError:
        return None
    return classes if 0 < len(classes.names) <= most and (classes.labels >= 0).any() else None


def _different(column: pa.ChunkedArray) -> int:
    return int(pc.count_distinct(plain(column)).as_py())


def _too_many(table: pa.Table, column: str) -> str:
    """Why a column that is called a label was not taken for one, where its many values are the reason; else empty."""
    kind = table.schema.field(column).type
    if not holds_labels(kind) or pa.types.is_floating(kind) or pa.types.is_null(kind):
        return ""
    count = _different(table.column(column))
    if not _MOST_CLASSES < count <= table.num_rows / 2:
        return ""
    return (
        f"`{column}` was not taken for the label, because it has {count:,} different values: choose it if each of "
        "them is a class."
    )
