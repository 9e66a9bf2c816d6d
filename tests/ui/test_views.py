"""The component's view of a stored data set: what is known of it, and the ranking that a strategy needs."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from eudscore.records import Card, Corpus, Roles
from eudscore.selection.request import Balance, Strategy
from eudscore.store.workspace import Workspace
from eudscore.ui import state, views
from eudscore.ui.explorer import initial_state
from eudscore.ui.state import Opened
from eudscore.workflow.materials import StoredMaterials
from eudscore.workflow.profiling import find_near_duplicates
from eudscore.workflow.ranking import ranking_key

FAMILY = "00ff00ff00ff00ff"
N = 40


@pytest.fixture
def opened(tmp_path, monkeypatch) -> Opened:
    monkeypatch.setenv("EUDSCORE_WORKSPACE", str(tmp_path))
    workspace = Workspace(tmp_path)
    table = pa.table({"text": [f"text number {row}" for row in range(N)]})
    ref = workspace.keep_corpus(Corpus("forty", "test", table, Roles("text"), ("no", "yes"), np.arange(N) % 2))
    columns = {"igse": np.linspace(0, 1, N, dtype=np.float32), "predictive_entropy": np.ones(N, dtype=np.float32)}
    workspace.keep_family(ref.id, FAMILY, [Card(name, "test") for name in columns], columns)
    vectors = np.random.default_rng(0).normal(size=(N, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    workspace.keep("vectors", ref.id, "ab" * 8, {"cards": []}, {"vectors": vectors})
    return Opened(ref, workspace.corpus(ref))


@pytest.fixture
def scores(opened):
    return state.scores_of(opened.ref)


@pytest.fixture
def view(opened, scores):
    return views.explorer_view(opened, scores, key="select")


def test_what_is_not_known_has_no_address(opened, scores, view):
    assert (view.tokens_url, view.groups_url, view.clusters_url, view.ranking) == (None, None, None, None)
    assert view.balance is Balance.AUTO
    find_near_duplicates(state.workspace(), opened.ref)
    assert views.explorer_view(opened, scores, key="select").groups_url is not None


def chosen(view, strategy, **also):
    return replace(initial_state(view), strategy=strategy, **also)


@pytest.mark.parametrize("strategy", [Strategy.BAND, Strategy.RANDOM, Strategy.TOP, Strategy.BOTTOM, Strategy.LONGEST])
def test_what_the_browser_orders_itself_needs_no_ranking(opened, scores, view, strategy):
    assert views.with_ranking(view, opened, scores, chosen(view, strategy)).ranking is None


def test_a_strategy_by_cluster_waits_for_the_clusters(opened, scores, view):
    ranking = views.with_ranking(view, opened, scores, chosen(view, Strategy.STRATIFIED)).ranking
    assert (ranking.url, ranking.strategy) == (None, "stratified")


def test_a_live_ranking_has_an_address_at_once_and_another_one_by_another_column(opened, scores, view):
    first = views.with_ranking(view, opened, scores, chosen(view, Strategy.CCS)).ranking
    other = views.with_ranking(view, opened, scores, chosen(view, Strategy.CCS, by="predictive_entropy")).ranking
    assert (first.by, other.by) == ("igse", "predictive_entropy")
    assert first.url != other.url


def test_a_slow_ranking_has_an_address_once_it_is_kept(opened, scores, view):
    choice = chosen(view, Strategy.KCENTER)
    before = views.with_ranking(view, opened, scores, choice).ranking
    assert before.url is None
    assert before.note.endswith(".")
    key = ranking_key(StoredMaterials(state.workspace(), opened.ref, scores), choice.request(views.SEED))
    withheld = {"outlier": np.array([1, 2])}
    state.workspace().keep_ranking(opened.ref.id, key, {"notes": [], "balance": "root"}, np.arange(3, N), withheld)
    after = views.with_ranking(view, opened, scores, choice).ranking
    assert after.url.endswith(key)
    assert after.withheld_url.endswith(key)
    assert after.reasons == ["outlier"]
    assert after.rooted
