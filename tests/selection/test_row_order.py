"""What holds for every strategy: the same texts whatever the order of the rows, and all kinds of bad input."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eudscore.selection.request import SelectionRequest, Strategy
from eudscore.selection.strategies import STRATEGIES, rank
from tests.selection.materials import InMemory, likeliest_of, nearest, pool_of, replaced, texts_of

ALL = sorted(STRATEGIES)
BY_VALUE = {Strategy.TOP, Strategy.BOTTOM, Strategy.CCS, Strategy.D2}  # a row without a value is no candidate


def ranked(materials: InMemory, strategy: Strategy, limit: int, seed: int = 0) -> list[int]:
    """The texts a strategy ranks, best first; it must rank each candidate once and not change its pool."""
    request = SelectionRequest(5, by="value", strategy=strategy, seed=seed)
    pool = pool_of(materials, seed)
    found = rank(pool, request, limit)
    held = pool.eligible & np.isfinite(pool.column("value")) if strategy in BY_VALUE else pool.eligible
    everyone = np.concatenate([found.order, *found.withheld.values()])
    assert sorted(everyone.tolist()) == np.flatnonzero(held).tolist()
    assert found.order.dtype == np.int64
    assert rank(pool, request, limit).order.tolist() == found.order.tolist()
    return texts_of(materials, pool.rows(found.order))


@pytest.mark.parametrize("strategy", ALL)
@settings(max_examples=15, deadline=None)
@given(n=st.integers(1, 60), seed=st.integers(0, 1000), missing=st.sampled_from([0.0, 0.2]), draw=st.integers(0, 3))
def test_rows_in_another_order_give_the_same_texts(
    strategy: Strategy, n: int, seed: int, missing: float, draw: int
) -> None:
    materials = InMemory.random(n, seed=seed, missing=missing)
    moved = materials.permuted(np.random.default_rng(seed + 1).permutation(n))
    assert ranked(materials, strategy, 20, draw) == ranked(moved, strategy, 20, draw)


@pytest.mark.parametrize("strategy", ALL)
def test_a_larger_limit_only_adds(strategy: Strategy) -> None:
    materials = InMemory.random(80, seed=3, missing=0.1)
    assert ranked(materials, strategy, 10)[:10] == ranked(materials, strategy, 40)[:10]


def _same_vector(materials: InMemory) -> InMemory:
    vectors = np.tile(materials.vectors[:1], (len(materials.keys), 1))
    return replaced(materials, vectors=vectors, neighbours=nearest(vectors, 5))


def _no_vectors(materials: InMemory, filling: float) -> InMemory:
    vectors = np.full_like(materials.vectors, filling)
    clusters = np.full(len(materials.keys), -1)
    return replaced(materials, vectors=vectors, neighbours=nearest(vectors, 5), clusters=clusters)


def _no_probabilities(materials: InMemory) -> InMemory:
    return replaced(materials, likeliest=likeliest_of(np.full((len(materials.keys), 7), np.nan)))


BAD = {
    "no rows": lambda: InMemory.random(0),
    "one row": lambda: InMemory.random(1),
    "two rows": lambda: InMemory.random(2),
    "no text": lambda: replaced(InMemory.random(30), eligible=np.zeros(30, dtype=bool)),
    "no vectors": lambda: _no_vectors(InMemory.random(30), np.nan),
    "zero vectors": lambda: _no_vectors(InMemory.random(30), 0),
    "no values": lambda: replaced(InMemory.random(30), columns={"value": np.full(30, np.nan, dtype=np.float32)}),
    "one value": lambda: replaced(InMemory.random(30), columns={"value": np.ones(30, dtype=np.float32)}),
    "infinite values": lambda: replaced(
        InMemory.random(30), columns={"value": np.where(np.arange(30) % 2, np.inf, 1).astype(np.float32)}
    ),
    "no labels": lambda: replaced(InMemory.random(30), labels=None),
    "all unlabelled": lambda: replaced(InMemory.random(30), labels=np.full(30, -1)),
    "one class": lambda: replaced(InMemory.random(30), labels=np.zeros(30, dtype=np.int64)),
    "a class each": lambda: replaced(InMemory.random(30), labels=np.arange(30)),
    "one place": lambda: _same_vector(InMemory.random(30)),
    "one text": lambda: replaced(_same_vector(InMemory.random(30)), keys=np.ones(30, dtype=np.uint64)),
    "no probabilities": lambda: _no_probabilities(InMemory.random(30)),
    "much missing": lambda: InMemory.random(30, missing=0.8),
}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("limit", [0, 1, 5, 1000])
@pytest.mark.parametrize("strategy", ALL)
@pytest.mark.parametrize("bad", BAD)
def test_whatever_is_missing_every_candidate_is_ranked_once(bad: str, strategy: Strategy, limit: int) -> None:
    ranked(BAD[bad](), strategy, limit)
