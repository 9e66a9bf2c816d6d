"""`files.json` of a complete folder: which files it holds, their sizes and digests.

What grows later (`listed`), what begins with a dot and what only an unfinished folder needs is not in it.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path, PurePosixPath
from stat import S_ISREG

from eudscore.errors import WorkspaceError
from eudscore.store.disk import blocks_of, file_digest, in_words, sync_file, sync_folder
from eudscore.store.documents import PRUNE, read_json, write_json

MANIFEST = "files.json"
HELPERS = ("done.npy", "checkpoint.npy", "outcome.json")
"""What a folder holds beside its arrays until it is complete."""

_VERSION = 1


@dataclass(frozen=True)
class FileMark:
    """Size and SHA-256 of a file."""

    bytes: int
    sha256: str


def seal(folder: Path, digests: Mapping[str, str] | None = None) -> None:
    """Write the manifest of a folder that is about to get its final name, and wait until all of it is on the disk.

    Args:
        folder: complete, its manifest apart.
        digests: name -> SHA-256 of files that were hashed while they were written.
    """
    known = digests or {}
    marks: dict[str, FileMark] = {}
    for path in _listed_files(folder):
        name = path.relative_to(folder).as_posix()
        marks[name] = FileMark(path.stat().st_size, known.get(name) or file_digest(path))
        sync_file(path)
    files = {name: asdict(marks[name]) for name in sorted(marks)}
    write_json(folder / MANIFEST, {"version": _VERSION, "files": files})
    for parent in {(folder / name).parent for name in marks} | {folder}:
        sync_folder(parent)


def read_manifest(folder: Path) -> dict[str, FileMark]:
    """Name -> size and digest of the files of a complete folder.

    Raises:
        WorkspaceError: it is missing, damaged, or written by a newer eudscore.
    """
    path = folder / MANIFEST
    try:
        files = read_json(path, version=_VERSION)["files"]
        marks = {str(name): FileMark(int(mark["bytes"]), str(mark["sha256"])) for name, mark in files.items()}
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise WorkspaceError(f"{path} is damaged ({error!r}): {PRUNE}.") from error
    for name in marks:
        if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
            raise WorkspaceError(f"{path} is damaged ({name!r} is outside its folder): {PRUNE}.")
    return marks


def is_intact(folder: Path) -> bool:
    """Whether a folder is complete as far as names and sizes tell; its files are not read."""
    try:
        marks = read_manifest(folder)
    except WorkspaceError:
        return False
    return all(not _wrong_size(folder / name, mark) for name, mark in marks.items())


def check_sizes(folder: Path) -> None:
    """Refuse a folder whose files are not as long as they were; one without a manifest passes.

    Raises:
        WorkspaceError: a file is missing or has another size.
    """
    if not (folder / MANIFEST).exists():
        return
    for name, mark in read_manifest(folder).items():
        if wrong := _wrong_size(folder / name, mark):
            raise WorkspaceError(wrong)


def faults(folder: Path, on_bytes: Callable[[int], None]) -> Iterator[tuple[Path, str]]:
    """Whatever is wrong with the files of a complete folder: the path and a sentence.

    Args:
        folder: complete.
        on_bytes: is told how many bytes were read since the last call.
    """
    try:
        marks = read_manifest(folder)
    except WorkspaceError as error:
        yield folder / MANIFEST, str(error)
        return
    for name, mark in marks.items():
        path = folder / name
        try:
            wrong = _wrong_size(path, mark) or _wrong_content(path, mark, on_bytes)
        except OSError as error:
            wrong = f"{path} cannot be read ({in_words(error)}): {PRUNE}."
        if wrong:
            yield path, wrong


def _listed_files(folder: Path) -> list[Path]:
    """What belongs into the manifest; the parts of a folder that were sealed before are listed again."""
    found = []
    for path in folder.rglob("*"):
        name = path.relative_to(folder)
        hidden = any(part.startswith(".") for part in name.parts)
        if path.is_file() and not hidden and name.as_posix() not in (MANIFEST, *HELPERS):
            found.append(path)
    return found


def _wrong_size(path: Path, mark: FileMark) -> str:
    try:
        there = path.stat()  # one look: another process may take the folder away between two
    except (FileNotFoundError, NotADirectoryError):
        there = None
    if there is None or not S_ISREG(there.st_mode):
        return f"{path} is not there, it was removed: {PRUNE}."
    if there.st_size != mark.bytes:
        return f"{path} has {there.st_size:,} bytes instead of {mark.bytes:,}: {PRUNE}."
    return ""


def _wrong_content(path: Path, mark: FileMark, on_bytes: Callable[[int], None]) -> str:
    digest = sha256()
    for block in blocks_of(path):
        digest.update(block)
        on_bytes(len(block))
    return "" if digest.hexdigest() == mark.sha256 else f"{path} is not what was written (a byte differs): {PRUNE}."
