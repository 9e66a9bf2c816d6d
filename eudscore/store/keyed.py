"""What belongs to a corpus, each under the key of its content: a folder with one JSON document and its arrays."""

import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eudscore.errors import WorkspaceError
from eudscore.records import JsonDict
from eudscore.store.addresses import is_key
from eudscore.store.arrays import open_array, save_array
from eudscore.store.disk import writing
from eudscore.store.documents import PRUNE, read_json, write_json
from eudscore.store.draft import FLAGS
from eudscore.store.files import draft_folder, place
from eudscore.store.manifest import HELPERS, is_intact
from eudscore.store.owners import is_draft

VERSION = 1
KINDS = ("columns", "vectors", "adapted", "graphs", "layouts", "profiles", "clusters", "rankings")
"""Folders of a workspace that hold folders of one corpus each."""

LOCKS = "locks"
CARDS, CARD = "cards.json", "card.json"
SECONDS = "seconds"
"""What is stored beside a card about how long it took; a note of this machine, and no part of a card."""


class KeyedFolders:
    """The folder of a workspace, and how what belongs to a corpus is kept in it and found again."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def folder(self, kind: str, corpus_id: str, key: str) -> Path:
        """Where something is, or would be: a folder there is complete.

        Raises:
            WorkspaceError: this is no address.
        """
        if not (is_key(corpus_id) and is_key(key)):
            raise WorkspaceError(f"{kind}/{corpus_id}/{key} is no address in a workspace: choose one on the Data page.")
        return self.root / kind / corpus_id / key

    def _latest(self, kind: str, corpus_id: str) -> list[Path]:
        """The complete folders of a kind that a corpus has, the latest first."""
        folders = [path for path in (self.root / kind / corpus_id).glob("[!.]*") if path.is_dir()]
        return sorted(folders, key=lambda path: (-path.stat().st_mtime, path.name))

    def partial(self, kind: str, corpus_id: str, key: str) -> Path:
        """Where columns or vectors are collected until complete; a later process goes on from there."""
        return self.root / kind / corpus_id / f".{key}.partial"

    def keep(
        self, kind: str, corpus_id: str, key: str, content: Mapping[str, Any],
        arrays: Mapping[str, NDArray[np.generic]], *, about: str = CARDS,
    ) -> None:  # fmt: skip
        """Store arrays and what is to be said about them, whole or not at all.

        Args:
            kind: one of `KINDS`.
            corpus_id: whose they are.
            key: all that they depend on.
            content: plain JSON values; gets a `version`.
            arrays: name -> values, each an .npy file.
            about: name of the JSON document.

        Raises:
            WorkspaceError: this is no address, or it cannot be written.
        """
        target = self.folder(kind, corpus_id, key)
        with draft_folder(target.parent) as draft:
            digests = {f"{name}.npy": save_array(draft / f"{name}.npy", values) for name, values in arrays.items()}
            write_json(draft / about, {"version": VERSION, **content}, durable=False)
            place(draft, target, digests)

    def complete(self, kind: str, corpus_id: str, key: str, content: Mapping[str, Any]) -> None:
        """Give a partial folder its cards and its final name; where another process was first, that was enough."""
        partial, target = self.partial(kind, corpus_id, key), self.folder(kind, corpus_id, key)
        with writing(partial):
            try:
                for path in filter(is_draft, partial.glob(".*")):  # of a process that was killed at this place
                    shutil.rmtree(path) if path.is_dir() else path.unlink()
                write_json(partial / CARDS, {"version": VERSION, **content}, durable=False)
                place(partial, target)
            except FileNotFoundError:
                if partial.exists() or not is_intact(target):
                    raise
            for helper in HELPERS:  # not before: a kill in between would begin anew
                (target / helper).unlink(missing_ok=True)

    def content(self, kind: str, corpus_id: str, key: str, *, about: str = CARDS) -> JsonDict | None:
        """What was stored with arrays, or None where there are none yet.

        Raises:
            WorkspaceError: it is damaged, or written by a newer eudscore.
        """
        folder = self.folder(kind, corpus_id, key)
        return read_json(folder / about, version=VERSION) if folder.is_dir() else None

    def outcome(self, kind: str, corpus_id: str, key: str) -> JsonDict:
        """What computing something found out: the outcome of its (first) card.

        Raises:
            WorkspaceError: there is no such thing here, or it is damaged.
        """
        content = self.content(kind, corpus_id, key)
        if content is None:
            raise WorkspaceError(f"The workspace has no {kind} {corpus_id}/{key}: score the data set again.")
        return dict(content["cards"][0]["outcome"])

    def flags(self, kind: str, corpus_id: str, key: str) -> NDArray[np.uint8]:
        """(n,) `Flag` bits of what was computed row by row.

        Raises:
            WorkspaceError: there are none here.
        """
        return self.array(kind, corpus_id, key, FLAGS)

    def array(self, kind: str, corpus_id: str, key: str, name: str) -> NDArray[Any]:
        """An array by its name, memory-mapped.

        Raises:
            WorkspaceError: there is no such array here, or it is damaged.
        """
        folder = self.folder(kind, corpus_id, key)
        if not re.fullmatch(r"\w+", name):
            raise WorkspaceError(f"{kind}/{corpus_id}/{key}/{name} is no address in a workspace.")
        try:
            return open_array(folder / f"{name}.npy")
        except FileNotFoundError as error:
            remedy = PRUNE if folder.is_dir() else "score the data set again"
            raise WorkspaceError(f"The workspace has no {name} under {kind}/{corpus_id}/{key}: {remedy}.") from error

    def lock_file(self, corpus_id: str, key: str) -> Path:
        """What `lock` holds."""
        return self.root / LOCKS / f"{corpus_id}-{key}.lock"

    @contextmanager
    def lock(self, corpus_id: str, key: str, *, wait: bool = True) -> Iterator[bool]:
        """Held while something is computed, so that two processes never do the same work at once.

        Args:
            corpus_id: of the corpus.
            key: of what is computed.
            wait: whether to wait for whoever holds it.

        Yields:
            Whether it is held; only without `wait` it may not be.

        Raises:
            WorkspaceError: the workspace cannot be written.
        """
        from filelock import FileLock, Timeout

        path = self.lock_file(corpus_id, key)
        lock = FileLock(path)
        with writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            with suppress(Timeout):
                lock.acquire(timeout=-1 if wait else 0)
        try:
            yield lock.is_locked
        finally:
            lock.release()
