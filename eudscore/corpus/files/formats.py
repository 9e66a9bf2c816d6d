"""The formats of files: which can be read, by their ending and their first bytes, and why others cannot."""

import errno
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePath

from eudscore.corpus.files import arrow_files, packed
from eudscore.corpus.files.delimited import read_delimited
from eudscore.corpus.files.encoding import open_text
from eudscore.corpus.files.json_rows import read_json, read_json_lines
from eudscore.corpus.files.reading import Reading, checked, reason
from eudscore.corpus.files.sheets import read_sheet
from eudscore.corpus.files.text_lines import read_lines
from eudscore.errors import InputError

__all__ = ["READ_ENDINGS", "Reading", "has_known_ending", "read_file"]

_PACKED = "is a packed file of a kind that is not read: unpack it and give the file inside."
_SHEET = "is a spreadsheet of another kind than XLSX: save it as XLSX or CSV (UTF-8)."
_OLD_SHEET = "is an old spreadsheet, or one with a password: save it as XLSX without a password, or as CSV (UTF-8)."
_PICKLE = "is a pickle or another file that may run code when it is opened, so it is never read: save it as Parquet."
_NO_TEXT = "is a document or a picture, not a table: save its texts as CSV, JSONL or TXT."
_DATABASE = "is a database: save its table as CSV or Parquet."

_REFUSED_ENDINGS = (
    dict.fromkeys((".bz2", ".xz", ".7z", ".tar", ".tgz", ".rar"), _PACKED)
    | dict.fromkeys((".xls", ".xlsb", ".ods"), _SHEET)
    | dict.fromkeys((".pkl", ".pickle", ".pt", ".pth", ".bin", ".joblib", ".npy", ".npz"), _PICKLE)
    | dict.fromkeys((".pdf", ".doc", ".docx", ".pptx", ".html", ".xml", ".png", ".jpg"), _NO_TEXT)
    | dict.fromkeys((".db", ".sqlite", ".sqlite3", ".duckdb"), _DATABASE)
)
# No UTF-8 text begins with one of these (but "%PDF" and "BZh" would be odd texts).
_REFUSED_BEGINNINGS = {
    b"\xfd7zXZ\x00": _PACKED,
    b"BZh9": _PACKED,
    b"7z\xbc\xaf\x27\x1c": _PACKED,
    b"Rar!\x1a\x07": _PACKED,
    b"\xd0\xcf\x11\xe0": _OLD_SHEET,
    **{bytes((0x80, protocol)): _PICKLE for protocol in (2, 3, 4, 5)},
    b"\x93NUMPY": _PICKLE,
    b"%PDF-": _NO_TEXT,
    b"\x89PNG": _NO_TEXT,
    b"\xff\xd8\xff": _NO_TEXT,
    b"SQLite format 3\x00": _DATABASE,
}
_ARROW_BEGINNINGS = (arrow_files.ARROW_FILE, arrow_files.ARROW_STREAM, arrow_files.FEATHER_1)
_ARROW_ENDINGS = (".arrow", ".feather", ".ipc")
_SHEET_ENDINGS = (".xlsx", ".xlsm")
_TEXT_ENDINGS = (".csv", ".json", ".jsonl", ".ndjson", ".tab", ".tsv", ".txt")
READ_ENDINGS = tuple(sorted((*_TEXT_ENDINGS, *_ARROW_ENDINGS, *_SHEET_ENDINGS, ".parquet", *packed.ENDINGS)))
_HEAD = 16


def read_file(path: Path, name: str, *, text: str | None = None) -> Reading:
    """The table that a file on this machine holds; row i of the file is row i of the table.

    Its ending says what a file is, except that Parquet, Arrow, XLSX and packed files are known by their first
    bytes, and that a file which must not be read is refused whatever it is called. A table that is large lies
    in a temporary file, not in memory.

    Args:
        path: where its bytes are.
        name: what it is called, with its ending; an upload lies under another name.
        text: the column that is going to be the text; it is not turned into numbers.

    Raises:
        InputError: the file is empty, broken, of a kind that is not read, or was changed meanwhile.
    """
    with _sentences_of_the_disk(name):
        before = _state(path, name)
        with tempfile.TemporaryDirectory(prefix="eudscore-", ignore_cleanup_errors=True) as folder:
            try:
                reading = _read(path, name, Path(folder), text)
            except InputError:
                _refuse_changed(path, name, before)  # or it would be blamed for what somebody did to it
                raise
        _refuse_changed(path, name, before)
    return reading


def has_known_ending(name: str) -> bool:
    """Whether a name ends as files do that are read, or refused with a reason of their own."""
    ending = PurePath(name).suffix.lower()
    return ending in READ_ENDINGS or ending in _REFUSED_ENDINGS


def _read(path: Path, name: str, folder: Path, text: str | None) -> Reading:
    """The file itself or the one that is packed in it."""
    start = _head(path, name)
    kind = packed.kind_of(start)
    if kind is None or _refusal(b"", name) or _is_sheet(path, name, start):
        return _read_plain(path, name, folder, text)
    inside = packed.unpack(path, name, folder, kind)
    start = _head(inside.path, inside.name)
    if packed.kind_of(start) and not _is_sheet(inside.path, inside.name, start):
        raise InputError(f"{name} holds another packed file, {inside.name}: unpack it and give what is inside.")
    reading = _read_plain(inside.path, inside.name, folder, text)
    return Reading(reading.table, (inside.note, *reading.notes))


def _read_plain(path: Path, name: str, folder: Path, text: str | None) -> Reading:
    reading = _reader(path, name, folder, text)()
    return Reading(checked(reading.table, name), reading.notes)


def _reader(path: Path, name: str, folder: Path, text: str | None) -> Callable[[], Reading]:
    """What reads this file."""
    start, ending = _head(path, name), PurePath(name).suffix.lower()
    keep = frozenset() if text is None else frozenset((text,))
    if start.startswith(arrow_files.PARQUET):
        return lambda: arrow_files.read_parquet(path, name)
    if refusal := _refusal(start, name):
        raise InputError(f"{name} {refusal}")
    if _is_sheet(path, name, start):
        return lambda: read_sheet(path, name, keep=keep)
    if start.startswith(_ARROW_BEGINNINGS):
        return lambda: arrow_files.read_arrow(path, name)
    match ending:
        case ".csv" | ".tsv" | ".tab":
            return lambda: read_delimited(open_text(path, name, folder), name, keep=keep)
        case ".json":
            return lambda: read_json(open_text(path, name, folder), name)
        case ".jsonl" | ".ndjson":
            return lambda: read_json_lines(open_text(path, name, folder), name)
        case ".txt":
            return lambda: read_lines(open_text(path, name, folder))
    raise InputError(f"{name} {_unread(ending, start)}")


def _is_sheet(path: Path, name: str, start: bytes) -> bool:
    if not start.startswith(packed.ZIP):
        return False
    return PurePath(name).suffix.lower() in _SHEET_ENDINGS or packed.is_sheet(path)


def _refusal(start: bytes, name: str) -> str | None:
    for beginning, why in _REFUSED_BEGINNINGS.items():
        if start.startswith(beginning):
            return why
    return _REFUSED_ENDINGS.get(PurePath(name).suffix.lower())


def _unread(ending: str, start: bytes) -> str:
    """Why a file of no known beginning cannot be read under its ending."""
    begins = f"(it begins with {start[:12].decode('utf-8', 'backslashreplace')!r}): give it the ending of what it is."
    if ending == ".parquet":
        return f"is not a Parquet file {begins}"
    if ending in _ARROW_ENDINGS:
        return f"is not an Arrow file {begins}"
    if ending in _SHEET_ENDINGS:
        return f"is not an XLSX file {begins}"
    if ending in packed.ENDINGS:
        return f"is not a {packed.ENDINGS[ending]} file {begins}"
    there = f"ends in {ending!r}" if ending else "has no ending such as '.csv'"
    *most, last = READ_ENDINGS
    return f"{there}, eudscore reads {', '.join(most)} and {last}: save it as one of these."


def _head(path: Path, name: str) -> bytes:
    with path.open("rb") as file:
        start = file.read(_HEAD)
    if not start:
        raise InputError(f"{name} is empty (0 bytes): give a file with texts.")
    return start


def _state(path: Path, name: str) -> tuple[int, int]:
    """Size in bytes and time of the last change in ns."""
    found = path.stat()
    if not stat.S_ISREG(found.st_mode):
        what = "a folder" if stat.S_ISDIR(found.st_mode) else "a device or a pipe"
        raise InputError(f"{name} is not a file but {what}: give a file.")
    return found.st_size, found.st_mtime_ns


def _refuse_changed(path: Path, name: str, before: tuple[int, int]) -> None:
    if _state(path, name) != before:
        raise InputError(f"{name} was changed while it was read: read it again when nothing writes to it.")


@contextmanager
def _sentences_of_the_disk(name: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise InputError(f"{name} is not there (any more): check its path.") from error
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise InputError(
                f"{name} needs more room for its table than {tempfile.gettempdir()!r} has: "
                "make room there, or let TMPDIR name a folder that has."
            ) from error
        raise InputError(f"{name} cannot be opened ({reason(error).lower()}): check who may read it.") from error
