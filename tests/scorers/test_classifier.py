"""A classifier of the user's own: its columns against a plain loop, its classes by name, its cards in plain words."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import scipy.special
import scipy.stats
import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer, BertConfig, BertForSequenceClassification

from eudscore.models.loading import resolve_model
from eudscore.records import Corpus, Flag, Roles
from eudscore.scorers.classifier import ClassifierScorer
from eudscore.scorers.likeliest import CLASSES as LIKELIEST
from eudscore.scorers.likeliest import PROBABILITIES
from tests.conftest import save_tokenizer

TEXTS = ["where is my refund", "the team won", "", "law passed", "\ud800 \x00", "x", "new phone chip " * 120]
LABELS = [1, 2, 0, -1, 0, 1, 2]
CLASSES = ("law", "bank", "sport")  # not in the order of the model
THEIRS = {0: "bank", 1: "sport", 2: "law"}
CORE = ["predictive_entropy", "predictive_margin", "predictive_least_confidence", "predictive_energy"]
OF_LABELS = ["predictive_label_gap", "predictive_el2n"]


def saved(folder: Path, **options: object) -> Path:
    size = save_tokenizer(folder)
    torch.manual_seed(0)
    settings = {
        "vocab_size": size, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2,
        "intermediate_size": 64, "initializer_range": 0.2, "id2label": THEIRS,
    }  # fmt: skip
    BertForSequenceClassification(BertConfig(**(settings | options))).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return saved(tmp_path_factory.mktemp("classifier"))


def corpus_of(texts: Sequence[str], labels: Sequence[int], classes: tuple[str, ...] = CLASSES) -> Corpus:
    table = pa.table({"text": pa.array([text.encode("utf-8", "replace").decode() for text in texts])})
    return Corpus("toy", "toy.csv", table, Roles("text", "label"), classes, np.array(labels, dtype=np.int64))


@pytest.fixture
def corpus() -> Corpus:
    return corpus_of(TEXTS, LABELS)


def scorer(folder: Path, corpus: Corpus, **options: object) -> ClassifierScorer:
    settings = {"passes": 3, "dtype": "float32"} | options
    return ClassifierScorer(
        resolve_model(str(folder)), device="cpu", classes=corpus.classes, labels_id=corpus.labels_id, **settings
    )


def scored(scorer: ClassifierScorer, corpus: Corpus, rows: Sequence[int] | None = None) -> dict[str, np.ndarray]:
    """Columns and flags over all rows; nan and 255 where a row was not scored."""
    asked = np.arange(len(corpus)) if rows is None else np.array(rows, dtype=np.int64)
    found = {name: np.full(len(corpus), np.nan, dtype=np.float32) for name in scorer.cards}
    found["flags"] = np.full(len(corpus), 255, dtype=np.uint8)
    for batch in scorer.score(corpus, asked):
        assert batch.values.keys() == scorer.cards.keys()
        for name, values in batch.values.items():
            assert values.dtype == np.float32
            found[name][batch.rows] = values
        found["flags"][batch.rows] = batch.flags
    return found


def plain_logits(folder: Path, text: str) -> np.ndarray:
    tokenizer = AutoTokenizer.from_pretrained(folder)
    network = AutoModelForSequenceClassification.from_pretrained(folder, dtype=torch.float64).eval()
    ids = tokenizer(text.encode("utf-8", "replace").decode(), truncation=True, max_length=256)["input_ids"]
    with torch.inference_mode():
        return network(torch.tensor([ids])).logits[0].numpy()


def test_columns_agree_with_scipy_on_the_logits_of_transformers(folder: Path, corpus: Corpus) -> None:
    found = scored(scorer(folder, corpus), corpus)
    for row, (text, label) in enumerate(zip(TEXTS, LABELS, strict=True)):
        if not text:
            continue
        logits = plain_logits(folder, text)
        probs = scipy.special.softmax(logits)
        second, first = np.sort(probs)[-2:]
        expected = [scipy.stats.entropy(probs), 1 - (first - second), 1 - first, -scipy.special.logsumexp(logits)]
        np.testing.assert_allclose([found[name][row] for name in CORE], expected, atol=1e-4)
        onehot = np.zeros(3)
        given = None if label < 0 else list(THEIRS.values()).index(CLASSES[label])
        if given is not None:
            onehot[given] = 1.0
        of_labels = [np.nan, np.nan] if given is None else [1 - probs[given], np.linalg.norm(probs - onehot)]
        np.testing.assert_allclose([found[name][row] for name in OF_LABELS], of_labels, atol=1e-4)


def test_the_likeliest_classes_are_numbers_of_the_classes_on_the_card(folder: Path, corpus: Corpus) -> None:
    ours = scorer(folder, corpus)
    assert ours.cards["predictive_entropy"].parameters["classes"] == list(THEIRS.values())
    for batch in ours.score(corpus, np.arange(len(corpus))):
        for row, numbers, probs in zip(
            batch.rows, batch.likeliest[LIKELIEST], batch.likeliest[PROBABILITIES], strict=True
        ):
            if not TEXTS[row]:
                assert (numbers == -1).all()
                continue
            expected = scipy.special.softmax(plain_logits(folder, TEXTS[row]))
            assert numbers[:3].tolist() == np.argsort(-expected).tolist()
            np.testing.assert_allclose(probs[:3], np.sort(expected)[::-1], atol=1e-4)


def test_an_empty_text_is_nan_and_a_long_one_is_cut(folder: Path, corpus: Corpus) -> None:
    found = scored(scorer(folder, corpus), corpus)
    assert found.pop("flags").tolist() == [0, 0, Flag.EMPTY, 0, 0, 0, Flag.TRUNCATED]
    assert all(np.isnan(column[2]) for column in found.values())
    assert all(np.isfinite(column[6]) for column in found.values())


def test_disagreement_lies_between_nothing_and_the_logarithm_of_the_classes(folder: Path, corpus: Corpus) -> None:
    found = scored(scorer(folder, corpus), corpus)["predictive_bald"]
    read = np.delete(found, 2)
    assert (read > 0).all()
    assert (read <= np.log(3)).all()
    np.testing.assert_array_equal(scored(scorer(folder, corpus), corpus)["predictive_bald"], found)
    assert (scored(scorer(folder, corpus, seed=1), corpus)["predictive_bald"] != found).all()


def test_disagreement_is_the_same_alone_and_in_company(folder: Path, corpus: Corpus) -> None:
    for dtype, tolerance in (("float32", 1e-4), ("bfloat16", 2e-2)):
        together = scored(scorer(folder, corpus, dtype=dtype), corpus)
        for row in (0, 1, 5, 6):
            one = corpus_of([TEXTS[row]], [LABELS[row]])
            alone = scored(scorer(folder, one, dtype=dtype), one)
            for name in scorer(folder, corpus).cards:
                if name != "predictive_energy" or dtype == "float32":  # an energy is as large as the logits are
                    np.testing.assert_allclose(alone[name][0], together[name][row], atol=tolerance, err_msg=name)


def test_a_resumed_run_repeats_itself_to_the_bit(folder: Path) -> None:
    corpus = corpus_of(TEXTS * 40, LABELS * 40)
    whole = scored(scorer(folder, corpus), corpus)
    some = scored(scorer(folder, corpus), corpus, rows=[0, 100, 277])
    assert (some["flags"] == 255).any()
    for name, values in some.items():
        np.testing.assert_array_equal(values[[0, 100, 277]], whole[name][[0, 100, 277]])


def test_labels_are_looked_at_only_where_the_classes_have_the_same_names(folder: Path) -> None:
    other = corpus_of(TEXTS, [0] * len(TEXTS), ("law", "bank", "finance"))
    named = scorer(folder, other)
    assert list(named.cards) == [*CORE, "predictive_bald"]
    (batch, *_) = named.score(other, np.array([0]))
    assert batch.outcome["labels_not_looked_at"] == (
        "the model's classes are 'bank', 'sport', 'law', those of the data 'law', 'bank', 'finance'"
    )
    unlabelled = ClassifierScorer(resolve_model(str(folder)), "cpu", "float32", CLASSES, None)
    assert not set(OF_LABELS) & set(unlabelled.cards)


@pytest.mark.parametrize(
    ("attention", "why"), [(0.1, "drops nothing but attention weights, which stay whole"), (0.0, "has no dropout")]
)
def test_without_dropout_on_features_the_other_columns_come_and_the_cards_say_why(
    tmp_path: Path, corpus: Corpus, attention: float, why: str
) -> None:
    folder = saved(tmp_path, hidden_dropout_prob=0.0, attention_probs_dropout_prob=attention)
    still = scorer(folder, corpus)
    assert list(still.cards) == [*CORE, *OF_LABELS]
    assert np.isfinite(scored(still, corpus)["predictive_entropy"][0])
    (batch, *_) = still.score(corpus, np.array([0]))
    assert batch.outcome["notes"] == [f"predictive_bald left out: the model {why}"]
    (unasked, *_) = scorer(folder, corpus, passes=0).score(corpus, np.array([0]))
    assert "notes" not in unasked.outcome


def test_cards_say_whose_model_it_is_and_what_the_numbers_depend_on(folder: Path, corpus: Corpus) -> None:
    cards = scorer(folder, corpus).cards
    assert list(cards) == [*CORE, "predictive_bald", *OF_LABELS]
    assert all("not cross-fitted" in card.definition for card in cards.values())
    assert all(card.parameters["classes"] == ["bank", "sport", "law"] for card in cards.values())
    bald = cards["predictive_bald"]
    assert "attention weights are whole" in bald.parameters["dropout"]
    assert (bald.seed, bald.parameters["passes"], bald.parameters["rates"]) == (0, 3, [0.1])
    relabelled = scorer(folder, corpus_of(TEXTS, [0] * len(TEXTS))).cards
    changed = {name for name, card in cards.items() if card.key != relabelled[name].key}
    assert changed == set(OF_LABELS)
    assert scorer(folder, corpus, passes=4).cards["predictive_bald"].key != bald.key


def pairs_of(first: Sequence[str | None], second: Sequence[str | None]) -> Corpus:
    table = pa.table({"one": pa.array(first), "two": pa.array(second)})
    labels = np.zeros(len(first), dtype=np.int64)
    return Corpus("pairs", "pairs.csv", table, Roles("one", None, pair="two"), (), labels - 1)


def test_pairs_are_read_as_two_texts_with_a_type_of_their_own(folder: Path) -> None:
    """As transformers reads them; joined by a line they would get other numbers."""
    first = ["where is my refund", "the team won", "law", None, "new phone " * 150]
    second = ["card was charged twice", "goal goal", None, "is late", "chip " * 20]
    corpus = pairs_of(first, second)
    found = scored(scorer(folder, corpus, paired=True), corpus)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    network = AutoModelForSequenceClassification.from_pretrained(folder, dtype=torch.float64).eval()
    for row, (one, two) in enumerate(zip(first, second, strict=True)):
        read = tokenizer([one or ""], [two or ""], truncation=True, max_length=256, return_tensors="pt")
        with torch.inference_mode():
            probs = network(**read).logits[0].softmax(-1).numpy()
        assert found["predictive_entropy"][row] == pytest.approx(scipy.stats.entropy(probs), abs=1e-5)
    assert (found["flags"] & Flag.TRUNCATED > 0).tolist() == [False, False, False, False, True]
    joined = scored(scorer(folder, corpus), corpus)
    assert np.abs(joined["predictive_entropy"][:2] - found["predictive_entropy"][:2]).max() > 1e-3


def test_the_types_of_a_pair_reach_a_model_that_wants_them(tmp_path: Path) -> None:
    folder = saved(tmp_path)
    written = folder / "tokenizer_config.json"
    asked = {"model_input_names": ["input_ids", "token_type_ids", "attention_mask"]}
    written.write_text(json.dumps(json.loads(written.read_text()) | asked))
    tokenizer = AutoTokenizer.from_pretrained(folder)
    corpus = pairs_of(["where is my refund", "goal"], ["card was charged twice", "the team won"])
    network = AutoModelForSequenceClassification.from_pretrained(folder, dtype=torch.float64).eval()
    found = scored(scorer(folder, corpus, paired=True), corpus)["predictive_entropy"]
    for row, pair in enumerate(corpus.pairs([0, 1])):
        read = tokenizer([pair[0]], [pair[1]], return_tensors="pt")
        assert read["token_type_ids"].sum() > 0
        with torch.inference_mode():
            probs = network(**read).logits[0].softmax(-1).numpy()
        assert found[row] == pytest.approx(scipy.stats.entropy(probs), abs=1e-5)


def test_of_pairs_the_card_says_how_they_are_read(folder: Path) -> None:
    corpus = pairs_of(["a"], ["b"])
    paired, joined = (scorer(folder, corpus, paired=paired).cards["predictive_entropy"] for paired in (True, False))
    assert paired.parameters["pairs"] == "read as two texts, not as one"
    assert "pairs" not in joined.parameters
