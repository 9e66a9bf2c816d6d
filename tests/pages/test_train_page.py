"""The Train page in every state: nothing trained, queued, running, paused, ended badly, studies in part and whole."""

import json
import re
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from eudscore.corpus.roles import with_roles
from eudscore.errors import InputError
from eudscore.jobs import queue
from eudscore.jobs.folder import RunFolder
from eudscore.records import Roles, RunState
from eudscore.selection.recipe import request_from_recipe
from eudscore.selection.request import Balance, SelectionRequest, Strategy
from eudscore.store.workspace import CorpusRef, Workspace
from eudscore.ui import copying, queue_card
from eudscore.workflow import queueing
from eudscore.workflow.choosing import select
from eudscore.workflow.requests import FitOptions
from eudscore.workflow.stored import latest_scores
from eudscore.workflow.study_plan import BY_CLASS, Regime, StudyRequest, planned
from eudscore.workflow.study_results import STUDY, open_study
from eudscore.workflow.study_submitting import submit_study
from eudscore.workflow.study_table import csv_of
from tests.pages.conftest import PAGES, small_corpus
from tests.pages.kept_runs import REQUEST, keep_run, keep_study, status

OpenPage = Callable[..., AppTest]
FULL_DISK = "The disk is full: free some space and start the run again."


@pytest.fixture(autouse=True)
def nobody_works(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is queued stays queued."""
    monkeypatch.setattr(queue, "call_foreman", lambda *_: None)


def words_of(app: AppTest) -> str:
    parts = [one.value for kind in ("caption", "markdown", "text", "error", "code") for one in getattr(app, kind)]
    parts += [one.proto.body for one in app.get("html")]
    return "\n".join(map(str, parts)).replace("&nbsp;", " ")


def keys_of(app: AppTest) -> set[str]:
    return {button.key for button in app.button}


def curves_of(app: AppTest) -> dict[str, Any]:
    """Name of a curve -> its points, of the pictures of loss and accuracy."""
    found = {}
    for chart in app.get("echarts_chart"):
        for line in json.loads(chart.proto.spec)["series"]:
            found[chart.proto.id.rsplit("_", 1)[-1], line["name"]] = line["data"]
    return found


def saved(workspace: Workspace, ref: CorpusRef, request: SelectionRequest, name: str = "mine") -> dict[str, Any]:
    recipe = select(workspace, latest_scores(workspace, ref), request).recipe
    workspace.keep_selection(ref, name, recipe)
    return recipe


def queued(workspace: Workspace, run: RunFolder) -> None:
    """Let the queue know a run that waits."""
    run.write_status(replace(run.read_status(), state=RunState.QUEUED))
    queueing.start([run.path], workspace=workspace)


# Nothing yet


def test_without_labels_the_page_says_what_to_do(open_page: OpenPage, workspace: Workspace) -> None:
    app = open_page("train", data=str(workspace.keep_corpus(with_roles(small_corpus(), Roles("text")))))
    assert not app.exception
    assert "needs labels" in words_of(app)
    assert keys_of(app) == {"to_data"}


def test_without_scores_nothing_can_be_launched(open_page: OpenPage, unscored: CorpusRef) -> None:
    app = open_page("train", data=str(unscored))
    assert not app.exception
    assert "Score this data set first" in words_of(app)
    assert not keys_of(app) & {"train_go", "study_go"}


def test_where_nothing_was_trained_both_ways_are_offered_and_no_empty_card_is_shown(
    open_page: OpenPage, scored: CorpusRef
) -> None:
    app = open_page("train", data=str(scored))
    assert not app.exception
    assert {"train_go", "study_go"} <= keys_of(app)
    said = words_of(app)
    assert "Nothing was trained on this data set yet" in said
    assert "Queue" not in said
    assert "Is the part enough?" not in said


# Launching


def test_every_option_of_the_form_reaches_the_worker(
    open_page: OpenPage, scored: CorpusRef, started: list[str]
) -> None:
    app = open_page("train", data=str(scored))
    app.text_input(key="train_model").set_value(" some/model ")
    app.number_input(key="train_epochs").set_value(2.0)
    app.number_input(key="train_seed").set_value(7)
    app.selectbox(key="train_method").set_value("lora")
    app.selectbox(key="train_weights").set_value("balanced")
    app.number_input(key="train_patience").set_value(3)
    app.number_input(key="train_rate").set_value(0.001)
    app.number_input(key="train_batch").set_value(8)
    app.number_input(key="train_tokens").set_value(64)
    app.multiselect(key="train_baselines").set_value(["full"]).run()
    app.button(key="train_go").click().run()
    assert not app.exception
    specs = [RunFolder(Path(folder)).read_spec() for folder in started]
    assert [spec["arm"] for spec in specs] == ["subset", "full"]
    assert FitOptions(**specs[0]["options"]) == FitOptions(
        "some/model", epochs=2.0, seed=7, method="lora", class_weights="balanced", early_stopping=3,
        learning_rate=0.001, batch_size=8, max_tokens=64,
    )  # fmt: skip


def test_steps_take_the_place_of_epochs(open_page: OpenPage, scored: CorpusRef, started: list[str]) -> None:
    app = open_page("train", data=str(scored))
    app.number_input(key="train_steps").set_value(40).run()
    app.button(key="train_go").click().run()
    options = RunFolder(Path(started[0])).read_spec()["options"]
    assert (options["steps"], options["epochs"]) == (40, None)


def test_prove_it_asks_about_the_saved_selection_as_it_was_made(
    open_page: OpenPage, scored: CorpusRef, workspace: Workspace, started: list[str]
) -> None:
    asked = SelectionRequest(0.3, "information_entropy", Strategy.TOP, balance=Balance.ROOT, seed=3)
    saved(workspace, scored, asked)
    app = open_page("train", data=str(scored))
    assert app.text_input(key="study_budgets").value == "30 %"
    assert f"{5 * (3 + 2) + 5} trainings" in words_of(app)
    app.number_input(key="study_seeds").set_value(2)
    app.number_input(key="study_draws").set_value(1)
    app.multiselect(key="study_strategies").set_value(["longest"])
    app.radio(key="study_regime").set_value("steps").run()
    assert f"{2 * (1 + 3) + 2} trainings" in words_of(app)
    app.button(key="study_go").click().run()
    assert not app.exception
    assert not app.error
    spec = RunFolder(Path(started[0])).read_spec()
    request = StudyRequest.from_json(spec["request"])
    assert request.budgets == (0.3,)
    assert (request.seeds, request.draws, request.regime) == (2, 1, Regime.STEPS)
    assert list(request.arms) == ["top", "longest"]
    arm = request.arms["top"]
    assert (arm.by, arm.strategy, arm.balance) == ("information_entropy", Strategy.TOP, Balance.ROOT)
    assert len(spec["test"]["rows"]) == 12  # a fifth of 60


def test_a_control_is_chosen_like_a_strategy_and_refused_where_it_is_no_control(
    open_page: OpenPage, scored: CorpusRef, started: list[str]
) -> None:
    app = open_page("train", data=str(scored))
    app.number_input(key="study_seeds").set_value(2)
    app.multiselect(key="study_strategies").set_value(["rs2", "random_by_length"]).run()
    assert f"{2 * (1 + 3 + 1 + 1 + 3 + 1)} trainings" in words_of(app)
    app.radio(key="study_regime").set_value("steps").run()
    assert "rs2 is a training on all rows" in app.error[0].value
    assert app.button(key="study_go").disabled
    app.radio(key="study_regime").set_value("epochs").run()
    app.button(key="study_go").click().run()
    request = StudyRequest.from_json(RunFolder(Path(started[0])).read_spec()["request"])
    assert request.controls == ("rs2", "random_by_length")


def test_several_budgets_and_one_that_is_typed(open_page: OpenPage, scored: CorpusRef, started: list[str]) -> None:
    app = open_page("train", data=str(scored))
    app.text_input(key="study_budgets").set_value("16 %, 30 %").run()
    assert "at each of 2 budgets" in words_of(app)
    app.session_state["study_budgets"] = "12 %, 16 %"
    app.run()
    app.button(key="study_go").click().run()
    request = StudyRequest.from_json(RunFolder(Path(started[0])).read_spec()["request"])
    assert request.budgets == (0.12, 0.16)
    assert len(planned(request)) == 5 * (2 * 5 + 1)


@pytest.mark.parametrize("budget", ["moon", "120 %", "0 %", "200", "-3 %", "1 %"])
def test_a_budget_that_is_none_is_told_and_nothing_starts(
    budget: str, open_page: OpenPage, scored: CorpusRef, started: list[str]
) -> None:
    app = open_page("train", data=str(scored))
    app.session_state["study_budgets"] = budget
    app.run()
    assert not app.exception
    assert len(app.error) == 1
    assert app.button(key="study_go").disabled
    assert not app.button(key="train_go").disabled
    assert started == []


def test_the_budget_of_a_study_follows_the_selection_until_it_is_changed_by_hand(
    open_page: OpenPage, scored: CorpusRef, workspace: Workspace
) -> None:
    saved(workspace, scored, SelectionRequest(0.4, strategy=Strategy.LONGEST), "forty")
    saved(workspace, scored, SelectionRequest(0.1, strategy=Strategy.LONGEST), "ten")
    app = open_page("train", data=str(scored))
    app.selectbox(key="train_selection").set_value("forty").run()
    assert app.text_input(key="study_budgets").value == "40 %"
    app.selectbox(key="train_selection").set_value("ten").run()
    assert app.text_input(key="study_budgets").value == "10 %"
    app.text_input(key="study_budgets").set_value("6 %").run()
    assert app.text_input(key="study_budgets").value == "6 %"


@pytest.mark.parametrize("button", ["train_go", "study_go"])
def test_a_model_folder_that_is_not_there_is_refused_before_anything_is_queued(
    open_page: OpenPage, scored: CorpusRef, started: list[str], button: str
) -> None:
    app = open_page("train", data=str(scored))
    app.text_input(key="train_model").set_value("/nowhere/bert").run()
    app.button(key=button).click().run()
    assert "There is no model folder '/nowhere/bert'" in app.error[0].value
    assert started == []


def test_without_a_budget_there_is_no_study(open_page: OpenPage, scored: CorpusRef) -> None:
    app = open_page("train", data=str(scored))
    app.text_input(key="study_budgets").set_value("").run()
    assert "needs a budget" in app.error[0].value
    assert app.button(key="study_go").disabled


def test_a_random_selection_has_nothing_to_be_compared_with(
    open_page: OpenPage, scored: CorpusRef, workspace: Workspace
) -> None:
    saved(workspace, scored, SelectionRequest(0.3, strategy=Strategy.RANDOM))
    app = open_page("train", data=str(scored))
    assert "random one" in app.error[0].value
    assert app.button(key="study_go").disabled
    app.multiselect(key="study_strategies").set_value(["longest"]).run()
    assert not app.error
    assert not app.button(key="study_go").disabled


def test_a_study_in_steps_of_its_own_is_refused_in_a_sentence(open_page: OpenPage, scored: CorpusRef) -> None:
    app = open_page("train", data=str(scored))
    app.number_input(key="train_steps").set_value(40).run()
    assert "counts in epochs" in app.error[0].value
    assert app.button(key="study_go").disabled


def test_a_missing_test_file_is_told(open_page: OpenPage, scored: CorpusRef, started: list[str]) -> None:
    app = open_page("train", data=str(scored))
    app.radio(key="train_test").set_value("A file").run()
    app.button(key="study_go").click().run()
    assert "No test set was given" in app.error[0].value
    assert started == []


def test_the_same_study_is_not_begun_twice(open_page: OpenPage, scored: CorpusRef) -> None:
    app = open_page("train", data=str(scored))
    app.button(key="study_go").click().run()
    assert not app.error
    app.button(key="study_go").click().run()
    assert "same work is under way" in app.error[0].value


# The queue


def test_the_queue_shows_what_waits_and_lets_it_be_changed(
    open_page: OpenPage, scored: CorpusRef, workspace: Workspace
) -> None:
    first, second = (keep_run(workspace, scored, arm, RunState.QUEUED) for arm in ("subset", "full"))
    for run in (first, second):
        queued(workspace, run)
    names = [run.path.name for run in (first, second)]
    app = open_page("train", data=str(scored))
    assert not app.exception
    said = words_of(app)
    assert "2 waiting" in said
    assert "Fine-tune, selection" in said
    assert f"up_{names[0]}" not in keys_of(app)

    app.button(key=f"up_{names[1]}").click().run()
    order = [run.id for run in queue_card.listed(queueing.open_jobs(workspace)[0])]
    assert order == [names[1], names[0]]

    app.button(key=f"pause_{names[0]}").click().run()
    assert queueing.find_job(workspace, names[0]).status.state is RunState.PAUSED
    app.button(key=f"resume_{names[0]}").click().run()
    assert queueing.find_job(workspace, names[0]).status.state is RunState.QUEUED
    app.button(key=f"cancel_{names[1]}").click().run()
    assert queueing.find_job(workspace, names[1]).status.state is RunState.CANCELLED
    assert not app.exception


@pytest.mark.parametrize("state", [RunState.FAILED, RunState.LOST])
def test_what_ended_badly_says_why_and_can_be_tried_again(
    state: RunState, open_page: OpenPage, scored: CorpusRef, workspace: Workspace
) -> None:
    run = keep_run(workspace, scored, "subset", state, message=FULL_DISK)
    app = open_page("train", data=str(scored))
    assert not app.exception
    assert FULL_DISK.removesuffix(".") in words_of(app)
    app.button(key=f"retry_{run.path.name}").click().run()
    assert queueing.find_job(workspace, run.path.name).status.state is RunState.QUEUED


def test_all_that_ended_badly_counts_and_each_can_be_dismissed_until_it_is_tried_again(
    open_page: OpenPage, scored: CorpusRef, workspace: Workspace
) -> None:
    runs = [keep_run(workspace, scored, "subset", RunState.FAILED, message=FULL_DISK) for _ in range(5)]
    app = open_page("train", data=str(scored))
    assert "5 ended badly" in words_of(app)
    assert "2 more ended badly" in words_of(app)
    shown = [key for key in keys_of(app) if key.startswith("dismiss_")]
    assert len(shown) == 3
    app.button(key=shown[0]).click().run()
    assert not app.exception
    assert "4 ended badly" in words_of(app)
    (dismissed,) = [run for run in runs if run.dismissed_marker.exists()]
    assert dismissed.path.name == shown[0].removeprefix("dismiss_")
    assert queueing.find_job(workspace, dismissed.path.name).status.state is RunState.FAILED
    queueing.retry(workspace, dismissed.path.name)
    assert not dismissed.dismissed_marker.exists()


@pytest.mark.parametrize("state", [RunState.QUEUED, RunState.RUNNING, RunState.DONE, RunState.CANCELLED])
def test_what_did_not_end_badly_cannot_be_dismissed(state: RunState, scored: CorpusRef, workspace: Workspace) -> None:
    run = keep_run(workspace, scored, "subset", state)
    if state in (RunState.QUEUED, RunState.RUNNING):
        queued(workspace, run)
    with pytest.raises(InputError, match="cannot be dismissed: it is"):
        queueing.dismiss(workspace, run.path.name)


def test_what_ended_badly_long_ago_is_in_no_queue(workspace: Workspace, scored: CorpusRef) -> None:
    run = keep_run(workspace, scored, "subset", RunState.FAILED)
    assert [job.id for job in queue_card.listed(queueing.open_jobs(workspace)[0])] == [run.path.name]
    long_ago = time.time() - 2 * 86_400
    run.write_status(status(RunState.FAILED, created=long_ago))  # it worked for two days
    assert [job.id for job in queue_card.listed(queueing.open_jobs(workspace)[0])] == [run.path.name]
    run.write_status(replace(status(RunState.FAILED, created=long_ago - 60), ended_at=long_ago))
    assert queue_card.listed(queueing.open_jobs(workspace)[0]) == []


def test_a_job_that_changed_meanwhile_is_told(
    open_page: OpenPage, scored: CorpusRef, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = keep_run(workspace, scored, "subset", RunState.QUEUED)
    queued(workspace, run)
    app = open_page("train", data=str(scored))

    def too_late(*_: object) -> None:
        raise InputError("Job 7 cannot be paused: it is done.")

    monkeypatch.setattr(queueing, "pause", too_late)
    app.button(key=f"pause_{run.path.name}").click().run()
    assert not app.exception
    assert "cannot be paused" in app.toast[0].value


def test_a_job_of_another_data_set_is_in_the_queue_under_its_name(
    open_page: OpenPage, scored: CorpusRef, workspace: Workspace
) -> None:
    other = workspace.keep_corpus(replace(small_corpus(), name="another set", labels=np.zeros(60, dtype=np.int64)))
    keep_run(workspace, other, "subset", RunState.PAUSED)
    app = open_page("train", data=str(scored))
    assert "another set" in words_of(app)


# Live


def test_a_running_fine_tune_shows_its_curves_and_its_pace(
    open_page: OpenPage, scored: CorpusRef, workspace: Workspace
) -> None:
    run = keep_run(workspace, scored, "subset", RunState.RUNNING, message="812 rows/s, 75 s left")
    run.append_log("Halved the batch.")
    app = open_page("train", data=str(scored))
    assert not app.exception
    said = words_of(app)
    assert "running · step 4 of 9 · 812 rows/s · 1 min 15 s left · 512 MB" in said
    assert "Halved the batch." in said
    curves = curves_of(app)
    assert curves["loss", "Selection"] == [[1, 2.0], [2, 1.0], [3, 0.66667], [4, 0.5]]
    assert curves["accuracy", "Selection"] == [[1, 0.2], [2, 0.4], [3, 0.6], [4, 0.8]]


def test_the_picture_of_the_curves_stays_the_same_one_while_they_grow(
    open_page: OpenPage, scored: CorpusRef, workspace: Workspace
) -> None:
    run = keep_run(workspace, scored, "subset", RunState.RUNNING)
    app = open_page("train", data=str(scored))
    before = [chart.proto.id for chart in app.get("echarts_chart")]
    run.append_metric({"step": 5, "loss": 0.1, "accuracy": 1.0})
    app.run()
    assert [chart.proto.id for chart in app.get("echarts_chart")] == before
    assert curves_of(app)["loss", "Selection"][-1] == [5, 0.1]


@pytest.mark.parametrize("state", list(RunState))
def test_a_fine_tune_is_shown_in_every_state(
    state: RunState, open_page: OpenPage, scored: CorpusRef, workspace: Workspace
) -> None:
    keep_run(workspace, scored, "subset", state, message="What happened.")
    app = open_page("train", data=str(scored))
    assert not app.exception
    assert "10 rows" in words_of(app)


def test_damaged_runs_do_not_take_the_page_down(open_page: OpenPage, scored: CorpusRef, workspace: Workspace) -> None:
    for number, content in enumerate(('{"version": 1, "kind": "train"}', "{", '{"version": 99}', "[]")):
        run = keep_run(workspace, scored, "subset", RunState.DONE, experiment=f"e{number}")
        (run.path / "spec.json").write_text(content)
    half = keep_run(workspace, scored, "subset", RunState.DONE, experiment="whole")
    half.write_status(replace(half.read_status(), result={"accuracy": "?"}))
    lines = keep_run(workspace, scored, "random", RunState.DONE, experiment="whole")
    (lines.path / "metrics.jsonl").write_text("{\n{}\n")
    app = open_page("train", data=str(scored))
    assert not app.exception
    assert "damaged" in app.error[0].value


def test_figures_that_are_no_numbers_are_left_out_of_the_curves(
    open_page: OpenPage, scored: CorpusRef, workspace: Workspace
) -> None:
    run = keep_run(workspace, scored, "subset", RunState.RUNNING)
    for line in ({"step": 5}, {"step": 6, "loss": float("nan")}, {"step": 7, "loss": "low"}, {"loss": 1.0}):
        run.append_metric(line)
    app = open_page("train", data=str(scored))
    assert not app.exception
    assert len(curves_of(app)["loss", "Selection"]) == 4


# Studies


def test_a_whole_study_is_a_verdict_a_chart_and_a_table(
    open_page: OpenPage, scored: CorpusRef, workspace: Workspace
) -> None:
    run = keep_study(workspace, scored)
    app = open_page("train", data=str(scored))
    assert not app.exception
    assert not app.error
    said = words_of(app)
    study = open_study(run.path)
    ((_, verdict),) = study.verdicts()
    assert verdict.sentence in said
    assert "trainings are done" not in said
    gain = study.compared().arm("longest", 0.16).to_random
    assert f"{100 * gain.mean:+.1f} ({100 * gain.low:.1f} to {100 * gain.high:.1f})" in said
    assert len(app.get("plotly_chart")) == 1
    assert re.findall('download="(.*?)"', said) == ["results.json", "small-study-accuracy.csv"]


@pytest.mark.parametrize("metric", ["macro_f1", "nll", "ece"])
def test_every_metric_has_its_own_verdict(
    metric: str, open_page: OpenPage, scored: CorpusRef, workspace: Workspace
) -> None:
    run = keep_study(workspace, scored)
    app = open_page("train", data=str(scored))
    app.button_group(key="study_metric").set_value(metric).run()
    assert not app.exception
    ((_, verdict),) = open_study(run.path).verdicts(metric)
    assert verdict.sentence in words_of(app)


def test_a_running_study_says_which_training_and_shows_what_there_is(
    open_page: OpenPage, scored: CorpusRef, workspace: Workspace
) -> None:
    keep_study(workspace, scored, done=7, state=RunState.RUNNING)
    app = open_page("train", data=str(scored))
    assert not app.exception
    said = words_of(app)
    assert "Training 8 of 15: random 16 %, seed 1, subset 2" in said
    assert "7 of 15 trainings are done" in said
    assert [name for _, name in curves_of(app)] == ["random 16 %, seed 1, subset 2"] * 2
    assert "study_go" in keys_of(app)


@pytest.mark.parametrize("done", [1, 2, 4])
def test_a_study_is_shown_however_little_of_it_is_done(
    done: int, open_page: OpenPage, scored: CorpusRef, workspace: Workspace
) -> None:
    keep_study(workspace, scored, done=done, state=RunState.RUNNING)
    app = open_page("train", data=str(scored))
    assert not app.exception
    assert not app.error


@pytest.mark.parametrize("state", [RunState.QUEUED, RunState.RUNNING])
def test_a_study_before_its_first_training(
    state: RunState, open_page: OpenPage, scored: CorpusRef, workspace: Workspace
) -> None:
    keep_study(workspace, scored, state=state, begun=False, message="Scoring: 3 a second")
    app = open_page("train", data=str(scored))
    assert not app.exception
    assert "Nothing is trained yet" in words_of(app)


@pytest.mark.parametrize("state", [RunState.FAILED, RunState.LOST, RunState.CANCELLED])
def test_a_study_that_ended_badly_keeps_what_it_has_and_goes_on(
    state: RunState, open_page: OpenPage, scored: CorpusRef, workspace: Workspace
) -> None:
    run = keep_study(workspace, scored, done=10, state=state, message=FULL_DISK)
    app = open_page("train", data=str(scored))
    assert FULL_DISK in app.error[0].value
    assert f"10 of {len(planned(REQUEST))} trainings are done" in words_of(app)
    app.button(key="again_study").click().run()
    assert not app.exception
    assert queueing.find_job(workspace, run.path.name).status.state is RunState.QUEUED


def test_of_several_studies_the_newest_is_shown_and_the_others_can_be_chosen(
    open_page: OpenPage, scored: CorpusRef, workspace: Workspace
) -> None:
    older = keep_study(workspace, scored, request=replace(REQUEST, budgets=(0.3,)), created=time.time() - 3600)
    keep_study(workspace, scored)
    app = open_page("train", data=str(scored))
    assert "At 16 % the selection" in words_of(app)
    app.selectbox(key="study_which").set_value(older.path.name).run()
    assert not app.exception
    assert "At 30 % the selection" in words_of(app)


def test_a_study_of_several_budgets_has_a_verdict_for_each(
    open_page: OpenPage, scored: CorpusRef, workspace: Workspace
) -> None:
    keep_study(workspace, scored, request=replace(REQUEST, budgets=(0.05, 0.16, 0.3)))
    app = open_page("train", data=str(scored))
    assert not app.exception
    said = words_of(app)
    assert all(f"At {budget} % the selection" in said for budget in (5, 16, 30))
    assert said.count('class="eud-verdict"') == 1


@pytest.mark.parametrize(
    "content", ["{", "[]", "{}", '{"version": 99}', '{"version": 1}', '{"version": 1, "request": {"budgets": 3}}']
)
def test_a_damaged_study_is_one_sentence(
    content: str, open_page: OpenPage, scored: CorpusRef, workspace: Workspace
) -> None:
    run = keep_study(workspace, scored)
    (run.path / STUDY).write_text(content)
    app = open_page("train", data=str(scored))
    assert not app.exception
    assert len(app.error) == 1


def test_a_study_whose_trainings_are_damaged_is_one_sentence(
    open_page: OpenPage, scored: CorpusRef, workspace: Workspace
) -> None:
    run = keep_study(workspace, scored)
    (run.path / "runs" / "full-0" / "status.json").write_text("{")
    app = open_page("train", data=str(scored))
    assert not app.exception
    assert len(app.error) == 1


def test_a_study_that_lacks_what_it_should_tell_is_damaged(
    open_page: OpenPage, scored: CorpusRef, workspace: Workspace
) -> None:
    run = keep_study(workspace, scored)
    about = json.loads((run.path / STUDY).read_text())
    del about["scoring_seconds"]
    (run.path / STUDY).write_text(json.dumps(about))
    app = open_page("train", data=str(scored))
    assert not app.exception
    assert "damaged" in app.error[0].value


def test_a_spec_of_a_study_that_nobody_understands_is_left_out(
    open_page: OpenPage, scored: CorpusRef, workspace: Workspace
) -> None:
    run = keep_study(workspace, scored)
    spec = json.loads((run.path / "spec.json").read_text())
    (run.path / "spec.json").write_text(json.dumps({**spec, "request": {"budgets": "many"}}))
    app = open_page("train", data=str(scored))
    assert not app.exception
    assert "Is the part enough?" not in words_of(app)


# A copy


def test_a_copy_of_a_fine_tune_fills_the_form_and_what_is_changed_is_launched(
    open_page: OpenPage, scored: CorpusRef, workspace: Workspace, started: list[str]
) -> None:
    recipe = saved(workspace, scored, SelectionRequest(0.4, strategy=Strategy.LONGEST), "the one")
    options = FitOptions("some/model", epochs=2.0, seed=5, method="head", early_stopping=4, batch_size=8, onnx=True)
    keep_run(workspace, scored, "subset", RunState.DONE, options=options, recipe=recipe)
    keep_run(workspace, scored, "full", RunState.DONE, options=options)
    app = open_page("train", data=str(scored))
    app.button(key="copy_runs").click().run()
    assert not app.exception
    assert app.text_input(key="train_model").value == "some/model"
    assert app.multiselect(key="train_baselines").value == ["full"]
    assert app.selectbox(key="train_selection").value == "As in the copy"
    assert app.radio(key="train_test").value == "As in the copy"
    assert "onnx True" in words_of(app)
    app.number_input(key="train_epochs").set_value(4.0).run()
    app.button(key="train_go").click().run()
    assert not app.exception
    specs = [RunFolder(Path(folder)).read_spec() for folder in started]
    assert [spec["arm"] for spec in specs] == ["subset", "full"]
    assert FitOptions(**specs[0]["options"]) == replace(options, epochs=4.0)
    assert specs[0]["test"]["rows"] == [50, 51, 52]
    chosen = select(workspace, latest_scores(workspace, scored), request_from_recipe(recipe)).rows
    assert specs[0]["rows"] == [row for row in chosen.tolist() if row not in (50, 51, 52)]

    app.button(key="copy_forget").click().run()
    assert app.text_input(key="train_model").value == "builtin"
    assert app.selectbox(key="train_selection").value == "the one"


def test_a_copy_of_a_study_fills_the_form(
    open_page: OpenPage, scored: CorpusRef, workspace: Workspace, started: list[str]
) -> None:
    arms = {
        "top": SelectionRequest(1.0, "information_entropy", Strategy.TOP, balance=Balance.ROOT),
        "longest": SelectionRequest(1.0, strategy=Strategy.LONGEST),
    }
    request = StudyRequest((0.12, 0.3), arms, seeds=4, draws=2, regime=Regime.STEPS, options=FitOptions(epochs=2.0))
    keep_study(workspace, scored, request=request)
    app = open_page("train", data=str(scored))
    app.button(key="copy_study").click().run()
    assert not app.exception
    assert app.session_state["train_tab"] == "Prove it"
    app.number_input(key="study_seeds").set_value(3).run()
    app.button(key="study_go").click().run()
    assert not app.error
    spec = RunFolder(Path(started[0])).read_spec()
    assert StudyRequest.from_json(spec["request"]) == replace(request, seeds=3)
    assert spec["test"]["rows"] == [0, 1, 2, 3, 4]


def test_a_copy_is_still_there_when_the_page_was_left_in_between(scored: CorpusRef, workspace: Workspace) -> None:
    run = keep_run(workspace, scored, "subset", RunState.DONE, options=FitOptions("some/model", epochs=2.0, seed=5))
    app = AppTest.from_file(PAGES / "train.py", default_timeout=60)
    app.query_params["data"] = str(scored)
    app.session_state["train_copied"] = copying.read(run)
    app.run()
    assert not app.exception
    assert (app.text_input(key="train_model").value, app.number_input(key="train_seed").value) == ("some/model", 5)
    app.text_input(key="train_model").set_value("another").run()
    assert app.text_input(key="train_model").value == "another"


def test_a_copy_of_a_run_of_another_data_set_opens_that_one(
    open_page: OpenPage, scored: CorpusRef, workspace: Workspace
) -> None:
    other = workspace.keep_corpus(replace(small_corpus(), name="another set", labels=np.zeros(60, dtype=np.int64)))
    run = keep_run(workspace, other, "subset", RunState.PAUSED)
    app = open_page("train", data=str(scored))
    app.button(key=f"copy_{run.path.name}").click().run()
    assert not app.exception
    assert app.session_state["data"] == str(other)


def test_a_run_of_another_version_cannot_be_copied_and_says_so(
    open_page: OpenPage, scored: CorpusRef, workspace: Workspace
) -> None:
    run = keep_run(workspace, scored, "subset", RunState.PAUSED)
    spec = json.loads((run.path / "spec.json").read_text())
    (run.path / "spec.json").write_text(json.dumps({**spec, "options": {"wings": 2}}))
    app = open_page("train", data=str(scored))
    app.button(key=f"copy_{run.path.name}").click().run()
    assert not app.exception
    assert "another version" in app.toast[0].value
    assert app.text_input(key="train_model").value == "builtin"


# Only looking


def test_a_read_only_server_shows_everything_and_changes_nothing(
    open_page: OpenPage, scored: CorpusRef, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_study(workspace, scored)
    keep_run(workspace, scored, "subset", RunState.FAILED, message=FULL_DISK)
    paused = keep_run(workspace, scored, "full", RunState.PAUSED, experiment="e2")
    before = sorted((str(path), path.stat().st_mtime_ns) for path in workspace.root.rglob("*") if path.is_file())
    monkeypatch.setenv("EUDSCORE_READ_ONLY", "1")
    app = open_page("train", data=str(scored))
    assert not app.exception
    assert "At 16 % the selection" in words_of(app)
    assert f"resume_{paused.path.name}" in keys_of(app)
    assert all(button.disabled for button in app.button), [one.key for one in app.button if not one.disabled]
    after = sorted((str(path), path.stat().st_mtime_ns) for path in workspace.root.rglob("*") if path.is_file())
    assert after == before


def test_the_table_for_a_spreadsheet_has_the_figures_of_the_study(workspace: Workspace, scored: CorpusRef) -> None:
    study = open_study(keep_study(workspace, scored).path)
    lines = [line.split(",") for line in csv_of(study).splitlines()]
    rows = [dict(zip(lines[0], line, strict=True)) for line in lines[1:]]
    assert [row["strategy"] for row in rows] == ["random", "longest", BY_CLASS, "full"]
    gain = study.compared().arm("longest", 0.16).to_random
    assert float(rows[1]["gain_over_random"]) == gain.mean
    assert float(rows[1]["detectable_over_random"]) == gain.detectable
    assert rows[0]["gain_over_random"] == ""
    assert rows[3]["budget"] == ""


def test_a_submitted_study_waits_as_long_as_it_takes(workspace: Workspace, scored: CorpusRef) -> None:
    from eudscore.workflow.submitting import TestSet

    run = submit_study(workspace, scored, TestSet(rows=np.arange(5)), REQUEST)
    run.write_status(replace(run.read_status(), created_at=time.time() - 3600))
    assert queueing.find_job(workspace, run.path.name).status.state is RunState.QUEUED


@pytest.mark.parametrize(("tab", "button"), [("once", "train_quote_go"), ("prove", "study_quote_go")])
def test_the_cost_is_estimated_by_a_worker_and_told_in_a_sentence(
    open_page: OpenPage, scored: CorpusRef, started: list[str], tab: str, button: str
) -> None:
    app = open_page("train", data=str(scored))
    app.number_input(key="train_price").set_value(2.5).run()
    assert not app.exception
    app.button(key=button).click().run()
    assert not app.exception, tab
    (folder,) = started
    run = RunFolder(Path(folder))
    spec = run.read_spec()
    assert (spec["kind"], spec["price"]) == ("quote_training", 2.5)
    assert ("study" in spec) == (tab == "prove")
    result = {"sentence": "About 4 min for 3 trainings."}
    run.write_status(replace(run.read_status(), state=RunState.DONE, result=result))
    app = open_page("train", data=str(scored))
    app.number_input(key="train_price").set_value(2.5).run()
    assert "About 4 min for 3 trainings." in "\n".join(element.proto.body for element in app.get("html"))
    app.number_input(key="train_epochs").set_value(7.0).run()
    assert app.button(key=button), "other options cost something else"
