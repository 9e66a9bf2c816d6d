"""Files and folders of this machine: found and read, or one sentence that says why not."""

import difflib
import errno
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from eudscore.corpus.files.formats import read_file
from eudscore.corpus.files.reading import Reading
from eudscore.errors import InputError

_MOST_NAMES = 20
_POINTER = b"version https://git-lfs.github.com/spec/"


def local_path(source: str | Path) -> Path:
    """The full path of a file or folder; `~` is the home folder, and a link keeps its own name.

    Raises:
        InputError: nothing is there, it is neither file nor folder, or it must not be looked at.
    """
    if not str(source).strip():
        raise InputError("The source is empty: give a file, 'demo' or the id of a data set.")
    try:
        if "\0" in str(source):
            raise ValueError("embedded null byte")
        given = Path(source).expanduser()
        # The name of a link has the ending; what it leads to may be called by its hash, as in the cache of the Hub.
        path = given.resolve() if given.name in ("", "..") else given.parent.resolve() / given.name
        if path.is_file() or path.is_dir():
            return path
        if path.exists():
            raise InputError(
                f"{shown(path.name)} is not a file but a device or a pipe: save it as a file and give that."
            )
        raise InputError(_about_missing(path))
    except (OSError, ValueError, RuntimeError) as error:
        raise InputError(f"{str(source)[:80]!r} cannot be opened ({reason_of(error)}): check the path.") from error


def is_there(source: str) -> bool:
    """Whether a path leads to something; a name that no path can have leads to nothing."""
    try:
        return Path(source).expanduser().exists()
    except (OSError, ValueError, RuntimeError):
        return False


def read_path(path: Path, name: str | None = None, *, text: str | None = None) -> Reading:
    """Read one file of this machine; see `formats.read_file`.

    Args:
        path: where its bytes are.
        name: what it is called, where that is not the name of `path`.
        text: the column that is going to be the text.

    Raises:
        InputError: it cannot be opened, or what it holds cannot be read.
    """
    name = shown(name or path.name)
    try:
        _refuse_pointer(path, name)
        with _printable(path) as readable:
            return read_file(readable, name, text=text)
    except OSError as error:
        raise InputError(about_failure(error, name)) from error


def about_failure(error: OSError, name: str) -> str:
    """The sentence for a file that was found and could not be read, or not be copied."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return (
            f"There is not enough space for a temporary copy of {name}: make room, or let TMPDIR name a folder "
            "on a larger disk."
        )
    if isinstance(error, FileNotFoundError):
        return f"{name} is gone since it was found: put it back, or check who removes it."
    return f"{name} cannot be opened ({reason_of(error)}): check who may read it."


def reason_of(error: Exception) -> str:
    """What the system says of an error, without its number and path."""
    return (getattr(error, "strerror", None) or " ".join(str(error).split()) or type(error).__name__).lower()


def listed(names: Sequence[str], *, between: str = "or") -> str:
    """`'a' or 'b'`, with a count in place of what would be too much to read."""
    few = list(names) if len(names) <= _MOST_NAMES else names[: _MOST_NAMES - 1]
    more = f" {between} {len(names) - len(few)} more" if len(few) < len(names) else ""
    return f" {between} ".join(repr(shown(name)) for name in few) + more


def shown(name: str) -> str:
    """A name that can be printed: bytes that are no UTF-8 stand as question marks."""
    return name.encode("utf-8", "replace").decode()


@contextmanager
def _printable(path: Path) -> Iterator[Path]:
    """The path, or a link to it where its name is no UTF-8: Arrow opens no such file."""
    if shown(str(path)) == str(path):
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="eudscore-") as folder:
        link = Path(folder) / "file"
        link.symlink_to(path)
        yield link


def _refuse_pointer(path: Path, name: str) -> None:
    """A clone without git-lfs has a few lines of text under the name of every large file."""
    with path.open("rb") as file:
        if file.read(len(_POINTER)) == _POINTER:
            raise InputError(
                f"{name} is a Git LFS pointer and not the file itself: fetch the file with `git lfs pull`, "
                "or download it."
            )


def _about_missing(path: Path) -> str:
    name, folder = shown(path.name), shown(str(path.parent))
    if path.is_symlink():
        return f"{name!r} is a link to {shown(str(path.readlink()))!r}, which is not there: give the file itself."
    if not path.parent.is_dir():
        return f"There is no folder {folder!r}: check the path of {name!r}."
    near = difflib.get_close_matches(path.name, sorted(entry.name for entry in path.parent.iterdir()))
    hint = f"did you mean {listed(near)}?" if near else "check its name."
    return f"There is no file {name!r} in {folder!r}: {hint}"
