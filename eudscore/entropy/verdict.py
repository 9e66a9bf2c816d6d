"""What one text looks like (mislabelled, ambiguous, rare, off-topic, duplicate), from a few numbers about it.

Two witnesses speak of its class: the class probabilities of a classifier, and the labels of its nearest texts. Their
mean is the belief in a class. Neither saw the text's own label, so where both are against it, it is the label that is
odd; where they are divided, it is the text. Own design; the idea of the two causes is that of Swayamdipta et al.,
Dataset Cartography (2020). All numbers are shares in [0, 1]; nan = not known.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

DIVIDED = 0.5
"""Of the belief in the label and in its strongest rival together: from here on the rival has more than the label."""

AGAINST = 0.8
"""Likewise: from here on the odds are four to one against the label, and it looks wrong rather than one of two."""

NEARLY_EVEN = 0.4
"""Without a label: the share of the second class of the belief in the first two, from which both are possible."""

MAJORITY = 0.5
"""The belief that one class must have to be called the one that a text is of."""

APART = 0.85
"""Mean of two places among all rows (distance from the nearest texts, rareness of the words) that is far out."""

FARTHEST = 0.95
"""Likewise, for a text whose label is borne out: far out alone is no fault, so only the farthest are named."""

NEAR = 0.95  # cosine from which texts are near-duplicates, as everywhere in eudscore
ALIKE = 0.8  # cosine from which sharing most words makes them so as well: a typo moves a short text that far
MOST_WORDS = 0.85  # of the words of both: at most about one in seven differs

Doubles = NDArray[np.float64]


class Kind(StrEnum):
    """What a text looks like."""

    MISLABELLED = "mislabelled"
    OFF_TOPIC = "off-topic"
    DUPLICATE = "duplicate"
    AMBIGUOUS = "ambiguous"
    RARE = "rare"
    NOTHING = "nothing stands out"


@dataclass(frozen=True)
class Evidence:
    """What is known of one text.

    Attributes:
        labelled: whether it carries a label.
        own: belief in that label.
        first: the strongest belief in another class (in any class where there is no label).
        second: the next strongest after `first`, of those without a label only.
        distance: share of the rows whose nearest texts are nearer than its own.
        words: share of the rows with less surprising words.
        duplicates: how many texts say the same.
    """

    labelled: bool = False
    own: float = math.nan
    first: float = math.nan
    second: float = math.nan
    distance: float = math.nan
    words: float = math.nan
    duplicates: int = 0

    @property
    def apart(self) -> float:
        """Mean of the known ones of the two places; nan where the distance is not known: odd words alone are common."""
        if math.isnan(self.distance):
            return math.nan
        return self.distance if math.isnan(self.words) else (self.distance + self.words) / 2

    @property
    def doubt(self) -> float:
        """Share of `first` of the belief in label and rival: 0 = all for the label, 1 = all against it.

        nan without a label or any belief.
        """
        return _share(self.first, self.own) if self.labelled else math.nan


def kinds(evidence: Evidence) -> tuple[Kind, ...]:
    """Everything that a text looks like, the likeliest first; `Kind.NOTHING` alone where nothing does.

    Far out comes before mislabelled: far from everything it was fitted to, a classifier only guesses. That a text is
    a duplicate is seen, not inferred, but a wrong label is the more urgent of the two. Whether a text apart is rare
    or off-topic shows in its label: it is on topic if the label is borne out. Without a label nothing tells the two
    apart, and `Kind.RARE` stands for both.
    """
    doubt, apart = evidence.doubt, evidence.apart
    found = []
    # Comparisons with nan are false: what is not known accuses nobody.
    if apart >= APART and doubt >= DIVIDED:
        found.append(Kind.OFF_TOPIC)
    elif doubt >= AGAINST and evidence.first >= MAJORITY:
        found.append(Kind.MISLABELLED)
    if evidence.duplicates:
        found.append(Kind.DUPLICATE)
    if not {Kind.OFF_TOPIC, Kind.MISLABELLED} & set(found) and _is_divided(evidence):
        found.append(Kind.AMBIGUOUS)
    if apart >= FARTHEST and Kind.OFF_TOPIC not in found and (not evidence.labelled or not doubt >= DIVIDED):
        found.append(Kind.RARE)
    return tuple(found) or (Kind.NOTHING,)


def _is_divided(evidence: Evidence) -> bool:
    if evidence.labelled:
        return evidence.doubt >= DIVIDED
    return _share(evidence.second, evidence.first) >= NEARLY_EVEN


def _share(part: float, rest: float) -> float:
    whole = part + rest
    return part / whole if whole > 0 else math.nan


def belief(witnesses: Sequence[Doubles]) -> Doubles:
    """Mean of what each witness says.

    Args:
        witnesses: (C,) shares of the classes; one that knows nothing is nan throughout.

    Returns:
        (C,) shares; nan where no witness knows anything.
    """
    heard = [shares for shares in witnesses if not np.isnan(shares).any()]
    if not heard:
        return np.full(len(witnesses[0]) if witnesses else 0, np.nan)
    return np.asarray(np.mean(heard, axis=0), dtype=np.float64)


def shared_words(one: Sequence[str], other: Sequence[str]) -> float:
    """Words that two texts have in common, of all their words: 2 |A and B| / (|A| + |B|), repeated words counted.

    Returns:
        0 to 1; 1 for two texts without a word.

    Source: Dice, Measures of the Amount of Ecologic Association Between Species (1945), on multisets.
    """
    total = len(one) + len(other)
    return 2 * sum((Counter(one) & Counter(other)).values()) / total if total else 1.0
