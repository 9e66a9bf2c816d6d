"""Which columns of strings are numbers: only those that are written back as they were read."""

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from eudscore.corpus.files.spool import Spool

# "007" and 20 digits stay strings.
_INTEGER = r"^(0|-?[1-9][0-9]{0,17})$"
_DECIMAL = r"^-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,15})?([eE][-+]?[0-9]{1,2})?$"
_KINDS = ((_INTEGER, pa.int64()), (_DECIMAL, pa.float64()))


class CellTypes:
    """Sees the cells of every column piece by piece and knows what each column may still be."""

    def __init__(self, may_be_numbers: Sequence[bool]) -> None:
        """Args: may_be_numbers: (c,) False for a column that stays as it is written."""
        self._left: list[tuple[tuple[str, pa.DataType], ...]] = [_KINDS if may else () for may in may_be_numbers]
        self._filled = [False] * len(may_be_numbers)

    def see(self, columns: Sequence[pa.Array]) -> None:
        """Take the next cells (n,) of each column, strings or null."""
        for place, cells in enumerate(columns):
            if self._left[place] and cells.null_count < len(cells):
                self._filled[place] = True
                self._left[place] = tuple(kind for kind in self._left[place] if _all_match(cells, kind[0]))

    def found(self) -> list[pa.DataType | None]:
        """(c,) int64 or float64, None for strings; a column without any cell stays strings."""
        return [left[0][1] if left and filled else None for left, filled in zip(self._left, self._filled, strict=True)]


def with_types(table: pa.Table, kinds: Sequence[pa.DataType | None]) -> pa.Table:
    """The same table (n rows) with the columns cast that have a kind (c,)."""
    numbers = [place for place, kind in enumerate(kinds) if kind is not None]
    if not numbers:
        return table
    schema = pa.schema([(str(place), kinds[place]) for place in numbers])
    with Spool(schema) as spool:
        for batch in table.select(numbers).to_batches():
            cast = [cells.cast(field.type) for cells, field in zip(batch.columns, schema, strict=True)]
            spool.write(pa.RecordBatch.from_arrays(cast, schema=schema))
        cast_table = spool.table()
    columns = list(table.columns)
    for place, column in zip(numbers, cast_table.columns, strict=True):
        columns[place] = column
    return pa.table(columns, names=table.column_names)


def _all_match(cells: pa.Array, pattern: str) -> bool:
    return bool(pc.all(pc.match_substring_regex(cells, pattern), min_count=0).as_py())
