"""Batches of texts of like length under a budget of tokens, so that little is padded."""

import numpy as np

from eudscore.records import Ints


def batches_by_length(lengths: Ints, *, max_tokens_per_batch: int) -> list[Ints]:
    """Group positions into batches whose padded size stays within a budget, longest first.

    Longest first, so that a model too large for the memory fails at once and the ETA errs on the safe side.

    Args:
        lengths: (n,) tokens of each text.
        max_tokens_per_batch: bound on rows x longest row of a batch; a longer text is a batch by itself.

    Returns:
        Arrays of positions into `lengths`; each position occurs exactly once.
    """
    order = np.argsort(-np.asarray(lengths), kind="stable")
    batches, start = [], 0
    while start < len(order):
        longest = max(1, int(lengths[order[start]]))
        stop = start + max(1, max_tokens_per_batch // longest)
        batches.append(order[start:stop].astype(np.int64))
        start = stop
    return batches
