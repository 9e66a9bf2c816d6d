"""Every bad or odd file that was thought of, each with the one sentence it gets, or with what is read."""

import gzip
import io
import pickle
import zipfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eudscore.corpus.formats import PARSERS
from eudscore.corpus.read import read_source, read_upload
from eudscore.errors import InputError
from eudscore.records import Corpus


def parquet(columns: dict[str, Any] | pa.Table) -> bytes:
    sink = io.BytesIO()
    pq.write_table(columns if isinstance(columns, pa.Table) else pa.table(columns), sink)
    return sink.getvalue()


def zipped() -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        archive.writestr("a.txt", "text")
    return sink.getvalue()


GOOD = parquet({"text": ["a fine film", "a bad film"], "label": [1, 0]})
TWICE = parquet(pa.table([pa.array(["a"]), pa.array(["b"])], names=["text", "text"]))
IDS = "text,key\n" + "".join(f"some words {n},k{n}\n" for n in range(30))
ENDINGS = ".csv, .json, .jsonl, .ndjson, .parquet, .tab, .tsv and .txt"
SHAPES = 'give a list of objects, one object a line, or {"data": [...]}.'
PACKED = "is a compressed file, which is not supported yet: unpack it and give the file inside."
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
    ("a.txt", b" \n\n", {}, "a.txt holds no rows, nothing but blank space: give a file with texts."),
    ("a.json", b"[]", {}, "a.json holds no rows, nothing but blank space: give a file with texts."),
    ("a.jsonl", b"\n\n", {}, "a.jsonl holds no rows, nothing but blank space: give a file with texts."),
    (
        "a.parquet", parquet({"text": pa.array([], pa.string())}), {},
        "a.parquet holds no rows, only the names of columns: give a file with texts.",
    ),
    (
        "a.csv", "text,label\ncafé,1\n".encode("latin-1"), {},
        "a.csv is not UTF-8 text (byte 0xE9 at position 14): save it as UTF-8.",
    ),
    (
        "a.jsonl", '{"text": "“hm”"}'.encode("cp1252"), {},
        "a.jsonl is not UTF-8 text (byte 0x93 at position 10): save it as UTF-8.",
    ),
    (
        "a.txt", b"\xff\xfea\x00b", {},
        "a.txt is not UTF-16 text (byte 0x62 at position 4): save it as UTF-8.",
    ),
    (
        "a.csv", "text\nhello".encode("utf-16-le"), {},
        "a.csv is not UTF-8 text (10 of its first 20 bytes are zero): save it as UTF-8, or give a file of another "
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
        "Column 'tags' of a.jsonl holds list<item: string>: a label is a name or a whole number.",
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
    ("a.parquet", zipped(), {}, f"a.parquet {PACKED}"),
    ("a.parquet", pickle.dumps({"text": ["a"]}), {}, f"a.parquet {PICKLE}"),
    ("a.csv", pickle.dumps(["text"], protocol=2), {}, f"a.csv {PICKLE}"),
    ("a.pkl", pickle.dumps(["text"], protocol=0), {}, f"a.pkl {PICKLE}"),
    ("a.csv.gz", gzip.compress(b"text\na\n"), {}, f"a.csv.gz {PACKED}"),
    ("a.xlsx", zipped(), {}, "a.xlsx is a spreadsheet, which is not supported yet: save it as CSV (UTF-8)."),
    ("a.arrow", b"ARROW1\x00\x00", {}, "a.arrow is an Arrow file, which is not supported yet: save it as Parquet."),
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


def test_strings_of_a_parquet_file_that_are_no_utf8_are_refused_at_once() -> None:
    with pytest.raises(
        InputError, match=r"^a\.parquet is a broken Parquet file \(.*UTF8.*\): write or download it again\.$"
    ):
        read_upload("a.parquet", parquet({"text": ["zebra"]}).replace(b"zebra", b"z\xe9bra"))


def test_deep_json_is_refused_not_recursed_into() -> None:
    with pytest.raises(InputError, match=r"^a\.json is not JSON that can be read \(.*recursion.*\): give a list"):
        read_upload("a.json", b"[" * 100_000)


SAMPLES = [GOOD, b'text,label\n"a, b",1\nc,2\n', b'{"text": "a"}\n[{"text": "b"}]', b'text\tlabel\n"a\t1\n']


@given(st.sampled_from(SAMPLES), st.sampled_from([*PARSERS, ""]), st.data())
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
