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


@given(st.lists(st.integers(1, 50), min_size=1, max_size=80), st.data())
def test_a_batch_has_the_same_company_whoever_is_asked_for(lengths: list[int], data: st.DataObject) -> None:
    array = np.array(lengths, dtype=np.int64)
    wanted = np.array(data.draw(st.lists(st.booleans(), min_size=len(lengths), max_size=len(lengths))))
    everyone = {tuple(batch) for batch in batches_by_length(array, max_tokens_per_batch=100)}
    some = batches_by_length(array, max_tokens_per_batch=100, wanted=wanted)
    assert {tuple(batch) for batch in some} <= everyone
    assert set(np.flatnonzero(wanted)) <= {row for batch in some for row in batch}
    assert all(wanted[batch].any() for batch in some)


def test_the_longest_come_first_and_the_others_in_no_order_of_length() -> None:
    lengths = np.arange(1, 3_000)
    batches = batches_by_length(lengths, max_tokens_per_batch=4096)
    assert lengths[batches[0]].max() == 2_999
    longest = [int(lengths[batch].max()) for batch in batches]
    half = len(longest) // 2
    assert abs(np.mean(longest[1:half]) - np.mean(longest[half:])) < 300
