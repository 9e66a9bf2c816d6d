"""The encoder against sentence-transformers, and against itself in other company."""

from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoTokenizer, FNetConfig, FNetModel

from eudscore.models.encoder import Encoder
from eudscore.models.loading import resolve_model

TEXTS = ["where is my refund", "thanks", "", "   ", "the team won the match " * 40, "\ud800", "goal " * 7]


@pytest.fixture(params=["float32", "bfloat16"])
def encoder(request: pytest.FixtureRequest, tiny_encoder: Path) -> Encoder:
    return Encoder(resolve_model(str(tiny_encoder)), device="cpu", dtype=request.param)


def encoded(encoder: Encoder, texts: list[str]) -> np.ndarray:
    vectors = np.zeros((len(texts), encoder.dimensions), dtype=np.float32)
    for batch in encoder.encode(texts):
        vectors[batch.positions] = batch.vectors
    return vectors


def test_vectors_have_unit_length_and_empty_texts_have_none(encoder: Encoder) -> None:
    vectors = encoded(encoder, TEXTS)
    assert np.isnan(vectors[[2, 3]]).all()
    np.testing.assert_allclose(np.linalg.norm(vectors[[0, 1, 4, 5, 6]], axis=1), 1, atol=1e-5)


def test_a_text_alone_and_in_a_batch_agree(encoder: Encoder) -> None:
    together = encoded(encoder, TEXTS)
    alone = np.concatenate([encoded(encoder, [text]) for text in TEXTS])
    np.testing.assert_allclose(together, alone, atol=1e-5 if encoder.dtype == "float32" else 2e-2)


def test_beside_a_longer_text_an_encoder_that_reads_padding_says_what_it_says_alone(
    tiny_encoder: Path, tmp_path: Path
) -> None:
    tokenizer = AutoTokenizer.from_pretrained(tiny_encoder)
    tokenizer.save_pretrained(tmp_path)
    torch.manual_seed(0)
    shape = {"hidden_size": 16, "num_hidden_layers": 2, "intermediate_size": 24, "initializer_range": 0.3}
    FNetModel(FNetConfig(vocab_size=len(tokenizer), **shape)).save_pretrained(tmp_path)
    encoder = Encoder(resolve_model(str(tmp_path)), device="cpu", dtype="float32")
    together = encoded(encoder, TEXTS)
    alone = np.concatenate([encoded(encoder, [text]) for text in TEXTS])
    np.testing.assert_allclose(together, alone, atol=1e-5)


def test_long_texts_are_cut_at_what_the_model_holds_and_flagged(encoder: Encoder) -> None:
    assert encoder.max_tokens == 48
    flagged = {int(row) for batch in encoder.encode(TEXTS) for row in batch.positions[batch.truncated]}
    assert flagged == {4}


def test_the_builtin_encoder_agrees_with_sentence_transformers() -> None:
    from sentence_transformers import SentenceTransformer

    model = resolve_model("builtin")
    texts = ["Where is my refund?", "The team won the match.", "ok", "My card was charged twice! " * 30]
    mine = encoded(Encoder(model, device="cpu", dtype="float32"), texts)
    oracle = SentenceTransformer(model.location, device="cpu").encode(texts, normalize_embeddings=True)
    np.testing.assert_allclose(mine, oracle, atol=1e-5)
