"""Random rows that are like others in one respect: what that respect alone gains."""

import numpy as np

from eudscore.records import Ints

_SHARES = 20


def matched_in_length(tokens: Ints, like: Ints, seed: int) -> Ints:
    """As many random rows with the lengths of some others: longer texts alone may be what a selection gains by.

    Args:
        tokens: (n,) words of each row.
        like: (k,) distinct rows whose lengths are matched: in each of twenty equal shares of all lengths as many rows
            are drawn as these have there.
        seed: of the draw.

    Returns:
        (k,) distinct rows, which may be some of the others.
    """
    rng = np.random.default_rng(seed)
    ends = np.quantile(tokens, np.linspace(0, 1, _SHARES + 1)[1:-1])
    share = np.digitize(tokens, ends)
    wanted = np.bincount(share[like], minlength=_SHARES)
    drawn = [rng.permutation(np.flatnonzero(share == one))[: wanted[one]] for one in range(_SHARES)]
    return np.concatenate(drawn).astype(np.int64, copy=False)
