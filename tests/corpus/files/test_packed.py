import gzip
import zipfile
from pathlib import Path

import pyarrow as pa
import pytest

from eudscore.corpus.files.packed import kind_of, unpack


def packed(path: Path, kind: str) -> Path:
    match kind:
        case "gzip":
            path.write_bytes(gzip.compress(b"first\n") + gzip.compress(b"second\n"))
        case "Zstandard":
            with pa.CompressedOutputStream(pa.OSFile(str(path), "wb"), "zstd") as stream:
                stream.write(b"first\nsecond\n")
        case _:
            with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as archive:
                archive.writestr("folder/b.txt", b"first\nsecond\n")
    return path


@pytest.mark.parametrize(
    ("kind", "name", "inside", "note"),
    [
        ("gzip", "a.txt.gz", "a.txt", "a.txt.gz was unpacked (gzip)."),
        ("gzip", "a.txt", "a.txt", "a.txt was unpacked (gzip)."),
        ("Zstandard", "A.TXT.ZST", "A.TXT", "A.TXT.ZST was unpacked (Zstandard)."),
        ("ZIP", "a.zip", "b.txt", "b.txt is the one file in a.zip."),
    ],
)
def test_the_one_file_inside_keeps_its_bytes_and_gets_its_name(
    tmp_path: Path, kind: str, name: str, inside: str, note: str
) -> None:
    path = packed(tmp_path / "file", kind)
    assert kind_of(path.read_bytes()[:16]) == kind
    (tmp_path / "folder").mkdir()
    found = unpack(path, name, tmp_path / "folder", kind)
    assert (found.name, found.note) == (inside, note)
    assert found.path.read_bytes() == b"first\nsecond\n"
    assert list((tmp_path / "folder").iterdir()) == [found.path], "nothing is written to a name from inside"
