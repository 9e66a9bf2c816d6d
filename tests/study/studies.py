"""Simulated studies."""

from collections.abc import Mapping

import numpy as np

from eudscore.study.results import FULL, RANDOM, Cell

BUDGET = 0.16


def simulated(
    gains: Mapping[str, float], rng: np.random.Generator, *, seeds: int = 5, sd: float = 0.01,
    full: float | None = 0.02, metric: str = "accuracy",
) -> list[Cell]:  # fmt: skip
    """Arms that differ from random by their gain and, from seed to seed, by `sd`; `full` is what all data gain."""
    cells = []
    for seed in range(seeds):
        random = 0.85 + rng.normal(0, 0.01)
        cells += [Cell(RANDOM, BUDGET, seed, metric, random + off, 1600, 300, 30.0) for off in (-0.001, 0, 0.001)]
        cells += [
            Cell(name, BUDGET, seed, metric, random + gain + rng.normal(0, sd), 1600, 300, 30.0)
            for name, gain in gains.items()
        ]
        if full is not None:
            cells.append(Cell(FULL, None, seed, metric, random + full + rng.normal(0, sd), 10_000, 1_875, 170.0))
    return cells


def exact(metric: str = "accuracy", **arms: Mapping[int, float]) -> list[Cell]:
    """One training for each value that is given."""
    return [
        Cell(name, None if name == FULL else BUDGET, seed, metric, value, 10_000 if name == FULL else 1600,
             1_875 if name == FULL else 300, 170.0 if name == FULL else 30.0)
        for name, values in arms.items() for seed, value in values.items()
    ]  # fmt: skip
