"""A study as a run: in a worker, or in this process."""

import threading
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from eudscore.jobs.session import RunSession
from eudscore.records import Corpus, JsonDict
from eudscore.store.workspace import CorpusRef, Workspace
from eudscore.workflow.queueing import new_run, workspace_of
from eudscore.workflow.requests import FitOptions, Progress, silent
from eudscore.workflow.running import stopped_by_signals, work_here
from eudscore.workflow.sampling import rows_of
from eudscore.workflow.study_plan import StudyRequest
from eudscore.workflow.study_quote import quote_study
from eudscore.workflow.study_results import Study, open_study
from eudscore.workflow.study_rows import pool_of, scored_as
from eudscore.workflow.study_submitting import study_spec
from eudscore.workflow.studying import carry_out
from eudscore.workflow.submitting import TestSet
from eudscore.workflow.training_quote import Lesson, quote_training


def study_run(session: RunSession, spec: Mapping[str, Any], *, on_progress: Progress = silent) -> JsonDict:
    """The whole of one study, in its run.

    Raises:
        EudscoreError: in one sentence; what was trained is kept.
        Interrupted: somebody asked for the end.
    """
    workspace = workspace_of(spec)
    (pool, tested), ref = _data_of(workspace, spec), CorpusRef.parse(spec["corpus"])

    def advance(stage: str, done: int, total: int) -> None:
        session.progress(done, total, stage)
        on_progress(stage, done, total)

    request = StudyRequest.from_json(spec["request"])
    found = carry_out(
        workspace, pool, tested, request, session.run.path, on_progress=advance, should_stop=session.should_stop,
        like=None if pool.id == ref.id else scored_as(workspace, ref),
    )  # fmt: skip
    session.progress(found.done, found.total)
    return {"trainings": found.done, "verdicts": [verdict.sentence for _, verdict in found.verdicts()]}


def _data_of(workspace: Workspace, spec: Mapping[str, Any]) -> tuple[Corpus, Corpus]:
    """What may be trained on, and what tests."""
    corpus = workspace.corpus(CorpusRef.parse(spec["corpus"]))
    held_out, test = spec["test"]["rows"], spec["test"]["corpus"]
    if test is not None:
        return pool_of(workspace, corpus), workspace.corpus(CorpusRef.parse(test))
    return pool_of(workspace, corpus, held_out), replace(
        rows_of(corpus, np.asarray(held_out)), name=f"{corpus.name}, held out"
    )


def quote_run(spec: Mapping[str, Any]) -> JsonDict:
    """What a study, or some fine-tunes, will take; plain JSON.

    Raises:
        EudscoreError: as they themselves would.
    """
    workspace = workspace_of(spec)
    pool, tested = _data_of(workspace, spec)
    if "study" in spec:
        request = StudyRequest.from_json(spec["study"])
        return quote_study(workspace, pool, tested, request, price=spec["price"]).to_json()
    lessons = [Lesson(count, FitOptions(**spec["fit"])) for count in spec["counts"]]
    return quote_training(pool, np.arange(len(pool)), tested, None, lessons, price=spec["price"]).to_json()


def study_here(
    workspace: Workspace, data: Corpus, test: Corpus, request: StudyRequest, *, out: str | Path | None = None,
    on_progress: Progress = silent,
) -> Study:  # fmt: skip
    """Carry out a study in this process.

    Args:
        workspace: where the data are kept.
        data: its labelled rows are trained on.
        test: never trained on.
        request: what to compare.
        out: folder of the study, where one that was interrupted goes on; without it a run of the workspace, which the
            Train page shows as well.
        on_progress: is told where it is.

    Raises:
        EudscoreError: in one sentence.
        Interrupted: Ctrl-C; what was trained is kept.
    """
    if out is not None:
        asked = threading.Event()
        with stopped_by_signals(asked):
            return carry_out(
                workspace, pool_of(workspace, data), test, request, Path(out), on_progress=on_progress,
                should_stop=asked.is_set,
            )  # fmt: skip
    ref, tested = workspace.keep_corpus(data, listed=False), workspace.keep_corpus(test, listed=False)
    run = new_run(workspace, study_spec(workspace, ref, TestSet(ref=tested), request))
    work_here(run, lambda session: study_run(session, session.run.read_spec(), on_progress=on_progress))
    return open_study(run.path)
