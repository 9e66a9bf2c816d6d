"""What a workspace holds is counted, and what cannot be read is counted too."""

from pathlib import Path

from eudscore.store.disk import size_of
from eudscore.store.draft import RowDraft
from eudscore.store.inventory import info
from eudscore.store.workspace import CorpusRef, Workspace


def test_an_empty_workspace_has_a_row_of_zeros_for_each_kind(workspace: Workspace) -> None:
    found = info(workspace)
    assert {(kind.count, kind.bytes) for kind in found.kinds} == {(0, 0)}
    assert found.corpora == ()
    assert found.bytes == (workspace.root / "workspace.json").stat().st_size


def test_everything_is_counted_once(workspace: Workspace, toy: CorpusRef) -> None:
    (workspace.root / "locks").rename(workspace.root.parent / "elsewhere")
    RowDraft(workspace.partial("columns", toy.id, "d" * 16), 4, {"x": None})
    found = info(workspace)
    counts = {kind.kind: kind.count for kind in found.kinds}
    assert counts == {
        "corpora": 1, "columns": 1, "vectors": 1, "adapted": 0, "graphs": 1, "layouts": 1, "profiles": 0,
        "clusters": 0, "rankings": 0,
        "selections": 1, "runs": 1, "unfinished": 1,
    }  # fmt: skip
    marker = (workspace.root / "workspace.json").stat().st_size
    assert sum(kind.bytes for kind in found.kinds) + marker == found.bytes == size_of(workspace.root)
    (corpus,) = found.corpora
    assert (corpus.ref, corpus.name, corpus.rows, corpus.listed) == (toy, "toy", 4, True)
    assert corpus.bytes == found.bytes - marker - next(kind.bytes for kind in found.kinds if kind.kind == "runs")


def test_a_corpus_that_cannot_be_read_has_its_row(workspace: Workspace, toy: CorpusRef) -> None:
    (workspace.root / "corpora" / str(toy) / "corpus.json").write_text("{")
    (corpus,) = info(workspace).corpora
    assert (corpus.name, corpus.rows) == (f"{toy.id} (damaged)", 0)


def test_links_are_not_followed(workspace: Workspace, tmp_path: Path) -> None:
    (tmp_path / "big").write_bytes(b"x" * 10_000)
    (workspace.root / "link").symlink_to(tmp_path / "big")
    (workspace.root / "loop").symlink_to(workspace.root)
    (workspace.root / "nowhere").symlink_to(tmp_path / "absent")
    assert info(workspace).bytes < 5000
