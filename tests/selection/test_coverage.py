"""The default selector against its rule done by hand, and against cleanlab."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from materials import InMemory, likeliest_of, pool_of

from eudscore.selection.coverage import (
    WITHOUT_CLASSES,
    WITHOUT_LABELS,
    by_coverage,
    cover,
    least_doubted,
    mislabelled,
    outlying,
)
from eudscore.selection.ranking import DUPLICATE, MISLABELLED, OUTLIER, UNLIKELY
from eudscore.selection.recipe import Provenance, select
from eudscore.selection.request import SelectionRequest, Strategy

ASKED = SelectionRequest(0.2, strategy=Strategy.COVERAGE)


def classified(n: int, *, classes: int = 3, seed: int = 0) -> tuple[InMemory, np.ndarray]:
    """Materials with cross-fitted probabilities (n, classes), and near-duplicates."""
    rng = np.random.default_rng(seed)
    probabilities = rng.dirichlet(np.full(classes, 0.7), n)
    labels = np.array([rng.choice(classes, p=row) for row in probabilities], dtype=np.int64)
    groups = np.arange(n)
    groups[1::7] = groups[: len(groups[1::7]) * 7 : 7]
    gap = 1 - probabilities[np.arange(n), labels]
    entropy = -(probabilities * np.log(probabilities)).sum(axis=1)
    made = replace(
        InMemory.random(n, seed=seed), labels=labels, groups=groups, likeliest=likeliest_of(probabilities),
        columns={
            "predictive_entropy": entropy.astype(np.float32), "predictive_label_gap": gap.astype(np.float32),
        },
    )  # fmt: skip
    return made, probabilities


@given(st.integers(2, 5), st.integers(0, 200))
@settings(max_examples=25)
def test_suspected_mislabels_are_those_done_by_hand_and_suspect_to_cleanlab(classes: int, seed: int) -> None:
    from cleanlab.count import compute_confident_joint

    made, probabilities = classified(80, classes=classes, seed=seed)
    present = np.bincount(made.labels, minlength=classes)
    if (present < 6).any():  # cleanlab leaves very small classes alone
        return
    found = mislabelled(made.labels, 1 - made.columns["predictive_label_gap"], *made.likeliest)
    thresholds = [probabilities[made.labels == one, one].mean() for one in range(classes)]
    by_hand = [
        row for row in range(80)
        if (likeliest := int(probabilities[row].argmax())) != made.labels[row]
        and probabilities[row, likeliest] >= thresholds[likeliest]
    ]  # fmt: skip
    assert np.flatnonzero(found).tolist() == by_hand
    _, suspects = compute_confident_joint(
        made.labels, probabilities.astype(np.float32), calibrate=False, return_indices_of_off_diagonals=True
    )
    assert set(by_hand) <= set(suspects)


def test_an_unlabelled_row_and_one_without_probabilities_are_never_suspected() -> None:
    labels = np.array([-1, 0, 1, 1])
    classes = np.array([[1, 0, -1, -1, -1], [-1] * 5, [0, 1, -1, -1, -1], [1, 0, -1, -1, -1]])
    chances = np.array([[0.9, 0.1, 0, 0, 0], [0] * 5, [0.9, 0.1, 0, 0, 0], [0.8, 0.2, 0, 0, 0]], dtype=np.float32)
    given_ = np.array([np.nan, np.nan, 0.1, 0.8], dtype=np.float32)
    assert not mislabelled(labels, given_, classes, chances)[:2].any()


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3), st.booleans()), max_size=40))
def test_the_least_doubted_row_of_a_group_is_left(rows: list[tuple[int, int, bool]]) -> None:
    groups = np.array([group for group, _, _ in rows], dtype=np.int64)
    doubt = np.array([value for _, value, _ in rows], dtype=np.float32)
    eligible = np.array([may for _, _, may in rows], dtype=np.bool_)
    found = set(np.flatnonzero(least_doubted(groups, doubt, eligible)).tolist())
    by_hand = {
        min((place for place in range(len(rows)) if groups[place] == group and eligible[place]),
            key=lambda place: (doubt[place], place))
        for group in set(groups[eligible].tolist())
    }  # fmt: skip
    assert found == by_hand


def greedy_by_hand(made: InMemory, labels: np.ndarray, weights: np.ndarray, candidates: np.ndarray) -> list[int]:
    """Plain greedy over a full matrix of similarities within classes."""
    n = len(labels)
    matrix = np.zeros((n, n))
    for row, (near, cosines) in enumerate(zip(*made.neighbours, strict=True)):
        for other, cosine in zip(near, cosines, strict=True):
            if other >= 0 and labels[other] == labels[row] and cosine > 0:
                matrix[row, other] = matrix[other, row] = max(matrix[row, other], np.float32(cosine))
    np.fill_diagonal(matrix, matrix.max(axis=1, initial=0.0))
    best, left, order = np.zeros(n), set(np.flatnonzero(candidates).tolist()), []
    while left:
        gains = {place: float((weights * np.maximum(matrix[place] - best, 0)).sum()) for place in left}
        top = max(gains.values())
        if top <= 1e-12:
            break
        place = min(place for place in left if gains[place] >= top - 1e-12)
        order.append(place)
        left.remove(place)
        best = np.maximum(best, matrix[place])
    return order


@pytest.mark.parametrize("seed", range(8))
def test_classes_are_covered_as_the_plain_greedy_does(seed: int) -> None:
    made, _ = classified(40, seed=seed)
    rng = np.random.default_rng(seed)
    weights, candidates = rng.random(40), rng.random(40) < 0.8
    found = cover(*made.neighbours, made.labels, weights, candidates).tolist()
    by_hand = greedy_by_hand(made, made.labels, weights, candidates)
    assert found[: len(by_hand)] == by_hand
    assert sorted(found) == np.flatnonzero(candidates).tolist()


@pytest.mark.parametrize("seed", range(6))
def test_outliers_are_those_done_by_hand(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = 200
    cosines = np.sort(rng.normal(0.6, 0.02, (n, 7)), axis=1)[:, ::-1].copy()
    cosines[rng.permutation(n)[:30]] -= rng.uniform(0, 0.5, (30, 1))
    neighbours = np.stack([rng.permutation(n)[:7] for _ in range(n)])
    neighbours[:4, 3:], neighbours[4] = -1, -1
    cosines[neighbours == -1] = 0
    labels, among = rng.integers(-1, 3, n), rng.random(n) < 0.9
    near = {row: np.mean([c for j, c in zip(neighbours[row, :5], cosines[row, :5], strict=True) if j >= 0])
            for row in np.flatnonzero(among) if neighbours[row, 0] >= 0}  # fmt: skip
    middle = np.median(list(near.values()))
    line = middle - 2.5 * 1.4826 * np.median([abs(value - middle) for value in near.values()])
    by_hand = set()
    for label in range(-1, 3):
        of_class = sorted((row for row in near if labels[row] == label), key=near.__getitem__)
        by_hand |= {row for row in of_class[: int(0.05 * len(of_class))] if near[row] < line}
    assert by_hand
    assert set(np.flatnonzero(outlying(neighbours, cosines, labels, among)).tolist()) == by_hand


def test_no_small_class_loses_a_row_as_an_outlier() -> None:
    cosines = np.full((300, 5), 0.7) + np.random.default_rng(0).normal(0, 0.01, (300, 5))
    cosines[:19] = 0.1
    labels = np.where(np.arange(300) < 19, 1, 0)
    neighbours = np.tile(np.arange(5), (300, 1))
    assert not outlying(neighbours, cosines, labels, np.ones(300, dtype=np.bool_))[:19].any()
    assert not outlying(neighbours, cosines, labels, np.zeros(300, dtype=np.bool_)).any()


def test_everything_with_a_text_is_ranked_or_withheld_for_a_reason() -> None:
    made, _ = classified(300)
    made = replace(made, eligible=np.arange(300) % 17 != 0)
    found = by_coverage(pool_of(made), ASKED, 300)
    pool = pool_of(made)
    parts = [pool.rows(found.order), *(pool.rows(places) for places in found.withheld.values())]
    assert sorted(np.concatenate(parts).tolist()) == np.flatnonzero(made.eligible).tolist()
    suspected = set(pool.rows(found.withheld[MISLABELLED]).tolist())
    twice = pool.rows(found.withheld[DUPLICATE])
    ranked = set(pool.rows(found.order).tolist())
    assert 0 < len(suspected) < 150
    unlikely = pool.rows(found.withheld[UNLIKELY])
    likeliest = made.likeliest[0][:, 0]
    assert (likeliest[unlikely] != made.labels[unlikely]).all()
    assert not suspected & set(unlikely.tolist())
    assert all(likeliest[row] == made.labels[row] for row in ranked)
    left = ranked | set(unlikely.tolist())
    assert all(any(made.groups[other] == made.groups[row] for other in left) for row in twice.tolist()), "one is left"
    assert found.notes == ()


@pytest.mark.parametrize("lacking", ["labels", "predictive"])
def test_without_labels_or_probabilities_the_texts_are_covered_and_that_is_said(lacking: str) -> None:
    made, _ = classified(100)
    made = replace(made, labels=None) if lacking == "labels" else replace(made, columns={})
    found = by_coverage(pool_of(made), ASKED, 100)
    assert found.notes == (WITHOUT_LABELS if lacking == "labels" else WITHOUT_CLASSES,)
    assert DUPLICATE in found.withheld
    assert set(found.withheld) <= {DUPLICATE, OUTLIER}
    assert len(found.order) + sum(map(len, found.withheld.values())) == 100


def test_classes_share_a_budget_by_the_square_root_of_their_size() -> None:
    made, _ = classified(900)
    labels = np.repeat([0, 1, 2], [676, 196, 28])
    certain = np.zeros(900, dtype=np.float32)
    made = replace(
        made, labels=labels, groups=np.arange(900),
        columns={"predictive_entropy": certain + 1, "predictive_label_gap": certain},
        likeliest=(np.column_stack([labels, *[np.full(900, -1)] * 4]), np.column_stack([certain + 1, *[certain] * 4])),
    )  # fmt: skip
    here = Provenance("c", "l", {}, ("a", "b", "c"))
    selection = select(made, replace(ASKED, budget=90), here)
    shares = np.sqrt([676, 196, 28])
    np.testing.assert_allclose(np.bincount(labels[selection.rows]), 90 * shares / shares.sum(), atol=1)
    assert selection.recipe["balance"] == "root"
    assert set(selection.withheld) <= {OUTLIER}


def test_one_row_and_none() -> None:
    made, _ = classified(8)
    nobody = replace(made, eligible=np.zeros(8, dtype=np.bool_))
    assert len(by_coverage(pool_of(nobody), ASKED, 8).order) == 0
    alone = replace(made, eligible=np.arange(8) == 3)
    found = by_coverage(pool_of(alone), ASKED, 8)
    assert len(found.order) + sum(map(len, found.withheld.values())) == 1
