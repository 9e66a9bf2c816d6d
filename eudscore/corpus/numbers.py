"""Columns that hold some numbers a row, as blocks of an array: vectors, class probabilities, coordinates."""

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Numbers = NDArray[np.floating[Any]]

_ROWS = 16_384  # of a block: 25 MiB of 384 numbers


def is_number(kind: pa.DataType) -> bool:
    """Whether a column of this type holds numbers; truth values are none."""
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))


def is_list(kind: pa.DataType) -> bool:
    """Whether a column of this type holds lists."""
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind))


def is_number_list(kind: pa.DataType) -> bool:
    """Whether a column of this type holds lists of numbers."""
    return is_list(kind) and is_number(kind.value_type)


def width_of(table: pa.Table, columns: Sequence[str]) -> int | None:
    """Numbers a row: of several columns as many, of one column of lists as many as its first list holds.

    None where no row has a list.
    """
    if len(columns) > 1 or not is_list(table.schema.field(columns[0]).type):
        return len(columns)
    for chunk in table.column(columns[0]).chunks:
        lengths = pc.list_value_length(chunk).drop_null()
        if len(lengths):
            return int(lengths[0].as_py())
    return None


def first_of_other_width(table: pa.Table, column: str, width: int) -> tuple[int, int] | None:
    """The first row whose list is not of this width, and how many numbers it holds; null is no list."""
    start = 0
    for chunk in table.column(column).chunks:
        lengths = pc.fill_null(pc.list_value_length(chunk), width).to_numpy(zero_copy_only=False)
        other = np.flatnonzero(lengths != width)
        if len(other):
            return start + int(other[0]), int(lengths[other[0]])
        start += len(chunk)
    return None


def number_blocks(table: pa.Table, columns: Sequence[str]) -> Iterator[tuple[int, Numbers]]:
    """The rows block by block: number of its first row, and (b, d) floats; null is nan.

    Args:
        table: (n rows).
        columns: one column of lists of one width, or columns of numbers.
    """
    width = width_of(table, columns)
    for start in range(0, table.num_rows, _ROWS):
        block = [table.column(name).slice(start, _ROWS) for name in columns]
        if is_list(block[0].type):
            yield start, _of_lists(block[0], width or 0)
        else:
            yield start, np.column_stack([_floats(column) for column in block])


def content_of(table: pa.Table, columns: Sequence[str], dtype: str) -> str:
    """First 16 hex digits of the SHA-256 of the numbers as `dtype`; how they are stored does not count."""
    digest = hashlib.sha256()
    for _, block in number_blocks(table, columns):
        numbers = block.astype(dtype)
        numbers[np.isnan(numbers)] = np.nan  # there are many bit patterns of it
        digest.update(np.ascontiguousarray(numbers).tobytes())
    return digest.hexdigest()[:16]


def in_short(columns: Sequence[str]) -> str:
    """One name, or the first and the last of several, for sentences and cards."""
    if len(columns) < 3:
        return " and ".join(f"`{name}`" for name in columns)
    return f"`{columns[0]}` … `{columns[-1]}`"


def _of_lists(column: pa.ChunkedArray, width: int) -> Numbers:
    lists = pa.concat_arrays(column.chunks)
    values = _floats(pc.list_flatten(lists))
    present = lists.is_valid().to_numpy(zero_copy_only=False)
    if present.all():
        return values.reshape(len(lists), width)
    rows = np.full((len(lists), width), np.nan, dtype=values.dtype)
    rows[present] = values.reshape(-1, width)
    return rows


def _floats(values: pa.Array | pa.ChunkedArray) -> Numbers:
    if isinstance(values, pa.ChunkedArray):
        values = pa.concat_arrays(values.chunks)
    if not pa.types.is_floating(values.type):
        values = values.cast(pa.float64(), safe=False)
    return np.asarray(values.to_numpy(zero_copy_only=False))
