"""The quote: what it measures and how it scales. Whether it comes true is a matter for `tests/benchmarks/quote.py`."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eudscore.errors import InputError, ModelError, RequestError
from eudscore.models.causal import CausalModel
from eudscore.models.device import pick_device
from eudscore.records import UNLABELLED, Corpus
from eudscore.scorers.predictive import check_labels
from eudscore.workflow import quoting
from eudscore.workflow.quoting import Quote, quote_scoring
from eudscore.workflow.requests import Entropy, ScoreRequest
from eudscore.workflow.sampling import Sample, equal_texts, labelled_rows, made_up, spread


@given(st.lists(st.integers(0, 2_000), min_size=1, max_size=400))
def test_the_sample_holds_each_row_once_and_the_lengths_in_their_share(lengths: list[int]) -> None:
    array = np.array(lengths, dtype=np.int64)
    rows = spread(array)
    assert len(set(rows.tolist())) == len(rows)
    assert ((rows >= 0) & (rows < len(array))).all()


def test_the_sample_of_many_texts_is_small_and_weighs_long_ones_as_the_work_does() -> None:
    lengths = np.random.default_rng(0).lognormal(5, 0.8, 50_000).astype(np.int64) + 1
    rows = spread(lengths)
    assert 24 <= len(rows) <= 1_500
    assert lengths[rows].sum() < 0.01 * lengths.sum()
    assert lengths[rows].max() > np.quantile(lengths, 0.95)


def test_made_up_vectors_are_of_unit_length_and_near_those_measured() -> None:
    draw = np.random.default_rng(0)
    known = np.abs(draw.standard_normal((30, 16))).astype(np.float32)  # no two are opposed
    known /= np.linalg.norm(known, axis=1, keepdims=True)
    labels = np.arange(30) % 2
    made = made_up(known, labels, np.arange(500) % 3 - 1, draw)
    np.testing.assert_allclose(np.linalg.norm(made, axis=1), 1, atol=1e-5)
    assert (made @ known.T).max(axis=1).min() > 0.65, "the middle of a right angle is at 0.71, but for the noise"
    apart = made_up(np.eye(16, dtype=np.float32), np.arange(16) % 2, np.ones(200, dtype=np.int64), draw)
    assert (np.sort(apart[:, 1::2], axis=1)[:, -1] > 0.6).all(), "one of the pair is of the class that is wanted"
    nothing = made_up(np.full((3, 16), np.nan, dtype=np.float32), np.zeros(3, dtype=np.int64), labels, draw)
    np.testing.assert_allclose(np.linalg.norm(nothing, axis=1), 1, atol=1e-5)


def test_a_quote_names_time_memory_rows_and_device(corpus: Corpus, tiny_encoder: Path, tiny_lm: Path) -> None:
    request = ScoreRequest(tuple(Entropy), str(tiny_encoder), str(tiny_lm), "cpu", adapt=True)
    quote = quote_scoring(corpus, request, started=100.0)
    assert quote.seconds > 100
    assert quote.memory > 50_000_000
    assert (quote.rows, quote.device) == (90, "cpu")
    assert "90 rows on cpu" in quote.sentence


def test_a_model_that_cannot_be_had_is_said_as_scoring_would(corpus: Corpus) -> None:
    with pytest.raises(ModelError, match="There is no model folder"):
        quote_scoring(corpus, ScoreRequest((Entropy.GENERATIVE,), lm="./nowhere"))


def test_what_scoring_refuses_a_quote_refuses_with_the_same_words(corpus: Corpus, tiny_lm: Path) -> None:
    with pytest.raises(RequestError, match="no rule 'best'"):
        quote_scoring(corpus, ScoreRequest((Entropy.INFORMATION,), combine="best"))
    with pytest.raises(InputError, match="no column 'question' for the prompt"):
        quote_scoring(corpus, ScoreRequest((Entropy.GENERATIVE,), lm=str(tiny_lm), prompt="question", device="cpu"))
    alone = replace(corpus, labels=np.full(len(corpus), UNLABELLED))
    with pytest.raises(InputError, match="no labels"):
        quote_scoring(alone, ScoreRequest((Entropy.PREDICTIVE,), device="cpu"))


def test_labels_that_do_not_do_leave_predictive_entropy_out(corpus: Corpus, tiny_encoder: Path) -> None:
    labels = corpus.labels.copy()
    labels[4:] = UNLABELLED
    request = ScoreRequest((Entropy.SEMANTIC, Entropy.PREDICTIVE), str(tiny_encoder), device="cpu")
    assert quote_scoring(replace(corpus, labels=labels), request).seconds > 0


def test_the_prompt_is_read_as_well(corpus: Corpus, tiny_lm: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bool] = []
    measure = CausalModel.measure

    def watched(self: CausalModel, texts: list[str], **options: object) -> object:
        seen.append("prompts" in options and options["prompts"] is not None)
        return measure(self, texts, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(CausalModel, "measure", watched)
    quote_scoring(corpus, ScoreRequest((Entropy.GENERATIVE,), lm=str(tiny_lm), prompt="label", device="cpu"))
    assert sum(seen) == 2, "with and without the prompt"


def test_a_quote_needs_no_vectors_to_know_its_device(corpus: Corpus) -> None:
    request = ScoreRequest((Entropy.INFORMATION,))
    assert quote_scoring(corpus, request).device == pick_device("auto")


def test_words_are_counted_once_in_a_stretch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quoting, "ROWS_AT_ONCE", 2)
    texts = ["a b", "b c", "a a", "c"]
    assert quoting._vocabulary(texts, [np.arange(4)], 100)[0] == 3 + 2
    assert quoting._vocabulary(texts, [np.array([0, 1]), np.array([2, 3])], 100)[0] == 3 + 2
    assert quoting._vocabulary(texts, [np.arange(4)], 1)[0] == 2 + 2
    assert sorted(quoting._vocabulary(texts, [np.arange(4)], 100)[1]) == [" a", " b", " c"]


def test_few_labels_are_enough_to_rehearse_on(corpus: Corpus) -> None:
    labels = np.full(len(corpus), UNLABELLED)
    labels[30:36], labels[60:65] = 0, 1
    sparse = replace(corpus, labels=labels)
    groups = equal_texts(sparse)
    for seed in range(5):
        rows = labelled_rows(sparse, groups, 10, np.random.default_rng(seed))
        assert (labels[rows] >= 0).all()
        check_labels(labels[rows], groups[rows], "sparse")
    assert len(labelled_rows(sparse, groups, 50, np.random.default_rng(0))) == 11


def test_texts_that_are_cut_weigh_no_more_than_what_is_read(corpus: Corpus) -> None:
    lengths = np.array([100, 100, 100_000])
    rows = np.array([0])
    sample = Sample(corpus, rows, corpus, lengths)
    assert sample.scale() > 500
    assert 5 < sample.scale(max_tokens=100) < 7
    assert sample.scale(before=np.array([100, 0, 0])) < sample.scale()


def test_the_sentence_says_what_it_leaves_out() -> None:
    sentence = Quote(12.3, 1_234_000_000, 5_000, 120, "cpu").in_words(without="the map")
    assert "for 5,000 rows on cpu without the map, measured on 120 of them." in sentence


@pytest.mark.parametrize(("seconds", "words"), [(12.3, "About 12 seconds"), (600, "About 10.0 minutes")])
def test_the_sentence(seconds: float, words: str) -> None:
    assert Quote(seconds, 1_234_000_000, 5_000, 120, "cpu").sentence.startswith(f"{words} and 1.2 GB of memory")
