"""Arrays as .npy files that are memory-mapped when they are opened."""

import math
import os
from pathlib import Path
from typing import Any, BinaryIO, Literal

import numpy as np
from numpy.typing import NDArray

from eudscore.errors import WorkspaceError
from eudscore.store.disk import HashingFile, in_words
from eudscore.store.documents import PRUNE

_ZEROS = bytes(1 << 20)


def save_array(path: Path, values: NDArray[np.generic]) -> str:
    """Write an array.

    Returns:
        The SHA-256 of the file, 64 hex digits.

    Raises:
        OSError: the file cannot be written.
    """
    file = HashingFile(path)
    try:
        np.lib.format.write_array(file, np.asarray(values), allow_pickle=False)
    finally:
        file.close()
    return file.digest


def open_array(path: Path) -> NDArray[Any]:
    """An array that stays on disk.

    Its file is measured first: to touch a page that a mapped file lacks ends the process without a word.

    Raises:
        FileNotFoundError: there is no such file.
        WorkspaceError: the file is damaged.
    """
    try:
        mode: Literal["r"] | None = None if 0 in array_shape(path) else "r"  # there is nothing to map of no rows
        found: NDArray[Any] = np.load(path, mmap_mode=mode, allow_pickle=False)
    except FileNotFoundError:
        raise
    except (OSError, ValueError, EOFError) as error:
        raise WorkspaceError(f"{path} is damaged ({in_words(error)}): {PRUNE}.") from error
    return found


def array_shape(path: Path) -> tuple[int, ...]:
    """The shape of the array in a file.

    Raises:
        OSError: the file cannot be read.
        ValueError: it is no array, or not as long as its header says.
    """
    with path.open("rb") as file:
        shape, dtype = _header(file)
        expected = file.tell() + math.prod(shape) * dtype.itemsize
        there = os.fstat(file.fileno()).st_size
    if there != expected:
        raise ValueError(f"{there:,} bytes instead of {expected:,}")
    return shape


def new_array(path: Path, shape: tuple[int, ...], dtype: type[np.generic]) -> None:
    """Make a file of zeros that is mapped and filled later, with all of its room on the disk taken now.

    A file with holes would end the process without a word where the disk has no room for a page of it.

    Raises:
        OSError: there is no room.
    """
    with path.open("wb") as file:
        about = {"descr": np.lib.format.dtype_to_descr(np.dtype(dtype)), "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(file, about)
        _take_room(file, math.prod(shape) * np.dtype(dtype).itemsize)


def _take_room(file: BinaryIO, size: int) -> None:
    file.flush()
    start = file.tell()
    if size and hasattr(os, "posix_fallocate"):
        os.posix_fallocate(file.fileno(), start, size)
        return
    for done in range(0, size, len(_ZEROS)):
        file.write(_ZEROS[: size - done])


def _header(file: BinaryIO) -> tuple[tuple[int, ...], np.dtype[Any]]:
    readers = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
    version = np.lib.format.read_magic(file)
    if version not in readers:
        raise ValueError(f"its format has version {version}")
    shape, _, dtype = readers[version](file)
    if dtype.hasobject:
        raise ValueError("it holds Python objects")
    return shape, dtype
