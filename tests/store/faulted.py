"""What the scripts of `test_faults.py` have at hand."""

import resource
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa

from eudscore.errors import WorkspaceError
from eudscore.jobs.folder import RunFolder
from eudscore.records import Card, Corpus, Roles
from eudscore.store.draft import RowDraft
from eudscore.store.inventory import drafts, info
from eudscore.store.pruning import prune
from eudscore.store.verifying import verify
from eudscore.store.workspace import Workspace

__all__ = [
    "Card", "Path", "RowDraft", "RunFolder", "Workspace", "corpus", "drafts", "fill", "info", "np", "prune", "refused",
    "resource", "verify",
]  # fmt: skip


def corpus(rows: int) -> Corpus:
    table = pa.table({"text": [f"a text of about thirty letters, {row}" for row in range(rows)]})
    return Corpus(f"corpus of {rows}", "x.csv", table, Roles("text"), (), np.full(rows, -1))


def refused(act: Callable[[], object]) -> str:
    """The one sentence of what cannot be done."""
    try:
        act()
    except WorkspaceError as error:
        return str(error)
    raise AssertionError("nothing was wrong")


def fill(path: Path) -> None:
    """Write until not a byte is left."""
    with path.open("wb", buffering=0) as file:
        for size in (1 << 16, 1):
            try:
                while file.write(bytes(size)) == size:
                    pass
            except OSError:
                continue
