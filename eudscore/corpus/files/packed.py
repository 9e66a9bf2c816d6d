"""Files in a packed file: `.gz`, `.zst`, and `.zip` of exactly one file; unpacked beside, never to a name from inside.

How large it becomes is counted while it unpacks; what the archive says about itself is not believed.
"""

import gzip
import lzma
import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePath, PurePosixPath
from typing import Protocol

import pyarrow as pa

from eudscore.corpus.files.reading import reason
from eudscore.errors import InputError

GZIP, ZSTD, ZIP = b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"PK\x03\x04"
EMPTY_ZIP = b"PK\x05\x06"
KINDS = {GZIP: "gzip", ZSTD: "Zstandard", ZIP: "ZIP", EMPTY_ZIP: "ZIP"}
ENDINGS = {".gz": "gzip", ".zst": "Zstandard", ".zip": "ZIP"}
_LARGEST = 20 << 30
_UNSUSPECTED = 100 << 20
_LARGEST_RATIO = 200
_BLOCK = 1 << 20
_DRAFT = "unpacked"
_SHOWN = 3
_ENCRYPTED = 0x1
_BREAKS = (
    zipfile.BadZipFile, EOFError, zlib.error, lzma.LZMAError, NotImplementedError, RuntimeError, OSError,
)  # fmt: skip


class _Source(Protocol):
    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True)
class Unpacked:
    """The one file that was inside.

    Attributes:
        path: where its bytes are now.
        name: what it is called, with its ending.
        note: where it comes from.
    """

    path: Path
    name: str
    note: str


def kind_of(start: bytes) -> str | None:
    """`gzip`, `Zstandard` or `ZIP`, by the first bytes."""
    return next((kind for beginning, kind in KINDS.items() if start.startswith(beginning)), None)


def is_sheet(path: Path) -> bool:
    """Whether a ZIP archive is a workbook of Excel."""
    try:
        with zipfile.ZipFile(path) as archive:
            return "xl/workbook.xml" in archive.namelist()
    except (zipfile.BadZipFile, OSError):
        return False


def unpack(path: Path, name: str, folder: Path, kind: str) -> Unpacked:
    """Unpack the one file inside.

    Args:
        path: of the packed file.
        name: what it is called.
        folder: where to write.
        kind: as `kind_of` says.

    Raises:
        InputError: it is broken, holds no file or several, or one that must not be unpacked.
        OSError: the disk is full.
    """
    target, size = folder / _DRAFT, path.stat().st_size
    with _broken(name, kind):
        if kind == "ZIP":
            return _unpack_zip(path, name, target)
        if kind == "gzip":
            with gzip.open(path) as source:
                _pour(source, target, size, name)
        else:
            with pa.OSFile(str(path)) as packed, pa.CompressedInputStream(packed, "zstd") as source:
                _pour(source, target, size, name)
    ending = PurePath(name).suffix.lower()
    inside = PurePath(name).stem if ENDINGS.get(ending) == kind else name
    return Unpacked(target, inside, f"{name} was unpacked ({kind}).")


def count_unpacked(archive: zipfile.ZipFile, path: Path, name: str) -> Iterator[tuple[str, bytes]]:
    """Name and bytes, block by block, of every file inside.

    Raises:
        InputError: they are too large together, or broken.
    """
    size, total = path.stat().st_size, 0
    with _broken(name, "ZIP"):
        for member in archive.infolist():
            _refuse_encrypted(member, name)
            with archive.open(member) as source:
                while block := source.read(_BLOCK):
                    total += len(block)
                    _refuse_bomb(total, size, name)
                    yield member.filename, block


def _unpack_zip(path: Path, name: str, target: Path) -> Unpacked:
    with zipfile.ZipFile(path) as archive:
        member = _only_member(archive, name)
        with archive.open(member) as source:
            _pour(source, target, path.stat().st_size, name)
    inside = PurePosixPath(member.filename).name
    return Unpacked(target, inside, f"{inside} is the one file in {name}.")


def _only_member(archive: zipfile.ZipFile, name: str) -> zipfile.ZipInfo:
    members = [member for member in archive.infolist() if not _is_beside(member)]
    if not members:
        raise InputError(f"{name} holds no file: pack exactly one, or give the file itself.")
    if len(members) > 1:
        shown = ", ".join(repr(member.filename) for member in members[:_SHOWN])
        more = f" and {len(members) - _SHOWN:,} more" if len(members) > _SHOWN else ""
        raise InputError(
            f"{name} holds {len(members):,} files ({shown}{more}), and one is read from an archive: "
            "unpack it and give the file or the folder."
        )
    member = members[0]
    inside = member.filename
    if "\\" in inside or ":" in inside or inside.startswith("/") or ".." in PurePosixPath(inside).parts:
        raise InputError(f"{name} holds a file that leads out of the archive ({inside!r}): pack it anew by its name.")
    if stat.S_ISLNK(member.external_attr >> 16):
        raise InputError(f"{name} holds a link ({inside!r}) and no file: pack the file it points to.")
    _refuse_encrypted(member, name)
    return member


def _is_beside(member: zipfile.ZipInfo) -> bool:
    """Folders, and what a system adds unasked."""
    parts = PurePosixPath(member.filename).parts
    hidden = bool(parts) and parts[-1].startswith(".") and parts[-1] != ".."
    return member.is_dir() or "__MACOSX" in parts or hidden


def _refuse_encrypted(member: zipfile.ZipInfo, name: str) -> None:
    if member.flag_bits & _ENCRYPTED:
        raise InputError(f"{name} is encrypted ({member.filename!r}): unpack it with its password and give the file.")


def _pour(source: _Source, target: Path, packed: int, name: str) -> None:
    total = 0
    with target.open("wb") as file:
        while block := source.read(_BLOCK):
            total += len(block)
            _refuse_bomb(total, packed, name)
            file.write(block)


def _refuse_bomb(total: int, packed: int, name: str) -> None:
    if total > _LARGEST or total > max(_UNSUSPECTED, _LARGEST_RATIO * packed):
        raise InputError(
            f"{name} ({packed / 1e6:,.2f} MB) becomes more than {total // 10**6:,} MB when it is unpacked, like an "
            "archive made to fill up a disk: if it is sound, unpack it and give the file inside."
        )


@contextmanager
def _broken(name: str, kind: str) -> Iterator[None]:
    try:
        yield
    except _BREAKS as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise  # of the disk, not of the file
        raise InputError(f"{name} is a broken {kind} file ({reason(error)}): write or download it again.") from error
