"""Fine-tune on chosen rows and test: the same in a worker, on the command line and from Python."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from eudscore.corpus.read import read_like, read_source
from eudscore.errors import InputError, Interrupted, WorkspaceError
from eudscore.jobs.session import RunSession, work
from eudscore.models.loading import resolve_model
from eudscore.records import Corpus, Ints, JsonDict, RunState
from eudscore.store.workspace import CorpusRef, Workspace
from eudscore.training.classifier import predict
from eudscore.training.fine_tune import StepReport, fine_tune
from eudscore.training.metrics import measure
from eudscore.training.spec import TrainSpec
from eudscore.workflow.choosing import labels_in
from eudscore.workflow.requests import FitOptions, Progress, silent
from eudscore.workflow.submitting import TRAIN, TestSet, new_run, run_spec, workspace_of

LARGER_MODEL_RATE = 5e-5  # what the literature uses beyond the built-in's 22 million weights


@dataclass(frozen=True)
class Run:
    """A finished fine-tune.

    Attributes:
        folder: spec, status, metrics, log and model.
        metrics: accuracy with its bootstrap interval, macro-F1, NLL, ECE, recalls, confusion; rows, steps, seconds.
    """

    folder: Path
    metrics: JsonDict

    @property
    def sentence(self) -> str:
        """The result in words."""
        found = self.metrics
        return (
            f"accuracy {found['accuracy']:.1%} (95 % interval {100 * found['accuracy_low']:.1f} to "
            f"{100 * found['accuracy_high']:.1f}), macro-F1 {found['macro_f1']:.1%}, "
            f"{found['steps']:,} steps in {found['seconds']:.0f} s."
        )


def read_test(source: str, *, like: Corpus) -> Corpus:
    """A test set: the columns of the training data where it has them, else those that are detected.

    Raises:
        InputError: it cannot be read.
    """
    return read_like(partial(read_source, source), like.roles)


def fit_here(
    workspace: Workspace, data: Corpus, rows: Ints | None, test: Corpus, options: FitOptions,
    *, out: str | Path | None = None, on_progress: Progress = silent,
) -> Run:  # fmt: skip
    """Fine-tune in this process; the run is a folder like any other.

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
        Interrupted: Ctrl-C.
    """
    ref, tested = workspace.keep_corpus(data, listed=False), workspace.keep_corpus(test, listed=False)
    chosen = np.arange(len(data)) if rows is None else rows
    _check(data, chosen, test, options)
    details = {
        "experiment": None, "arm": "subset", "rows": chosen.tolist(), "test": TestSet(ref=tested).to_json(),
        "options": vars(options), "recipe": None,
    }  # fmt: skip
    folder = new_run(workspace, run_spec(workspace, ref, TRAIN, details), out=None if out is None else Path(out))

    def task(session: RunSession) -> JsonDict:
        return fit_run(session, session.run.read_spec(), on_progress=on_progress)

    try:
        state = work(folder.path, task)
    except KeyboardInterrupt as stopped:
        raise Interrupted("Interrupted.") from stopped
    status = folder.read_status()
    if state is RunState.CANCELLED:
        raise Interrupted(status.message)
    if state is not RunState.DONE:
        raise WorkspaceError(status.message)
    return Run(folder.path, status.result)


def _check(data: Corpus, rows: Ints, test: Corpus, options: FitOptions) -> None:
    """Raise what can be known before anything is written."""
    usable(data, rows)
    _rows_to_test(data, test)
    _train_spec(options, data)
    resolve_model(options.model)


def fit_run(session: RunSession, spec: Mapping[str, Any], *, on_progress: Progress = silent) -> JsonDict:
    """The whole of one training run: read its rows, train, test, return the result.

    Raises:
        InputError: there is nothing labelled to train or to test on.
    """
    workspace = workspace_of(spec)
    corpus = workspace.corpus(CorpusRef.parse(spec["corpus"]))
    rows = usable(corpus, np.asarray(spec["rows"], dtype=np.int64))
    tested, test_rows, test_labels = _test_of(workspace, corpus, spec["test"])
    train_spec = _train_spec(FitOptions(**spec["options"]), corpus)
    session.progress(0, 0, "Loading the model.")

    def on_step(report: StepReport) -> None:
        session.metric({"step": report.step, "loss": report.loss, "accuracy": report.accuracy,
                        "rate": report.rows_per_second, "eta": report.eta_seconds})  # fmt: skip
        said = f"{report.rows_per_second:.0f} rows/s, {report.eta_seconds:.0f} s left"
        session.progress(report.step, report.total, said)
        on_progress(f"Training, loss {report.loss:.3f}", report.step, report.total)

    trained = fine_tune(
        train_spec, corpus.texts(rows), corpus.labels[rows], out=session.run.model,
        on_step=on_step, should_stop=session.should_stop,
    )  # fmt: skip
    session.progress(trained.steps, trained.steps, f"Testing on {len(test_rows):,} rows.")
    on_progress("Testing", 0, len(test_rows))
    probabilities = predict(trained.classifier, tested.texts(test_rows), should_stop=session.should_stop)
    found = measure(test_labels, probabilities, classes=corpus.classes)
    return {
        **found.to_json(), "test_rows": len(test_rows), "train_rows": len(rows), "steps": trained.steps,
        "seconds": trained.seconds, "device": trained.device, "dtype": trained.dtype,
        "truncated": trained.truncated, "model": train_spec.model, "model_revision": trained.revision,
    }  # fmt: skip


def usable(corpus: Corpus, rows: Ints) -> Ints:
    """Those of the rows that have a text and a label.

    Raises:
        InputError: they are of fewer than two classes.
    """
    kept = rows[(corpus.labels[rows] >= 0) & corpus.has_text[rows]]
    if len(np.unique(corpus.labels[kept])) < 2:
        raise InputError(
            f"{corpus.name} has {len(kept):,} labelled rows of fewer than two classes among the chosen ones: "
            "choose a label column, or a larger budget."
        )
    return kept


def _test_of(workspace: Workspace, corpus: Corpus, test: Mapping[str, Any]) -> tuple[Corpus, Ints, Ints]:
    """The corpus to test on, its labelled rows, and their labels as the model counts classes."""
    if test["corpus"] is None:
        rows = usable(corpus, np.asarray(test["rows"], dtype=np.int64))
        return corpus, rows, corpus.labels[rows]
    other = workspace.corpus(CorpusRef.parse(test["corpus"]))
    return other, *_rows_to_test(corpus, other)


def _rows_to_test(corpus: Corpus, test: Corpus) -> tuple[Ints, Ints]:
    """The labelled rows of a test set, and their labels as the model counts classes."""
    labels = labels_in(corpus.classes, test)
    rows = np.flatnonzero((labels >= 0) & test.has_text).astype(np.int64)
    if len(rows) == 0:
        raise InputError(f"{test.name} has no labelled row to test on: give a test set with labels.")
    return rows, labels[rows]


def _train_spec(options: FitOptions, corpus: Corpus) -> TrainSpec:
    rate = TrainSpec.learning_rate if options.model == "builtin" else LARGER_MODEL_RATE
    return TrainSpec(
        model=options.model, classes=corpus.classes, epochs=options.epochs, steps=options.steps,
        seed=options.seed, device=options.device, learning_rate=rate,
    )  # fmt: skip
