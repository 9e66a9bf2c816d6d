"""Token entropy and surprisal of texts under a causal language model; logits never exist whole."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from eudscore.errors import ModelError
from eudscore.models.batching import batches_by_length, padded
from eudscore.models.device import logits_at_once, pick_device, pick_dtype, tokens_at_once
from eudscore.models.fusing import fused
from eudscore.models.loading import ResolvedModel, load_tokenizer, load_whole
from eudscore.models.parallel import side_by_side
from eudscore.models.text import clean
from eudscore.models.trained import ROUNDING, positions_of
from eudscore.models.windows import Window, windows_of
from eudscore.records import Bools, Floats, Ints

if TYPE_CHECKING:
    import torch

    from eudscore.entropy.logits import Head, TokenMeasures

_PURPOSE = "a causal language model"
_WHOLE_LOGITS = 32_000_000
_LONGEST_CONTEXT = 1024  # where the config of a model does not say


@dataclass(frozen=True, eq=False)
class GenerativeBatch:
    """Positions into the texts given and, per text, sums over its scored tokens.

    Attributes:
        positions: (b,) positions into the texts.
        tokens: (b,) number of tokens that were read of the text.
        scored: (b,) number of them that have a prediction: all, but without a token of a beginning the first.
        size: (b,) bytes of UTF-8 that the scored tokens stand for.
        whole_words: (b,) whether these are the first bytes of the text and end with a word.
        entropy: (b,) sum of H_t in nats.
        surprisal: (b,) sum of -log p(x_t) in nats.
        varentropy: (b,) sum of the varentropies in nats squared.
        truncated: (b,) whether the text, or its prompt, was cut.
    """

    positions: Ints
    tokens: Ints
    scored: Ints
    size: Ints
    whole_words: Bools
    entropy: Floats
    surprisal: Floats
    varentropy: Floats
    truncated: Bools


@dataclass(frozen=True, eq=False)
class _Reading:
    """One text as it is read."""

    windows: list[Window]
    tokens: int
    size: int
    whole_words: bool
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
        network = load_whole(AutoModelForCausalLM, model, _PURPOSE, dtype=getattr(torch, self.dtype))
        self._network = fused(network).to(self.device).eval()
        self.tokenizer = load_tokenizer(model)
        self.max_tokens = max_tokens
        self.context = min(max_tokens, positions_of(network, _LONGEST_CONTEXT))
        self.halved = 0
        self._check_direction()
        self._head = self._checked_head()
        self._budget = self._tokens_at_once()

    @property
    def fused(self) -> bool:
        """Whether logits are made block by block."""
        return self._head is not None

    def measure(
        self, texts: Sequence[str], *, prompts: Sequence[str] | None = None, shown: bool = True,
        wanted: Bools | None = None,
    ) -> Iterator[GenerativeBatch]:  # fmt: skip
        """Score texts in batches of like length; each batch is one forward pass.

        Args:
            texts: any strings.
            prompts: (n,) what is read before each text and not scored; at most half of `max_tokens`, its end.
            shown: whether the model sees the prompts; where not, it reads as much of each text as if it did.
            wanted: (n,) texts that are asked for, all without it; others may come along.

        Raises:
            ModelError: a single text is too large for the memory of the device.
        """
        readings = self._readings(texts, prompts, shown=shown)
        # A text of several windows costs them all; what is padded depends on the longest window only.
        lengths = np.array([reading.longest * max(1, len(reading.windows)) for reading in readings], dtype=np.int64)
        batches = batches_by_length(lengths, max_tokens_per_batch=self._budget, wanted=wanted)

        def measure_batch(rows: Ints) -> GenerativeBatch:
            read = [readings[row] for row in rows]
            return GenerativeBatch(
                rows,
                np.array([reading.tokens for reading in read], dtype=np.int64),
                np.array([reading.scored for reading in read], dtype=np.int64),
                np.array([reading.size for reading in read], dtype=np.int64),
                np.array([reading.whole_words for reading in read], dtype=np.bool_),
                *self._sums(read),
                np.array([reading.truncated for reading in read], dtype=np.bool_),
            )

        yield from side_by_side(measure_batch, batches, self.device, on_halved=self._count_halved)

    def _count_halved(self, _size: int) -> None:
        self.halved += 1

    def _tokens_at_once(self) -> int:
        """As many as are free now, so that batches stay as they are."""
        config = self._network.config.get_text_config()
        budget = tokens_at_once(self.device, width=int(config.hidden_size), dtype=self.dtype)
        # Whole logits: no more of them than this at once.
        return budget if self.fused else min(budget, _WHOLE_LOGITS // int(config.vocab_size))

    def _readings(self, texts: Sequence[str], prompts: Sequence[str] | None, *, shown: bool) -> list[_Reading]:
        """Texts as windows, with the token of a beginning in front where the model has one."""
        texts = clean(texts)
        before = self._ids(clean(prompts)) if prompts is not None else [[]] * len(texts)
        return [
            self._reading(text, ids, prompt, shown=shown)
            for text, prompt, ids in zip(texts, before, self._ids(texts), strict=True)
        ]

    def _ids(self, texts: Sequence[str]) -> list[list[int]]:
        if not texts:
            return []
        return list(self.tokenizer(list(texts), add_special_tokens=False, verbose=False)["input_ids"])

    def _reading(self, text: str, ids: list[int], prompt: list[int], *, shown: bool) -> _Reading:
        start = [] if self.tokenizer.bos_token_id is None else [self.tokenizer.bos_token_id]
        kept = prompt[-(self.max_tokens // 2) :]
        room = max(0, self.max_tokens - len(start) - len(kept))
        context = start + (kept if shown else [])
        if len(ids) <= room:
            read, size, whole = ids, len(text.encode()), True
        else:
            read, size, whole = self._cut(text, ids, room)
        if not context:  # the first token has no prediction, and its bytes do not count
            size, whole = size - self._size_of_first(text), False
        truncated = len(read) < len(ids) or len(kept) < len(prompt)
        return _Reading(windows_of(context, read, self.context), len(read), max(0, size), whole, truncated)

    def _cut(self, text: str, ids: list[int], room: int) -> tuple[list[int], int, bool]:
        """As many tokens as there is room for, back to the end of a word; their bytes; whether a word ends there."""
        spans = self._spans(text)
        for end in range(room, 0, -1):
            first = spans[end][0]
            if text[first : first + 1].isspace() or text[first - 1 : first].isspace():
                return ids[:end], len(text[:first].encode()), True
        return ids[:room], len(text[: spans[room - 1][1]].encode()) if room else 0, False

    def _spans(self, text: str) -> list[tuple[int, int]]:
        """The characters each token stands for."""
        found = self.tokenizer(text, add_special_tokens=False, return_offsets_mapping=True, verbose=False)
        return list(found["offset_mapping"])

    def _size_of_first(self, text: str) -> int:
        spans = self._spans(text)
        return len(text[: spans[0][1]].encode()) if spans else 0

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

    def _check_direction(self) -> None:
        """Refuse what looks ahead: another last token must leave the answers before it as they were."""
        import torch

        probe = torch.arange(3, 19, device=self.device).reshape(2, 8) % len(self.tokenizer)
        probe[1] = probe[0]
        probe[1, -1] += 1 if int(probe[1, -1]) + 1 < len(self.tokenizer) else -1
        with torch.inference_mode():
            logits = self._network(input_ids=probe, use_cache=False).logits[:, :-1].float()
        if (logits[0] - logits[1]).abs().max().item() > ROUNDING[self.dtype] * max(1.0, logits.abs().max().item()):
            raise ModelError(
                f"{self.model.name!r} cannot be used as {_PURPOSE}: it does not read from left to right. "
                "Choose a model that was trained to foresee the next token."
            )

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
        return head if difference < ROUNDING[self.dtype] * max(1.0, whole.abs().max().item()) else None


def output_head(network: Any) -> "Head | None":
    """What the config of a model says about the way from its hidden states to its logits."""
    from eudscore.entropy.logits import Head

    layer = network.get_output_embeddings()
    weight = getattr(layer, "weight", None)
    if weight is None or weight.ndim != 2:
        return None
    config = network.config.get_text_config()
    scale = float(getattr(config, "logit_scale", None) or 1.0)  # Cohere multiplies
    scale /= float(getattr(config, "logits_scaling", None) or 1.0)  # Granite divides
    cap = getattr(config, "final_logit_softcapping", None)  # Gemma
    return Head(weight, getattr(layer, "bias", None), scale, None if cap is None else float(cap))
