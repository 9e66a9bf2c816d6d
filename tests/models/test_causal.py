"""The causal model against a plain loop over whole logits, text by text."""

from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from eudscore.errors import ModelError
from eudscore.models import causal
from eudscore.models.causal import CausalModel, GenerativeBatch
from eudscore.models.loading import resolve_model

TEXTS = [
    "where is my refund",
    "the team won the match",
    "thanks",
    "",
    "my card was charged twice please refund the order",
    "\ud800 \x00 😀",
    "new phone chip release " * 30,
]


@pytest.fixture(params=["float32", "bfloat16"])
def model(request: pytest.FixtureRequest, tiny_lm: Path, monkeypatch: pytest.MonkeyPatch) -> CausalModel:
    monkeypatch.setattr(causal, "native_dtype", lambda _device: request.param)
    return CausalModel(resolve_model(str(tiny_lm)), device="cpu", max_tokens=40)


def measured(model: CausalModel, texts: list[str]) -> dict[int, tuple[float, ...]]:
    """Position -> (scored, entropy, surprisal, varentropy)."""
    found = {}
    for batch in model.measure(texts):
        assert isinstance(batch, GenerativeBatch)
        for i, position in enumerate(batch.positions.tolist()):
            found[position] = (batch.scored[i], batch.entropy[i], batch.surprisal[i], batch.varentropy[i])
    return found


def plain_loop(folder: Path, text: str, dtype: torch.dtype) -> tuple[float, ...]:
    """One text at a time, from the logits the model returns, in float64."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    network = AutoModelForCausalLM.from_pretrained(folder, dtype=dtype)
    clean = text.encode("utf-8", "replace").decode()
    ids = [tokenizer.bos_token_id, *tokenizer(clean, add_special_tokens=False)["input_ids"]][:40]
    with torch.inference_mode():
        logits = network(torch.tensor([ids])).logits[0, :-1].double()
    law = torch.distributions.Categorical(logits=logits)
    square = (law.probs * law.logits.square()).sum(dim=1) - law.entropy().square()
    return len(ids) - 1, law.entropy().sum(), -law.log_prob(torch.tensor(ids[1:])).sum(), square.sum()


def test_sums_agree_with_a_plain_loop(model: CausalModel, tiny_lm: Path) -> None:
    found = measured(model, TEXTS)
    tolerance = 1e-4 if model.dtype == "float32" else 2e-2
    assert model.fused
    for position, text in enumerate(TEXTS):
        if not text:
            assert found[position][0] == 0
            continue
        expected = plain_loop(tiny_lm, text, getattr(torch, model.dtype))
        per_token = np.array(found[position][1:3]) / found[position][0]
        np.testing.assert_allclose(per_token, np.array(expected[1:3]) / expected[0], atol=tolerance)
        assert found[position][0] == expected[0]


def test_a_text_alone_and_in_a_batch_agree(model: CausalModel) -> None:
    together = measured(model, TEXTS)
    tolerance = 1e-4 if model.dtype == "float32" else 2e-2
    for position, text in enumerate(TEXTS):
        alone = measured(model, [text])[0]
        scored = max(alone[0], 1)
        np.testing.assert_allclose(
            np.array(alone[1:]) / scored, np.array(together[position][1:]) / scored, atol=tolerance
        )


def test_long_texts_are_cut_and_flagged(model: CausalModel) -> None:
    (batch,) = model.measure(TEXTS[-1:])
    assert batch.truncated.tolist() == [True]
    assert batch.scored.tolist() == [39]


def test_a_head_with_something_in_between_falls_back_to_whole_logits(model: CausalModel) -> None:
    head = model._network.forward

    def capped(*args: object, **kwargs: object) -> object:
        out = head(*args, **kwargs)
        out.logits = torch.tanh(out.logits)  # soft-capping
        return out

    model._network.forward = capped
    assert not model._head_is_plain()


def test_an_encoder_is_no_language_model(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "vit"}')
    from safetensors.torch import save_file

    save_file({"x": torch.zeros(1)}, tmp_path / "model.safetensors")
    with pytest.raises(ModelError, match="cannot be used as"):
        CausalModel(resolve_model(str(tmp_path)), device="cpu")
