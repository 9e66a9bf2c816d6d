"""Answers to questions and where they begin, in each of the layouts people keep them in.

A row may hold one answer in columns of its own (`answer_text`, `answer_start`), or several as the Hub has them: a
struct of lists or a list of structs with `text` and `answer_start`, or a list of strings. Of several the first counts.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from eudscore.corpus.classes import is_text
from eudscore.corpus.numbers import is_list, is_number

TEXT, START = "text", "answer_start"  # of a struct
_ROWS = 65_536


def holds_answers(kind: pa.DataType) -> bool:
    """Whether a column of this type can hold answers."""
    return is_text(kind) or (is_list(kind) and is_text(kind.value_type)) or _part_of(kind, TEXT) is not None


def holds_starts(kind: pa.DataType) -> bool:
    """Whether a column of this type can say where answers begin: numbers, or the struct the answers are in."""
    part = _part_of(kind, START)
    return is_number(kind) or (part is not None and is_number(part))


def is_nested(kind: pa.DataType) -> bool:
    """Whether a column of this type holds answers and where they begin, both."""
    return _part_of(kind, TEXT) is not None and _part_of(kind, START) is not None


def first_answers(table: pa.Table, answer: str) -> pa.ChunkedArray:
    """(n,) the first answer of each row; null where there is none."""
    return _firsts(table.column(answer), TEXT).cast(pa.large_string())


def first_starts(table: pa.Table, answer_start: str) -> pa.ChunkedArray:
    """(n,) float64: where the first answer of each row begins, in characters; null where there is none."""
    return _firsts(table.column(answer_start), START).cast(pa.float64(), safe=False)


def first_misplaced(table: pa.Table, *, context: str, answer: str, answer_start: str) -> int | None:
    """The first row whose answer does not stand in its context where it is said to; None where all do.

    A row without an answer, or without a place for it, says nothing that could be wrong.
    """
    answers, starts = first_answers(table, answer), first_starts(table, answer_start)
    contexts = table.column(context)
    for begin in range(0, table.num_rows, _ROWS):
        places = starts.slice(begin, _ROWS).to_numpy()
        rows = zip(
            contexts.slice(begin, _ROWS).to_pylist(), answers.slice(begin, _ROWS).to_pylist(), places, strict=True
        )
        for row, (passage, words, place) in enumerate(rows, begin):
            if words and not np.isnan(place) and not _stands_at(passage or "", words, place):
                return row
    return None


def _stands_at(passage: str, words: str, place: float) -> bool:
    return place >= 0 and place.is_integer() and passage.startswith(words, int(place))


def _part_of(kind: pa.DataType, name: str) -> pa.DataType | None:
    """The type of a part of the first answer: of a struct of lists, or of a list of structs."""
    if pa.types.is_struct(kind):
        there = {field.name: field.type for field in kind}.get(name)
        part = there.value_type if there is not None and is_list(there) else None
    elif is_list(kind) and pa.types.is_struct(kind.value_type):
        part = {field.name: field.type for field in kind.value_type}.get(name)
    else:
        return None
    wanted = is_text if name == TEXT else is_number
    return part if part is not None and wanted(part) else None


def _firsts(column: pa.ChunkedArray, name: str) -> pa.ChunkedArray:
    kind = column.type
    if pa.types.is_struct(kind):
        column = pc.struct_field(column, name)
    if not is_list(column.type):
        return column
    found = pa.chunked_array([_first(chunk) for chunk in column.chunks], column.type.value_type)
    return pc.struct_field(found, name) if pa.types.is_struct(found.type) else found


def _first(lists: pa.Array) -> pa.Array:
    lengths = pc.fill_null(pc.list_value_length(lists), 0).to_numpy(zero_copy_only=False)
    starts = np.cumsum(lengths) - lengths
    return pc.list_flatten(lists).take(pa.array(starts, pa.int64(), mask=lengths == 0))
