"""Data sets of the Hub, against a server of our own that speaks as the Hub does (`HF_ENDPOINT`).

The libraries themselves run, in processes of their own; nothing of ours or theirs is replaced.
"""

import hashlib
import io
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar
from urllib.parse import parse_qs, unquote, urlsplit

import datasets
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from eudscore.corpus.sources import hub, hub_files
from eudscore.errors import InputError

COMMIT = "0123456789abcdef0123456789abcdef01234567"
FEATURES = datasets.Features({"text": datasets.Value("string"), "label": datasets.ClassLabel(names=["neg", "pos"])})
CONFIGS = """---
configs:
- config_name: small
  data_files:
  - split: train
    path: small/train.csv
  - split: test
    path: small/test.csv
- config_name: large
  data_files: large/*.csv
---
"""


def parquet(texts: list[str], labels: list[int]) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table({"text": texts, "label": labels}, schema=FEATURES.arrow_schema), sink)
    return sink.getvalue()


REPOS = {
    "lab/reviews": {
        "README.md": b"A set of reviews.\n",
        "data/train-00000-of-00002.parquet": parquet(["a b", "c d"], [1, 1]),
        "data/train-00001-of-00002.parquet": parquet(["e f"], [-1]),
        "data/test-00000-of-00001.parquet": parquet(["g h"], [0]),
    },
    "lab/configs": {
        "README.md": CONFIGS.encode(),
        "small/train.csv": b"text,label\na b,x\nc d,y\n",
        "small/test.csv": b"text,label\ne f,x\n",
        "large/a.csv": b"text,label\ng h,x\n",
    },
    "lab/one": {"validation.csv": b"text,label\na b,x\nc d,y\n"},
    "lab/script": {
        "script.py": b"raise SystemExit('this code was run')",
        "data/a.csv": b"text\na b\n",
        "default/train/0000.parquet": parquet(["a b"], [1]),
    },
    "lab/empty": {"README.md": b"Nothing yet.\n"},
    "lab/broken": {"train.parquet": b"PAR1 and no more"},
    "lab/plain": {"train.csv": b"text,label\na b,x\nc d,y\n"},
}
CALLS: dict[str, tuple[str, dict[str, str]]] = {
    "plain id": ("lab/reviews", {}),
    "split in the id": ("lab/reviews:test", {}),
    "split": ("lab/reviews", {"split": "test"}),
    "split twice": ("lab/reviews:test", {"split": "test"}),
    "wrong split": ("lab/reviews", {"split": "dev"}),
    "config": ("lab/configs", {"config": "small"}),
    "config in the id": ("lab/configs/small:test", {}),
    "one file config": ("lab/configs", {"config": "large"}),
    "no config": ("lab/configs", {}),
    "wrong config": ("lab/configs", {"config": "huge"}),
    "config of one": ("lab/reviews", {"config": "huge"}),
    "two configs": ("lab/configs/small", {"config": "large"}),
    "only split": ("lab/one", {}),
    "no owner": ("plain", {}),
    "code": ("lab/script", {}),
    "empty": ("lab/empty", {}),
    "broken": ("lab/broken", {}),
    "gated": ("lab/gated", {}),
    "gated, not logged in": ("lab/gated-401", {}),
    "private": ("lab/private", {}),
    "unknown": ("lab/nothing", {}),
    "no name": ("lab--x/nothing", {}),
    "ill": ("lab/ill", {}),
    "revision": (f"hf://datasets/lab/reviews@{COMMIT}", {}),
    "no revision": ("hf://datasets/lab/reviews@v9", {}),
    "file": ("hf://datasets/lab/configs/small/train.csv", {}),
    "file of a revision": ("hf://datasets/lab/configs@main/small/test.csv", {}),
    "file without owner": ("hf://datasets/plain/train.csv", {}),
    "folder": ("hf://datasets/lab/reviews/data", {}),
    "split of a folder": ("hf://datasets/lab/reviews/data", {"split": "test"}),
    "split of a folder, in the address": ("hf://datasets/lab/reviews/data:test", {}),
    "pattern": ("hf://datasets/lab/reviews/data/train-*.parquet", {}),
    "file beside code": ("hf://datasets/lab/script/data/a.csv", {}),
    "conversion beside code": ("hf://datasets/lab/script@refs/convert/parquet/default", {"split": "train"}),
    "no file": ("hf://datasets/lab/configs/small/tran.csv", {}),
    "no folder": ("hf://datasets/lab/configs/huge", {}),
    "file of a gated one": ("hf://datasets/lab/gated/a.csv", {}),
    "split of a file": ("hf://datasets/lab/configs/small/train.csv", {"split": "test"}),
    "model": ("hf://lab/model/x.csv", {}),
}
SCRIPT = """
import json, sys, gc
from eudscore.corpus.read import read_source
from eudscore.errors import InputError
answers = {}
for name, (source, options) in json.load(sys.stdin).items():
    try:
        c = read_source(source, **options)
        gc.collect()  # the table does not need the data set it came from
        answers[name] = {"name": c.name, "source": c.source, "classes": c.classes, "labels": c.labels.tolist(),
                         "texts": c.texts(), "notes": c.notes}
    except InputError as error:
        answers[name] = str(error)
answers["imported"] = [name for name in ("torch", "transformers") if name in sys.modules]
print(json.dumps(answers))
"""


class Hub(BaseHTTPRequestHandler):
    """Answers what the client asks of a data set: what it is, what files it has, and the files."""

    asked: ClassVar[list[str]] = []
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_POST(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        self.body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        path = unquote(urlsplit(self.path).path).strip("/")
        self.asked.append(path)
        api = path.startswith("api/datasets/")
        path = path.removeprefix("api/").removeprefix("datasets/")
        name, _, more = path.partition("/")
        if name == "lab" or "--" in name:
            owned, _, more = more.partition("/")
            name = f"{name}/{owned}"
        if name == "plain":
            self._answer(307, b"", {"Location": self.path.replace("plain", "lab/plain", 1)})
        elif name in self.refusals:
            self._answer(*self.refusals[name])
        elif name not in REPOS:
            self._answer(404, b"{}", {"X-Error-Code": "RepoNotFound"})
        elif "v9" in more.split("/"):
            self._answer(404, b"{}", {"X-Error-Code": "RevisionNotFound"})
        else:
            (self._about if api else self._file)(REPOS[name], name, more)

    refusals: ClassVar[dict[str, tuple[int, bytes, dict[str, str]]]] = {
        "lab/gated": (403, b"{}", {"X-Error-Code": "GatedRepo"}),
        "lab/gated-401": (401, b"{}", {"X-Error-Code": "GatedRepo"}),
        "lab/private": (401, b"{}", {}),
        "lab/ill": (503, b"{}", {}),
    }

    def _about(self, files: dict[str, bytes], name: str, more: str) -> None:
        kind, _, rest = more.partition("/")
        if kind == "tree":
            self._tree(files, rest.partition("/")[2])
        elif kind == "paths-info":
            wanted = parse_qs(self.body).get("paths", []) if "{" not in self.body else json.loads(self.body)["paths"]
            folders = [path for path in wanted if any(each.startswith(f"{path}/") for each in files)]
            found = [_entry(path, files[path]) for path in wanted if path in files]
            found += [{"type": "directory", "path": path, "oid": "0" * 40} for path in folders]
            self._answer(200, json.dumps(found).encode())
        else:
            about = {"id": name, "sha": COMMIT, "siblings": [{"rfilename": path} for path in files]}
            self._answer(200, json.dumps(about).encode())

    def _tree(self, files: dict[str, bytes], folder: str) -> None:
        inside = {
            path: path.removeprefix(f"{folder}/") for path in files if path.startswith(f"{folder}/" * bool(folder))
        }
        found = [
            _entry(path, files[path]) for path, rest in inside.items() if "/" not in rest or "recursive=T" in self.path
        ]
        folders = {
            path[: len(path) - len(rest)] + rest.partition("/")[0] for path, rest in inside.items() if "/" in rest
        }
        found += [{"type": "directory", "path": path, "oid": "0" * 40} for path in sorted(folders)]
        if inside or not folder:
            self._answer(200, json.dumps(found).encode())
        else:
            self._answer(404, b"{}", {"X-Error-Code": "EntryNotFound"})

    def _file(self, files: dict[str, bytes], name: str, more: str) -> None:
        content = files.get(more.partition("/")[2].partition("/")[2])
        if content is None:
            self._answer(404, b"", {"X-Error-Code": "EntryNotFound", "X-Repo-Commit": COMMIT})
        else:
            self._answer(200, content, {"ETag": f'"{hashlib.sha1(content).hexdigest()}"', "X-Repo-Commit": COMMIT})

    def _answer(self, status: int, content: bytes, headers: Mapping[str, str] = MappingProxyType({})) -> None:
        self.send_response(status)
        for key, value in {"Content-Length": str(len(content)), **headers}.items():
            self.send_header(key, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


def _entry(path: str, content: bytes) -> dict[str, Any]:
    return {"type": "file", "path": path, "size": len(content), "oid": hashlib.sha1(content).hexdigest()}


def ask(calls: dict[str, Any], home: Path, **own: str) -> dict[str, Any]:
    """Read sources in a process that knows nothing of this machine's cache; sentences where that fails."""
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("HF_")}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], input=json.dumps(calls), capture_output=True, text=True, check=False,
        timeout=300, env=inherited | {"HF_HOME": str(home), "PYTHONPATH": str(Path(__file__).parents[3])} | own,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    answers: dict[str, Any] = json.loads(done.stdout)
    return answers


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hub")


@pytest.fixture(scope="module")
def answers(home: Path) -> Iterator[dict[str, Any]]:
    """What each of `CALLS` gets."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield ask(CALLS, home, HF_ENDPOINT=f"http://127.0.0.1:{server.server_port}")
    server.shutdown()


def sentence(answers: dict[str, Any], call: str) -> str:
    answer = answers[call]
    assert isinstance(answer, str), answer
    return answer


@pytest.mark.parametrize("source", ["ag_news", "stanfordnlp/sst2", "a/b.v2", "imdb:test", "owner/name:validation"])
def test_names_are_taken_for_ids(source: str) -> None:
    assert hub.hub_name(source) is not None


@pytest.mark.parametrize("source", ["/data/x", "a/b/c/d", "../x", "a b", "", "C:\\x", "hf://datasets/x", "~/x", "./a"])
def test_paths_and_addresses_are_no_ids(source: str) -> None:
    assert hub.hub_name(source) is None


def test_a_third_part_is_a_configuration() -> None:
    assert hub.hub_name("nyu-mll/glue/sst2:validation") == hub.HubName("nyu-mll/glue", "sst2", "validation")


def test_class_names_rows_and_labels_come_as_they_are(answers: dict[str, Any]) -> None:
    found = answers["plain id"]
    assert (found["name"], found["source"]) == ("reviews", "lab/reviews")
    assert found["classes"] == ["neg", "pos"]
    assert found["labels"] == [1, 1, -1]
    assert found["texts"] == ["a b", "c d", "e f"]
    assert found["notes"] == [
        "Read the split 'train'; there is also 'test'.",
        f"Read from the Hugging Face Hub at {COMMIT}.",
    ]


@pytest.mark.parametrize("call", ["split in the id", "split", "split twice"])
def test_a_split_is_named_in_the_source(answers: dict[str, Any], call: str) -> None:
    assert answers[call]["texts"] == ["g h"]
    assert answers[call]["source"] == "lab/reviews:test"
    assert answers[call]["notes"] == [f"Read from the Hugging Face Hub at {COMMIT}."]


def test_a_configuration_is_named_beside_or_in_the_source(answers: dict[str, Any]) -> None:
    assert answers["config"]["texts"] == ["a b", "c d"]
    assert (answers["config"]["name"], answers["config"]["source"]) == ("configs-small", "lab/configs/small")
    assert answers["config in the id"]["texts"] == ["e f"]
    assert answers["config in the id"]["source"] == "lab/configs/small:test"
    assert answers["one file config"]["texts"] == ["g h"]


def test_the_only_split_is_taken_and_told(answers: dict[str, Any]) -> None:
    assert answers["only split"]["texts"] == ["a b", "c d"]
    assert answers["only split"]["notes"][0] == "Read the split 'validation'."


def test_an_old_name_leads_to_the_new_one_and_is_told(answers: dict[str, Any]) -> None:
    assert answers["no owner"]["texts"] == ["a b", "c d"]
    assert answers["no owner"]["notes"][0] == "'plain' is called 'lab/plain' on the Hugging Face Hub."


NOT_OPEN = (
    "{!r} is neither a file here nor an open data set of the Hugging Face Hub: check the name, or download the data "
    "and give the file."
)


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("wrong split", "The data set 'lab/reviews' has no split 'dev', only 'train' or 'test'. Choose one of these."),
        ("no config", "The data set 'lab/configs' has several configurations, 'small' or 'large': name one of them."),
        (
            "wrong config",
            "The data set 'lab/configs' has no configuration 'huge', only 'small' or 'large'. Choose one of these.",
        ),
        (
            "config of one",
            "The data set 'lab/reviews' has no configuration 'huge', only 'default'. Choose one of these.",
        ),
        (
            "two configs",
            "lab/configs/small names a configuration, but 'large' was asked for: name one of them only.",
        ),
        (
            "code",
            "The data set 'lab/script' needs code of its own (script.py), which is never run here: try "
            "hf://datasets/lab/script@refs/convert/parquet, or download the data and give the file.",
        ),
        (
            "empty",
            "The data set 'lab/empty' holds no file that can be read: download the data and give the file.",
        ),
        ("private", NOT_OPEN.format("lab/private")),
        ("unknown", NOT_OPEN.format("lab/nothing")),
        ("no name", NOT_OPEN.format("lab--x/nothing")),
        ("ill", "The Hugging Face Hub answers 503 when it is asked for 'lab/ill': try again later."),
        (
            "no revision",
            "The data set 'lab/reviews' has no revision 'v9': check the name of the branch, the tag or the commit.",
        ),
        (
            "no file",
            "The data set 'lab/configs' has no 'small/tran.csv': did you mean 'small/train.csv' or 'small/test.csv'?",
        ),
        (
            "no folder",
            "The data set 'lab/configs' has no 'huge': it holds 'small/train.csv' and 'small/test.csv' and "
            "'large/a.csv'.",
        ),
        ("split of a file", "train.csv is one file and has no split 'test': leave the split out."),
        (
            "model",
            "'hf://lab/model/x.csv' is no address of a data set: write hf://datasets/owner/name, with a path behind "
            "it for a file or a folder of it.",
        ),
    ],
)
def test_what_cannot_be_read_gets_one_sentence(answers: dict[str, Any], call: str, expected: str) -> None:
    assert sentence(answers, call) == expected


@pytest.mark.parametrize("call", ["gated", "gated, not logged in", "file of a gated one"])
def test_a_gated_data_set_says_where_its_terms_are(answers: dict[str, Any], call: str) -> None:
    name = "lab/gated-401" if "not" in call else "lab/gated"
    assert sentence(answers, call).startswith(f"The data set {name!r} is gated: accept its terms at http://127.0.0.1:")
    assert f"/datasets/{name} and log in" in sentence(answers, call)


def test_what_the_library_cannot_read_is_told_with_its_reason(answers: dict[str, Any]) -> None:
    told = sentence(answers, "broken")
    assert told.startswith("Split 'train' of the data set 'lab/broken' could not be loaded (Parquet magic bytes not")
    assert told.endswith("): download the data and give the file.")


def test_files_of_the_hub_have_addresses(answers: dict[str, Any]) -> None:
    assert answers["revision"]["texts"] == answers["plain id"]["texts"]
    assert answers["file"]["texts"] == ["a b", "c d"]
    assert (answers["file"]["name"], answers["file"]["source"]) == ("train", CALLS["file"][0])
    assert answers["file of a revision"]["texts"] == ["e f"]
    assert answers["file without owner"]["texts"] == ["a b", "c d"]
    assert answers["conversion beside code"]["classes"] == ["neg", "pos"]  # so is TREC of the gallery read
    assert answers["file beside code"]["texts"] == ["a b"]  # the file is read, the code is not run


def test_folders_of_the_hub_are_joined_like_those_of_this_machine(answers: dict[str, Any]) -> None:
    for call in ("folder", "pattern"):
        assert answers[call]["texts"] == ["a b", "c d", "e f"]
        assert answers[call]["classes"] == ["neg", "pos"]
        assert answers[call]["name"] == "data"
    assert "Read the split 'train'; there is also 'test'." in answers["folder"]["notes"]
    assert answers["split of a folder"]["texts"] == answers["split of a folder, in the address"]["texts"] == ["g h"]
    assert answers["split of a folder"]["source"] == CALLS["split of a folder, in the address"][0]


def test_neither_torch_nor_transformers_is_imported(answers: dict[str, Any]) -> None:
    assert answers["imported"] == []


def test_what_was_loaded_before_is_read_offline(answers: dict[str, Any], home: Path) -> None:
    names = ("plain id", "split", "config", "file", "no file", "folder", "unknown")
    again = ask({name: CALLS[name] for name in names}, home, HF_HUB_OFFLINE="1")
    for name in ("plain id", "split", "config", "file"):
        assert again[name]["texts"] == answers[name]["texts"]
        assert again[name]["classes"] == answers[name]["classes"]
    assert sentence(again, "no file") == (
        "No copy of 'small/tran.csv' of the data set 'lab/configs' was loaded before: give the path of a file that "
        "was, or unset HF_HUB_OFFLINE."
    )
    assert sentence(again, "folder").startswith("No copy of 'data' of the data set 'lab/reviews' was loaded before")
    assert sentence(again, "unknown").startswith(
        "'lab/nothing' is no file here, and no copy of it was loaded from the Hugging Face Hub before ("
    )


def test_without_a_network_each_gets_one_sentence(tmp_path: Path) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # nobody listens there
        address = f"http://127.0.0.1:{closed.getsockname()[1]}"
        told = ask({name: CALLS[name] for name in ("plain id", "file", "folder")}, tmp_path, HF_ENDPOINT=address)
    for name in ("plain id", "file", "folder"):
        assert "is no file here, and the Hugging Face Hub cannot be reached (ConnectError)" in sentence(told, name)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("hf://datasets/a/b", hub_files.HubAddress("a/b")),
        ("hf://datasets/a/b/", hub_files.HubAddress("a/b")),
        ("hf://datasets/a/b@v1", hub_files.HubAddress("a/b", "v1")),
        ("hf://datasets/a/b@v1/c/d.csv", hub_files.HubAddress("a/b", "v1", "c/d.csv")),
        ("hf://datasets/a/b@refs/convert/parquet/c/d", hub_files.HubAddress("a/b", "refs/convert/parquet", "c/d")),
        ("hf://datasets/a/b@refs%2Fpr%2F1/d.csv", hub_files.HubAddress("a/b", "refs/pr/1", "d.csv")),
        ("hf://datasets/a/b/c d/é.csv", hub_files.HubAddress("a/b", None, "c d/é.csv")),
        ("hf://datasets/squad/train.csv", hub_files.HubAddress("squad", None, "train.csv")),
    ],
)
def test_an_address_has_a_data_set_a_revision_and_a_path(source: str, expected: hub_files.HubAddress) -> None:
    assert hub_files.hub_address(source) == expected


@pytest.mark.parametrize(
    "source", ["hf://", "hf://datasets/", "hf://a/b/c.csv", "hf://buckets/a/b", "hf://datasets/@v"]
)
def test_other_addresses_are_refused(source: str) -> None:
    with pytest.raises(InputError, match=r"is no address of a data set: write hf://datasets/owner/name"):
        hub_files.hub_address(source)
