"""Every page on its own: empty workspace, data without scores, data with scores, bad addresses."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from eudscore.corpus.roles import with_roles
from eudscore.errors import WorkspaceError
from eudscore.jobs.folder import RunFolder, RunStatus
from eudscore.records import Corpus, Roles, RunState
from eudscore.store.workspace import CorpusRef, Workspace
from eudscore.ui import picked
from eudscore.workflow import submitting
from eudscore.workflow.requests import Entropy, FitOptions, ScoreRequest, default_request
from eudscore.workflow.scoring import score
from eudscore.workflow.submitting import TRAIN, jobs_of, run_spec, submit_preparation
from tests.pages.conftest import sent_to, small_corpus

OpenPage = Callable[..., AppTest]
NAMES = ("data", "score", "explore", "select", "train")


def words_of(app: AppTest) -> str:
    """All that the page says in HTML, captions, text and messages."""
    parts = [element.value for kind in ("caption", "markdown", "text", "error") for element in getattr(app, kind)]
    parts += [element.proto.body for element in app.get("html")]
    return "\n".join(map(str, parts))


@pytest.mark.parametrize("name", NAMES)
def test_a_deep_link_into_an_empty_workspace_leads_on(name: str, open_page: OpenPage) -> None:
    app = open_page(name)
    assert not app.exception
    assert {button.key for button in app.button} & {"open_demo", "to_data"}


@pytest.mark.parametrize("name", NAMES)
def test_a_deep_link_to_data_without_scores_offers_to_score(
    name: str, open_page: OpenPage, unscored: CorpusRef
) -> None:
    app = open_page(name, data=str(unscored))
    assert not app.exception
    assert "small" in words_of(app)
    if name in ("explore", "select"):
        assert "explore_prepare" in {button.key for button in app.button}


@pytest.mark.parametrize("name", NAMES)
def test_a_deep_link_to_scored_data_shows_it(name: str, open_page: OpenPage, scored: CorpusRef) -> None:
    app = open_page(name, data=str(scored))
    assert not app.exception
    assert not app.error
    assert "60 rows" in words_of(app)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("address", ["nonsense", "0" * 16 + "-" + "1" * 16, "../../etc/passwd"])
def test_an_address_of_nothing_is_one_sentence(name: str, address: str, open_page: OpenPage) -> None:
    app = open_page(name, data=address)
    assert not app.exception
    assert len(app.error) == 1
    assert "data set" in app.error[0].value


def test_without_an_address_the_latest_data_set_is_open(open_page: OpenPage, scored: CorpusRef) -> None:
    assert "60 rows" in words_of(open_page("explore"))


def test_the_data_page_shows_what_was_detected(open_page: OpenPage, unscored: CorpusRef) -> None:
    app = open_page("data", data=str(unscored))
    assert app.selectbox(key=f"role_text_{unscored}").value == "text"
    assert app.selectbox(key=f"role_label_{unscored}").value == "label"


def test_a_changed_role_is_another_revision_and_the_first_stays(
    open_page: OpenPage, unscored: CorpusRef, workspace: Workspace
) -> None:
    app = open_page("data", data=str(unscored))
    app.selectbox(key=f"role_label_{unscored}").set_value("(none)").run()
    assert not app.exception
    assert len(workspace.corpora()) == 2
    assert "no labels" in words_of(app)


def test_start_scoring_gives_a_worker_the_request(
    open_page: OpenPage, unscored: CorpusRef, workspace: Workspace, started: list[str]
) -> None:
    app = open_page("score", data=str(unscored))
    app.checkbox(key="entropy_semantic").uncheck().run()
    app.button(key="score_go").click().run()
    assert not app.exception
    (folder,) = started
    assert RunFolder(Path(folder)).read_spec()["request"]["entropies"] == [
        "information", "generative", "predictive",
    ]  # fmt: skip


def test_a_request_for_nothing_is_said_before_a_worker_starts(
    open_page: OpenPage, unscored: CorpusRef, started: list[str]
) -> None:
    app = open_page("score", data=str(unscored))
    for entropy in ("information", "generative", "semantic", "predictive"):
        app.checkbox(key=f"entropy_{entropy}").uncheck()
    app.run()
    assert "No entropy was asked for" in app.error[0].value
    assert started == []


def test_what_few_need_reaches_the_worker(open_page: OpenPage, unscored: CorpusRef, started: list[str]) -> None:
    app = open_page("score", data=str(unscored))
    app.checkbox(key="score_adapt").check()
    app.selectbox(key="score_prompt").set_value("label")
    app.selectbox(key="score_combine").set_value("max")
    app.selectbox(key="score_dtype").set_value("float32")
    app.text_input(key="score_masked").set_value(" some/model ").run()
    app.button(key="score_go").click().run()
    assert not app.exception
    (folder,) = started
    request = RunFolder(Path(folder)).read_spec()["request"]
    assert {name: request[name] for name in ("adapt", "prompt", "combine", "dtype", "masked_lm", "classifier")} == {
        "adapt": True, "prompt": "label", "combine": "max", "dtype": "float32", "masked_lm": "some/model",
        "classifier": None,
    }  # fmt: skip


def test_a_classifier_makes_predictive_possible_without_labels(
    open_page: OpenPage, workspace: Workspace, started: list[str]
) -> None:
    app = open_page("score", data=str(workspace.keep_corpus(with_roles(small_corpus(), Roles("text")))))
    assert app.checkbox(key="entropy_predictive").disabled
    app.text_input(key="score_classifier").set_value("./mine").run()
    assert not app.checkbox(key="entropy_predictive").disabled
    assert not app.warning
    app.button(key="score_go").click().run()
    assert not app.exception
    (folder,) = started
    request = RunFolder(Path(folder)).read_spec()["request"]
    assert request["classifier"] == "./mine"
    assert "predictive" in request["entropies"]


def test_a_classifier_without_predictive_is_said_before_a_worker_starts(
    open_page: OpenPage, unscored: CorpusRef, started: list[str]
) -> None:
    app = open_page("score", data=str(unscored))
    app.text_input(key="score_classifier").set_value("./mine").run()
    app.checkbox(key="entropy_predictive").uncheck().run()
    assert "Only predictive entropy makes use of the classifier './mine'" in app.error[0].value
    assert "score_go" not in {button.key for button in app.button}
    assert started == []


def test_what_serves_generative_alone_is_off_without_it(
    open_page: OpenPage, unscored: CorpusRef, started: list[str]
) -> None:
    app = open_page("score", data=str(unscored))
    app.checkbox(key="score_adapt").check()
    app.text_input(key="score_lm").set_value("gpt2")
    app.checkbox(key="entropy_generative").uncheck().run()
    assert app.checkbox(key="score_adapt").disabled
    assert app.text_input(key="score_lm").disabled
    app.button(key="score_go").click().run()
    assert not app.error
    (folder,) = started
    request = RunFolder(Path(folder)).read_spec()["request"]
    assert (request["adapt"], request["lm"]) == (False, "builtin")


def test_the_page_shows_the_rule_that_was_asked_for_last(
    open_page: OpenPage, unscored: CorpusRef, workspace: Workspace
) -> None:
    for rule in ("min", "max", "min"):
        score(workspace, unscored, ScoreRequest((Entropy.INFORMATION,), combine=rule))
        app = open_page("score", data=str(unscored))
        cards = next(frame.value for frame in app.dataframe if "Depends on" in frame.value.columns)
        assert f"rule: {rule}" in cards.set_index("Column").loc["igse", "Depends on"]


def test_an_estimate_is_made_by_a_worker_and_then_shown(
    open_page: OpenPage, unscored: CorpusRef, started: list[str]
) -> None:
    app = open_page("score", data=str(unscored))
    app.button(key="score_quote").click().run()
    assert not app.exception
    (name,) = started
    run = RunFolder(Path(name))
    assert run.read_spec()["kind"] == "quote"
    run.write_status(replace(run.read_status(), state=RunState.DONE, result={"sentence": "About 9 seconds."}))
    assert "About 9 seconds." in words_of(open_page("score", data=str(unscored)))


def test_every_column_has_its_card(open_page: OpenPage, scored: CorpusRef) -> None:
    app = open_page("score", data=str(scored))
    cards = next(frame.value for frame in app.dataframe if "What it is" in frame.value.columns)
    assert set(cards["Column"]) == {
        "igse", "information_entropy", "information_adjusted", "information_surprisal", "information_normalised",
        "information_miller_madow", "information_chao_shen",
    }  # fmt: skip


def test_explore_lists_what_is_picked_from_its_top(open_page: OpenPage, scored: CorpusRef) -> None:
    app = open_page("explore", data=str(scored))
    assert not app.exception
    values = [line["value"] for line in sent_to(app, "explore_rows")["rows"]]
    assert len(values) == 60
    assert (np.diff(values) <= 0).all()
    assert "60 of 60 rows" in words_of(app)


def test_explore_picks_what_the_address_says(open_page: OpenPage, scored: CorpusRef, workspace: Workspace) -> None:
    where = {"classes": [1], "marks": [{"op": "add", "rows": [0, 1, 2, 3, 4, 5]}]}
    app = open_page("explore", data=str(scored), view=json.dumps({"where": where, "row": 3}))
    picked = sorted(line["row"] for line in sent_to(app, "explore_rows")["rows"])
    labels = workspace.corpus(scored).labels
    assert picked == [row for row in range(6) if labels[row] == 1]
    assert sent_to(app, "explore")["initial"]["where"] == where
    assert "row 3" in words_of(app)


@pytest.mark.parametrize("view", ["{", "[]", '{"where": {"bands": {"moods": [0, 1]}}}', '{"where": 7}', "[" * 5000])
def test_an_address_that_means_nothing_is_told_and_every_row_shown(
    open_page: OpenPage, scored: CorpusRef, view: str
) -> None:
    app = open_page("explore", data=str(scored), view=view)
    assert not app.exception
    assert len(app.error) == 1
    assert len(sent_to(app, "explore_rows")["rows"]) == 60


def test_an_outline_on_another_map_is_told(open_page: OpenPage, scored: CorpusRef) -> None:
    where = {"marks": [{"op": "add", "area": [0, 0, 1, 0, 1, 1]}]}
    app = open_page("explore", data=str(scored), view=json.dumps({"where": where, "map": "0" * 16}))
    assert "another map" in app.error[0].value


def test_select_shows_both_sides_of_the_line(open_page: OpenPage, scored: CorpusRef) -> None:
    app = open_page("select", data=str(scored))
    kept = {line["row"] for line in sent_to(app, "kept_rows")["rows"]}
    app.button_group(key="texts_side").set_value("Dropped").run()
    dropped = {line["row"] for line in sent_to(app, "dropped_rows")["rows"]}
    assert len(kept) == 10  # 16 % of 60
    assert len(dropped) == 50
    assert kept.isdisjoint(dropped)


def test_a_selection_is_saved_under_its_name(open_page: OpenPage, scored: CorpusRef, workspace: Workspace) -> None:
    app = open_page("select", data=str(scored))
    app.text_input(key="selection_name").set_value("mine").run()
    app.button(key="save_selection").click().run()
    assert not app.exception
    assert workspace.selections(scored)["mine"]["chosen"]["rows"] == 10
    app.text_input(key="selection_name").set_value("../evil").run()
    app.button(key="save_selection").click().run()
    assert "cannot name a selection" in app.error[0].value


def test_launch_queues_the_three_runs(
    open_page: OpenPage, scored: CorpusRef, workspace: Workspace, started: list[str]
) -> None:
    app = open_page("train", data=str(scored))
    app.button(key="train_go").click().run()
    assert not app.exception
    arms = [RunFolder(Path(folder)).read_spec()["arm"] for folder in started]
    assert arms == ["subset", "random", "full"]


def test_train_compares_what_is_done(open_page: OpenPage, scored: CorpusRef, workspace: Workspace) -> None:
    for arm, accuracy in (("subset", 0.85), ("random", 0.8)):
        folder = RunFolder(workspace.runs / f"run-{arm}")
        details = {"experiment": "e1", "arm": arm, "rows": [0, 1], "test": {}, "options": vars(FitOptions())}
        folder.create(run_spec(workspace, scored, TRAIN, details))
        result = {
            "accuracy": accuracy, "accuracy_low": accuracy - 0.03, "accuracy_high": accuracy + 0.03, "macro_f1": 0.7,
            "test_rows": 500, "steps": 9, "seconds": 3.0,
        }  # fmt: skip
        folder.append_metric({"step": 1, "loss": 1.0, "accuracy": 0.5})
        folder.write_status(RunStatus(RunState.DONE, created_at=1.0, ended_at=2.0, result=result))
    assert len(jobs_of(workspace, scored, TRAIN)) == 2
    app = open_page("train", data=str(scored))
    assert not app.exception
    assert "The selection is 5.0 points above as many random rows (the intervals overlap)" in words_of(app)
    table = next(frame.value for frame in app.dataframe if "Test accuracy" in frame.value.columns)
    assert table["Test accuracy"].tolist() == ["85.0% (82.0 to 88.0)", "80.0% (77.0 to 83.0)"]


def test_data_without_labels_cannot_be_trained_on_and_says_so(open_page: OpenPage, workspace: Workspace) -> None:
    corpus: Corpus = with_roles(small_corpus(), Roles("text"))
    app = open_page("train", data=str(workspace.keep_corpus(corpus)))
    assert not app.exception
    assert "needs labels" in words_of(app)


def test_a_read_only_server_starts_nothing(
    open_page: OpenPage, scored: CorpusRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EUDSCORE_READ_ONLY", "1")
    for name, key in (
        ("data", "data_prepare"),
        ("score", "score_go"),
        ("train", "train_go"),
        ("select", "save_selection"),
    ):
        assert open_page(name, data=str(scored)).button(key=key).disabled, name


def test_a_read_only_server_measures_and_cancels_nothing(
    open_page: OpenPage, unscored: CorpusRef, workspace: Workspace, started: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EUDSCORE_READ_ONLY", "1")
    assert open_page("score", data=str(unscored)).button(key="score_quote").disabled
    submit_preparation(workspace, unscored, default_request(small_corpus()))
    assert open_page("score", data=str(unscored)).button(key="work_cancel").disabled


def test_another_try_that_fails_keeps_its_sentence_on_the_page(
    open_page: OpenPage, unscored: CorpusRef, workspace: Workspace, started: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = submit_preparation(workspace, unscored, default_request(small_corpus()))
    folder.write_status(RunStatus(RunState.FAILED, message="The disk is full.", created_at=1.0))
    app = open_page("explore", data=str(unscored))

    def full(*_: object, **__: object) -> None:
        raise WorkspaceError("The disk is still full.")

    monkeypatch.setattr(submitting, "start", full)
    app.button(key="work_again").click().run()
    assert [error.value for error in app.error][-1] == "The disk is still full."


def test_a_failed_scoring_says_why_and_offers_another_try(
    open_page: OpenPage, unscored: CorpusRef, workspace: Workspace, started: list[str]
) -> None:
    folder = submit_preparation(workspace, unscored, default_request(small_corpus()))
    folder.write_status(RunStatus(RunState.FAILED, message="The disk is full.", created_at=1.0))
    app = open_page("explore", data=str(unscored))
    assert "Scoring was failed" not in app.error[0].value
    assert "The disk is full." in app.error[0].value
    app.button(key="work_again").click().run()
    assert len(started) == 2


@pytest.mark.parametrize("distinct", [1, 3, 7, 500])
def test_the_table_begins_with_the_highest_of_many_equal_values(distinct: int) -> None:
    rng = np.random.default_rng(distinct)
    values = rng.integers(0, distinct, 1000).astype(np.float32)
    values[rng.random(1000) < 0.1] = np.nan
    held = rng.random(1000) < 0.8
    rows = np.flatnonzero(held)
    expected = rows[np.argsort(-np.nan_to_num(values[rows], nan=-1), kind="stable")][:100]
    np.testing.assert_array_equal(picked.highest(rows, values), expected)


def test_scores_without_a_map_offer_to_draw_one(
    open_page: OpenPage, unscored: CorpusRef, workspace: Workspace, started: list[str]
) -> None:
    score(workspace, unscored, ScoreRequest((Entropy.INFORMATION,)))
    app = open_page("explore", data=str(unscored))
    assert "no map" in sent_to(app, "explore")["map_note"]
    app.button(key="draw_map").click().run()
    assert len(started) == 1


def test_what_an_address_names_goes_along_to_the_next_page(
    open_page: OpenPage, scored: CorpusRef, workspace: Workspace
) -> None:
    workspace.keep_corpus(replace(small_corpus(), name="later", labels=np.zeros(60, dtype=np.int64)))
    app = open_page("explore", data=str(scored))
    assert app.session_state["data"] == str(scored)
