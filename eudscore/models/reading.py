"""One text token by token: how surprising each one is, how open its place was, and what else might have come."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from eudscore.models.batching import padded
from eudscore.models.causal import CausalModel
from eudscore.models.device import logits_at_once
from eudscore.records import Floats, Ints

if TYPE_CHECKING:
    import torch

ALTERNATIVES = 5
_BLOCK = 128  # positions whose whole logits exist at once


@dataclass(frozen=True, eq=False)
class TextReading:
    """The t tokens that were read of a text; the first one has no prediction where nothing stands before it.

    Attributes:
        spans: (t, 2) where each token begins and ends in the text, in characters; the tokens of one character that
            takes several share its place.
        surprisal: (t,) nats, -log p of the token that came; nan without a prediction.
        entropy: (t,) nats of the next-token distribution in its place; likewise.
        likeliest: (t, k) ids of the likeliest tokens there, the likeliest first; -1 without a prediction.
        probabilities: (t, k) theirs, in [0, 1]; nan without a prediction.
        truncated: whether the text, or its prompt, was cut.
    """

    spans: Ints
    surprisal: Floats
    entropy: Floats
    likeliest: Ints
    probabilities: Floats
    truncated: bool


class TokenReader(CausalModel):
    """A causal language model that tells of every token what `measure` adds up."""

    def read(self, text: str, *, prompt: str | None = None) -> TextReading:
        """Read a text in the same windows as `measure` does.

        Args:
            text: any string.
            prompt: what is read before it and not scored.
        """
        (read,) = self._readings([text], None if prompt is None else [prompt], shown=True)
        spans = np.zeros((read.tokens, 2), dtype=np.int64)
        if read.tokens:
            spans[:] = self._spans(text.encode("utf-8", "replace").decode())[: read.tokens]
        count = min(ALTERNATIVES, len(self.tokenizer))
        surprisal, entropy = (np.full(read.tokens, np.nan, dtype=np.float32) for _ in range(2))
        likeliest = np.full((read.tokens, count), -1, dtype=np.int64)
        probabilities = np.full((read.tokens, count), np.nan, dtype=np.float32)
        done = read.tokens - read.scored
        for window in read.windows:
            here = slice(done, done + len(window.ids) - window.first)
            surprisal[here], entropy[here], likeliest[here], probabilities[here] = self._foreseen(
                window.ids, window.first, count
            )
            done = here.stop
        return TextReading(spans, surprisal, entropy, likeliest, probabilities, read.truncated)

    def words_of(self, tokens: Ints) -> list[str]:
        """(k,) what tokens stand for; a part of a character reads as U+FFFD."""
        return [str(self.tokenizer.decode([token])) for token in tokens.tolist()]

    def _foreseen(self, ids: tuple[int, ...], first: int, count: int) -> tuple[Floats, Floats, Ints, Floats]:
        """Of the tokens from `first` on: surprisal (t,), entropy (t,), likeliest (t, k), probabilities (t, k)."""
        import torch

        from eudscore.entropy.logits import streamed_measures, token_measures

        whole, _ = padded([ids], 0, self.device)
        came = whole[0, first:]
        with torch.inference_mode():
            if self._head is None:
                logits = self._network(input_ids=whole, use_cache=False).logits[0, first - 1 : -1]
                measures = token_measures(logits, came)
                shares, likeliest = logits.float().softmax(dim=-1).topk(count)
            else:
                hidden = self._network.base_model(input_ids=whole, use_cache=False).last_hidden_state[0, first - 1 : -1]
                block, stretch = logits_at_once(self.device)
                measures = streamed_measures(hidden, self._head, came, block=block, stretch=stretch)
                shares, likeliest = self._likeliest(hidden, measures.surprisal, came, count)
        columns = (measures.surprisal, measures.entropy, likeliest, shares)
        surprisal, entropy, tokens, probabilities = (column.cpu().numpy() for column in columns)
        return surprisal, entropy, tokens, probabilities

    def _likeliest(
        self, hidden: "torch.Tensor", surprisal: "torch.Tensor", came: "torch.Tensor", count: int
    ) -> "tuple[torch.Tensor, torch.Tensor]":
        """Probabilities and ids (t, k) of the likeliest tokens, with the normaliser that the surprisals have."""
        import torch

        head = self._head
        if head is None:
            raise AssertionError("without an output layer of its own the whole logits are there")
        log_total = surprisal + head.target_logits(hidden, came)
        found = [
            head.logits(hidden[start : start + _BLOCK]).topk(count).indices for start in range(0, len(hidden), _BLOCK)
        ]
        tokens = torch.cat(found)
        logs = torch.stack([head.target_logits(hidden, tokens[:, place]) for place in range(count)], dim=1)
        shares, order = (logs - log_total[:, None]).exp().clamp_max(1.0).sort(dim=1, descending=True)
        return shares, tokens.gather(1, order)
