import io
import os
from pathlib import Path
from typing import Any

import pytest

from eudscore.corpus.read import read_upload
from eudscore.corpus.sources.uploads import copied, upload_name
from eudscore.errors import InputError

CSV = b"text,label\na b,x\nc d,y\n"


class Slow(io.RawIOBase):
    """A stream that gives a few bytes at a time and cannot go back."""

    def __init__(self, content: bytes) -> None:
        self.rest = content
        self.largest = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return False

    def read(self, size: int = -1) -> bytes:
        assert 0 <= size <= 1 << 20, "it is asked for pieces, never for the whole"
        piece, self.rest = self.rest[: min(size, 7)], self.rest[min(size, 7) :]
        return piece


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview, io.BytesIO, Slow])
def test_content_comes_as_bytes_or_in_pieces(kind: Any) -> None:
    with copied("a.csv", kind(CSV)) as path:
        assert path.read_bytes() == CSV
    assert not path.exists()
    assert read_upload("a.csv", kind(CSV)).texts() == ["a b", "c d"]


def test_a_stream_is_read_from_its_beginning() -> None:
    stream = io.BytesIO(CSV)
    stream.read()
    assert read_upload("a.csv", stream).texts() == read_upload("a.csv", stream).texts() == ["a b", "c d"]


def test_a_file_is_read_under_the_name_it_had(tmp_path: Path) -> None:
    (tmp_path / "0a1b2c").write_bytes(CSV)
    corpus = read_upload("reviews.csv", tmp_path / "0a1b2c")
    assert (corpus.name, corpus.source) == ("reviews", "upload:reviews.csv")
    assert (tmp_path / "0a1b2c").read_bytes() == CSV


def test_what_cannot_be_copied_gets_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(tmp_path / "pipe")
    cases = {
        tmp_path / "gone": "a.csv is gone since it was found: put it back, or check who removes it.",
        tmp_path / "pipe": "a.csv is not a file: save it as a file and give that.",
        tmp_path: "a.csv is not a file: save it as a file and give that.",
    }
    for content, expected in cases.items():
        with pytest.raises(InputError) as refused:
            read_upload("a.csv", content)
        assert str(refused.value) == expected


def test_a_full_disk_gets_one_sentence() -> None:
    if not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full")

    class Full(Slow):
        def read(self, size: int = -1) -> bytes:
            raise OSError(28, "No space left on device")

    with pytest.raises(InputError, match=r"^There is not enough space for a temporary copy of a\.csv: make room"):
        read_upload("a.csv", Full(CSV))


@pytest.mark.parametrize(
    ("name", "expected"),
    [("a.csv", "a.csv"), ("C:\\x\\a.csv", "a.csv"), ("../../a.csv", "a.csv"), ("/x/a b.csv", "a b.csv"), ("", "")],
)
def test_a_name_has_no_folder(name: str, expected: str) -> None:
    assert upload_name(name) == expected


@pytest.mark.parametrize("name", ["", "..", "/", "a"])
def test_a_name_without_an_ending_is_refused(name: str) -> None:
    with pytest.raises(InputError):
        read_upload(name, CSV)
