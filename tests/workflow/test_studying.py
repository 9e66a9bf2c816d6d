"""A study from its request to its results, with a small real model."""

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from eudscore.errors import EudscoreError, InputError, Interrupted, RequestError
from eudscore.jobs.folder import RunFolder
from eudscore.records import UNLABELLED, Corpus, RunState
from eudscore.selection.request import SelectionRequest, Strategy
from eudscore.store.scores import Scores
from eudscore.store.workspace import Workspace
from eudscore.study.results import FULL, RANDOM, read_cells
from eudscore.workflow import study_rows, studying
from eudscore.workflow.costs import scoring_seconds
from eudscore.workflow.requests import Entropy, FitOptions, ScoreRequest, silent
from eudscore.workflow.sampling import rows_of
from eudscore.workflow.scoring import score
from eudscore.workflow.study_plan import BY_CLASS, BY_LENGTH, RS2, Regime, StudyRequest, planned
from eudscore.workflow.study_results import open_study
from eudscore.workflow.study_rows import choose_all, pool_of, scored_as
from eudscore.workflow.study_runs import study_here
from eudscore.workflow.study_table import lines_of
from eudscore.workflow.studying import carry_out


@pytest.fixture
def pool(workspace: Workspace, corpus: Corpus) -> Corpus:
    return pool_of(workspace, corpus, np.arange(60, 90))


@pytest.fixture
def test_set(corpus: Corpus) -> Corpus:
    return replace(rows_of(corpus, np.arange(60, 90)), name="the rest")


@pytest.fixture
def request_of(tiny_encoder: Path) -> StudyRequest:
    options = FitOptions(str(tiny_encoder), epochs=1, device="cpu")
    arms = {"longest": SelectionRequest(1.0, strategy=Strategy.LONGEST)}
    return StudyRequest((0.3,), arms, seeds=2, draws=2, options=options)


def test_a_study_trains_every_arm_in_pairs_and_writes_the_contracts_results(
    workspace: Workspace, pool: Corpus, test_set: Corpus, request_of: StudyRequest, tmp_path: Path
) -> None:
    out = tmp_path / "study"
    found = carry_out(workspace, pool, test_set, request_of, out)
    assert (found.done, found.total) == (10, 10)
    records = json.loads((out / "results.json").read_text())
    assert read_cells(records) == list(found.cells)
    assert {record["strategy"] for record in records} == {"longest", RANDOM, BY_CLASS, FULL}
    accuracy = [record for record in records if record["metric"] == "accuracy"]
    assert {(r["strategy"], r["seed"]): r["n_train"] for r in accuracy}[("longest", 1)] == 18
    assert sum(record["strategy"] == RANDOM for record in accuracy) == 4
    specs = {path.name: RunFolder(path).read_spec() for path in (out / "runs").iterdir()}
    assert all(spec["options"]["seed"] == int(name.split("-")[-1 if spec["draw"] == 0 else -2])
               for name, spec in specs.items())  # fmt: skip
    drawn = [tuple(sorted(spec["rows"])) for spec in specs.values() if spec["arm"] == RANDOM]
    assert len(set(drawn)) == 4, "every seed and draw has a subset of its own"
    assert specs["longest-30-0"]["rows"] == specs["longest-30-1"]["rows"]
    assert not any((path / "model").exists() for path in (out / "runs").iterdir())
    said = "\n".join(lines_of(found))
    assert "At 30 %" in said
    assert "| all rows | 59 |" in said


def test_what_was_trained_is_not_trained_again_and_a_stopped_study_goes_on_to_the_same_results(
    workspace: Workspace, pool: Corpus, test_set: Corpus, request_of: StudyRequest, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    whole = carry_out(workspace, pool, test_set, request_of, tmp_path / "whole")
    asked: list[int] = []

    def stop_in_mid_training() -> bool:
        asked.append(1)
        return len(asked) > 25

    with pytest.raises(Interrupted, match=r"kept"):
        carry_out(workspace, pool, test_set, request_of, tmp_path / "stopped", should_stop=stop_in_mid_training)
    begun = open_study(tmp_path / "stopped")
    assert 0 < begun.done < begun.total
    assert "trainings are done" in "\n".join(lines_of(begun))
    resumed = carry_out(workspace, pool, test_set, request_of, tmp_path / "stopped")
    assert [(c.strategy, c.seed, c.metric, c.value) for c in resumed.cells] == [
        (c.strategy, c.seed, c.metric, c.value) for c in whole.cells
    ]
    monkeypatch.setattr(studying, "fit_run", lambda *_, **__: pytest.fail("trained again"))
    again = carry_out(workspace, pool, test_set, request_of, tmp_path / "whole")
    assert list(again.cells) == list(whole.cells)


def test_with_equal_updates_the_small_ones_train_as_long_as_all_rows(
    workspace: Workspace, pool: Corpus, test_set: Corpus, request_of: StudyRequest, tmp_path: Path
) -> None:
    request = replace(request_of, regime=Regime.STEPS, seeds=1, draws=1)
    found = carry_out(workspace, pool, test_set, request, tmp_path / "study")
    assert len({cell.steps for cell in found.cells}) == 1
    assert "fixed steps" in next(iter(lines_of(found)))


def test_another_study_and_another_folder_are_refused(
    workspace: Workspace, pool: Corpus, test_set: Corpus, request_of: StudyRequest, tmp_path: Path
) -> None:
    request = replace(request_of, seeds=1, draws=1)
    carry_out(workspace, pool, test_set, request, tmp_path / "study")
    with pytest.raises(RequestError, match="holds a study of another request"):
        carry_out(workspace, pool, test_set, replace(request, seeds=2), tmp_path / "study")
    with pytest.raises(RequestError, match="holds a study of another data"):
        carry_out(workspace, pool, replace(rows_of(test_set, np.arange(20)), name="less"), request, tmp_path / "study")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    with pytest.raises(RequestError, match="not empty and holds no study"):
        carry_out(workspace, pool, test_set, request, tmp_path / "mine")
    with pytest.raises(InputError, match="holds no study"):
        open_study(tmp_path / "mine")


def test_a_training_that_fails_is_told_and_the_others_are_kept(
    workspace: Workspace, pool: Corpus, test_set: Corpus, request_of: StudyRequest, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    original = studying.fit_run

    def failing(session: object, spec: dict[str, object], **more: object) -> object:
        if spec["arm"] == BY_CLASS:
            raise InputError("The disk is full: make room.")
        return original(session, spec, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(studying, "fit_run", failing)
    with pytest.raises(EudscoreError, match=r"The training random_by_class-30-0: The disk is full: make room\."):
        carry_out(workspace, pool, test_set, request_of, tmp_path / "study")
    assert open_study(tmp_path / "study").done == 3
    assert RunFolder(tmp_path / "study" / "runs" / "random_by_class-30-0").read_status().state is RunState.FAILED
    monkeypatch.setattr(studying, "fit_run", original)
    assert carry_out(workspace, pool, test_set, request_of, tmp_path / "study").done == 10


def test_a_budget_too_small_to_learn_from_is_refused_before_anything_is_trained(
    workspace: Workspace, pool: Corpus, test_set: Corpus, request_of: StudyRequest, tmp_path: Path
) -> None:
    with pytest.raises(RequestError, match="1 % of 59 rows is 1, from which nothing can be learnt"):
        carry_out(workspace, pool, test_set, replace(request_of, budgets=(0.01,)), tmp_path / "study")
    assert not (tmp_path / "study").exists()


def test_rows_of_one_class_are_refused_before_anything_is_trained(
    workspace: Workspace, pool: Corpus, test_set: Corpus, request_of: StudyRequest, tmp_path: Path
) -> None:
    """Of two rows drawn without regard to their class, some pair of ten is of one class."""
    request = replace(request_of, budgets=(0.03,), seeds=10)
    with pytest.raises(RequestError, match=r"random at 3 % chose 2 rows of fewer than two classes"):
        carry_out(workspace, pool, test_set, request, tmp_path / "study")
    assert not (tmp_path / "study").exists()


def test_controls_train_on_all_rows_for_fewer_updates_and_on_random_rows_of_the_same_lengths(
    workspace: Workspace, pool: Corpus, test_set: Corpus, request_of: StudyRequest, tmp_path: Path
) -> None:
    options = replace(request_of.options, epochs=4.0)
    request = replace(request_of, seeds=1, options=options, controls=(RS2, BY_LENGTH))
    found = carry_out(workspace, pool, test_set, request, tmp_path / "study")
    arms = {arm.strategy: arm for arm in found.compared().arms}
    assert set(arms) == {RANDOM, BY_CLASS, "longest", RS2, BY_LENGTH, FULL}
    assert arms[RS2].steps == arms["longest"].steps == 8  # 4 epochs of 2 batches of 18 rows
    assert arms[RS2].n_train == len(pool)
    fewer = replace(request, options=request_of.options, controls=(RS2,))
    one = carry_out(workspace, pool, test_set, fewer, tmp_path / "one").compared().arm(RS2, 0.3)
    assert (one.steps, one.n_train) == (2, 32), "of 59 rows two batches are seen"
    assert arms[BY_LENGTH].n_train == arms["longest"].n_train
    runs = {path.name: RunFolder(path).read_spec()["rows"] for path in (tmp_path / "study" / "runs").iterdir()}
    words = np.array([len(text.split()) for text in pool.texts()])
    for name in ("random_by_length-30-0", "random_by_length-30-0-1"):
        assert abs(words[runs[name]].mean() - words[runs["longest-30-0"]].mean()) < 0.5
    assert set(runs["random_by_length-30-0"]) != set(runs["random_by_length-30-0-1"])
    assert [arm.strategy for arm, _ in found.verdicts()] == ["longest"]
    said = "\n".join(lines_of(found))
    assert "rs2: rows drawn anew from all of them in every epoch" in said
    assert "random by length: random rows with the lengths of those of longest." in said


def test_a_study_of_chance_alone_is_refused(
    workspace: Workspace, pool: Corpus, test_set: Corpus, request_of: StudyRequest, tmp_path: Path
) -> None:
    with pytest.raises(RequestError, match="which come along: name one, such as coverage"):
        carry_out(workspace, pool, test_set, replace(request_of, arms={}), tmp_path / "study")


def test_an_arm_that_gives_way_to_chance_draws_anew_in_every_pair(
    workspace: Workspace, pool: Corpus, request_of: StudyRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    arms = {"coverage": SelectionRequest(1.0, strategy=Strategy.COVERAGE)}
    request = replace(request_of, arms=arms, seeds=3)
    asked: list[int] = []
    original = study_rows.select

    def giving_way(held: Workspace, scores: Scores, wanted: SelectionRequest, **more: object) -> object:
        if wanted.strategy is not Strategy.COVERAGE:
            return original(held, scores, wanted, **more)  # type: ignore[arg-type]
        asked.append(wanted.seed)
        found = original(held, scores, replace(wanted, strategy=Strategy.RANDOM), **more)  # type: ignore[arg-type]
        noted = replace(found.selection, notes=("It was better.",), drawn=True)
        return replace(found, selection=noted)

    monkeypatch.setattr(study_rows, "select", giving_way)
    scores = score(workspace, workspace.keep_corpus(pool, listed=False), ScoreRequest((Entropy.INFORMATION,)))
    trainings = planned(request)
    chosen = choose_all(workspace, pool, scores, request, trainings, on_progress=silent)
    drawn = [tuple(sorted(rows)) for name, rows in chosen.rows.items() if name.startswith("coverage")]
    assert len(set(drawn)) == 3
    assert chosen.notes["coverage"] == ["It was better."]


def test_a_study_says_which_strategy_and_when_nothing_was_learnt(
    workspace: Workspace, pool: Corpus, test_set: Corpus, request_of: StudyRequest, tmp_path: Path
) -> None:
    arms = {**request_of.arms, "band": SelectionRequest(1.0, by="information_entropy")}
    options = replace(request_of.options, epochs=0.1)
    found = carry_out(workspace, pool, test_set, replace(request_of, arms=arms, options=options), tmp_path / "study")
    said = "\n".join(lines_of(found))
    assert "the selection by longest" in said
    assert "the selection by band" in said
    by_hand = sum(
        sum(sum(row[column] for row in result["confusion"]) > 0 for column in range(3)) == 1
        for result in (RunFolder(path).read_status().result for path in (tmp_path / "study" / "runs").iterdir())
    )
    assert found.collapsed == by_hand
    assert (f"{by_hand} of {found.done} trainings answer every test row with the same class" in said) == (by_hand > 0)


def test_the_pool_is_what_may_be_trained_on(workspace: Workspace, corpus: Corpus) -> None:
    labels = corpus.labels.copy()
    labels[3] = UNLABELLED
    unlabelled = replace(corpus, labels=labels)
    found = pool_of(workspace, unlabelled, np.array([0, 1]))
    assert found.table.column("id").to_pylist() == [f"r{row}" for row in range(90) if row not in (0, 1, 3, 7)]
    assert (found.labels >= 0).all()
    whole = replace(rows_of(corpus, np.flatnonzero(corpus.has_text)), name="all")
    assert pool_of(workspace, whole) is whole
    with pytest.raises(InputError, match="labelled rows of fewer than two classes"):
        pool_of(workspace, corpus, np.flatnonzero(corpus.labels > 0))


def test_what_scores_took_is_known_of_what_was_computed_here(
    workspace: Workspace, corpus: Corpus, tiny_encoder: Path
) -> None:
    ref = workspace.keep_corpus(corpus)
    covering = SelectionRequest(0.3, strategy=Strategy.COVERAGE)
    assert scoring_seconds(workspace, ref, SelectionRequest(0.3, strategy=Strategy.RANDOM)) == 0
    assert scoring_seconds(workspace, ref, covering) is None
    score(workspace, ref, ScoreRequest((Entropy.SEMANTIC, Entropy.PREDICTIVE), str(tiny_encoder), device="cpu"))
    by_predictive = SelectionRequest(0.3, by="predictive_entropy")
    one = scoring_seconds(workspace, ref, by_predictive)
    two = scoring_seconds(workspace, ref, SelectionRequest(0.3, by="igse"))
    assert one is not None
    assert two is not None
    assert one > 0
    assert two > 0
    assert scoring_seconds(workspace, ref, covering) is None, "near-duplicates were not looked for"


def test_a_part_is_scored_as_the_whole_was(
    workspace: Workspace, corpus: Corpus, tiny_encoder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ref = workspace.keep_corpus(corpus)
    assert scored_as(workspace, ref) is None
    asked = ScoreRequest(
        (Entropy.INFORMATION, Entropy.SEMANTIC, Entropy.PREDICTIVE), str(tiny_encoder), device="cpu", combine="max"
    )
    score(workspace, ref, asked)
    with pytest.raises(RequestError, match="was scored with 'tiny-encoder0', a model of your own"):
        scored_as(workspace, ref)
    monkeypatch.setattr(study_rows, "resolve_model", lambda _: SimpleNamespace(name="tiny-encoder0"))
    assert scored_as(workspace, ref) == replace(asked, encoder="builtin", device="auto")


def test_without_a_folder_a_study_is_a_run_of_the_workspace(
    workspace: Workspace, corpus: Corpus, test_set: Corpus, request_of: StudyRequest
) -> None:
    found = study_here(workspace, corpus, test_set, replace(request_of, seeds=1, draws=1))
    (path,) = workspace.runs.iterdir()
    status = RunFolder(path).read_status()
    assert (found.folder, status.state, status.result["trainings"]) == (path, RunState.DONE, 4)
    assert status.result["verdicts"] == [verdict.sentence for _, verdict in found.verdicts()]
    assert (path / "results.json").exists()
