"""The likeliest classes of each text, kept beside the columns that were made of them.

All probabilities of a million texts in 150 classes would be 600 MB; the first five say what a reader asks for. What
the given label got is 1 - `predictive_label_gap`, whether or not it is among them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from eudscore.records import UNLABELLED, Floats, ScoredBatch

KEPT = 5
CLASSES, PROBABILITIES = "likeliest_classes", "likeliest_probabilities"
WIDTHS = {CLASSES: KEPT, PROBABILITIES: KEPT}
"""The arrays beside the columns of a predictive family, each (n, 5) float32."""

_CELLS = 1 << 20  # probabilities sorted at once: 8 MiB


@dataclass(frozen=True, eq=False)
class ClassedBatch(ScoredBatch):
    """Some rows, their numbers, and the classes that they were made of.

    Attributes:
        likeliest: what `likeliest` says of the rows, by the names of `WIDTHS`.
    """

    likeliest: Mapping[str, Floats] = field(default_factory=dict)


def likeliest(probs: NDArray[np.float64]) -> dict[str, Floats]:
    """The five likeliest classes of each text, the likeliest first; of equals the one with the lower number.

    Args:
        probs: (b, C) probabilities; nan for a text without any.

    Returns:
        `CLASSES`: (b, 5) numbers of the classes as float32, -1 beyond C and where there are no probabilities;
        `PROBABILITIES`: (b, 5) float32, nan where the class is -1.
    """
    found = no_classes(len(probs))
    size = max(1, _CELLS // probs.shape[1])
    for start in range(0, len(probs), size):
        block = slice(start, start + size)
        _fill(found[CLASSES][block], found[PROBABILITIES][block], probs[block])
    return found


def _fill(classes: Floats, values: Floats, probs: NDArray[np.float64]) -> None:
    """Write the likeliest classes of some texts to where they belong."""
    known = probs.shape[1]
    kept = min(KEPT, known)
    # Of classes that tie for the last place it matters to nobody which is kept, only that it is always the same.
    some = np.argpartition(-probs, kept - 1, axis=1)[:, :kept]
    some.sort(axis=1)
    order = np.argsort(-np.take_along_axis(probs, some, axis=1), axis=1, kind="stable")
    found = np.take_along_axis(some, order, axis=1)
    there = ~np.isnan(probs).any(axis=1)
    classes[there, :kept] = found[there]
    values[there, :kept] = np.take_along_axis(probs, found, axis=1)[there]


def no_classes(rows: int) -> dict[str, Floats]:
    """What `likeliest` says of so many texts without probabilities."""
    return {
        CLASSES: np.full((rows, KEPT), UNLABELLED, dtype=np.float32),
        PROBABILITIES: np.full((rows, KEPT), np.nan, dtype=np.float32),
    }
