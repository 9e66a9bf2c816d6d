"""`scores.parquet` is whole or absent, and what is not one is said."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from eudscore.errors import InputError, WorkspaceError
from eudscore.records import Card
from eudscore.store.owners import FILE, draft_name
from eudscore.store.scores import METADATA, Scores, read_scores, write_parquet

SCORES = Scores(
    {"id": "x"}, np.arange(3), {"igse": np.array([0.1, np.nan, 1], np.float32)}, {"igse": Card("igse", "x")}
)


def test_scores_come_back_and_nothing_else_is_left(tmp_path: Path) -> None:
    SCORES.write(tmp_path / "new" / "scores.parquet")
    SCORES.write(tmp_path / "new" / "scores.parquet")
    again = read_scores(tmp_path / "new" / "scores.parquet")
    np.testing.assert_array_equal(again.columns["igse"], SCORES.columns["igse"])
    assert again.cards == SCORES.cards
    assert again.rows_in_source is None
    drawn = replace(SCORES, rows_in_source=np.array([2, 5, 9]))
    assert read_scores(drawn.write(tmp_path / "drawn.parquet")).rows_in_source.tolist() == [2, 5, 9]
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["scores.parquet"]


def test_what_cannot_be_written_leaves_what_was_there(tmp_path: Path) -> None:
    (tmp_path / "scores.parquet").mkdir()
    with pytest.raises(WorkspaceError, match=r"scores\.parquet cannot be written"):
        SCORES.write(tmp_path / "scores.parquet")
    assert [path.name for path in tmp_path.iterdir()] == ["scores.parquet"]


def test_a_file_of_something_else_is_said(tmp_path: Path) -> None:
    SCORES.write(tmp_path / "whole.parquet")
    whole = (tmp_path / "whole.parquet").read_bytes()
    pq.write_table(pa.table({"x": [1]}).replace_schema_metadata({METADATA: b"{"}), tmp_path / "torn.parquet")
    pq.write_table(pa.table({"x": [1]}).replace_schema_metadata({METADATA: b"[]"}), tmp_path / "list.parquet")
    (tmp_path / "short.parquet").write_bytes(whole[:-20])
    (tmp_path / "zeros.parquet").write_bytes(whole[:4] + bytes(200) + whole[204:])
    (tmp_path / "empty.parquet").touch()
    for name in ("torn", "list", "short", "zeros", "empty"):
        with pytest.raises(InputError, match=rf"{name}\.parquet .*give what `eudscore score` wrote"):
            read_scores(tmp_path / f"{name}.parquet")
    with pytest.raises(InputError, match="There is no file"):
        read_scores(tmp_path / "absent.parquet")


def test_what_killed_processes_left_beside_a_file_is_removed_when_it_is_written_again(tmp_path: Path) -> None:
    dead = subprocess.Popen([sys.executable, "-c", "from eudscore.store.owners import *; print(draft_name(FILE))"],
                            stdout=subprocess.PIPE, text=True)  # fmt: skip
    left = tmp_path / dead.communicate()[0].strip()
    mine = tmp_path / draft_name(FILE)
    for path in (left, mine):
        path.write_bytes(b"half")
    write_parquet(pa.table({"a": [1]}), tmp_path / "a.parquet")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(["a.parquet", mine.name])
