"""Files that people ask for by name: written beside their place and renamed into it, whole or not at all."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from eudscore.store.disk import ANOTHER_FILE, sync_file, sync_folder, writing
from eudscore.store.owners import FILE, draft_name, is_abandoned


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """A draft to write to; afterwards it is the file, for good.

    What processes that were killed left of such writing in the same folder is removed.

    Raises:
        WorkspaceError: it cannot be written there.
    """
    draft = path.with_name(draft_name(FILE))
    with writing(path, otherwise=ANOTHER_FILE):
        for leftover in path.parent.glob(f"{FILE}*"):
            if is_abandoned(leftover):
                leftover.unlink(missing_ok=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield draft
            sync_file(draft)
            draft.replace(path)
            sync_folder(path.parent)
        finally:
            draft.unlink(missing_ok=True)
