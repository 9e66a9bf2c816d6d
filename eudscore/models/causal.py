"""Token entropy and surprisal of texts under a causal language model; logits never exist whole."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from eudscore.models.batching import batches_by_length, padded
from eudscore.models.device import logits_at_once, pick_device, pick_dtype, tokens_at_once
from eudscore.models.loading import ResolvedModel, load, load_tokenizer
from eudscore.models.parallel import side_by_side
from eudscore.models.text import clean
from eudscore.models.windows import Window, windows_of
from eudscore.records import Bools, Floats, Ints

if TYPE_CHECKING:
    import torch

    from eudscore.entropy.logits import Head, TokenMeasures

# Below this the two ways to the logits are the same up to rounding (relative to the largest logit).
_SELF_CHECK = {"float32": 1e-3, "bfloat16": 5e-2, "float16": 1e-2}
_WHOLE_LOGITS = 32_000_000
_LONGEST_CONTEXT = 1024  # where the config of a model does not say


@dataclass(frozen=True, eq=False)
class GenerativeBatch:
    """Positions into the texts given and, per text, sums over its scored tokens.

    Attributes:
        positions: (b,) positions into the texts.
        scored: (b,) number of tokens that have a prediction; 0 = nothing to score.
        size: (b,) bytes of UTF-8 that the scored tokens stand for.
        entropy: (b,) sum of H_t in nats.
        surprisal: (b,) sum of -log p(x_t) in nats.
        varentropy: (b,) sum of the varentropies in nats squared.
        truncated: (b,) whether the text, or its prompt, was cut.
    """

    positions: Ints
    scored: Ints
    size: Ints
    entropy: Floats
    surprisal: Floats
    varentropy: Floats
    truncated: Bools


@dataclass(frozen=True, eq=False)
class _Reading:
    """One text as it is read."""

    windows: list[Window]
    size: int
    truncated: bool

    @property
    def longest(self) -> int:
        return max((len(window.ids) for window in self.windows), default=1)

    @property
    def scored(self) -> int:
        return sum(len(window.ids) - window.first for window in self.windows)


class CausalModel:
    """A loaded causal language model; `measure` may be called any number of times.

    Attributes:
        device: cpu or cuda.
        dtype: of weights and products; sums are float32, sums over a text float64.
        max_tokens: of a text and its prompt; what is longer is cut.
        context: tokens the model reads at once; longer texts are read in windows that overlap by half.
        fused: whether logits are made block by block; else the model has something of its own after its
            output layer, and its whole logits are taken.
        halved: how often a batch had to be halved for lack of memory.
    """

    def __init__(
        self, model: ResolvedModel, *, device: str = "auto", max_tokens: int = 1024, dtype: str = "auto"
    ) -> None:
        import torch
        from transformers import AutoModelForCausalLM

        self.model = model
        self.device = pick_device(device)
        self.dtype = pick_dtype(dtype, self.device)
        network = load(AutoModelForCausalLM, model, "a causal language model", dtype=getattr(torch, self.dtype))
        self._network = network.to(self.device).eval()
        self.tokenizer = load_tokenizer(model)
        self.max_tokens = max_tokens
        held = getattr(network.config, "max_position_embeddings", None) or _LONGEST_CONTEXT
        self.context = min(max_tokens, int(held))
        self.halved = 0
        self._head = self._checked_head()

    @property
    def fused(self) -> bool:
        """Whether logits are made block by block."""
        return self._head is not None

    def measure(
        self, texts: Sequence[str], *, prompts: Sequence[str] | None = None, wanted: Bools | None = None
    ) -> Iterator[GenerativeBatch]:
        """Score texts in batches of like length; each batch is one forward pass.

        Args:
            texts: any strings.
            prompts: (n,) what is read before each text and not scored; at most half of `max_tokens`, its end.
            wanted: (n,) texts that are asked for, all without it; others may come along.

        Raises:
            ModelError: a single text is too large for the memory of the device.
        """
        readings = self._readings(texts, prompts)
        # A text of several windows costs them all; what is padded depends on the longest window only.
        lengths = np.array([reading.longest * max(1, len(reading.windows)) for reading in readings], dtype=np.int64)
        budget = tokens_at_once(self.device, width=int(self._network.config.hidden_size), dtype=self.dtype)
        if not self.fused:  # whole logits: no more of them than this at once
            budget = min(budget, _WHOLE_LOGITS // int(self._network.config.vocab_size))
        batches = batches_by_length(lengths, max_tokens_per_batch=budget, wanted=wanted)

        def measure_batch(rows: Ints) -> GenerativeBatch:
            read = [readings[row] for row in rows]
            return GenerativeBatch(
                rows,
                np.array([reading.scored for reading in read], dtype=np.int64),
                np.array([reading.size for reading in read], dtype=np.int64),
                *self._sums(read),
                np.array([reading.truncated for reading in read], dtype=np.bool_),
            )

        yield from side_by_side(measure_batch, batches, self.device, on_halved=self._count_halved)

    def _count_halved(self, _size: int) -> None:
        self.halved += 1

    def _readings(self, texts: Sequence[str], prompts: Sequence[str] | None) -> list[_Reading]:
        """Texts as windows, with the token of a beginning in front where the model has one."""
        start = [] if self.tokenizer.bos_token_id is None else [self.tokenizer.bos_token_id]
        texts = clean(texts)
        before = self._ids(clean(prompts)) if prompts is not None else [[]] * len(texts)
        return [
            self._reading(start, prompt, ids, text)
            for text, prompt, ids in zip(texts, before, self._ids(texts), strict=True)
        ]

    def _ids(self, texts: Sequence[str]) -> list[list[int]]:
        if not texts:
            return []
        return list(self.tokenizer(list(texts), add_special_tokens=False, verbose=False)["input_ids"])

    def _reading(self, start: list[int], prompt: list[int], ids: list[int], text: str) -> _Reading:
        kept = prompt[-(self.max_tokens // 2) :]
        context = start + kept
        read = ids[: max(0, self.max_tokens - len(context))]
        whole = len(read) == len(ids) and bool(context)
        scored = read if context else read[1:]
        size = len(text.encode()) if whole else len(self.tokenizer.decode(scored).encode())
        cut = len(read) < len(ids) or len(kept) < len(prompt)
        return _Reading(windows_of(context, read, self.context), size, cut)

    def _sums(self, readings: Sequence[_Reading]) -> tuple[Floats, Floats, Floats]:
        """(b,) each: sums of entropy, surprisal and varentropy over the scored tokens of each text."""
        import torch

        windows = [window for reading in readings for window in reading.windows]
        if not windows:
            nothing = np.zeros(len(readings), dtype=np.float32)
            return nothing, nothing, nothing
        owner = np.repeat(np.arange(len(readings)), [len(reading.windows) for reading in readings])
        ids, mask = padded([window.ids for window in windows], self.tokenizer.pad_token_id or 0, self.device)
        first = torch.tensor([window.first for window in windows], device=ids.device)
        scored = mask & (torch.arange(ids.shape[1], device=ids.device) >= first[:, None])
        with torch.inference_mode():
            measures = self._measures(ids, scored)
            text = torch.from_numpy(owner).to(ids.device)[:, None].expand_as(ids)[scored]
            # float64: a sum over a thousand tokens must not depend on the order of the additions
            sums = [torch.zeros(len(readings), dtype=torch.float64, device=ids.device) for _ in measures]
            for total, values in zip(sums, measures, strict=True):
                total.index_add_(0, text, values.double())
        entropy, surprisal, varentropy = (np.asarray(total.cpu().numpy(), dtype=np.float32) for total in sums)
        return entropy, surprisal, varentropy

    def _measures(self, ids: "torch.Tensor", scored: "torch.Tensor") -> "TokenMeasures":
        """Measures of the scored tokens, text by text; token i is predicted at position i - 1.

        Padding is on the right, where a causal model cannot see it, so no mask is needed.
        """
        from eudscore.entropy.logits import streamed_measures, token_measures

        came, predicting = ids[scored], scored[:, 1:]
        if self._head is None:
            logits = self._network(input_ids=ids, use_cache=False).logits[:, :-1][predicting]
            return token_measures(logits, came)
        hidden = self._network.base_model(input_ids=ids, use_cache=False).last_hidden_state
        block, stretch = logits_at_once(self.device)
        return streamed_measures(hidden[:, :-1][predicting], self._head, came, block=block, stretch=stretch)

    def _checked_head(self) -> "Head | None":
        """The output layer, if it alone makes the model's logits of its hidden states: tried on two texts."""
        import torch

        head = output_head(self._network)
        if head is None:
            return None
        probe = torch.arange(3, 19, device=self.device).reshape(2, 8) % len(self.tokenizer)
        with torch.inference_mode():
            whole = self._network(input_ids=probe, use_cache=False).logits.float()
            hidden = self._network.base_model(input_ids=probe, use_cache=False).last_hidden_state
            if hidden.shape[-1] != head.weight.shape[1] or whole.shape[-1] != len(head):
                return None
            difference = (head.logits(hidden.flatten(0, 1)) - whole.flatten(0, 1)).abs().max().item()
        return head if difference < _SELF_CHECK[self.dtype] * max(1.0, whole.abs().max().item()) else None


def output_head(network: Any) -> "Head | None":
    """What the config of a model says about the way from its hidden states to its logits."""
    from eudscore.entropy.logits import Head

    layer = network.get_output_embeddings()
    weight = getattr(layer, "weight", None)
    if weight is None or weight.ndim != 2:
        return None
    config = network.config
    scale = float(getattr(config, "logit_scale", None) or 1.0)  # Cohere multiplies
    scale /= float(getattr(config, "logits_scaling", None) or 1.0)  # Granite divides
    cap = getattr(config, "final_logit_softcapping", None)  # Gemma
    return Head(weight, getattr(layer, "bias", None), scale, None if cap is None else float(cap))
