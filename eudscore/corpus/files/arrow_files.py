"""Parquet, Arrow IPC (file and stream) and Feather to a table, batch by batch."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa

from eudscore.corpus.files.reading import Reading, reason
from eudscore.corpus.files.spool import spooled
from eudscore.errors import InputError

PARQUET = b"PAR1"
ARROW_FILE = b"ARROW1\x00\x00"
ARROW_STREAM = b"\xff\xff\xff\xff"
FEATHER_1 = b"FEA1"

_BATCH_ROWS = 65_536
_BATCH_BYTES = 1 << 26
_BUFFER = 1 << 20
_SAMPLE_ROWS = 64


def read_parquet(path: Path, name: str) -> Reading:
    """Every column with its type and its metadata.

    Args:
        path: of the file.
        name: what it is called in errors.

    Raises:
        InputError: it is broken, or its strings are no UTF-8.
    """
    import pyarrow.parquet as pq

    with _broken(name, "Parquet"), pa.OSFile(str(path)) as source:
        # A row group may hold all rows: it is read page by page and not beforehand.
        file = pq.ParquetFile(source, pre_buffer=False, buffer_size=_BUFFER)
        batches = file.iter_batches(_rows_a_batch(file))
        return _read(batches, file.schema_arrow)


def read_arrow(path: Path, name: str) -> Reading:
    """An Arrow IPC file or stream, which Feather 2 is too; or Feather 1.

    Args:
        path: of the file.
        name: what it is called in errors.

    Raises:
        InputError: it is broken, or its strings are no UTF-8.
    """
    with path.open("rb") as file:
        start = file.read(len(ARROW_FILE))
    with _broken(name, "Arrow"), pa.OSFile(str(path)) as source:
        if start == ARROW_FILE:
            reader = pa.ipc.open_file(source)
            return _read((reader.get_batch(n) for n in range(reader.num_record_batches)), reader.schema)
        if start.startswith(FEATHER_1):
            return _read_feather_1(source)
        stream = pa.ipc.open_stream(source)
        return _read(stream, stream.schema)


def _read(batches: Iterator[pa.RecordBatch], schema: pa.Schema) -> Reading:
    table = spooled(_valid(batches, schema), schema)
    if any(pa.types.is_dictionary(field.type) for field in schema):
        table = table.unify_dictionaries()  # each batch may have brought its own
    return Reading(table)


def _valid(batches: Iterator[pa.RecordBatch], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        batch.validate(full=True)  # strings that are no UTF-8 would fail much later, false offsets crash
        yield pa.RecordBatch.from_arrays(batch.columns, schema=schema)


def _read_feather_1(source: pa.NativeFile) -> Reading:
    """The format of before 2020, which Arrow can only read whole."""
    import pyarrow.feather as feather

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it is old; the note says so to the user
        table = feather.read_table(source, memory_map=False)
    table.validate(full=True)
    return Reading(table, ("It is a Feather file of the first version, which will not be readable for ever.",))


def _rows_a_batch(file: Any) -> int:
    """So many rows that a batch of long texts stays small beside the memory.

    A text that recurs is stored once, so the size of the file alone would not tell how large the texts are.
    """
    sample = next(file.iter_batches(_SAMPLE_ROWS), None)
    if sample is None:
        return _BATCH_ROWS
    groups = [file.metadata.row_group(n) for n in range(file.metadata.num_row_groups)]
    stored = sum(group.total_byte_size for group in groups) / sum(group.num_rows for group in groups)
    row = max(stored, sample.nbytes / sample.num_rows)
    return max(1, min(_BATCH_ROWS, int(_BATCH_BYTES // max(row, 1))))


@contextmanager
def _broken(name: str, kind: str) -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, OSError, ValueError) as error:
        if getattr(error, "errno", None) is not None:
            raise  # of the disk, not of the file
        raise InputError(f"{name} is a broken {kind} file ({reason(error)}): write or download it again.") from error
