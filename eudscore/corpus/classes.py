"""A label column to class names and positions in them."""

import json
import re
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from eudscore.errors import InputError
from eudscore.records import UNLABELLED, Ints

_IDS_FROM = 20  # rows; with fewer, every row may well be a class of its own
_DIGITS = re.compile(r"(\d+)")


@dataclass(frozen=True, eq=False)
class Classes:
    """The classes of a label column.

    Attributes:
        names: of the classes, in an order that depends on the set of labels only.
        labels: (n,) int64 positions in `names`, `UNLABELLED` where there is none.
        named_by: the column that the names of integer labels come from.
    """

    names: tuple[str, ...]
    labels: Ints
    named_by: str | None = None


def classes_of(table: pa.Table, column: str, *, text: str, file: str) -> Classes:
    """The classes of a column, in natural order of their names or in the order of their integers.

    Null, blank and -1 are unlabelled. Integers take their names from the schema's `ClassLabel` (then a label
    is its own position), else from a column of strings in one-to-one relation, else they are their own names.

    Args:
        table: (n rows).
        column: a column of strings, truth values or whole numbers.
        text: the text column, which names no classes.
        file: what the table is called in errors.

    Raises:
        InputError: the column holds something else, or nearly every row has a label of its own.
    """
    if holds_several(table.schema.field(column).type):
        raise InputError(
            f"Column {column!r} of {file} holds several labels a row, and one is needed: choose a column with one "
            "label a row, or leave the label out and score the texts without."
        )
    values = plain(table.column(column))
    kind = values.type
    if not holds_labels(kind):
        raise InputError(f"Column {column!r} of {file} holds {kind}: a label is a name or a whole number.")
    if pa.types.is_null(kind):
        classes = Classes((), np.full(len(values), UNLABELLED, dtype=np.int64))
    elif pa.types.is_boolean(kind):
        classes = Classes(("false", "true"), _integers(values.cast(pa.int8())))
    elif is_text(kind):
        classes = _of_strings(values)
    else:
        classes = _of_integers(table, column, _whole_numbers(values, column, file), text)
    if len(values) > _IDS_FROM and len(classes.names) > len(values) / 2:
        raise InputError(
            f"Column {column!r} of {file} has {len(classes.names):,} different values in {len(values):,} rows, "
            "which is no label: choose a column with a few classes."
        )
    return classes


@dataclass(frozen=True)
class SeveralLabels:
    """A column that holds several labels a row, which is not a label of ours.

    Attributes:
        column: its name.
        mean: labels a row, on average over the rows that have a list.
        different: labels that occur, or that the schema names.
        names: the first of them.
    """

    column: str
    mean: float
    different: int
    names: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """What it holds, what cannot be done with it, and what to do."""
        shown = ", ".join(self.names) + (", …" if self.different > len(self.names) else "")
        return (
            f"`{self.column}` holds several labels a row ({self.mean:.1f} on average, {self.different:,} different: "
            f"{shown}), so the texts are scored without labels: class balance, predictive entropy and training need "
            "one label a row, in a column of its own."
        )


def several_labels(table: pa.Table, column: str) -> SeveralLabels | None:
    """What a column of lists of names or of whole numbers holds; None where it is no such column.

    Lists of one width that hold nothing but 0 and 1 say of each label whether the row has it.
    """
    if not holds_several(table.schema.field(column).type):
        return None
    values = table.column(column)
    lengths, items = pc.list_value_length(values), plain(pc.list_flatten(values))
    mean = float(pc.mean(lengths).as_py() or 0.0)
    found = pc.unique(items).drop_null().to_pylist()
    names = class_label_names(table, column)
    if {0, 1}.issuperset(found) and mean > 2 and pc.count_distinct(lengths).as_py() == 1:
        names = names or tuple(str(position) for position in range(int(mean)))
        mean *= pc.mean(items).as_py()
    elif not names:
        names = tuple(sorted((str(value) for value in found), key=natural))
    return SeveralLabels(column, mean, len(names), names[:4])


def holds_several(kind: pa.DataType) -> bool:
    """Whether a column of this type holds lists of names or of whole numbers."""
    lists = pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)
    return lists and (is_text(kind.value_type) or bool(pa.types.is_integer(kind.value_type)))


def holds_labels(kind: pa.DataType) -> bool:
    """Whether a column of this type can be a label: strings, numbers, truth values, or nothing at all."""
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    checks = (is_text, pa.types.is_boolean, pa.types.is_integer, pa.types.is_floating, pa.types.is_null)
    return any(check(kind) for check in checks)


def natural(name: str) -> tuple[list[tuple[int, int, str]], str]:
    """Sort key in which `class 2` comes before `class 10`."""
    parts = _DIGITS.split(name.casefold())
    return [(0, int(p), "") if p.isdecimal() else (1, 0, p) for p in parts if p], name


def is_text(kind: pa.DataType) -> bool:
    """Whether a column of this type holds strings, dictionary-encoded ones included."""
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """The column without dictionary encoding, and its strings as large strings."""
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    return column.cast(pa.large_string()) if is_text(column.type) else column


def _of_strings(values: pa.ChunkedArray) -> Classes:
    filled = pc.if_else(pc.equal(pc.utf8_trim_whitespace(values), ""), None, values)
    encoded = filled.combine_chunks().dictionary_encode()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.unify_dictionaries().combine_chunks()
    found = encoded.dictionary.to_pylist()
    order = sorted(range(len(found)), key=lambda position: natural(found[position]))
    place = np.empty(len(found) + 1, dtype=np.int64)
    place[order] = np.arange(len(found))
    place[-1] = UNLABELLED
    codes = encoded.indices.cast(pa.int64()).fill_null(len(found)).to_numpy(zero_copy_only=False)
    return Classes(tuple(found[position] for position in order), place[codes])


def _whole_numbers(values: pa.ChunkedArray, column: str, file: str) -> Ints:
    """(n,) int64 with -1 for null; floats must be whole."""
    if pa.types.is_floating(values.type):
        numbers = values.cast(pa.float64()).to_numpy()
        missing = np.isnan(numbers)
        broken = ~missing & ((np.floor(numbers) != numbers) | (np.abs(numbers) > 2**53))
        if broken.any():
            example = numbers[np.argmax(broken)]
            raise InputError(
                f"Column {column!r} of {file} holds numbers such as {example:g}: a label is a name or a whole number."
            )
        return np.where(missing, UNLABELLED, numbers).astype(np.int64)
    try:
        return _integers(values)
    except pa.ArrowInvalid as error:
        raise InputError(
            f"Column {column!r} of {file} holds whole numbers above 2^63: choose a column with a few classes."
        ) from error


def _integers(values: pa.ChunkedArray) -> Ints:
    return np.asarray(values.cast(pa.int64()).fill_null(UNLABELLED).to_numpy(), dtype=np.int64)


def _of_integers(table: pa.Table, column: str, numbers: Ints, text: str) -> Classes:
    known = numbers != UNLABELLED
    found, positions = np.unique(numbers[known], return_inverse=True)
    features = class_label_names(table, column)
    if features and len(found) and (found[0] < 0 or found[-1] >= len(features)):
        features = ()  # not the names of these labels
    if features:
        return Classes(features, numbers)
    labels = np.full(len(numbers), UNLABELLED, dtype=np.int64)
    labels[known] = positions
    companion = _companion(table, column, text, labels)
    if companion:
        return Classes(companion[1], labels, companion[0])
    return Classes(tuple(str(value) for value in found.tolist()), labels)


def class_label_names(table: pa.Table, column: str) -> tuple[str, ...]:
    """Names from the metadata that the `datasets` library writes into Arrow and Parquet schemas."""
    try:
        content = json.loads((table.schema.metadata or {}).get(b"huggingface", b"{}"))
        feature = content["info"]["features"][column]
        feature = feature[0] if isinstance(feature, list) else feature.get("feature", feature)  # of a list, its items'
        names = feature["names"]
    except (ValueError, KeyError, TypeError, AttributeError, IndexError):
        return ()
    return tuple(str(name) for name in names) if isinstance(names, list) else ()


def _companion(table: pa.Table, column: str, text: str, labels: Ints) -> tuple[str, tuple[str, ...]] | None:
    """The column of strings that names each label by one string of its own, and these names in order."""
    by_name = [f"{column}_name", f"{column}_text", f"{column}_names", "label_name", "label_text", "class_name"]
    known = int(labels.max(initial=UNLABELLED)) + 1
    # A few rows agree by chance: then only a column that is called so is believed, and no other is looked at.
    names = table.column_names if len(labels) > 2 * known > 2 else _there(table, by_name)
    others = [name for name in names if name not in (column, text)]
    for name in sorted(others, key=lambda other: by_name.index(other) if other in by_name else len(by_name)):
        if not is_text(table.schema.field(name).type) or _has_more_values(table.column(name), known):
            continue
        if found := _one_to_one(labels, _of_strings(plain(table.column(name)))):
            return name, found
    return None


def _there(table: pa.Table, names: list[str]) -> list[str]:
    """Those of the names that are columns, without going through all columns of what may be thousands."""
    return [name for name in dict.fromkeys(names) if table.schema.get_field_index(name) >= 0]


def _has_more_values(column: pa.ChunkedArray, classes: int) -> bool:
    """Whether the first rows alone hold more strings than there are classes (and a blank), which is cheap."""
    start = plain(column.slice(0, 4 * classes + 100))
    return bool(pc.count_distinct(start).as_py() > classes + 1)


def _one_to_one(labels: Ints, strings: Classes) -> tuple[str, ...] | None:
    """The string of each label, if that is one string and no other label's."""
    known = labels != UNLABELLED
    many = len(strings.names) + 1
    pairs = np.unique(
        labels[known] * many + strings.labels[known] + 1
    )  # of numbers: of rows it takes ten times as long
    of_labels, of_strings = pairs // many, pairs % many - 1
    one_to_one = len(np.unique(of_labels)) == len(np.unique(of_strings)) == len(pairs)
    if not one_to_one or not pairs.size or (of_strings < 0).any():
        return None
    return tuple(strings.names[position] for position in of_strings)
