"""Rows survive the process that computed them, and after a power failure only what is sure counts."""

from pathlib import Path

import numpy as np
import pytest

from eudscore.errors import WorkspaceError
from eudscore.store import draft as module
from eudscore.store.draft import RowDraft

ALL = {"x": np.arange(4, dtype=np.float32)}


def add(draft: RowDraft, rows: list[int]) -> None:
    draft.add(np.array(rows), {"x": ALL["x"][rows]}, np.zeros(len(rows), np.uint8))


def test_after_a_restart_of_the_machine_only_what_was_synced_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CHECKPOINT_SECONDS", -1.0)  # each batch is synced
    add(RowDraft(tmp_path, 4, {"x": None}), [2])
    monkeypatch.setattr(module, "CHECKPOINT_SECONDS", 1e9)
    draft = RowDraft(tmp_path, 4, {"x": None})
    draft.note({"device": "cpu"})
    add(draft, [0])
    assert RowDraft(tmp_path, 4, {"x": None}).pending.tolist() == [1, 3]
    monkeypatch.setattr(module, "_boot_id", lambda: "another start")
    again = RowDraft(tmp_path, 4, {"x": None})
    assert again.pending.tolist() == [0, 1, 3]
    assert again.outcome == {"device": "cpu"}
    add(again, [1])
    assert RowDraft(tmp_path, 4, {"x": None}).pending.tolist() == [0, 3]


def test_without_a_checkpoint_a_restart_begins_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add(RowDraft(tmp_path, 4, {"x": None}), [0, 1])
    monkeypatch.setattr(module, "_boot_id", lambda: "another start")
    assert len(RowDraft(tmp_path, 4, {"x": None}).pending) == 4


def test_no_rows_are_no_failure(tmp_path: Path) -> None:
    draft = RowDraft(tmp_path, 0, {"x": None, "v": 3})
    assert len(draft.pending) == 0
    draft.close()
    assert np.load(tmp_path / "v.npy").shape == (0, 3)


@pytest.mark.parametrize("size", [0, 100, 130])
def test_a_damaged_array_is_said_before_it_is_mapped(tmp_path: Path, size: int) -> None:
    RowDraft(tmp_path, 4, {"x": None})
    (tmp_path / "x.npy").write_bytes((tmp_path / "x.npy").read_bytes()[:size])
    with pytest.raises(WorkspaceError, match=r"x\.npy is damaged .*run `eudscore workspace prune`, then score again"):
        RowDraft(tmp_path, 4, {"x": None})


def test_an_array_of_another_length_is_said(tmp_path: Path) -> None:
    RowDraft(tmp_path, 4, {"x": None})
    with pytest.raises(WorkspaceError, match=r"\(4,\) instead of \(5,\)"):
        RowDraft(tmp_path, 5, {"x": None})


def test_a_header_that_a_kill_left_is_written_over(tmp_path: Path) -> None:
    (tmp_path / ".x.npy").write_bytes(b"half")
    assert len(RowDraft(tmp_path, 4, {"x": None}).pending) == 4
    assert not (tmp_path / ".x.npy").exists()
