"""Every bad or odd file that was thought of, each with the one sentence it gets, or with what is read."""

import datetime
import gzip
import io
import pickle
import stat
import time
import warnings
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eudscore.corpus.files import packed
from eudscore.corpus.files.formats import READ_ENDINGS
from eudscore.corpus.read import read_source, read_upload
from eudscore.corpus.roles import detect_roles
from eudscore.errors import InputError
from eudscore.records import Corpus


def parquet(columns: dict[str, Any] | pa.Table) -> bytes:
    sink = io.BytesIO()
    pq.write_table(columns if isinstance(columns, pa.Table) else pa.table(columns), sink)
    return sink.getvalue()


def gzipped(content: bytes) -> bytes:
    """Without the time of day: what a test is named after is the same in every process."""
    return gzip.compress(content, mtime=0)


def undated(name: str, compression: int) -> zipfile.ZipInfo:
    """The same for an archive, whose files are as `writestr` makes them from a name, but for the date."""
    info = zipfile.ZipInfo(name)
    info.external_attr = 0o600 << 16
    info.compress_type = compression
    return info


def zipped(*files: tuple[str | zipfile.ZipInfo, str | bytes], **options: Any) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", **options) as archive:
        for name, content in files:
            info = name if isinstance(name, zipfile.ZipInfo) else undated(name, archive.compression)
            archive.writestr(info, content)
    return sink.getvalue()


def link(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


def encrypted() -> bytes:
    content = bytearray(zipped(("a.csv", "text,label\na,x\n")))
    content[content.index(b"PK\x01\x02") + 8] |= 1  # the flag of the central directory
    return bytes(content)


def sheet(*rows: list[Any], others: tuple[str, ...] = (), errors: tuple[str, ...] = ()) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for place in errors:
        book.active[place].value = "#DIV/0!"
        book.active[place].data_type = "e"
    for other in others:
        book.create_sheet(other)
    sink = io.BytesIO()
    book.save(sink)
    return sink.getvalue()


def feather_1() -> bytes:
    sink = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it is old
        feather.write_feather(pa.table({"text": ["a b"], "label": ["x"]}), sink, version=1)
    return sink.getvalue()


def arrow(table: pa.Table) -> bytes:
    sink = io.BytesIO()
    with pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue()


GOOD = parquet({"text": ["a fine film", "a bad film"], "label": [1, 0]})
TWICE = parquet(pa.table([pa.array(["a"]), pa.array(["b"])], names=["text", "text"]))
IDS = "text,key\n" + "".join(f"some words {n},k{n}\n" for n in range(30))
ARROW = arrow(pa.table({"text": ["a b"], "label": ["x"]}))
WORKBOOK = sheet(["text", "label"], ["a b", "x"])
ENDINGS = (
    ".arrow, .csv, .feather, .gz, .ipc, .json, .jsonl, .ndjson, .parquet, .tab, .tsv, .txt, .xlsm, .xlsx, .zip and .zst"
)
SHAPES = 'give a list of objects, one object a line, or {"data": [...]}.'
PACKED = "is a packed file of a kind that is not read: unpack it and give the file inside."
PICKLE = "is a pickle or another file that may run code when it is opened, so it is never read: save it as Parquet."

REFUSED: list[tuple[str, bytes, dict[str, str], str]] = [
    ("a.csv", b"", {}, "a.csv is empty (0 bytes): give a file with texts."),
    ("a.parquet", b"", {}, "a.parquet is empty (0 bytes): give a file with texts."),
    ("a.csv", b"text,label\n", {}, "a.csv holds no rows, only the names of columns: give a file with texts."),
    (
        "a.csv", "\n \n".encode("utf-16"), {},
        "a.csv holds no rows, nothing but blank space: give a file with texts.",
    ),
    ("a.csv", b"\n\n", {}, "a.csv holds no rows, nothing but blank space: give a file with texts."),
    ("a.csv", b"sep=;\ntext;n\nsome words;1\n", {},
     "a.csv begins with 'sep=;', a line for Excel that is no row: remove that line."),
    ("a.txt", b" \n\n", {}, "a.txt holds no rows, nothing but blank space: give a file with texts."),
    ("a.json", b"[]", {}, "a.json holds no rows, nothing but blank space: give a file with texts."),
    ("a.jsonl", b"\n\n", {}, "a.jsonl holds no rows, nothing but blank space: give a file with texts."),
    (
        "a.parquet", parquet({"text": pa.array([], pa.string())}), {},
        "a.parquet holds no rows, only the names of columns: give a file with texts.",
    ),
    (
        "a.csv", "text,label\nnaïve,1\nça va,2\n".encode() + b"caf\xe9,1\n", {},
        "a.csv is UTF-8 text but for byte 0xE9 (line 4, position 32): mend that line, or save it anew as UTF-8.",
    ),
    (
        "a.txt", "日本".encode("shift_jis"), {},
        "a.txt is not UTF-8 text (byte 0x93, line 1, position 0), and its encoding cannot be told for sure: save it "
        "as UTF-8.",
    ),
    (
        "a.txt", b"\xff\xfea\x00b", {},
        "a.txt is not UTF-16 text (byte 0x62 at position 4): save it as UTF-8.",
    ),
    (
        "a.csv", b"text\nhello\x00\x00\x00\x00", {},
        "a.csv is not UTF-8 text (4 of its first 14 bytes are zero): save it as UTF-8, or give a file of another "
        "kind its own ending.",
    ),
    (
        "a.csv", b"text,label\na,1\nb,2,3\n", {},
        "Line 3 of a.csv has 3 cells, the header has 2: put quotes around a cell that holds commas or a line break.",
    ),
    (
        "a.csv", b'text,label\n"a\nb\nc",1\nlonely\n', {},
        "Line 5 of a.csv has 1 cell, the header has 2: put quotes around a cell that holds commas or a line break.",
    ),
    (
        "a.csv", b"text\nHello, world\n", {},
        "Line 2 of a.csv has 2 cells, the header has 1: put quotes around a cell that holds commas or a line break.",
    ),
    (
        "a.tsv", b'text\tlabel\n"a\t1\nb\tc\t2\n', {},
        "Line 3 of a.tsv has 3 cells, the header has 2: put quotes around a cell that holds tabs or a line break.",
    ),
    (
        "a.csv", b'text,label\na,1\n"b,2\nc,3\n', {},
        "a.csv opens a quote on line 3 and never closes it: close it, or double it if it is a letter.",
    ),
    (
        "a.csv", b'label,text\n1,a\n2,"b\n3,c\n', {},
        "a.csv opens a quote on line 3 and never closes it: close it, or double it if it is a letter.",
    ),
    ("a.csv", b"text,text\na,b\n", {}, "a.csv has more than one column 'text': give each column its own name."),
    ("a.parquet", TWICE, {}, "a.parquet has more than one column 'text': give each column its own name."),
    (
        "a.csv", b"good film,positive\nbad film,negative\nfine,positive\n", {},
        "a.csv begins with a row instead of the names of its columns ('positive' reads like a cell): put a first "
        "line such as text,label before it.",
    ),
    (
        "reviews.csv", b"a,b\nsome words,1\n", {"text": "x"},
        "reviews.csv has no column 'x', only 'a', 'b'. Choose one of these.",
    ),
    (
        "reviews.csv", b"a,b\nsome words,1\n", {"label": "stars"},
        "reviews.csv has no column 'stars', only 'a', 'b'. Choose one of these.",
    ),
    (
        "a.parquet", GOOD, {"text": "label"},
        "Column 'label' of a.parquet holds int64, not text. Choose a column of strings: 'text'.",
    ),
    (
        "a.parquet", GOOD, {"text": "text", "label": "text"},
        "Column 'text' of a.parquet cannot be both text and label: choose another column for one of them.",
    ),
    (
        "a.parquet", GOOD, {"label": "text"},
        "Column 'text' of a.parquet cannot be both text and label: choose another column for one of them.",
    ),
    (
        "a.csv", b"text,score\na b,0.25\nc d,1\n", {"label": "score"},
        "Column 'score' of a.csv holds numbers such as 0.25: a label is a name or a whole number.",
    ),
    (
        "a.jsonl", b'{"text": "a b", "tags": ["x"]}\n', {"label": "tags"},
        "Column 'tags' of a.jsonl holds several labels a row, and one is needed: choose a column with one label a row, "
        "or leave the label out and score the texts without.",
    ),
    (
        "a.csv", IDS.encode(), {"label": "key"},
        "Column 'key' of a.csv has 30 different values in 30 rows, which is no label: choose a column with a few "
        "classes.",
    ),
    (
        "a.csv", b"n,m\n1,0.5\n2,1.5\n", {},
        "a.csv has no column of texts, only 'n' (int64), 'm' (double). Give a file with a column of strings.",
    ),
    ("a.json", b'{"text": ', {}, f"a.json is not JSON (Expecting value, line 1 column 10): {SHAPES}"),
    ("a.json", b'{"text": "a"}', {}, f"a.json holds an object: {SHAPES}"),
    ("a.json", b"42", {}, f"a.json holds a number: {SHAPES}"),
    (
        "a.json", b'[{"text": "a"}, 7]', {},
        'Entry 2 of a.json is a number, not an object such as {"text": "..."}: mend it.',
    ),
    (
        "x.jsonl", b'{"text": "a"}\n' * 16 + b"{oops\n", {},
        "Line 17 of x.jsonl is not JSON ('{oops'): give one object a line.",
    ),
    (
        "x.jsonl", b'{"text": "a"}\n[1]\n', {},
        'Line 2 of x.jsonl is a list, not an object such as {"text": "..."}: mend it.',
    ),
    (
        "x.jsonl", b'{"text": "\\ud83d"}\n', {},
        "Column 'text' of x.jsonl holds half a character (a lone surrogate such as \\ud83d): remove it or write "
        "the file anew.",
    ),
    (
        "a.parquet", b"text,label\na,1\n", {},
        "a.parquet is not a Parquet file (it begins with 'text,label\\na'): give it the ending of what it is.",
    ),
    ("a.parquet", pickle.dumps({"text": ["a"]}), {}, f"a.parquet {PICKLE}"),
    ("a.csv", pickle.dumps(["text"], protocol=2), {}, f"a.csv {PICKLE}"),
    ("a.pkl", pickle.dumps(["text"], protocol=0), {}, f"a.pkl {PICKLE}"),
    ("a.csv.gz", gzipped(pickle.dumps(["text"])), {}, f"a.csv {PICKLE}"),
    ("a.zip", zipped(("a.pkl", "text")), {}, f"a.pkl {PICKLE}"),
    ("a.npz", zipped(("a.npy", "text")), {}, f"a.npz {PICKLE}"),
    ("a.csv.bz2", b"BZh91AY&SY", {}, f"a.csv.bz2 {PACKED}"),
    ("a.tar", b"a.csv\x00", {}, f"a.tar {PACKED}"),
    ("a.csv.gz", gzipped(b""), {}, "a.csv is empty (0 bytes): give a file with texts."),
    ("a.gz", gzipped(b"text\na\n"), {}, f"a has no ending such as '.csv', eudscore reads {ENDINGS}: save it as "
     "one of these."),
    ("a.csv.gz", b"text\na\n", {}, "a.csv.gz is not a gzip file (it begins with 'text\\na\\n'): give it the ending of "
     "what it is."),
    ("a.csv.gz", gzipped(gzipped(b"text\na\n")), {},
     "a.csv.gz holds another packed file, a.csv: unpack it and give what is inside."),
    ("a.zip", zipped(("b.csv.gz", gzipped(b"text\na\n"))), {},
     "a.zip holds another packed file, b.csv.gz: unpack it and give what is inside."),
    ("a.csv.gz", gzipped(b"text,label\n" + b"some words,1\n" * 99)[:-9], {},
     "a.csv.gz is a broken gzip file (Compressed file ended before the end-of-stream marker was reached): write or "
     "download it again."),
    ("a.zip", zipped(), {}, "a.zip holds no file: pack exactly one, or give the file itself."),
    ("a.zip", zipped(("a.csv", "text\na\n"), ("b/c.csv", "text\nb\n")), {},
     "a.zip holds 2 files ('a.csv', 'b/c.csv'), and one is read from an archive: unpack it and give the file or the "
     "folder."),
    ("a.zip", zipped(("../../a.csv", "text\na\n")), {},
     "a.zip holds a file that leads out of the archive ('../../a.csv'): pack it anew by its name."),
    ("a.zip", zipped(("/etc/a.csv", "text\na\n")), {},
     "a.zip holds a file that leads out of the archive ('/etc/a.csv'): pack it anew by its name."),
    ("a.zip", zipped(("C:\\a.csv", "text\na\n")), {},
     "a.zip holds a file that leads out of the archive ('C:\\\\a.csv'): pack it anew by its name."),
    ("a.zip", zipped((link("a.csv"), "/etc/passwd")), {},
     "a.zip holds a link ('a.csv') and no file: pack the file it points to."),
    ("a.zip", encrypted(), {}, "a.zip is encrypted ('a.csv'): unpack it with its password and give the file."),
    ("a.zip", zipped(("a.csv", "text\na\n"))[:40], {},
     "a.zip is a broken ZIP file (File is not a zip file): write or download it again."),
    ("a.zip", zipped(("a.csv", "text\nzebra\n")).replace(b"zebra", b"zibra"), {},
     "a.zip is a broken ZIP file (Bad CRC-32 for file 'a.csv'): write or download it again."),
    ("a.xlsx", zipped(("a.txt", "text")), {},
     "a.xlsx is a broken XLSX file (\"There is no item named 'xl/_rels/workbook.xml.rels' in the archive\"): save it "
     "anew."),
    ("a.xlsx", b"text,label\na,x\n", {},
     "a.xlsx is not an XLSX file (it begins with 'text,label\\na'): give it the ending of what it is."),
    ("a.xlsx", sheet(), {}, "a.xlsx holds no rows, nothing but blank space: give a file with texts."),
    ("a.xlsx", sheet(["text", "label"]), {},
     "a.xlsx holds no rows, only the names of columns: give a file with texts."),
    ("a.xlsx", sheet(["text", "text"], ["a", "b"]), {},
     "a.xlsx has more than one column 'text': give each column its own name."),
    ("a.xlsx", sheet(["good film", "positive"], ["bad film", "negative"], ["fine", "positive"]), {},
     "a.xlsx begins with a row instead of the names of its columns ('positive' reads like a cell): put a first line "
     "such as text,label before it."),
    ("a.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", {},
     "a.xlsx is an old spreadsheet, or one with a password: save it as XLSX without a password, or as CSV (UTF-8)."),
    ("a.ods", b"PK\x03\x04", {}, "a.ods is a spreadsheet of another kind than XLSX: save it as XLSX or CSV (UTF-8)."),
    ("a.arrow", b"text,label\na,x\n", {},
     "a.arrow is not an Arrow file (it begins with 'text,label\\na'): give it the ending of what it is."),
    ("a.arrow", arrow(pa.table({"text": pa.array([], pa.string())})), {},
     "a.arrow holds no rows, only the names of columns: give a file with texts."),
    ("a.docx", zipped(("word/document.xml", "x")), {},
     "a.docx is a document or a picture, not a table: save its texts as CSV, JSONL or TXT."),
    (
        "a.pdf", b"%PDF-1.7", {},
        "a.pdf is a document or a picture, not a table: save its texts as CSV, JSONL or TXT.",
    ),
    ("a.db", b"SQLite format 3\x00", {}, "a.db is a database: save its table as CSV or Parquet."),
    ("a.dat", b"text\na\n", {}, f"a.dat ends in '.dat', eudscore reads {ENDINGS}: save it as one of these."),
    (
        "words", b"text\na\n", {},
        f"words has no ending such as '.csv', eudscore reads {ENDINGS}: save it as one of these.",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("name", "content", "roles", "sentence"), REFUSED)
def test_a_bad_upload_gets_its_sentence(name: str, content: bytes, roles: dict[str, str], sentence: str) -> None:
    with pytest.raises(InputError) as refused:
        read_upload(name, content, **roles)
    assert str(refused.value) == sentence


@pytest.mark.parametrize(("name", "content", "roles", "sentence"), REFUSED)
def test_a_bad_file_gets_the_same_sentence_as_the_upload(
    tmp_path: Path, name: str, content: bytes, roles: dict[str, str], sentence: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError) as refused:
        read_source(tmp_path / name, **roles)
    assert str(refused.value) == sentence


def test_a_cut_off_parquet_file_is_called_broken() -> None:
    with pytest.raises(InputError, match=r"^a\.parquet is a broken Parquet file \(.+\): write or download it again\.$"):
        read_upload("a.parquet", GOOD[: len(GOOD) // 2])


@pytest.mark.parametrize(
    "content", [arrow(pa.table({"text": ["a b"]}))[:60], b"ARROW1\x00\x00", b"\xff\xff\xff\xff\x09"]
)
def test_a_cut_off_arrow_file_is_called_broken(content: bytes) -> None:
    with pytest.raises(InputError, match=r"^a\.arrow is a broken Arrow file \(.+\): write or download it again\.$"):
        read_upload("a.arrow", content)


def test_a_cut_off_zst_file_is_called_broken() -> None:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(b"text,label\na,x\n" * 99)
    with pytest.raises(
        InputError, match=r"^a\.csv\.zst is a broken Zstandard file \(Truncated .+\): write or download"
    ):
        read_upload("a.csv.zst", bytes(sink.getvalue())[:-3])


def test_a_cut_off_workbook_is_called_broken() -> None:
    with pytest.raises(InputError, match=r"^a\.xlsx is a broken XLSX file \(.+\): save it anew\.$"):
        read_upload("a.xlsx", WORKBOOK[: len(WORKBOOK) // 2])


@pytest.mark.parametrize("name", ["a.txt.gz", "a.zip", "a.xlsx"])
def test_what_would_fill_up_the_disk_is_refused_while_it_unpacks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(packed, "_UNSUSPECTED", 1 << 20)
    zeros = b"0" * (1 << 24)
    if name == "a.txt.gz":
        content = gzip.compress(zeros)
    else:
        content = zipped(("xl/workbook.xml" if name == "a.xlsx" else "a.txt", zeros), compression=zipfile.ZIP_DEFLATED)
    with pytest.raises(InputError, match=rf"^{name} \(0\.02 MB\) becomes more than [34] MB when it is unpacked"):
        read_upload(name, content)


def test_a_size_that_an_archive_lies_about_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    content = zipped(("a.txt", b"0" * (1 << 22)), compression=zipfile.ZIP_DEFLATED)
    lying = content.replace((1 << 22).to_bytes(4, "little"), (100).to_bytes(4, "little"))
    assert lying != content
    with pytest.raises(InputError, match=r"^a\.zip is a broken ZIP file \(Bad CRC-32 for file 'a\.txt'\): write or"):
        read_upload("a.zip", lying)


def test_strings_of_a_parquet_file_that_are_no_utf8_are_refused_at_once() -> None:
    with pytest.raises(
        InputError, match=r"^a\.parquet is a broken Parquet file \(.*UTF8.*\): write or download it again\.$"
    ):
        read_upload("a.parquet", parquet({"text": ["zebra"]}).replace(b"zebra", b"z\xe9bra"))


def test_deep_json_is_refused_not_recursed_into() -> None:
    with pytest.raises(InputError, match=r"^a\.json is not JSON that can be read \(.*recursion.*\): give a list"):
        read_upload("a.json", b"[" * 100_000)


SAMPLES = [
    GOOD,
    WORKBOOK,
    zipped(("a.csv", "text,label\na,x\n")),
    arrow(pa.table({"text": ["a b"]})),
    b'text,label\n"a, b",1\nc,2\n',
    b'{"text": "a"}\n[{"text": "b"}]',
    b'text\tlabel\n"a\t1\n',
]


@given(st.sampled_from(SAMPLES), st.sampled_from([*READ_ENDINGS, ""]), st.data())
def test_bytes_changed_at_random_are_read_or_get_one_sentence(content: bytes, ending: str, data: st.DataObject) -> None:
    changed = bytearray(content)
    for place in data.draw(st.lists(st.integers(0, len(content) - 1), max_size=4)):
        changed[place] = data.draw(st.sampled_from(list(b'\x00\x80\xff"\n\r\t,;|{}[]a1.-')))
    sentence = ""
    try:
        corpus = read_upload(f"a{ending}", bytes(changed[: data.draw(st.integers(0, len(changed)))]))
        assert len(corpus.texts()) == len(corpus.labels) == len(corpus) > 0
    except InputError as error:
        sentence = str(error)
    assert "\n" not in sentence
    assert "Traceback" not in sentence


ODD: list[tuple[str, bytes, list[str], list[str | None]]] = [
    # verbatim cells
    ("a.csv", b"text,label\nNA,x\nnull,y\n007, z\n", ["NA", "null", "007"], ["x", "y", " z"]),
    (
        "a.csv", b'text,label\n"  a  ",x\n"b\r\nc",y\n,x\n"say ""hi""",y\n',
        ["  a  ", "b\r\nc", "", 'say "hi"'], list("xyxy"),
    ),
    ("a.csv", b"\xef\xbb\xbftext,label\na b,1\nc d,2\n", ["a b", "c d"], ["1", "2"]),
    ("a.csv", "text,label\nnaïve,1\nc d,2\n".encode("utf-16"), ["naïve", "c d"], ["1", "2"]),
    ("a.csv", b"text;label\na, b;x\nc;y\n", ["a, b", "c"], ["x", "y"]),
    ("a.csv", b"text|label\r\na, b|x\r\nc|y\r\n", ["a, b", "c"], ["x", "y"]),
    ("a.csv", b"text\tlabel\na, b\tx\nc\ty\n", ["a, b", "c"], ["x", "y"]),
    ("a.tsv", b'text\tlabel\n" a 5" disk\tx\nb "\ty\n', ['" a 5" disk', 'b "'], ["x", "y"]),
    ("a.tsv", b'text\tlabel\n"a\tb"\tx\n"c ""d"""\ty\n', ["a\tb", 'c "d"'], ["x", "y"]),
    ("a.csv", b'text,label\na 5" disk,x\nb,y\n', ['a 5" disk', "b"], ["x", "y"]),
    ("a.csv", b"text\nfirst\n\nthird\n\n\n", ["first", "", "third"], [None] * 3),
    ("a.csv", b"text,label\n\na,x\n\nb,y\n", ["a", "b"], ["x", "y"]),
    ("a.csv", b"text,label\na,1\nb,10\nc,2\nd,\n", ["a", "b", "c", "d"], ["1", "10", "2", None]),
    ("a.csv", b"text,row,rank\na b,1,2\nc d,2,1\n", ["a b", "c d"], [None, None]),
    ("a.txt", b"one\r\n\r\nthree\r\n\r\n", ["one", "", "three"], [None] * 3),
    ("a.txt", "a\u2028b\n\x0cc\n".encode(), ["a\u2028b", "\x0cc"], [None] * 2),
    ("a.txt", b"\x00a plain line with one zero byte in it\n", ["\x00a plain line with one zero byte in it"], [None]),
    ("a.jsonl", b'{"text": "a"}\r\n\r\n{"text": null, "label": "x"}\n', ["a", ""], [None, "x"]),
    ("a.jsonl", "{\"text\": \"a\u2028b\"}\n".encode(), ["a\u2028b"], [None]),
    ("a.jsonl", b'[{"text": "a"},\n {"text": "b"}]', ["a", "b"], [None, None]),
    ("a.json", b'{"text": "a"}\n{"text": "b"}\n', ["a", "b"], [None, None]),
    ("a.json", b'{"version": 1, "data": [{"text": "a", "label": 3}]}', ["a"], ["3"]),
    ("a.json", b'["a", "b"]', ["a", "b"], [None, None]),
    ("a.json", b'[{"text": "a", "label": "x"}, {"text": 7, "label": 1}]', ["a", "7"], ["x", "1"]),
    ("A.CSV", b"Text,Label\na,x\nb,y\n", ["a", "b"], ["x", "y"]),
    ("renamed.csv", GOOD, ["a fine film", "a bad film"], ["1", "0"]),
    ("a.csv", "text,label\ncafé,1\nthe,2\n".encode("latin-1"), ["café", "the"], ["1", "2"]),
    ("a.jsonl", '{"text": "“hm”"}'.encode("cp1252"), ["“hm”"], [None]),
    ("a.csv", "text,label\nhello,x\nyou,y\n".encode("utf-16-le"), ["hello", "you"], ["x", "y"]),
    ("a.csv", b"text^label\na, b^x\nc^y\n", ["a, b", "c"], ["x", "y"]),
    ("a.csv", b"text,label\n" + b"words,x\n" * 9 + b"a\x00b,y\n", ["words"] * 9 + ["a\x00b"], ["x"] * 9 + ["y"]),
    ("a.csv", b"text,label\n" + b"long " * 200_000 + b",x\nb,y\n", ["long " * 200_000, "b"], ["x", "y"]),
    ("a.csv", b"text,label\na,x\nb,NaN\nc,x\n", ["a", "b", "c"], ["x", "NaN", "x"]),
    ("a.csv", b"text,label\na,x\nb,x\n", ["a", "b"], ["x", "x"]),
    ("a.json", b'[{"text": "a", "label": 1.0}, {"text": "b", "label": NaN}]', ["a", "b"], ["1", None]),
    ("a.json", b'[{"text": "a", "label": "x", "by": {"name": ["n"]}}]', ["a"], ["x"]),
    ("a.jsonl", b'{"text": "a", "label": "x"}', ["a"], ["x"]),
    ("a.csv.gz", gzipped(b"text,label\na,x\n"), ["a"], ["x"]),
    ("a.csv", gzipped(b"text,label\na,x\n"), ["a"], ["x"]),
    ("a.zip", zipped(("b/c.csv", "text,label\na,x\n"), ("__MACOSX/b/._c.csv", "?")), ["a"], ["x"]),
    ("a.zip", zipped(("b/", ""), ("b/c.xlsx", WORKBOOK)), ["a b"], ["x"]),
    ("a.parquet", zipped(("a.txt", "one\ntwo\n")), ["one", "two"], [None, None]),
    ("a.xlsx", WORKBOOK, ["a b"], ["x"]),
    ("renamed.csv", WORKBOOK, ["a b"], ["x"]),
    ("a.xlsx", sheet(["text", "label"], ["a", 1], ["b"], [], ["c", 2]), ["a", "b", "", "c"], ["1", None, None, "2"]),
    ("a.feather", feather_1(), ["a b"], ["x"]),
    ("a.arrow", ARROW, ["a b"], ["x"]),
]  # fmt: skip


def labels_of(corpus: Corpus) -> list[str | None]:
    return [corpus.classes[label] if label >= 0 else None for label in corpus.labels.tolist()]


@pytest.mark.parametrize(("name", "content", "texts", "labels"), ODD)
def test_an_odd_file_is_read_letter_by_letter(
    name: str, content: bytes, texts: list[str], labels: list[str | None]
) -> None:
    corpus = read_upload(name, content)
    assert corpus.texts() == texts
    assert labels_of(corpus) == labels


def test_dates_of_a_sheet_are_dates_and_its_errors_are_counted() -> None:
    noon = datetime.datetime(2024, 2, 29, 12)
    content = sheet(
        ["text", "day", "moment", "mixed", "yes", "part"],
        ["a b", datetime.date(2024, 2, 29), noon, datetime.date(2024, 2, 29), True, 0.5],
        ["c d", None, datetime.datetime(2024, 3, 1), "unknown", False, 1],
        ["e f", None, None, 7, None, 2],
        others=("second", "third"),
        errors=("B3", "B4"),
    )
    corpus = read_upload("a.xlsx", content)
    assert corpus.table.to_pydict() == {
        "text": ["a b", "c d", "e f"],
        "day": [datetime.date(2024, 2, 29), None, None],
        "moment": [noon, datetime.datetime(2024, 3, 1), None],
        "mixed": ["2024-02-29", "unknown", "7"],
        "yes": [True, False, None],
        "part": [0.5, 1.0, 2.0],
    }
    assert corpus.notes[:2] == (
        "Of its 3 sheets the first, `Sheet`, was read, and not `second`, `third`.",
        "2 cells hold an error such as #DIV/0! and are read as empty.",
    )


def test_ten_thousand_columns_are_read() -> None:
    header = ",".join(["text", *(f"c{n}" for n in range(9_999))])
    corpus = read_upload(
        "a.csv", f"{header}\nsome words{',1' * 9_999}\nother words{',2' * 9_999}\n".encode(), label="c7"
    )
    assert corpus.table.num_columns == 10_000
    assert (corpus.texts(), corpus.classes) == (["some words", "other words"], ("1", "2"))


def test_ten_thousand_columns_are_detected_in_no_time() -> None:
    header = ",".join(["text", *(f"c{n}" for n in range(9_999))])
    started = time.perf_counter()
    corpus = read_upload("a.csv", f"{header}\nsome words{',1' * 9_999}\n".encode())
    assert corpus.roles.label is None
    table = pa.table({"text": [f"some words {n}" for n in range(50)], **{f"c{n}": [0] * 50 for n in range(9_999)}})
    assert detect_roles(table).roles.label is None
    assert time.perf_counter() - started < 30, "minutes, where each column looks through all others"


def test_five_thousand_classes_are_a_label_when_one_says_so() -> None:
    lines = "".join(f"some words {n},k{n % 5_000}\n" for n in range(15_000))
    corpus = read_upload("a.csv", f"text,label\n{lines}".encode(), label="label")
    assert len(corpus.classes) == 5_000


def test_a_link_is_read_as_what_it_points_to(tmp_path: Path) -> None:
    (tmp_path / "real.csv").write_bytes(b"text,label\na b,x\n")
    (tmp_path / "link.csv").symlink_to("real.csv")
    (tmp_path / "dangling.csv").symlink_to("nowhere.csv")
    assert read_source(tmp_path / "link.csv").texts() == ["a b"]
    with pytest.raises(InputError, match=r"^'dangling\.csv' is a link to 'nowhere\.csv', which is not there: "):
        read_source(tmp_path / "dangling.csv")


def test_what_was_found_out_about_a_file_travels_with_the_corpus() -> None:
    corpus = read_upload("a.csv.gz", gzip.compress("text;label\ncafé;x\n".encode("cp1252")))
    assert corpus.notes == (
        "a.csv.gz was unpacked (gzip).",
        "It is not UTF-8; it was read as Windows-1252: if letters look wrong, save it as UTF-8.",
        "Its cells stand between semicolons.",
    )
