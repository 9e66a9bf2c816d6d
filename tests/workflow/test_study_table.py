"""The figures of a study in words, as Markdown and as CSV, and where it is while it runs."""

import csv
import io
from dataclasses import replace

import pytest

from eudscore.jobs.folder import RunFolder
from eudscore.records import RunState
from eudscore.store.workspace import CorpusRef, Workspace
from eudscore.workflow.study_plan import Planned, Regime, planned
from eudscore.workflow.study_progress import seconds_left, stamp_of, training_now, trainings_done
from eudscore.workflow.study_results import RESULTS, STUDY, Study, open_study
from eudscore.workflow.study_table import csv_of, heads_for, lines_of, overlap_line, rows_of, table_of
from tests.pages.kept_runs import REQUEST, keep_study

REF = CorpusRef("0" * 16, "1" * 16)
METRICS = ("accuracy", "macro_f1", "nll", "ece")


@pytest.fixture
def study(workspace: Workspace) -> Study:
    return open_study(keep_study(workspace, REF).path)


@pytest.mark.parametrize("metric", METRICS)
def test_markdown_holds_the_same_cells_and_bolds_what_is_beyond_chance(study: Study, metric: str) -> None:
    head, _, *body = table_of(study, metric)
    assert head == "| " + " | ".join(heads_for(metric)) + " |"
    for told, line in zip(body, rows_of(study, metric), strict=True):
        cells = [cell.strip() for cell in told.strip("| ").split(" | ")]
        assert "".join(cells).replace("*", "") == "".join(line.cells)
        assert told.count("**") == 2 * len(line.shown)


def test_a_difference_is_bold_exactly_where_the_study_shows_one(study: Study) -> None:
    for arm, line in zip(study.compared().arms, rows_of(study), strict=True):
        against = {name for name, place in (("random", 5), ("full", 7)) if place in line.shown}
        gains = {"random": arm.to_random, "full": arm.to_full}
        assert against == {name for name, gain in gains.items() if gain is not None and gain.shown}


@pytest.mark.parametrize(
    ("same", "near", "said"),
    [(0, 0, ""), (1, 0, "1 of the test texts stands among the rows to train on as well."),
     (0, 2, "2 of the test texts are near-duplicates of such a row."),
     (11, 1, "11 of the test texts stand among the rows to train on as well, and 1 more is a near-duplicate of such "
             "a row.")],
)  # fmt: skip
def test_what_a_model_may_know_of_the_test_set_is_told(same: int, near: int, said: str) -> None:
    assert overlap_line(same, near) == said


def test_recalls_are_told_of_every_arm_but_the_one_that_they_are_compared_with(study: Study) -> None:
    told = [line.split(": ")[0] for line in lines_of(study) if "Recall against random" in line]
    assert told == ["longest 16 %", "random by class 16 %"]


def test_an_arm_that_is_chosen_by_class_needs_all_labels_and_a_random_one_its_own(study: Study) -> None:
    needed = {arm.strategy: study.labels(arm) for arm in study.compared().arms}
    assert needed == {"random": 9, "random_by_class": 55, "longest": 55, "full": 55}


@pytest.mark.parametrize("metric", METRICS)
def test_the_csv_has_the_numbers_of_every_arm(study: Study, metric: str) -> None:
    comparison = study.compared(metric)
    rows = list(csv.DictReader(io.StringIO(csv_of(study, metric))))
    assert len(rows) == len(comparison.arms)
    for row, arm in zip(rows, comparison.arms, strict=True):
        assert (row["strategy"], float(row["mean"]), float(row["training_seconds"])) == (
            arm.strategy, arm.mean, arm.seconds,
        )  # fmt: skip
        for against, gain in (("random", arm.to_random), ("full", arm.to_full)):
            assert row[f"low_over_{against}"] == ("" if gain is None else str(gain.low))
            assert row[f"worse_than_{against}"] == ("" if gain is None else str(gain.worse))
        cost = study.cost(comparison, arm)
        assert row["times_faster"] == ("" if cost is None else str(cost.speed_up))


def test_of_one_seed_the_csv_leaves_empty_what_is_not_known(workspace: Workspace) -> None:
    study = open_study(keep_study(workspace, REF, request=replace(REQUEST, seeds=1)).path)
    rows = list(csv.DictReader(io.StringIO(csv_of(study))))
    assert {row["sd"] for row in rows} == {""}
    assert {row["low_over_random"] for row in rows} == {""}
    assert "nan" not in csv_of(study)


def test_an_unfinished_study_says_so_once(workspace: Workspace) -> None:
    study = open_study(keep_study(workspace, REF, done=7, state=RunState.FAILED).path)
    assert "\n".join(lines_of(study)).count("7 of 15 trainings are done") == 1
    assert "trainings are done" not in "\n".join(lines_of(open_study(keep_study(workspace, REF).path)))


@pytest.mark.parametrize(
    ("done", "name"),
    [(0, "longest 16 %, seed 0"), (2, "random 16 %, seed 0, subset 2"), (3, "random by class 16 %, seed 0"),
     (4, "all rows, seed 0"), (14, "all rows, seed 2")],
)  # fmt: skip
def test_the_training_under_way_is_known_by_number_and_name(workspace: Workspace, done: int, name: str) -> None:
    run = keep_study(workspace, REF, done=done, state=RunState.RUNNING)
    now = training_now(run.path, REQUEST)
    assert now is not None
    assert now.sentence == f"training {done + 1} of 15: {name}"
    assert now.planned == planned(REQUEST)[done]
    assert now.run.path.name == now.planned.name
    assert trainings_done(run.path, REQUEST) == done


def test_before_the_first_training_and_after_the_last_none_is_under_way(workspace: Workspace) -> None:
    assert training_now(keep_study(workspace, REF, begun=False).path, REQUEST) is None
    assert training_now(keep_study(workspace, REF).path, REQUEST) is None


@pytest.mark.parametrize("regime", Regime)
@pytest.mark.parametrize("done", [2, 4, 5, 7, 14])
def test_what_is_left_is_what_the_same_pace_takes(workspace: Workspace, done: int, regime: Regime) -> None:
    """Every training takes 20 s and half a second an update: then the estimate is exact."""
    request = replace(REQUEST, regime=regime)
    run = keep_study(workspace, REF, request=request, done=done)

    def updates(one: Planned) -> int:
        return 3 if one.budget is not None and regime is Regime.EPOCHS else 12  # 3 epochs of 9 rows, of 55 rows

    for one in planned(request)[:done]:
        folder = RunFolder(run.path / "runs" / one.name)
        status = folder.read_status()
        took = {**status.result, "steps": updates(one), "seconds": 0.5 * updates(one)}
        folder.write_status(replace(status, started_at=100.0, ended_at=120 + 0.5 * updates(one), result=took))
    left = seconds_left(run.path, request)
    assert left == pytest.approx(sum(20 + 0.5 * updates(one) for one in planned(request)[done:]))


def test_nothing_is_said_of_what_is_left_before_two_trainings_are_done(workspace: Workspace) -> None:
    assert seconds_left(keep_study(workspace, REF, begun=False).path, REQUEST) is None
    assert seconds_left(keep_study(workspace, REF, done=1, state=RunState.RUNNING).path, REQUEST) is None
    assert seconds_left(keep_study(workspace, REF).path, REQUEST) == 0
    old = keep_study(workspace, REF, done=3).path
    (old / STUDY).write_text('{"version": 1}')
    assert seconds_left(old, REQUEST) is None


def test_the_stamp_changes_with_the_results(workspace: Workspace) -> None:
    run = keep_study(workspace, REF, begun=False)
    assert stamp_of(run.path) == (0, 0)
    whole: RunFolder = keep_study(workspace, REF)
    before = stamp_of(whole.path)
    text = (whole.path / RESULTS).read_text()
    (whole.path / RESULTS).unlink()
    (whole.path / RESULTS).write_text(text)
    assert stamp_of(whole.path) != before
