"""The semantic columns: what each finds, their cards, and that nothing but the data decides a bit of them."""

import math
import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
import scipy.stats

from eudscore.entropy.clusters import cluster_count
from eudscore.entropy.mixture import spherical_mixture
from eudscore.geometry.neighbours import NEIGHBOURS, neighbour_graph
from eudscore.records import Card, Corpus, Flag, Floats, Roles, ScoredBatch
from eudscore.scorers import semantic
from eudscore.scorers.semantic import RUNS, SCALES, SemanticScorer, view

N, TOPICS = 300, 6
COLUMNS = ["semantic_entropy", "semantic_neighbourhood", "semantic_isolation", "semantic_stability"]
BETWEEN, OUTLIER, EMPTY = 50, 51, 7


def unit(vectors: np.ndarray) -> Floats:
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def toy() -> tuple[Corpus, SemanticScorer]:
    """Six topics, a text between two of them, one like nothing else, one that is empty, and a pair of twins."""
    rng = np.random.default_rng(0)
    centres = np.eye(TOPICS, 24)
    topic = np.arange(N) % TOPICS
    vectors = centres[topic] + 0.12 * rng.normal(size=(N, 24))
    vectors[BETWEEN] = centres[0] + centres[1]
    vectors[OUTLIER] = np.eye(24)[23]
    vectors[1] = vectors[0]
    vectors = unit(vectors)
    vectors[EMPTY] = np.nan
    return corpus_of(N), scorer_of(vectors)


def corpus_of(n: int) -> Corpus:
    texts = pa.table({"text": [str(row) for row in range(n)]})
    return Corpus("toy", "toy.csv", texts, Roles("text"), (), np.full(n, -1))


def scorer_of(vectors: Floats) -> SemanticScorer:
    flags = np.zeros(len(vectors), dtype=np.uint8)
    return SemanticScorer(vectors, flags, neighbour_graph(vectors), Card("vectors", "toy"), classes=3)


def scored(corpus: Corpus, scorer: SemanticScorer, rows: np.ndarray | None = None) -> ScoredBatch:
    (batch,) = scorer.score(corpus, np.arange(len(corpus)) if rows is None else rows)
    return batch


@pytest.fixture(scope="module")
def everything() -> ScoredBatch:
    return scored(*toy())


def test_every_column_has_a_card_and_only_the_empty_text_has_no_value(everything: ScoredBatch) -> None:
    _, scorer = toy()
    assert list(scorer.cards) == list(everything.values) == COLUMNS
    for name, values in everything.values.items():
        assert values.dtype == np.float32
        assert np.flatnonzero(np.isnan(values)).tolist() == [EMPTY], name
    assert np.flatnonzero(everything.flags).tolist() == [EMPTY]
    assert everything.flags[EMPTY] == Flag.EMPTY


def test_cards_say_what_the_numbers_depend_on() -> None:
    _, scorer = toy()
    count = cluster_count(N, 3)
    for name, card in scorer.cards.items():
        assert card.column == name
        assert card.version == 4
        assert card.seed == 0
        assert card.parameters["clusters"] == [count, count / 2, count * 2]
        assert card.parameters["runs"] == RUNS
        assert card.parameters["neighbours"] == NEIGHBOURS
        assert card.parameters["search"] == "exact"
    assert len({card.key for card in scorer.cards.values()}) == len(COLUMNS)
    other = replace(scorer, graph=replace(scorer.graph, exact=False))
    assert "approximate" in other.cards["semantic_entropy"].parameters["search"]
    for changed in (other, replace(scorer, seed=1)):
        assert all(changed.cards[name].key != card.key for name, card in scorer.cards.items())


def test_what_the_encoder_cut_and_how_it_read_goes_into_batch_and_outcome() -> None:
    corpus, scorer = toy()
    flags = np.zeros(N, dtype=np.uint8)
    flags[[3, 20]] = Flag.TRUNCATED
    batch = scored(corpus, replace(scorer, flags=flags, read={"device": "cpu", "max_tokens": 48}))
    assert np.flatnonzero(batch.flags & Flag.TRUNCATED).tolist() == [3, 20]
    assert np.flatnonzero(batch.flags & Flag.EMPTY).tolist() == [EMPTY]
    assert (batch.outcome["device"], batch.outcome["max_tokens"]) == ("cpu", 48)
    assert len(batch.outcome["clusters_found"]) == RUNS * len(SCALES)


def test_values_lie_in_their_bounds(everything: ScoredBatch) -> None:
    clusters = max(everything.outcome["clusters_found"])
    bounds = zip(COLUMNS, (math.log(clusters), math.log(min(20, clusters)), 2, math.log(2)), strict=True)
    for name, highest in bounds:
        known = np.delete(everything.values[name], EMPTY)
        assert ((known >= 0) & (known <= highest + 1e-6)).all(), name


def test_a_text_between_topics_is_undecided_and_one_like_nothing_else_is_isolated(everything: ScoredBatch) -> None:
    soft, isolation = everything.values["semantic_entropy"], everything.values["semantic_isolation"]
    assert soft[BETWEEN] > np.nanquantile(soft, 0.95)
    assert int(np.nanargmax(isolation)) == OUTLIER
    assert isolation[OUTLIER] > everything.outcome["isolated_above"]
    assert isolation[BETWEEN] < isolation[OUTLIER]


def test_the_card_tells_above_which_isolation_one_text_in_a_hundred_lies(everything: ScoredBatch) -> None:
    isolated = np.nan_to_num(everything.values["semantic_isolation"]) > everything.outcome["isolated_above"]
    assert 1 <= isolated.sum() <= N / 100 + 1


def test_the_two_entropies_have_one_mean(everything: ScoredBatch) -> None:
    means = [np.nanmean(everything.values[name].astype(np.float64)) for name in COLUMNS[:2]]
    assert means[0] == pytest.approx(means[1], abs=1e-6)


def test_equal_texts_have_equal_values(everything: ScoredBatch) -> None:
    for name in ("semantic_entropy", "semantic_isolation"):
        assert everything.values[name][0] == everything.values[name][1], name


def test_which_rows_are_asked_for_and_in_which_order_changes_nothing(everything: ScoredBatch) -> None:
    order = np.random.default_rng(1).permutation(N)
    for rows in (order, order[:9], np.array([EMPTY]), np.array([], dtype=np.int64)):
        again = scored(*toy(), rows)
        np.testing.assert_array_equal(again.rows, rows)
        for name, values in everything.values.items():
            np.testing.assert_array_equal(again.values[name], values[rows], err_msg=name)
        assert again.outcome == everything.outcome


def some_view(seed: int = 2) -> tuple[Floats, np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    vectors = unit(rng.normal(size=(200, 48)))
    vectors[11] = np.nan
    neighbours = np.where(np.isfinite(vectors[:, :1]), neighbour_graph(vectors, k=5).indices, -1)
    return vectors, unit(rng.normal(size=(7, 48))).astype(np.float64), neighbours, np.delete(np.arange(200), 11)


def columns_of(seen: semantic.ClusteringView) -> list[np.ndarray]:
    return [seen.clusters, seen.near, seen.soft, seen.isolation]


def test_given_the_clusters_order_and_blocks_of_the_texts_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    vectors, centroids, neighbours, sample = some_view()
    seen = view(vectors, centroids, neighbours, sample)
    order = np.random.default_rng(1).permutation(200)
    place = np.argsort(order)
    moved_neighbours = np.where(neighbours[order] < 0, -1, place[neighbours[order]])
    moved = view(vectors[order], centroids, moved_neighbours, np.sort(place[sample]))
    for before, after in zip(columns_of(seen), columns_of(moved), strict=True):
        np.testing.assert_allclose(after, before[order], atol=1e-9)
    monkeypatch.setattr(semantic, "_CELLS", 7 * 13)
    blocked = view(vectors, centroids, neighbours, sample)
    for before, after in zip(columns_of(seen), columns_of(blocked), strict=True):
        np.testing.assert_allclose(after, before, atol=1e-9)


def test_the_nearest_centroid_is_that_of_a_loop_and_the_empty_text_has_none() -> None:
    vectors, centroids, neighbours, sample = some_view()
    seen = view(vectors, centroids, neighbours, sample)
    for row in sample:
        assert seen.clusters[row] == max(range(7), key=lambda number: float(vectors[row] @ centroids[number]))
    assert seen.clusters[11] == -1
    assert np.isnan([seen.near[11], seen.soft[11], seen.isolation[11]]).all()
    assert np.nanmean(seen.soft) == pytest.approx(np.nanmean(seen.near), abs=1e-6)


def test_each_column_is_the_mean_over_all_clusterings(everything: ScoredBatch) -> None:
    _, scorer = toy()
    sample = np.delete(np.arange(N), EMPTY)
    neighbours = np.where(np.isfinite(scorer.vectors[:, :1]), scorer.graph.indices, -1)
    count = cluster_count(N, 3)
    views = [
        view(scorer.vectors, spherical_mixture(scorer.vectors[sample], round(scale * count), run), neighbours, sample)
        for scale in SCALES
        for run in range(RUNS)
    ]
    for name, part in (
        ("semantic_entropy", "soft"), ("semantic_neighbourhood", "near"), ("semantic_isolation", "isolation"),
    ):  # fmt: skip
        expected = np.mean([getattr(one, part) for one in views], axis=0)
        np.testing.assert_allclose(everything.values[name], expected, atol=1e-6, err_msg=name)
    assert everything.outcome["clusters_found"] == [one.found for one in views]


def test_topics_that_lie_apart_are_certain() -> None:
    rng = np.random.default_rng(0)
    topic = np.arange(200) % 5
    batch = scored(corpus_of(200), scorer_of(unit(np.eye(5, 16)[topic] + 0.01 * rng.normal(size=(200, 16)))))
    between = unit(np.eye(5, 16)[topic] + 0.01 * rng.normal(size=(200, 16)))
    between[BETWEEN] = unit((np.eye(16)[0] + np.eye(16)[1])[None])[0]
    undecided = scored(corpus_of(200), scorer_of(between))
    assert undecided.values["semantic_entropy"].argmax() == BETWEEN
    assert batch.values["semantic_isolation"].max() < 0.01


def test_vectors_of_another_precision_rank_the_texts_alike() -> None:
    corpus, scorer = toy()
    rounded = scorer.vectors + 3e-4 * np.random.default_rng(0).normal(size=scorer.vectors.shape)
    batches = [scored(corpus, scorer_of(unit(vectors))) for vectors in (scorer.vectors, rounded)]
    for name, least in (("semantic_entropy", 0.99), ("semantic_isolation", 0.999), ("semantic_neighbourhood", 0.98)):
        pair = [np.delete(batch.values[name], EMPTY) for batch in batches]
        assert scipy.stats.spearmanr(*pair).statistic > least, name


@pytest.mark.parametrize("different", [1, 3])
def test_fewer_different_texts_than_clusters_are_certain_and_warn_of_nothing(
    different: int, recwarn: pytest.WarningsRecorder
) -> None:
    vectors = unit(np.random.default_rng(0).normal(size=(different, 8)))[np.arange(120) % different]
    batch = scored(corpus_of(120), scorer_of(vectors))
    assert set(batch.outcome["clusters_found"]) == {different}
    for name, values in batch.values.items():
        np.testing.assert_allclose(values, 0, atol=1e-4, err_msg=name)
    assert not [str(warning.message) for warning in recwarn if "cluster" in str(warning.message)]


@pytest.mark.parametrize("empty", [[0], [0, 1]])
def test_where_nothing_can_be_compared_nothing_is_said(empty: list[int]) -> None:
    vectors = unit(np.ones((2, 4)))
    vectors[empty] = np.nan
    batch = scored(corpus_of(2), scorer_of(vectors))
    assert all(np.isnan(values).all() for values in batch.values.values())
    assert batch.outcome["temperatures"] == []


def test_a_sample_serves_a_large_corpus(monkeypatch: pytest.MonkeyPatch, everything: ScoredBatch) -> None:
    monkeypatch.setattr(semantic, "FIT_AT_MOST", 150)
    again = scored(*toy())
    for name in COLUMNS[:2]:
        assert np.isfinite(np.delete(again.values[name], EMPTY)).all()
        assert np.corrcoef(*(np.delete(batch.values[name], EMPTY) for batch in (again, everything)))[0, 1] > 0.3
    for name, values in scored(*toy()).values.items():
        np.testing.assert_array_equal(values, again.values[name])


def test_two_processes_agree_to_the_bit_whatever_their_threads() -> None:
    code = (
        "import hashlib, runpy\n"
        f"toy = runpy.run_path({__file__!r})\n"
        "values = toy['scored'](*toy['toy']()).values\n"
        "print(hashlib.sha256(b''.join(column.tobytes() for column in values.values())).hexdigest())"
    )
    digests = set()
    for threads in ("1", "3"):
        environment = {**os.environ, "OMP_NUM_THREADS": threads, "OPENBLAS_NUM_THREADS": threads}
        done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
        digests.add(done.stdout)
    assert len(digests) == 1
