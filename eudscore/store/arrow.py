"""A table as a file that is memory-mapped when it is opened."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from eudscore.errors import InputError, WorkspaceError
from eudscore.store.disk import HashingFile, in_words
from eudscore.store.documents import PRUNE

BATCH_ROWS = 65_536
_BATCH_BYTES = 1 << 26  # of text in a batch: a copy of one is all that is ever in memory


def write_arrow(path: Path, table: pa.Table) -> str:
    """Write a table a batch at a time; the bytes depend on its content alone, not on how it was chunked or sliced.

    A batch ends after 65,536 rows, or halfway, a quarter of the way, ... where their texts are long, so that little
    is in memory at once. Columns of strings are stored as `large_string`, whose offsets have 64 bits: such a column
    is scored as it lies on the disk, and any number of its batches can be put together.

    Returns:
        The SHA-256 of the file, 64 hex digits.

    Raises:
        InputError: Arrow cannot store a column of this type.
        OSError: the file cannot be written.
    """
    return _written(table, HashingFile(path))


def arrow_digest(table: pa.Table) -> str:
    """What `write_arrow` would return, without writing."""
    return _written(table, HashingFile(None))


def open_arrow(path: Path) -> pa.Table:
    """A table that stays on disk.

    Raises:
        WorkspaceError: the file is missing or damaged.
    """
    try:
        return pa.ipc.open_file(pa.memory_map(str(path))).read_all()
    except FileNotFoundError as error:
        raise WorkspaceError(f"{path} is not there, it was removed: {PRUNE}.") from error
    except (OSError, pa.ArrowException) as error:
        raise WorkspaceError(f"{path} is damaged ({in_words(error)}): {PRUNE}.") from error


def _written(table: pa.Table, file: HashingFile) -> str:
    try:
        dictionaries = [_dictionary(column) for column in table.columns]
        kinds = [_kind(column, words) for column, words in zip(table.columns, dictionaries, strict=True)]
        schema = pa.schema([field.with_type(kind) for field, kind in zip(table.schema, kinds, strict=True)])
        with pa.PythonFile(file, mode="w") as sink, pa.ipc.new_file(sink, schema) as writer:
            for rows in _stretches(table):
                columns = [_fresh(column, words) for column, words in zip(rows.columns, dictionaries, strict=True)]
                writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=schema))
    except pa.ArrowException as error:
        raise InputError(
            f"The data cannot be stored as Arrow ({in_words(error)}): save it as Parquet first."
        ) from error
    finally:
        file.close()
    return file.digest


def _stretches(table: pa.Table) -> Iterator[pa.Table]:
    """The rows of each batch, nothing copied."""
    for start in range(0, table.num_rows, BATCH_ROWS):
        yield from _halved(table.slice(start, BATCH_ROWS))


def _halved(rows: pa.Table) -> Iterator[pa.Table]:
    if rows.num_rows > 1 and sum(map(_text_bytes, rows.columns)) > _BATCH_BYTES:
        yield from _halved(rows.slice(0, rows.num_rows // 2))
        yield from _halved(rows.slice(rows.num_rows // 2))
    else:
        yield rows


def _text_bytes(column: pa.ChunkedArray) -> int:
    """Bytes of the strings in a column, those in lists and structs too."""
    kind = column.type
    if _is_text(kind):
        return int(pc.sum(pc.binary_length(column)).as_py() or 0)
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        return _text_bytes(pc.list_flatten(column))
    if pa.types.is_struct(kind):
        return sum(_text_bytes(pc.struct_field(column, place)) for place in range(kind.num_fields))
    return 0


def _is_text(kind: pa.DataType) -> bool:
    strings, large = (pa.types.is_string, pa.types.is_binary), (pa.types.is_large_string, pa.types.is_large_binary)
    return any(is_one(kind) for is_one in (*strings, *large))


def _dictionary(column: pa.ChunkedArray) -> pa.Array | None:
    """The values of a dictionary column in the order in which its rows name them first; None for another column.

    Its chunks may each have a dictionary of their own, and a file has room for one.
    """
    if not pa.types.is_dictionary(column.type):
        return None
    named = [chunk.dictionary.take(pc.unique(chunk.indices).drop_null()) for chunk in column.chunks]
    return pc.unique(pa.chunked_array(named, column.type.value_type)).drop_null()


def _kind(column: pa.ChunkedArray, words: pa.Array | None) -> pa.DataType:
    """The type that a column is stored as."""
    if words is not None:
        return pa.dictionary(pa.int32(), words.type, ordered=column.type.ordered)
    is_string = pa.types.is_string(column.type) or pa.types.is_string_view(column.type)
    return pa.large_string() if is_string else column.type


def _fresh(column: pa.ChunkedArray, words: pa.Array | None) -> pa.Array:
    """One array of a batch, newly made: what a slice shares with its neighbours would be written with it."""
    if words is not None:
        places = [pc.index_in(chunk.dictionary, value_set=words).take(chunk.indices) for chunk in column.chunks]
        indices = _fresh(pa.chunked_array(places, pa.int32()), None)
        return pa.DictionaryArray.from_arrays(indices, words, ordered=column.type.ordered)
    whole = column.cast(_kind(column, None)).combine_chunks()
    try:
        return whole.take(pa.array(np.arange(len(whole))))
    except pa.ArrowNotImplementedError:  # of views and run-ends: stored as they are chunked
        return whole
