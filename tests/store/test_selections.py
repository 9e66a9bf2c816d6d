"""Selections under names, and what is to be reviewed of them."""

from pathlib import Path

import numpy as np
import pytest

from eudscore.errors import RequestError, WorkspaceError
from eudscore.store.workspace import CorpusRef, Workspace

REF = CorpusRef("a" * 16, "b" * 16)


def test_what_was_held_back_is_kept_with_its_reasons(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    withheld = {"outlier": np.array([5, 2]), "near-duplicate": np.array([7])}
    workspace.keep_selection(REF, "mine", {"budget": 0.1})
    workspace.keep_review(REF, "mine", withheld)
    found = workspace.review(REF, "mine")
    assert {reason: rows.tolist() for reason, rows in found.items()} == {"outlier": [5, 2], "near-duplicate": [7]}
    assert list(workspace.selections(REF)) == ["mine"]
    assert workspace.review(REF, "other") == {}


def test_a_selection_is_dropped_with_its_review(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    workspace.keep_selection(REF, "mine", {"budget": 0.1})
    workspace.keep_review(REF, "mine", {"outlier": np.array([1])})
    workspace.drop_selection(REF, "mine")
    assert workspace.selections(REF) == {}
    assert workspace.review(REF, "mine") == {}
    with pytest.raises(RequestError, match="no selection 'mine'"):
        workspace.drop_selection(REF, "mine")
    with pytest.raises(RequestError, match="no selection"):
        workspace.drop_selection(REF, "../../etc/passwd")


def test_a_damaged_review_is_one_sentence(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    workspace.keep_review(REF, "mine", {"outlier": np.array([1])})
    (tmp_path / "selections" / str(REF) / "mine.review.parquet").write_bytes(b"no")
    with pytest.raises(WorkspaceError, match=r"mine\.review\.parquet is damaged"):
        workspace.review(REF, "mine")
