"""Greedy loops over a graph, compiled by numba; imported only when a strategy runs.

Both rest on one fact: what a place is worth only falls while others are taken. So an old worth is an upper bound, and
a place whose fresh worth still beats the old ones of all others is the best of all.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import njit


def _compiled(function: Callable[..., Any]) -> Any:
    """Compiled when it is first called, and kept on the disk where there is a folder that can be written.

    Without `fastmath`: sums in a fixed order fall exactly when their terms do, which the lazy loops rely on.
    """
    try:
        return njit(function, nogil=True, cache=True)
    except RuntimeError:  # nowhere to keep it
        return njit(function, nogil=True)


@_compiled
def greedy_cover(starts, others, similarities, own, weights, heap):  # type: ignore[no-untyped-def]
    """Places by what each adds to the weighted similarity of all to their most similar taken one.

    Args:
        starts: (n + 1,) int64 of the graph.
        others: (m,) int32 of the graph.
        similarities: (m,) float32 in (0, 1].
        own: (n,) float64 similarity of each place to itself.
        weights: (n,) float64, at least 0: what it is worth to cover a place.
        heap: (c,) int64 places that may be taken, rising; overwritten.

    Returns:
        (t,) int64 places in order of choice, until no more has a gain.
    """
    best = np.zeros(len(weights))
    gains = np.zeros(len(weights))
    for place in heap:
        gains[place] = _gain(place, starts, others, similarities, own, weights, best)
    size = len(heap)
    for at in range(size // 2 - 1, -1, -1):
        _sink(heap, gains, at, size)
    order = np.empty(size, dtype=np.int64)
    count = 0
    while size > 0:
        top = heap[0]
        gain = _gain(top, starts, others, similarities, own, weights, best)
        if gain < gains[top]:
            gains[top] = gain
            _sink(heap, gains, 0, size)
            if heap[0] != top:
                continue
        if gain <= 0:
            break
        order[count] = top
        count += 1
        best[top] = max(best[top], own[top])
        for edge in range(starts[top], starts[top + 1]):
            other = others[edge]
            best[other] = max(best[other], np.float64(similarities[edge]))
        size -= 1
        heap[0] = heap[size]
        _sink(heap, gains, 0, size)
    return order[:count]


@_compiled
def greedy_messages(starts, others, reaches, scores, heap):  # type: ignore[no-untyped-def]
    """Places by score, where each one taken lowers the scores of its neighbours.

    Args:
        starts: (n + 1,) int64 of the graph.
        others: (m,) int32 of the graph.
        reaches: (m,) float32 in (0, 1]: the share of its score that a place takes off a neighbour.
        scores: (n,) float64; overwritten.
        heap: (c,) int64 places that may be taken, rising; overwritten.

    Returns:
        (c,) int64 places in order of choice.
    """
    size = len(heap)
    known = scores.copy()
    for at in range(size // 2 - 1, -1, -1):
        _sink(heap, known, at, size)
    order = np.empty(size, dtype=np.int64)
    count = 0
    while size > 0:
        top = heap[0]
        if scores[top] < known[top]:
            known[top] = scores[top]
            _sink(heap, known, 0, size)
            if heap[0] != top:
                continue
        order[count] = top
        count += 1
        if scores[top] > 0:
            for edge in range(starts[top], starts[top + 1]):
                scores[others[edge]] -= reaches[edge] * scores[top]
        size -= 1
        heap[0] = heap[size]
        _sink(heap, known, 0, size)
    return order


@_compiled
def _gain(place, starts, others, similarities, own, weights, best):  # type: ignore[no-untyped-def]
    gain = weights[place] * max(own[place] - best[place], 0.0)
    for edge in range(starts[place], starts[place + 1]):
        other = others[edge]
        more = similarities[edge] - best[other]
        if more > 0:
            gain += weights[other] * more
    return gain


@_compiled
def _sink(heap, keys, at, size):  # type: ignore[no-untyped-def]
    """Let an entry sink to where no one below it has a larger key, or an equal one and a lower place."""
    while True:
        child = 2 * at + 1
        if child >= size:
            return
        if child + 1 < size and _is_before(keys, heap[child + 1], heap[child]):
            child += 1
        if not _is_before(keys, heap[child], heap[at]):
            return
        heap[at], heap[child] = heap[child], heap[at]
        at = child


@_compiled
def _is_before(keys, one, other):  # type: ignore[no-untyped-def]
    return keys[one] > keys[other] or (keys[one] == keys[other] and one < other)
