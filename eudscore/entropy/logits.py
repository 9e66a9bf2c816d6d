"""Entropy, surprisal and varentropy of next-token distributions, from hidden states in small blocks of logits.

Axes are t (scored positions, of any texts), d (width of the model) and v (vocabulary). Results are float32 nats.
A block of logits is reduced while it is in the processor's cache, and then dropped: logits never exist whole.

Source: Cover & Thomas, Elements of Information Theory (2006), eq. 2.1; for sums that arrive in pieces,
Milakov & Gimelshein, Online normalizer calculation for softmax (2018), here with first and second moments.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

# exp(-200) is 0 in float32. A logit further below the top weighs nothing, and -inf * 0 would be nan.
_LOWEST = -200.0


class TokenMeasures(NamedTuple):
    """(t,) each: entropy H, surprisal s of the token that came, varentropy of the distribution."""

    entropy: Tensor
    surprisal: Tensor
    varentropy: Tensor


@dataclass(frozen=True, eq=False)
class Head:
    """The output layer of a language model, so that a part of its logits can be made at a time.

    Attributes:
        weight: (v, d).
        bias: (v,), or None.
        scale: what the product is multiplied with.
        cap: c of the soft cap c tanh(z / c), or None.
    """

    weight: Tensor
    bias: Tensor | None = None
    scale: float = 1.0
    cap: float | None = None

    def __len__(self) -> int:
        return len(self.weight)

    def logits(self, hidden: Tensor, first: int = 0, last: int | None = None) -> Tensor:
        """(t, d) hidden states -> (t, last - first) float32 logits of a stretch of the vocabulary."""
        bias = None if self.bias is None else self.bias[first:last]
        logits = torch.nn.functional.linear(hidden, self.weight[first:last], bias).float()
        if self.scale != 1.0:
            logits = logits * self.scale
        return logits if self.cap is None else self.cap * torch.tanh(logits / self.cap)

    def target_logits(self, hidden: Tensor, targets: Tensor) -> Tensor:
        """(t,) float32: the logit of one token at each position.

        Summed in float32: a logit rounded to bfloat16 would put its error into the surprisal undiminished,
        whereas in the sums over the vocabulary errors cancel.
        """
        logits = torch.linalg.vecdot(hidden.float(), self.weight[targets].float())
        if self.bias is not None:
            logits = logits + self.bias[targets].float()
        logits = logits * self.scale
        return logits if self.cap is None else self.cap * torch.tanh(logits / self.cap)


def token_measures(logits: Tensor, targets: Tensor) -> TokenMeasures:
    """H = -sum p log p, s = -log p(target), V = sum p (log p)^2 - H^2, from whole logits.

    Args:
        logits: (t, v) unnormalised scores of any float dtype, reduced in float32; impossible tokens are -inf.
        targets: (t,) int64, the token that came.
    """
    return _measures([logits.to(torch.float32, copy=True)], logits.gather(1, targets[:, None])[:, 0].float())


def streamed_measures(
    hidden: Tensor, head: Head, targets: Tensor, *, block: int = 512, stretch: int = 2048
) -> TokenMeasures:
    """`token_measures` of the head's logits, never holding more than `block` x `stretch` of them.

    Args:
        hidden: (t, d) last hidden states of the positions that predict `targets`.
        head: the output layer.
        targets: (t,) int64.
        block: positions at once.
        stretch: tokens of the vocabulary at once.
    """
    parts = []
    for start in range(0, len(targets), block):
        states, came = hidden[start : start + block], targets[start : start + block]
        stretches = (head.logits(states, first, first + stretch) for first in range(0, len(head), stretch))
        parts.append(_measures(stretches, head.target_logits(states, came)))
    return TokenMeasures(*(torch.cat(column) for column in zip(*parts, strict=True)))


def _measures(stretches: Iterable[Tensor], target: Tensor) -> TokenMeasures:
    """Measures of the distribution whose float32 logits come in stretches; what is given is overwritten.

    With m = max z and d = z - m, three sums are kept: S = sum e^d, U = sum e^d d, Q = sum e^d d^2. Then
    H = log S - U / S and V = Q / S - (U / S)^2, exact for any offset of the logits. When a later stretch
    raises m, every d falls by g, and the sums follow.
    """
    top = torch.full((len(target), 1), torch.finfo(torch.float32).min, device=target.device)
    total = torch.zeros_like(top)
    first, second = total, total
    for logits in stretches:
        higher = torch.maximum(logits.amax(dim=1, keepdim=True), top)
        fall = (top - higher).clamp_min_(_LOWEST)
        shrink = fall.exp()
        second = shrink * (second + 2 * fall * first + fall.square() * total)
        first = shrink * (first + fall * total)
        total = shrink * total
        top = higher
        below = logits.sub_(top).clamp_min_(_LOWEST)
        weights = below.exp()
        total = total + weights.sum(dim=1, keepdim=True)
        first = first + weights.mul_(below).sum(dim=1, keepdim=True)
        second = second + weights.mul_(below).sum(dim=1, keepdim=True)
    mean = (first / total)[:, 0]
    log_total = total.log()[:, 0]
    spread = (second / total)[:, 0] - mean.square()
    surprisal = log_total + top[:, 0] - target
    # None of the three can be negative; rounding may say otherwise where one token has all the probability.
    return TokenMeasures((log_total - mean).clamp_min(0.0), surprisal.clamp_min(0.0), spread.clamp_min(0.0))
