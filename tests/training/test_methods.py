from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
import transformers
from safetensors.numpy import load_file
from transformers import AutoModel, AutoModelForSequenceClassification, AutoTokenizer

from eudscore.errors import ModelError, RequestError
from eudscore.models.loading import resolve_model
from eudscore.training.classifier import load_classifier, new_classifier, predict
from eudscore.training.fine_tune import fine_tune
from eudscore.training.methods import head_of
from eudscore.training.randomness import seeded
from eudscore.training.spec import Method, TrainSpec

SIZES = {"vocab_size": 31, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 64}


def trained_and_not(folder: Path, encoder: Path) -> tuple[set[str], set[str]]:
    """Names of the weights that differ from those of the encoder, and of those that do not."""
    start = AutoModel.from_pretrained(encoder).state_dict()
    found = load_file(folder / "model.safetensors")
    same = {
        name for name, weight in found.items()
        if (key := name.partition(".")[2]) in start and np.array_equal(weight, start[key].numpy())
    }  # fmt: skip
    return set(found) - same, same


def test_head_only_leaves_the_encoder_as_it_was(
    spec: TrainSpec, toy: SimpleNamespace, tiny_encoder: Path, tmp_path: Path
) -> None:
    head = replace(spec, method=Method.HEAD, epochs=3)
    fine_tune(head, toy.texts, toy.labels, out=tmp_path / "m")
    changed, same = trained_and_not(tmp_path / "m", tiny_encoder)
    assert changed == {"classifier.weight", "classifier.bias"}
    assert len(same) > 20
    with seeded(head.seed):
        start = new_classifier(
            resolve_model(head.model), head.classes, device="cpu", dtype="float32", max_tokens=32
        ).network.classifier.weight.detach()
    assert (load_file(tmp_path / "m" / "model.safetensors")["classifier.weight"] != start.numpy()).all()


def test_what_the_files_do_not_hold_is_trained_with_the_head(toy: SimpleNamespace, tmp_path: Path) -> None:
    """A BERT that was saved without a pooler gets a new one, which nobody has trained yet."""
    config = transformers.BertConfig(**SIZES, hidden_size=32, max_position_embeddings=48)
    transformers.BertModel(config, add_pooling_layer=False).save_pretrained(tmp_path / "encoder")
    save_words(tmp_path / "encoder")
    spec = TrainSpec(str(tmp_path / "encoder"), ("a", "b"), steps=3, method=Method.HEAD, device="cpu")
    result = fine_tune(spec, toy.texts, toy.labels, out=tmp_path / "m")
    assert head_of(result.classifier.network, result.classifier.fresh) == {
        "bert.pooler.dense.weight", "bert.pooler.dense.bias", "classifier.weight", "classifier.bias",
    }  # fmt: skip


def test_lora_learns_and_is_merged_so_that_transformers_alone_loads_it(
    spec: TrainSpec, toy: SimpleNamespace, tiny_encoder: Path, tmp_path: Path
) -> None:
    lora = replace(spec, method=Method.LORA, learning_rate=1e-2)
    result = fine_tune(lora, toy.texts, toy.labels, out=tmp_path / "m")
    changed, same = trained_and_not(tmp_path / "m", tiny_encoder)
    assert {name for name in changed if "lora" in name} == set()
    assert all(name.endswith("weight") or name == "classifier.bias" for name in changed)
    assert any("embeddings" in name for name in same)
    probabilities = predict(result.classifier, toy.texts)
    assert (probabilities.argmax(1) == toy.labels).mean() > 0.9
    np.testing.assert_allclose(
        predict(load_classifier(tmp_path / "m", dtype="float32"), toy.texts), probabilities, atol=1e-5
    )
    plain = AutoModelForSequenceClassification.from_pretrained(tmp_path / "m")
    words = AutoTokenizer.from_pretrained(tmp_path / "m")(toy.texts[:4], padding=True, return_tensors="pt")
    with torch.inference_mode():
        answer = plain(input_ids=words["input_ids"], attention_mask=words["attention_mask"]).logits.softmax(-1)
    np.testing.assert_allclose(answer.numpy(), probabilities[:4], atol=1e-5)


def test_the_update_of_lora_is_of_its_rank(
    spec: TrainSpec, toy: SimpleNamespace, tiny_encoder: Path, tmp_path: Path
) -> None:
    lora = replace(spec, method=Method.LORA, rank=2, steps=20, learning_rate=1e-2)
    fine_tune(lora, toy.texts, toy.labels, out=tmp_path / "m")
    name = "encoder.layer.0.attention.self.query.weight"
    before = AutoModel.from_pretrained(tiny_encoder).state_dict()[name].numpy()
    update = load_file(tmp_path / "m" / "model.safetensors")[f"bert.{name}"] - before
    assert np.linalg.matrix_rank(update, tol=1e-5 * np.abs(update).max() * 32) == 2


def save_words(folder: Path) -> None:
    from transformers import PreTrainedTokenizerFast

    from tokenizers import Tokenizer, models, pre_tokenizers  # isort: skip

    words = {
        word: place for place, word in enumerate(["[PAD]", "[UNK]", "the", "refund", "card", "goal", "team", "won"])
    }
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]").save_pretrained(folder)


ARCHITECTURES: dict[str, Callable[[], Any]] = {
    "roberta": lambda: transformers.RobertaModel(
        transformers.RobertaConfig(**SIZES, hidden_size=32, max_position_embeddings=48, pad_token_id=0)
    ),
    "distilbert": lambda: transformers.DistilBertModel(
        transformers.DistilBertConfig(vocab_size=31, dim=32, n_layers=1, n_heads=2, hidden_dim=64)
    ),
    "deberta-v2": lambda: transformers.DebertaV2Model(
        transformers.DebertaV2Config(**SIZES, hidden_size=32, max_position_embeddings=48)
    ),
    "electra": lambda: transformers.ElectraModel(
        transformers.ElectraConfig(**SIZES, hidden_size=32, embedding_size=32, max_position_embeddings=48)
    ),
    "modernbert": lambda: transformers.ModernBertModel(
        transformers.ModernBertConfig(
            **SIZES, hidden_size=32, max_position_embeddings=48, pad_token_id=0, bos_token_id=2, eos_token_id=3,
            cls_token_id=2, sep_token_id=3, attn_implementation="eager",
        )
    ),
    "gpt2": lambda: transformers.GPT2Model(
        transformers.GPT2Config(vocab_size=31, n_embd=32, n_layer=1, n_head=2, n_positions=48)
    ),
}  # fmt: skip


@pytest.mark.parametrize("method", [Method.HEAD, Method.LORA])
@pytest.mark.parametrize("name", list(ARCHITECTURES))
def test_any_architecture_is_trained_by_head_and_by_lora(
    name: str, method: Method, toy: SimpleNamespace, tmp_path: Path
) -> None:
    torch.manual_seed(0)
    ARCHITECTURES[name]().save_pretrained(tmp_path / "encoder")
    save_words(tmp_path / "encoder")
    spec = TrainSpec(
        str(tmp_path / "encoder"), ("a", "b"), steps=3, learning_rate=1e-2, method=method, device="cpu", dtype="float32"
    )
    result = fine_tune(spec, toy.texts[:40], toy.labels[:40], out=tmp_path / "m")
    changed, _ = trained_and_not(tmp_path / "m", tmp_path / "encoder")
    start = AutoModel.from_pretrained(tmp_path / "encoder").state_dict()
    inside = {key for changed_name in changed if (key := changed_name.partition(".")[2]) in start}
    assert bool(inside) is (method is Method.LORA)
    np.testing.assert_allclose(
        predict(load_classifier(tmp_path / "m", dtype="float32"), toy.texts), predict(result.classifier, toy.texts),
        atol=1e-5,
    )  # fmt: skip


def test_a_network_without_a_head_of_its_own_is_refused() -> None:
    from eudscore.training.classifier import Classifier
    from eudscore.training.methods import prepare

    network = torch.nn.Sequential(torch.nn.Linear(2, 2))
    network.base_model_prefix = "model"
    with pytest.raises(ModelError, match="has no head of its own"):
        prepare(Classifier(network, None, "cpu", "float32", 8), TrainSpec("x", ("a", "b"), method=Method.HEAD))


def test_lora_without_its_package_is_one_sentence(
    spec: TrainSpec, toy: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import builtins

    load = builtins.__import__

    def without_peft(name: str, *more: Any, **also: Any) -> Any:
        if name == "peft":
            raise ModuleNotFoundError("No module named 'peft'", name="peft")
        return load(name, *more, **also)

    monkeypatch.setattr(builtins, "__import__", without_peft)
    with pytest.raises(RequestError, match="LoRA needs the package peft, which is not installed: pip install peft"):
        fine_tune(replace(spec, method=Method.LORA), toy.texts, toy.labels, out=tmp_path / "m")


@pytest.mark.parametrize("field", ["method", "class_weights"])
def test_an_unknown_name_is_refused_with_those_that_are_known(spec: TrainSpec, field: str) -> None:
    with pytest.raises(RequestError, match=r"There is no (method|class weights) 'most': choose among (full|none), "):
        replace(spec, **{field: "most"})
