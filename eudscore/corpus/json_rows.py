"""JSON and JSONL to a table: a list of objects, one object a line, or `{"data": [...]}`."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa

from eudscore.errors import InputError

_SHAPES = 'a list of objects, one object a line, or {"data": [...]}'


def parse_json(content: bytes, name: str) -> pa.Table:
    """Rows of a JSON file; one that holds an object a line is read as such.

    A column that mixes kinds becomes strings: what is no string is written as JSON.

    Args:
        content: valid UTF-8.
        name: what the file is called in errors.

    Raises:
        InputError: no JSON, or JSON of another shape.
    """
    if _is_lines(content):
        return parse_json_lines(content, name)
    try:
        document = json.loads(content)
    except json.JSONDecodeError as error:
        raise InputError(
            f"{name} is not JSON ({error.msg}, line {error.lineno} column {error.colno}): give {_SHAPES}."
        ) from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{name} is not JSON that can be read ({error}): give {_SHAPES}.") from error
    if isinstance(document, dict):
        document = document.get("data", document)
    if not isinstance(document, list):
        raise InputError(f"{name} holds {_kind(document)}: give {_SHAPES}.")
    return _table([_row(entry, f"Entry {n} of {name}") for n, entry in enumerate(document, 1)], name)


def parse_json_lines(content: bytes, name: str) -> pa.Table:
    """Rows of a JSONL file; blank lines are no rows.

    Args:
        content: valid UTF-8.
        name: what the file is called in errors.

    Raises:
        InputError: a line that is no JSON object.
    """
    if content.lstrip().startswith(b"[") and not _is_lines(content):
        return parse_json(content, name)
    return _table([_row(entry, f"Line {line} of {name}") for line, entry in _lines(content, name)], name)


def _lines(content: bytes, name: str) -> Iterator[tuple[int, Any]]:
    for number, line in enumerate(content.split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            yield number, json.loads(line.decode())
        except (ValueError, RecursionError) as error:
            found = _short(line.decode().strip())
            raise InputError(f"Line {number} of {name} is not JSON ({found!r}): give one object a line.") from error


def _is_lines(content: bytes) -> bool:
    """Whether the first of several lines is a whole object."""
    first, _, rest = content.strip().partition(b"\n")
    if not first.startswith(b"{") or not rest:
        return False
    try:
        json.loads(first)
    except (ValueError, RecursionError):
        return False
    return True


def _row(entry: Any, place: str) -> Mapping[str, Any]:
    if isinstance(entry, str):
        return {"text": entry}
    if not isinstance(entry, dict):
        raise InputError(f'{place} is {_kind(entry)}, not an object such as {{"text": "..."}}: mend it.')
    return entry


def _table(rows: Sequence[Mapping[str, Any]], name: str) -> pa.Table:
    names = list(dict.fromkeys(column for row in rows for column in row))
    return pa.table([_column([row.get(column) for row in rows], column, name) for column in names], names=names)


def _column(values: list[Any], column: str, name: str) -> pa.Array:
    try:
        return pa.array(values)
    except UnicodeEncodeError as error:
        raise InputError(
            f"Column {column!r} of {name} holds half a character (a lone surrogate such as \\ud83d): "
            "remove it or write the file anew."
        ) from error
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, OverflowError):
        return _column([_written(value) for value in values], column, name)


def _written(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _kind(entry: Any) -> str:
    kinds = {dict: "an object", list: "a list", str: "a string", bool: "a truth value", type(None): "null"}
    return kinds.get(type(entry), "a number")


def _short(line: str) -> str:
    return line if len(line) <= 40 else f"{line[:39]}…"
