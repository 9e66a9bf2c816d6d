"""The token reader against a plain loop over whole logits, and against the sums of `measure`."""

from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from eudscore.models.loading import resolve_language_model, resolve_model
from eudscore.models.reading import TextReading, TokenReader
from tests.models.test_causal import TEXTS

LONG = "where is my refund please " * 40  # 200 tokens, four windows


@pytest.fixture(params=["float32", "bfloat16"])
def reader(request: pytest.FixtureRequest, tiny_lm: Path) -> TokenReader:
    return TokenReader(resolve_model(str(tiny_lm)), device="cpu", max_tokens=1024, dtype=request.param)


def tolerance(reader: TokenReader) -> float:
    return 1e-4 if reader.dtype == "float32" else 2e-2


def test_every_token_agrees_with_a_plain_loop(reader: TokenReader, tiny_lm: Path) -> None:
    text, prompt = "my card was charged twice", "where is my refund"
    tokenizer = AutoTokenizer.from_pretrained(tiny_lm)
    network = AutoModelForCausalLM.from_pretrained(tiny_lm, dtype=getattr(torch, reader.dtype))
    before = [tokenizer.bos_token_id, *tokenizer(prompt, add_special_tokens=False)["input_ids"]]
    ids = before + tokenizer(text, add_special_tokens=False)["input_ids"]
    with torch.inference_mode():
        logs = network(torch.tensor([ids])).logits[0].double().log_softmax(dim=-1)[len(before) - 1 : -1]
    reading = reader.read(text, prompt=prompt)
    came = torch.tensor(ids[len(before) :])
    expected = -logs.gather(1, came[:, None])[:, 0].numpy()
    np.testing.assert_allclose(reading.surprisal, expected, atol=5 * tolerance(reader))
    np.testing.assert_allclose(reading.entropy, -(logs.exp() * logs).sum(dim=1).numpy(), atol=5 * tolerance(reader))
    np.testing.assert_allclose(
        reading.probabilities, logs.exp().topk(5).values.numpy(), atol=5 * tolerance(reader), rtol=0.05
    )
    if reader.dtype == "float32":
        np.testing.assert_array_equal(reading.likeliest, logs.topk(5).indices.numpy())


@pytest.mark.parametrize("text", [*TEXTS, LONG])
@pytest.mark.parametrize("prompt", [None, "", "the team won", "please " * 2000])
def test_the_tokens_add_up_to_what_is_scored(reader: TokenReader, text: str, prompt: str | None) -> None:
    (batch,) = reader.measure([text], prompts=None if prompt is None else [prompt])
    reading = reader.read(text, prompt=prompt)
    scored = np.isfinite(reading.entropy)
    assert len(reading.spans) == batch.tokens[0]
    assert scored.sum() == batch.scored[0]
    assert reading.truncated == batch.truncated[0]
    count = max(1, scored.sum())
    for tokens, total in ((reading.entropy, batch.entropy[0]), (reading.surprisal, batch.surprisal[0])):
        assert tokens[scored].sum() / count == pytest.approx(total / count, abs=tolerance(reader))


def check(reading: TextReading, text: str) -> None:
    scored = np.isfinite(reading.entropy)
    assert (reading.surprisal[scored] >= 0).all()
    assert (reading.entropy[scored] >= 0).all()
    shares = reading.probabilities[scored]
    assert (shares >= 0).all()
    assert (shares.sum(axis=1) <= 1 + 1e-3).all()
    assert (np.diff(shares, axis=1) <= 0).all()
    assert (reading.spans[:, 0] <= reading.spans[:, 1]).all()
    assert (np.diff(reading.spans[:, 0]) >= 0).all()
    assert reading.spans.size == 0 or reading.spans.max() <= len(text)


@pytest.mark.parametrize(
    "text", [*TEXTS, LONG, "a", "\x00" * 9, "👩‍👩‍👧 é e\u0301 ﬃ", " \n ", "日本語のテキスト", "x" * 5000]
)
def test_any_text_is_read_by_the_built_in_model(builtin: TokenReader, text: str) -> None:
    reading = builtin.read(text)
    check(reading, text)
    clean = text.encode("utf-8", "replace").decode()
    if not reading.truncated:  # its tokens are bytes: every character is in one
        covered = np.zeros(len(clean), dtype=np.bool_)
        for start, end in reading.spans:
            covered[start:end] = True
        assert covered.all()


@pytest.fixture(scope="module")
def builtin() -> TokenReader:
    return TokenReader(resolve_language_model("builtin"), device="cpu", dtype="float32")


def test_a_token_stands_where_it_says(builtin: TokenReader) -> None:
    text = "The refund was late, and 😀 the bank said nothing."
    reading = builtin.read(text)
    ids = builtin.tokenizer(text, add_special_tokens=False)["input_ids"]
    for place, (token, (start, end)) in enumerate(zip(ids, reading.spans.tolist(), strict=True)):
        word = builtin.tokenizer.decode([token])
        assert "\ufffd" in word or word == " " * (place == 0) + text[start:end]  # a text begins as if after a blank


def test_a_token_that_is_likeliest_has_the_same_probability_twice(builtin: TokenReader) -> None:
    text = "United States of America and the United Kingdom of the United States"
    reading = builtin.read(text)
    ids = np.array(builtin.tokenizer(text, add_special_tokens=False)["input_ids"])
    rows, places = np.nonzero(reading.likeliest == ids[:, None])
    assert len(rows) > 2
    np.testing.assert_allclose(reading.probabilities[rows, places], np.exp(-reading.surprisal[rows]), rtol=1e-4)


def test_whole_logits_give_the_same_reading(reader: TokenReader) -> None:
    streamed = reader.read(LONG)
    reader._head = None
    whole = reader.read(LONG)
    np.testing.assert_allclose(streamed.entropy, whole.entropy, atol=5 * tolerance(reader))
    np.testing.assert_allclose(streamed.probabilities, whole.probabilities, atol=5 * tolerance(reader))


def test_without_a_token_of_a_beginning_the_first_has_no_prediction(reader: TokenReader) -> None:
    reader.tokenizer.bos_token_id = None
    reading = reader.read("the team won the match")
    assert np.isnan(reading.entropy).tolist() == [True, False, False, False, False]
    assert (reading.likeliest[0] == -1).all()
    assert np.isnan(reader.read("thanks").surprisal).tolist() == [True]


def test_words_are_what_tokens_stand_for(reader: TokenReader) -> None:
    ids = np.array(reader.tokenizer("the team", add_special_tokens=False)["input_ids"])
    assert reader.words_of(ids) == ["the", "team"]
