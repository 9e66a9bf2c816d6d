from itertools import islice

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eudscore.training.batches import batches_per_epoch, training_batches

lengths_of_texts = st.lists(st.integers(0, 500), min_size=1, max_size=300).map(np.array)


@given(lengths_of_texts, st.integers(1, 40), st.integers(0, 2**40))
def test_an_epoch_holds_each_row_once(lengths: np.ndarray, size: int, seed: int) -> None:
    steps = -(-len(lengths) // size)
    batches = list(islice(training_batches(lengths, batch_size=size, seed=seed), 2 * steps))
    for epoch in (batches[:steps], batches[steps:]):
        assert sorted(np.concatenate(epoch)) == list(range(len(lengths)))
        assert sorted(map(len, epoch))[1:] == [size] * (steps - 1)


def test_the_same_seed_gives_the_same_batches_and_another_seed_others() -> None:
    lengths = np.arange(200) % 37
    first, again, other = (
        np.concatenate(list(islice(training_batches(lengths, batch_size=8, seed=seed), 25))) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_two_epochs_pair_rows_differently() -> None:
    batches = list(islice(training_batches(np.arange(64), batch_size=8, seed=0), 16))
    first, second = ({frozenset(batch.tolist()) for batch in epoch} for epoch in (batches[:8], batches[8:]))
    assert first != second


def test_batches_pad_much_less_than_chance_would() -> None:
    lengths = np.random.default_rng(0).geometric(0.05, size=4000)
    grouped = list(islice(training_batches(lengths, batch_size=16, seed=0), 250))
    chance = np.random.default_rng(1).permutation(4000).reshape(250, 16)
    padded = [sum(len(rows) * lengths[rows].max() for rows in batches) for batches in (grouped, chance)]
    assert padded[0] < 1.2 * lengths.sum() < padded[1]


def test_long_batches_are_spread_over_the_epoch() -> None:
    lengths = np.random.default_rng(0).integers(1, 500, size=1600)
    longest = [lengths[rows].max() for rows in islice(training_batches(lengths, batch_size=16, seed=0), 100)]
    assert np.mean(longest[:50]) == pytest.approx(np.mean(longest[50:]), rel=0.3)


@given(st.integers(1, 60), st.integers(1, 9), st.integers(0, 40))
def test_leaving_batches_out_gives_those_that_would_have_followed(rows: int, batch_size: int, skip: int) -> None:
    lengths = np.random.default_rng(rows).integers(1, 30, rows)
    whole = list(islice(training_batches(lengths, batch_size=batch_size, seed=3), skip + 12))
    rest = list(islice(training_batches(lengths, batch_size=batch_size, seed=3, skip=skip), 12))
    for one, other in zip(whole[skip:], rest, strict=True):
        np.testing.assert_array_equal(one, other)


@given(st.integers(1, 60), st.integers(1, 9))
def test_an_epoch_is_as_many_batches_as_read_every_row_once(rows: int, batch_size: int) -> None:
    lengths = np.ones(rows, dtype=np.int64)
    epoch = list(islice(training_batches(lengths, batch_size=batch_size, seed=0), batches_per_epoch(rows, batch_size)))
    assert sorted(np.concatenate(epoch)) == list(range(rows))
