"""Entropy, surprisal and varentropy of next-token distributions, from hidden states in blocks of tokens.

Axes are t (scored positions, of any texts) and v (vocabulary). All results are float32 nats.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor


class TokenMeasures(NamedTuple):
    """(t,) each: entropy H, surprisal s of the token that came, varentropy of the distribution."""

    entropy: Tensor
    surprisal: Tensor
    varentropy: Tensor


def token_measures(logits: Tensor, targets: Tensor) -> TokenMeasures:
    """H = -sum p log p, s = -log p(target), V = sum p (log p)^2 - H^2, in one pass over the logits.

    With d = z - max z, e = exp d, S = sum e: H = log S - (sum e d) / S and
    V = (sum e d^2) / S - ((sum e d) / S)^2, which stays exact for any offset of the logits.
    Impossible tokens are -inf.

    Args:
        logits: (t, v) unnormalised scores of any float dtype; reduced in float32.
        targets: (t,) int64 the token that came.

    Source: Cover & Thomas, Elements of Information Theory (2006), eq. 2.1; method section 2.2.
    """
    shifted = logits.float()
    target = shifted.gather(1, targets[:, None])[:, 0]
    top = shifted.amax(dim=1)
    shifted = shifted - top[:, None]
    weights = shifted.exp()
    shifted = shifted.masked_fill(weights == 0, 0.0)  # e d is 0 where e is; -inf * 0 would be nan
    total = weights.sum(dim=1)
    mean = (weights * shifted).sum(dim=1) / total
    square = (weights * shifted.square()).sum(dim=1) / total
    log_total = total.log()
    return TokenMeasures(log_total - mean, log_total + top - target, (square - mean.square()).clamp_min(0.0))


def blockwise_measures(
    hidden: Tensor, project: Callable[[Tensor], Tensor], targets: Tensor, *, block: int = 128
) -> TokenMeasures:
    """`token_measures` of project(hidden), never holding more than `block` rows of logits.

    Args:
        hidden: (t, d) last hidden states of the positions that predict `targets`.
        project: (b, d) hidden states -> (b, v) logits, e.g. the model's output layer.
        targets: (t,) int64.
        block: rows of logits that exist at once.
    """
    parts = [
        token_measures(project(hidden[start : start + block]), targets[start : start + block])
        for start in range(0, len(targets), block)
    ]
    return TokenMeasures(*(torch.cat(column) for column in zip(*parts, strict=True)))
