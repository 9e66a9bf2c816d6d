"""Rankings are made once, kept under all they depend on, and serve every budget."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from eudscore.errors import RequestError, WorkspaceError
from eudscore.records import Corpus
from eudscore.selection.request import Per, SelectionRequest, Strategy
from eudscore.store.scores import Scores
from eudscore.store.workspace import CorpusRef, Workspace
from eudscore.workflow.choosing import select
from eudscore.workflow.materials import StoredMaterials
from eudscore.workflow.ranking import kept_ranking, rank_corpus, rank_rows, ranking_key
from eudscore.workflow.requests import Entropy, ScoreRequest, silent
from eudscore.workflow.scoring import score

COVERED = SelectionRequest(0.3, strategy=Strategy.COVERAGE)


@pytest.fixture
def scores(workspace: Workspace, corpus: Corpus, tiny_encoder: Path) -> Scores:
    request = ScoreRequest(
        (Entropy.INFORMATION, Entropy.SEMANTIC, Entropy.PREDICTIVE), encoder=str(tiny_encoder), device="cpu"
    )
    return score(workspace, workspace.keep_corpus(corpus), request)


def made_of(workspace: Workspace, scores: Scores, *, waits: bool = False) -> StoredMaterials:
    ref = CorpusRef(scores.corpus["id"], scores.corpus["revision"])
    return StoredMaterials(workspace, ref, scores, on_progress=silent if waits else None)


@pytest.mark.parametrize("strategy", [Strategy.COVERAGE, Strategy.FACILITY, Strategy.KCENTER, Strategy.BADGE])
def test_what_takes_time_is_refused_until_it_was_ranked_and_then_served(
    workspace: Workspace, scores: Scores, strategy: Strategy
) -> None:
    request = SelectionRequest(0.3, strategy=strategy)
    with pytest.raises(RequestError, match=f"The strategy '{strategy.value}' has not ranked these rows yet"):
        select(workspace, scores, request)
    waited = select(workspace, scores, request, on_progress=silent)
    np.testing.assert_array_equal(select(workspace, scores, request).rows, waited.rows)


def test_one_ranking_serves_nested_budgets_without_being_made_again(
    workspace: Workspace, scores: Scores, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = select(workspace, scores, COVERED, on_progress=silent).rows
    monkeypatch.setattr("eudscore.workflow.ranking.ranked", lambda *_, **__: pytest.fail("ranked again"))
    few = select(workspace, scores, replace(COVERED, budget=0.1)).rows
    np.testing.assert_array_equal(few, many[: len(few)])
    assert len(few) < len(many)


def test_what_is_kept_is_what_was_found(workspace: Workspace, scores: Scores) -> None:
    found = rank_rows(made_of(workspace, scores, waits=True), COVERED)
    kept = kept_ranking(made_of(workspace, scores), COVERED)
    assert kept is not None
    np.testing.assert_array_equal(kept.order, found.order)
    assert (kept.notes, kept.balance) == (found.notes, found.balance)
    assert {reason: rows.tolist() for reason, rows in kept.withheld.items()} == {
        reason: rows.tolist() for reason, rows in found.withheld.items()
    }


def test_another_seed_strategy_or_set_of_labels_is_another_ranking(
    workspace: Workspace, scores: Scores, corpus: Corpus
) -> None:
    made = made_of(workspace, scores, waits=True)
    keys = {
        ranking_key(made, request)
        for request in (
            COVERED, replace(COVERED, seed=1), replace(COVERED, strategy=Strategy.FACILITY),
            SelectionRequest(0.05, strategy=Strategy.KCENTER), SelectionRequest(0.5, strategy=Strategy.KCENTER),
        )
    }  # fmt: skip
    assert len(keys) == 5
    assert ranking_key(made, replace(COVERED, budget=5)) == ranking_key(made, COVERED)
    relabelled = replace(corpus, labels=np.roll(corpus.labels, 1))
    ref = workspace.keep_corpus(relabelled)
    assert ranking_key(StoredMaterials(workspace, ref, scores, on_progress=silent), COVERED) not in keys


def test_a_worker_ranks_and_finds_the_clusters_that_share_a_budget(workspace: Workspace, scores: Scores) -> None:
    request = SelectionRequest(0.3, strategy=Strategy.STRATIFIED)
    with pytest.raises(WorkspaceError, match="The workspace has no clusters of meaning of this data set yet"):
        select(workspace, scores, request)
    ref = CorpusRef(scores.corpus["id"], scores.corpus["revision"])
    told = rank_corpus(workspace, ref, scores, replace(request, per=Per.CLUSTER))
    assert told["rows"] == 89
    clusters = made_of(workspace, scores).clusters
    rows = select(workspace, scores, request).rows
    whole = np.bincount(clusters[clusters >= 0])
    got = np.bincount(clusters[rows], minlength=len(whole))
    assert np.abs(got - 0.3 * whole).max() <= 1.5


def test_without_any_vectors_there_is_a_word(workspace: Workspace, corpus: Corpus) -> None:
    bare = score(workspace, workspace.keep_corpus(corpus), ScoreRequest((Entropy.INFORMATION,)))
    with pytest.raises(WorkspaceError, match="The workspace has no sentence vectors of this data set yet"):
        select(workspace, bare, SelectionRequest(5, strategy=Strategy.FACILITY))
