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
def model(request: pytest.FixtureRequest, tiny_lm: Path) -> CausalModel:
    return CausalModel(resolve_model(str(tiny_lm)), device="cpu", max_tokens=40, dtype=request.param)


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


PROMPTS = ["please", "", "the team " * 30, "where", "my card is late", "", "bank"]


def sums_of(model: CausalModel, texts: list[str], **options: object) -> np.ndarray:
    """(n, 4): scored tokens and the three means per token; zeros where nothing was scored."""
    found = np.zeros((len(texts), 4))
    for batch in model.measure(texts, **options):  # type: ignore[arg-type]
        sums = np.stack([batch.entropy, batch.surprisal, batch.varentropy], axis=1)
        found[batch.positions, 0] = batch.scored
        found[batch.positions, 1:] = sums / np.maximum(batch.scored, 1)[:, None]
    return found


def test_a_prompt_is_read_and_not_scored(model: CausalModel, tiny_lm: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(tiny_lm)
    network = AutoModelForCausalLM.from_pretrained(tiny_lm, dtype=getattr(torch, model.dtype))
    text, prompt = "my card was charged twice", "where is my refund"
    before = [tokenizer.bos_token_id, *tokenizer(prompt, add_special_tokens=False)["input_ids"]]
    ids = torch.tensor([before + tokenizer(text, add_special_tokens=False)["input_ids"]])
    with torch.inference_mode():
        logits = network(ids).logits[0].double().log_softmax(dim=-1)
    came = ids[0, len(before) :]
    expected = -logits[len(before) - 1 : -1].gather(1, came[:, None]).mean()
    found = sums_of(model, [text], prompts=[prompt])[0]
    assert found[0] == len(came)
    assert found[2] == pytest.approx(float(expected), abs=1e-4 if model.dtype == "float32" else 2e-2)


def test_company_and_order_change_nothing_with_prompts(model: CausalModel) -> None:
    together = sums_of(model, TEXTS, prompts=PROMPTS)
    alone = np.concatenate([sums_of(model, [text], prompts=[p]) for text, p in zip(TEXTS, PROMPTS, strict=True)])
    turned = sums_of(model, TEXTS[::-1], prompts=PROMPTS[::-1])[::-1]
    tolerance = 1e-4 if model.dtype == "float32" else 2e-2
    np.testing.assert_allclose(together[:, :3], alone[:, :3], atol=tolerance)
    np.testing.assert_allclose(together[:, :3], turned[:, :3], atol=tolerance)


def test_the_padding_side_of_the_tokenizer_changes_nothing(tiny_lm: Path) -> None:
    right, left = (CausalModel(resolve_model(str(tiny_lm)), device="cpu", dtype="float32") for _ in range(2))
    left.tokenizer.padding_side = "left"
    np.testing.assert_array_equal(sums_of(right, TEXTS), sums_of(left, TEXTS))


def test_a_long_text_is_read_in_windows_that_score_each_token_once(tiny_lm: Path) -> None:
    model = CausalModel(resolve_model(str(tiny_lm)), device="cpu", dtype="float32", max_tokens=1024)
    assert model.context == 64
    text = "where is my refund please " * 40  # 200 tokens
    tokenizer = AutoTokenizer.from_pretrained(tiny_lm)
    network = AutoModelForCausalLM.from_pretrained(tiny_lm)
    ids = torch.tensor([tokenizer.bos_token_id, *tokenizer(text, add_special_tokens=False)["input_ids"]])
    total, done, end = 0.0, 1, 64
    with torch.inference_mode():
        while done < len(ids):
            start = max(0, end - 64)
            logs = network(ids[None, start:end]).logits[0].double().log_softmax(dim=-1)
            total -= float(logs[done - start - 1 : -1].gather(1, ids[done:end, None]).sum())
            done, end = end, min(end + 32, len(ids))
    (batch,) = model.measure([text])
    assert not batch.truncated.any()
    assert batch.scored.tolist() == [len(ids) - 1]
    assert batch.surprisal[0] / batch.scored[0] == pytest.approx(total / (len(ids) - 1), abs=1e-4)


def test_bytes_are_those_of_the_tokens_that_were_scored(model: CausalModel) -> None:
    (batch,) = model.measure(["where is my refund"])
    assert batch.size.tolist() == [len("where is my refund")]
    (cut,) = model.measure(["refund " * 60])
    assert cut.truncated.all()
    assert cut.size[0] == len("refund " * 39)
    assert cut.whole_words.all()


def test_texts_come_out_the_same_to_the_bit_whoever_else_is_asked_for(model: CausalModel) -> None:
    texts = [f"{'the team won ' * (i % 9)}refund {i}" for i in range(300)]
    everyone = sums_of(model, texts)
    wanted = np.zeros(300, dtype=np.bool_)
    wanted[[3, 77, 211]] = True
    some = sums_of(model, texts, wanted=wanted)
    np.testing.assert_array_equal(some[wanted], everyone[wanted])


@pytest.mark.parametrize("setting", [{"logit_scale": 0.5}, {"final_logit_softcapping": 2.0}, {"logits_scaling": 4.0}])
def test_a_head_that_scales_or_caps_is_followed_or_left(
    model: CausalModel, setting: dict[str, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    head = causal.output_head(model._network)
    assert head is not None
    for name, value in setting.items():
        monkeypatch.setattr(model._network.config, name, value, raising=False)
    # GPT-2 knows none of these: the check against its own logits must notice.
    assert model._checked_head() is None
    assert sums_of(model, TEXTS)[:, 2] == pytest.approx(sums_of(model, TEXTS)[:, 2])


def test_whole_logits_give_the_same_numbers(model: CausalModel) -> None:
    streamed = sums_of(model, TEXTS)
    model._head = None
    assert not model.fused
    whole = sums_of(model, TEXTS)
    np.testing.assert_allclose(streamed[:, :3], whole[:, :3], atol=1e-4 if model.dtype == "float32" else 2e-2)


def test_a_head_with_something_in_between_falls_back_to_whole_logits(model: CausalModel) -> None:
    head = model._network.forward

    def capped(*args: object, **kwargs: object) -> object:
        out = head(*args, **kwargs)
        out.logits = torch.tanh(out.logits)  # soft-capping
        return out

    model._network.forward = capped
    assert model._checked_head() is None


def test_an_encoder_is_no_language_model(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "vit"}')
    from safetensors.torch import save_file

    save_file({"x": torch.zeros(1)}, tmp_path / "model.safetensors")
    with pytest.raises(ModelError, match="cannot be used as"):
        CausalModel(resolve_model(str(tmp_path)), device="cpu")


def test_an_encoder_is_not_scored_with_a_random_output_layer() -> None:
    with pytest.raises(ModelError, match="its files lack the weights"):
        CausalModel(resolve_model("builtin"), device="cpu")


def test_what_looks_ahead_is_no_causal_model(tmp_path: Path) -> None:
    from transformers import BertConfig, BertLMHeadModel

    from tests.conftest import save_tokenizer

    config = BertConfig(
        vocab_size=save_tokenizer(tmp_path), hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=16, initializer_range=0.5,
    )  # fmt: skip
    BertLMHeadModel(config).save_pretrained(tmp_path)
    with pytest.raises(ModelError, match="does not read from left to right"):
        CausalModel(resolve_model(str(tmp_path)), device="cpu")


def test_damaged_weights_are_one_sentence(tiny_lm: Path, tmp_path: Path) -> None:
    import shutil

    shutil.copytree(tiny_lm, tmp_path / "lm")
    weights = tmp_path / "lm" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:2000])
    with pytest.raises(ModelError, match="cannot be used as a causal language model"):
        CausalModel(resolve_model(str(tmp_path / "lm")), device="cpu")
