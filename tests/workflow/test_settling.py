"""Covering is trusted where it helps on held-out rows, and given up where it does not."""

from dataclasses import replace

import numpy as np
import pytest
from materials import InMemory, likeliest_of, nearest

from eudscore.selection.ranking import Ranking
from eudscore.selection.recipe import ranked
from eudscore.selection.request import Balance, SelectionRequest, Strategy
from eudscore.workflow.settling import _settled, settle

ASKED = SelectionRequest(0.16, strategy=Strategy.COVERAGE)


def clouds(n: int, *, share: float, spread: float, wrong: float = 0.0, seed: int = 0) -> InMemory:
    """Two classes in two clouds, the first of which holds a share of the rows; their probabilities are known."""
    rng = np.random.default_rng(seed)
    first = rng.random(n) < share
    middles = np.eye(6)[:2]
    raw = middles[np.where(first, 0, 1)] + spread * rng.normal(size=(n, 6))
    logit = (raw @ (middles[0] - middles[1])) / spread**2 + np.log(share / (1 - share))
    chance = 1 / (1 + np.exp(-logit))
    probabilities = np.column_stack([chance, 1 - chance])
    labels = np.where(first, 0, 1) ^ (rng.random(n) < wrong)
    vectors = (raw / np.linalg.norm(raw, axis=1, keepdims=True)).astype(np.float32)
    entropy = -(probabilities * np.log(np.maximum(probabilities, 1e-12))).sum(axis=1)
    gap = 1 - probabilities[np.arange(n), labels]
    return replace(
        InMemory.random(n, seed=seed), labels=labels, vectors=vectors, neighbours=nearest(vectors, 8),
        likeliest=likeliest_of(probabilities), groups=np.arange(n),
        columns={"predictive_entropy": entropy.astype(np.float32), "predictive_label_gap": gap.astype(np.float32)},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("proportional", "random", "balance", "said"),
    [
        (0.90, 0.80, Balance.ROOT, None),
        (0.90, 0.90, Balance.ROOT, None),
        (0.91, 0.80, Balance.ROOT, None),  # within a standard error
        (0.99, 0.80, Balance.PROPORTIONAL, "classes keep their shares."),
        (0.90, 0.99, Balance.PROPORTIONAL, "rows are drawn at random by class."),
    ],
)
def test_another_way_has_to_be_better_by_more_than_a_standard_error(
    proportional: float, random: float, balance: Balance, said: str | None
) -> None:
    made = clouds(100, share=0.5, spread=0.4)
    found = ranked(made, ASKED)
    shares = {Balance.ROOT: 0.9, Balance.PROPORTIONAL: proportional, Balance.AUTO: random}
    # What the ways get right differs at both ends of the rows, so that the difference has a spread.
    hits = {
        way: np.roll(np.arange(100) < round(100 * share), 40 if way is Balance.PROPORTIONAL else 0).astype(np.float32)
        for way, share in shares.items()
    }
    settled = _settled(made, ASKED, found, hits)
    assert settled.balance is balance
    if said is None:
        assert settled is found
    else:
        assert settled.notes[-1].endswith(said)
        assert "99.0% against 90.0%" in settled.notes[-1]


@pytest.mark.parametrize("lacking", ["labels", "rows", "classes"])
def test_where_nothing_can_be_told_the_ranking_stays(lacking: str) -> None:
    made = clouds(30 if lacking == "rows" else 200, share=0.6, spread=0.5)
    if lacking == "labels":
        made = replace(made, labels=None)
    if lacking == "classes":
        made = replace(made, labels=np.zeros(200, dtype=np.int64))
    found = ranked(made, ASKED)
    assert settle(made, ASKED, found) is found


def test_it_repeats_itself_and_does_not_look_at_the_order_of_the_file() -> None:
    made = clouds(900, share=0.9, spread=3.0)
    order = np.random.default_rng(1).permutation(900)

    def settled(materials: InMemory) -> Ranking:
        return settle(materials, ASKED, ranked(materials, ASKED))

    first, moved = settled(made), settled(made.permuted(order))
    assert first.notes == settled(made).notes == moved.notes
    np.testing.assert_array_equal(order[moved.order], first.order)
