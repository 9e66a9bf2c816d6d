"""Several processes on one workspace at once: nothing is damaged, nothing is done twice."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from eudscore.records import Card
from eudscore.store.inventory import drafts
from eudscore.store.pruning import prune
from eudscore.store.verifying import verify
from eudscore.store.workspace import Workspace

ROOT = Path(__file__).parents[2]
BEFORE = """
import sys, time
from tests.store.faulted import *
number, root = int(sys.argv[1]), Path(sys.argv[2])
workspace = Workspace(root)
print("ready", flush=True)
sys.stdin.readline()
"""


def at_once(root: Path, body: str, *, processes: int = 4) -> list[str]:
    """Start processes, let them go at the same moment; what each said."""
    running = [
        subprocess.Popen(
            [sys.executable, "-c", BEFORE + body, str(number), str(root)], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        for number in range(processes)
    ]  # fmt: skip
    for process in running:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in running:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    said = [process.communicate(timeout=120)[0].strip() for process in running]
    assert [process.returncode for process in running] == [0] * processes
    return said


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return Workspace(tmp_path / "ws").root


def test_one_corpus_is_written_by_one_of_them(root: Path) -> None:
    body = """
from eudscore.store import corpora
written = []
write = corpora.write_arrow
corpora.write_arrow = lambda path, table: written.append(1) or write(path, table)
print(workspace.keep_corpus(corpus(20_000)), len(written))
"""
    said = [line.split() for line in at_once(root, body)]
    assert len({ref for ref, _ in said}) == 1
    assert sorted(written for _, written in said) == ["0", "0", "0", "1"]
    assert len(Workspace(root).corpora()) == 1
    assert list(drafts(root)) == list(verify(Workspace(root))) == []


def test_a_workspace_that_is_not_there_is_made_once(tmp_path: Path) -> None:
    at_once(tmp_path / "new" / "ws", "Workspace(root)")
    assert [path.name for path in (tmp_path / "new" / "ws").iterdir()] == ["workspace.json"]


def test_rows_are_computed_by_one_of_them(root: Path) -> None:
    body = """
with workspace.lock("0" * 16, "1" * 16):
    if workspace.family("0" * 16, "1" * 16) is None:
        draft = RowDraft(workspace.partial("columns", "0" * 16, "1" * 16), 100, {"x": None})
        for row in draft.pending:
            draft.add(np.array([row]), {"x": np.array([row], np.float32)}, np.zeros(1, np.uint8))
        draft.close()
        workspace.complete("columns", "0" * 16, "1" * 16, {"cards": [Card("x", "test").to_json()]})
        print("computed")
assert workspace.column("0" * 16, "1" * 16, "x").tolist() == list(range(100))
"""
    assert sorted(at_once(root, body)) == ["", "", "", "computed"]
    assert list(verify(Workspace(root))) == []


def test_who_takes_no_lock_finds_one_complete_family_all_the_same(root: Path) -> None:
    body = """
for turn in range(40):
    key = f"{turn:016x}"
    workspace.keep_family("0" * 16, key, [Card("x", "test")], {"x": np.full(10, turn, np.float32)})
    assert workspace.column("0" * 16, key, "x").tolist() == [turn] * 10
"""
    at_once(root, body)
    assert len(list((root / "columns" / ("0" * 16)).iterdir())) == 40
    assert list(drafts(root)) == list(verify(Workspace(root))) == []


def test_a_damaged_folder_that_all_replace_at_once_is_whole_in_the_end(root: Path) -> None:
    workspace = Workspace(root)
    for turn in range(10):
        workspace.keep_family("0" * 16, f"{turn:016x}", [Card("x", "test")], {"x": np.zeros(10, np.float32)})
        (root / "columns" / ("0" * 16) / f"{turn:016x}" / "x.npy").write_bytes(b"")
    body = """
for turn in range(10):
    workspace.keep_family("0" * 16, f"{turn:016x}", [Card("x", "test")], {"x": np.zeros(10, np.float32)})
"""
    at_once(root, body)
    assert list(drafts(root)) == list(verify(workspace)) == []


def test_of_two_selections_of_one_name_the_second_is_told(root: Path) -> None:
    body = """
from eudscore.errors import RequestError
ref = workspace.keep_corpus(corpus(10))
told = 0
for turn in range(30):
    try:
        workspace.keep_selection(ref, f"name {turn}", {"by": number})
    except RequestError as error:
        assert "There is a selection" in str(error)
        told += 1
print(told)
"""
    assert sum(map(int, at_once(root, body))) == 3 * 30
    workspace = Workspace(root)
    (entry,) = workspace.corpora()
    assert len(workspace.selections(entry.ref)) == 30


def test_pruning_while_others_write_takes_nothing_of_theirs(root: Path) -> None:
    body = """
if number < 2:
    for turn in range(60):
        prune(workspace, apply=True)
else:
    for turn in range(15):
        ref = workspace.keep_corpus(corpus(10 + turn))
        key = f"{number * 100 + turn:016x}"
        workspace.keep_family(ref.id, key, [Card("x", "test")], {"x": np.zeros(10 + turn, np.float32)})
        with workspace.lock(ref.id, "a" * 16):
            if workspace.vectors(ref.id, "a" * 16) is None:
                draft = RowDraft(workspace.partial("vectors", ref.id, "a" * 16), 10 + turn, {"vectors": 2})
                rows = draft.pending
                draft.add(rows, {"vectors": np.ones((len(rows), 2), np.float32)}, np.zeros(len(rows), np.uint8))
                draft.close()
                workspace.complete("vectors", ref.id, "a" * 16, {"cards": [Card("v", "test").to_json()]})
        workspace.keep_selection(ref, f"of {number}", {"turn": turn})
        assert workspace.column(ref.id, key, "x").shape == workspace.vectors(ref.id, "a" * 16)[:, 0].shape
"""
    at_once(root, body)
    workspace = Workspace(root)
    assert len(workspace.corpora()) == 15
    assert all(len(workspace.selections(entry.ref)) == 2 for entry in workspace.corpora())
    assert list(drafts(root)) == list(verify(workspace)) == []
    assert {removal.why for removal in prune(workspace, apply=False)} <= {"nobody holds this lock"}


def test_a_draft_of_a_living_process_is_not_taken(root: Path) -> None:
    body = """
from eudscore.store.files import draft_folder
with draft_folder(root / "corpora") as draft:
    print(len(prune(Workspace(root), apply=True)), draft.exists())
"""
    assert at_once(root, body, processes=2) == ["0 True", "0 True"]
