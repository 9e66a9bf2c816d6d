"""Bytes of a text file to UTF-8, told apart by their byte order mark and never guessed."""

import codecs

from eudscore.errors import InputError

# UTF-32 comes first: its little-endian mark begins with that of UTF-16.
_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_LOOK_AT = 4096
_TOO_MANY_ZEROS = 0.05


def as_utf8(content: bytes, name: str) -> bytes:
    """The same text as valid UTF-8 without a byte order mark.

    Args:
        content: UTF-8, or UTF-16 or UTF-32 with a byte order mark.
        name: what the file is called in the error.

    Raises:
        InputError: any other encoding, or no text at all.
    """
    for mark, encoding in _MARKS.items():
        if content.startswith(mark):
            return _decoded(content, encoding, name).encode()
    content = content.removeprefix(codecs.BOM_UTF8)
    start = content[:_LOOK_AT]
    if start.count(0) > _TOO_MANY_ZEROS * len(start):
        raise InputError(
            f"{name} is not UTF-8 text ({start.count(0)} of its first {len(start)} bytes are zero): "
            "save it as UTF-8, or give a file of another kind its own ending."
        )
    _decoded(content, "utf-8", name)
    return content


def _decoded(content: bytes, encoding: str, name: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise InputError(
            f"{name} is not {encoding.upper()} text (byte 0x{content[error.start]:02X} at position "
            f"{error.start}): save it as UTF-8."
        ) from error
