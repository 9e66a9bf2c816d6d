"""Files behind http(s) addresses, streamed to a temporary file within limits of size and time."""

import http.client
import re
import shutil
import tempfile
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import BinaryIO
from urllib.error import HTTPError, URLError
from urllib.parse import unquote, urljoin, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from eudscore.corpus.files.formats import has_known_ending
from eudscore.corpus.sources.addresses import as_uri, name_in, redacted
from eudscore.corpus.sources.paths import about_failure, reason_of, shown
from eudscore.errors import InputError

_PIECE = 1 << 20  # bytes
_LONGEST_NAME = 150
_ENDINGS = {
    "text/csv": ".csv",
    "text/tab-separated-values": ".tsv",
    "application/json": ".json",
    "application/x-ndjson": ".jsonl",
    "application/jsonl": ".jsonl",
    "application/x-jsonlines": ".jsonl",
    "application/vnd.apache.parquet": ".parquet",
    "application/x-parquet": ".parquet",
    "application/vnd.apache.arrow.file": ".arrow",
    "application/vnd.apache.arrow.stream": ".arrow",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
    "application/zip": ".zip",
    "application/gzip": ".gz",
    "application/zstd": ".zst",
    "text/plain": ".txt",
}
_TELL_WHY = {
    401: "may not be read without logging in",
    403: "may not be read by everyone",
    404: "is not there",
    410: "is not there any more",
    429: "was asked for too often",
}
_TELL_HOW = {
    401: "download it with a browser and give the file.",
    403: "download it with a browser and give the file.",
    404: "check the address.",
    410: "look for a newer address.",
}


@dataclass(frozen=True)
class Limits:
    """When a download is given up.

    Attributes:
        size: bytes on disk.
        silence: seconds in which nothing comes.
        seconds: in all.
    """

    size: int = 20 * 1024**3
    silence: float = 30.0
    seconds: float = 3600.0


@dataclass(frozen=True)
class Download:
    """A file that was fetched, what it is called, and what had to be found out for that."""

    path: Path
    name: str
    notes: tuple[str, ...] = ()


@contextmanager
def downloaded(address: str, limits: Limits | None = None) -> Iterator[Download]:
    """Fetch what is behind an http(s) address; the file is gone after the `with`.

    Args:
        address: redirects are followed, to http(s) only.
        limits: of size and time.

    Raises:
        InputError: it cannot be reached, is not there, is a web page, too large or too slow; in one sentence.
    """
    limits = limits or Limits()
    with tempfile.TemporaryDirectory(prefix="eudscore-") as folder:
        path = Path(folder) / "download"
        with _understood(address, limits):
            request = Request(as_uri(address), headers={"User-Agent": "eudscore", "Accept": "*/*"})
            with build_opener(_Redirects).open(request, timeout=limits.silence) as answer, path.open("wb") as file:
                name, notes = _name_of(answer, address)
                _save(answer, file, name, address, limits)
        yield Download(path, name, notes)


class _Redirects(HTTPRedirectHandler):
    """Follows to http(s) only: the way to a local file or another protocol ends here."""

    def http_error_302(self, req, fp, code, msg, headers):  # type: ignore[no-untyped-def]
        """Where the answer leads on to, if that is http(s)."""
        target = urljoin(req.full_url, headers.get("location") or headers.get("uri") or "")
        if urlsplit(target).scheme not in ("http", "https"):
            raise InputError(
                f"{redacted(req.full_url)} leads on to {redacted(target)}, which is not read: download the file and "
                "give that."
            )
        return super().http_error_302(req, fp, code, msg, headers)

    http_error_301 = http_error_303 = http_error_307 = http_error_308 = http_error_302


@contextmanager
def _understood(address: str, limits: Limits) -> Iterator[None]:
    """Each way to fail in one sentence."""
    name = redacted(address)
    try:
        yield
    except HTTPError as error:
        error.close()
        raise InputError(_about_status(error, name)) from error
    except TimeoutError as error:
        raise InputError(_about_silence(name, limits)) from error
    except URLError as error:
        reason = error.reason if isinstance(error.reason, Exception) else error
        if isinstance(reason, TimeoutError):
            raise InputError(_about_silence(name, limits)) from error
        raise InputError(
            f"{name} cannot be reached ({reason_of(reason)}): check the address and the network."
        ) from error
    except (http.client.HTTPException, ConnectionError, zlib.error) as error:
        raise InputError(
            f"{name} broke off ({reason_of(error)}): try again, or download it and give the file."
        ) from error
    except OSError as error:
        raise InputError(about_failure(error, name)) from error


def _about_silence(name: str, limits: Limits) -> str:
    return f"{name} sent nothing for {limits.silence:g} s: try again later, or download it and give the file."


def _about_status(error: HTTPError, name: str) -> str:
    if 300 <= error.code < 400:
        return f"{name} leads from one address to the next without an end: check the address."
    why = _TELL_WHY.get(error.code, "cannot be had")
    reason = " ".join(str(error.reason).split())[:80].rstrip(".:") or "no reason given"
    return f"{name} {why} ({error.code} {reason}): {_TELL_HOW.get(error.code, 'try again later.')}"


def _name_of(answer: http.client.HTTPResponse, address: str) -> tuple[str, tuple[str, ...]]:
    """What a download is called: as the address or the server names it, else by the type that the server states."""
    final = name_in(answer.geturl())
    names = [_clean(name) for name in (name_in(address), answer.headers.get_filename() or "", final)]
    for name in names:
        if has_known_ending(name):
            return name, ()
    plain = next((name for name in names if name), "download")
    kind = answer.headers.get_content_type() if answer.headers.get("Content-Type") else ""
    if kind in _ENDINGS:
        return plain + _ENDINGS[kind], (f"Read as {_ENDINGS[kind]}, because the server says it is {kind}.",)
    return plain, ()


def _clean(name: str) -> str:
    """A file name and nothing else: no folder, no control character."""
    last = PurePath(unquote(name).replace("\\", "/")).name
    kept = re.sub(r"[\x00-\x1f\x7f]", "", shown(last)).strip()
    return "" if kept in (".", "..") else kept[-_LONGEST_NAME:]


def _save(answer: http.client.HTTPResponse, file: BinaryIO, name: str, address: str, limits: Limits) -> None:
    announced = int(length) if (length := answer.headers.get("Content-Length", "")).isdigit() else None
    if announced is not None:
        _check_room(announced, file, address, limits)
    unpack = _unpacker(answer, name, address)
    begun, came, kept = time.monotonic(), 0, 0
    while piece := answer.read1(_PIECE):
        if not came:
            _refuse_page(unpack.peek(piece), answer, address)
        came += len(piece)
        for part in unpack.parts(piece):
            kept += file.write(part)
            if kept > limits.size:
                raise InputError(_too_large(address, limits))
        if time.monotonic() - begun > limits.seconds:
            raise InputError(
                f"{redacted(address)} is not through after {limits.seconds:g} s ({came:,} bytes came): download it "
                "and give the file."
            )
    if (announced is not None and came < announced) or not unpack.complete:
        there = f"{came:,} bytes" if announced is None else f"{came:,} of {announced:,} bytes"
        raise InputError(f"{redacted(address)} broke off after {there}: try again, or download it and give the file.")


def _check_room(size: int, file: BinaryIO, address: str, limits: Limits) -> None:
    if size > limits.size:
        raise InputError(_too_large(address, limits, size))
    free = shutil.disk_usage(Path(file.name).parent).free
    if size > free:
        raise InputError(
            f"{redacted(address)} has {size:,} bytes and there is room for {free:,} here: make room, or let TMPDIR "
            "name a folder on a larger disk."
        )


def _too_large(address: str, limits: Limits, size: int | None = None) -> str:
    there = "" if size is None else f" ({size:,})"
    return (
        f"{redacted(address)} has more than {limits.size:,} bytes{there}: download it with a tool of your choice "
        "and give the file."
    )


class _Unpacker:
    """Bytes as they came, or freed from the packing that was put on for the way."""

    def __init__(self, packed: bool) -> None:
        self._stream = zlib.decompressobj(wbits=47) if packed else None  # 47: gzip or zlib, told apart by the header
        self._begun = False

    @property
    def complete(self) -> bool:
        return self._stream is None or not self._begun or self._stream.eof

    def peek(self, piece: bytes) -> bytes:
        """How the file begins."""
        return piece[:1024] if self._stream is None else self._stream.copy().decompress(piece, 1024)

    def parts(self, piece: bytes) -> Iterator[bytes]:
        """The next bytes of the file; a few packed bytes may become a great many, so they come in parts."""
        self._begun = True
        if self._stream is None:
            yield piece
            return
        while piece and not self._stream.eof:
            yield self._stream.decompress(piece, _PIECE)
            piece = self._stream.unconsumed_tail


def _unpacker(answer: http.client.HTTPResponse, name: str, address: str) -> _Unpacker:
    coding = answer.headers.get("Content-Encoding", "identity").strip().lower()
    if coding in ("", "identity"):
        return _Unpacker(packed=False)
    if coding not in ("gzip", "x-gzip", "deflate"):
        raise InputError(
            f"{redacted(address)} comes packed as {coding!r}, which was not asked for: download it and give the file."
        )
    # Many servers send a .gz file as a plain file that was packed for the way.
    return _Unpacker(packed=not name.lower().endswith((".gz", ".tgz")))


def _refuse_page(start: bytes, answer: http.client.HTTPResponse, address: str) -> None:
    begins = start.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    said = answer.headers.get_content_type() == "text/html"
    if not (begins.startswith((b"<!doctype html", b"<html")) or (said and begins.startswith(b"<"))):
        return
    found = re.search(rb"<title[^>]*>\s*([^<]{1,80})", start, re.IGNORECASE)
    title = " ".join(found[1].decode("utf-8", "replace").split()) if found else ""
    raise InputError(
        f"{redacted(address)} is a web page{f' ({title!r})' if title else ''} and not a file: give the address of the "
        "file itself, or download it and give the file."
    )
