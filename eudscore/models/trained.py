"""A network and its tokenizer, used as somebody trained them: nothing may be missing, nothing is added."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from eudscore.errors import ModelError
from eudscore.models.batching import padded
from eudscore.models.device import pick_device, pick_dtype, tokens_at_once
from eudscore.models.loading import ResolvedModel, load, load_tokenizer
from eudscore.models.text import clean
from eudscore.records import Bools

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, eq=False)
class Trained:
    """What a model needs to answer.

    Attributes:
        network: a transformers model in evaluation mode.
        tokenizer: the fast tokenizer that belongs to it.
        device: cpu or cuda.
        dtype: of weights and products.
        max_tokens: texts are cut there, special tokens included.
    """

    network: Any
    tokenizer: Any
    device: str
    dtype: str
    max_tokens: int

    @property
    def budget(self) -> int:
        """Padded tokens a batch may hold."""
        return tokens_at_once(self.device, width=int(self.network.config.hidden_size), dtype=self.dtype)

    def read(self, texts: Sequence[str]) -> tuple[list[Any], Bools]:
        """(n,) encodings of the tokenizer, cut to `max_tokens`, and which texts were cut (n,)."""
        if not texts:
            return [], np.zeros(0, dtype=np.bool_)
        encodings = self.tokenizer(clean(texts), truncation=True, max_length=self.max_tokens).encodings
        return encodings, np.array([bool(encoding.overflowing) for encoding in encodings], dtype=np.bool_)

    def logits(self, tokens: Sequence[Sequence[int]]) -> "torch.Tensor":
        """(b, ...) logits of token lists, padded on the right; the caller decides about gradients."""
        ids, mask = padded(tokens, self.tokenizer.pad_token_id, self.device)
        # A batch without padding needs no mask, and attention without one is quicker. Some networks calculate
        # with the mask, so it holds numbers.
        answer: torch.Tensor = self.network(input_ids=ids, attention_mask=None if mask.all() else mask.long()).logits
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
    network, info = load(auto_class, model, purpose, dtype=getattr(torch, dtype), output_loading_info=True)
    missing = sorted(info["missing_keys"])
    if missing:
        raise ModelError(
            f"{model.name!r} cannot be used as {purpose}: its files lack the weights {', '.join(missing[:3])}, and "
            "untrained ones would answer at random. Choose a model that was trained for this."
        )
    tokenizer = load_tokenizer(model)
    if not tokenizer.is_fast:
        raise ModelError(f"{model.name!r} cannot be used as {purpose}: it has no fast tokenizer (tokenizer.json).")
    if tokenizer.pad_token_id is None:  # causal models have none; the mask hides it, so any token serves
        tokenizer.pad_token = tokenizer.eos_token or tokenizer.unk_token or tokenizer.convert_ids_to_tokens(0)
    network.config.pad_token_id = tokenizer.pad_token_id
    most = min(max_tokens, _positions(network, max_tokens), int(tokenizer.model_max_length))
    return Trained(network.to(device).eval(), tokenizer, device, dtype, most)


def _positions(network: Any, otherwise: int) -> int:
    """How many tokens a network has positions for; RoBERTa's kin count them from behind the one of padding."""
    held = getattr(network.config, "max_position_embeddings", None) or otherwise
    table = getattr(getattr(network.base_model, "embeddings", None), "position_embeddings", None)
    padding = getattr(table, "padding_idx", None)
    return int(held) if padding is None else int(held) - int(padding) - 1
