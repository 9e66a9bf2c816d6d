"""Random rows of given lengths, counted in shares of all lengths."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from eudscore.selection.matching import matched_in_length


@given(st.integers(1, 300), st.integers(1, 60), st.integers(0, 1000))
def test_each_twentieth_of_the_lengths_gets_as_many_rows_as_it_had(n: int, longest: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    tokens = rng.integers(0, longest, n)
    like = rng.permutation(n)[: rng.integers(1, n + 1)]
    found = matched_in_length(tokens, like, seed)
    assert len(set(found.tolist())) == len(found) == len(like)
    ends = [np.quantile(tokens, share) for share in np.linspace(0, 1, 21)[1:-1]]

    def counts(rows: np.ndarray) -> list[int]:
        shares = [sum(tokens[row] >= end for end in ends) for row in rows]
        return [shares.count(share) for share in range(20)]

    assert counts(found) == counts(like)
    np.testing.assert_array_equal(found, matched_in_length(tokens, like, seed))


def test_another_seed_draws_other_rows() -> None:
    tokens = np.arange(200)
    assert set(matched_in_length(tokens, np.arange(0, 200, 4), 0)) != set(
        matched_in_length(tokens, np.arange(0, 200, 4), 1)
    )
