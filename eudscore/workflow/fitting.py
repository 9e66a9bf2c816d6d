"""Fine-tune on chosen rows and test: the same in a worker, on the command line and from Python."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eudscore.corpus.read import read_like, read_source
from eudscore.errors import RequestError, WorkspaceError
from eudscore.jobs.folder import RunFolder
from eudscore.jobs.session import RunSession
from eudscore.models.loading import resolve_model
from eudscore.records import Corpus, Floats, Ints, JsonDict
from eudscore.store.workspace import Workspace
from eudscore.training.classifier import predict
from eudscore.training.dynamics import read_columns
from eudscore.training.fine_tune import FineTuned, fine_tune
from eudscore.training.many_labels import measure_many
from eudscore.training.metrics import measure
from eudscore.training.model_card import Made, write_card
from eudscore.training.onnx_export import check_onnx, write_onnx
from eudscore.training.ranks import join_ranks, launched_ranks
from eudscore.training.upkeep import StepReport, Upkeep
from eudscore.workflow.lessons import Task, check_pairs, stored_task, task_of, texts_of
from eudscore.workflow.queueing import TRAIN, run_spec, workspace_of
from eudscore.workflow.requests import FitOptions, Progress, silent
from eudscore.workflow.running import rewrite_lines, run_at, work_here
from eudscore.workflow.submitting import TestSet

CHECKPOINTS = "checkpoint"
"""Folder in that of a run: where its training goes on from; gone when the model is there."""


@dataclass(frozen=True)
class Run:
    """A finished fine-tune.

    Attributes:
        folder: spec, status, metrics, dynamics, log and model.
        metrics: accuracy, macro-F1, NLL, ECE, recalls, with their `intervals`; confusion; rows, steps, seconds.
    """

    folder: Path
    metrics: JsonDict

    @property
    def sentence(self) -> str:
        """The result in words, and what was done otherwise than asked."""
        found = self.metrics
        said = (
            f"accuracy {found['accuracy']:.1%} (95 % interval {100 * found['accuracy_low']:.1f} to "
            f"{100 * found['accuracy_high']:.1f}), macro-F1 {found['macro_f1']:.1%}, "
            f"{found['steps']:,} steps in {found['seconds']:.0f} s."
        )
        if found.get("dev"):
            said += (
                f" The weights are those after step {found['dev']['step']:,}, the best on {found['dev_rows']:,} rows "
                f"({found['dev_rows'] / (found['dev_rows'] + found['train_rows']):.0%}) that were set aside."
            )
        return " ".join([said, *found.get("notes", [])])


def read_test(
    source: str, *, like: Corpus, text: str | None = None, label: str | None = None, pair: str | None = None
) -> Corpus:  # fmt: skip
    """A test set: the columns of the training data where it has them, else those that are detected.

    Args:
        source: a file, a folder, or a data set of the Hub.
        like: the training data.
        text: column of the texts, where it has another name.
        label: column of the labels, where it has another name.
        pair: column of the second texts, where it has another name.

    Raises:
        InputError: it cannot be read, or has single texts where the training data has pairs.
    """
    found = read_like(partial(read_source, source), like.roles, text=text, label=label, pair=pair)
    check_pairs(like, found)
    return found


def fit_here(
    workspace: Workspace, data: Corpus, rows: Ints | None, test: Corpus, options: FitOptions,
    *, out: str | Path | None = None, on_progress: Progress = silent,
) -> Run:  # fmt: skip
    """Fine-tune in this process; the run is a folder like any other.

    An unfinished run in `out` with the same rows and options goes on from its last checkpoint. Where several processes
    were launched for one training, each calls this, and the first one writes.

    Args:
        workspace: where data and test set are kept.
        data: the data set.
        rows: the chosen ones; None = all.
        test: never trained on.
        options: how.
        out: folder of the run; a new one in the workspace where it is not given.
        on_progress: is told where it is.

    Raises:
        EudscoreError: in one sentence; the run's folder says the same.
        Interrupted: Ctrl-C, or the process was asked to end; what was done is kept in a checkpoint.
    """
    chosen = np.arange(len(data)) if rows is None else rows
    task = task_of(data, chosen, test, None, options)
    resolve_model(options.model)
    if options.onnx:
        check_onnx()
    if launched_ranks():
        return _help(task, out)
    ref, tested = workspace.keep_corpus(data, listed=False), workspace.keep_corpus(test, listed=False)
    details = {
        "experiment": None, "arm": "subset", "rows": chosen.tolist(), "test": TestSet(ref=tested).to_json(),
        "options": vars(options), "recipe": None,
    }  # fmt: skip
    run = run_at(workspace, run_spec(workspace, ref, TRAIN, details), out=None if out is None else Path(out))
    result = work_here(run, lambda session: fit_run(session, session.run.read_spec(), on_progress=on_progress))
    join_ranks(options.device).gathered(result)
    return Run(run.path, result)


def _help(task: Task, out: str | Path | None) -> Run:
    """Share the work of the process that writes, and hear from it what came of it."""
    if out is None:
        raise RequestError("Several processes train one model in a folder that all of them know: give out.")
    folder = RunFolder(Path(out).resolve())
    _trained(task, folder, Upkeep(checkpoints=folder.path / CHECKPOINTS))
    return Run(folder.path, join_ranks(task.spec.device).gathered(None)[0])


def fit_run(session: RunSession, spec: Mapping[str, Any], *, on_progress: Progress = silent) -> JsonDict:
    """The whole of one training run: read its rows, train, test, return the result.

    Called again for a run that did not come to its end, it goes on from the last checkpoint; where the model is there
    already, it is only tested.

    Raises:
        InputError: there is nothing labelled to train or to test on.
        Interrupted: the session should stop; a checkpoint is kept.
    """
    task = stored_task(workspace_of(spec), spec)
    diary = _Diary(session, task, on_progress)
    total = task.spec.total_steps(len(task.rows))
    session.progress(min(session.run.read_status().step, total), total, "Loading the model.")
    trained = _trained(task, session.run, diary.upkeep, diary.on_step, session)
    session.progress(trained.steps, trained.steps, f"Testing on {len(task.test_rows):,} rows.")
    on_progress("Testing", 0, len(task.test_rows))
    asked = texts_of(task.tested, task.test_rows)
    probabilities = predict(trained.classifier, asked, should_stop=session.should_stop)
    result = {**_measured(task, probabilities), **_facts(task, trained), "notes": diary.notes}
    _write_beside(task, spec, trained, result)
    return result


def _measured(task: Task, probabilities: Floats) -> JsonDict:
    classes = task.spec.classes
    if task.spec.multi_label:
        return measure_many(task.test_labels.astype(np.float32), probabilities, classes=classes).to_json()
    return measure(task.test_labels.astype(np.int64), probabilities, classes=classes).to_json()


def _trained(
    task: Task, run: RunFolder, upkeep: Upkeep, on_step: Any = None, session: RunSession | None = None
) -> FineTuned:
    return fine_tune(
        task.spec, task.examples.texts, task.examples.labels, out=run.model, dev=task.looked_at, on_step=on_step,
        should_stop=None if session is None else session.should_stop, upkeep=upkeep,
    )  # fmt: skip


class _Diary:
    """What a training tells, in the places where page and command line look for it.

    Attributes:
        notes: sentences about what was done otherwise than asked.
    """

    def __init__(self, session: RunSession, task: Task, on_progress: Progress) -> None:
        self.notes: list[str] = []
        self._session, self._task, self._on_progress = session, task, on_progress
        self._begun = False

    @property
    def upkeep(self) -> Upkeep:
        """Where the training keeps what it needs to go on, and who it tells."""
        return Upkeep(
            checkpoints=self._session.run.path / CHECKPOINTS, tell=self._note,
            on_dynamics=lambda dynamics: dynamics.write(self._session.run.path, self._task.rows),
        )  # fmt: skip

    def on_step(self, report: StepReport) -> None:
        """One line of the metrics, and the progress."""
        if not self._begun:
            self._begun = True
            self._forget_from(report.step)
        dev = {} if report.dev is None else {"dev_accuracy": report.dev.accuracy, "dev_nll": report.dev.nll}
        self._session.metric({"step": report.step, "loss": report.loss, "accuracy": report.accuracy,
                              "learning_rate": report.learning_rate, "rate": report.rows_per_second,
                              "eta": report.eta_seconds, **dev})  # fmt: skip
        said = f"{report.rows_per_second:.0f} rows/s, {report.eta_seconds:.0f} s left"
        self._session.progress(report.step, report.total, said)
        self._on_progress(f"Training, loss {report.loss:.3f}", report.step, report.total)

    def _note(self, sentence: str) -> None:
        self.notes.append(sentence)
        self._session.run.append_log(sentence)

    def _forget_from(self, step: int) -> None:
        """Before the first line: leave out what a former attempt wrote of this step and of later ones."""
        path = self._session.run.path / "metrics.jsonl"
        if not path.exists():
            return
        try:
            kept = [line for line in self._session.run.read_metrics() if line["step"] < step]
        except WorkspaceError as error:
            self._note(f"The curve of the former attempt is lost: {error}")
            kept = []
        rewrite_lines(path, kept)


def _facts(task: Task, trained: FineTuned) -> JsonDict:
    """What a run tells of its training, beside the metrics."""
    return {
        "test_rows": len(task.test_rows), "train_rows": len(task.rows), "dev_rows": len(task.dev),
        "steps": trained.steps, "seconds": trained.seconds, "device": trained.device, "dtype": trained.dtype,
        "truncated": trained.truncated, "model": task.spec.model, "model_revision": trained.revision,
        "method": task.spec.method.value, "learning_rate": task.spec.learning_rate,
        "batch_size": task.spec.batch_size, "rows_at_once": trained.rows_at_once, "processes": trained.processes,
        "dev": trained.dev, "max_tokens": trained.classifier.max_tokens,
    }  # fmt: skip


def _write_beside(task: Task, spec: Mapping[str, Any], trained: FineTuned, result: JsonDict) -> None:
    """What stands beside the weights: the model card, and ONNX where it was asked for."""
    options = FitOptions(**spec["options"])
    if options.onnx:
        write_onnx(trained.classifier, trained.model)
    corpus, tested = task.corpus, task.tested
    write_card(
        Made(
            corpus.name, f"{corpus.id}-{corpus.labels_id}", tested.name, f"{tested.id}-{tested.labels_id}",
            spec.get("recipe"), {**vars(options), "learning_rate": task.spec.learning_rate}, result,
        ),
        task.spec.classes, trained.model,
    )  # fmt: skip


def dynamics_of_run(run: RunFolder, corpus: Corpus) -> dict[str, NDArray[np.float32]]:
    """The training dynamics of a run by row of its corpus.

    Returns:
        `confidence`, `variability`, `correctness` (share of the epochs), `forgetfulness`, `threshold_closeness` ->
        (n,) float32, nan for rows that were not trained on.

    Raises:
        WorkspaceError: the run has none, they are damaged, or they are of another corpus.
    """
    return read_columns(run.path, len(corpus))
