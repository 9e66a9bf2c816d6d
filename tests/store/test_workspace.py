"""The workspace keeps what it is given, once, and says in a sentence what it cannot do."""

import json
import threading
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from eudscore.errors import RequestError, WorkspaceError
from eudscore.records import Card, Corpus, Roles
from eudscore.store.draft import RowDraft
from eudscore.store.workspace import CorpusRef, Workspace, default_root


def corpus(texts: list[str | None] | None = None, labels: list[int] | None = None) -> Corpus:
    texts = ["one", "two", None, "\u4f60\u597d"] if texts is None else texts
    table = pa.table({"text": texts, "label": labels or [0, 1, 0, 1]})
    return Corpus("toy", "toy.csv", table, Roles("text", "label"), ("a", "b"), np.array(labels or [0, 1, 0, 1]))


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "ws")


def test_a_corpus_comes_back_as_it_went_in(workspace: Workspace) -> None:
    kept = corpus()
    opened = workspace.corpus(workspace.keep_corpus(kept))
    assert opened.table.to_pylist() == kept.table.to_pylist()
    assert opened.text_column.chunks[0].buffers()[2].address == opened.table["text"].chunks[0].buffers()[2].address
    assert (opened.name, opened.source, opened.roles, opened.classes, opened.id) == (
        kept.name, kept.source, kept.roles, kept.classes, kept.id,
    )  # fmt: skip
    np.testing.assert_array_equal(opened.labels, kept.labels)
    assert opened.texts([3, 2, 0]) == ["\u4f60\u597d", "", "one"]


def test_the_same_content_has_one_address_however_it_is_chunked(workspace: Workspace) -> None:
    whole = corpus()
    halves = pa.concat_tables([whole.table.slice(0, 2), whole.table.slice(2)])
    other = Corpus(whole.name, whole.source, halves, whole.roles, whole.classes, whole.labels)
    assert workspace.keep_corpus(whole) == workspace.keep_corpus(other)
    assert len(workspace.corpora()) == 1


def test_other_labels_are_another_revision_of_the_same_texts(workspace: Workspace) -> None:
    first, second = workspace.keep_corpus(corpus()), workspace.keep_corpus(corpus(labels=[1, 1, 0, 1]))
    assert first.id == second.id
    assert first.revision != second.revision


def test_nothing_but_finished_folders_is_left(workspace: Workspace) -> None:
    ref = workspace.keep_corpus(corpus())
    workspace.keep_corpus(corpus())
    assert [path.name for path in (workspace.root / "corpora").iterdir()] == [str(ref)]


def test_the_latest_of_two_columns_of_one_name_is_first(workspace: Workspace) -> None:
    for number, key in enumerate(["a" * 16, "b" * 16]):
        card = Card("semantic_entropy", f"definition {number}")
        workspace.keep_family("c" * 16, key, [card], {"semantic_entropy": np.full(4, number, dtype=np.float32)})
    import os

    os.utime(workspace.root / "columns" / ("c" * 16) / ("a" * 16) / "cards.json", (1e9, 1e9))
    assert [column.family[0] for column in workspace.columns("c" * 16)["semantic_entropy"]] == ["b", "a"]
    np.testing.assert_array_equal(workspace.column("c" * 16, "b" * 16, "semantic_entropy"), np.ones(4))


def test_cards_with_another_meaning_have_another_key_and_outcomes_do_not_count() -> None:
    card = Card("x", "definition", seed=1)
    assert card.key == Card.from_json(json.loads(json.dumps(card.to_json()))).key
    assert card.key == card.with_outcome(rows_empty=3).key
    assert card.key != Card("x", "definition", seed=2).key


@pytest.mark.parametrize(
    "text",
    ["", "../../etc", "abc", "0123456789abcdef", "0123456789abcdef-xyz", "a-b-c", "A" * 16 + "-" + "b" * 16],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(WorkspaceError, match="is no data set of a workspace"):
        CorpusRef.parse(text)


def test_paths_cannot_be_smuggled_in(workspace: Workspace) -> None:
    for parts in [("..", "a" * 16, "x"), ("a" * 16, "../..", "x"), ("a" * 16, "b" * 16, "../x")]:
        with pytest.raises(WorkspaceError, match="is no address"):
            workspace.column(*parts)


def test_missing_things_are_said(workspace: Workspace) -> None:
    with pytest.raises(WorkspaceError, match="has no data set"):
        workspace.corpus(CorpusRef("0" * 16, "1" * 16))
    with pytest.raises(WorkspaceError, match="has no semantic_entropy"):
        workspace.column("0" * 16, "1" * 16, "semantic_entropy")


def test_a_newer_workspace_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "workspace.json").write_text('{"version": 99}')
    with pytest.raises(WorkspaceError, match="has version 99, this eudscore reads version 1: update eudscore"):
        Workspace(tmp_path)


def test_a_damaged_file_is_said(workspace: Workspace) -> None:
    ref = workspace.keep_corpus(corpus())
    (workspace.root / "corpora" / str(ref) / "corpus.json").write_text("{")
    with pytest.raises(WorkspaceError, match=r"corpus\.json has 1 bytes instead of \d+: remove what is damaged with"):
        workspace.corpus(ref)
    assert [(entry.ref, entry.rows) for entry in workspace.corpora()] == [(ref, 0)]
    assert workspace.corpora()[0].name.endswith("(damaged)")


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("I am a file")
    with pytest.raises(WorkspaceError, match=r"cannot be written .*--workspace or EUDSCORE_WORKSPACE"):
        Workspace(blocked / "ws")


def test_the_environment_names_the_workspace(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("EUDSCORE_WORKSPACE", str(tmp_path / "here"))
    assert default_root() == tmp_path / "here"
    monkeypatch.delenv("EUDSCORE_WORKSPACE")
    assert default_root().name == "eudscore"


def test_selections_keep_their_names(workspace: Workspace) -> None:
    ref = workspace.keep_corpus(corpus())
    workspace.keep_selection(ref, "16 % middle", {"budget": 0.16})
    workspace.keep_selection(ref, "16 % middle", {"budget": 0.16})
    assert workspace.selections(ref) == {"16 % middle": {"budget": 0.16}}
    with pytest.raises(RequestError, match="There is a selection '16 % middle' already"):
        workspace.keep_selection(ref, "16 % middle", {"budget": 0.3})
    for name in ("", "../x", ".hidden", "a/b", "x" * 61):
        with pytest.raises(RequestError, match="cannot name a selection"):
            workspace.keep_selection(ref, name, {})


def test_a_draft_goes_on_where_it_stopped(tmp_path: Path) -> None:
    draft = RowDraft(tmp_path / "d", 5, {"x": None, "v": 2})
    assert draft.pending.tolist() == [0, 1, 2, 3, 4]
    values = {"x": np.array([1, np.nan], np.float32), "v": np.ones((2, 2), np.float32)}
    draft.add(np.array([4, 1]), values, np.array([0, 1], np.uint8))
    again = RowDraft(tmp_path / "d", 5, {"x": None, "v": 2})
    assert again.pending.tolist() == [0, 2, 3]
    rest = {"x": np.zeros(3, np.float32), "v": np.zeros((3, 2), np.float32)}
    again.add(again.pending, rest, np.zeros(3, np.uint8))
    again.close()
    # Who marks rows as done stays until the folder has its final name: see `Workspace.complete`.
    helpers = {path.name for path in (tmp_path / "d").iterdir()} - {"flags.npy", "v.npy", "x.npy"}
    assert helpers == {"done.npy", "outcome.json"}
    assert len(RowDraft(tmp_path / "d", 5, {"x": None, "v": 2}).pending) == 0
    np.testing.assert_array_equal(np.load(tmp_path / "d" / "x.npy"), [0, np.nan, 0, 0, 1])
    np.testing.assert_array_equal(np.load(tmp_path / "d" / "flags.npy"), [0, 1, 0, 0, 0])


def test_facts_for_the_card_survive_the_process_that_noted_them(tmp_path: Path) -> None:
    draft = RowDraft(tmp_path / "d", 5, {"x": None})
    draft.note({"device": "cpu", "temperatures": [1.0]})
    draft.note({"temperatures": [1.0, 2.0]})
    again = RowDraft(tmp_path / "d", 5, {"x": None})
    assert again.outcome == {"device": "cpu", "temperatures": [1.0, 2.0]}


def test_a_complete_folder_holds_no_helpers(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "ws")
    corpus_id, key = "0" * 16, "1" * 16
    draft = RowDraft(workspace.partial("columns", corpus_id, key), 2, {"x": None})
    draft.note({"device": "cpu"})
    draft.add(np.arange(2), {"x": np.zeros(2, np.float32)}, np.zeros(2, np.uint8))
    draft.close()
    workspace.complete("columns", corpus_id, key, {"cards": []})
    folder = workspace.root / "columns" / corpus_id / key
    assert sorted(path.name for path in folder.iterdir()) == ["cards.json", "files.json", "flags.npy", "x.npy"]


def test_many_threads_keeping_one_corpus_agree(workspace: Workspace) -> None:
    found: list[CorpusRef] = []
    threads = [threading.Thread(target=lambda: found.append(workspace.keep_corpus(corpus()))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1
    assert len(workspace.corpora()) == 1


def test_what_was_found_out_is_read_without_its_folder(workspace: Workspace, toy: CorpusRef) -> None:
    assert workspace.outcome("vectors", toy.id, "b" * 16) == {"device": "cpu"}
    np.testing.assert_array_equal(workspace.flags("vectors", toy.id, "b" * 16), np.zeros(4, np.uint8))
    assert workspace.content("profiles", toy.id, "c" * 16) is None
    with pytest.raises(WorkspaceError, match=r"has no vectors .*: score the data set again"):
        workspace.outcome("vectors", toy.id, "c" * 16)
    with pytest.raises(WorkspaceError, match="has no flags under"):
        workspace.flags("vectors", toy.id, "c" * 16)


def test_any_kind_can_be_kept(workspace: Workspace, toy: CorpusRef) -> None:
    workspace.keep("profiles", toy.id, "c" * 16, {"rows": 4}, {"groups": np.arange(4)})
    assert workspace.content("profiles", toy.id, "c" * 16) == {"version": 1, "rows": 4}
    np.testing.assert_array_equal(workspace.array("profiles", toy.id, "c" * 16, "groups"), np.arange(4))


def test_opening_reads_neither_texts_nor_labels(workspace: Workspace, toy: CorpusRef) -> None:
    opened = workspace.corpus(toy)
    assert isinstance(opened.labels, np.memmap)
    assert {"id", "labels_id"} <= set(opened.__dict__)
    assert opened.labels_id == Corpus(
        "x", "x", opened.table, opened.roles, opened.classes, np.array(opened.labels)
    ).labels_id  # fmt: skip


def test_a_corpus_of_no_labels_and_odd_names_is_kept(workspace: Workspace) -> None:
    table = pa.table({"text": pa.array([], pa.string())})
    odd = Corpus("caf\udce9", "caf\udce9.csv", table, Roles("text"), (), np.zeros(0, np.int64), notes=("\u00e9\n",))
    opened = workspace.corpus(workspace.keep_corpus(odd))
    assert (opened.name, opened.notes, len(opened)) == ("caf\udce9", ("\u00e9\n",), 0)


def test_a_kept_corpus_can_be_kept_again_from_itself(workspace: Workspace, toy: CorpusRef) -> None:
    assert workspace.keep_corpus(workspace.corpus(toy)) == toy
    elsewhere = Workspace(workspace.root.parent / "elsewhere")
    assert elsewhere.keep_corpus(workspace.corpus(toy)) == toy


def test_a_test_set_is_kept_without_being_listed(workspace: Workspace) -> None:
    ref = workspace.keep_corpus(corpus(), listed=False)
    assert workspace.corpora() == []
    assert len(workspace.corpus(ref)) == 4
    assert workspace.keep_corpus(corpus()) == ref
    assert [entry.ref for entry in workspace.corpora()] == [ref]
