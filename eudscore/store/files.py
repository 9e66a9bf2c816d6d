"""Files that are whole or absent: written under a temporary name, then renamed into place."""

import hashlib
import json
import os
import shutil
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from eudscore.errors import WorkspaceError
from eudscore.records import JsonDict


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write JSON so that a reader sees the old file or the new one, never half of one."""
    draft = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}")
    draft.write_text(json.dumps(content, indent=1, ensure_ascii=False), encoding="utf-8")
    draft.replace(path)


def read_json(path: Path, *, version: int) -> JsonDict:
    """Read JSON that carries a `version`.

    Raises:
        WorkspaceError: the file is missing, damaged, or written by a newer eudscore.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise WorkspaceError(f"{path} is not there: it was removed, or never finished. Add it again.") from error
    except (OSError, json.JSONDecodeError) as error:
        raise WorkspaceError(f"{path} cannot be read ({error}): remove it and score again.") from error
    there = content.get("version")
    if there != version:
        raise WorkspaceError(
            f"{path} has version {there}, this eudscore reads version {version}: update eudscore to open it."
        )
    return dict(content)


@contextmanager
def draft_folder(parent: Path) -> Iterator[Path]:
    """A new folder under a name that begins with a dot; gone after the block unless it was placed.

    Raises:
        WorkspaceError: the disk is full or the workspace cannot be written.
    """
    with writing(parent):
        parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=".draft-", dir=parent))
        draft.chmod(0o755)  # mkdtemp's 0700 would lock a team out of a shared workspace
        try:
            yield draft
        finally:
            shutil.rmtree(draft, ignore_errors=True)


def place(draft: Path, target: Path) -> None:
    """Rename a draft to its final name; where another process was first, its result is as good."""
    try:
        draft.rename(target)
    except OSError:
        if not target.exists():
            raise


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn an `OSError` of writing into one sentence."""
    try:
        yield
    except OSError as error:
        raise WorkspaceError(
            f"{path} cannot be written ({error.strerror or error}): free some space, or choose another "
            "folder with --workspace or EUDSCORE_WORKSPACE."
        ) from error


def file_digest(path: Path) -> str:
    """SHA-256 of a file, 64 hex digits."""
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
