"""Rows of JSON objects to Arrow columns, piece by piece, whatever kinds they mix."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

import pyarrow as pa

from eudscore.corpus.files.reading import Reading
from eudscore.corpus.files.spool import Spool
from eudscore.errors import InputError

Row = Mapping[str, Any]
_PIECE_ROWS = 20_000
_WRITTEN = pa.string()
_SHOWN = 5


class _AnotherKindError(Exception):
    """A column holds another kind than was thought."""


def table_of(rows: Callable[[], Iterable[Row]], name: str) -> Reading:
    """The table of all rows; a key that a row lacks is null there.

    A column that mixes kinds becomes strings: what is no string is written as JSON. The kinds are known only
    when all rows were seen, so where the pieces differ the rows are gone through again.

    Args:
        rows: gives them from the first on at each call.
        name: what the file is called in errors.

    Raises:
        InputError: a string holds half a character.
    """
    columns = _Columns(name)
    try:
        table = columns.of_one_kind(rows())
    except _AnotherKindError:
        columns.look_at(rows())
        table = columns.of_known_kinds(rows)
    mixed = [column for column in table.column_names if column in columns.mixed]
    shown = ", ".join(f"`{column}`" for column in mixed[:_SHOWN]) + (" and others" if len(mixed) > _SHOWN else "")
    note = f"What is no string in {shown} is written as JSON, because kinds are mixed there."
    return Reading(table, (note,) if mixed else ())


class _Columns:
    """What is known of the columns of a file, and their Arrow arrays."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._kinds: dict[str, pa.DataType] = {}
        self.mixed: set[str] = set()

    def of_one_kind(self, rows: Iterable[Row]) -> pa.Table:
        """The table of rows that all look like the first of them."""
        pieces = _pieces(rows)
        first = self._inferred(next(pieces, []))
        with Spool(first.schema) as spool:
            spool.write(first)
            for piece in pieces:
                batch = self._inferred(piece)
                if not batch.schema.equals(first.schema):
                    raise _AnotherKindError
                spool.write(batch)
            return spool.table()

    def look_at(self, rows: Iterable[Row]) -> None:
        """Find the kinds that hold all rows."""
        for piece in _pieces(rows):
            for field in self._inferred(piece).schema:
                kind = _common(self._kinds.get(field.name, pa.null()), field.type)
                if kind is None:
                    self.mixed.add(field.name)
                self._kinds[field.name] = _WRITTEN if kind is None else kind

    def of_known_kinds(self, rows: Callable[[], Iterable[Row]]) -> pa.Table:
        """The table of all rows after `look_at`."""
        while True:
            try:
                return self._of_kinds(rows())
            except _AnotherKindError as error:  # such as a whole number too large for a column of decimals
                self.mixed.add(str(error))

    def _of_kinds(self, rows: Iterable[Row]) -> pa.Table:
        schema = pa.schema(
            [(column, _WRITTEN if column in self.mixed else kind) for column, kind in self._kinds.items()]
        )
        with Spool(schema) as spool:
            for piece in _pieces(rows):
                columns = [self._column(piece, field.name, field.type) for field in schema]
                spool.write(pa.RecordBatch.from_arrays(columns, schema=schema))
            return spool.table()

    def _inferred(self, piece: list[Row]) -> pa.RecordBatch:
        names = list(dict.fromkeys(column for row in piece for column in row))
        return pa.RecordBatch.from_arrays([self._column(piece, column) for column in names], names=names)

    def _column(self, piece: list[Row], column: str, kind: pa.DataType | None = None) -> pa.Array:
        values = [row.get(column) for row in piece]
        try:
            if column in self.mixed:
                return pa.array([_written(value) for value in values], _WRITTEN)
            return pa.array(values, kind)
        except UnicodeEncodeError as error:
            raise InputError(
                f"Column {column!r} of {self._name} holds half a character (a lone surrogate such as \\ud83d): "
                "remove it or write the file anew."
            ) from error
        except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, OverflowError) as error:
            if kind is not None:
                raise _AnotherKindError(column) from error
            self.mixed.add(column)
            return self._column(piece, column)


def _pieces(rows: Iterable[Row]) -> Iterator[list[Row]]:
    left = iter(rows)
    while piece := list(islice(left, _PIECE_ROWS)):
        yield piece


def _common(one: pa.DataType, other: pa.DataType) -> pa.DataType | None:
    """The kind that holds both as they are, if there is one."""
    if one == other or pa.types.is_null(other):
        return one
    if pa.types.is_null(one):
        return other
    if {one, other} == {pa.int64(), pa.float64()}:
        return pa.float64()
    if pa.types.is_list(one) and pa.types.is_list(other):
        items = _common(one.value_type, other.value_type)
        return pa.list_(items) if items is not None else None
    if pa.types.is_struct(one) and pa.types.is_struct(other):
        fields = {field.name: field.type for field in one}
        for field in other:
            kind = _common(fields.get(field.name, pa.null()), field.type)
            if kind is None:
                return None
            fields[field.name] = kind
        return pa.struct(list(fields.items()))
    return None


def _written(value: Any) -> str | None:
    """A string as it is, null as null, anything else as JSON."""
    return value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False)
