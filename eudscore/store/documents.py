"""JSON documents that carry a `version`: whole or absent, and refused by name where they are newer."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from eudscore.errors import WorkspaceError
from eudscore.records import JsonDict
from eudscore.store.disk import in_words, sync_folder
from eudscore.store.owners import FILE, draft_name

PRUNE = "remove what is damaged with `eudscore workspace prune --damaged`, then read or score it again"
UPDATE = "update eudscore to open it"


def write_json(path: Path, content: Mapping[str, Any], *, durable: bool = True) -> None:
    """Write JSON so that a reader sees the old file or the new one, never half of one.

    Args:
        path: of the file.
        content: plain JSON values, among them `version`.
        durable: whether to wait for the disk; not for what is written many times a second, nor in a draft that
            is synced as a whole.

    Raises:
        OSError: it cannot be written; then the old file is as it was.
    """
    draft = path.with_name(draft_name(FILE))
    text = json.dumps(content, indent=1, ensure_ascii=False)
    try:
        with draft.open("wb") as file:
            file.write(text.encode("utf-8", "surrogatepass"))  # a file name may hold half a character
            if durable:
                file.flush()
                os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    if durable:
        sync_folder(path.parent)


def read_json(path: Path, *, version: int, remedy: str = PRUNE) -> JsonDict:
    """Read JSON that carries a `version`.

    Args:
        path: of the file.
        version: the one that is understood.
        remedy: what to do where it is damaged, the end of the sentence.

    Raises:
        WorkspaceError: the file is missing, damaged, or written by a newer eudscore.
    """
    try:
        content = json.loads(path.read_bytes().decode("utf-8", "surrogatepass"))
    except FileNotFoundError as error:
        raise WorkspaceError(f"{path} is not there, it was removed or never finished: {remedy}.") from error
    except (OSError, ValueError, RecursionError) as error:
        raise WorkspaceError(f"{path} cannot be read ({in_words(error)}): {remedy}.") from error
    there = content.get("version") if isinstance(content, dict) else None
    if there == version and not isinstance(there, bool):
        return dict(content)
    if isinstance(there, int) and there > version:
        raise WorkspaceError(f"{path} has version {there}, this eudscore reads version {version}: {UPDATE}.")
    raise WorkspaceError(f"{path} is damaged (its version is {there!r}, not {version}): {remedy}.")
