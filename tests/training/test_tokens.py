"""Texts and pairs to token ids, with the tokenizer of the built-in encoder."""

from typing import Any

import numpy as np
import pytest

from eudscore.models.loading import load_tokenizer, resolve_model
from eudscore.training.tokens import tokenise


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    return load_tokenizer(resolve_model("builtin"))


def test_a_text_is_read_as_the_tokenizer_reads_it(tokenizer: Any) -> None:
    texts = ["where is my refund?", "", "a lone surrogate \ud800"]
    tokens = tokenise(tokenizer, texts, max_tokens=64)
    assert tokens.types is None
    assert tokens.ids[0].tolist() == tokenizer(texts[0])["input_ids"]
    assert tokens.lengths.tolist() == [len(ids) for ids in tokens.ids]
    assert tokens.batch(np.array([1]))[1] is None


def test_of_a_pair_every_token_says_which_text_it_is_of(tokenizer: Any) -> None:
    pairs = [("a man sleeps", "somebody is awake"), ("rain", "")]
    tokens = tokenise(tokenizer, pairs, max_tokens=64)
    assert tokens.types is not None
    for row, (first, second) in enumerate(pairs):
        wanted = tokenizer([first], [second])
        assert tokens.ids[row].tolist() == wanted["input_ids"][0]
        assert tokens.types[row].tolist() == wanted["token_type_ids"][0]
    assert set(tokens.types[0].tolist()) == {0, 1}
    ids, types = tokens.batch(np.array([1, 0]))
    assert types is not None
    assert [len(row) for row in types] == [len(row) for row in ids]


def test_of_a_pair_that_is_too_long_the_longer_text_is_cut_and_it_is_counted_once(tokenizer: Any) -> None:
    pairs = [("rain " * 50, "sun"), ("rain", "sun " * 50), ("rain", "sun")]
    tokens = tokenise(tokenizer, pairs, max_tokens=12)
    assert tokens.lengths.tolist() == [12, 12, 5]
    assert tokens.truncated == 2
    assert len(tokens.ids) == 3
    assert tokens.types is not None
    assert [int(types.sum()) for types in tokens.types] == [2, 9, 2]  # tokens of the second text, with its end
