"""The strings that are scored: a column of texts as it is, two columns joined, or the turns of a chat."""

import pyarrow as pa
import pyarrow.compute as pc

BETWEEN = "\n"  # a text and its pair, a turn and the next
_TURNS = (("role", "content"), ("from", "value"))  # names of speaker and words, as OpenAI and ShareGPT write them


def scored_texts(table: pa.Table, *, text: str, pair: str | None = None) -> pa.ChunkedArray:
    """(n,) strings; null where there is nothing.

    Args:
        table: (n rows).
        text: a column of strings, or a chat: lists of turns, each "speaker: words" on a line of its own.
        pair: a second such column; where both have something, it follows on the next line.
    """
    first = _strings(table.column(text))
    if pair is None:
        return first
    second = _strings(table.column(pair))
    return pc.binary_join_element_wise(first, second, _text(BETWEEN), null_handling="skip")


def is_chat(kind: pa.DataType) -> bool:
    """Whether a column of this type holds lists of turns."""
    return _turn_names(kind) is not None


def _turn_names(kind: pa.DataType) -> tuple[str, str] | None:
    if not (pa.types.is_list(kind) or pa.types.is_large_list(kind)) or not pa.types.is_struct(kind.value_type):
        return None
    there = {field.name for field in kind.value_type}
    return next((names for names in _TURNS if set(names) <= there), None)


def _strings(column: pa.ChunkedArray) -> pa.ChunkedArray:
    names = _turn_names(column.type)
    if names is not None:
        return pa.chunked_array([_joined(chunk, names) for chunk in column.chunks], pa.large_string())
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    return column if pa.types.is_large_string(column.type) else column.cast(pa.large_string())


def _joined(chats: pa.ListArray, names: tuple[str, str]) -> pa.Array:
    turns = pc.list_flatten(chats)
    speaker, words = (pc.struct_field(turns, name).cast(pa.large_string()) for name in names)
    lines = pc.binary_join_element_wise(speaker, words, _text(": "), null_handling="skip")
    lengths = pc.fill_null(pc.list_value_length(chats), 0)
    ends = pc.cumulative_sum(lengths.cast(pa.int64()))
    starts = pa.concat_arrays([pa.array([0], pa.int64()), ends])
    joined = pc.binary_join(pa.LargeListArray.from_arrays(starts, lines), _text(BETWEEN))
    return pc.if_else(chats.is_valid(), joined, None)


def _text(letters: str) -> pa.Scalar:
    return pa.scalar(letters, pa.large_string())
