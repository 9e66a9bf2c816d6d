"""The encoding of a text file: told by its byte order mark, else UTF-8, else judged by its letters and said aloud.

Text is never changed quietly: bytes that do not fit are an error, and what is decoded encodes back to the same bytes.
"""

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from eudscore.corpus.files.guessing import NAMES, guess_encoding, sample_of, sequences_of
from eudscore.errors import InputError

# UTF-32 comes first: its little-endian mark begins with that of UTF-16.
_MARKS = {
    codecs.BOM_UTF32_LE: ("utf-32-le", "UTF-32"),
    codecs.BOM_UTF32_BE: ("utf-32-be", "UTF-32"),
    codecs.BOM_UTF16_LE: ("utf-16-le", "UTF-16"),
    codecs.BOM_UTF16_BE: ("utf-16-be", "UTF-16"),
    codecs.BOM_UTF8: ("utf-8", "UTF-8"),
}
_LOOK_AT = 4096
_TOO_MANY_ZEROS = 0.05
_HALF_ZEROS = 0.3
_BLOCK = 1 << 22
_DRAFT = "text.utf8"


@dataclass(frozen=True)
class TextFile:
    """A file of valid UTF-8.

    Attributes:
        path: the file itself, or its text in UTF-8.
        start: bytes of its byte order mark.
        quotes: how many characters of it are '"'.
        blank: whether it holds nothing but white space.
        notes: how it was decoded, where that was not plain.
    """

    path: Path
    start: int = 0
    quotes: int = 0
    blank: bool = False
    notes: tuple[str, ...] = ()

    def lines(self) -> Iterator[str]:
        """Its lines with their line feeds; a carriage return alone ends no line."""
        with self.path.open(encoding="utf-8-sig" if self.start else "utf-8", newline="\n") as file:
            yield from file

    def read(self) -> bytes:
        """All of it, without the byte order mark."""
        return self.path.read_bytes()[self.start :]


@dataclass
class _Tally:
    """Counts what later steps ask, while the text passes anyway."""

    quotes: int = 0
    blank: bool = True

    def add(self, text: str) -> str:
        self.quotes += text.count('"')
        self.blank = self.blank and not text.strip()
        return text


class _Misfit(Exception):  # noqa: N818 - never leaves this module
    """A byte that does not fit an encoding."""

    def __init__(self, position: int, value: int) -> None:
        super().__init__(position, value)
        self.position = position
        self.value = value


def open_text(path: Path, name: str, folder: Path) -> TextFile:
    """The same text as valid UTF-8.

    Args:
        path: a file that is not empty.
        name: what it is called in errors.
        folder: where its text may be written, if it is no UTF-8.

    Raises:
        InputError: it mixes encodings, is of one that cannot be told for sure, or is no text at all.
    """
    with path.open("rb") as file:
        start = file.read(_LOOK_AT)
    for mark, (encoding, called) in _MARKS.items():
        if start.startswith(mark):
            return _marked(path, name, folder, len(mark), encoding, called)
    if start.count(0) > _TOO_MANY_ZEROS * len(start):
        return _zeros(path, name, folder, start)
    tally = _Tally()
    try:
        for text in _decoded(path, "utf-8"):
            tally.add(text)
    except _Misfit as misfit:
        return _guessed(path, name, folder, misfit)
    return TextFile(path, 0, tally.quotes, tally.blank)


def _marked(path: Path, name: str, folder: Path, skip: int, encoding: str, called: str) -> TextFile:
    try:
        if encoding == "utf-8":
            tally = _Tally()
            for text in _decoded(path, encoding, skip):
                tally.add(text)
            return TextFile(path, skip, tally.quotes, tally.blank)
        return _rewritten(path, folder, encoding, skip, (f"Read as {called}, as its byte order mark says.",))
    except _Misfit as misfit:
        raise InputError(
            f"{name} is not {called} text (byte 0x{misfit.value:02X} at position {misfit.position}): save it as UTF-8."
        ) from misfit


def _zeros(path: Path, name: str, folder: Path, start: bytes) -> TextFile:
    """Zeros in every other place are UTF-16 without a mark; anything else is no text."""
    even, odd = start[::2].count(0), start[1::2].count(0)
    for encoding, zeros, others in (("utf-16-le", odd, even), ("utf-16-be", even, odd)):
        if zeros > _HALF_ZEROS * len(start) / 2 and not others:
            try:
                return _rewritten(path, folder, encoding, 0, ("It has no byte order mark; it was read as UTF-16.",))
            except _Misfit:
                break
    raise InputError(
        f"{name} is not UTF-8 text ({start.count(0)} of its first {len(start)} bytes are zero): "
        "save it as UTF-8, or give a file of another kind its own ending."
    )


def _guessed(path: Path, name: str, folder: Path, misfit: _Misfit) -> TextFile:
    byte = f"byte 0x{misfit.value:02X}"
    place = f"line {_line_of(path, misfit.position)}, position {misfit.position}"
    found = sequences_of(_blocks(path))
    if found.mostly_utf8:
        raise InputError(f"{name} is UTF-8 text but for {byte} ({place}): mend that line, or save it anew as UTF-8.")
    encoding = guess_encoding(sample_of(_blocks(path)), found)
    if encoding is not None:
        note = f"It is not UTF-8; it was read as {NAMES[encoding]}: if letters look wrong, save it as UTF-8."
        try:
            return _rewritten(path, folder, encoding, 0, (note,))
        except _Misfit:
            encoding = None
    raise InputError(
        f"{name} is not UTF-8 text ({byte}, {place}), and its encoding cannot be told for sure: save it as UTF-8."
    )


def _rewritten(path: Path, folder: Path, encoding: str, skip: int, notes: tuple[str, ...]) -> TextFile:
    tally, draft = _Tally(), folder / _DRAFT
    with draft.open("wb") as file:
        for text in _decoded(path, encoding, skip):
            file.write(tally.add(text).encode())
    return TextFile(draft, 0, tally.quotes, tally.blank, notes)


def _decoded(path: Path, encoding: str, skip: int = 0) -> Iterator[str]:
    """The text in pieces, each of which encodes back to its bytes."""
    decoder = codecs.getincrementaldecoder(encoding)()
    position, waiting, last = skip, b"", False
    blocks = _blocks(path, skip)
    while not last:
        block = next(blocks, b"")
        last = not block
        try:
            text = decoder.decode(block, last)
        except UnicodeDecodeError as error:
            # `error.object` begins with what waited from the block before.
            place = position + len(block) - len(error.object) + error.start
            raise _Misfit(place, error.object[error.start]) from error
        position += len(block)
        if encoding in NAMES:
            taken, waiting = waiting + block, decoder.getstate()[0]
            taken = taken[: len(taken) - len(waiting)]
            if text.encode(encoding) != taken:
                raise _Misfit(position, taken[-1])
        yield text


def _blocks(path: Path, skip: int = 0) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(skip)
        while block := file.read(_BLOCK):
            yield block


def _line_of(path: Path, position: int) -> int:
    with path.open("rb") as file:
        line = 1
        while position > 0 and (block := file.read(min(_BLOCK, position))):
            line += block.count(b"\n")
            position -= len(block)
    return line
