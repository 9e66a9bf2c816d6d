"""What a selection does to the data: classes, length, topics, sources, near-duplicates, entropies and coverage.

A `Basis` holds what is the same for every selection of a data set; `effect_of` compares one selection with it. Where
a share depends on how many rows are kept, it is set against that of a random selection of the same size, which is
computed exactly, not drawn.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from eudscore.records import Bools, Floats, Ints
from eudscore.selection.chance import chance_of_company, chance_of_reach
from eudscore.selection.reach import Reach

Doubles = NDArray[np.float64]
Codes = NDArray[np.integer]

QUANTILES = (0.1, 0.5, 0.9)


@dataclass(frozen=True, eq=False)
class Counts:
    """Rows per class, topic or source; rows of none are not counted.

    Attributes:
        names: of each.
        before: (c,) rows of the whole data set.
        after: (c,) rows kept.
    """

    names: Sequence[str]
    before: Ints
    after: Ints

    @property
    def shares(self) -> tuple[Doubles, Doubles]:
        """(c,) shares of all rows, and of those kept; nan where there are none."""
        return _shares(self.before), _shares(self.after)

    @property
    def ratio(self) -> Doubles:
        """(c,) share after / share before; 1 = unchanged, nan where a class or the selection is empty."""
        before, after = self.shares
        return np.asarray(after / np.where(before > 0, before, np.nan))

    def most_changed(self, count: int) -> list[int]:
        """The places whose share changed most, in points, the largest first; without those that stayed."""
        before, after = self.shares
        change = np.nan_to_num(np.abs(after - before))
        order = np.argsort(-change, kind="stable")[:count]
        return [int(place) for place in order if change[place] > 0]

    @property
    def moved(self) -> float:
        """Total variation: the share of the kept rows that stand for a change of the shares; 0 = unchanged."""
        before, after = self.shares
        return float(np.abs(after - before).sum() / 2)


@dataclass(frozen=True)
class MeanShift:
    """Mean of a column over all rows and over the kept ones, in the column's unit; nan without values.

    Attributes:
        before: over all rows with a value.
        after: over the kept rows with a value.
        spread: standard deviation over all rows, to judge the difference by.
    """

    before: float
    after: float
    spread: float

    @property
    def effect(self) -> float:
        """(after - before) / spread; nan where nothing varies."""
        return (self.after - self.before) / self.spread if self.spread > 0 else float("nan")


@dataclass(frozen=True)
class LengthShift:
    """Words of the texts: the mean, and the lower quantiles `QUANTILES` of all rows and of the kept ones."""

    mean: MeanShift
    before: tuple[float, ...]
    after: tuple[float, ...]


@dataclass(frozen=True)
class Against:
    """A share of the selection, and what it is to be judged by.

    Attributes:
        kept: of this selection; nan where it is empty.
        chance: expected of a random selection of the same size from the same rows.
    """

    kept: float
    chance: float


@dataclass(frozen=True, eq=False)
class Basis:
    """What is known of every row of a data set, as `effect_of` reads it; made once for all selections.

    Attributes:
        eligible: (n,) whether a row may be chosen; the others count nowhere.
        tokens: (n,) words of each text.
        columns: name -> (n,) values; nan = no value.
        labels: (n,) class, -1 = unlabelled; None = no labels.
        classes: their names.
        topics: (n,) topic, -1 = none; None = no topics are known.
        topic_names: their names.
        sources: (n,) source, -1 = none; None = no column names one.
        source_names: their names.
        groups: (n,) a number for each group of near-duplicates; None = they were not looked for.
        reach: who is near whom; None = there are no neighbours.
    """

    eligible: Bools
    tokens: Ints
    columns: Mapping[str, Floats] = field(default_factory=dict)
    labels: Codes | None = None
    classes: Sequence[str] = ()
    topics: Codes | None = None
    topic_names: Sequence[str] = ()
    sources: Codes | None = None
    source_names: Sequence[str] = ()
    groups: Codes | None = None
    reach: Reach | None = None

    @cached_property
    def all_rows(self) -> Ints:
        """Every row that may be chosen."""
        return np.flatnonzero(self.eligible)

    @cached_property
    def means(self) -> Mapping[str, tuple[float, float]]:
        """Mean and standard deviation of each column over all rows."""
        return {name: _moments(values[self.all_rows]) for name, values in self.columns.items()}

    @cached_property
    def length(self) -> tuple[float, float, tuple[float, ...]]:
        """Mean, standard deviation and quantiles of the words of all rows."""
        words = self.tokens[self.all_rows]
        return (*_moments(words), _quantiles(words))

    @cached_property
    def counted(self) -> Mapping[str, Ints]:
        """Rows of all, by class, topic and source."""
        kinds = {"labels": len(self.classes), "topics": len(self.topic_names), "sources": len(self.source_names)}
        found = {name: getattr(self, name) for name in kinds}
        return {name: _count(codes, self.all_rows, kinds[name]) for name, codes in found.items() if codes is not None}

    @cached_property
    def group_sizes(self) -> Ints:
        """(sizes + 1,) how many rows are in a group of near-duplicates of each size."""
        if self.groups is None:
            return np.zeros(1, dtype=np.int64)
        of_group = np.bincount(self.groups[self.all_rows])
        rows = np.bincount(of_group, minlength=1)
        return np.asarray(rows * np.arange(len(rows)), dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Effect:
    """What a selection does; a part is None where nothing is known to tell it by.

    Attributes:
        kept: rows.
        rows: of all, those that may be chosen.
        length: words of the texts.
        columns: name -> its mean before and after.
        classes: rows per class.
        topics: rows per topic.
        sources: rows per source.
        duplicates: share of the kept rows of which a near-duplicate is kept too.
        coverage: share of all rows that have a kept row within the radius of `Reach`.
        near: how many neighbours of each row are stored.
    """

    kept: int
    rows: int
    length: LengthShift
    columns: Mapping[str, MeanShift]
    classes: Counts | None
    topics: Counts | None
    sources: Counts | None
    duplicates: Against | None
    coverage: Against | None
    near: int = 0


def effect_of(basis: Basis, rows: Ints) -> Effect:
    """What a selection does to the data.

    Args:
        basis: of the data set.
        rows: (k,) distinct rows that may be chosen, in any order.
    """
    rows = _ascending(rows, len(basis.eligible))  # neighbouring rows are neighbours in memory
    n = len(basis.all_rows)
    mean, spread, before = basis.length
    words = basis.tokens[rows]
    return Effect(
        len(rows), n,
        LengthShift(MeanShift(mean, _mean(words), spread), before, _quantiles(words)),
        {
            name: MeanShift(basis.means[name][0], _mean(values[rows]), basis.means[name][1])
            for name, values in basis.columns.items()
        },
        _compared(basis, "labels", basis.classes, rows),
        _compared(basis, "topics", basis.topic_names, rows),
        _compared(basis, "sources", basis.source_names, rows),
        None if basis.groups is None else _duplicates(basis, rows),
        None if basis.reach is None else _coverage(basis.reach, rows, n),
        0 if basis.reach is None else basis.reach.near,
    )  # fmt: skip


def _compared(basis: Basis, kind: str, names: Sequence[str], rows: Ints) -> Counts | None:
    codes = getattr(basis, kind)
    return None if codes is None else Counts(names, basis.counted[kind], _count(codes, rows, len(names)))


def _duplicates(basis: Basis, rows: Ints) -> Against:
    if basis.groups is None:
        raise AssertionError("asked only where there are groups")
    groups = basis.groups[rows]
    together = np.bincount(groups, minlength=1)[groups] > 1
    chance = chance_of_company(basis.group_sizes, kept=len(rows))
    return Against(float(together.mean()) if len(rows) else float("nan"), chance)


def _coverage(reach: Reach, rows: Ints, among: int) -> Against:
    return Against(reach.covered_share(rows), chance_of_reach(reach.counts, kept=len(rows), among=among))


def _count(codes: Codes, rows: Ints, number: int) -> Ints:
    found = codes[rows]
    return np.bincount(found[found >= 0], minlength=number).astype(np.int64, copy=False)


def _shares(counts: Ints) -> Doubles:
    total = int(counts.sum())
    return counts / total if total else np.full(len(counts), np.nan)


def _mean(values: NDArray[np.generic]) -> float:
    """Mean of what is a number; nan without any."""
    numbers = np.asarray(values, dtype=np.float64)
    total = float(numbers.sum())
    if np.isfinite(total):
        return total / len(numbers) if len(numbers) else float("nan")
    numbers = numbers[np.isfinite(numbers)]
    return float(numbers.mean()) if len(numbers) else float("nan")


def _moments(values: NDArray[np.generic]) -> tuple[float, float]:
    numbers = np.asarray(values, dtype=np.float64)
    numbers = numbers[np.isfinite(numbers)]
    return (float(numbers.mean()), float(numbers.std())) if len(numbers) else (float("nan"), float("nan"))


def _quantiles(words: NDArray[np.integer]) -> tuple[float, ...]:
    """Values that are there: the smallest word count that a share of the rows does not exceed."""
    if len(words) == 0:
        return tuple(float("nan") for _ in QUANTILES)
    up_to = np.cumsum(np.bincount(words))
    return tuple(float(np.searchsorted(up_to, share * len(words) * (1 - 1e-12))) for share in QUANTILES)


def _ascending(rows: Ints, n: int) -> Ints:
    kept = np.zeros(n, dtype=np.bool_)
    kept[rows] = True
    return np.flatnonzero(kept)
