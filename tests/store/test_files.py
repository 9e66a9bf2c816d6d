"""Files and folders are whole or absent, and on the disk before they have their name."""

import os
from pathlib import Path
from threading import Thread

import numpy as np
import pytest

from eudscore.errors import WorkspaceError
from eudscore.store.disk import held
from eudscore.store.documents import read_json, write_json
from eudscore.store.files import discard, draft_folder, place
from eudscore.store.manifest import is_intact, read_manifest
from eudscore.store.owners import FILE, FOLDER, draft_name, is_abandoned, is_draft
from eudscore.store.workspace import CorpusRef, Workspace


def put(target: Path, content: str = "old") -> None:
    with draft_folder(target.parent) as draft:
        (draft / "part").mkdir()
        (draft / "part" / "x.txt").write_text(content)
        place(draft, target)


def test_a_placed_folder_lists_its_files(tmp_path: Path) -> None:
    put(tmp_path / "here", "four")
    marks = read_manifest(tmp_path / "here")
    assert list(marks) == ["part/x.txt"]
    assert (marks["part/x.txt"].bytes, len(marks["part/x.txt"].sha256)) == (4, 64)
    assert [path.name for path in tmp_path.iterdir()] == ["here"]


def test_who_comes_second_leaves_the_first_and_no_draft(tmp_path: Path) -> None:
    put(tmp_path / "here", "first")
    put(tmp_path / "here", "other")
    assert (tmp_path / "here" / "part" / "x.txt").read_text() == "first"
    assert [path.name for path in tmp_path.iterdir()] == ["here"]


@pytest.mark.parametrize("damage", ["gone", "short", "manifest", "empty"])
def test_a_damaged_folder_is_replaced(tmp_path: Path, damage: str) -> None:
    put(tmp_path / "here", "first")
    victim = tmp_path / "here" / ("files.json" if damage in ("manifest", "empty") else "part/x.txt")
    if damage == "gone":
        victim.unlink()
    else:
        victim.write_text("{}" if damage == "manifest" else "")
    assert not is_intact(tmp_path / "here")
    put(tmp_path / "here", "second")
    assert is_intact(tmp_path / "here")
    assert (tmp_path / "here" / "part" / "x.txt").read_text() == "second"
    assert [path.name for path in tmp_path.iterdir()] == ["here"]


def test_of_two_who_replace_a_damaged_folder_the_second_waits_and_finds_it_whole(tmp_path: Path) -> None:
    target = tmp_path / "ws" / "here"
    put(target, "first")
    (target / "part" / "x.txt").write_text("")
    put(tmp_path / "other", "second")
    with held(target.parent):
        late = Thread(target=put, args=(target, "third"))
        late.start()
        late.join(0.5)
        assert late.is_alive()
        assert not is_intact(target)
        discard(target)
        (tmp_path / "other").rename(target)
    late.join(60)
    assert (target / "part" / "x.txt").read_text() == "second"
    assert [path.name for path in target.parent.iterdir()] == ["here"]


def test_a_file_in_the_way_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "here").write_text("mine")
    with pytest.raises(WorkspaceError, match="cannot be written"):
        put(tmp_path / "here")
    assert (tmp_path / "here").read_text() == "mine"
    assert [path.name for path in tmp_path.iterdir()] == ["here"]


def test_what_fails_leaves_no_draft(tmp_path: Path) -> None:
    def fail() -> None:
        with draft_folder(tmp_path) as draft:
            (draft / "x").write_text("x")
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert not list(tmp_path.iterdir())


def test_everything_is_on_the_disk_before_it_has_its_name(
    workspace: Workspace, toy: CorpusRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files are synced, then the folder renamed, then its parent synced.

    Source: Pillai et al., All File Systems Are Not Created Equal (OSDI 2014).
    """
    synced: set[int] = set()
    placed: list[Path] = []
    sync, rename = os.fsync, Path.rename

    def watched_sync(number: int) -> None:
        synced.add(os.fstat(number).st_ino)
        sync(number)

    def watched_rename(path: Path, target: Path) -> Path:
        if path.is_dir():
            assert {found.stat().st_ino for found in (path, *path.rglob("*"))} <= synced
            synced.discard(target.parent.stat().st_ino)
            placed.append(target)
        return rename(path, target)

    monkeypatch.setattr(os, "fsync", watched_sync)
    monkeypatch.setattr(Path, "rename", watched_rename)
    corpus = workspace.corpus(toy)
    other = Workspace(workspace.root.parent / "other")
    other.keep_corpus(corpus)
    other.keep("columns", toy.id, "c" * 16, {"cards": []}, {"x": np.zeros(4)})
    assert len(placed) == 2
    assert all(target.parent.stat().st_ino in synced for target in placed)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("{", "cannot be read .*: do this"),
        ("[1]", r"is damaged \(its version is None, not 1\): do this"),
        ("{}", r"is damaged \(its version is None, not 1\): do this"),
        ('{"version": 0}', r"is damaged \(its version is 0, not 1\): do this"),
        ('{"version": true}', "is damaged"),
        ('{"version": 2}', "has version 2, this eudscore reads version 1: update eudscore to open it"),
        ("[" * 100_000, "cannot be read"),
    ],
)
def test_json_that_cannot_be_understood_is_one_sentence(tmp_path: Path, content: str, sentence: str) -> None:
    (tmp_path / "x.json").write_text(content)
    with pytest.raises(WorkspaceError, match=sentence):
        read_json(tmp_path / "x.json", version=1, remedy="do this")


def test_json_that_is_no_text_or_absent_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(WorkspaceError, match="cannot be read"):
        read_json(tmp_path / "x.json", version=1)
    with pytest.raises(WorkspaceError, match="is not there"):
        read_json(tmp_path / "y.json", version=1)


def test_half_a_character_survives(tmp_path: Path) -> None:
    content = {"version": 1, "name": "caf\udce9.csv \U0001f600"}
    write_json(tmp_path / "x.json", content)
    assert read_json(tmp_path / "x.json", version=1) == content


@pytest.mark.parametrize("prefix", [FILE, FOLDER])
def test_a_draft_names_its_process(tmp_path: Path, prefix: str) -> None:
    draft = tmp_path / draft_name(prefix)
    draft.mkdir()
    assert is_draft(draft)
    assert not is_abandoned(draft)
    machine, pid, born, number = draft.name.removeprefix(prefix).split("-")
    assert int(pid) == os.getpid()
    for other in (f"{machine}-{2**22 + 1}-{born}-{number}", f"{machine}-{pid}-{int(born) - 100}-{number}"):
        assert is_abandoned(tmp_path / (prefix + other))


def test_a_draft_of_another_machine_is_given_up_after_a_day(tmp_path: Path) -> None:
    for name in (".draft-00000000-1-1-00000000", ".draft-abcdefgh"):
        draft = tmp_path / name
        draft.mkdir()
        (draft / "x").touch()
        os.utime(draft, (1e9, 1e9))
        assert not is_abandoned(draft)
        os.utime(draft / "x", (1e9, 1e9))
        os.utime(draft, (1e9, 1e9))
        assert is_abandoned(draft)
