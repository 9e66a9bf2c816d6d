"""The demo with the real encoder: its scores find what was planted in it."""

from pathlib import Path

import numpy as np
import pytest

from tests.benchmarks.planted import auc, score_demo


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[object, np.ndarray]:
    return score_demo(Path(tmp_path_factory.mktemp("demo")))


def test_label_gap_finds_the_mislabelled_rows(demo: tuple[object, np.ndarray]) -> None:
    scores, planted = demo
    assert auc(np.asarray(scores.columns["predictive_label_gap"]), planted, "mislabelled") >= 0.85


def test_predictive_entropy_is_higher_on_ambiguous_rows(demo: tuple[object, np.ndarray]) -> None:
    scores, planted = demo
    assert auc(np.asarray(scores.columns["predictive_entropy"]), planted, "ambiguous") > 0.6
