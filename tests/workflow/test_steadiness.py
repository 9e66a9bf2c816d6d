"""A selection made again and again."""

import json
from pathlib import Path

import numpy as np
import pytest

from eudscore.errors import WorkspaceError
from eudscore.records import Band, Corpus
from eudscore.selection.request import SelectionRequest, Strategy
from eudscore.store.scores import Scores
from eudscore.store.workspace import CorpusRef, Workspace
from eudscore.workflow.choosing import select
from eudscore.workflow.requests import Entropy, ScoreRequest
from eudscore.workflow.scoring import score
from eudscore.workflow.steadiness import Kind, cost_of, shares_of, steadiness, variants_of

COLUMNS = ["igse", "information_entropy", "semantic_entropy", "information_surprisal"]


@pytest.fixture
def ref(workspace: Workspace, corpus: Corpus) -> CorpusRef:
    return workspace.keep_corpus(corpus)


@pytest.fixture
def scores(workspace: Workspace, ref: CorpusRef) -> Scores:
    return score(workspace, ref, ScoreRequest((Entropy.INFORMATION,)))


def test_other_seeds_other_rows_and_the_other_entropies_are_tried() -> None:
    found = variants_of(SelectionRequest(0.2, seed=4), COLUMNS)
    assert [one.request.seed for one in found if one.kind is Kind.SEEDS] == [5, 6, 7, 8, 9]
    assert [one.part for one in found if one.kind is Kind.ROWS] == [0, 1, 2, 3, 4]
    assert [one.request.by for one in found if one.kind is Kind.SCORES] == ["information_entropy", "semantic_entropy"]
    assert cost_of(SelectionRequest(0.2), COLUMNS, 0.5) == (13, 6.5)


def test_a_strategy_that_reads_no_score_has_no_scores_to_change() -> None:
    kinds = {one.kind for one in variants_of(SelectionRequest(0.2, strategy=Strategy.RANDOM), COLUMNS)}
    assert kinds == {Kind.SEEDS, Kind.ROWS}


def test_rows_are_counted_as_often_as_they_were_in(
    workspace: Workspace, ref: CorpusRef, scores: Scores, tmp_path: Path
) -> None:
    request = SelectionRequest(0.2, band=Band(0.2, 0.8))
    found = steadiness(workspace, ref, scores, request, tmp_path)
    assert json.loads(json.dumps(found)) == found
    shares = shares_of(tmp_path)
    assert shares.shape == (90,)
    assert np.isnan(shares[7])  # its text is empty
    assert found["always"] == (shares == 1).sum()
    assert found["at_times"] == ((shares > 0) & (shares < 1)).sum()
    seeds = [select(workspace, scores, SelectionRequest(0.2, band=Band(0.2, 0.8), seed=seed)).rows for seed in range(6)]
    never = np.setdiff1d(np.arange(90), np.concatenate(seeds))
    assert (shares[never[never != 7]] < 1).all()
    pairs = [len(np.intersect1d(a, b)) for at, a in enumerate(seeds) for b in seeds[:at]]
    kuncheva = (np.mean(pairs) - 18 * 18 / 89) / (18 - 18 * 18 / 89)
    by_kind = {kind["kind"]: kind["stability"] for kind in found["kinds"]}
    assert by_kind["seeds"] == pytest.approx(kuncheva)
    assert found["stability"] == pytest.approx(min(by_kind.values()))


def test_what_leaves_nothing_to_chance_is_steady_over_seeds(
    workspace: Workspace, ref: CorpusRef, scores: Scores, tmp_path: Path
) -> None:
    request = SelectionRequest(0.2, by="information_surprisal", strategy=Strategy.TOP)
    found = steadiness(workspace, ref, scores, request, tmp_path)
    by_kind = {kind["kind"]: kind["stability"] for kind in found["kinds"]}
    assert by_kind["seeds"] == 1
    assert by_kind["rows"] > 0.6


def test_shares_that_were_removed_are_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceError, match="measure the stability again"):
        shares_of(tmp_path)
