"""A corpus a stretch at a time: what bounds the memory of tokens, and makes a resumed run repeat itself."""

from collections.abc import Iterator

import numpy as np

from eudscore.records import Bools, Ints

ROWS_AT_ONCE = 4096  # a stretch of a page of text a row takes a few hundred megabytes as tokens


def stretches(domain: Ints, rows: Ints) -> Iterator[tuple[Ints, Bools]]:
    """Stretches of a domain that hold any of the rows asked for.

    A stretch is always whole: a model groups the texts of a stretch into batches, and a text gets the same
    number to the bit only in the same batch, whether its neighbours were asked for or not.

    Args:
        domain: (n,) all rows there are for this model, ascending.
        rows: those that are asked for.

    Yields:
        Rows (b,), and which of them are asked for (b,).
    """
    for start in range(0, len(domain), ROWS_AT_ONCE):
        stretch = domain[start : start + ROWS_AT_ONCE]
        wanted = np.isin(stretch, rows)
        if wanted.any():
            yield stretch, wanted
