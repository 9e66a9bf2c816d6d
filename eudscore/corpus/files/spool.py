"""A table that is larger than memory: record batches wait in a temporary Arrow file, which is then mapped.

The file of the user itself is never mapped: whoever cut it off would kill the process.
"""

import atexit
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

import pyarrow as pa

IN_MEMORY = 32 << 20  # bytes; a smaller table needs no file
_PIECE_ROWS = 65_536


class Spool:
    """Takes record batches of one schema and gives the table of them all.

    Few batches stay in memory. More go to a file in the folder for temporary files, which has no name any
    more once it is mapped: its space is free again when the last column of the table is no longer used,
    or the process ends, however it ends.
    """

    def __init__(self, schema: pa.Schema, *, in_memory: int = IN_MEMORY) -> None:
        """Args: schema: of every batch. in_memory: bytes up to which there is no file."""
        self.schema = schema
        self._in_memory = in_memory
        self._waiting: list[pa.RecordBatch] = []
        self._bytes = 0
        self._path: Path | None = None
        self._writer: pa.ipc.RecordBatchStreamWriter | None = None
        self._open = ExitStack()

    def write(self, batch: pa.RecordBatch) -> None:
        """Add rows.

        Raises:
            OSError: the disk is full.
        """
        if self._writer is not None:
            self._writer.write_batch(batch)
            return
        self._waiting.append(batch)
        self._bytes += batch.nbytes
        if self._bytes > self._in_memory:
            self._to_file()

    def table(self) -> pa.Table:
        """All rows so far; nothing can be added afterwards."""
        if self._path is None:
            return pa.Table.from_batches(self._waiting, self.schema)
        self._open.close()
        mapped = pa.memory_map(str(self._path))
        table = pa.ipc.open_stream(mapped).read_all()
        self._forget_file()
        return table

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._waiting = []
        try:
            self._open.close()
        finally:
            self._forget_file()

    def _to_file(self) -> None:
        descriptor, path = tempfile.mkstemp(prefix="eudscore-", suffix=".arrow")
        os.close(descriptor)
        self._path = Path(path)
        sink = self._open.enter_context(pa.OSFile(path, "wb"))
        # A stream, because the file format allows one dictionary a column only.
        self._writer = self._open.enter_context(pa.ipc.new_stream(sink, self.schema))
        for batch in self._waiting:
            self._writer.write_batch(batch)
        self._waiting = []

    def _forget_file(self) -> None:
        if self._path is None:
            return
        try:
            self._path.unlink(missing_ok=True)
        except PermissionError:  # Windows keeps the name of a file that is mapped
            atexit.register(_remove, self._path)
        self._path = None


def spooled(batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> pa.Table:
    """The table of all batches."""
    with Spool(schema) as spool:
        for batch in batches:
            spool.write(batch)
        return spool.table()


def pieces(table: pa.Table) -> Iterator[pa.RecordBatch]:
    """A table in batches that are small beside a large one."""
    yield from table.to_batches(max_chunksize=_PIECE_ROWS)


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError:
        return  # still mapped: the system empties its folder of temporary files
