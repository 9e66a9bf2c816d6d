"""The quote: what it measures and how it scales. Whether it comes true is a matter for `tests/benchmarks/quote.py`."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eudscore.errors import ModelError
from eudscore.records import Corpus
from eudscore.workflow.quoting import Quote, _made_up, _spread, quote_scoring
from eudscore.workflow.requests import Entropy, ScoreRequest


@given(st.lists(st.integers(0, 2_000), min_size=1, max_size=400))
def test_the_sample_holds_each_row_once_and_the_lengths_in_their_share(lengths: list[int]) -> None:
    array = np.array(lengths, dtype=np.int64)
    rows = _spread(array)
    assert len(set(rows.tolist())) == len(rows)
    assert ((rows >= 0) & (rows < len(array))).all()


def test_the_sample_of_many_texts_is_small_and_weighs_long_ones_as_the_work_does() -> None:
    lengths = np.random.default_rng(0).lognormal(5, 0.8, 50_000).astype(np.int64) + 1
    rows = _spread(lengths)
    assert 24 <= len(rows) <= 1_500
    assert lengths[rows].sum() < 0.01 * lengths.sum()
    assert lengths[rows].max() > np.quantile(lengths, 0.95)


def test_made_up_vectors_are_of_unit_length_and_near_those_measured() -> None:
    draw = np.random.default_rng(0)
    known = draw.standard_normal((30, 16)).astype(np.float32)
    known /= np.linalg.norm(known, axis=1, keepdims=True)
    made = _made_up(known, 500, draw)
    np.testing.assert_allclose(np.linalg.norm(made, axis=1), 1, atol=1e-5)
    assert (made @ known.T).max(axis=1).min() > 0.4


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


@pytest.mark.parametrize(("seconds", "words"), [(12.3, "About 12 seconds"), (600, "About 10.0 minutes")])
def test_the_sentence(seconds: float, words: str) -> None:
    assert Quote(seconds, 1_234_000_000, 5_000, 120, "cpu").sentence.startswith(f"{words} and 1.2 GB of memory")
