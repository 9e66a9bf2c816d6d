"""The strings that are scored: a column of texts as it is, two columns joined, or the turns of a chat."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

BETWEEN = "\n"  # a text and its pair, a turn and the next
_TURNS = (("role", "content"), ("from", "value"))  # names of speaker and words, as OpenAI and ShareGPT write them


def scored_texts(table: pa.Table, *, text: str, pair: str | None = None) -> pa.ChunkedArray:
    """(n,) strings; null where there is nothing.

    Args:
        table: (n rows).
        text: a column of strings, or a chat: lists of turns, each "speaker: words" on a line of its own.
        pair: a second such column; it follows on the next line where both are there (not null).
    """
    first = _strings(table.column(text))
    if pair is None:
        return first
    return _beside(first, _strings(table.column(pair)), BETWEEN)


def is_chat(kind: pa.DataType) -> bool:
    """Whether a column of this type holds lists of turns."""
    return _turn_names(kind) is not None


def _turn_names(kind: pa.DataType) -> tuple[str, str] | None:
    if not (pa.types.is_list(kind) or pa.types.is_large_list(kind)) or not pa.types.is_struct(kind.value_type):
        return None
    # A turn that is more than words (pictures, calls of tools in a list) cannot be read as text.
    words = {field.name for field in kind.value_type if _is_text(field.type)}
    return next((names for names in _TURNS if set(names) <= words), None)


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


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
    said = words.is_valid()  # a turn without words (the call of a tool) is none
    rows = pc.list_parent_indices(chats).filter(said).to_numpy()
    ends = np.cumsum(np.bincount(rows, minlength=len(chats)), dtype=np.int64)
    lines = _beside(speaker, words, ": ").filter(said)
    joined = pc.binary_join(pa.LargeListArray.from_arrays(pa.array(np.append(0, ends)), lines), _text(BETWEEN))
    return pc.if_else(chats.is_valid(), joined, None)


def _beside(first: pa.ChunkedArray, second: pa.ChunkedArray, between: str) -> pa.ChunkedArray:
    """Both with something between them where both are there, else the one that is.

    Arrow's own way to skip nulls drops the rows in which all are null (as of version 26).
    """
    both = pc.binary_join_element_wise(pc.fill_null(first, ""), pc.fill_null(second, ""), _text(between))
    return pc.if_else(pc.and_(first.is_valid(), second.is_valid()), both, pc.coalesce(first, second))


def _text(letters: str) -> pa.Scalar:
    return pa.scalar(letters, pa.large_string())
