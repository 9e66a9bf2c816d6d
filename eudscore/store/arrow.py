"""A table as a file that is memory-mapped when it is opened."""

from pathlib import Path

import pyarrow as pa

from eudscore.errors import InputError


def write_arrow(path: Path, table: pa.Table) -> None:
    """Write a table whose bytes depend on its content alone, not on how it was chunked or sliced."""
    try:
        whole = table.combine_chunks().replace_schema_metadata(None)
        with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, whole.schema) as writer:
            writer.write_table(whole, max_chunksize=65536)
    except pa.ArrowInvalid as error:
        raise InputError(f"The data cannot be stored as Arrow ({error}): save it as Parquet first.") from error
