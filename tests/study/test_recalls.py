"""What a selection does to each class."""

import numpy as np
import pytest
from scipy import stats

from eudscore.study.recalls import recall_changes, recalls_in_words
from eudscore.study.results import Cell


def cells(values: dict[tuple[str, str], list[float]]) -> list[Cell]:
    return [
        Cell(strategy, 0.1, seed, f"recall of {name}", value, 10, 5, 1.0)
        for (strategy, name), of_seed in values.items()
        for seed, value in enumerate(of_seed)
    ]


RNG = np.random.default_rng(0)
RANDOM = {name: list(RNG.normal(0.7, 0.02, 6)) for name in ("a", "b", "c")}
MINE = {
    "a": [value + 0.2 + wobble for value, wobble in zip(RANDOM["a"], RNG.normal(0, 0.01, 6), strict=True)],
    "b": [value - 0.1 + wobble for value, wobble in zip(RANDOM["b"], RNG.normal(0, 0.01, 6), strict=True)],
    "c": [value + wobble for value, wobble in zip(RANDOM["c"], RNG.normal(0, 0.05, 6), strict=True)],
}
STUDY = cells({("random", name): of for name, of in RANDOM.items()} | {("mine", name): of for name, of in MINE.items()})


def test_changes_are_paired_differences_adjusted_for_all_classes() -> None:
    found = recall_changes(STUDY, "mine", 0.1)
    assert list(found) == sorted(found, key=lambda name: found[name].mean)
    ps = {name: stats.ttest_rel(MINE[name], RANDOM[name]).pvalue for name in MINE}
    for name, gain in found.items():
        assert gain.mean == pytest.approx(np.mean(MINE[name]) - np.mean(RANDOM[name]))
        assert gain.p == pytest.approx(ps[name])
    assert found["a"].p_holm >= found["a"].p
    assert found["a"].shown
    assert found["b"].shown
    assert not found["c"].shown


def test_in_words_it_says_how_far_and_what_is_beyond_chance() -> None:
    found = recall_changes(STUDY, "mine", 0.1)
    lowest, highest = found["b"].mean, found["a"].mean
    assert recalls_in_words(found) == (
        f"Recall against random: from {100 * lowest:+.1f} (b) to {100 * highest:+.1f} (a); beyond chance: "
        f"b {100 * lowest:+.1f}, a {100 * highest:+.1f}."
    )
    assert recalls_in_words({"c": found["c"]}).endswith("(c).")


def test_without_pairs_nothing_is_said() -> None:
    assert recall_changes(STUDY, "mine", 0.3) == {}
    assert recall_changes([cell for cell in STUDY if cell.strategy == "mine"], "mine", 0.1) == {}
    assert recalls_in_words({}) == ""
