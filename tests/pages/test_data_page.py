"""The Data page: what it reads and how much of it, what it says about it, and what it starts."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from streamlit.testing.v1 import AppTest

from eudscore.corpus.read import read_source
from eudscore.corpus.sources.gallery import GALLERY
from eudscore.errors import InputError
from eudscore.jobs.folder import RunFolder
from eudscore.records import Corpus, Roles
from eudscore.store.workspace import CorpusRef, Workspace
from eudscore.ui.rows import PAGE
from eudscore.ui.sources import UPLOAD_MB
from eudscore.workflow.profiling import look_through
from eudscore.workflow.submitting import PROFILE
from tests.pages.test_pages import words_of

OpenPage = Callable[..., AppTest]
ROOT = Path(__file__).parents[2]


@pytest.fixture
def reviews(tmp_path: Path) -> Path:
    """Semicolons, Windows-1252, five columns."""
    rows = [f"À Noël la fête numéro {row} était très gaie, ça alors;{row % 3};a{row % 7};{row}" for row in range(90)]
    path = tmp_path / "avis.csv"
    path.write_bytes("\r\n".join(["texte;note;auteur;n", *rows]).encode("cp1252"))
    return path


def open_path(app: AppTest, path: str) -> AppTest:
    app.text_input(key="source").set_value(path)
    return app.button(key="open_source").click().run()


def address(app: AppTest) -> str:
    (found,) = [app.query_params["data"]] if isinstance(app.query_params["data"], str) else app.query_params["data"]
    return found


def test_a_path_is_read_and_what_was_found_out_is_told(
    open_page: OpenPage, reviews: Path, workspace: Workspace
) -> None:
    app = open_path(open_page("data"), str(reviews))
    assert not app.exception
    assert [error.value for error in app.error] == []
    said = words_of(app)
    assert "90 rows" in said
    assert "semicolons" in said
    assert "Windows-1252" in said
    (entry,) = workspace.corpora()
    assert workspace.corpus(entry.ref).texts([1]) == ["À Noël la fête numéro 1 était très gaie, ça alors"]


def test_only_the_part_that_is_asked_for_is_read_and_its_size_is_told(
    open_page: OpenPage, reviews: Path, workspace: Workspace
) -> None:
    app = open_page("data")
    app.text_input(key="read_where").set_value("n >= 30")
    app.text_input(key="read_label").set_value("note")
    app.number_input(key="read_sample").set_value(20).run()
    app.number_input(key="read_seed").set_value(5)
    app.checkbox(key="read_stratified").check()
    app = open_path(app, str(reviews))
    assert not app.exception
    assert [error.value for error in app.error] == []
    said = words_of(app)
    assert "20 of 90 rows" in said, "in the title"
    assert "<dt>Rows of 90</dt><dd>20</dd>" in said, "among the figures"
    assert "20 of 60 rows, drawn at random" in said
    assert "60 of 90 rows fulfil" in said
    corpus = workspace.corpus(workspace.corpora()[0].ref)
    assert corpus.drawn_from == 90
    assert np.bincount(corpus.labels).tolist() in ([7, 7, 6], [7, 6, 7], [6, 7, 7])
    oracle = read_source(reviews, label="note", where="n >= 30", sample=20, seed=5, stratified=True)
    assert corpus.texts() == oracle.texts()


def test_a_condition_that_is_none_is_one_sentence(open_page: OpenPage, reviews: Path, workspace: Workspace) -> None:
    app = open_page("data")
    app.text_input(key="read_where").set_value("note = ")
    app = open_path(app, str(reviews))
    assert not app.exception
    assert len(app.error) == 1
    assert "'note ='" in app.error[0].value
    assert workspace.corpora() == []


@pytest.mark.parametrize("place", range(len(GALLERY)))
def test_without_a_network_a_data_set_of_the_hub_is_one_sentence_and_the_demo_stays(
    place: int, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    app = open_page("data").button(key=f"gallery_{place}").click().run()
    assert not app.exception
    assert len(app.error) == 1
    assert app.error[0].value.count(". ") == 0
    assert "open_demo" in {button.key for button in app.button}


def test_a_role_that_is_chosen_takes_effect_and_one_that_does_not_fit_is_said(
    open_page: OpenPage, workspace: Workspace, reviews: Path
) -> None:
    ref = workspace.keep_corpus(read_source(reviews))
    app = open_page("data", data=str(ref))
    app.selectbox(key=f"role_group_{ref}").set_value("auteur").run()
    assert not app.exception
    assert workspace.corpus(CorpusRef.parse(address(app))).roles.group == "auteur"
    now = address(app)
    app.multiselect(key=f"role_coordinates_{now}").set_value(["n"]).run()
    assert not app.exception
    assert len(app.error) == 1
    assert "coordinates" in app.error[0].value


def test_a_column_called_like_no_column_can_play_a_role(open_page: OpenPage, workspace: Workspace) -> None:
    table = pa.table({"text": ["a b", "c d"], "(none)": ["x", "y"], "other": ["u", "v"]})
    ref = workspace.keep_corpus(Corpus("odd", "odd.csv", table, Roles("text"), (), np.full(2, -1)))
    app = open_page("data", data=str(ref))
    assert not app.exception
    assert app.selectbox(key=f"role_label_{ref}").value == "(none)"
    assert workspace.corpus(ref).roles.label is None


def test_every_page_of_the_rows_can_be_reached(open_page: OpenPage, workspace: Workspace) -> None:
    texts = [f"text number {row}" for row in range(2 * PAGE + 7)]
    corpus = Corpus("long", "long.csv", pa.table({"text": texts}), Roles("text"), (), np.full(len(texts), -1))
    ref = workspace.keep_corpus(corpus)
    app = open_page("data", data=str(ref))
    assert app.dataframe[0].value["text"].tolist() == texts[:PAGE]
    app.button(key="rows_next").click().run()
    app.button(key="rows_next").click().run()
    assert app.dataframe[0].value["text"].tolist() == texts[2 * PAGE :]
    assert f"Rows {2 * PAGE} to {2 * PAGE + 6} of {len(texts)}" in words_of(app)
    app.number_input(key=f"rows_from_{ref}").set_value(33).run()
    assert app.dataframe[0].value.index[0] == 33


def test_near_duplicates_are_looked_for_once_and_then_told(
    open_page: OpenPage, workspace: Workspace, started: list[str]
) -> None:
    words = [f"w{n}" for n in range(40)]
    texts = [" ".join(words), " ".join([*words, "more"]), "something else altogether"]
    corpus = Corpus("near", "near.csv", pa.table({"text": texts}), Roles("text"), (), np.full(3, -1))
    ref = workspace.keep_corpus(corpus)
    app = open_page("data", data=str(ref)).button(key="near").click().run()
    assert not app.exception
    (folder,) = started
    assert RunFolder(Path(folder)).read_spec()["kind"] == PROFILE
    assert "near" not in {button.key for button in app.button}
    look_through(workspace, ref)
    assert "1 row nearly repeats" in words_of(open_page("data", data=str(ref)))


def test_texts_that_another_data_set_shares_are_counted(open_page: OpenPage, workspace: Workspace) -> None:
    def kept(name: str, texts: list[str]) -> CorpusRef:
        table = pa.table({"text": texts})
        return workspace.keep_corpus(Corpus(name, f"{name}.csv", table, Roles("text"), (), np.full(len(texts), -1)))

    train = kept("train", ["A fine film", "A bad film", "Neither"])
    test = kept("test", ["a  fine FILM", "other", "neither", "A fine film"])
    app = open_page("data", data=str(train))
    app.selectbox(key=f"shared_{train}").set_value(str(test)).run()
    assert not app.exception
    assert "3 rows of it have a text that is also here." in words_of(app)


def test_what_was_counted_is_kept_and_not_counted_again(
    open_page: OpenPage, unscored: CorpusRef, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_page("data", data=str(unscored))
    assert list((workspace.root / "profiles" / unscored.id).iterdir())
    monkeypatch.setattr("eudscore.workflow.profiling.profile", lambda _: pytest.fail("counted again"))
    monkeypatch.setattr("eudscore.ui.summary._profile.clear", lambda: None, raising=False)
    assert not open_page("data", data=str(unscored)).exception


def test_a_server_that_only_shows_reads_nothing_and_writes_nothing(
    open_page: OpenPage, unscored: CorpusRef, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EUDSCORE_READ_ONLY", "1")
    before = sorted(workspace.root.rglob("*"))
    app = open_page("data", data=str(unscored))
    assert not app.exception
    for key in ("open_source", "near", *(f"gallery_{place}" for place in range(len(GALLERY)))):
        assert app.button(key=key).disabled, key
    assert sorted(workspace.root.rglob("*")) == before


def test_the_page_and_the_server_agree_on_the_largest_upload() -> None:
    config = (ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8")
    assert f"maxUploadSize = {UPLOAD_MB}\n" in config
    assert os.environ["HF_HUB_OFFLINE"] == "1", "the tests of this file reach for no network"


def test_what_is_asked_for_holds_for_the_hub_too(open_page: OpenPage, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, dict[str, object]]] = []

    def read(source: str, **options: object) -> Corpus:
        asked.append((source, options))
        raise InputError("This is as far as the test goes.")

    monkeypatch.setattr("eudscore.corpus.read.read_source", read)
    app = open_page("data")
    app.text_input(key="read_where").set_value("label = 1")
    app.text_input(key="read_split").set_value("mine").run()
    app.number_input(key="read_sample").set_value(50).run()
    app.button(key="gallery_4").click().run()
    entry = GALLERY[4]
    assert asked == [
        (entry.id, {"config": entry.config, "split": entry.split, "where": "label = 1", "sample": 50, "seed": 0,
                    "stratified": False})
    ]  # fmt: skip


def test_a_data_set_is_listed_once_whatever_roles_were_tried_on_it(
    open_page: OpenPage, workspace: Workspace, reviews: Path
) -> None:
    ref = workspace.keep_corpus(read_source(reviews))
    app = open_page("data", data=str(ref))
    for column in ("auteur", "note", "n"):
        app.selectbox(key=f"role_group_{address(app)}").set_value(column).run()
        assert not app.exception
    assert len(workspace.corpora()) == 4
    listed = [button.key for button in app.button if str(button.key).startswith("open_") and "avis" in button.label]
    assert listed == [f"open_{address(app)}"], "the roles of last are those it opens with"


def test_every_data_set_of_the_workspace_can_be_opened(open_page: OpenPage, workspace: Workspace) -> None:
    refs = []
    for name in "abcdefgh":
        table = pa.table({"text": [f"the text of {name}"]})
        refs.append(workspace.keep_corpus(Corpus(name, f"{name}.csv", table, Roles("text"), (), np.full(1, -1))))
    app = open_page("data")
    assert sum(str(button.key).startswith("open_") and "rows" in button.label for button in app.button) == 6
    assert len(app.selectbox(key="open_earlier").options) == 2
    app.selectbox(key="open_earlier").set_value(str(refs[0]))
    app.run()
    assert not app.exception
    assert address(app) == str(refs[0])
    assert app.selectbox(key="open_earlier").value is None


def test_a_text_column_is_not_changed_on_a_server_that_only_shows(
    open_page: OpenPage, unscored: CorpusRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EUDSCORE_READ_ONLY", "1")
    app = open_page("data", data=str(unscored))
    assert app.selectbox(key=f"role_text_{unscored}").disabled
    assert app.selectbox(key=f"role_label_{unscored}").disabled


def test_one_row_is_spoken_of_as_one(open_page: OpenPage, workspace: Workspace) -> None:
    table = pa.table({"text": ["twice", "twice", "once"]})
    ref = workspace.keep_corpus(Corpus("pairs", "pairs.csv", table, Roles("text"), (), np.full(3, -1)))
    assert "1 row repeats the text of an earlier row." in words_of(open_page("data", data=str(ref)))


def test_the_roles_somebody_gave_a_file_are_there_when_it_is_read_again(
    open_page: OpenPage, workspace: Workspace, reviews: Path
) -> None:
    app = open_path(open_page("data"), str(reviews))
    first = address(app)
    app.selectbox(key=f"role_group_{first}").set_value("auteur").run()
    changed = address(app)
    assert changed != first
    assert address(open_path(open_page("data"), str(reviews))) == changed
    app = open_page("data")
    app.text_input(key="read_label").set_value("note")
    assert workspace.corpus(CorpusRef.parse(address(open_path(app, str(reviews))))).roles.group != "auteur"


def test_an_error_that_quotes_the_data_is_shown_letter_by_letter(open_page: OpenPage, reviews: Path) -> None:
    app = open_page("data")
    app.text_input(key="read_where").set_value('"![x](http://192.0.2.1/a.png)" > 1')
    app = open_path(app, str(reviews))
    assert "](" not in app.error[0].value, "Markdown would fetch the picture"
    assert "192" in app.error[0].value
