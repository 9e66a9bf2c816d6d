"""What is not as it was written is found and said; what is whole or unfinished is not complained of."""

import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from eudscore.records import Card
from eudscore.store.draft import RowDraft
from eudscore.store.verifying import verify
from eudscore.store.workspace import CorpusRef, Workspace

PRUNE = "`eudscore workspace prune --damaged`"


def kept_files(root: Path) -> list[Path]:
    """Every file of a complete folder that never changes."""
    folders = [root / kind for kind in ("corpora", "columns", "vectors", "graphs", "layouts")]
    return sorted(path for folder in folders for path in folder.rglob("*") if path.is_file() and path.name != "listed")


def test_what_was_kept_is_clean_and_unfinished_work_is_no_problem(workspace: Workspace, toy: CorpusRef) -> None:
    RowDraft(workspace.partial("columns", toy.id, "d" * 16), 9, {"x": None})
    (workspace.root / "corpora" / ".draft-something").mkdir()
    assert list(verify(workspace)) == []


def test_a_flipped_bit_is_found_wherever_it_is(workspace: Workspace, toy: CorpusRef) -> None:
    chance = random.Random(0)
    files = kept_files(workspace.root)
    assert len(files) == 18
    for path in files:
        whole = path.read_bytes()
        for _ in range(8):
            place = chance.randrange(len(whole))
            changed = bytearray(whole)
            changed[place] ^= 1 << chance.randrange(8)
            path.write_bytes(changed)
            problems = list(verify(workspace))
            assert problems, f"byte {place} of {path.name}"
            assert {problem.folder for problem in problems} == {path.parent}
            assert all(PRUNE in problem.sentence for problem in problems)
            if path.name != "files.json":
                assert [problem.path for problem in problems] == [path]
        path.write_bytes(whole)
    assert list(verify(workspace)) == []


def test_a_missing_and_a_short_file_are_found(workspace: Workspace, toy: CorpusRef) -> None:
    for path in kept_files(workspace.root):
        whole = path.read_bytes()
        path.unlink()
        (problem,) = verify(workspace)
        assert (problem.path, "is not there" in problem.sentence) == (path, True)
        path.write_bytes(whole[:-1])
        (problem,) = verify(workspace)
        assert problem.path == path
        path.write_bytes(whole)


def test_arrays_of_another_length_than_their_corpus_are_found(workspace: Workspace, toy: CorpusRef) -> None:
    workspace.keep_family(toy.id, "e" * 16, [Card("x", "test")], {"x": np.zeros(5, np.float32)})
    (problem,) = verify(workspace)
    assert "is an array of shape (5,), its data set has 4 rows" in problem.sentence
    other = "0" * 16  # of no corpus here: nothing to compare with
    workspace.keep_family(other, "e" * 16, [Card("x", "test")], {"x": np.zeros(5, np.float32)})
    assert len(list(verify(workspace))) == 1


def test_a_document_of_a_newer_version_is_named(workspace: Workspace, toy: CorpusRef) -> None:
    workspace.keep("columns", toy.id, "e" * 16, {"cards": [], "version": 99}, {})
    (problem,) = verify(workspace)
    assert "has version 99, this eudscore reads version 1: update eudscore" in problem.sentence


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("selections/{}/middle.json", "{", "restore it from a copy, or save the selection again"),
        ("selections/{}/middle.json", '{"version": 7}', "has version 7"),
        ("runs/run-1/status.json", "", "remove the run and start it again"),
        ("runs/run-1/spec.json", "[]", "remove the run and start it again"),
        ("corpora/my notes/x.txt", "hello", "is nothing that eudscore wrote"),
        ("columns/readme.txt", "hello", "is nothing that eudscore wrote"),
    ],
)
def test_what_grows_is_read_and_what_is_strange_is_named(
    workspace: Workspace, toy: CorpusRef, name: str, content: str, sentence: str
) -> None:
    path = workspace.root / name.format(toy)
    path.parent.mkdir(exist_ok=True)
    path.write_text(content)
    (problem,) = verify(workspace)
    assert sentence in problem.sentence
    assert problem.folder is None
    assert [entry.ref for entry in workspace.corpora()] == [toy]


def test_an_older_folder_without_a_list_of_its_files_is_said_and_still_opens(
    workspace: Workspace, toy: CorpusRef
) -> None:
    (workspace.root / "corpora" / str(toy) / "files.json").unlink()
    (problem,) = verify(workspace)
    assert "files.json is not there" in problem.sentence
    assert len(workspace.corpus(toy)) == 4


def test_a_manifest_cannot_point_outside(workspace: Workspace, toy: CorpusRef) -> None:
    mark = '{"bytes": 1, "sha256": "0"}'
    (workspace.root / "columns" / toy.id / ("a" * 16) / "files.json").write_text(
        f'{{"version": 1, "files": {{"../../x": {mark}}}}}'
    )
    (problem,) = verify(workspace)
    assert "is outside its folder" in problem.sentence


def test_progress_ends_with_all_bytes(workspace: Workspace, toy: CorpusRef) -> None:
    told: list[tuple[int, int]] = []
    assert list(verify(workspace, on_progress=lambda done, total: told.append((done, total)))) == []
    assert told == sorted(told)
    assert len({total for _, total in told}) == 1
    assert told[-1][0] == told[-1][1] >= sum(path.stat().st_size for path in kept_files(workspace.root))


def test_verifying_changes_nothing(workspace: Workspace, score_toy: Callable[[Workspace], CorpusRef]) -> None:
    score_toy(workspace)
    before = {path: path.stat().st_mtime_ns for path in workspace.root.rglob("*")}
    assert list(verify(workspace)) == []
    assert {path: path.stat().st_mtime_ns for path in workspace.root.rglob("*")} == before
