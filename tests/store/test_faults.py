"""A killed process, a full disk, a folder that cannot be written: what was there before is intact."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from eudscore.errors import WorkspaceError
from eudscore.records import Card, Corpus
from eudscore.store.inventory import drafts
from eudscore.store.pruning import prune
from eudscore.store.verifying import verify
from eudscore.store.workspace import CorpusRef, Workspace

ROOT = Path(__file__).parents[2]
KEEPER = Path(__file__).with_name("keeper.py")
ENVIRONMENT = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{KEEPER.parent}"}

Ask = Callable[..., list[int]]


@pytest.fixture(scope="module")
def ask() -> Iterator[Ask]:
    """Starts processes that keep things; see `keeper.py`."""
    keeper = subprocess.Popen(
        [sys.executable, str(KEEPER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=ENVIRONMENT
    )
    assert keeper.stdin is not None
    assert keeper.stdout is not None

    def start(folder: Path, number: int, event: int | None = None) -> list[int]:
        assert keeper.stdin is not None
        assert keeper.stdout is not None
        keeper.stdin.write(f"{folder} {number} {'' if event is None else event}\n")
        keeper.stdin.flush()
        return [int(keeper.stdout.readline()) for _ in range(2)]

    yield start
    keeper.stdin.close()
    assert keeper.wait(timeout=60) == 0


def left_over(workspace: Workspace) -> list[Path]:
    """What dead processes left, after it was cleared away as far as can be."""
    prune(workspace, apply=True)
    return list(drafts(workspace.root))


def test_a_process_that_is_killed_at_random_leaves_nothing_broken(ask: Ask, tmp_path: Path) -> None:
    chance = random.Random(0)
    workspace = Workspace(tmp_path / "ws")
    for number in range(30):
        process, _ = ask(workspace.root, number * 1000)
        time.sleep(chance.uniform(0.0, 0.15))
        os.kill(process, signal.SIGKILL)
        while Path(f"/proc/{process}").exists():
            time.sleep(0.001)
        assert list(verify(workspace)) == []
        if number % 10 == 9:
            assert left_over(workspace) == []
            assert list(verify(workspace)) == []
    assert len(workspace.corpora()) >= 30


def test_a_process_that_is_killed_at_any_step_leaves_nothing_broken(ask: Ask, tmp_path: Path) -> None:
    """It dies before the first thing it does to the file system, the second, ..., until it gets through."""
    event, ended = 0, -signal.SIGKILL
    while ended == -signal.SIGKILL:
        event += 1
        root = tmp_path / f"ws-{event}"
        _, ended = ask(root, 1, event)
        workspace = Workspace(root)
        assert list(verify(workspace)) == []
        if event % 8 == 0:  # of any killed process the next one takes up the work
            assert ask(root, 1, 10**6)[1] == 0
            (entry,) = workspace.corpora()
            assert workspace.outcome("vectors", entry.ref.id, "a" * 16) == {"number": 1}
            vectors = workspace.vectors(entry.ref.id, "a" * 16)
            assert vectors is not None
            np.testing.assert_array_equal(vectors[:, 0], np.arange(300))
            assert left_over(workspace) == []
            assert list(verify(workspace)) == []
        shutil.rmtree(root)
    assert ended == 0
    assert event > 100


def run_script(tmp_path: Path, body: str, *, mount: str = "") -> str:
    """Run Python in a process of its own, where `mount` says so with mounts that nobody else sees; its output."""
    script = tmp_path / "script.py"
    script.write_text(f"from faulted import *\nroot = Path({str(tmp_path / 'ws')!r})\n{body}\n")
    argv = [sys.executable, str(script)]
    if mount:
        own = ["unshare", "--mount", "--map-root-user"] if os.geteuid() else ["unshare", "--mount"]
        if (
            shutil.which("unshare") is None
            or subprocess.run([*own, "true"], capture_output=True, check=False).returncode
        ):
            pytest.skip("mounts of one's own are not allowed here")
        argv = [*own, "sh", "-c", f'{mount} && exec "$@"', "sh", *argv]
    done = subprocess.run(argv, capture_output=True, text=True, env=ENVIRONMENT, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


FILL = """
workspace = Workspace(root)
small = workspace.keep_corpus(corpus(100))
workspace.keep_selection(small, "mine", {"a": 1})
workspace.keep_family(small.id, "a" * 16, [Card("x", "test")], {"x": np.ones(100, np.float32)})
limit()
sentences = [
    refused(lambda: workspace.keep_corpus(corpus(200_000))),
    refused(lambda: workspace.keep_family(small.id, "b" * 16, [], {"x": np.ones(3_000_000, np.float32)})),
    refused(lambda: RowDraft(workspace.partial("columns", small.id, "c" * 16), 3_000_000, {"x": None})),
    *last_byte(workspace, small),
]
assert all("cannot be written" in sentence and reason in sentence for sentence in sentences), sentences
assert all(remedy in sentence for sentence in sentences), sentences
assert list(drafts(root)) == []
assert list(verify(workspace)) == []
assert workspace.corpus(small).texts() == corpus(100).texts()
assert workspace.selections(small) == {"mine": {"a": 1}}
assert workspace.family(small.id, "b" * 16) is None
unlimit()
workspace.keep_corpus(corpus(1000))
workspace.keep_selection(small, "more", {"a": 2})
assert list(verify(workspace)) == []
"""


def test_a_full_disk_is_one_sentence_and_loses_nothing(tmp_path: Path) -> None:
    (tmp_path / "ws").mkdir()
    body = """
reason, remedy = "No space left on device", "free some space, or choose another folder with --workspace"
def limit():
    pass
def last_byte(workspace, ref):
    fill(root / "ballast")
    return [
        refused(lambda: workspace.keep_selection(ref, "mine too", {"a": "x" * 9000})),
        refused(lambda: RunFolder(workspace.runs / "run").create({"x": "y" * 9000})),
        refused(lambda: RunFolder(workspace.runs / "run").create({"x": "y" * 9000})),
    ]
def unlimit():
    (root / "ballast").unlink()
"""
    run_script(tmp_path, body + FILL, mount=f"mount -t tmpfs -o size=2m tmpfs {tmp_path / 'ws'}")


def test_a_limit_of_file_sizes_is_one_sentence_and_loses_nothing(tmp_path: Path) -> None:
    body = """
reason, remedy = "File too large", "allow larger files, or choose another folder with --workspace"
def limit():
    resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, resource.RLIM_INFINITY))
def last_byte(workspace, ref):
    return [refused(lambda: workspace.keep_selection(ref, "mine too", {"a": "x" * 900_000}))]
def unlimit():
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
"""
    run_script(tmp_path, body + FILL)


def test_a_workspace_that_cannot_be_written_can_be_read(
    tmp_path: Path, score_toy: Callable[[Workspace], CorpusRef]
) -> None:
    root = tmp_path / "ws"
    score_toy(Workspace(root))
    before = {path: path.stat().st_mtime_ns for path in root.rglob("*")}
    body = """
workspace = Workspace(root)
(entry,) = workspace.corpora()
assert workspace.corpus(entry.ref).texts() == [f"toy text {row}" for row in range(4)]
assert workspace.column(entry.ref.id, "a" * 16, "igse").tolist() == [0, 1, 2, 3]
assert list(verify(workspace)) == []
assert info(workspace).corpora[0].rows == 4
sentences = [
    refused(lambda: workspace.keep_corpus(corpus(5))),
    refused(lambda: workspace.keep_family(entry.ref.id, "b" * 16, [], {})),
    refused(lambda: workspace.keep_selection(entry.ref, "more", {})),
    refused(lambda: workspace.touch_family(entry.ref.id, "a" * 16)),
    refused(lambda: RowDraft(workspace.partial("columns", entry.ref.id, "c" * 16), 4, {"x": None})),
    refused(lambda: RunFolder(workspace.runs / "run-2").create({})),
    refused(lambda: Workspace(root / "new")),
]
words = "cannot be written", "check who may write there, or choose another folder with --workspace"
assert all(word in sentence for sentence in sentences for word in words), sentences
"""
    if os.geteuid() == 0:  # whom no permission binds
        run_script(tmp_path, body, mount=f"mount --bind {root} {root} && mount -o remount,bind,ro {root}")
    else:
        folders = [root, *filter(Path.is_dir, root.rglob("*"))]
        for folder in folders:
            folder.chmod(0o555)
        try:
            run_script(tmp_path, body)
        finally:
            for folder in folders:
                folder.chmod(0o755)
    assert {path: path.stat().st_mtime_ns for path in root.rglob("*")} == before


@pytest.mark.parametrize("name", ["data.arrow", "labels.npy", "corpus.json"])
@pytest.mark.parametrize("opened", [True, False])
def test_a_corpus_whose_file_was_cut_or_taken_away_is_said(
    workspace: Workspace, toy: CorpusRef, new_corpus: Callable[..., Corpus], name: str, opened: bool
) -> None:
    path = workspace.root / "corpora" / str(toy) / name
    if opened:
        workspace.corpus(toy)
    whole = path.read_bytes()
    for damage in (lambda: path.write_bytes(whole[: len(whole) // 2]), path.unlink):
        damage()
        with pytest.raises(WorkspaceError, match=rf"{name}.*`eudscore workspace prune --damaged`"):
            workspace.corpus(toy)
    assert workspace.keep_corpus(new_corpus()) == toy  # reading the source again mends it
    assert workspace.corpus(toy).texts([3]) == ["toy text 3"]
    assert list(verify(workspace)) == []


def test_an_array_that_was_cut_or_taken_away_is_said(workspace: Workspace, toy: CorpusRef) -> None:
    for kind, key, name, read in [
        ("columns", "a" * 16, "igse", lambda: workspace.column(toy.id, "a" * 16, "igse")),
        ("vectors", "b" * 16, "vectors", lambda: workspace.vectors(toy.id, "b" * 16)),
        ("vectors", "b" * 16, "flags", lambda: workspace.flags("vectors", toy.id, "b" * 16)),
        ("graphs", Card("graph", "test").key, "indices", lambda: workspace.graph(toy.id, Card("graph", "test").key)),
        ("layouts", Card("layout", "test").key, "layout", lambda: workspace.layout(toy.id, Card("layout", "test").key)),
    ]:
        path = workspace.root / kind / toy.id / key / f"{name}.npy"
        whole = path.read_bytes()
        path.write_bytes(whole[:-1])
        with pytest.raises(WorkspaceError, match=rf"{name}\.npy is damaged .*workspace prune --damaged"):
            read()
        path.unlink()
        with pytest.raises(WorkspaceError, match=rf"has no {name} under .*workspace prune --damaged"):
            read()
        path.write_bytes(whole)
        read()


def test_a_workspace_that_is_a_file_or_whose_marker_is_damaged_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(WorkspaceError, match="is a file, a workspace is a folder: choose a folder with --workspace"):
        Workspace(tmp_path / "file")
    for content, sentence in [
        ("", "cannot be read .*: remove this one file"),
        ("[]", "is damaged .*: remove this one file"),
        ('{"version": 2}', "has version 2, this eudscore reads version 1: update eudscore"),
    ]:
        (tmp_path / "workspace.json").write_text(content)
        with pytest.raises(WorkspaceError, match=sentence):
            Workspace(tmp_path)
        assert (tmp_path / "workspace.json").read_text() == content
