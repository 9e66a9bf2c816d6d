"""How a budget is shared among classes: by turns, so that a larger budget only adds rows."""

import numpy as np

from eudscore.records import UNLABELLED, Balance, Ints


def strata_of(labels: Ints | None, n: int, balance: Balance) -> Ints:
    """Stratum of each of n rows: its class; the rows without a label share one more, the last.

    Without labels, and with `Balance.NONE`, all rows are one stratum.
    """
    if labels is None or balance is Balance.NONE:
        return np.zeros(n, dtype=np.int64)
    last = int(labels.max(initial=UNLABELLED)) + 1
    return np.where(labels < 0, last, labels).astype(np.int64, copy=False)


def take_turns(ranked: Ints, strata: Ints, weights: Ints, *, budget: int) -> Ints:
    """The first `budget` rows when strata take turns in proportion to their weights.

    The row at position j (from 0) of stratum s comes up at (2 j + 1) / (2 weight_s), compared in float64;
    ties go to the lower stratum. This is the divisor method of Webster and Sainte-Laguë: the
    numbers per stratum are what it would apportion, a stratum that runs out gives the rest
    to the others, and the choice at a small budget is a prefix of the choice at a larger one
    (largest remainders are not: Alabama paradox).

    Args:
        ranked: (m,) the candidate rows, best first.
        strata: (n,) stratum of every row of the data set.
        weights: (strata,) size of each stratum; at least 1 for each stratum with a candidate.
        budget: rows wanted; all candidates are returned if they are fewer.

    Returns:
        (min(budget, m),) rows in order of choice.

    Source: Balinski & Young, Fair Representation (1982), ch. 9-10; cost O(m log m).
    """
    stratum = strata[ranked]
    # numpy sorts 16-bit integers in linear time.
    grouped = np.argsort(stratum.astype(np.uint16) if len(weights) <= 65_536 else stratum, kind="stable")
    sizes = np.bincount(stratum, minlength=len(weights))
    place = np.arange(len(ranked)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    near = place < budget  # nobody takes more turns than there are
    grouped, place = grouped[near], place[near]
    turn = (2 * place + 1) / (2 * weights[stratum[grouped]])
    first = np.argsort(turn, kind="stable")[:budget]
    return ranked[grouped[first]]
