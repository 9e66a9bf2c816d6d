"""Generative columns: prompts, cut texts, flags, and what is told while a model reads."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from transformers import AutoTokenizer

from eudscore.models.loading import ResolvedModel, resolve_model
from eudscore.records import Corpus, Flag, Floats, Roles
from eudscore.scorers.generative import GenerativeScorer, Prompt

TEXTS = ["where is my refund", "the team won the match", "", "thanks", "my card was charged twice", "late order " * 60]
PROMPTS = ["please", "a new goal", "bank", "", "the team " * 40, "refund"]


@pytest.fixture
def model(tiny_lm: Path) -> ResolvedModel:
    return resolve_model(str(tiny_lm))


def corpus_of(texts: list[str], prompts: list[str]) -> Corpus:
    return Corpus(
        "texts", "t", pa.table({"text": texts, "prompt": prompts}), Roles("text"), (), np.full(len(texts), -1)
    )


def scored(
    scorer: GenerativeScorer, corpus: Corpus, rows: list[int] | None = None
) -> tuple[dict[str, Floats], np.ndarray]:
    columns = {name: np.full(len(corpus), np.nan, dtype=np.float32) for name in scorer.cards}
    flags = np.full(len(corpus), 255, dtype=np.uint8)
    for batch in scorer.score(corpus, np.arange(len(corpus)) if rows is None else np.array(rows)):
        for name, values in batch.values.items():
            columns[name][batch.rows] = values
        flags[batch.rows] = batch.flags
    return columns, flags


def conditional(model: ResolvedModel, *, max_tokens: int = 1024) -> GenerativeScorer:
    return GenerativeScorer(model, "cpu", "float32", max_tokens, Prompt("prompt", "p"))


def test_log_ifd_is_the_difference_of_two_nlls_of_the_same_tokens(model: ResolvedModel) -> None:
    corpus = corpus_of(TEXTS, PROMPTS)
    prompted, _ = scored(conditional(model), corpus)
    alone, _ = scored(GenerativeScorer(model, "cpu", "float32"), corpus)
    expected = prompted["generative_nll"] - alone["generative_nll"]
    np.testing.assert_allclose(prompted["generative_log_ifd"], expected, atol=1e-4)
    assert prompted["generative_log_ifd"][3] == pytest.approx(0, abs=1e-5)  # an empty prompt tells nothing


def test_both_passes_read_the_same_tokens_of_a_text_that_is_cut(model: ResolvedModel) -> None:
    tokenizer = AutoTokenizer.from_pretrained(model.location)
    room = 50 - 1 - len(tokenizer(PROMPTS[4], add_special_tokens=False)["input_ids"][-25:])
    corpus = corpus_of(["late order " * 60, " ".join(["late order"] * (room // 2))], [PROMPTS[4]] * 2)
    columns, flags = scored(conditional(model, max_tokens=50), corpus)
    assert columns["generative_log_ifd"][0] == pytest.approx(columns["generative_log_ifd"][1], abs=1e-4)
    assert (flags & Flag.TRUNCATED).all()  # of both the prompt was cut


def test_only_rows_that_are_asked_for_are_told(model: ResolvedModel) -> None:
    corpus = corpus_of(TEXTS * 5, PROMPTS * 5)
    everyone, _ = scored(conditional(model), corpus)
    some, flags = scored(conditional(model), corpus, [0, 7])
    assert np.flatnonzero(flags != 255).tolist() == [0, 7]
    for name in everyone:
        np.testing.assert_array_equal(some[name][[0, 7]], everyone[name][[0, 7]], err_msg=name)


def test_a_cut_text_gains_from_context_what_its_read_words_do(model: ResolvedModel) -> None:
    whole = " ".join(["the late order was charged"] * 4)  # 20 words
    columns, flags = scored(
        GenerativeScorer(model, "cpu", "float32", max_tokens=21), corpus_of([whole, whole + " twice" * 9], ["", ""])
    )
    assert [bool(flag & Flag.TRUNCATED) for flag in flags] == [False, True]
    np.testing.assert_allclose(*columns["generative_context_gain"], atol=1e-4)
    np.testing.assert_allclose(*columns["generative_bits_per_byte"], atol=0.05)


def test_a_text_of_one_token_is_short_and_only_an_empty_one_is_empty(model: ResolvedModel) -> None:
    scorer = GenerativeScorer(model, "cpu", "float32")
    scorer.loaded(model).tokenizer.bos_token = None  # as with Qwen: the first token has no prediction
    columns, flags = scored(scorer, corpus_of(["refund", "", "my refund"], ["", "", ""]))
    assert [int(flag) for flag in flags] == [Flag.SHORT, Flag.EMPTY, Flag.SHORT]
    assert np.isnan(columns["generative_nll"]).tolist() == [True, True, False]
    assert np.isnan(columns["generative_context_gain"]).all()
