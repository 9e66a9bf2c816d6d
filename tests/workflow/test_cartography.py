"""Training dynamics become columns of the data set."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from eudscore.errors import WorkspaceError
from eudscore.jobs.folder import RunFolder
from eudscore.records import Corpus
from eudscore.store.workspace import Workspace
from eudscore.workflow.cartography import keep_dynamics
from eudscore.workflow.fitting import Run, fit_here
from eudscore.workflow.requests import FitOptions
from eudscore.workflow.sampling import rows_of
from eudscore.workflow.stored import latest_scores

NAMES = {"training_confidence", "training_variability", "training_correctness"}


@pytest.fixture
def trained(workspace: Workspace, corpus: Corpus, tiny_encoder: Path) -> Run:
    options = FitOptions(str(tiny_encoder), epochs=2, device="cpu")
    return fit_here(workspace, corpus, np.arange(0, 60, 2), rows_of(corpus, np.arange(60, 90)), options)


def test_they_are_columns_of_the_rows_that_were_trained_on(workspace: Workspace, corpus: Corpus, trained: Run) -> None:
    run = RunFolder(trained.folder)
    keep_dynamics(workspace, corpus, run, run.read_spec(), trained.metrics)
    keep_dynamics(workspace, corpus, run, run.read_spec(), trained.metrics)  # twice is once
    ref = workspace.keep_corpus(corpus)
    scores = latest_scores(workspace, ref)
    assert set(scores.columns) == NAMES
    for name in NAMES:
        known = np.isfinite(np.asarray(scores.columns[name]))
        np.testing.assert_array_equal(np.flatnonzero(known), np.arange(0, 60, 2))
        assert np.asarray(scores.columns[name])[known].min() >= 0
        assert np.asarray(scores.columns[name])[known].max() <= 1
    card = scores.cards["training_confidence"]
    assert (card.outcome["rows_trained"], card.outcome["steps"]) == (30, 4)
    relabelled = replace(corpus, labels=np.roll(corpus.labels, 1))
    assert not latest_scores(workspace, workspace.keep_corpus(relabelled)).columns, "they are about other labels"


def test_a_run_without_dynamics_is_told(workspace: Workspace, corpus: Corpus, trained: Run) -> None:
    run = RunFolder(trained.folder)
    (run.path / "dynamics.jsonl").unlink()
    with pytest.raises(WorkspaceError, match="train again to get it"):
        keep_dynamics(workspace, corpus, run, run.read_spec(), trained.metrics)
