"""Rows that are computed a batch at a time, on disk from the first on, so that a kill loses one batch."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eudscore.records import Ints, JsonDict
from eudscore.store.files import read_json, write_json, writing

FLAGS = "flags"
_DONE = "done.npy"
_OUTCOME = "outcome.json"
HELPERS = (_DONE, _OUTCOME)
"""What a folder holds beside its arrays until it is complete."""

_VERSION = 1


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
        if (folder / _OUTCOME).exists():
            self._outcome = read_json(folder / _OUTCOME, version=_VERSION)["outcome"]

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
        return new

    @property
    def outcome(self) -> JsonDict:
        """What was noted so far, by earlier processes too."""
        return dict(self._outcome)

    def note(self, facts: Mapping[str, Any]) -> None:
        """Keep facts for the card; later ones replace earlier ones of the same name."""
        if facts.items() <= self._outcome.items():
            return
        self._outcome |= facts
        with writing(self.folder):
            write_json(self.folder / _OUTCOME, {"version": _VERSION, "outcome": self._outcome})

    def close(self) -> None:
        """Write everything to disk; the helpers stay until the folder has its final name."""
        with writing(self.folder):
            for array in self._arrays.values():
                array.flush()  # type: ignore[attr-defined]


def _open(folder: Path, name: str, shape: Sequence[int], dtype: type[np.generic]) -> NDArray[np.generic]:
    path = folder / f"{name}.npy"
    if path.exists():
        return np.lib.format.open_memmap(path, mode="r+")
    draft = folder / f".{name}.npy"
    created = np.lib.format.open_memmap(draft, mode="w+", dtype=dtype, shape=tuple(shape))
    created.flush()
    draft.rename(path)  # a kill between the two never leaves a header without its rows
    return np.lib.format.open_memmap(path, mode="r+")
