"""Jobs as pages and command line see them; nobody works them off here."""

from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from eudscore.errors import InputError, RequestError, WorkspaceError
from eudscore.jobs import lanes
from eudscore.jobs import queue as queue_module
from eudscore.jobs.folder import RunFolder
from eudscore.jobs.queue import SameWork
from eudscore.records import Corpus, RunState
from eudscore.selection.request import SelectionRequest
from eudscore.selection.written import request_to_json
from eudscore.store.workspace import CorpusRef, Workspace
from eudscore.workflow import queueing
from eudscore.workflow.duplicating import duplicate
from eudscore.workflow.queueing import (
    PREPARE,
    PROBE,
    PROFILE,
    QUOTE,
    RANK,
    STEADINESS,
    TRAIN,
    describe,
    find_job,
    jobs_and_problem,
    jobs_of,
    open_jobs,
    queue_of,
    run_spec,
)
from eudscore.workflow.requests import Entropy, FitOptions, ScoreRequest
from eudscore.workflow.submitting import enqueue, submit_preparation, submit_profile
from eudscore.workflow.watching import view

REQUEST = ScoreRequest((Entropy.INFORMATION,), device="cpu")


@pytest.fixture(autouse=True)
def called(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Workspaces for which a foreman would have been called."""
    found: list[Path] = []
    monkeypatch.setattr(queue_module, "call_foreman", lambda root, _: found.append(root))
    return found


@pytest.fixture
def ref(workspace: Workspace, corpus: Corpus) -> CorpusRef:
    return workspace.keep_corpus(corpus)


def training(workspace: Workspace, ref: CorpusRef, **options: object) -> dict[str, object]:
    details = {
        "experiment": "e1", "arm": "subset", "rows": list(range(30)), "test": {"corpus": None, "rows": [40, 41]},
        "options": {**asdict(FitOptions(device="cpu", steps=5)), **options}, "recipe": None,
    }  # fmt: skip
    return run_spec(workspace, ref, TRAIN, details)


def state_in_queue(workspace: Workspace, folder: RunFolder) -> RunState:
    row = queue_of(workspace).rows.get(folder.path.name)
    assert row is not None
    return row.state


def end(folder: RunFolder, state: RunState) -> None:
    folder.write_status(replace(folder.read_status(), state=state, message="Said."))


def test_what_is_submitted_waits_in_the_queue_and_a_foreman_is_called(
    workspace: Workspace, ref: CorpusRef, called: list[Path]
) -> None:
    folder = submit_preparation(workspace, ref, REQUEST)
    assert called == [workspace.root]
    (job,) = jobs_of(workspace, ref, PREPARE)
    assert (job.folder, job.status.state, job.row.state) == (folder, RunState.QUEUED, RunState.QUEUED)
    assert job.spec["request"] == REQUEST.to_json()
    assert jobs_of(workspace, ref, PROFILE) == []


def test_scoring_and_training_wait_for_the_device_and_light_work_for_nobody(
    workspace: Workspace, ref: CorpusRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "gpus", lambda: ("0",))
    fit = training(workspace, ref)
    scoring = run_spec(workspace, ref, PREPARE, {"request": REQUEST.to_json()})
    assert {describe(fit).lane, describe(scoring).lane} == {"cpu"}
    scoring["request"]["device"] = "auto"
    assert describe(scoring).lane == "cuda"
    for kind in (QUOTE, PROFILE, RANK, STEADINESS, PROBE):
        facts = describe(run_spec(workspace, ref, kind, {"request": {}}))
        assert (facts.lane, facts.resumable) == ("light", False)
    assert describe(fit).resumable
    assert describe(scoring).resumable
    assert describe(fit).experiment == "e1"


def test_the_same_work_is_not_begun_twice_and_goes_on_where_it_rested(workspace: Workspace, ref: CorpusRef) -> None:
    folder = submit_profile(workspace, ref)
    assert submit_profile(workspace, ref) == folder
    queueing.pause(workspace, folder.path.name)
    assert state_in_queue(workspace, folder) is RunState.PAUSED
    assert submit_profile(workspace, ref) == folder
    assert state_in_queue(workspace, folder) is RunState.QUEUED
    end(folder, RunState.DONE)
    assert submit_profile(workspace, ref) != folder


def test_who_asks_at_the_same_moment_as_another_process_gets_its_job(
    workspace: Workspace, ref: CorpusRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    from eudscore.workflow import submitting

    folder = submit_profile(workspace, ref)
    monkeypatch.setattr(submitting, "jobs_of", lambda *_: [])  # it was not there a moment ago
    assert submit_profile(workspace, ref).path == folder.path
    assert len(list(workspace.runs.iterdir())) == 1


def test_fine_tunes_may_be_alike(workspace: Workspace, ref: CorpusRef) -> None:
    folders = enqueue(workspace, [training(workspace, ref)] * 3)
    assert [row.id for row in queue_of(workspace).rows.some()] == [folder.path.name for folder in folders]


def test_runs_of_which_one_cannot_be_kept_are_not_queued_at_all(workspace: Workspace, ref: CorpusRef) -> None:
    submit_profile(workspace, ref)
    with pytest.raises(SameWork):
        enqueue(workspace, [training(workspace, ref), run_spec(workspace, ref, PROFILE, {})])
    assert len(jobs_and_problem(workspace)[0]) == len(list(workspace.runs.iterdir())) == 1


def test_cancel_pause_resume_retry_say_how_it_is_then(workspace: Workspace, ref: CorpusRef) -> None:
    (folder,) = enqueue(workspace, [training(workspace, ref)])
    name = folder.path.name
    assert queueing.pause(workspace, name).state is RunState.PAUSED
    assert queueing.resume(workspace, name).state is RunState.QUEUED
    assert queueing.cancel(workspace, name).state is RunState.CANCELLED
    assert queueing.retry(workspace, name).state is RunState.QUEUED
    assert queueing.prioritise(workspace, name, -3).state is RunState.QUEUED
    assert find_job(workspace, name[:-1]).row.priority == -3


@pytest.mark.parametrize(
    ("state", "refused"),
    [
        (RunState.QUEUED, ["resume", "retry"]),
        (RunState.PAUSED, ["pause", "retry"]),
        (RunState.DONE, ["cancel", "pause", "resume", "retry"]),
        (RunState.FAILED, ["cancel", "pause"]),
    ],
)
def test_what_cannot_be_is_one_sentence(
    workspace: Workspace, ref: CorpusRef, state: RunState, refused: list[str]
) -> None:
    (folder,) = enqueue(workspace, [training(workspace, ref)])
    if state is not RunState.QUEUED:
        end(folder, state)
    for verb in refused:
        with pytest.raises(InputError, match=f"Job {folder.path.name} cannot be .*: it is {state}"):
            getattr(queueing, verb)(workspace, folder.path.name)
    with pytest.raises(RequestError, match="There is no job 'nowhere'"):
        queueing.cancel(workspace, "nowhere")


def test_who_may_only_read_sees_the_jobs_and_changes_nothing(
    workspace: Workspace, ref: CorpusRef, called: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = submit_profile(workspace, ref)
    called.clear()
    monkeypatch.setenv("EUDSCORE_READ_ONLY", "1")
    before = {path: path.stat().st_mtime_ns for path in workspace.root.rglob("*")}
    assert [job.folder.path for job in jobs_of(workspace, ref, PROFILE)] == [folder.path]
    assert jobs_of(workspace, ref, RANK) == []
    assert called == []
    assert {path: path.stat().st_mtime_ns for path in workspace.root.rglob("*")} == before


def test_a_damaged_run_takes_the_page_of_the_others_not_down(workspace: Workspace, ref: CorpusRef) -> None:
    one, two = enqueue(workspace, [training(workspace, ref)] * 2)
    (one.path / "spec.json").write_text("{")
    assert [job.folder.path for job in jobs_of(workspace, ref, TRAIN)] == [two.path]
    assert len(jobs_and_problem(workspace)[0]) == 2


def test_what_is_shown_of_a_job_is_what_its_folder_says(workspace: Workspace, ref: CorpusRef) -> None:
    (folder,) = enqueue(workspace, [training(workspace, ref)])
    folder.append_metric(
        {"step": 3, "loss": 0.51234, "accuracy": 0.75, "rate": 1234.5, "eta": 90.0, "learning_rate": 3e-5}
    )
    status = replace(
        folder.read_status(), state=RunState.RUNNING, step=3, total=5, message="Going.",
        memory={"rss": 3 * 10**9, "rss_peak": 4 * 10**9, "gpu": 10**9, "gpu_peak": 2 * 10**9},
    )  # fmt: skip
    shown = view(replace(find_job(workspace, folder.path.name), status=status))
    text = "\n".join(shown.lines())
    for part in (
        "train, running", "Going.", "step 3 of 5", "loss 0.5123", "accuracy 75.0%", "learning rate 3.00e-05",
        "rows/s 1,234", "left 1 min 30 s", "memory 3 GB, at most 4 GB, GPU memory 1 GB, at most 2 GB",
        "lane cpu", str(folder.path),
    ):  # fmt: skip
        assert part in text
    with (folder.path / "metrics.jsonl").open("a") as metrics:
        metrics.write('{"step": 4, "lo')  # being written
    assert view(find_job(workspace, folder.path.name)).loss == 0.51234


def test_the_pace_of_a_process_that_ended_is_not_told_of_the_next(workspace: Workspace, ref: CorpusRef) -> None:
    (folder,) = enqueue(workspace, [training(workspace, ref)])
    folder.append_metric({"step": 3, "loss": 0.5, "rate": 1234.5, "eta": 90.0})
    written = (folder.path / "metrics.jsonl").stat().st_mtime
    job = find_job(workspace, folder.path.name)
    running = replace(folder.read_status(), state=RunState.RUNNING, step=3, total=5)
    told = {
        (RunState.RUNNING, written + 1): (None, None), (RunState.RUNNING, written - 1): (1234.5, 90.0),
        (RunState.QUEUED, None): (None, None), (RunState.PAUSED, written - 1): (None, None),
        (RunState.DONE, written - 1): (1234.5, 90.0),
    }  # fmt: skip
    for (state, started), expected in told.items():
        shown = view(replace(job, status=replace(running, state=state, started_at=started)))
        assert (shown.rows_per_second, shown.eta, shown.loss) == (*expected, 0.5), state


def test_a_copy_has_the_changes_and_stands_at_the_end(workspace: Workspace, ref: CorpusRef) -> None:
    (folder,) = enqueue(workspace, [training(workspace, ref)], priority=4)
    copy = duplicate(workspace, folder.path.name, {"steps": 9, "seed": 2})
    old, new = folder.read_spec(), copy.read_spec()
    assert new["options"] == {**old["options"], "steps": 9, "seed": 2}
    assert new["experiment"] not in (None, old["experiment"]), "an experiment has each arm once"
    assert {**new, "options": 0, "experiment": 0} == {**old, "options": 0, "experiment": 0}
    assert find_job(workspace, copy.path.name).row.priority == 4
    assert [row.id for row in queue_of(workspace).rows.some()] == [folder.path.name, copy.path.name]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"stepz": 9}, "has no option 'stepz': choose among .*device.*steps"),
        ({"rows": [1]}, "has no option 'rows'"),
        ({"steps": 0}, "steps is 0: choose a value from 1"),
        ({"steps": True}, "steps is True: give a whole number"),
        ({"steps": "many"}, "steps is 'many': give a whole number"),
        ({"batch_size": "x"}, "cannot be changed to batch_size 'x': give numbers"),
        ({"method": "magic"}, "There is no method 'magic'"),
        ({"epochs": 2, "steps": 3}, "by steps or by epochs: set the other"),
        ({"epochs": float("nan"), "steps": None}, "epochs is nan: choose a value"),
        ({"device": "tpu"}, "There is no device 'tpu'"),
        ({"seed": -1}, "seed is -1"),
        ({"model": ""}, "is no model"),
    ],
)
def test_a_copy_that_cannot_be_is_refused_before_anything_is_queued(
    workspace: Workspace, ref: CorpusRef, changes: dict[str, object], sentence: str
) -> None:
    (folder,) = enqueue(workspace, [training(workspace, ref)])
    with pytest.raises(RequestError, match=sentence):
        duplicate(workspace, folder.path.name, changes)
    assert len(list(workspace.runs.iterdir())) == 1


def test_scorings_and_selections_are_copied_by_their_own_options(workspace: Workspace, ref: CorpusRef) -> None:
    scoring = submit_preparation(workspace, ref, REQUEST)
    copy = duplicate(workspace, scoring.path.name, {"combine": "min"})
    assert copy.read_spec()["request"]["combine"] == "min"
    asked = {"request": request_to_json(SelectionRequest(0.5))}
    (ranking,) = enqueue(workspace, [run_spec(workspace, ref, RANK, asked)])
    assert duplicate(workspace, ranking.path.name, {"budget": 0.25}).read_spec()["request"]["budget"] == 0.25
    refusals: list[tuple[RunFolder, dict[str, object], type[Exception], str]] = [
        (scoring, {}, SameWork, "The same work is under way"),
        (scoring, {"combine": "sum"}, RequestError, "There is no rule 'sum'"),
        (scoring, {"entropies": ["x"]}, RequestError, "There is no entropy 'x'"),
        (scoring, {"entropies": 3}, RequestError, "cannot be changed to entropies 3"),
        (ranking, {"strategy": "luck"}, RequestError, "luck"),
        (submit_profile(workspace, ref), {"x": 1}, RequestError, "it has none, so copy it as it is"),
    ]
    for folder, changes, kind, sentence in refusals:
        with pytest.raises(kind, match=sentence):
            duplicate(workspace, folder.path.name, changes)


def test_an_address_of_a_database_that_does_not_do_is_one_sentence_everywhere(
    workspace: Workspace, ref: CorpusRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EUDSCORE_DATABASE_URL", "nonsense")
    asks: list[Callable[[], object]] = [
        lambda: submit_profile(workspace, ref), lambda: jobs_of(workspace, ref, PROFILE),
        lambda: jobs_and_problem(workspace), lambda: open_jobs(workspace),
    ]  # fmt: skip
    for ask in asks:
        with pytest.raises(WorkspaceError, match="EUDSCORE_DATABASE_URL is no address of a database"):
            ask()
    assert not workspace.runs.exists() or not list(workspace.runs.iterdir())
