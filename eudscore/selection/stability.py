"""How much a selection owes to chance: the same request run again under other seeds, rows or scores."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from eudscore.records import Bools, Floats, Ints

Doubles = NDArray[np.float64]


def stability(runs: Bools) -> float:
    """Agreement of several selections from the same rows, corrected for chance.

        1 - mean_f [ M / (M - 1) p_f (1 - p_f) ] / [ (k / n) (1 - k / n) ]

    with p_f the share of the M runs that keep row f, and k the mean number of rows kept. It is the mean over pairs of
    Kuncheva's index where all runs keep as many rows: 1 for identical selections, 0 on average for random ones.

    Args:
        runs: (M, n) which rows each run keeps.

    Returns:
        At most 1; nan for fewer than two runs; 1 where every run keeps all rows, or none.

    Source: Nogueira, Sechidis & Brown, On the Stability of Feature Selection Algorithms, JMLR 18(174), 2018, eq. 4;
    Kuncheva, A Stability Index for Feature Selection, 2007.
    """
    many, n = runs.shape
    if many < 2 or n == 0:
        return float("nan")
    share = runs.mean(axis=0)
    disagreement = float((share * (1 - share)).mean()) * many / (many - 1)
    kept = float(share.mean())
    if disagreement == 0:
        return 1.0
    return float(1 - disagreement / (kept * (1 - kept)))


def stability_of_parts(runs: Sequence[Ints], parts: Sequence[Ints], n: int) -> float:
    """The same where each run chose from a part of the rows: the mean over pairs, each on the rows both could choose.

    Args:
        runs: rows that each run kept, of its part.
        parts: rows that each run could choose from.
        n: of all rows.

    Returns:
        At most 1; nan where no pair has a row in common.
    """
    kept, there = _masks(runs, n), _masks(parts, n)
    found = []
    for one in range(len(runs)):
        for other in range(one):
            both = there[one] & there[other]
            found.append(stability(np.stack([kept[one][both], kept[other][both]])))
    known = [value for value in found if np.isfinite(value)]
    return float(np.mean(known)) if known else float("nan")


def shares_in(runs: Sequence[Ints], parts: Sequence[Ints | None], n: int) -> Floats:
    """How often each row is kept, among the runs that could choose it.

    Args:
        runs: rows that each run kept.
        parts: rows that each run could choose from; None = all.
        n: of all rows.

    Returns:
        (n,) float32 in [0, 1]; nan for a row that no run could choose.
    """
    kept, could = np.zeros(n), np.zeros(n)
    for rows, part in zip(runs, parts, strict=True):
        kept[rows] += 1
        could[slice(None) if part is None else part] += 1
    shares = np.divide(kept, could, out=np.full(n, np.nan), where=could > 0)
    return np.asarray(shares, dtype=np.float32)


def undecided(shares: Floats) -> Ints:
    """Rows that are in at times and out at times, those in half of the runs first; of equal ones the lower row."""
    rows = np.flatnonzero((shares > 0) & (shares < 1))
    return rows[np.argsort(np.abs(shares[rows] - 0.5), kind="stable")].astype(np.int64)


def resample(rows: Ints, seed: int) -> Ints:
    """The distinct rows of as many draws with replacement: about 63 % of them, ascending."""
    drawn = np.random.default_rng(seed).integers(len(rows), size=len(rows))
    return rows[np.unique(drawn)]


def _masks(runs: Sequence[Ints], n: int) -> Bools:
    masks = np.zeros((len(runs), n), dtype=np.bool_)
    for mask, rows in zip(masks, runs, strict=True):
        mask[rows] = True
    return masks
