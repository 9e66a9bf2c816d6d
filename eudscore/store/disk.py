"""What reaches the disk: written whole, hashed on the way, and there after a power failure."""

import errno
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from eudscore.errors import WorkspaceError

_BLOCK = 1 << 20  # bytes
_ELSEWHERE = "choose another folder with --workspace or EUDSCORE_WORKSPACE"
ANOTHER_FILE = "name another file"
_FULL = {errno.ENOSPC: "free some space", errno.EDQUOT: "free some space", errno.EFBIG: "allow larger files"}
_NO_FOLDER_SYNC = (errno.EINVAL, errno.ENOTSUP, errno.EBADF)  # some network file systems sync files alone


@contextmanager
def writing(path: Path, *, otherwise: str = _ELSEWHERE) -> Iterator[None]:
    """Turn an `OSError` of writing into one sentence, which ends in what else can be done."""
    try:
        yield
    except OSError as error:
        remedy = _FULL.get(error.errno or 0, "check who may write there")
        raise WorkspaceError(f"{path} cannot be written ({in_words(error)}): {remedy}, or {otherwise}.") from error


def in_words(error: Exception) -> str:
    """An error of a library on one line, to stand in brackets."""
    return " ".join((getattr(error, "strerror", None) or str(error) or type(error).__name__).split())


class HashingFile:
    """A file that is written once and knows the SHA-256 of what went into it."""

    def __init__(self, path: Path | None) -> None:
        """Create or empty a file; without a path nothing is written, only hashed."""
        self._digest = hashlib.sha256()
        self._file = path.open("wb") if path else None

    def write(self, content: bytes | memoryview) -> int:
        """Append bytes."""
        self._digest.update(content)
        return self._file.write(content) if self._file else memoryview(content).nbytes

    def flush(self) -> None:
        """Hand what is buffered to the system."""
        if self._file:
            self._file.flush()

    def close(self) -> None:
        """Close the file."""
        if self._file:
            self._file.close()

    @property
    def closed(self) -> bool:
        """Whether nothing more can be written."""
        return self._file.closed if self._file else False

    @property
    def digest(self) -> str:
        """SHA-256 of what was written so far, 64 hex digits."""
        return self._digest.hexdigest()


def blocks_of(path: Path) -> Iterator[bytes]:
    """The content of a file, a mebibyte at a time."""
    with path.open("rb") as content:
        while block := content.read(_BLOCK):
            yield block


def file_digest(path: Path) -> str:
    """SHA-256 of a file, 64 hex digits."""
    digest = hashlib.sha256()
    for block in blocks_of(path):
        digest.update(block)
    return digest.hexdigest()


def sync_file(path: Path) -> None:
    """Wait until the content of a file is on the disk."""
    _sync(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)  # Windows syncs no file that was opened for reading


def sync_folder(path: Path) -> None:
    """Wait until the names in a folder are on the disk."""
    if os.name == "nt":  # Windows opens no folders, and keeps the order of renames by itself
        return
    try:
        _sync(path, os.O_RDONLY)
    except OSError as error:
        if error.errno not in _NO_FOLDER_SYNC:
            raise


def _sync(path: Path, mode: int) -> None:
    number = os.open(path, mode)
    try:
        os.fsync(number)
    finally:
        os.close(number)


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Keep a folder from others who ask to hold it, until the block or the process ends.

    Not on Windows and on network file systems that hold no folders: there the block runs all the same.
    """
    if os.name == "nt":
        yield
        return
    import fcntl

    number = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):
            fcntl.flock(number, fcntl.LOCK_EX)
        yield
    finally:
        with suppress(OSError):
            fcntl.flock(number, fcntl.LOCK_UN)  # what was started inside the block may live longer
        os.close(number)


def size_of(path: Path) -> int:
    """Bytes of a file, or of all files below a folder; what vanishes meanwhile counts nothing."""
    if not path.is_dir() or path.is_symlink():
        return path.lstat().st_size if path.exists() else 0
    total = 0
    for parent, _, files in os.walk(path):
        for name in files:
            try:
                total += (Path(parent) / name).lstat().st_size
            except FileNotFoundError:
                continue
    return total
