"""The predictive columns: their oracles, their cards, and that nothing but the data decides a bit of them."""

import math
import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
import scipy.stats

from eudscore.models import probe
from eudscore.models.probe import FOLDS, FoldScores, group_folds
from eudscore.records import UNLABELLED, Card, Corpus, Flag, Floats, Roles, ScoredBatch
from eudscore.scorers.likeliest import CLASSES, PROBABILITIES, ClassedBatch
from eudscore.scorers.predictive import PredictiveScorer

N, N_CLASSES = 240, 4
COLUMNS = [
    "predictive_entropy",
    "predictive_margin",
    "predictive_least_confidence",
    "predictive_bald",
    "predictive_energy",
    "predictive_label_gap",
    "predictive_el2n",
]
OF_LABELS = ("predictive_label_gap", "predictive_el2n")


def toy(seed: int = 0) -> tuple[Corpus, PredictiveScorer]:
    """Vectors of four classes, twins in rows 0 and 1, no text in row 7 and no label in every tenth row."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, N_CLASSES, N)
    vectors = rng.normal(size=(N, 16)) + 1.2 * rng.normal(size=(N_CLASSES, 16))[labels]
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    vectors[1] = vectors[0]
    vectors[7] = np.nan
    labels[1] = labels[0]
    labels[9::10] = UNLABELLED
    groups = np.arange(N)
    groups[1] = 0
    texts = pa.table({"text": [str(row) for row in range(N)]})
    corpus = Corpus("toy", "toy.csv", texts, Roles("text", "label"), ("a", "b", "c", "d"), labels)
    flags = np.zeros(N, dtype=np.uint8)
    return corpus, PredictiveScorer(vectors, flags, groups, "equal texts", Card("vectors", "toy"), corpus.labels_id)


def collected(corpus: Corpus, scorer: PredictiveScorer, rows: np.ndarray | None = None) -> dict[str, Floats]:
    columns = {name: np.full(N, -1, dtype=np.float32) for name in scorer.cards}
    for batch in scorer.score(corpus, np.arange(N) if rows is None else rows):
        for name, values in batch.values.items():
            columns[name][batch.rows] = values
    return columns


@pytest.fixture(scope="module")
def everything() -> dict[str, Floats]:
    return collected(*toy())


@pytest.fixture(scope="module")
def batches() -> list[ScoredBatch]:
    corpus, scorer = toy()
    return list(scorer.score(corpus, np.arange(N)))


def test_every_column_has_a_card_and_a_value_for_every_text(everything: dict[str, Floats]) -> None:
    corpus, scorer = toy()
    assert list(scorer.cards) == list(everything) == COLUMNS
    unlabelled = corpus.labels < 0
    for name, values in everything.items():
        empty = np.isnan(values)
        assert values.dtype == np.float32
        assert empty[7], name
        expected = unlabelled | (np.arange(N) == 7) if name in OF_LABELS else np.arange(N) == 7
        np.testing.assert_array_equal(empty, expected, err_msg=name)


def test_cards_say_what_the_numbers_depend_on() -> None:
    corpus, scorer = toy()
    for name, card in scorer.cards.items():
        assert card.column == name
        assert card.version == 3
        assert card.seed == 0
        assert card.parameters["heads"] == 8
        assert card.parameters["folds"] == FOLDS
        assert card.parameters["groups"] == "equal texts"
        assert card.parameters["labels"] == corpus.labels_id
    assert len({card.key for card in scorer.cards.values()}) == len(COLUMNS)
    other = replace(scorer, seed=1)
    assert all(other.cards[name].key != card.key for name, card in scorer.cards.items())
    assert scorer.cards["predictive_entropy"].unit == scorer.cards["predictive_bald"].unit == "nats"
    assert scorer.cards["predictive_energy"].unit == "rank in (0, 1)"
    assert all(scorer.cards[name].direction == "higher = label less likely" for name in OF_LABELS)


def test_the_last_batch_of_a_fold_tells_the_temperature_of_every_fold(batches: list[ScoredBatch]) -> None:
    temperatures = batches[-2].outcome["temperatures"]
    assert len(temperatures) == FOLDS
    assert all(0.05 <= temperature <= 20 for temperature in temperatures)
    assert [len(batch.outcome["temperatures"]) for batch in batches[:-1]] == list(range(1, FOLDS + 1))


def test_each_row_comes_once_and_the_empty_one_is_flagged(batches: list[ScoredBatch]) -> None:
    rows = np.concatenate([batch.rows for batch in batches])
    flags = np.concatenate([batch.flags for batch in batches])
    np.testing.assert_array_equal(np.sort(rows), np.arange(N))
    assert rows[flags == Flag.EMPTY].tolist() == [7]


def test_what_the_encoder_cut_and_how_it_read_goes_into_batches_and_outcome() -> None:
    corpus, scorer = toy()
    flags = np.zeros(N, dtype=np.uint8)
    flags[[3, 20]] = Flag.TRUNCATED
    batches = list(replace(scorer, flags=flags, read={"device": "cpu", "max_tokens": 48}).score(corpus, np.arange(N)))
    rows, found = (np.concatenate([getattr(batch, name) for batch in batches]) for name in ("rows", "flags"))
    assert sorted(rows[found & Flag.TRUNCATED > 0].tolist()) == [3, 20]
    assert rows[found & Flag.EMPTY > 0].tolist() == [7]
    assert all((batch.outcome["device"], batch.outcome["max_tokens"]) == ("cpu", 48) for batch in batches)


def test_values_lie_in_their_bounds(everything: dict[str, Floats]) -> None:
    highest = {
        "predictive_entropy": math.log(N_CLASSES),
        "predictive_margin": 1,
        "predictive_least_confidence": 1 - 1 / N_CLASSES,
        "predictive_bald": math.log(N_CLASSES),
        "predictive_energy": 1,
        "predictive_label_gap": 1,
        "predictive_el2n": math.sqrt(2),
    }
    for name, values in everything.items():
        known = values[np.isfinite(values)]
        assert (known >= 0).all(), name
        assert (known <= highest[name] + 1e-6).all(), name


def test_measures_of_one_distribution_agree_with_one_another(everything: dict[str, Floats]) -> None:
    gap, el2n = everything["predictive_label_gap"], everything["predictive_el2n"]
    known = np.isfinite(gap)
    assert (el2n[known] >= gap[known] - 1e-6).all()
    assert (everything["predictive_least_confidence"][known] <= gap[known] + 1e-6).all()
    assert scipy.stats.spearmanr(everything["predictive_margin"][known], everything["predictive_entropy"][known])[0] > 0


def test_the_likeliest_classes_are_those_the_columns_were_made_of(
    everything: dict[str, Floats], batches: list[ScoredBatch]
) -> None:
    corpus, _ = toy()
    for batch in batches:
        assert isinstance(batch, ClassedBatch)
        classes, probs = batch.likeliest[CLASSES], batch.likeliest[PROBABILITIES]
        if (batch.flags & Flag.EMPTY).all():
            assert (classes == -1).all()
            continue
        np.testing.assert_allclose(probs[:, :N_CLASSES].sum(axis=1), 1, atol=1e-6)
        np.testing.assert_allclose(1 - probs[:, 0], everything["predictive_least_confidence"][batch.rows], atol=1e-6)
        np.testing.assert_allclose(
            1 - probs[:, 0] + probs[:, 1], everything["predictive_margin"][batch.rows], atol=1e-6
        )
        given = (classes == corpus.labels[batch.rows][:, None]) & (classes >= 0)
        gap = everything["predictive_label_gap"][batch.rows]
        labelled = corpus.labels[batch.rows] >= 0
        np.testing.assert_allclose(1 - probs[given], gap[labelled], atol=1e-6)


def test_energies_are_ranked_within_their_fold(
    everything: dict[str, Floats], batches: list[ScoredBatch], monkeypatch: pytest.MonkeyPatch
) -> None:
    for batch in batches[:-1]:
        ranks = everything["predictive_energy"][batch.rows]
        assert np.mean(ranks) == pytest.approx(0.5)
        assert ranks.min() < 2 / len(ranks)

    from eudscore.scorers import predictive

    def shifted(*args: object, **options: object) -> object:
        for number, fold in enumerate(probe.cross_fitted(*args, **options)):  # type: ignore[arg-type]
            yield FoldScores(fold.rows, fold.logits + 100 * number, fold.temperature, fold.disagreement)

    monkeypatch.setattr(predictive, "cross_fitted", shifted)
    np.testing.assert_array_equal(collected(*toy())["predictive_energy"], everything["predictive_energy"])


def test_equal_texts_have_equal_values(everything: dict[str, Floats]) -> None:
    for name, values in everything.items():
        assert values[0] == values[1], name


def test_which_rows_are_asked_for_and_in_which_order_changes_nothing(everything: dict[str, Floats]) -> None:
    asked = np.random.default_rng(1).permutation(N)[:50]
    for rows in (asked, asked[:1], np.array([7]), np.array([], dtype=np.int64)):
        again = collected(*toy(), rows)
        rest = np.setdiff1d(np.arange(N), rows)
        for name, values in everything.items():
            np.testing.assert_array_equal(again[name][rows], values[rows], err_msg=name)
            assert (again[name][rest] == -1).all(), "nothing that was not asked for is touched"


def test_a_text_that_trains_nobody_changes_nobody(everything: dict[str, Floats]) -> None:
    corpus, scorer = toy()
    vectors = scorer.vectors.copy()
    vectors[19] = -vectors[19]  # no label: only its own values stand on it, and the ranks within its fold
    again = collected(corpus, replace(scorer, vectors=vectors))
    others = np.delete(np.arange(N), 19)
    for name in COLUMNS:
        if name != "predictive_energy":
            np.testing.assert_array_equal(again[name][others], everything[name][others], err_msg=name)
    assert again["predictive_entropy"][19] != everything["predictive_entropy"][19]


def test_a_wrong_label_stands_out(everything: dict[str, Floats]) -> None:
    corpus, scorer = toy()
    right = np.flatnonzero(everything["predictive_label_gap"] < 0.05)[:5]
    labels = corpus.labels.copy()
    labels[right] = (labels[right] + 1) % N_CLASSES
    again = collected(replace(corpus, labels=labels), scorer)
    for name in OF_LABELS:
        assert (again[name][right] > np.nanquantile(again[name], 0.8)).all()


def test_an_interrupted_run_goes_on_to_the_same_bits(everything: dict[str, Floats]) -> None:
    corpus, scorer = toy()
    columns = {name: np.full(N, -1, dtype=np.float32) for name in COLUMNS}
    done = np.zeros(N, dtype=bool)
    for stop_after in (1, 3, 9):
        for number, batch in enumerate(scorer.score(corpus, np.flatnonzero(~done))):
            if number == stop_after:
                break
            done[batch.rows] = True
            for name, values in batch.values.items():
                columns[name][batch.rows] = values
    assert done.all()
    for name, values in everything.items():
        np.testing.assert_array_equal(columns[name], values, err_msg=name)


def test_two_processes_agree_to_the_bit_whatever_their_threads(everything: dict[str, Floats]) -> None:
    code = (
        "import hashlib, runpy, sys\n"
        f"toy = runpy.run_path({__file__!r})\n"
        "columns = toy['collected'](*toy['toy']())\n"
        "print(hashlib.sha256(b''.join(column.tobytes() for column in columns.values())).hexdigest())"
    )
    digests = set()
    for threads in ("1", "3"):
        environment = {**os.environ, "OMP_NUM_THREADS": threads, "OPENBLAS_NUM_THREADS": threads}
        done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
        digests.add(done.stdout)
    assert len(digests) == 1


def test_folds_are_those_of_groups() -> None:
    corpus, scorer = toy()
    present = np.isfinite(scorer.vectors[:, 0])
    folds = group_folds(corpus.labels[present], scorer.groups[present], seed=0)
    by_fold = [np.flatnonzero(present)[folds == fold] for fold in range(FOLDS)]
    found = [batch.rows for batch in scorer.score(corpus, np.arange(N))][:-1]
    for expected, rows in zip(by_fold, found, strict=True):
        np.testing.assert_array_equal(rows, expected)
