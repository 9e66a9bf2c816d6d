"""Carry out a study: every training a run in the study's folder, each of them resumable, results as they come.

study.json       the request, the data, what was chosen and what it took
results.json     one record for each training and metric
runs/<training>/ a run like any other, without its model
"""

import hashlib
import json
import shutil
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from eudscore.errors import EudscoreError, Interrupted, RequestError, WorkspaceError
from eudscore.jobs.folder import RunFolder
from eudscore.jobs.session import RunSession, work
from eudscore.records import Corpus, Ints, JsonDict, RunState
from eudscore.store.disk import writing
from eudscore.store.documents import read_json, write_json
from eudscore.store.whole import whole
from eudscore.store.workspace import CorpusRef, Workspace
from eudscore.study.results import FULL
from eudscore.workflow.fitting import fit_run
from eudscore.workflow.queueing import TRAIN, new_run, run_spec
from eudscore.workflow.requests import Progress, ScoreRequest, silent
from eudscore.workflow.study_plan import VERSION, Planned, StudyRequest, looked_over, options_of, planned, updates_of
from eudscore.workflow.study_results import RESULTS, STUDY, Study, open_study
from eudscore.workflow.study_rows import check_test, choose_all, scores_for
from eudscore.workflow.submitting import TestSet

_REMEDY = "give another folder with --out, or remove this one"


class _Asked(threading.Event):
    """Set while somebody asks for the end of the study."""

    def __init__(self, should_stop: Callable[[], bool]) -> None:
        super().__init__()
        self._should_stop = should_stop

    def is_set(self) -> bool:
        """Whether they do."""
        return self._should_stop() or super().is_set()


def carry_out(
    workspace: Workspace, pool: Corpus, test: Corpus, request: StudyRequest, folder: Path, *,
    on_progress: Progress = silent, should_stop: Callable[[], bool] = lambda: False, like: ScoreRequest | None = None,
) -> Study:  # fmt: skip
    """Train everything a study holds that is not trained yet, and return its results.

    Args:
        workspace: where the data are kept.
        pool: all rows that may be trained on; from `study_rows.pool_of`.
        test: never trained on.
        request: what to compare.
        folder: of the study; one that was begun goes on where it was.
        on_progress: is told where it is.
        should_stop: is asked before every update.
        like: how the data set was scored that the pool is a part of; the defaults where it was not.

    Raises:
        RequestError: the folder holds another study, or something else.
        EudscoreError: a training failed, in one sentence; the others are kept.
        Interrupted: `should_stop` said so, or Ctrl-C; what was trained is kept.
    """
    about = _begun(workspace, pool, test, request, folder, _stoppable(on_progress, should_stop), like)
    trainings = planned(request)
    for number, one in enumerate(trainings):
        if should_stop():
            raise Interrupted(f"Stopped after {number:,} of {len(trainings):,} trainings; they are kept.")
        stage = f"{one.words} ({number + 1:,} of {len(trainings):,})"
        run = _run_of(workspace, pool, about, request, one, folder)
        if run.read_status().state is not RunState.DONE:
            _train(run, should_stop, _within(on_progress, stage))
            _write_results(folder)
    _write_results(folder)  # a kill may have come between the last training and its record
    return open_study(folder)


def _begun(
    workspace: Workspace,
    pool: Corpus,
    test: Corpus,
    request: StudyRequest,
    folder: Path,
    on_progress: Progress,
    like: ScoreRequest | None,
) -> JsonDict:
    """What is written of the study: of one that was begun, or of a new one, once its rows are chosen."""
    data = {
        "pool": str(workspace.keep_corpus(pool, listed=False)),
        "test": str(workspace.keep_corpus(test, listed=False)),
    }
    if (folder / STUDY).exists():
        about = read_json(folder / STUDY, version=VERSION, remedy=_REMEDY)
        differing = [name for name, one in (("request", request.to_json()), ("data", data)) if about[name] != one]
        if differing:
            raise RequestError(f"{folder} holds a study of another {' and '.join(differing)}: {_REMEDY}.")
        return about
    if folder.exists() and any(not _of_a_run(path) for path in folder.iterdir()):
        raise RequestError(f"{folder} is not empty and holds no study: {_REMEDY}.")
    looked_over(request, len(pool), len(pool.classes))
    shared = check_test(pool, test)
    full_steps = updates_of(request, Planned(FULL, None, 0), rows=len(pool))
    scores = scores_for(workspace, pool, request, on_progress=on_progress, like=like)
    chosen = choose_all(workspace, pool, scores, request, planned(request), on_progress=on_progress)
    about = {
        "version": VERSION, "request": request.to_json(), "data": data, "name": pool.name, "pool_rows": len(pool),
        "test_name": test.name, "test_rows": int(((test.labels >= 0) & test.has_text).sum()),
        "test_texts_in_pool": shared.same, "test_texts_near_pool": shared.near, "full_steps": full_steps,
        "rows": {name: rows.tolist() for name, rows in chosen.rows.items() if name not in _all_rows(request)},
        "hashes": {name: _hash(rows) for name, rows in chosen.rows.items()},
        "selection_seconds": dict(chosen.selection_seconds), "scoring_seconds": dict(chosen.scoring_seconds),
        "notes": {name: list(notes) for name, notes in chosen.notes.items()},
    }  # fmt: skip
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        write_json(folder / STUDY, about)
    return about


_OF_A_RUN = {"spec.json", "status.json", "log.txt", "metrics.jsonl", "worker.json", "cancel", "pause", "dismissed"}


def _of_a_run(path: Path) -> bool:
    """Whether a file stands in every run; what begins with a dot is its draft, or its room on the disk."""
    return path.name in _OF_A_RUN or path.name.startswith(".")


def _all_rows(request: StudyRequest) -> set[str]:
    return {one.name for one in planned(request) if one.on_all_rows}


def _hash(rows: Ints) -> str:
    return hashlib.sha256(",".join(map(str, sorted(rows.tolist()))).encode()).hexdigest()[:16]


def _run_of(
    workspace: Workspace, pool: Corpus, about: JsonDict, request: StudyRequest, one: Planned, folder: Path
) -> RunFolder:  # fmt: skip
    """The run of a training, made where it is not there yet."""
    found = RunFolder((folder / "runs" / one.name).resolve())
    if (found.path / "status.json").exists():
        return found
    rows = list(range(len(pool))) if one.on_all_rows else about["rows"][one.name]
    details = {
        "experiment": folder.name, "arm": one.strategy, "budget": one.budget, "draw": one.draw, "rows": rows,
        "test": TestSet(ref=CorpusRef.parse(about["data"]["test"])).to_json(), "recipe": None,
        "options": vars(options_of(request, one, rows=len(pool))),
    }  # fmt: skip
    return new_run(
        workspace, run_spec(workspace, CorpusRef.parse(about["data"]["pool"]), TRAIN, details), out=found.path
    )


def _train(run: RunFolder, should_stop: Callable[[], bool], on_progress: Progress) -> None:
    for marker in (run.cancel_marker, run.pause_marker):
        marker.unlink(missing_ok=True)

    def task(session: RunSession) -> JsonDict:
        return fit_run(session, session.run.read_spec(), on_progress=on_progress)

    try:
        state = work(run.path, task, terminated=_Asked(should_stop))
    except KeyboardInterrupt as stopped:
        raise Interrupted("Interrupted; what was trained is kept.") from stopped
    if state is RunState.DONE:
        shutil.rmtree(run.model, ignore_errors=True)  # a study of a hundred trainings would fill the disk with them
        return
    message = run.read_status().message
    if should_stop():
        raise Interrupted(f"Stopped; what was trained is kept. {message}")
    raise (EudscoreError if state is RunState.FAILED else WorkspaceError)(f"The training {run.path.name}: {message}")


def _stoppable(on_progress: Progress, should_stop: Callable[[], bool]) -> Progress:
    """Progress of what keeps what it did by itself, so that it may be left at any time; a training asks by itself."""

    def advance(stage: str, done: int, total: int) -> None:
        if should_stop():
            raise Interrupted("Stopped before the first training; what was scored so far is kept.")
        on_progress(stage, done, total)

    return advance


def _within(on_progress: Progress, stage: str) -> Progress:
    return lambda inner, done, total: on_progress(f"{stage}, {inner[:1].lower()}{inner[1:]}", done, total)


def _write_results(folder: Path) -> None:
    """Write `results.json` from the runs that are done."""
    records: list[Mapping[str, Any]] = [cell.to_json() for cell in open_study(folder).cells]
    with whole(folder / RESULTS) as draft:
        draft.write_text(json.dumps(records, indent=1), encoding="utf-8")
