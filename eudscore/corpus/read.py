"""Reading a source: a file, an upload, the demo or a data set of the Hub becomes a `Corpus`.

Row i of the source is row i of the corpus; nothing is dropped, sorted or mended on the way.
"""

import difflib
from collections.abc import Sequence
from pathlib import Path, PurePath

import pyarrow as pa

from eudscore import locations
from eudscore.corpus.formats import has_known_ending, parse
from eudscore.corpus.hub import looks_like_hub_id, read_hub
from eudscore.corpus.roles import assign_roles, detect_roles
from eudscore.errors import InputError, RequestError
from eudscore.records import Corpus

SPLITS = ("train", "test")  # of the demo; the first is read when none is named
_DEMO = "demo"


def read_source(
    source: str | Path, *, text: str | None = None, label: str | None = None,
    split: str | None = None, limit: int | None = None,
) -> Corpus:  # fmt: skip
    """Read a data set; columns that are not named are found.

    Args:
        source: a path, `demo` (or `demo:test`), or the id of a data set of the Hugging Face Hub.
        text: the text column.
        label: the label column.
        split: of the demo or of a data set of the Hub; `train` without it.
        limit: how many rows to keep, from the first on.

    Raises:
        InputError: the source cannot be read, or a column cannot have its role.
        RequestError: a limit below 1.
    """
    table, name, origin = _open(source, text=text, split=split)
    return _corpus(_first(table, limit), name, origin, text=text, label=label)


def read_upload(
    name: str, content: bytes, *, text: str | None = None, label: str | None = None, limit: int | None = None
) -> Corpus:
    """Read a file that came as bytes; see `read_source`.

    Args:
        name: the file's name with its ending.
        content: the whole file.
        text: the text column.
        label: the label column.
        limit: how many rows to keep, from the first on.

    Raises:
        InputError: the file cannot be read, or a column cannot have its role.
        RequestError: a limit below 1.
    """
    name = PurePath(name.replace("\\", "/")).name
    table = _first(parse(memoryview(content), name, text=text), limit)
    return _corpus(table, PurePath(name).stem, f"upload:{name}", text=text, label=label)


def read_table(source: str | Path, *, text: str | None = None, split: str | None = None) -> pa.Table:
    """The table of a source as it is, before any column has a role; see `read_source`.

    Raises:
        InputError: the source cannot be read.
    """
    return _open(source, text=text, split=split)[0]


def _corpus(table: pa.Table, name: str, source: str, *, text: str | None, label: str | None) -> Corpus:
    file = PurePath(source.removeprefix("upload:")).name
    detected = detect_roles(table, text=text, label=label, file=file)
    return assign_roles(table, name=name, source=source, roles=detected.roles)


def _first(table: pa.Table, limit: int | None) -> pa.Table:
    if limit is None:
        return table
    if limit < 1:
        raise RequestError(f"The limit is {limit} rows: give 1 or more, or leave it out.")
    return table.slice(0, limit)


def _open(source: str | Path, *, text: str | None, split: str | None) -> tuple[pa.Table, str, str]:
    """Table, name and full source."""
    if isinstance(source, str):
        if "://" in source:
            raise InputError(f"{source!r} is an address, which is not supported yet: download it, give the file.")
        base, named = _split_of(source, split)
        if base == _DEMO:
            return _open_demo(named or SPLITS[0])
        if _is_hub_id(base, source):
            table = read_hub(base, split=named)
            return table, base.rpartition("/")[2], f"{base}:{named}" if named else base
    path = _file(source)
    if split is not None:
        raise InputError(f"{path.name} is one file and has no split {split!r}: leave the split out.")
    return parse(_bytes(path), path.name, text=text), path.stem, str(path)


def _split_of(source: str, split: str | None) -> tuple[str, str | None]:
    """`demo:test` to `demo` and `test`; a split that is given must not say otherwise."""
    base, _, named = source.partition(":")
    if split and named and split != named:
        raise InputError(f"{source!r} names a split, but {split!r} was asked for: name one of them only.")
    return base, split or named or None


def _open_demo(split: str) -> tuple[pa.Table, str, str]:
    if split not in SPLITS:
        raise InputError(f"The demo has no split {split!r}, only {_listed(SPLITS)}. Choose one of these.")
    path = locations.assets() / _DEMO / f"{split}.parquet"
    if not path.is_file():
        raise InputError(f"The demo is missing ({path} is not there): install eudscore again.")
    origin = _DEMO if split == SPLITS[0] else f"{_DEMO}:{split}"
    return parse(_bytes(path), path.name), _DEMO, origin


def _is_hub_id(base: str, source: str) -> bool:
    path = Path(base)
    if not looks_like_hub_id(source) or has_known_ending(base) or path.exists():
        return False
    return len(path.parts) == 1 or not path.parent.exists()


def _file(source: str | Path) -> Path:
    if not str(source).strip():
        raise InputError("The source is empty: give a file, 'demo' or the id of a data set.")
    try:
        path = Path(source).expanduser().resolve()
        if path.is_file():
            return path
        if path.is_dir():
            raise InputError(_about_folder(path))
        if path.exists():
            raise InputError(f"{path.name} is not a file but a device or a pipe: save it as a file and give that.")
        raise InputError(_about_missing(path))
    except (OSError, ValueError, RuntimeError) as error:
        raise InputError(f"{str(source)[:80]!r} cannot be opened ({_reason(error)}): check the path.") from error


def _bytes(path: Path) -> memoryview:
    try:
        if not path.stat().st_size:
            return memoryview(b"")
        return memoryview(pa.memory_map(str(path)).read_buffer())
    except OSError as error:
        raise InputError(f"{path.name} cannot be opened ({_reason(error)}): check who may read it.") from error


def _reason(error: Exception) -> str:
    return (getattr(error, "strerror", None) or str(error)).lower()


def _about_folder(path: Path) -> str:
    files = sorted(entry.name for entry in path.iterdir() if entry.is_file() and has_known_ending(entry.name))
    if not files:
        return f"{path.name} is a folder without a file that can be read: give a file."
    more = f" and {len(files) - 3} more" if len(files) > 3 else ""
    return f"{path.name} is a folder, which is not supported yet: give a file of it, {_listed(files[:3])}{more}."


def _about_missing(path: Path) -> str:
    if not path.parent.is_dir():
        return f"There is no folder {str(path.parent)!r}: check the path of {path.name!r}."
    near = difflib.get_close_matches(path.name, sorted(entry.name for entry in path.parent.iterdir()))
    hint = f"did you mean {_listed(near)}?" if near else "check its name."
    return f"There is no file {path.name!r} in {str(path.parent)!r}: {hint}"


def _listed(names: Sequence[str]) -> str:
    return " or ".join(repr(name) for name in names)
