"""What all strategies keep, and the simple ones against their own rule on small data."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from materials import InMemory
from scored import scored

from eudscore.errors import RequestError
from eudscore.records import Band
from eudscore.selection.order import draw_order
from eudscore.selection.pool import Pool
from eudscore.selection.recipe import Provenance
from eudscore.selection.recipe import select as chosen
from eudscore.selection.request import Balance, Per, SelectionRequest, Strategy
from eudscore.selection.strategies import (
    STRATEGIES,
    Need,
    balance_named,
    per_named,
    rank,
    reads_labels,
    strategy_named,
)

SIMPLE = (Strategy.BAND, Strategy.RANDOM, Strategy.STRATIFIED, Strategy.TOP, Strategy.BOTTOM, Strategy.LONGEST)


def candidates(made: InMemory, strategy: Strategy) -> np.ndarray:
    valued = Need.VALUES in STRATEGIES[strategy].needs and strategy is not Strategy.BAND
    return made.eligible & np.isfinite(made.columns["igse"]) if valued else made.eligible


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("classes", [3, 0])
def test_a_ranking_holds_distinct_rows_with_a_text_and_repeats_itself(strategy: Strategy, classes: int) -> None:
    made = scored(120, classes=classes)
    request = SelectionRequest(0.2, strategy=strategy)
    found = rank(Pool(made, 0), request, 120)
    rows = Pool(made, 0).rows(found.order)
    assert rows.dtype == np.int64
    assert len(set(rows.tolist())) == len(rows)
    assert made.eligible[rows].all()
    held_back = np.concatenate([np.zeros(0, dtype=np.int64), *found.withheld.values()])
    assert not set(found.order.tolist()) & set(held_back.tolist())
    assert len(rows) + len(held_back) == candidates(made, strategy).sum() or strategy is Strategy.D2
    np.testing.assert_array_equal(found.order, rank(Pool(made, 0), request, 120).order)


@given(st.integers(1, 60), st.integers(0, 5))
@settings(max_examples=30, deadline=None)
def test_top_is_the_sort_by_value_then_draw_order(n: int, seed: int) -> None:
    made = scored(n, seed=seed)
    made.columns["igse"][:] = np.round(made.columns["igse"])  # ties
    place = np.argsort(draw_order(made.keys, made.labels, seed))
    there = np.flatnonzero(made.eligible & np.isfinite(made.columns["igse"]))
    oracle = sorted(there.tolist(), key=lambda row: (-made.columns["igse"][row], place[row]))
    pool = Pool(made, seed)
    top = pool.rows(rank(pool, SelectionRequest(1, strategy=Strategy.TOP, seed=seed), n).order)
    assert top.tolist() == oracle
    mirrored = replace(made, columns={"igse": -made.columns["igse"]})
    pool = Pool(mirrored, seed)
    bottom = pool.rows(rank(pool, SelectionRequest(1, strategy=Strategy.BOTTOM, seed=seed), n).order)
    np.testing.assert_array_equal(top, bottom)


def test_longest_is_the_sort_by_tokens() -> None:
    made = scored(80)
    rows = Pool(made, 0).rows(rank(Pool(made, 0), SelectionRequest(1, strategy=Strategy.LONGEST), 80).order)
    lengths = made.tokens[rows]
    assert (np.diff(lengths) <= 0).all()
    assert len(rows) == made.eligible.sum()


def test_random_takes_every_text_and_another_seed_takes_others_first() -> None:
    made = scored(400)
    one, other = (Pool(made, seed) for seed in (1, 2))
    first, second = (
        pool.rows(rank(pool, SelectionRequest(1, strategy=Strategy.RANDOM), 400).order) for pool in (one, other)
    )
    assert set(first.tolist()) == set(second.tolist()) == set(np.flatnonzero(made.eligible).tolist())
    assert len(set(first[:100].tolist()) & set(second[:100].tolist())) < 50


def test_every_strategy_says_where_it_is_from_what_it_costs_and_when_it_loses() -> None:
    assert set(STRATEGIES) == set(Strategy)
    for about in STRATEGIES.values():
        assert all(len(words) > 3 for words in (about.source, about.cost, about.loses))


@pytest.mark.parametrize("per", Per)
@pytest.mark.parametrize("balance", [Balance.AUTO, Balance.NONE])
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_who_reads_no_labels_takes_the_same_rows_whatever_they_are(
    strategy: Strategy, balance: Balance, per: Per
) -> None:
    made = scored(150)
    request = SelectionRequest(0.2, strategy=strategy, balance=balance, per=per)
    labels = np.random.default_rng(9).permutation(made.labels)
    rows = [chosen(replace(made, labels=one), request, Provenance("", "", {})).rows for one in (made.labels, labels)]
    if not reads_labels(request):
        np.testing.assert_array_equal(*rows)


def test_who_reads_labels_without_sharing_by_class_is_known() -> None:
    asked = {name: SelectionRequest(0.2, strategy=name, balance=Balance.NONE) for name in STRATEGIES}
    reading = {name for name, request in asked.items() if reads_labels(request)}
    assert reading == {Strategy.COVERAGE, Strategy.CCS, Strategy.MODERATE, Strategy.BADGE}
    by_cluster = SelectionRequest(0.2, strategy=Strategy.LONGEST, per=Per.CLUSTER)
    assert not reads_labels(by_cluster)
    assert reads_labels(replace(by_cluster, per=Per.CLASS))


def test_a_band_of_what_a_model_made_of_the_labels_reads_them() -> None:
    bare = SelectionRequest(0.2, "information_entropy", balance=Balance.NONE)
    assert not reads_labels(bare)
    assert reads_labels(replace(bare, by="predictive_entropy"))
    assert reads_labels(replace(bare, bands={"predictive_label_gap": Band(0.0, 0.5)}))


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(RequestError, match=r"^There is no strategy 'best'\. Choose one of coverage, band, random, "):
        strategy_named("best")
    with pytest.raises(RequestError, match=r"^There is no balance 'equal'\. Choose one of auto, proportional, root, "):
        balance_named("equal")
    with pytest.raises(RequestError, match=r"^A budget cannot be shared per 'word'\. Choose one of class, cluster"):
        per_named("word")


def test_names_are_what_the_enums_are_called() -> None:
    assert strategy_named("d2") is Strategy.D2
    assert balance_named("none") is Balance.NONE
    assert per_named("cluster") is Per.CLUSTER
