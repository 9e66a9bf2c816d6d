"""The masked model against a plain loop: one text, one blank and one forward of transformers at a time."""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import (
    AutoModelForMaskedLM,
    AutoTokenizer,
    BertConfig,
    BertForMaskedLM,
    BertModel,
    PreTrainedTokenizerFast,
    RobertaConfig,
    RobertaForMaskedLM,
)

from eudscore.errors import ModelError
from eudscore.models.loading import resolve_model
from eudscore.models.masked import MaskedModel
from tests.conftest import WORDS, save_tokenizer

TEXTS = [
    "where is my refund",
    "refunding the cards",
    "thanks",
    "",
    "   ",
    "my card was charged twice, please refund the reordered phones!",
    "\ud800 \x00 😀",
    "x",
    "new phones releasing " * 30,
]
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
SMALL = {
    "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64,
    "max_position_embeddings": 48, "pad_token_id": 0, "initializer_range": 0.1,
}  # fmt: skip
CUT = 30


def save_pieces(folder: Path, kind: str) -> int:
    """Save a tokenizer that cuts words into pieces and has a mask token; returns its size."""
    if kind == "bert":
        pieces = [*SPECIAL, *WORDS, "re", "##ing", "##s", "##ed", "##order", ",", "!"]
        tokenizer = Tokenizer(models.WordPiece({piece: i for i, piece in enumerate(pieces)}, unk_token="[UNK]"))
        tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    else:
        tokenizer = Tokenizer(models.BPE(unk_token="[UNK]"))
        if kind == "bytes":
            tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
            tokenizer.decoder = decoders.ByteLevel()
            alphabet = pre_tokenizers.ByteLevel.alphabet()
        else:  # no word but the whole text, as in tokenizers of the kind of Gemma's
            tokenizer.normalizer = normalizers.Replace(" ", "▁")
            alphabet = []
        trainer = trainers.BpeTrainer(vocab_size=320, special_tokens=SPECIAL, initial_alphabet=alphabet)
        tokenizer.train_from_iterator([" ".join(WORDS), *(f" {word}" for word in WORDS)], trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]",
        mask_token="[MASK]",
    ).save_pretrained(folder)  # fmt: skip
    return tokenizer.get_vocab_size()


@pytest.fixture(scope="module", params=["bert", "bytes", "spaces"])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp(request.param)
    size = save_pieces(folder, request.param)
    torch.manual_seed(0)
    network = (
        BertForMaskedLM(BertConfig(vocab_size=size, **SMALL))
        if request.param == "bert"
        else RobertaForMaskedLM(RobertaConfig(vocab_size=size, **SMALL))
    )
    torch.nn.init.normal_(network.get_output_embeddings().bias)
    network.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module", params=["float32", "bfloat16"])
def model(request: pytest.FixtureRequest, folder: Path) -> MaskedModel:
    return MaskedModel(resolve_model(str(folder)), device="cpu", max_tokens=CUT, dtype=request.param)


@pytest.fixture(scope="module")
def fast(folder: Path) -> MaskedModel:
    return MaskedModel(resolve_model(str(folder)), device="cpu", max_tokens=CUT, dtype="float32", fast=True)


def tolerance(model: MaskedModel) -> float:
    return 1e-4 if model.dtype == "float32" else 2e-2


def measured(model: MaskedModel, texts: list[str]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scored tokens, surprisal of each text a scored token, and whether it was cut."""
    scored, surprisal, truncated = np.zeros((3, len(texts)))
    seen = np.zeros(len(texts), dtype=int)
    for batch in model.measure(texts):
        seen[batch.positions] += 1
        scored[batch.positions] = batch.scored
        surprisal[batch.positions] = batch.surprisal / np.maximum(batch.scored, 1)
        truncated[batch.positions] = batch.truncated
    assert (seen == 1).all()
    return scored, surprisal, truncated


class Oracle:
    """Pseudo-log-likelihood as it is written down, and not made for speed; float64 but for bfloat16."""

    def __init__(self, folder: Path, dtype: str) -> None:
        self.tokenizer = AutoTokenizer.from_pretrained(folder)
        wide = torch.float64 if dtype == "float32" else torch.bfloat16
        self.network = AutoModelForMaskedLM.from_pretrained(folder, dtype=wide).eval()
        self.spaces_end_words = folder.name.startswith("spaces")

    def surprisals(self, text: str) -> Iterator[float]:
        text = text.encode("utf-8", "replace").decode()
        read = self.tokenizer(text, truncation=True, max_length=CUT, return_offsets_mapping=True)
        words = read.word_ids()
        if self.spaces_end_words:
            spans = [match.span() for match in re.finditer(r"\s*\S+|\s+", text)]
            words = [
                None if word is None else next(i for i, (_, end) in enumerate(spans) if start < end)
                for word, (start, _) in zip(words, read["offset_mapping"], strict=True)
            ]
        for position, word in enumerate(words):
            if word is None:
                continue
            ids = torch.tensor([read["input_ids"]])
            token = ids[0, position].clone()
            for later in range(position, len(words)):
                if words[later] == word:
                    ids[0, later] = self.tokenizer.mask_token_id
            with torch.inference_mode():
                law = torch.distributions.Categorical(logits=self.network(ids).logits[0, position].double())
            yield -law.log_prob(token).item()


def test_the_tokenizers_do_cut_words(folder: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(folder)
    assert len(tokenizer("refunding", add_special_tokens=False)["input_ids"]) > 1


def test_sums_agree_with_a_plain_loop(model: MaskedModel, folder: Path) -> None:
    scored, surprisal, truncated = measured(model, TEXTS)
    oracle = Oracle(folder, model.dtype)
    assert model.fused
    assert truncated.tolist() == [*[False] * 8, True]
    for position, text in enumerate(TEXTS):
        expected = list(oracle.surprisals(text))
        assert scored[position] == len(expected)
        np.testing.assert_allclose(
            surprisal[position], np.mean(expected) if expected else 0.0, atol=tolerance(model), err_msg=repr(text)
        )


def test_a_text_alone_and_in_any_batch_agree(model: MaskedModel) -> None:
    together = measured(model, TEXTS * 3)[1].reshape(3, -1)
    backwards = measured(model, TEXTS[::-1])[1][::-1]
    alone = [measured(model, [text])[1][0] for text in TEXTS]
    for found in (*together, backwards):
        np.testing.assert_allclose(found, alone, atol=tolerance(model))


def test_a_model_that_needs_every_place_gets_it(model: MaskedModel, folder: Path) -> None:
    """Something after the output layer mixes the places of a text: its whole logits are taken."""
    other = MaskedModel(resolve_model(str(folder)), device="cpu", max_tokens=CUT, dtype=model.dtype)
    network = other._trained.network
    forward = network.forward

    def mixed(*args: object, **kwargs: object) -> object:
        out = forward(*args, **kwargs)
        out.logits = out.logits - out.logits.mean(dim=1, keepdim=True)
        return out

    network.forward = mixed
    other.fused = other._hooked()
    assert not other.fused
    network.forward = forward
    np.testing.assert_allclose(measured(other, TEXTS)[1], measured(model, TEXTS)[1], atol=tolerance(model))


def test_only_what_is_wanted_is_read_and_to_the_bit_as_otherwise(model: MaskedModel) -> None:
    texts = TEXTS * 6
    whole = measured(model, texts)[1]
    wanted = np.zeros(len(texts), dtype=np.bool_)
    wanted[[1, 30]] = True
    read = list(model.measure(texts, wanted=wanted))
    found = np.concatenate([batch.positions for batch in read])
    assert set(np.flatnonzero(wanted)) <= set(found)
    assert len(found) < len(texts)
    for batch in read:
        np.testing.assert_array_equal(batch.surprisal / np.maximum(batch.scored, 1), whole[batch.positions])


def test_nothing_to_read_gives_nothing(model: MaskedModel) -> None:
    assert list(model.measure([])) == []
    (batch,) = model.measure([""])
    assert (batch.scored.tolist(), batch.surprisal.tolist()) == ([0], [0.0])


def test_fast_hides_a_share_at_once_and_company_changes_nothing(fast: MaskedModel, model: MaskedModel) -> None:
    scored, surprisal, _ = measured(fast, TEXTS)
    every = measured(model, TEXTS)[0]
    expected = [max(1, round(0.15 * count)) if count else 0 for count in every.tolist()]
    assert scored.tolist() == expected
    alone = [measured(fast, [text])[1][0] for text in TEXTS]
    np.testing.assert_allclose(surprisal, alone, atol=1e-4)


def test_fast_asks_for_tokens_of_the_text_with_their_word_hidden(fast: MaskedModel, folder: Path) -> None:
    oracle = Oracle(folder, "float32")
    for position in (2, 7):  # so short that one token is hidden: the same question as the slow way asks
        expected = list(oracle.surprisals(TEXTS[position]))
        found = measured(fast, TEXTS)[1][position]
        assert np.abs(np.array(expected) - found).min() < 1e-4


def test_an_encoder_without_a_trained_head_is_refused(tmp_path: Path) -> None:
    size = save_pieces(tmp_path, "bert")
    BertModel(BertConfig(vocab_size=size, **SMALL)).save_pretrained(tmp_path)
    with pytest.raises(ModelError, match=r"cannot be used as a masked language model: its files lack the weights cls"):
        MaskedModel(resolve_model(str(tmp_path)), device="cpu")


def test_a_tokenizer_without_a_mask_is_refused(tmp_path: Path) -> None:
    size = save_tokenizer(tmp_path)
    BertForMaskedLM(BertConfig(vocab_size=size, **SMALL)).save_pretrained(tmp_path)
    with pytest.raises(ModelError, match="no mask token"):
        MaskedModel(resolve_model(str(tmp_path)), device="cpu")


def test_a_causal_model_is_no_masked_one(tiny_lm: Path) -> None:
    with pytest.raises(ModelError, match="cannot be used as a masked language model"):
        MaskedModel(resolve_model(str(tiny_lm)), device="cpu")
