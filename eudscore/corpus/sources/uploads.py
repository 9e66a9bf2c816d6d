"""Files that come from a browser or a program: copied to a temporary file in pieces, never held whole."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path, PurePath
from typing import BinaryIO

from eudscore.corpus.sources.paths import about_failure, shown
from eudscore.errors import InputError

Content = bytes | bytearray | memoryview | Path | BinaryIO
_PIECE = 1 << 20  # bytes


@contextmanager
def copied(name: str, content: Content) -> Iterator[Path]:
    """A temporary file with this content; it is gone after the `with`.

    Args:
        name: what it is called in errors.
        content: bytes, a file, or a stream, which is read from its beginning where it can go back to it.

    Raises:
        InputError: it cannot be read, or there is no room for it.
    """
    with tempfile.TemporaryDirectory(prefix="eudscore-") as folder:
        path = Path(folder) / "upload"
        try:
            with path.open("wb") as file:
                _copy(content, file, name)
        except OSError as error:
            raise InputError(about_failure(error, name)) from error
        yield path


def upload_name(name: str) -> str:
    """The file's name without its folder, as any system writes paths."""
    return shown(PurePath(name.replace("\\", "/")).name)


def _copy(content: Content, file: BinaryIO, name: str) -> None:
    if isinstance(content, Path):
        if content.exists() and not content.is_file():
            raise InputError(f"{name} is not a file: save it as a file and give that.")
        with content.open("rb") as opened:
            shutil.copyfileobj(opened, file, _PIECE)
        return
    source: BinaryIO = BytesIO(content) if isinstance(content, bytes | bytearray | memoryview) else content
    if source.seekable():
        source.seek(0)
    shutil.copyfileobj(source, file, _PIECE)
