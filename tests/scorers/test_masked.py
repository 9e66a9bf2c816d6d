"""Masked pseudo-log-likelihood as a column: its unit, its flags, its card, and that a resumed run repeats it."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import BertConfig, BertForMaskedLM, PreTrainedTokenizerFast

from eudscore.models.loading import resolve_model
from eudscore.records import UNLABELLED, Corpus, Flag, Roles
from eudscore.scorers.masked import MaskedScorer
from tests.conftest import WORDS

TEXTS = ["where is my late refund please", "the team won", "", "  ", "x", "new phone chip release " * 40]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("masked")
    vocabulary = {word: i for i, word in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]", mask_token="[MASK]"
    ).save_pretrained(folder)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(vocabulary), hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64,
        initializer_range=0.2,
    )  # fmt: skip
    BertForMaskedLM(config).save_pretrained(folder)
    return folder


def corpus_of(texts: Sequence[str]) -> Corpus:
    labels = np.full(len(texts), UNLABELLED, dtype=np.int64)
    return Corpus("toy", "toy.csv", pa.table({"text": list(texts)}), Roles("text"), (), labels)


def scorer(folder: Path, *, fast: bool = False) -> MaskedScorer:
    return MaskedScorer(resolve_model(str(folder)), device="cpu", dtype="float32", fast=fast)


def scored(scorer: MaskedScorer, corpus: Corpus, rows: Sequence[int] | None = None) -> tuple[np.ndarray, np.ndarray]:
    """The column and its flags; nan and 255 where a row was not scored."""
    asked = np.arange(len(corpus)) if rows is None else np.array(rows, dtype=np.int64)
    column, flags = np.full(len(corpus), np.nan, dtype=np.float32), np.full(len(corpus), 255, dtype=np.uint8)
    for batch in scorer.score(corpus, asked):
        assert list(batch.values) == ["masked_pll"]
        column[batch.rows], flags[batch.rows] = batch.values["masked_pll"], batch.flags
    return column, flags


def test_it_is_positive_nats_a_token(folder: Path) -> None:
    corpus = corpus_of(TEXTS)
    column, flags = scored(scorer(folder), corpus)
    assert flags.tolist() == [0, Flag.SHORT, Flag.EMPTY, Flag.EMPTY, Flag.SHORT, Flag.TRUNCATED]
    assert np.isnan(column).tolist() == [False, False, True, True, False, False]
    (batch,) = scorer(folder).loaded().measure(TEXTS[:1])
    assert column[0] == pytest.approx(batch.surprisal[0] / 6, abs=1e-4)
    assert (np.delete(column, [2, 3]) > 0).all()


def test_a_resumed_run_repeats_itself_to_the_bit(folder: Path) -> None:
    corpus = corpus_of(TEXTS * 20)
    column, flags = scored(scorer(folder), corpus)
    some = [0, 5, 70]
    again, few = scored(scorer(folder), corpus, rows=some)
    np.testing.assert_array_equal(again[some], column[some])
    np.testing.assert_array_equal(few[some], flags[some])
    assert (few == 255).any()


def test_fast_reads_each_text_once(folder: Path) -> None:
    model = scorer(folder, fast=True)
    corpus = corpus_of(TEXTS)
    column, flags = scored(model, corpus)
    network = model.loaded()
    calls = []
    network._trained.network.register_forward_pre_hook(lambda _, __, kwargs: calls.append(kwargs), with_kwargs=True)
    again, _ = scored(model, corpus)
    np.testing.assert_array_equal(again, column)
    assert sum(len(call["input_ids"]) for call in calls) == 4
    assert flags.tolist() == [Flag.SHORT, Flag.SHORT, Flag.EMPTY, Flag.EMPTY, Flag.SHORT, Flag.TRUNCATED]


def test_the_card_says_that_it_is_no_perplexity(folder: Path) -> None:
    (card,) = scorer(folder).cards.values()
    assert (card.column, card.unit, card.direction, card.max_tokens) == (
        "masked_pll",
        "nats",
        "higher = less likely",
        128,
    )
    assert "no perplexity" in card.definition
    (fast,) = scorer(folder, fast=True).cards.values()
    assert fast.key != card.key
    assert "15%" in fast.parameters["hidden"]
