"""The demo with the real encoder: its scores find what was planted in it."""

from pathlib import Path

import numpy as np
import pytest

from eudscore.store.workspace import Workspace
from eudscore.workflow.explaining import explain
from tests.benchmarks.planted import auc, score_demo
from tests.benchmarks.why import EXPECTED, share_right


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(tmp_path_factory.mktemp("demo"))


@pytest.fixture(scope="module")
def demo(folder: Path) -> tuple[object, np.ndarray]:
    return score_demo(folder)


def test_label_gap_finds_the_mislabelled_rows(demo: tuple[object, np.ndarray]) -> None:
    scores, planted = demo
    assert auc(np.asarray(scores.columns["predictive_label_gap"]), planted, "mislabelled") >= 0.85


def test_predictive_entropy_is_higher_on_ambiguous_rows(demo: tuple[object, np.ndarray]) -> None:
    scores, planted = demo
    assert auc(np.asarray(scores.columns["predictive_entropy"]), planted, "ambiguous") > 0.6


def test_the_verdict_is_right_for_seven_in_ten_planted_rows_and_rarely_accuses_clean_ones(
    folder: Path, demo: tuple[object, np.ndarray]
) -> None:
    _, planted = demo
    workspace = Workspace(folder)
    (entry,) = workspace.corpora()
    rows = np.flatnonzero(np.isin(planted, list(EXPECTED)))
    clean = np.flatnonzero(planted == "clean")[::5]
    said = {int(row): explain(workspace, entry.ref, int(row)).kind.value for row in np.concatenate([rows, clean])}
    assert share_right(planted[rows], np.array([said[row] for row in rows])) >= 0.7
    accused = [said[row] for row in clean if said[row] in ("mislabelled", "off-topic")]
    assert len(accused) <= 0.03 * len(clean)
