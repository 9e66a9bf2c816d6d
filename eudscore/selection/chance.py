"""What a random selection of the same size is expected to show: exact, by the hypergeometric distribution.

A row of m others that count is alone among k - 1 further rows of n - 1 with the chance C(n - 1 - m, k - 1) / C(n - 1,
k - 1); only how many rows have which m is needed, so a million rows cost as much as there are different m.
"""

from math import lgamma

import numpy as np

from eudscore.records import Ints


def chance_of_company(rows_by_size: Ints, *, kept: int) -> float:
    """Expected share of the kept rows that have another row of their group kept with them.

    Args:
        rows_by_size: (s,) how many rows are in groups of 0, 1, 2, ... rows.
        kept: rows of the selection.

    Returns:
        In [0, 1]; nan where nothing is kept.
    """
    n = int(rows_by_size.sum())
    if kept < 1 or n == 0:
        return float("nan")
    sizes = np.flatnonzero(rows_by_size)
    alone = np.array([_none_of(int(size) - 1, among=n - 1, drawn=kept - 1) for size in sizes])
    return float(1 - (alone * rows_by_size[sizes]).sum() / n)


def chance_of_reach(rows_by_reach: Ints, *, kept: int, among: int) -> float:
    """Expected share of all rows of which one of those that cover it, itself among them, is kept.

    Args:
        rows_by_reach: (m,) how many rows are covered by 0, 1, 2, ... rows.
        kept: rows of the selection.
        among: rows that the selection is made from.
    """
    n = int(rows_by_reach.sum())
    if n == 0:
        return float("nan")
    covers = np.flatnonzero(rows_by_reach)
    missed = np.array([_none_of(int(count), among=among, drawn=kept) for count in covers])
    return float(1 - (missed * rows_by_reach[covers]).sum() / n)


def chance_overlap(first: int, second: int, n: int) -> float:
    """Expected number of rows that two random selections of these sizes have in common."""
    return first * second / n if n else float("nan")


def _none_of(some: int, *, among: int, drawn: int) -> float:
    """Chance that none of `some` is among `drawn` of `among`: C(among - some, drawn) / C(among, drawn)."""
    if drawn > among - some:
        return 0.0 if some else 1.0
    found = _log_choose(among - some, drawn) - _log_choose(among, drawn)
    return float(np.exp(found))


def _log_choose(n: int, k: int) -> float:
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)
