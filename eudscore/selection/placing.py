"""Where on the quantile scale an interval is put: by a rule of the budget, or by what a small probe found."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from eudscore.records import Band, Bools
from eudscore.selection.band import ROOM, SMALLEST_WIDTH

CENTRES = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Places that a probe tries."""

_MEDIAN = 0.5
# Budget -> centre for scores of a trained classifier; between them straight in the logarithm of the budget.
_BUDGETS, _PLACES = (0.03, 0.10, 0.30), (0.25, 0.45, 0.70)


@dataclass(frozen=True)
class Verdict:
    """What a probe came to.

    Attributes:
        best: the centre with the highest accuracy, or None where a random selection is to be kept.
        accuracy: of each centre on the dev rows.
        random: mean accuracy of the random selections.
        error: standard error of the best centre's accuracy.
        leading: the centre with the highest accuracy, whether it is enough or not.
    """

    best: float | None
    accuracy: tuple[float, ...]
    random: float
    error: float
    leading: float


def centre_by_rule(share: float, *, trained: bool) -> float:
    """Where the interval of a budget goes unasked.

    Args:
        share: the budget, of all rows, in (0, 1].
        trained: whether the score is a classifier's (predictive entropy and what goes with it); a score that knows no
            labels stays at the median, where it harms least.

    Source: method, section 4.1: 0.25 up to 3 %, about 0.45 at 10 %, 0.65 to 0.75 from 30 % on (TypiClust, Sorscher et
    al. 2022); the median is that of Moderate Coreset (ICLR 2023). A prior, no more.
    """
    return float(np.interp(np.log(share), np.log(_BUDGETS), _PLACES)) if trained else _MEDIAN


def placed_band(centre: float, share: float) -> Band:
    """The interval of a budget about a centre: as wide as the default one, shifted into [0, 1]."""
    width = min(1.0, max(ROOM * share, SMALLEST_WIDTH))
    lo = min(max(0.0, centre - width / 2), 1 - width)
    return Band(lo, min(1.0, lo + width))


def one_standard_error(correct: Bools, random: Bools, centres: Sequence[float]) -> Verdict:
    """Keep random unless the best centre beats it by one standard error of its accuracy.

    Of equally good centres the one nearest to the median is best.

    Args:
        correct: (centres, m) which of m dev rows the probe of each centre had right.
        random: (draws, m) the same of random selections.
        centres: their places.

    Source: the rule of Breiman et al. 1984 as method 4.1 has it: with 200 rows the error is 2 to 3.5 points.
    """
    accuracy = correct.mean(axis=1)
    order = np.lexsort((np.abs(np.asarray(centres) - _MEDIAN), -accuracy))
    leading = int(order[0])
    error = float(np.sqrt(accuracy[leading] * (1 - accuracy[leading]) / correct.shape[1]))
    by_chance = float(random.mean())
    enough = bool(accuracy[leading] > by_chance + error)
    return Verdict(
        centres[leading] if enough else None, tuple(map(float, accuracy)), by_chance, error, centres[leading]
    )
