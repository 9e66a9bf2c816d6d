"""The default selector: withhold what looks wrong, is unlike all else or is there twice, and cover the rest.

What is uncertain is covered first.
"""

import numpy as np
from numpy.typing import NDArray

from eudscore.records import UNLABELLED, Bools, Floats, Ints
from eudscore.selection.facility import facility
from eudscore.selection.linked import both_ways
from eudscore.selection.pool import MISSING, Pool
from eudscore.selection.quotas import place_within
from eudscore.selection.ranking import DUPLICATE, MISLABELLED, OUTLIER, UNLIKELY, Ranking
from eudscore.selection.request import Balance, SelectionRequest

ENTROPY, LABEL_GAP = "predictive_entropy", "predictive_label_gap"
WITHOUT_LABELS = "No label was read: the rows cover the texts."
WITHOUT_CLASSES = (
    "Predictive entropy was not scored: the rows cover the texts, and no doubtful label is withheld. Classes still "
    "share the budget."
)
_NEVER = 2.0  # above any probability
_NEAREST = 5  # neighbours that tell how far off a text is
_FAR = 2.5  # robust standard deviations
_MOST_OUTLIERS = 0.05  # of a class


def by_coverage(pool: Pool, _request: SelectionRequest, _limit: int) -> Ranking:
    """Rows that cover each class where it is uncertain; doubtful labels, outliers and near-duplicates are withheld.

    1. Suspected mislabels are withheld: the likeliest class of the cross-fitted classifier is not the label, and the
       classifier is confident of it, which it is from the mean probability on that rows of this class get (the
       threshold of confident learning). No share has to be set.
    2. Of each group of near-duplicates one row is left, the one whose label is doubted least.
    3. Rows of which another class is the likeliest, though not confidently, are withheld as well: where classes overlap
       a class that has run out of rows would otherwise be filled up with those of its neighbours.
    4. Outliers, texts unlike any other, are withheld, at most a twentieth of a class. Covering takes them last anyway.
    5. Each class is covered by greedy facility location over the stored neighbours. A row covers the neighbours of
       its own class, and itself no better than its nearest one does: with a similarity of 1 to itself the greedy
       collects outliers once dense regions are covered. What is to be covered weighs its predictive entropy, which
       does not read the row's own label: rows about which nothing is left to learn weigh little, and covering keeps
       chosen rows apart where uncertain ones alone would pile up on a boundary.

    Without labels, or where predictive entropy was not scored, steps 2, 4 and 5 alone, with equal weights and over
    all texts. Classes share a budget by the square root of their size, half-way to equal shares, unless something else
    is asked for.

    Cost: O(n k log n) for k neighbours. Own design; its parts: Northcutt, Jiang, Chuang, Confident Learning, JAIR 2021
    (section 3); Nemhauser, Wolsey, Fisher, 1978.
    """
    entropy, gap = pool.column_if_there(ENTROPY), pool.column_if_there(LABEL_GAP)
    informed = pool.labels is not None and entropy is not None and gap is not None
    if pool.labels is None or entropy is None or gap is None:
        labels = np.full(len(pool), UNLABELLED, dtype=np.int64)
        suspected = unlikely = np.zeros(len(pool), dtype=np.bool_)
        doubt = np.zeros(len(pool), dtype=np.float32)
        weights = np.ones(len(pool))
    else:
        labels = pool.labels
        suspected = pool.eligible & mislabelled(labels, 1 - gap, *pool.likeliest)
        likeliest = pool.likeliest[0][:, 0]
        unlikely = (labels >= 0) & (likeliest != MISSING) & (likeliest != labels)
        doubt = np.where(np.isfinite(gap), gap, np.float32(1))
        known = np.isfinite(entropy)
        weights = np.where(known, entropy, entropy[known].mean() if known.any() else 1.0).astype(np.float64)
    first = least_doubted(pool.groups, np.where(suspected, np.float32(_NEVER), doubt), pool.eligible)
    left = pool.eligible & ~suspected & first
    trusted = left & ~unlikely
    alone = outlying(*pool.neighbours, labels, trusted)
    covering = cover(*pool.neighbours, labels, np.where(trusted, np.maximum(weights, 0), 0), trusted & ~alone)
    repeated = pool.eligible & ~suspected & ~first
    withheld = {
        MISLABELLED: np.flatnonzero(suspected),
        UNLIKELY: np.flatnonzero(left & unlikely),
        OUTLIER: np.flatnonzero(alone),
        DUPLICATE: np.flatnonzero(repeated),
    }
    return Ranking(
        covering,
        {reason: places for reason, places in withheld.items() if len(places)},
        () if informed else (WITHOUT_LABELS if pool.labels is None else WITHOUT_CLASSES,),
        Balance.ROOT if pool.labels is not None else Balance.PROPORTIONAL,
    )


def mislabelled(labels: Ints, given: Floats, classes: Ints, probabilities: Floats) -> Bools:
    """(n,) whether a classifier is confident of another class than the label.

    Of all classes the likeliest has to be another one. Confident learning itself asks for the likeliest among those
    above their thresholds; where classes are ambiguous and unbalanced that clears away the largest one.

    Args:
        labels: (n,) -1 = unlabelled, which is never suspected.
        given: (n,) probability of the label by a classifier that did not see the row; nan = none.
        classes: (n, 5) likeliest classes, the likeliest first, -1 = none.
        probabilities: (n, 5) theirs.

    Source: Northcutt, Jiang, Chuang, Confident Learning, JAIR 2021, for the thresholds (eq. 2).
    """
    known = (labels >= 0) & np.isfinite(given)
    size = int(max(labels.max(initial=0), classes.max(initial=0))) + 1
    counts = np.bincount(labels[known], minlength=size)
    sums = np.bincount(labels[known], weights=given[known], minlength=size)
    thresholds = np.where(counts > 0, sums / np.maximum(counts, 1), _NEVER)
    likeliest = classes[:, 0]
    confident = (likeliest != MISSING) & (probabilities[:, 0] >= thresholds[np.maximum(likeliest, 0)])
    return np.asarray(known & confident & (likeliest != labels), dtype=np.bool_)


def outlying(neighbours: Ints, similarities: Floats, labels: Ints, among: Bools) -> Bools:
    """(n,) whether a text is unlike any other: far below the others in its mean cosine to its five nearest neighbours.

    Far is 2.5 robust standard deviations (1.4826 times the median absolute deviation) below the median. Of each class
    the farthest twentieth at most is named, so that no small class disappears.

    Args:
        neighbours: (n, k) places, the nearest first, -1 = none.
        similarities: (n, k) cosines.
        labels: (n,) class, -1 = unlabelled, which counts as one class.
        among: (n,) which rows to look at.

    Source: the median rule of Iglewicz and Hoaglin, How to Detect and Handle Outliers, 1993.
    """
    there = neighbours[:, :_NEAREST] != MISSING
    near = np.where(there, similarities[:, :_NEAREST], 0).sum(axis=1) / np.maximum(there.sum(axis=1), 1)
    looked_at = np.flatnonzero(among & there.any(axis=1))
    found = np.zeros(len(near), dtype=np.bool_)
    if len(looked_at) == 0:
        return found
    middle = np.median(near[looked_at])
    spread = 1.4826 * np.median(np.abs(near[looked_at] - middle))
    farthest = looked_at[np.argsort(near[looked_at], kind="stable")]
    place_in_class = place_within(labels[farthest])
    allowed = np.floor(_MOST_OUTLIERS * np.bincount(labels[looked_at] + 1))[labels[farthest] + 1]
    found[farthest] = (near[farthest] < middle - _FAR * spread) & (place_in_class < allowed)
    return found


def least_doubted(groups: Ints, doubt: Floats, eligible: Bools) -> Bools:
    """(n,) which row of each group is doubted least among those that may be chosen; of equals the first."""
    places = np.flatnonzero(eligible)
    order = places[np.lexsort((places, doubt[places], groups[places]))]
    found = np.zeros(len(groups), dtype=np.bool_)
    found[order[np.diff(groups[order], prepend=np.int64(-1) if len(order) == 0 else groups[order][0] - 1) != 0]] = True
    return found


def cover(
    neighbours: Ints, similarities: Floats, labels: Ints, weights: NDArray[np.floating], candidates: Bools
) -> Ints:  # fmt: skip
    """Candidates in the order in which they cover their class, best first.

    Args:
        neighbours: (n, k) distinct places, -1 = none.
        similarities: (n, k) cosines.
        labels: (n,) edges between rows of different labels do not count.
        weights: (n,) what it is worth to cover each row.
        candidates: (n,) which rows may be taken.
    """
    alike = (neighbours != MISSING) & (labels[np.maximum(neighbours, 0)] == labels[:, None])
    within = np.where(alike, neighbours, MISSING)
    cosines = np.where(alike, np.clip(similarities, 0, 1), 0)
    graph = both_ways(within, cosines)
    nearest = np.zeros(len(labels))
    np.maximum.at(nearest, np.repeat(np.arange(len(labels)), np.diff(graph.starts)), graph.weights)
    return facility(within, cosines, weights=weights, candidates=candidates, own=nearest)
