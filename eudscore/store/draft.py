"""Rows that are computed a batch at a time, on disk from the first on, so that a kill loses one batch."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from numpy.typing import NDArray

from eudscore.errors import WorkspaceError
from eudscore.records import Ints, JsonDict
from eudscore.store.arrays import array_shape, new_array, open_array, save_array
from eudscore.store.disk import sync_file, writing
from eudscore.store.documents import read_json, write_json
from eudscore.store.manifest import HELPERS
from eudscore.store.owners import FILE, draft_name

FLAGS = "flags"
OUTCOME_VERSION = 1
CHECKPOINT_SECONDS = 30.0
_DONE, _CHECKPOINT, OUTCOME = HELPERS


class RowDraft:
    """Memory-mapped arrays of n rows in a folder, and which of the rows are done.

    Opening a folder that an earlier process left goes on where it stopped.
    """

    def __init__(self, folder: Path, rows: int, widths: Mapping[str, int | None]) -> None:
        """Open or create.

        Args:
            folder: where the arrays are kept.
            rows: n.
            widths: array name -> d for (n, d) float32, None for (n,) float32.

        Raises:
            WorkspaceError: there is no room for the arrays, or what is there is damaged.
        """
        self.folder = folder
        with writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
            self._arrays: dict[str, NDArray[np.generic]] = {
                name: _open(folder, name, (rows,) if width is None else (rows, width), np.float32)
                for name, width in widths.items()
            }
            self._arrays[FLAGS] = _open(folder, FLAGS, (rows,), np.uint8)
            self._done: NDArray[np.bool_] = _open(folder, _DONE.removesuffix(".npy"), (rows,), np.bool_).view(np.bool_)
        self._outcome: JsonDict = {}
        self._earlier = 0.0
        self._began = time.monotonic()
        self._resume()
        self._checked = time.monotonic()

    def _resume(self) -> None:
        """Take up what an earlier process noted; after a restart of the machine, only what is sure to be on the disk.

        The system writes mapped pages when it likes: a power failure may leave the mark of a row without its values.
        """
        boot = _boot_id()
        if (self.folder / OUTCOME).exists():
            noted = read_json(self.folder / OUTCOME, version=OUTCOME_VERSION)
            self._outcome = noted["outcome"]
            self._earlier = float(noted.get("seconds", 0.0))
            if noted.get("boot") == boot:
                return
        try:
            self._done[:] = open_array(self.folder / _CHECKPOINT)
        except FileNotFoundError:
            self._done[:] = False
        self._write_outcome()

    @property
    def pending(self) -> Ints:
        """Rows that are still to be computed, ascending."""
        return np.flatnonzero(~self._done).astype(np.int64)

    @property
    def flags(self) -> NDArray[np.uint8]:
        """(n,) flag bits of the rows done so far."""
        return np.asarray(self._arrays[FLAGS], dtype=np.uint8)

    def add(self, rows: Ints, values: Mapping[str, NDArray[np.floating]], flags: NDArray[np.uint8]) -> int:
        """Keep the values of some rows; they count as done only after all of their arrays are written.

        Returns:
            How many of the rows were not done before.
        """
        new = int((~self._done[rows]).sum())
        for name, array in values.items():
            self._arrays[name][rows] = array
        self._arrays[FLAGS][rows] = flags
        self._done[rows] = True
        if time.monotonic() - self._checked > CHECKPOINT_SECONDS:
            self._check_in()
        return new

    @property
    def seconds(self) -> float:
        """What the rows took since the draft was begun; of a process that was killed, up to its last checkpoint."""
        return self._earlier + time.monotonic() - self._began

    @property
    def outcome(self) -> JsonDict:
        """What was noted so far, by earlier processes too."""
        return dict(self._outcome)

    def note(self, facts: Mapping[str, Any]) -> None:
        """Keep facts for the card; later ones replace earlier ones of the same name."""
        if facts.items() <= self._outcome.items():
            return
        self._outcome |= facts
        self._write_outcome()

    def close(self) -> None:
        """Write everything to disk; the helpers stay until the folder has its final name."""
        with writing(self.folder):
            self._flush()

    def _flush(self) -> None:
        for array in self._arrays.values():
            if isinstance(array, np.memmap):  # there is none of no rows
                array.flush()

    def _check_in(self) -> None:
        """Note which rows a power failure cannot take any more."""
        with writing(self.folder):
            done = self._done.copy()
            self._flush()
            draft = self.folder / draft_name(FILE)
            try:
                save_array(draft, done)
                sync_file(draft)
                draft.replace(self.folder / _CHECKPOINT)
            finally:
                draft.unlink(missing_ok=True)
        self._checked = time.monotonic()
        self._write_outcome()

    def _write_outcome(self) -> None:
        content = {
            "version": OUTCOME_VERSION, "boot": _boot_id(), "seconds": self.seconds, "outcome": self._outcome,
        }  # fmt: skip
        with writing(self.folder):
            write_json(self.folder / OUTCOME, content)


def _open(folder: Path, name: str, shape: tuple[int, ...], dtype: type[np.generic]) -> NDArray[np.generic]:
    path = folder / f"{name}.npy"
    if not path.exists():
        draft = folder / f".{name}.npy"
        try:
            new_array(draft, shape, dtype)
            draft.rename(path)  # a kill between the two never leaves a header without its rows
        finally:
            draft.unlink(missing_ok=True)
    try:
        there: tuple[int, ...] | str = array_shape(path)
    except ValueError as error:
        there = str(error)
    if there != shape:
        raise WorkspaceError(
            f"{path} is damaged ({there} instead of {shape}): run `eudscore workspace prune`, then score again."
        )
    if 0 in shape:  # nothing to map
        return np.zeros(shape, dtype)
    return np.lib.format.open_memmap(path, mode="r+")


def _boot_id() -> str:
    """Another one after each start of the machine."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return f"{psutil.boot_time():.0f}"
