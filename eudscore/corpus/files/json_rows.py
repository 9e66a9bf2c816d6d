"""JSON and JSONL to a table: a list of objects, one object a line, `{"data": [...]}`, or the layout of SQuAD."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from eudscore.corpus.files.encoding import TextFile
from eudscore.corpus.files.json_columns import table_of
from eudscore.corpus.files.reading import Reading, short
from eudscore.corpus.files.squad import is_squad, questions
from eudscore.errors import InputError

_SHAPES = 'a list of objects, one object a line, or {"data": [...]}'
_LARGEST_DOCUMENT = 1 << 30  # bytes; one document can only be read whole, and takes several times as much memory
_DATA = "data"


class _TwiceError(ValueError):
    """An object has a key twice."""


def read_json(file: TextFile, name: str) -> Reading:
    """Rows of a JSON file; one that holds an object a line is read as such.

    A column that mixes kinds becomes strings: what is no string is written as JSON.

    Args:
        file: valid UTF-8.
        name: what the file is called in errors.

    Raises:
        InputError: no JSON, or JSON of another shape, or a document of more than 1 GiB.
    """
    if _is_lines(file):
        return read_json_lines(file, name)
    document, notes = _loaded(file, name), file.notes
    if isinstance(document, dict) and _DATA in document:
        beside = [key for key in document if key != _DATA]
        notes += (f"Beside `{_DATA}` it holds {_listed(beside)}, which is not read.",) if beside else ()
        document = document[_DATA]
    if not isinstance(document, list):
        raise InputError(f"{name} holds {_kind(document)}: give {_SHAPES}.")
    if is_squad(document):
        document, told = questions(document, name)
        notes += (told,)
    rows = [_row(entry, f"Entry {n} of {name}") for n, entry in enumerate(document, 1)]
    return _reading(lambda: rows, name, notes)


def read_json_lines(file: TextFile, name: str) -> Reading:
    """Rows of a JSONL file; blank lines are no rows.

    Args:
        file: valid UTF-8.
        name: what the file is called in errors.

    Raises:
        InputError: a line that is no JSON object.
    """
    if _first_line(file)[0].startswith(b"[") and not _is_lines(file):
        return read_json(file, name)
    return _reading(lambda: _rows(file, name), name, file.notes)


def _reading(rows: Callable[[], Iterable[Mapping[str, Any]]], name: str, notes: tuple[str, ...]) -> Reading:
    found = table_of(rows, name)
    return Reading(found.table, (*notes, *found.notes))


def _rows(file: TextFile, name: str) -> Iterator[Mapping[str, Any]]:
    for number, line in enumerate(file.lines(), 1):
        if not line.strip():
            continue
        try:
            entry = _parsed(line)
        except _TwiceError as error:
            raise InputError(f"Line {number} of {name} {_twice(error)}") from error
        except (ValueError, RecursionError) as error:
            found = short(line.strip())
            raise InputError(f"Line {number} of {name} is not JSON ({found!r}): give one object a line.") from error
        yield _row(entry, f"Line {number} of {name}")


def _loaded(file: TextFile, name: str) -> Any:
    size = file.path.stat().st_size
    if size > _LARGEST_DOCUMENT:
        raise InputError(
            f"{name} is one JSON document of {size / 1e9:.1f} GB, which can only be read whole: "
            "save it as JSONL, one object a line."
        )
    try:
        return _parsed(file.read())
    except json.JSONDecodeError as error:
        raise InputError(
            f"{name} is not JSON ({error.msg}, line {error.lineno} column {error.colno}): give {_SHAPES}."
        ) from error
    except _TwiceError as error:
        raise InputError(f"{name} {_twice(error)}") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{name} is not JSON that can be read ({error}): give {_SHAPES}.") from error


def _parsed(text: str | bytes) -> Any:
    return json.loads(text, object_pairs_hook=_object)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Python's `json` would keep the last of two values without a word."""
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        raise _TwiceError(next(key for key in keys if keys.count(key) > 1))
    return found


def _twice(error: _TwiceError) -> str:
    return f"has the key {str(error)!r} twice in one object: give each key its own name."


def _is_lines(file: TextFile) -> bool:
    """Whether the first of several lines is a whole object."""
    first, more = _first_line(file)
    if not first.startswith(b"{") or not more:
        return False
    try:
        json.loads(first)
    except (ValueError, RecursionError):
        return False
    return True


def _first_line(file: TextFile) -> tuple[bytes, bool]:
    """The first line that is not blank, and whether another follows; a document may be one line of any length."""
    with file.path.open("rb") as opened:
        opened.seek(file.start)
        filled = (line.strip() for line in iter(lambda: opened.readline(_LARGEST_DOCUMENT), b"") if line.strip())
        return next(filled, b""), next(filled, None) is not None


def _row(entry: Any, place: str) -> Mapping[str, Any]:
    if isinstance(entry, str):
        return {"text": entry}
    if not isinstance(entry, dict):
        raise InputError(f'{place} is {_kind(entry)}, not an object such as {{"text": "..."}}: mend it.')
    return entry


def _kind(entry: Any) -> str:
    kinds = {dict: "an object", list: "a list", str: "a string", bool: "a truth value", type(None): "null"}
    return kinds.get(type(entry), "a number")


def _listed(keys: list[str]) -> str:
    shown = ", ".join(f"`{short(key)}`" for key in keys[:5])
    return f"{shown} and {len(keys) - 5} more" if len(keys) > 5 else shown
