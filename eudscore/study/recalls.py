"""What a selection does to each class: the change of its recall against a random subset."""

from collections.abc import Mapping, Sequence

from eudscore.study.pairs import Gain, paired, together
from eudscore.study.results import RANDOM, Cell, by_seed, metrics_of

PREFIX = "recall of "
"""What the metric of a class begins with in the results of a study."""


def recall_changes(cells: Sequence[Cell], strategy: str, budget: float, *, against: str = RANDOM) -> Mapping[str, Gain]:
    """Class name -> what an arm gains in recall over another one at the same budget, adjusted for all classes (Holm).

    Args:
        cells: of a study.
        strategy: of the arm.
        budget: of the arm.
        against: the other strategy.

    Returns:
        The classes that both have been tested on, the greatest loss first; none where no seed has both.
    """
    names = [metric for metric in metrics_of(cells) if metric.startswith(PREFIX)]
    gains = {
        name.removeprefix(PREFIX): paired(
            by_seed(cells, strategy, budget, name), by_seed(cells, against, budget, name), against
        )
        for name in names
    }
    there = {name: gain for name, gain in gains.items() if gain.seeds}
    adjusted = dict(zip(there, together(list(there.values())), strict=True))
    return dict(sorted(adjusted.items(), key=lambda one: one[1].mean))


def recalls_in_words(changes: Mapping[str, Gain]) -> str:
    """The range of the changes, and which of them are beyond chance; empty without any."""
    if not changes:
        return ""
    (lowest, least), *_, (highest, most) = [*changes.items(), *changes.items()]
    if len(changes) == 1:
        return f"Recall against random: {_points(least)} ({lowest})."
    shown = [f"{name} {_points(gain)}" for name, gain in changes.items() if gain.shown]
    beyond = f"; beyond chance: {', '.join(shown)}" if shown else "; none beyond chance"
    return f"Recall against random: from {_points(least)} ({lowest}) to {_points(most)} ({highest}){beyond}."


def _points(gain: Gain) -> str:
    return f"{100 * gain.mean:+.1f}"
