"""A column that holds several labels a row, as a matrix of 0 and 1."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from eudscore.corpus.classes import class_label_names, holds_several, natural, plain
from eudscore.errors import InputError
from eudscore.records import Bools, Floats, Ints


def indicators(
    table: pa.Table, column: str, *, file: str, classes: Sequence[str] | None = None
) -> tuple[tuple[str, ...], Floats, Bools]:
    """Which classes each row has.

    The column holds lists of names, of whole numbers, or of as many 0 and 1 as there are classes.

    Args:
        table: (n rows).
        column: its name.
        file: what the table is called in errors.
        classes: names of the classes in their order; those that occur, in natural order, where not given.

    Returns:
        C names, (n, C) float32 of 0 and 1, and (n,) whether the row has a list at all: an empty one says that none of
        the classes is true, a missing one says nothing.

    Raises:
        InputError: there is no such column, it holds something else, or names that are not among `classes`.
    """
    if column not in table.column_names:
        raise InputError(f"{file} has no column {column!r}, only {', '.join(table.column_names[:12])}: choose another.")
    if not holds_several(table.schema.field(column).type):
        raise InputError(
            f"Column {column!r} of {file} holds {table.schema.field(column).type}, not lists of labels: choose a "
            "column of lists, or train with one label a row."
        )
    values = table.column(column)
    given = np.asarray(values.is_valid().combine_chunks().to_numpy(zero_copy_only=False), dtype=np.bool_)
    rows, items = _named(table, column)
    occurring = dict.fromkeys(items)
    wanted = tuple(classes or class_label_names(table, column) or sorted(occurring, key=natural))
    place = {name: position for position, name in enumerate(wanted)}
    if unknown := [name for name in occurring if name not in place]:
        raise InputError(
            f"{file} has labels the training data does not know ({', '.join(map(repr, unknown[:5]))}); it knows "
            f"{', '.join(map(repr, wanted[:8]))}. Choose the column of the same meaning."
        )
    matrix = np.zeros((len(values), len(wanted)), dtype=np.float32)
    matrix[rows, [place[name] for name in items]] = 1.0
    return wanted, matrix, given


def _named(table: pa.Table, column: str) -> tuple[Ints, list[str]]:
    """The row and the name of every label that a row has; what is null in a list is left out."""
    values = table.column(column)
    lengths = pc.list_value_length(values).drop_null()
    parents = pc.list_parent_indices(values)
    rows = np.asarray(parents.combine_chunks().to_numpy(zero_copy_only=False), dtype=np.int64)
    items = plain(pc.list_flatten(values)).to_pylist()
    names = class_label_names(table, column)
    width = int(lengths[0].as_py()) if len(lengths) else 0
    if width > 2 and pc.count_distinct(lengths).as_py() == 1 and {0, 1}.issuperset(items):  # a 0 or 1 for each class
        names = names if len(names) == width else tuple(str(position) for position in range(width))
        found = [(row, names[place % width]) for place, row in enumerate(rows.tolist()) if items[place] == 1]
    elif names and all(isinstance(item, int) and 0 <= item < len(names) for item in items):
        found = [(row, names[item]) for row, item in zip(rows.tolist(), items, strict=True)]
    else:
        found = [(row, str(item)) for row, item in zip(rows.tolist(), items, strict=True) if item is not None]
    return np.array([row for row, _ in found], dtype=np.int64), [name for _, name in found]
