"""Downloads from a server of our own, which answers as well and as badly as servers do."""

import gzip
import socket
import threading
import time
import zlib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from eudscore.corpus.read import read_source
from eudscore.corpus.sources.downloads import Limits, downloaded
from eudscore.errors import InputError

CSV = b"text,label\na b,x\nc d,y\n"
PAGE = b"<!DOCTYPE html><html><head><title>Sign in \n here</title></head></html>"


class Server(BaseHTTPRequestHandler):
    """One path for each way to answer."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = urlsplit(self.path).path.strip("/").partition("/")[0]
        getattr(self, f"_{path.partition('.')[0].replace('-', '_')}", self._plain)()

    def _answer(self, content: bytes, status: int = 200, length: int | None = None, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(content) if length is None else length))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(content)

    def _plain(self) -> None:
        self._answer(CSV, Content_Type="text/plain")

    def _typed(self) -> None:
        self._answer(CSV, Content_Type="text/csv; charset=utf-8")

    def _named(self) -> None:
        self._answer(CSV, Content_Disposition="attachment; filename*=UTF-8''gr%C3%B6%C3%9Fe.csv")

    def _evil(self) -> None:
        self._answer(CSV, Content_Disposition='attachment; filename="../../../etc/passwd.csv"')

    def _page(self) -> None:
        self._answer(PAGE, Content_Type="text/html")

    def _angled(self) -> None:
        self._answer(b"<div>x</div>", Content_Type="text/html")

    def _mislabelled(self) -> None:
        self._answer(CSV, Content_Type="text/html")

    def _moved(self) -> None:
        self._answer(b"", 302, Location="/final/data.csv")

    def _around(self) -> None:
        self._answer(b"", 302, Location="/around")

    def _to_file(self) -> None:
        self._answer(b"", 302, Location="file:///etc/passwd")

    def _to_ftp(self) -> None:
        self._answer(b"", 302, Location="ftp://127.0.0.1/a.csv")

    def _gone(self) -> None:
        self._answer(b"", 404)

    def _private(self) -> None:
        self._answer(b"", 403)

    def _ill(self) -> None:
        self._answer(b"", 500)

    def _short(self) -> None:
        self._answer(CSV, length=1000)
        self.close_connection = True

    def _gzipped(self) -> None:
        self._answer(gzip.compress(CSV), Content_Encoding="gzip", Content_Type="text/csv")

    def _deflated(self) -> None:
        self._answer(zlib.compress(CSV), Content_Encoding="deflate", Content_Type="text/csv")

    def _cut(self) -> None:
        self._answer(gzip.compress(CSV)[:-9], Content_Encoding="gzip", Content_Type="text/csv")

    def _brotli(self) -> None:
        self._answer(b"x", Content_Encoding="br")

    def _bomb(self) -> None:
        self._answer(gzip.compress(bytes(50_000_000)), Content_Encoding="gzip", Content_Type="text/csv")

    def _packed(self) -> None:
        self._answer(gzip.compress(CSV), Content_Encoding="gzip")

    def _chunks(self) -> None:
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for piece in (CSV[:5], CSV[5:], b""):
            self.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")

    def _endless(self) -> None:
        self.send_response(200)
        self.send_header("Connection", "close")
        self.end_headers()
        try:
            while True:
                self.wfile.write(b"x" * 100_000)
        except OSError:
            self.close_connection = True

    def _dripping(self) -> None:
        self.send_response(200)
        self.send_header("Connection", "close")
        self.end_headers()
        try:
            for _ in range(1000):
                self.wfile.write(b"x")
                time.sleep(0.02)
        except OSError:
            self.close_connection = True

    def _silent(self) -> None:
        time.sleep(3)

    def _nothing(self) -> None:
        self._answer(b"")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    found = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    found.daemon_threads = True
    threading.Thread(target=found.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{found.server_port}"
    found.shutdown()


def fetch(address: str, **limits: float) -> tuple[str, bytes, tuple[str, ...]]:
    with downloaded(address, Limits(**limits)) as found:  # type: ignore[arg-type]
        content = found.path.read_bytes()
    assert not found.path.exists()
    return found.name, content, found.notes


def sentence(address: str, **limits: float) -> str:
    with pytest.raises(InputError) as refused:
        fetch(address, **limits)
    return str(refused.value)


@pytest.mark.parametrize(
    ("path", "name", "notes"),
    [
        ("plain/data.csv", "data.csv", ()),
        ("plain/a%20b%2Fc.csv?x=1", "c.csv", ()),
        ("plain/größe.csv", "größe.csv", ()),
        ("chunks.csv", "chunks.csv", ()),
        ("moved", "data.csv", ()),
        ("moved.csv", "moved.csv", ()),
        ("named", "größe.csv", ()),
        ("evil", "passwd.csv", ()),
        ("typed", "typed.csv", ("Read as .csv, because the server says it is text/csv.",)),
        ("plain", "plain.txt", ("Read as .txt, because the server says it is text/plain.",)),
        ("gzipped.csv", "gzipped.csv", ()),
        ("deflated.csv", "deflated.csv", ()),
        ("mislabelled.csv", "mislabelled.csv", ()),
    ],
)
def test_a_file_comes_whole_and_under_its_name(server: str, path: str, name: str, notes: tuple[str, ...]) -> None:
    assert fetch(f"{server}/{path}") == (name, CSV, notes)


def test_what_is_packed_by_its_name_stays_packed(server: str) -> None:
    name, content, _ = fetch(f"{server}/packed.csv.gz")
    assert name == "packed.csv.gz"
    assert gzip.decompress(content) == CSV


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("gone", "{} is not there (404 Not Found): check the address."),
        ("private", "{} may not be read by everyone (403 Forbidden): download it with a browser and give the file."),
        ("ill", "{} cannot be had (500 Internal Server Error): try again later."),
        (
            "page",
            "{} is a web page ('Sign in here') and not a file: give the address of the file itself, or download it "
            "and give the file.",
        ),
        (
            "angled",
            "{} is a web page and not a file: give the address of the file itself, or download it and give the file.",
        ),
        ("to-file", "{} leads on to file:///etc/passwd, which is not read: download the file and give that."),
        ("to-ftp", "{} leads on to ftp://127.0.0.1/a.csv, which is not read: download the file and give that."),
        ("short", "{} broke off after 23 of 1,000 bytes: try again, or download it and give the file."),
        (
            "brotli",
            "{} comes packed as 'br', which was not asked for: download it and give the file.",
        ),
    ],
)
def test_what_is_no_file_gets_one_sentence(server: str, path: str, expected: str) -> None:
    assert sentence(f"{server}/{path}") == expected.format(f"{server}/{path}")


def test_a_ring_of_redirects_ends(server: str) -> None:
    assert sentence(f"{server}/around") == (
        f"{server}/around leads from one address to the next without an end: check the address."
    )


def test_a_packed_file_that_is_cut_off_is_not_whole(server: str) -> None:
    assert "cut broke off after" in sentence(f"{server}/cut")


@pytest.mark.parametrize("path", ["endless", "bomb"])
def test_a_file_that_is_too_large_is_given_up(server: str, path: str) -> None:
    assert sentence(f"{server}/{path}", size=1_000_000) == (
        f"{server}/{path} has more than 1,000,000 bytes: download it with a tool of your choice and give the file."
    )


def test_a_file_that_says_it_is_too_large_is_not_begun(server: str) -> None:
    assert sentence(f"{server}/plain", size=10) == (
        f"{server}/plain has more than 10 bytes (23): download it with a tool of your choice and give the file."
    )


def test_a_server_that_is_silent_is_given_up(server: str) -> None:
    assert sentence(f"{server}/silent", silence=0.2) == (
        f"{server}/silent sent nothing for 0.2 s: try again later, or download it and give the file."
    )


def test_a_server_that_is_slow_is_given_up(server: str) -> None:
    told = sentence(f"{server}/dripping", seconds=0.3)
    assert told.startswith(f"{server}/dripping is not through after 0.3 s (")


def test_no_room_is_told_before_it_is_filled(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import shutil

    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(100, 90, 10))  # type: ignore[attr-defined]
    assert sentence(f"{server}/plain") == (
        f"{server}/plain has 23 bytes and there is room for 10 here: make room, or let TMPDIR name a folder on a "
        "larger disk."
    )


def test_nobody_there_gets_one_sentence() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{closed.getsockname()[1]}/a.csv"
        assert sentence(address) == (
            f"{address} cannot be reached (connection refused): check the address and the network."
        )
    assert sentence("http://no-such-host.invalid/a.csv").startswith(
        "http://no-such-host.invalid/a.csv cannot be reached ("
    )


def test_a_corpus_is_read_from_an_address(server: str) -> None:
    corpus = read_source(f"{server}/plain/reviews.csv?token=secret")
    assert corpus.texts() == ["a b", "c d"]
    assert corpus.name == "reviews"
    assert corpus.source == f"{server}/plain/reviews.csv?token=..."
    assert read_source(f"{server}/typed").notes[0] == "Read as .csv, because the server says it is text/csv."
    assert read_source(f"{server}/packed.csv.gz").texts() == ["a b", "c d"]


@pytest.mark.parametrize(
    ("path", "options", "expected"),
    [
        ("nothing.csv", {}, "nothing.csv is empty (0 bytes): give a file with texts."),
        ("plain/a.csv", {"split": "test"}, "{}/plain/a.csv is one file and has no split 'test': leave the split out."),
        ("plain/a.csv", {"text": "x"}, "a.csv has no column 'x', only 'text', 'label'. Choose one of these."),
        ("plain/a.parquet", {}, "a.parquet is not a Parquet file"),
    ],
)
def test_what_is_in_the_file_is_checked_like_any_file(
    server: str, path: str, options: dict[str, str], expected: str
) -> None:
    with pytest.raises(InputError) as refused:
        read_source(f"{server}/{path}", **options)  # type: ignore[arg-type]
    assert str(refused.value).startswith(expected.format(server))


def test_nothing_is_left_behind(server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import tempfile

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    fetch(f"{server}/plain")
    sentence(f"{server}/short")
    sentence(f"{server}/endless", size=1000)
    assert list(tmp_path.iterdir()) == []
