"""The order in which a training reads its rows."""

from collections.abc import Iterator

import numpy as np

from eudscore.records import Ints

_POOL_BATCHES = 50  # texts are sorted by length within as many batches


def training_batches(lengths: Ints, *, batch_size: int, seed: int, skip: int = 0) -> Iterator[Ints]:
    """Batches of texts of like length, epoch after epoch without end, every epoch in another order.

    Rows are shuffled, cut into pools, sorted by length within a pool, and the batches are shuffled: little
    is padded, and still who shares a batch with whom changes with every epoch.

    Args:
        lengths: (n,) tokens of each text, n at least 1.
        batch_size: rows of a batch; the last one of an epoch may hold fewer.
        seed: the same seed gives the same batches.
        skip: batches to leave out at the beginning, at no more cost than one epoch.

    Yields:
        (b,) positions into `lengths`; within an epoch each occurs once.
    """
    epoch, skip = divmod(skip, batches_per_epoch(len(lengths), batch_size))
    while True:
        rng = np.random.default_rng([seed, epoch])
        yield from _epoch(np.asarray(lengths), batch_size, rng)[skip:]
        epoch, skip = epoch + 1, 0


def batches_per_epoch(rows: int, batch_size: int) -> int:
    """Updates in which every row is read once."""
    return -(-rows // batch_size)


def _epoch(lengths: Ints, batch_size: int, rng: np.random.Generator) -> list[Ints]:
    order = rng.permutation(len(lengths))
    # A small set is cut into four pools at least, or every epoch would pair the same rows.
    pool = batch_size * max(1, min(_POOL_BATCHES, len(order) // (4 * batch_size)))
    batches = []
    for start in range(0, len(order), pool):
        rows = order[start : start + pool]
        rows = rows[np.argsort(-lengths[rows], kind="stable")]
        batches += [rows[i : i + batch_size] for i in range(0, len(rows), batch_size)]
    return [batches[i] for i in rng.permutation(len(batches))]
