"""A network and its tokenizer, used as somebody trained them: nothing may be missing, nothing is added."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from eudscore.models.batching import batches_by_length, of_one_length, padded
from eudscore.models.device import pick_device, pick_dtype, tokens_at_once
from eudscore.models.fusing import fused
from eudscore.models.loading import ResolvedModel, load_tokenizer, load_whole, one_sentence
from eudscore.models.text import Text, clean
from eudscore.records import Bools, Ints

if TYPE_CHECKING:
    import torch

# Two ways to the same logits differ by less than this where rounding is all, relative to the largest logit.
ROUNDING = {"float32": 1e-3, "bfloat16": 5e-2, "float16": 1e-2}


@dataclass(frozen=True, eq=False)
class Trained:
    """What a model needs to answer.

    Attributes:
        network: a transformers model in evaluation mode.
        tokenizer: the fast tokenizer that belongs to it.
        device: cpu or cuda.
        dtype: of weights and products.
        max_tokens: texts are cut there, special tokens included.
        reads_padding: whether padding changes its answers, mask or not, as with XLNet or FNet.
    """

    network: Any
    tokenizer: Any
    device: str
    dtype: str
    max_tokens: int
    reads_padding: bool = False

    @cached_property
    def budget(self) -> int:
        """Padded tokens a batch may hold: as many as were free at first, so that batches stay as they are."""
        return tokens_at_once(self.device, width=int(self.network.config.hidden_size), dtype=self.dtype)

    def read(self, texts: Sequence[Text]) -> tuple[list[Any], Bools]:
        """(n,) encodings of the tokenizer, cut to `max_tokens`, and which texts were cut (n,).

        Of a pair the longer text is cut first.
        """
        if not texts:
            return [], np.zeros(0, dtype=np.bool_)
        sides = [texts] if isinstance(texts[0], str) else zip(*texts, strict=True)
        encodings = self.tokenizer(*map(clean, sides), truncation=True, max_length=self.max_tokens).encodings
        return encodings, np.array([bool(encoding.overflowing) for encoding in encodings], dtype=np.bool_)

    @property
    def typed(self) -> bool:
        """Whether the model tells the two texts of a pair apart by a type of each token."""
        return "token_type_ids" in self.tokenizer.model_input_names

    def batches(self, lengths: Ints, cost: Ints, wanted: Bools | None) -> list[Ints]:
        """Positions of texts in batches of like length, of one length where the model would read the padding.

        Args:
            lengths: (n,) tokens of each text.
            cost: (n,) tokens it takes to score it, more for a longer text.
            wanted: (n,) texts that are asked for, all without it.
        """
        batches = batches_by_length(cost, max_tokens_per_batch=self.budget, wanted=wanted)
        return of_one_length(batches, lengths) if self.reads_padding else batches

    def probe(self, length: int) -> list[int]:
        """A text of so many different tokens, between the special ones that its tokenizer puts around a text."""
        return probe(self.tokenizer, length)

    def logits(
        self, tokens: Sequence[Sequence[int]], types: Sequence[Sequence[int]] | None = None
    ) -> "torch.Tensor":  # fmt: skip
        """(b, ...) logits of token lists, padded on the right; the caller decides about gradients.

        Args:
            tokens: b lists.
            types: of pairs, which of the two texts each token is of, where the model wants to know (`typed`).
        """
        ids, mask = padded(tokens, self.tokenizer.pad_token_id, self.device)
        # A batch without padding needs no mask, and attention without one is quicker. Some networks calculate
        # with the mask, so it holds numbers.
        more = {} if types is None else {"token_type_ids": padded(types, 0, self.device)[0]}
        read = None if mask.all() else mask.long()
        answer: torch.Tensor = self.network(input_ids=ids, attention_mask=read, **more).logits
        return answer


def load_trained(
    auto_class: Any, model: ResolvedModel, purpose: str, *, device: str, dtype: str, max_tokens: int
) -> Trained:
    """Load a model for what it was trained to do.

    Args:
        auto_class: an Auto class of transformers.
        model: which one.
        purpose: what it is wanted as, for the errors.
        device: auto, cpu or cuda.
        dtype: auto, float32, bfloat16 or float16.
        max_tokens: texts are cut there, or earlier where the model cannot read as many.

    Raises:
        ModelError: it cannot be loaded, lacks weights, or has no fast tokenizer.
        RequestError: there is no such device or precision.
    """
    import torch

    device = pick_device(device)
    dtype = pick_dtype(dtype, device)
    network = load_whole(auto_class, model, purpose, dtype=getattr(torch, dtype))
    tokenizer = load_tokenizer(model)
    if tokenizer.pad_token_id is None:  # causal models have none; the mask hides it, so any token serves
        tokenizer.pad_token = tokenizer.eos_token or tokenizer.unk_token or tokenizer.convert_ids_to_tokens(0)
    network.config.pad_token_id = tokenizer.pad_token_id
    most = min(max_tokens, positions_of(network, max_tokens), int(tokenizer.model_max_length))
    trained = Trained(fused(network).to(device).eval(), tokenizer, device, dtype, most)
    with one_sentence(model, purpose):  # an architecture may not know this precision
        return replace(trained, reads_padding=reads_padding(trained.logits, tokenizer, dtype))


def probe(tokenizer: Any, length: int) -> list[int]:
    """A text of so many different tokens, between the special ones that a tokenizer puts around a text."""
    special = set(tokenizer.all_special_ids)
    tokens = [token for token in range(len(tokenizer)) if token not in special][:length]
    example = tokenizer("a").encodings[0]
    inside = np.flatnonzero(np.array(example.special_tokens_mask) == 0)
    first, last = (inside[0], inside[-1] + 1) if len(inside) else (len(example.ids), len(example.ids))
    return [*example.ids[:first], *tokens, *example.ids[last:]]


def reads_padding(answer: "Callable[[list[list[int]]], torch.Tensor]", tokenizer: Any, dtype: str) -> bool:
    """Whether padding changes what a network says of a text: tried on a short one, alone and beside a longer one.

    Args:
        answer: b token lists to the (b, ...) numbers of the network.
        tokenizer: the one that belongs to it.
        dtype: of its weights and products.
    """
    import torch

    short, long = probe(tokenizer, 3), probe(tokenizer, 12)
    with torch.inference_mode():
        alone = answer([short])[0].float()
        beside = answer([short, long])[0].float()
    difference = (beside[: len(alone)] - alone).abs().max().item()
    return bool(difference > ROUNDING[dtype] * max(1.0, alone.abs().max().item()))


def positions_of(network: Any, otherwise: int) -> int:
    """How many tokens a network has positions for; RoBERTa's kin count them from behind the one of padding."""
    held = int(getattr(network.config.get_text_config(), "max_position_embeddings", None) or -1)
    if held < 0:  # relative positions, without an end
        return otherwise
    table = getattr(getattr(network.base_model, "embeddings", None), "position_embeddings", None)
    padding = getattr(table, "padding_idx", None)
    return held if padding is None else held - int(padding) - 1
