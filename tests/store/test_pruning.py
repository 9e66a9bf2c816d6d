"""Only what nobody needs is removed, after it was shown, and never what is in use or the user's own."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from eudscore.errors import WorkspaceError
from eudscore.records import Corpus
from eudscore.store import pruning
from eudscore.store.draft import RowDraft
from eudscore.store.owners import FILE, FOLDER, draft_name
from eudscore.store.pruning import Removal, prune
from eudscore.store.verifying import Problem, verify
from eudscore.store.workspace import CorpusRef, Workspace

GONE = draft_name(FOLDER).split("-")
DEAD = "-".join([*GONE[:2], str(2**22 + 1), *GONE[3:]])  # above the highest number of a process


def contents(root: Path) -> dict[Path, bytes | None]:
    return {path: path.read_bytes() if path.is_file() else None for path in root.rglob("*")}


def removed(workspace: Workspace, *, damaged: bool = False) -> dict[Path, str]:
    """What goes; that it is shown first, alike, and that showing changes nothing, is tested along the way."""
    before = contents(workspace.root)
    shown = prune(workspace, apply=False, damaged=damaged)
    assert contents(workspace.root) == before
    gone = prune(workspace, apply=True, damaged=damaged)
    assert {r.path for r in shown} <= {r.path for r in gone}
    assert all(not r.path.exists() for r in gone)
    after = contents(workspace.root)
    assert {path for path in before if not any(path.is_relative_to(r.path) for r in gone)} == set(after)
    return {r.path: r.why for r in gone if r.path.suffix != ".lock"}


def test_a_workspace_in_order_loses_only_free_locks(workspace: Workspace, toy: CorpusRef) -> None:
    RowDraft(workspace.partial("columns", toy.id, "d" * 16), 4, {"x": None})  # a later process goes on from it
    assert removed(workspace) == {}
    assert not list((workspace.root / "locks").iterdir())
    assert workspace.partial("columns", toy.id, "d" * 16).is_dir()
    assert list(verify(workspace)) == []
    assert prune(workspace, apply=True) == []


def test_a_lock_that_is_held_stays(workspace: Workspace, toy: CorpusRef) -> None:
    with workspace.lock(toy.id, "d" * 16):
        assert removed(workspace) == {}
        with workspace.lock(toy.id, "d" * 16, wait=False) as held:
            assert not held


def test_drafts_of_the_dead_go_and_those_of_the_living_stay(workspace: Workspace, toy: CorpusRef) -> None:
    for parent in ("corpora", f"columns/{toy.id}", "runs/run-1"):
        folder = workspace.root / parent
        (folder / DEAD).mkdir()
        (folder / DEAD / "x").write_bytes(b"1234")
        (folder / draft_name(FOLDER)).mkdir()
        (folder / DEAD.replace(FOLDER, FILE)).touch()
        (folder / draft_name(FILE)).touch()
    gone = removed(workspace)
    assert len(gone) == 6
    assert set(gone.values()) == {"its process ended before it was finished"}
    assert len(list(workspace.root.rglob(".*-*"))) == 6


def test_bytes_are_counted(workspace: Workspace) -> None:
    (workspace.root / DEAD / "deep").mkdir(parents=True)
    (workspace.root / DEAD / "deep" / "x").write_bytes(b"12345")
    assert prune(workspace, apply=False) == [
        Removal(workspace.root / DEAD, 5, "its process ended before it was finished")
    ]


@pytest.mark.parametrize("damage", ["short", "version", "unreadable"])
def test_a_partial_that_nobody_can_go_on_from_goes(workspace: Workspace, toy: CorpusRef, damage: str) -> None:
    partial = workspace.partial("columns", toy.id, "d" * 16)
    RowDraft(partial, 4, {"x": None})
    if damage == "short":
        (partial / "x.npy").write_bytes((partial / "x.npy").read_bytes()[:-1])
    else:
        (partial / "outcome.json").write_text('{"version": 99}' if damage == "version" else "")
    with workspace.lock(toy.id, "d" * 16):  # somebody is at work in it
        assert removed(workspace) == {}
    gone = removed(workspace)
    assert list(gone) == [partial]
    assert gone[partial].startswith("nobody can go on from it: its ")


def test_a_partial_beside_what_it_was_to_become_goes(workspace: Workspace, toy: CorpusRef) -> None:
    partial = workspace.partial("columns", toy.id, "a" * 16)
    RowDraft(partial, 4, {"igse": None})
    assert removed(workspace) == {partial: "what it was to become is complete"}


def test_helpers_of_a_complete_folder_go(workspace: Workspace, toy: CorpusRef) -> None:
    folder = workspace.root / "vectors" / toy.id / ("b" * 16)
    np.save(folder / "done.npy", np.ones(4, np.bool_))
    assert list(removed(workspace)) == [folder / "done.npy"]
    assert list(verify(workspace)) == []


def test_what_belonged_to_a_corpus_that_is_gone_goes_and_selections_and_runs_stay(
    workspace: Workspace, toy: CorpusRef
) -> None:
    RowDraft(workspace.partial("columns", toy.id, "d" * 16), 4, {"x": None})
    shutil.rmtree(workspace.root / "corpora" / str(toy))
    with workspace.lock(toy.id, "d" * 16):  # somebody still works for it
        assert [r for r in prune(workspace, apply=True) if r.path.suffix != ".lock"] == []
    gone = removed(workspace)
    assert {path.parent.name for path in gone} == {"columns", "vectors", "graphs", "layouts"}
    assert set(gone.values()) == {"its data set is no longer here"}
    assert workspace.selections(toy) == {"middle": {"budget": 0.5}}
    assert (workspace.runs / "run-1" / "status.json").exists()


def test_another_revision_keeps_what_belongs_to_the_texts(workspace: Workspace, toy: CorpusRef) -> None:
    other = CorpusRef(toy.id, "0" * 16)
    (workspace.root / "corpora" / str(toy)).rename(workspace.root / "corpora" / str(other))
    assert removed(workspace) == {}


def test_damaged_folders_go_only_when_asked_and_can_be_made_again(
    workspace: Workspace, toy: CorpusRef, new_corpus: Callable[..., Corpus]
) -> None:
    column = workspace.root / "columns" / toy.id / ("a" * 16) / "igse.npy"
    column.write_bytes(column.read_bytes()[:-2])
    table = workspace.root / "corpora" / str(toy) / "data.arrow"
    table.write_bytes(table.read_bytes()[:-9] + b"123456789")
    selection = workspace.root / "selections" / str(toy) / "middle.json"
    selection.write_text("{")
    with pytest.raises(WorkspaceError, match=r"igse\.npy is damaged .*: remove what is damaged with"):
        workspace.column(toy.id, "a" * 16, "igse")
    assert removed(workspace) == {}
    gone = removed(workspace, damaged=True)
    assert set(gone) == {column.parent, table.parent}
    assert "has 142 bytes instead of 144" in gone[column.parent]
    assert all("prune" not in why for why in gone.values())
    assert selection.exists()
    assert workspace.family(toy.id, "a" * 16) is None
    assert workspace.keep_corpus(new_corpus()) == toy
    assert workspace.vectors(toy.id, "b" * 16) is not None  # what belongs to a damaged data set waits for it


def test_what_eudscore_did_not_write_stays(workspace: Workspace, toy: CorpusRef) -> None:
    for name in ("notes.txt", "columns/mine/x.txt", "corpora/mine/x.txt", "elsewhere/x.txt"):
        (workspace.root / name).parent.mkdir(exist_ok=True)
        (workspace.root / name).write_text("mine")
    assert removed(workspace, damaged=True) == {}


def test_what_was_mended_meanwhile_stays(
    workspace: Workspace, toy: CorpusRef, new_corpus: Callable[..., Corpus], monkeypatch: pytest.MonkeyPatch
) -> None:
    table = workspace.root / "corpora" / str(toy) / "data.arrow"
    table.write_bytes(b"")

    def verified_then_mended(*given: Any, **named: Any) -> Iterator[Problem]:
        yield from list(verify(*given, **named))
        workspace.keep_corpus(new_corpus())

    monkeypatch.setattr(pruning, "verify", verified_then_mended)
    assert [removal for removal in prune(workspace, apply=True, damaged=True) if removal.path.suffix != ".lock"] == []
    assert len(workspace.corpus(toy)) == 4


def test_what_a_newer_eudscore_wrote_is_not_damaged(workspace: Workspace, toy: CorpusRef) -> None:
    workspace.keep("columns", toy.id, "e" * 16, {"cards": [], "version": 99}, {})
    manifest = workspace.root / "columns" / toy.id / ("a" * 16) / "files.json"
    manifest.write_text('{"version": 99}')
    assert [problem.newer for problem in verify(workspace)] == [True, True]
    assert removed(workspace, damaged=True) == {}
