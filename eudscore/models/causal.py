"""Token entropy and surprisal of texts under a causal language model; logits never exist whole."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from eudscore.models.batching import batches_by_length
from eudscore.models.encoder import TOKENS_PER_BATCH, padded
from eudscore.models.loading import ResolvedModel, load, load_tokenizer, native_dtype, pick_device
from eudscore.models.parallel import side_by_side
from eudscore.records import Bools, Floats, Ints

if TYPE_CHECKING:
    import torch

# Below this the two ways to the logits are the same up to rounding (method 2.2).
_SELF_CHECK = {"float32": 1e-3, "bfloat16": 5e-2}


@dataclass(frozen=True, eq=False)
class GenerativeBatch:
    """Positions into the texts given and, per text, sums over its scored tokens.

    Attributes:
        positions: (b,) positions into the texts.
        scored: (b,) number of tokens that have a prediction; 0 = nothing to score.
        entropy: (b,) sum of H_t in nats.
        surprisal: (b,) sum of -log p(x_t) in nats.
        varentropy: (b,) sum of the varentropies in nats squared.
        truncated: (b,) whether only the first `max_tokens` were read.
    """

    positions: Ints
    scored: Ints
    entropy: Floats
    surprisal: Floats
    varentropy: Floats
    truncated: Bools


class CausalModel:
    """A loaded causal language model; `measure` may be called any number of times."""

    def __init__(self, model: ResolvedModel, *, device: str = "auto", max_tokens: int = 1024) -> None:
        import torch
        from transformers import AutoModelForCausalLM

        self.model = model
        self.device = pick_device(device)
        self.dtype = native_dtype(self.device)
        self.tokenizer = load_tokenizer(model)
        network = load(AutoModelForCausalLM, model, "a causal language model", dtype=getattr(torch, self.dtype))
        self._network = network.to(self.device).eval()
        positions = getattr(network.config, "max_position_embeddings", None) or max_tokens
        self.max_tokens = min(max_tokens, int(positions))
        self.fused = self._head_is_plain()

    def measure(self, texts: Sequence[str]) -> Iterator[GenerativeBatch]:
        """Score texts in batches of like length; each batch is one forward pass."""
        tokens, truncated = self._tokenise(texts)
        lengths = np.array([len(ids) for ids in tokens], dtype=np.int64)
        batches = batches_by_length(lengths, max_tokens_per_batch=TOKENS_PER_BATCH[self.device])

        def measure_batch(rows: Ints) -> GenerativeBatch:
            sums = self._forward([tokens[row] for row in rows])
            return GenerativeBatch(rows, np.maximum(lengths[rows] - 1, 0), *sums, truncated[rows])

        yield from side_by_side(measure_batch, batches, self.device)

    def _tokenise(self, texts: Sequence[str]) -> tuple[list[list[int]], Bools]:
        """Token ids with the beginning-of-text token in front, where the model has one."""
        clean = [text.encode("utf-8", "replace").decode() for text in texts]
        start = [] if self.tokenizer.bos_token_id is None else [self.tokenizer.bos_token_id]
        ids = self.tokenizer(clean, add_special_tokens=False)["input_ids"] if clean else []
        full = [start + row if row else [] for row in ids]
        return [row[: self.max_tokens] for row in full], np.array([len(row) > self.max_tokens for row in full])

    def _forward(self, tokens: Sequence[Sequence[int]]) -> tuple[Floats, Floats, Floats]:
        import torch

        from eudscore.entropy.logits import blockwise_measures

        if max(len(row) for row in tokens) < 2:
            nothing = np.zeros(len(tokens), dtype=np.float32)
            return nothing, nothing, nothing
        ids, mask = padded(tokens, self.tokenizer.pad_token_id or 0, self.device)
        predicted = mask[:, 1:]
        with torch.inference_mode():
            hidden, project = self._states(ids, mask)
            measures = blockwise_measures(hidden[:, :-1][predicted], project, ids[:, 1:][predicted])
            text = torch.arange(len(tokens), device=ids.device).unsqueeze(1).expand_as(predicted)[predicted]
            # float64: a mean over a thousand tokens must not depend on the order of the additions
            sums = [torch.zeros(len(tokens), dtype=torch.float64, device=ids.device) for _ in measures]
            for total, values in zip(sums, measures, strict=True):
                total.index_add_(0, text, values.double())
        first, second, third = (np.asarray(total.cpu().numpy(), dtype=np.float32) for total in sums)
        return first, second, third

    def _states(self, ids: "torch.Tensor", mask: "torch.Tensor") -> tuple[Any, Any]:
        """Hidden states and the layer that makes logits of them; or the logits and nothing to do."""
        if not self.fused:
            return self._network(input_ids=ids, attention_mask=mask).logits, lambda logits: logits
        hidden = self._network.base_model(input_ids=ids, attention_mask=mask).last_hidden_state
        return hidden, self._network.get_output_embeddings()

    def _head_is_plain(self) -> bool:
        """Whether output layer(hidden) are the model's logits: soft-capping or scaling may sit in between."""
        import torch

        head = self._network.get_output_embeddings()
        if head is None:
            return False
        probe = [token % len(self.tokenizer) for token in (11, 7, 5, 3)]
        ids = torch.tensor([probe], device=self.device)
        with torch.inference_mode():
            whole = self._network(input_ids=ids).logits.float()
            hidden = self._network.base_model(input_ids=ids).last_hidden_state
            if hidden.shape[-1] != getattr(head, "in_features", hidden.shape[-1]):
                return False
            difference = (head(hidden).float() - whole).abs().max().item()
        return bool(difference < _SELF_CHECK[self.dtype] * max(1.0, whole.abs().max().item()))
