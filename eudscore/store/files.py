"""Folders that are whole or absent: drafted under a temporary name, sealed, then renamed into place."""

import errno
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from stat import S_ISDIR

from eudscore.store.disk import file_digest, held, sync_file, sync_folder, writing
from eudscore.store.documents import read_json, write_json
from eudscore.store.manifest import is_intact, seal
from eudscore.store.owners import FOLDER, draft_name

__all__ = ["draft_folder", "file_digest", "place", "read_json", "rename_synced", "touch", "write_json", "writing"]

_TAKEN = (errno.ENOTEMPTY, errno.EEXIST, errno.EACCES)  # the last is what Windows says
_ATTEMPTS = 10  # each is lost to another process that was faster


@contextmanager
def draft_folder(parent: Path) -> Iterator[Path]:
    """A new folder under a name that begins with a dot; gone after the block unless it was placed.

    Raises:
        WorkspaceError: the disk is full or the workspace cannot be written.
    """
    with writing(parent):
        parent.mkdir(parents=True, exist_ok=True)
        draft = parent / draft_name(FOLDER)
        draft.mkdir()
        try:
            yield draft
        finally:
            shutil.rmtree(draft, ignore_errors=True)


def place(draft: Path, target: Path, digests: Mapping[str, str] | None = None) -> None:
    """Give a complete draft its manifest and its final name, and wait until both are on the disk.

    Where another process was first, its result is as good and the draft is removed; a folder that is damaged
    (its files are not those of its manifest) is replaced.

    Args:
        draft: complete.
        target: its final name.
        digests: name -> SHA-256 of files that were hashed while they were written.
    """
    seal(draft, digests)
    try:
        draft.rename(target)
    except OSError:
        if not draft.exists() or _is_no_folder(target):
            raise
        _replace(draft, target)
    sync_folder(target.parent)


def _is_no_folder(path: Path) -> bool:
    """Whether something else than a folder is there; one look, for a folder may be moved aside between two."""
    try:
        return not S_ISDIR(path.stat().st_mode)
    except OSError:
        return False


def _replace(draft: Path, target: Path) -> None:
    """Put a draft in the place of a folder that is damaged; where that one is whole, the draft is not needed.

    One process at a time, or each would take away what it did not see coming: a folder that another has put there, or
    has moved aside to look at it.
    """
    with held(target.parent):
        for attempt in range(_ATTEMPTS):
            if is_intact(target):
                shutil.rmtree(draft)
                return
            discard(target, damaged=True)
            try:
                draft.rename(target)
                return
            except OSError as error:  # who found nothing there does not ask whether it is held
                if attempt == _ATTEMPTS - 1 or error.errno not in _TAKEN:
                    raise


def discard(folder: Path, *, damaged: bool = False) -> None:
    """Remove a folder at once, as far as anybody can see: under another name first, then file by file.

    Args:
        folder: what is to go.
        damaged: it goes because it was found damaged; what another process put there since is given its name back.
    """
    aside = folder.with_name(draft_name(FOLDER))
    with suppress(FileNotFoundError):  # another process was faster
        folder.rename(aside)
        if damaged and is_intact(aside):
            with suppress(OSError):  # there is another one already
                aside.rename(folder)
                return
        shutil.rmtree(aside)


def rename_synced(draft: Path, target: Path) -> None:
    """Rename a draft whose files grow later, and wait until all of it is on the disk.

    Raises:
        OSError: there is something under that name, or it cannot be written.
    """
    for path in draft.rglob("*"):
        if path.is_file():
            sync_file(path)
    sync_folder(draft)
    draft.rename(target)
    sync_folder(target.parent)


def touch(path: Path) -> None:
    """Make an empty file or set its time to now; it is there after a power failure."""
    path.touch()
    sync_folder(path.parent)
