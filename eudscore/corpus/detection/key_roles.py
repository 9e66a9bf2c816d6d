"""Columns that tell rows apart or hold them together: id, group, and how much a row counts."""

from collections.abc import Collection, Iterator, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from eudscore.corpus.classes import is_text, plain
from eudscore.corpus.detection import role_names as names
from eudscore.corpus.numbers import is_number

_FEWEST_GROUPS = 10  # five folds of two
_LARGEST_GROUP = 0.2  # share of the rows; what is larger says where texts come from, not which belong together
_OFTEN_ALONE = 0.9  # more groups for each row than this, and hardly any two belong together


def found_id(table: pa.Table, taken: Collection[str]) -> tuple[str, str] | None:
    """The column that is called an id and has another value in every row, and why."""
    for column in _called(table, names.ID, taken):
        if not names_rows(table.schema.field(column).type) or not table.num_rows:
            continue
        values = plain(table.column(column))
        if values.null_count == 0 and pc.count_distinct(values).as_py() == len(values):
            return column, f"`{column}` looks like the id: it has a value of its own in each of {len(values):,} rows."
    return None


def found_group(table: pa.Table, taken: Collection[str], *, questions: bool = False) -> tuple[str, str] | None:
    """The column that is called a group and whose values repeat, and why.

    Args:
        table: (n rows).
        taken: columns that play another role.
        questions: whether the text is a question about a context; then a title is a group.
    """
    called = names.GROUP + (names.GROUP_OF_QUESTIONS if questions else ())
    for column in _called(table, called, taken):
        kind = table.schema.field(column).type
        if not names_rows(kind) or pa.types.is_floating(kind):
            continue
        values = plain(table.column(column)).drop_null()
        if is_text(values.type):
            values = values.filter(pc.not_equal(pc.utf8_trim_whitespace(values), ""))
        if len(values) < 0.5 * table.num_rows or not len(values):
            continue
        sizes = pc.value_counts(values).field("counts")
        largest = pc.max(sizes).as_py()
        few_alone = len(sizes) <= _OFTEN_ALONE * len(values)
        if few_alone and len(sizes) >= _FEWEST_GROUPS and largest <= _LARGEST_GROUP * table.num_rows:
            per_group = len(values) / len(sizes)
            return column, (
                f"`{column}` looks like the group: {len(sizes):,} groups of {per_group:.1f} rows on average, which "
                "stay together when a classifier is cross-fitted."
            )
    return None


def found_weight(table: pa.Table, taken: Collection[str]) -> tuple[str, str] | None:
    """The column that is called a weight and holds no number below 0, and why."""
    for column in _called(table, names.WEIGHT, taken):
        values = table.column(column)
        if is_number(values.type) and values.null_count < len(values):
            extent = pc.min_max(values.cast(pa.float64(), safe=False)).as_py()
            if extent["min"] >= 0:
                least, most = extent["min"], extent["max"]
                return column, f"`{column}` looks like the weight: from {least:g} to {most:g}; no score uses it yet."
    return None


def names_rows(kind: pa.DataType) -> bool:
    """Whether a column of this type can name rows or groups of them: strings, numbers, dates, bytes."""
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    whole = (pa.types.is_decimal, pa.types.is_binary, pa.types.is_large_binary, pa.types.is_fixed_size_binary)
    return is_text(kind) or bool(pa.types.is_primitive(kind)) or any(check(kind) for check in whole)


def _called(table: pa.Table, wanted: Sequence[str], taken: Collection[str]) -> Iterator[str]:
    """Columns that bear one of some names, in the order of the names."""
    there: dict[str, list[str]] = {}
    for column in table.column_names:
        if column not in taken:
            there.setdefault(names.plain_name(column), []).append(column)
    for name in wanted:
        yield from there.get(name, ())
