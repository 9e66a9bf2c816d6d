"""Studies and fine-tunes written by hand into a workspace, as their workers leave them."""

import os
import time
from pathlib import Path

import numpy as np

from eudscore.jobs.folder import ProcessId, RunFolder, RunStatus
from eudscore.records import JsonDict, RunState
from eudscore.selection.request import SelectionRequest, Strategy
from eudscore.store.documents import write_json
from eudscore.store.workspace import CorpusRef, Workspace
from eudscore.study.results import FULL
from eudscore.workflow.queueing import TRAIN, new_run, run_spec
from eudscore.workflow.requests import FitOptions
from eudscore.workflow.study_plan import VERSION, Planned, StudyRequest, all_arms, planned
from eudscore.workflow.study_results import RESULTS, STUDY, open_study
from eudscore.workflow.study_submitting import study_spec
from eudscore.workflow.submitting import TestSet

REQUEST = StudyRequest((0.16,), {"longest": SelectionRequest(1.0, strategy=Strategy.LONGEST)}, seeds=3, draws=2)
LEVEL = {"longest": 0.84, "random": 0.80, "random_by_class": 0.81, FULL: 0.86, "coverage": 0.85}


def keep_study(
    workspace: Workspace, ref: CorpusRef, *, request: StudyRequest = REQUEST, done: int | None = None,
    state: RunState = RunState.DONE, begun: bool = True, message: str = "", created: float | None = None,
) -> RunFolder:  # fmt: skip
    """A study of which so many trainings are done; with `RUNNING` the next one is under way in this very process."""
    run = new_run(workspace, study_spec(workspace, ref, TestSet(rows=np.arange(5)), request))
    trainings = planned(request)
    count = len(trainings) if done is None else done
    if begun:
        write_json(run.path / STUDY, about(request, ref))
        for one in trainings[:count]:
            _training(workspace, ref, run.path, one, RunState.DONE)
        if state is RunState.RUNNING and count < len(trainings):
            _training(workspace, ref, run.path, trainings[count], RunState.RUNNING)
        cells = [cell.to_json() for cell in open_study(run.path).cells]
        (run.path / RESULTS).write_text(str(cells).replace("'", '"').replace("None", "null"), encoding="utf-8")
    run.write_status(status(state, message=message, created=created))
    return run


def status(state: RunState, *, message: str = "", created: float | None = None, **more: object) -> RunStatus:
    """A status that `state_of` believes: of a running one this process is the worker."""
    now = time.time()
    here = ProcessId.of(os.getpid()) if state is RunState.RUNNING else None
    ended = None if state in (RunState.RUNNING, RunState.QUEUED, RunState.PAUSED) else now
    return RunStatus(
        state, message=message, process=here, heartbeat=now, created_at=now if created is None else created,
        started_at=now - 90, ended_at=ended, kept=True, memory={"rss": 512_000_000, "rss_peak": 600_000_000}, **more,
    )  # fmt: skip


def about(request: StudyRequest, ref: CorpusRef) -> JsonDict:
    """What stands in study.json."""
    arms = list(all_arms(request))
    return {
        "version": VERSION, "request": request.to_json(), "data": {"pool": str(ref), "test": str(ref)},
        "name": "small", "pool_rows": 55, "test_name": "held out", "test_rows": 5, "test_texts_in_pool": 0,
        "full_steps": 12, "rows": {}, "hashes": {}, "selection_seconds": dict.fromkeys(arms, 0.5),
        "scoring_seconds": dict.fromkeys(arms, 3.0), "notes": {},
    }  # fmt: skip


def accuracy(one: Planned) -> float:
    """What a training reaches: its arm, a little by its seed, and noise that is the same every time."""
    noise = np.random.default_rng([one.seed, one.draw, len(one.strategy)]).normal(0, 0.004)
    return LEVEL.get(one.strategy, 0.82) + 0.01 * (one.budget or 0) + 0.003 * one.seed + float(noise)


def _training(workspace: Workspace, ref: CorpusRef, folder: Path, one: Planned, state: RunState) -> None:
    run = RunFolder(folder / "runs" / one.name)
    run.path.parent.mkdir(exist_ok=True)
    run.create(run_spec(workspace, ref, TRAIN, {"arm": one.strategy, "options": vars(FitOptions())}))
    for step in range(1, 6):
        run.append_metric({"step": step, "loss": 1.5 / step, "accuracy": 0.15 * step, "rate": 900.0, "eta": 61.0})
    value = accuracy(one)
    result = {
        "accuracy": value, "macro_f1": value - 0.02, "nll": 1.2 - value, "ece": 0.05, "recall": {"sport": value},
        "train_rows": 55 if one.budget is None else round(55 * one.budget), "steps": 12,
        "seconds": 30.0 if one.budget is None else 30.0 * one.budget,
    }  # fmt: skip
    done = state is RunState.DONE
    run.write_status(status(state, message="" if done else "900 rows/s, 61 s left", step=5, total=12,
                            result=result if done else {}))  # fmt: skip


def keep_run(
    workspace: Workspace, ref: CorpusRef, arm: str, state: RunState, *, experiment: str = "e1", message: str = "",
    accuracy: float = 0.8, options: FitOptions | None = None, recipe: JsonDict | None = None,
) -> RunFolder:  # fmt: skip
    """A fine-tune in some state."""
    details = {
        "experiment": experiment, "arm": arm, "rows": list(range(10)), "test": {"corpus": None, "rows": [50, 51, 52]},
        "options": vars(options or FitOptions(epochs=2.0)), "recipe": recipe,
    }  # fmt: skip
    run = new_run(workspace, run_spec(workspace, ref, TRAIN, details))
    if state is not RunState.QUEUED:
        for step in range(1, 5):
            run.append_metric({"step": step, "loss": 2.0 / step, "accuracy": step / 5, "rate": 812.0, "eta": 75.0})
    done = state is RunState.DONE
    result = {
        "accuracy": accuracy, "accuracy_low": accuracy - 0.03, "accuracy_high": accuracy + 0.03, "macro_f1": 0.7,
        "test_rows": 3, "steps": 9, "seconds": 3.0,
    }  # fmt: skip
    run.write_status(status(state, message=message, step=4, total=9, result=result if done else {}))
    return run
