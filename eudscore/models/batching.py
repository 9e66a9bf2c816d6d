"""Batches of texts of like length under a budget of tokens, so that little is padded."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from eudscore.records import Bools, Ints

if TYPE_CHECKING:
    import torch


def batches_by_length(lengths: Ints, *, max_tokens_per_batch: int, wanted: Bools | None = None) -> list[Ints]:
    """Group positions into batches whose padded size stays within a budget.

    The batch of the longest comes first, so that a model too large for the memory fails at once; the others
    follow in a fixed random order, so that the rate of the first ones predicts that of the rest.

    Args:
        lengths: (n,) tokens of each text.
        max_tokens_per_batch: bound on rows x longest row of a batch; a longer text is a batch by itself.
        wanted: (n,) positions that are asked for; batches without any are left out, the others stay whole, so
            that a text is always read in the same company and gets the same number to the bit.

    Returns:
        Arrays of positions into `lengths`; no position occurs twice.
    """
    order = np.argsort(-np.asarray(lengths), kind="stable")
    batches, start = [], 0
    while start < len(order):
        longest = max(1, int(lengths[order[start]]))
        stop = start + max(1, max_tokens_per_batch // longest)
        batches.append(order[start:stop].astype(np.int64))
        start = stop
    shuffled = [0, *(1 + np.random.default_rng(len(batches)).permutation(max(0, len(batches) - 1)))][: len(batches)]
    return [batches[i] for i in shuffled if wanted is None or wanted[batches[i]].any()]


def of_one_length(batches: Sequence[Ints], lengths: Ints) -> list[Ints]:
    """The batches cut where the length changes, for networks that would read the padding."""
    return [part for batch in batches for part in np.split(batch, 1 + np.flatnonzero(np.diff(lengths[batch])))]


def padded(tokens: Sequence[Sequence[int]], pad: int, device: str) -> "tuple[torch.Tensor, torch.Tensor]":
    """Token lists to (b, t) int64 ids, padded on the right, and their (b, t) bool mask."""
    import torch

    lengths = np.array([len(ids) for ids in tokens])
    mask = np.arange(lengths.max()) < lengths[:, None]
    ids = np.full(mask.shape, pad, dtype=np.int64)
    ids[mask] = np.concatenate([np.asarray(row, dtype=np.int64) for row in tokens])
    return torch.from_numpy(ids).to(device), torch.from_numpy(mask).to(device)
