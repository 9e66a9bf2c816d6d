"""Models of the Hub, against a server of our own that speaks as the Hub does (`HF_ENDPOINT`)."""

import hashlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import MappingProxyType
from typing import ClassVar, NamedTuple
from urllib.parse import urlsplit

import pytest

COMMIT = "0123456789abcdef0123456789abcdef01234567"
PICKLED = {"config.json": b'{"model_type": "gpt2"}', "pytorch_model.bin": b"\x80\x04pickle"}
OWN_CODE = {
    "config.json": json.dumps(
        {"model_type": "surprise", "auto_map": {"AutoConfig": "code.Config", "AutoModelForCausalLM": "code.Model"}}
    ).encode(),
    "code.py": b"raise SystemExit('this code was run')",
    "model.safetensors": b"",
}

REFUSED = {
    "lab/nothing": "The Hub has no model 'lab/nothing': check its spelling, or give a folder.",
    "lab/gated": "The model 'lab/gated' is gated: accept its terms on the Hub and log in.",
    "lab/pickled": "'lab/pickled' cannot be used as a causal language model",
    "lab/own-code": "it brings code of its own, which is never run here",
    "lab/mute": "'lab/mute' comes without a tokenizer (none of merges.txt, tokenizer.json, vocab.json)",
}
SCRIPT = """
import contextlib, io, json, sys
from eudscore.cli import cli
answers = {}
for name in json.load(sys.stdin):
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as err:
        try:
            cli.main([*sys.argv[1:], "--lm", name], prog_name="eudscore")
        except SystemExit as ended:
            answers[name] = {"status": ended.code, "out": out.getvalue(), "err": err.getvalue()}
print(json.dumps(answers))
"""


class Answer(NamedTuple):
    """What the command line said, and how it ended."""

    status: int
    out: str
    err: str


class Hub(BaseHTTPRequestHandler):
    """Answers what the client asks of a model: what it is, what files it has, and the files."""

    repos: ClassVar[dict[str, dict[str, bytes]]] = {}

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        parts = urlsplit(self.path).path.strip("/").split("/")
        if parts[:2] == ["api", "models"]:
            self._about("/".join(parts[2:4]), parts[4:])
        else:
            self._file("/".join(parts[:2]), parts[-1])

    def _about(self, name: str, more: list[str]) -> None:
        if name == "lab/gated":
            self._answer(403, b"{}", {"X-Error-Code": "GatedRepo"})
        elif name not in self.repos:
            self._answer(404, b"{}", {"X-Error-Code": "RepoNotFound"})
        elif more[:1] == ["tree"]:
            self._answer(200, b"[]")
        else:
            files = [{"rfilename": file} for file in self.repos[name]]
            self._answer(200, json.dumps({"id": name, "sha": COMMIT, "siblings": files}).encode())

    def _file(self, name: str, file: str) -> None:
        content = self.repos.get(name, {}).get(file)
        if content is None:
            self._answer(404, b"", {"X-Error-Code": "EntryNotFound", "X-Repo-Commit": COMMIT})
        else:
            self._answer(200, content, {"ETag": f'"{hashlib.sha1(content).hexdigest()}"', "X-Repo-Commit": COMMIT})

    def _answer(self, status: int, content: bytes, headers: Mapping[str, str] = MappingProxyType({})) -> None:
        self.send_response(status)
        for key, value in {"Content-Length": str(len(content)), **headers}.items():
            self.send_header(key, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def endpoint(tiny_lm: Path) -> Iterator[str]:
    """The address of a Hub with a language model, one that asks for terms, and some that must not be used."""
    whole = {path.name: path.read_bytes() for path in tiny_lm.iterdir()}
    mute = {name: content for name, content in whole.items() if "token" not in name}
    Hub.repos = {"lab/tiny": whole, "lab/pickled": PICKLED, "lab/own-code": OWN_CODE, "lab/mute": mute}
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture(scope="module")
def refused(endpoint: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Answer]:
    """What each of `REFUSED` gets."""
    return score_with(list(REFUSED), endpoint, tmp_path_factory.mktemp("refused"))


def score_with(models: list[str], endpoint: str, folder: Path) -> dict[str, Answer]:
    """Score with one model after the other, in a process that knows nothing of this machine's cache."""
    texts = folder / "t.txt"
    texts.write_text("where is my refund\nthe team won the match\nmy card was charged twice\n", encoding="utf-8")
    command = [sys.executable, "-c", SCRIPT, "score", str(texts)]
    command += ["--entropy", "generative", "--device", "cpu", "--out", str(folder / "s.parquet")]
    own = {"HF_ENDPOINT": endpoint, "HF_HOME": str(folder / "hf"), "EUDSCORE_WORKSPACE": str(folder / "ws")}
    environment = {key: value for key, value in os.environ.items() if key != "HF_HUB_OFFLINE"} | own
    done = subprocess.run(
        command, input=json.dumps(models), capture_output=True, text=True, env=environment, check=False, timeout=300
    )
    assert (done.returncode, done.stderr) == (0, "")
    return {name: Answer(**answer) for name, answer in json.loads(done.stdout).items()}


def test_a_model_of_the_hub_is_fetched_at_the_commit_that_its_card_names(endpoint: str, tmp_path: Path) -> None:
    done = score_with(["lab/tiny"], endpoint, tmp_path)["lab/tiny"]
    assert done.status == 0, done.err
    from eudscore.store.scores import read_scores

    card = read_scores(tmp_path / "s.parquet").cards["generative_entropy"]
    assert (card.model, card.revision) == ("lab/tiny", COMMIT)


@pytest.mark.parametrize(("name", "sentence"), REFUSED.items())
def test_what_cannot_be_used_gets_one_sentence(refused: dict[str, Answer], name: str, sentence: str) -> None:
    done = refused[name]
    assert done.status == 1, done.err
    assert sentence in done.err
    assert len(done.err.strip().splitlines()) == 1
    assert "this code was run" not in done.out + done.err
