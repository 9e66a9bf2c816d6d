"""Entropy over the answer spans of an extractive reader, without a table of spans."""

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]

LONGEST = 30  # tokens of an answer; the entropy depends on it, so it belongs in the card


def span_count(length: int, longest: int = LONGEST) -> int:
    """|S|, the number of spans of at most `longest` tokens in `length` tokens; log |S| bounds the entropy."""
    reach = min(length, longest)
    return reach * length - reach * (reach - 1) // 2


def span_entropy(
    starts: NDArray[np.floating], ends: NDArray[np.floating], *, longest: int = LONGEST, null: Doubles | None = None
) -> Doubles:
    """Entropy of p(s, e) proportional to exp(a_s + b_e) over the spans s <= e < s + M, in O(L M).

    For each start s, B_s = logsumexp of b over its M ends and E_s = the mean of b under their softmax; then
    log Z = logsumexp(a + B) and H = log Z - sum_s p(s) (a_s + E_s). This is not H(start) + H(end), which
    counts spans that cannot be.

    Args:
        starts: (n, L) start logits a; -inf outside the context.
        ends: (n, L) end logits b; -inf outside the context.
        longest: M >= 1, the most tokens a span may have.
        null: (n,) logit of "no answer" (a_0 + b_0 of the reader's first token), where there is such an answer.

    Returns:
        (n,) float64 nats in [0, log |S|] (log(|S| + 1) with null); nan where no span is possible.

    Raises:
        ValueError: starts and ends differ in shape, or longest is below 1.

    Source: own derivation; the span distribution is that of Devlin et al., BERT (2019), section 4.2.
    """
    if starts.shape != ends.shape or longest < 1:
        raise ValueError(f"starts {starts.shape}, ends {ends.shape}, longest {longest}: one shape and M >= 1")
    start = np.asarray(starts, dtype=np.float64)
    reach = min(longest, start.shape[1])
    padded = np.pad(np.asarray(ends, dtype=np.float64), ((0, 0), (0, reach - 1)), constant_values=-np.inf)
    windows = np.lib.stride_tricks.sliding_window_view(padded, reach, axis=1)
    total, mean = _softened(windows)
    logits, values = start + total, start + mean
    if null is not None:
        column = np.asarray(null, dtype=np.float64)[:, None]
        logits, values = np.hstack([logits, column]), np.hstack([values, column])
    log_total, expected = _softened(logits, values)
    return np.maximum(log_total - expected, 0.0)


def _softened(logits: Doubles, values: Doubles | None = None) -> tuple[Doubles, Doubles]:
    """Along the last axis: logsumexp, and the mean of `values` (of the logits themselves) under the softmax."""
    top = logits.max(axis=-1, keepdims=True)
    top = np.where(np.isneginf(top), 0.0, top)
    weights = np.exp(logits - top)
    total = weights.sum(axis=-1)
    known = np.where(weights > 0, logits if values is None else values, 0.0)  # 0 * -inf would be nan
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log(total) + top[..., 0], (weights * known).sum(axis=-1) / total
