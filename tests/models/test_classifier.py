"""The classifier against transformers' own forward, one text at a time, and its passes with dropout."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import (
    AutoModelForSequenceClassification,
    AutoTokenizer,
    BertConfig,
    BertForSequenceClassification,
    BertModel,
    GPT2Config,
    GPT2ForSequenceClassification,
    PreTrainedModel,
    RobertaConfig,
    RobertaForSequenceClassification,
)

from eudscore.errors import ModelError
from eudscore.models.classifier import ClassBatch, ClassifierModel, facts_of
from eudscore.models.loading import resolve_model
from tests.conftest import save_tokenizer

TEXTS = [
    "where is my refund",
    "the team won the match",
    "thanks",
    "",
    "   ",
    "my card was charged twice please refund the order",
    "\ud800 \x00 😀",
    "x",
    "new phone chip release " * 30,
]
EMPTY = [False, False, False, True, True, False, False, False, False]
NAMES = {0: "bank", 1: "sport", 2: "law"}
SMALL = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
BUILD: dict[str, Callable[..., PreTrainedModel]] = {
    "bert": lambda **options: BertForSequenceClassification(BertConfig(**SMALL, **options)),
    "roberta": lambda **options: RobertaForSequenceClassification(RobertaConfig(**SMALL, pad_token_id=0, **options)),
    "gpt2": lambda **options: GPT2ForSequenceClassification(
        GPT2Config(n_embd=32, n_layer=2, n_head=2, bos_token_id=2, eos_token_id=3, pad_token_id=0, **options)
    ),
}


def saved(folder: Path, kind: str = "bert", **options: object) -> Path:
    size = save_tokenizer(folder)
    torch.manual_seed(0)
    settings = {"id2label": NAMES, "max_position_embeddings": 48, "initializer_range": 0.2, "vocab_size": size}
    BUILD[kind](**{**settings, **options}).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module", params=["bert", "roberta", "gpt2"])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return saved(tmp_path_factory.mktemp(request.param), request.param)


@pytest.fixture(scope="module", params=["float32", "bfloat16"])
def model(request: pytest.FixtureRequest, folder: Path) -> ClassifierModel:
    return ClassifierModel(resolve_model(str(folder)), device="cpu", max_tokens=40, dtype=request.param)


def tolerance(model: ClassifierModel) -> float:
    return 1e-4 if model.dtype == "float32" else 2e-2


def predicted(model: ClassifierModel, texts: list[str], *, passes: int = 0, seed: int = 0) -> ClassBatch:
    """All batches as one, in the order of the texts."""
    batches = list(model.predict(texts, passes=passes, seed=seed))
    order = np.argsort(np.concatenate([batch.positions for batch in batches]))
    assert order.shape == (len(texts),)
    thinned = [batch.passes for batch in batches if batch.passes is not None]
    return ClassBatch(
        np.arange(len(texts)),
        np.concatenate([batch.logits for batch in batches])[order],
        np.concatenate(thinned, axis=1)[:, order] if thinned else None,
        np.concatenate([batch.truncated for batch in batches])[order],
        np.concatenate([batch.empty for batch in batches])[order],
    )


def probs(logits: np.ndarray) -> np.ndarray:
    """Of logits, or of log probabilities."""
    return torch.from_numpy(np.ascontiguousarray(logits)).softmax(dim=-1).numpy()


def test_logits_are_those_of_transformers(model: ClassifierModel, folder: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(folder)
    network = AutoModelForSequenceClassification.from_pretrained(folder, dtype=getattr(torch, model.dtype)).eval()
    found = predicted(model, TEXTS)
    assert model.classes == ("bank", "sport", "law")
    assert found.empty.tolist() == EMPTY
    assert found.truncated.tolist() == [*[False] * 8, True]
    for text, empty, logits in zip(TEXTS, EMPTY, found.logits, strict=True):
        if empty:
            assert np.isnan(logits).all()
            continue
        ids = tokenizer(text.encode("utf-8", "replace").decode(), truncation=True, max_length=40)["input_ids"]
        with torch.inference_mode():
            expected = network(torch.tensor([ids])).logits[0].float().numpy()
        np.testing.assert_allclose(probs(logits), probs(expected), atol=tolerance(model))


def test_a_text_alone_and_in_any_batch_agree(model: ClassifierModel) -> None:
    together = predicted(model, TEXTS, passes=3)
    backwards = predicted(model, TEXTS[::-1], passes=3)
    assert together.passes is not None
    assert backwards.passes is not None
    np.testing.assert_allclose(probs(backwards.passes[:, ::-1]), probs(together.passes), atol=tolerance(model))
    for position, text in enumerate(TEXTS):
        alone = predicted(model, [text], passes=3)
        np.testing.assert_allclose(probs(alone.logits[0]), probs(together.logits[position]), atol=tolerance(model))
        np.testing.assert_allclose(
            probs(alone.passes[:, 0]), probs(together.passes[:, position]), atol=tolerance(model)
        )


def test_passes_repeat_themselves_and_follow_the_seed(model: ClassifierModel) -> None:
    first, again, other = (predicted(model, TEXTS, passes=3, seed=seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first.passes, again.passes)
    np.testing.assert_array_equal(first.logits, other.logits)
    assert model.dropout_layers > 0
    thanks = 2
    assert np.abs(first.passes[:, thanks] - other.passes[:, thanks]).max() > 1e-3
    assert np.abs(first.passes[0, thanks] - first.passes[1, thanks]).max() > 1e-3


def test_fewer_passes_are_the_first_of_more(model: ClassifierModel) -> None:
    few, more = predicted(model, TEXTS, passes=2), predicted(model, TEXTS, passes=4)
    assert more.passes is not None
    np.testing.assert_array_equal(few.passes, more.passes[:2])


def test_many_texts_side_by_side_are_what_they_are_alone(folder: Path) -> None:
    """Batches run in several threads, some inside a pass with dropout and some outside."""
    model = ClassifierModel(resolve_model(str(folder)), device="cpu", max_tokens=40, dtype="float32")
    texts = [text for text in TEXTS if text.strip()] * 40
    found = predicted(model, texts, passes=4)
    alone = [predicted(model, [text], passes=4) for text in texts[:7]]
    for position in range(len(texts)):
        np.testing.assert_allclose(found.passes[:, position], alone[position % 7].passes[:, 0], atol=1e-4)
        np.testing.assert_allclose(found.logits[position], alone[position % 7].logits[0], atol=1e-4)


def test_only_what_is_wanted_is_read_and_to_the_bit_as_otherwise(model: ClassifierModel) -> None:
    texts = TEXTS * 60
    whole = predicted(model, texts)
    wanted = np.zeros(len(texts), dtype=np.bool_)
    wanted[[1, 300]] = True
    read = list(model.predict(texts, wanted=wanted))
    assert set(np.flatnonzero(wanted)) <= set(np.concatenate([batch.positions for batch in read]))
    assert sum(len(batch.positions) for batch in read) < len(texts)
    for batch in read:
        np.testing.assert_array_equal(batch.logits, whole.logits[batch.positions])


def test_nothing_to_read_gives_nothing(model: ClassifierModel) -> None:
    assert list(model.predict([])) == []
    (batch,) = model.predict([""], passes=2)
    assert np.isnan(batch.logits).all()
    assert batch.passes is not None
    assert batch.passes.shape == (2, 1, 3)


def test_without_dropout_all_passes_agree_with_the_whole_network(tmp_path: Path) -> None:
    still = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
    resolved = resolve_model(str(saved(tmp_path, **still)))
    assert facts_of(resolved).dropout == ()
    model = ClassifierModel(resolved, device="cpu", dtype="float32")
    assert model.dropout_layers == 0
    found = predicted(model, TEXTS[:3], passes=2)
    assert found.passes is not None
    for thinned in found.passes:
        np.testing.assert_allclose(probs(thinned), probs(found.logits), atol=1e-6)


def test_dropout_of_attention_alone_thins_nothing(tmp_path: Path) -> None:
    resolved = resolve_model(str(saved(tmp_path, hidden_dropout_prob=0.0)))
    assert ClassifierModel(resolved, device="cpu").dropout_layers == 0


def test_a_fine_tune_of_ours_reads_as_many_tokens_as_in_training(tmp_path: Path) -> None:
    resolved = resolve_model(str(saved(tmp_path, eudscore={"version": 1, "max_tokens": 12})))
    assert facts_of(resolved).max_tokens == 12
    assert ClassifierModel(resolved, device="cpu").max_tokens == 12
    assert ClassifierModel(resolved, device="cpu", max_tokens=20).max_tokens == 20


def test_no_more_tokens_are_read_than_there_are_positions(folder: Path) -> None:
    model = ClassifierModel(resolve_model(str(folder)), device="cpu", max_tokens=512)
    assert model.max_tokens == (47 if "roberta" in folder.name else 48)
    (batch,) = model.predict(TEXTS[-1:])
    assert np.isfinite(batch.logits).all()


def test_an_untrained_head_is_refused(tmp_path: Path) -> None:
    size = save_tokenizer(tmp_path)
    BertModel(BertConfig(**SMALL, vocab_size=size)).save_pretrained(tmp_path)
    with pytest.raises(ModelError, match=r"lack the weights classifier\.bias, classifier\.weight"):
        ClassifierModel(resolve_model(str(tmp_path)), device="cpu")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"id2label": {0: "score"}}, "answers with a number"),
        ({"problem_type": "regression"}, "answers with a number"),
        ({"problem_type": "multi_label_classification"}, "several labels at once"),
    ],
)
def test_what_chooses_no_class_is_refused(tmp_path: Path, options: dict[str, object], sentence: str) -> None:
    with pytest.raises(ModelError, match=sentence):
        ClassifierModel(resolve_model(str(saved(tmp_path, **options))), device="cpu")


def test_a_reader_of_padding_gets_none(tmp_path: Path) -> None:
    from transformers import XLNetConfig, XLNetForSequenceClassification

    size = save_tokenizer(tmp_path)
    config = XLNetConfig(vocab_size=size, d_model=32, n_layer=2, n_head=2, d_inner=64, id2label=NAMES)
    XLNetForSequenceClassification(config).save_pretrained(tmp_path)
    model = ClassifierModel(resolve_model(str(tmp_path)), device="cpu", dtype="float32")
    together = predicted(model, TEXTS, passes=2)
    for position, text in enumerate(TEXTS):
        alone = predicted(model, [text], passes=2)
        np.testing.assert_allclose(alone.logits[0], together.logits[position], atol=1e-4)
        np.testing.assert_allclose(alone.passes[:, 0], together.passes[:, position], atol=1e-4)
    with pytest.raises(ModelError, match="cannot be used as a classifier: expected scalar type"):
        ClassifierModel(resolve_model(str(tmp_path)), device="cpu", dtype="bfloat16")


def test_no_classifier_at_all_is_one_sentence(tmp_path: Path) -> None:
    from safetensors.torch import save_file

    (tmp_path / "config.json").write_text('{"model_type": "vit"}')
    save_file({"x": torch.zeros(1)}, tmp_path / "model.safetensors")
    with pytest.raises(ModelError, match="cannot be used as a classifier"):
        ClassifierModel(resolve_model(str(tmp_path)), device="cpu")
