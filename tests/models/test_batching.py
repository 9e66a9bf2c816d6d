"""Batches: every text once, no batch over the budget, little padding."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from eudscore.models.batching import batches_by_length


@given(st.lists(st.integers(0, 300), max_size=200), st.integers(1, 2048))
def test_every_text_is_in_one_batch_within_the_budget(lengths: list[int], budget: int) -> None:
    array = np.array(lengths, dtype=np.int64)
    batches = batches_by_length(array, max_tokens_per_batch=budget)
    assert sorted(np.concatenate([*batches, np.array([], dtype=np.int64)]).tolist()) == list(range(len(lengths)))
    for batch in batches:
        assert len(batch) == 1 or len(batch) * array[batch].max() <= budget


def test_little_is_padded() -> None:
    lengths = np.random.default_rng(0).integers(5, 200, 3_000)
    batches = batches_by_length(lengths, max_tokens_per_batch=1024)
    assert sum(len(batch) * lengths[batch].max() for batch in batches) < 1.05 * lengths.sum()
