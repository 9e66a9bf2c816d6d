"""Several files of one shape become one table; what does not fit together is named."""

import json
from collections.abc import Sequence
from functools import reduce

import pyarrow as pa

from eudscore.corpus.files.reading import Reading
from eudscore.corpus.files.spool import Spool, pieces
from eudscore.corpus.sources.paths import about_failure, shown
from eudscore.errors import InputError

_FEATURES = b"huggingface"  # where the `datasets` library keeps class names in a schema
_NAMES_SHOWN = 3
_NOTES_SHOWN = 5


def joined(parts: Sequence[tuple[str, Reading]], *, exact_numbers: bool = False) -> Reading:
    """The rows of all parts, one part after the other.

    Columns have the names and the order of the first part. Where types differ, the wider one is taken if every
    value stays what it is.

    Args:
        parts: name and content of each file, in order; at least one.
        exact_numbers: numbers stand in the table as they were written, so that they may become text again.

    Raises:
        InputError: two files differ in a column, in its type beyond that, or in the names of its classes.
    """
    if len(parts) == 1:
        return parts[0][1]
    tables = _same_columns(parts)
    fields = [_field(parts, tables, place, exact_numbers) for place in range(tables[0].num_columns)]
    schema = pa.schema(fields, metadata=_metadata(parts))
    fitted = [_fitted(table, schema, name) for table, (name, _) in zip(tables, parts, strict=True)]
    return Reading(pa.concat_tables(fitted), (_about_files(parts), *_notes(parts)))


def on_disk(table: pa.Table) -> pa.Table:
    """The same table, mapped from a temporary file.

    Raises:
        InputError: there is no room for it.
    """
    try:
        with Spool(table.schema, in_memory=0) as spool:
            for batch in pieces(table):
                spool.write(batch)
            return spool.table()
    except OSError as error:
        raise InputError(about_failure(error, "the table")) from error


def _same_columns(parts: Sequence[tuple[str, Reading]]) -> list[pa.Table]:
    first_name, first = parts[0][0], parts[0][1].table
    tables = []
    for name, reading in parts:
        names = reading.table.column_names
        here, there = set(names), set(first.column_names)
        for column in [*first.column_names, *names]:
            if column not in here or column not in there:
                has, lacks = (name, first_name) if column in here else (first_name, name)
                raise InputError(
                    f"{has} has a column {column!r}, which {lacks} lacks: give files with the same columns, or one "
                    "of them."
                )
        tables.append(reading.table if names == first.column_names else reading.table.select(first.column_names))
    return tables


def _field(parts: Sequence[tuple[str, Reading]], tables: Sequence[pa.Table], place: int, exact: bool) -> pa.Field:
    first = tables[0].schema.field(place)
    kind = first.type
    for table, (name, _) in zip(tables, parts, strict=True):
        wider = _wider(kind, table.schema.field(place).type, exact)
        if wider is None:
            raise InputError(
                f"Column {first.name!r} holds {kind} in {parts[0][0]} and {table.schema.field(place).type} in {name}: "
                "write it alike in all files, or give one of them."
            )
        kind = wider
    return pa.field(first.name, kind)


def _wider(one: pa.DataType, other: pa.DataType, exact: bool) -> pa.DataType | None:
    """The type that holds the values of both as they are; None where there is none."""
    if one.equals(other):
        return one
    one, other = (kind.value_type if pa.types.is_dictionary(kind) else kind for kind in (one, other))
    strings = [_is_string(one), _is_string(other)]
    if all(strings):
        return pa.large_string() if not one.equals(other) else one
    if exact and any(strings) and all(_is_string(kind) or pa.types.is_integer(kind) for kind in (one, other)):
        return pa.large_string()
    if not _may_widen(one, other):
        return None
    try:
        unified = pa.unify_schemas([pa.schema([("c", one)]), pa.schema([("c", other)])], promote_options="permissive")
    except pa.ArrowException:
        return None
    return unified.field(0).type


def _may_widen(one: pa.DataType, other: pa.DataType) -> bool:
    """Whether both are numbers, both are nested, or one is nothing at all."""
    if pa.types.is_null(one) or pa.types.is_null(other):
        return True
    kinds = (pa.types.is_integer, pa.types.is_floating, pa.types.is_nested, pa.types.is_temporal, pa.types.is_decimal)
    numbers = [pa.types.is_integer(kind) or pa.types.is_floating(kind) for kind in (one, other)]
    return all(numbers) or any(is_kind(one) and is_kind(other) for is_kind in kinds[2:])


def _is_string(kind: pa.DataType) -> bool:
    return any(is_kind(kind) for is_kind in (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view))


def _fitted(table: pa.Table, schema: pa.Schema, name: str) -> pa.Table:
    if table.schema.equals(schema, check_metadata=True):
        return table
    columns = []
    for field, column in zip(schema, table.columns, strict=True):
        try:
            columns.append(column if column.type.equals(field.type) else column.cast(field.type))
        except pa.ArrowException as error:
            raise InputError(
                f"Column {field.name!r} of {name} holds {column.type}, which does not fit into the {field.type} of "
                "the other files: write it alike in all files, or give one of them."
            ) from error
    return pa.table(columns, schema=schema)


def _metadata(parts: Sequence[tuple[str, Reading]]) -> dict[bytes, bytes] | None:
    """What the first file says of its columns; class names must be the same in all, or numbers change their meaning."""
    first_name, first = parts[0][0], parts[0][1].table.schema.metadata
    for name, reading in parts[1:]:
        one, other = (_class_names(schema) for schema in (first, reading.table.schema.metadata))
        for column in one.keys() | other.keys():
            if one.get(column) != other.get(column):
                raise InputError(
                    f"The classes of column {column!r} have other names in {first_name} than in {name}: give files "
                    "with the same classes, or one of them."
                )
    return dict(first) if first else None


def _class_names(metadata: dict[bytes, bytes] | None) -> dict[str, list[str]]:
    try:
        features = json.loads((metadata or {}).get(_FEATURES, b"{}"))["info"]["features"]
        return {column: feature["names"] for column, feature in features.items() if "names" in feature}
    except (ValueError, LookupError, TypeError, AttributeError):
        return {}


def _about_files(parts: Sequence[tuple[str, Reading]]) -> str:
    names = [shown(name) for name, _ in parts]
    few = ", ".join(names) if len(names) <= _NAMES_SHOWN + 1 else f"{', '.join(names[:_NAMES_SHOWN])}, ..., {names[-1]}"
    return f"{len(names):,} files were joined in this order: {few}."


def _notes(parts: Sequence[tuple[str, Reading]]) -> list[str]:
    """Each note once, and not thousands of them."""
    notes: list[str] = reduce(lambda so_far, part: so_far + [n for n in part[1].notes if n not in so_far], parts, [])
    if len(notes) <= _NOTES_SHOWN:
        return notes
    return [*notes[:_NOTES_SHOWN], f"{len(notes) - _NOTES_SHOWN:,} more notes of this kind were left out."]
