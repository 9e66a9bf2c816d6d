"""Sentence vectors from an encoder: mean over the tokens of the last hidden state, scaled to unit length.

Source: Reimers & Gurevych, Sentence-BERT (2019), mean pooling.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from eudscore.models.batching import batches_by_length, of_one_length, padded
from eudscore.models.device import pick_device, pick_dtype, tokens_at_once
from eudscore.models.fusing import fused
from eudscore.models.loading import ResolvedModel, load, load_tokenizer, one_sentence
from eudscore.models.parallel import side_by_side
from eudscore.models.text import clean
from eudscore.models.trained import positions_of, reads_padding
from eudscore.records import Bools, Floats, Ints

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, eq=False)
class VectorBatch:
    """Positions into the texts given, their vectors, and which texts were cut or empty."""

    positions: Ints
    vectors: Floats
    truncated: Bools
    empty: Bools


class Encoder:
    """A loaded encoder; `encode` may be called any number of times.

    Attributes:
        device: cpu or cuda.
        dtype: float32, bfloat16 or float16.
        max_tokens: what a text is cut at.
        dimensions: d.
        halved: how often a batch had to be halved for lack of memory.
    """

    def __init__(
        self, model: ResolvedModel, *, device: str = "auto", max_tokens: int = 256, dtype: str = "auto"
    ) -> None:
        import torch
        from transformers import AutoModel

        self.model = model
        self.device = pick_device(device)
        self.dtype = pick_dtype(dtype, self.device)
        network = load(AutoModel, model, "an encoder", dtype=getattr(torch, self.dtype))
        self._network = fused(network).to(self.device).eval()
        self.tokenizer = load_tokenizer(model)
        self.max_tokens = min(max_tokens, positions_of(network, max_tokens))
        self.dimensions = int(network.config.get_text_config().hidden_size)
        # As many as were free at first, so that batches stay as they are.
        self._budget = tokens_at_once(self.device, width=self.dimensions, dtype=self.dtype)
        self.halved = 0
        with one_sentence(model, "an encoder"):  # an architecture may not know this precision
            self._reads_padding = reads_padding(self._hidden, self.tokenizer, self.dtype)

    def encode(self, texts: Sequence[str], *, wanted: Bools | None = None) -> Iterator[VectorBatch]:
        """Encode texts in batches of like length.

        Args:
            texts: any strings; one without a single token besides the special ones gets a vector of nan.
            wanted: (n,) texts that are asked for, all without it; others may come along.

        Yields:
            Batches in no particular order; vectors are (b, d) float32 of unit length.

        Raises:
            ModelError: a single text is too large for the memory of the device.
        """
        tokens, truncated, special = self._tokenise(texts)
        lengths = np.array([len(ids) for ids in tokens], dtype=np.int64)
        batches = batches_by_length(lengths, max_tokens_per_batch=self._budget, wanted=wanted)
        if self._reads_padding:
            batches = of_one_length(batches, lengths)

        def encode_batch(rows: Ints) -> VectorBatch:
            vectors = self._forward([tokens[row] for row in rows])
            empty = lengths[rows] <= special
            vectors[empty] = np.nan
            return VectorBatch(rows, vectors, truncated[rows], empty)

        yield from side_by_side(encode_batch, batches, self.device, on_halved=self._count_halved)

    def _count_halved(self, _size: int) -> None:
        self.halved += 1

    def _tokenise(self, texts: Sequence[str]) -> tuple[list[list[int]], Bools, int]:
        special = self.tokenizer.num_special_tokens_to_add()
        if not texts:
            return [], np.zeros(0, dtype=np.bool_), special
        full = self.tokenizer(
            clean(texts), truncation=True, max_length=self.max_tokens, return_attention_mask=False,
            return_token_type_ids=False, return_overflowing_tokens=True,
        )  # fmt: skip
        source = np.asarray(full["overflow_to_sample_mapping"])
        first = np.unique(source, return_index=True)[1]
        pieces = np.bincount(source, minlength=len(texts))
        return [full["input_ids"][position] for position in first], pieces > 1, special

    def _forward(self, tokens: Sequence[Sequence[int]]) -> Floats:
        import torch

        ids, mask = padded(tokens, self.tokenizer.pad_token_id or 0, self.device)
        with torch.inference_mode():
            weights = mask.unsqueeze(-1).float()
            pooled = (self._last_hidden(ids, mask).float() * weights).sum(dim=1) / weights.sum(dim=1)
            vectors = torch.nn.functional.normalize(pooled)
        return np.asarray(vectors.cpu().numpy(), dtype=np.float32)

    def _hidden(self, tokens: Sequence[Sequence[int]]) -> "torch.Tensor":
        return self._last_hidden(*padded(tokens, self.tokenizer.pad_token_id or 0, self.device))

    def _last_hidden(self, ids: "torch.Tensor", mask: "torch.Tensor") -> "torch.Tensor":
        # A batch without padding needs no mask, and attention without one is quicker.
        answer = self._network(input_ids=ids, attention_mask=None if mask.all() else mask)
        hidden: torch.Tensor = answer.last_hidden_state
        return hidden
