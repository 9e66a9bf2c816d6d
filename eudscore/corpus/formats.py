"""The formats of files: which can be read, by their ending and their first bytes, and why others cannot."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePath

import pyarrow as pa

from eudscore.corpus.delimited import parse_delimited
from eudscore.corpus.encoding import as_utf8
from eudscore.corpus.json_rows import parse_json, parse_json_lines
from eudscore.errors import InputError

_PACKED = "is a compressed file, which is not supported yet: unpack it and give the file inside."
_SHEET = "is a spreadsheet, which is not supported yet: save it as CSV (UTF-8)."
_ARROW = "is an Arrow file, which is not supported yet: save it as Parquet."
_PICKLE = "is a pickle or another file that may run code when it is opened, so it is never read: save it as Parquet."
_NO_TEXT = "is a document or a picture, not a table: save its texts as CSV, JSONL or TXT."
_DATABASE = "is a database: save its table as CSV or Parquet."

_REFUSED_ENDINGS = (
    dict.fromkeys((".gz", ".zst", ".zip", ".bz2", ".xz", ".7z", ".tar", ".tgz", ".rar"), _PACKED)
    | dict.fromkeys((".xlsx", ".xls", ".xlsm", ".ods"), _SHEET)
    | dict.fromkeys((".arrow", ".feather", ".ipc"), _ARROW)
    | dict.fromkeys((".pkl", ".pickle", ".pt", ".pth", ".bin", ".joblib", ".npy", ".npz"), _PICKLE)
    | dict.fromkeys((".pdf", ".doc", ".docx", ".html", ".xml", ".png", ".jpg"), _NO_TEXT)
    | dict.fromkeys((".db", ".sqlite", ".sqlite3", ".duckdb"), _DATABASE)
)
# No UTF-8 text begins with one of these (but "PK", "%PDF" and "BZh" would be odd texts).
_REFUSED_BEGINNINGS = {
    b"PK\x03\x04": _PACKED,
    b"\x1f\x8b": _PACKED,
    b"\x28\xb5\x2f\xfd": _PACKED,
    b"\xfd7zXZ\x00": _PACKED,
    b"BZh9": _PACKED,
    b"\xd0\xcf\x11\xe0": _SHEET,
    b"ARROW1": _ARROW,
    b"FEA1": _ARROW,
    **{bytes((0x80, protocol)): _PICKLE for protocol in (2, 3, 4, 5)},
    b"\x93NUMPY": _PICKLE,
    b"%PDF-": _NO_TEXT,
    b"\x89PNG": _NO_TEXT,
    b"\xff\xd8\xff": _NO_TEXT,
    b"SQLite format 3\x00": _DATABASE,
}
_PARQUET = b"PAR1"


@dataclass(frozen=True, eq=False)
class Reading:
    """What a file held, and how it was read.

    Attributes:
        table: row i of the file is row i of it.
        notes: a sentence for everything that was found out and not given (encoding, delimiter, what was unpacked).
    """

    table: pa.Table
    notes: tuple[str, ...] = ()


def read_file(path: Path, name: str, *, text: str | None = None) -> Reading:
    """The table that a file on this machine holds.

    Args:
        path: where its bytes are.
        name: what it is called, with its ending; an upload lies under another name.
        text: the column that is going to be the text; it is not turned into numbers.

    Raises:
        InputError: the file is empty, broken, or of a kind that is not read.
    """
    return Reading(parse(memoryview(path.read_bytes()), name, text=text))


def parse(content: memoryview, name: str, *, text: str | None = None) -> pa.Table:
    """The table that a file holds; row i of the file is row i of the table.

    Its ending says what a file is, except that Parquet is known by its first bytes, and that a file which
    must not be read is refused whatever it is called.

    Args:
        content: the whole file.
        name: the file's name with its ending.
        text: the column that is going to be the text; it is not turned into numbers.

    Raises:
        InputError: the file is empty, broken, or of a kind that is not read.
    """
    if not len(content):
        raise InputError(f"{name} is empty (0 bytes): give a file with texts.")
    start, ending = bytes(content[:16]), PurePath(name).suffix.lower()
    if start.startswith(_PARQUET):
        return _checked(_parse_parquet(content, name), name)
    refusal = _refusal(start, ending)
    if refusal:
        raise InputError(f"{name} {refusal}")
    if ending not in PARSERS:
        raise InputError(f"{name} {_ending(ending)}, eudscore reads {_known()}: save it as one of these.")
    return _checked(PARSERS[ending](content, name, text), name)


def has_known_ending(name: str) -> bool:
    """Whether a name ends as files do that are read, or refused with a reason of their own."""
    ending = PurePath(name).suffix.lower()
    return ending in PARSERS or ending in _REFUSED_ENDINGS


def _refusal(start: bytes, ending: str) -> str | None:
    for beginning, reason in _REFUSED_BEGINNINGS.items():
        if start.startswith(beginning):
            # A spreadsheet of today is a zip archive.
            return _REFUSED_ENDINGS.get(ending, reason) if reason == _PACKED else reason
    return _REFUSED_ENDINGS.get(ending)


def _parse_parquet(content: memoryview, name: str) -> pa.Table:
    import pyarrow.parquet as pq

    if bytes(content[:4]) != _PARQUET:
        start = bytes(content[:12]).decode("utf-8", "backslashreplace")
        raise InputError(f"{name} is not a Parquet file (it begins with {start!r}): give it the ending of what it is.")
    try:
        table = pq.ParquetFile(pa.BufferReader(pa.py_buffer(content))).read()
        table.validate(full=True)  # strings that are no UTF-8 would fail much later
    except (pa.ArrowException, OSError, ValueError) as error:
        reason = " ".join(str(error).split())[:120].rstrip(".")
        raise InputError(f"{name} is a broken Parquet file ({reason}): write or download it again.") from error
    return table


def _parse_delimited(content: memoryview, name: str, text: str | None) -> pa.Table:
    keep = frozenset() if text is None else frozenset((text,))
    return parse_delimited(as_utf8(bytes(content), name), name, keep=keep)


def _parse_lines(content: memoryview, name: str, _text: str | None) -> pa.Table:
    """A line is a text, blank ones included, so that row numbers are line numbers; except at the end."""
    lines = as_utf8(bytes(content), name).decode().split("\n")
    texts = [line.removesuffix("\r") for line in lines]
    while texts and not texts[-1].strip():
        texts.pop()
    return pa.table({"text": pa.array(texts, pa.string())} if texts else {})


Parser = Callable[[memoryview, str, str | None], pa.Table]
PARSERS: dict[str, Parser] = {
    ".csv": _parse_delimited,
    ".tsv": _parse_delimited,
    ".tab": _parse_delimited,
    ".jsonl": lambda content, name, _: parse_json_lines(as_utf8(bytes(content), name), name),
    ".ndjson": lambda content, name, _: parse_json_lines(as_utf8(bytes(content), name), name),
    ".json": lambda content, name, _: parse_json(as_utf8(bytes(content), name), name),
    ".txt": _parse_lines,
    ".parquet": lambda content, name, _: _parse_parquet(content, name),
}


def _checked(table: pa.Table, name: str) -> pa.Table:
    twice = {column for column in table.column_names if table.column_names.count(column) > 1}
    if twice:
        raise InputError(f"{name} has more than one column {min(twice)!r}: give each column its own name.")
    if not table.num_rows:
        there = "only the names of columns" if table.num_columns else "nothing but blank space"
        raise InputError(f"{name} holds no rows, {there}: give a file with texts.")
    return table


def _ending(ending: str) -> str:
    return f"ends in {ending!r}" if ending else "has no ending such as '.csv'"


def _known() -> str:
    *most, last = sorted(PARSERS)
    return f"{', '.join(most)} and {last}"
