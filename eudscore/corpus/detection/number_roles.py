"""Columns of numbers that the user brings along: sentence vectors, class probabilities, map coordinates."""

from collections.abc import Collection, Sequence

import numpy as np
import pyarrow as pa

from eudscore.corpus.detection import role_names as names
from eudscore.corpus.detection.text_role import sample_of
from eudscore.corpus.numbers import (
    Numbers,
    first_of_other_width,
    in_short,
    is_list,
    is_number,
    is_number_list,
    number_blocks,
    width_of,
)

FEWEST_DIMENSIONS = 8
SUM_WITHIN = 1e-3  # of 1, for class probabilities
_SAMPLE = 1_000  # rows


def found_vectors(table: pa.Table, taken: Collection[str]) -> tuple[tuple[str, ...], str] | None:
    """The column of lists, or the numbered columns, that look like sentence vectors, and why."""
    lists = [name for name in _free(table, taken) if _is_float_list(table.schema.field(name).type)]
    named = [name for name in lists if names.plain_name(name) in names.VECTORS]
    named.sort(key=lambda name: names.VECTORS.index(names.plain_name(name)))
    for column in [*named, *(lists if len(lists) == 1 else ())]:
        rows = _sampled(table, (column,))
        if rows is not None and rows.shape[1] >= FEWEST_DIMENSIONS and not _sums_to_one(rows):
            width = rows.shape[1]
            return (column,), f"`{column}` looks like sentence vectors: lists of {width} numbers; no encoder is needed."
    columns = _numbered(table, taken)
    if len(columns) >= FEWEST_DIMENSIONS and _sampled(table, columns) is not None:
        return columns, (
            f"{in_short(columns)} look like sentence vectors: {len(columns)} numbered columns of numbers; no encoder "
            "is needed."
        )
    return None


def found_probabilities(
    table: pa.Table, taken: Collection[str], classes: Sequence[str]
) -> tuple[tuple[str, ...], str] | None:
    """The column of lists, or a column for each class, that look like class probabilities, and why.

    Args:
        table: (n rows).
        taken: columns that play another role.
        classes: of the label, in order; empty where there is none.
    """
    for column in _free(table, taken):
        if names.plain_name(column) not in names.PROBABILITIES or not is_number_list(table.schema.field(column).type):
            continue
        rows = _sampled(table, (column,))
        if rows is None or rows.shape[1] < 2 or not _sums_to_one(rows):
            continue
        if not classes or rows.shape[1] == len(classes):
            return (column,), _probable(f"`{column}` looks", classes, rows.shape[1])
    columns = _of_classes(table, taken, classes)
    rows = _sampled(table, columns) if len(columns) > 1 else None
    if rows is not None and _sums_to_one(rows):
        return columns, _probable(f"{in_short(columns)} look", classes, len(columns))
    return None


def found_coordinates(table: pa.Table, taken: Collection[str]) -> tuple[tuple[str, ...], str] | None:
    """Two columns, or one of lists of two numbers, that look like positions on a map, and why."""
    free = {names.plain_name(column): column for column in reversed(_free(table, taken))}
    kinds = {name: table.schema.field(column).type for name, column in free.items()}
    for pair in names.TWO_COORDINATES:
        if all(name in free and pa.types.is_floating(kinds[name]) for name in pair):
            columns = tuple(free[name] for name in pair)
            if _are_fractions(_sampled(table, columns)):
                return columns, f"{in_short(columns)} look like positions on a map; the map is drawn from them."
    for name in names.COORDINATES:
        if name in free and _is_float_list(kinds[name]):
            rows = _sampled(table, (free[name],))
            if rows is not None and rows.shape[1] == 2 and _are_fractions(rows):
                return (free[name],), f"`{free[name]}` looks like positions on a map; the map is drawn from them."
    return None


def class_of_column(column: str) -> str | None:
    """The class that a column `p_<class>` is about, as the column writes it in lower case; None of another name."""
    found = names.PROBABILITY_OF.fullmatch(names.plain_name(column))
    return found[1] if found else None


def order_of_classes(columns: Sequence[str], classes: Sequence[str]) -> tuple[str, ...] | None:
    """The columns `p_<class>` in the order of the classes, by name or by number; None where they do not match."""
    told = {class_of_column(column): column for column in columns}
    by_name = [names.plain_name(name) for name in classes]
    for wanted in (by_name, [str(number) for number in range(len(classes))]):
        if len(set(wanted)) == len(columns) and set(wanted) == told.keys():
            return tuple(told[name] for name in wanted)
    return None


def _probable(subject: str, classes: Sequence[str], width: int) -> str:
    order = f", in the order {', '.join(classes[:4])}{', …' if len(classes) > 4 else ''}" if classes else ""
    return f"{subject} like class probabilities: {width} numbers a row that add up to 1{order}."


def _of_classes(table: pa.Table, taken: Collection[str], classes: Sequence[str]) -> tuple[str, ...]:
    columns = [
        column
        for column in _free(table, taken)
        if class_of_column(column) and pa.types.is_floating(table.schema.field(column).type)
    ]
    if not classes:
        return tuple(columns)
    return order_of_classes(columns, classes) or ()


def _numbered(table: pa.Table, taken: Collection[str]) -> tuple[str, ...]:
    """Columns `emb_0`, `emb_1`, … in the order of their numbers, without a gap; those of the longest such series."""
    series: dict[str, dict[int, str]] = {}
    for column in _free(table, taken):
        found = names.NUMBERED_VECTORS.fullmatch(names.plain_name(column))
        if found and pa.types.is_floating(table.schema.field(column).type):
            series.setdefault(found[1], {})[int(found[2])] = column
    best: tuple[str, ...] = ()
    for numbered in series.values():
        numbers = sorted(numbered)
        if numbers[0] in (0, 1) and numbers == list(range(numbers[0], numbers[0] + len(numbers))):
            best = max(best, tuple(numbered[number] for number in numbers), key=len)
    return best


def _sampled(table: pa.Table, columns: Sequence[str]) -> Numbers | None:
    """(b, d) of a sample without the rows that have nothing; None where it is of no one width, or not finite."""
    sample = pa.table({column: sample_of(table.column(column), _SAMPLE) for column in columns})
    width = width_of(sample, columns)
    if width is None or not sample.num_rows:
        return None
    if is_list(sample.schema.field(columns[0]).type):
        if len(columns) > 1 or first_of_other_width(sample, columns[0], width) is not None:
            return None
    elif not all(is_number(field.type) for field in sample.schema):
        return None
    rows = np.concatenate([block for _, block in number_blocks(sample, columns)])
    rows = rows[~np.isnan(rows).all(axis=1)]
    return rows if len(rows) and np.isfinite(rows).all() else None


def _sums_to_one(rows: Numbers) -> bool:
    return bool((rows >= 0).all() and (np.abs(rows.sum(axis=1, dtype=np.float64) - 1) <= SUM_WITHIN).all())


def _are_fractions(rows: Numbers | None) -> bool:
    """Whether each of two columns holds numbers that are not whole: whole ones may be anything."""
    return rows is not None and len(rows) > 1 and bool((rows != np.floor(rows)).any(axis=0).all())


def _is_float_list(kind: pa.DataType) -> bool:
    return is_list(kind) and bool(pa.types.is_floating(kind.value_type))


def _free(table: pa.Table, taken: Collection[str]) -> list[str]:
    return [column for column in table.column_names if column not in taken]
