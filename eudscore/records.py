"""The frozen values that travel between rooms, and the protocols they keep.

A row number of a `Corpus` is the only identity of a text; a sub-pool is a mask or an array of rows,
never a renumbering. All entropies are in nats.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
JsonDict = dict[str, Any]

UNLABELLED = -1


class Flag:
    """Bits that say what a score stands on; stored beside the values, counted in the card."""

    EMPTY = 1  # nothing to score: the value is nan
    SHORT = 2  # too short for the estimator to mean much
    TRUNCATED = 4  # only the first `max_tokens` were read


def counts_of(flags: NDArray[np.uint8]) -> JsonDict:
    """How many rows carry each flag, for the outcome of a card."""
    return {
        "rows": len(flags),
        "rows_empty": int((flags & Flag.EMPTY > 0).sum()),
        "rows_short": int((flags & Flag.SHORT > 0).sum()),
        "rows_truncated": int((flags & Flag.TRUNCATED > 0).sum()),
    }


@dataclass(frozen=True)
class Roles:
    """Which column is what."""

    text: str
    label: str | None = None


@dataclass(frozen=True, eq=False)
class Corpus:
    """A data set and the roles of its columns; it never changes.

    Attributes:
        name: what people call it; not part of its identity.
        source: the path or id it was read from, `demo`, or `upload:<file name>`.
        table: (n rows) every column of the source, memory-mapped where it comes from the workspace.
        roles: which column is the text, which the label.
        classes: names of the classes; a label is a position in it.
        labels: (n,) int64, `UNLABELLED` (-1) where there is none.
    """

    name: str
    source: str
    table: pa.Table
    roles: Roles
    classes: tuple[str, ...]
    labels: Ints

    def __len__(self) -> int:
        return int(self.table.num_rows)

    @cached_property
    def id(self) -> str:
        """First 16 hex digits of the SHA-256 of the texts: what the label-free scores depend on."""
        digest = hashlib.sha256()
        for chunk in self.table.column(self.roles.text).chunks:
            for text in chunk.to_pylist():
                encoded = (text or "").encode("utf-8", "surrogatepass")
                digest.update(len(encoded).to_bytes(8, "big") + encoded)
        return digest.hexdigest()[:16]

    @cached_property
    def labels_id(self) -> str:
        """First 16 hex digits of the SHA-256 of labels and class names."""
        digest = hashlib.sha256(json.dumps(self.classes).encode())
        digest.update(np.ascontiguousarray(self.labels, dtype="<i8").tobytes())
        return digest.hexdigest()[:16]

    def texts(self, rows: Ints | Sequence[int] | None = None, *, column: str | None = None) -> list[str]:
        """The texts of some rows (of all rows without `rows`), in the order asked; null reads as empty.

        Args:
            rows: which.
            column: another column of the table to read as text.
        """
        values = self.table.column(self.roles.text if column is None else column)
        if rows is not None:
            values = values.take(pa.array(np.asarray(rows, dtype=np.int64)))
        return ["" if text is None else str(text) for text in values.to_pylist()]

    @cached_property
    def has_text(self) -> Bools:
        """(n,) whether there is anything but white space to read; a row without is never chosen."""
        column = pc.fill_null(self.table.column(self.roles.text), "")
        trimmed = pc.utf8_trim_whitespace(column)
        return np.asarray(pc.not_equal(trimmed, "").to_numpy(), dtype=np.bool_)

    @property
    def labelled(self) -> bool:
        """Whether any row carries a label."""
        return bool((self.labels >= 0).any())


@dataclass(frozen=True)
class Card:
    """The estimator card of one column: all that its numbers depend on, and what came of it.

    Two columns with different `key` are never mixed. `outcome` (rows truncated, matched temperatures, ...)
    is known only after scoring and is not part of the key.
    """

    column: str
    definition: str
    unit: str = "nats"
    direction: str = "higher = less certain"
    model: str | None = None
    revision: str | None = None
    dtype: str = "float64"
    max_tokens: int | None = None
    seed: int | None = None
    version: int = 1
    parameters: Mapping[str, Any] = field(default_factory=dict)
    outcome: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """16 hex digits over everything but `outcome`."""
        content = self.to_json()
        del content["outcome"]
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]

    def to_json(self) -> JsonDict:
        """Plain JSON values, keys in the order of the fields."""
        return asdict(self)

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "Card":
        """The card that `to_json` wrote."""
        return cls(**content)

    def with_outcome(self, **facts: Any) -> "Card":
        """The same card with what scoring found out."""
        return replace(self, outcome={**self.outcome, **facts})


@dataclass(frozen=True, eq=False)
class ScoredBatch:
    """Some rows and their numbers.

    Attributes:
        rows: (b,) rows of the corpus.
        values: column name -> (b,) float32; nan = nothing to score.
        flags: (b,) uint8 of `Flag` bits.
        outcome: facts for the card that only scoring can know.
    """

    rows: Ints
    values: Mapping[str, Floats]
    flags: NDArray[np.uint8]
    outcome: Mapping[str, Any] = field(default_factory=dict)


class Scorer(Protocol):
    """One estimator; one pass over the texts may yield several columns."""

    @property
    def cards(self) -> Mapping[str, Card]:
        """Column name -> card; the first is the column the family is named after."""

    def score(self, corpus: Corpus, rows: Ints) -> Iterator[ScoredBatch]:
        """Score `rows` and yield them in any order; a batch is complete when it is yielded."""


@dataclass(frozen=True)
class Band:
    """An interval on the quantile scale [0, 1] of one column: lowest values at 0, highest at 1."""

    lo: float
    hi: float


class Strategy(StrEnum):
    """How rows are chosen under a budget."""

    BAND = "band"
    RANDOM = "random"
    TOP = "top"
    BOTTOM = "bottom"


class Balance(StrEnum):
    """How the budget is shared among the classes."""

    PROPORTIONAL = "proportional"  # as in the whole data set
    NONE = "none"  # whatever the band holds


@dataclass(frozen=True)
class SelectionRequest:
    """All that decides a subset, the data apart.

    Attributes:
        budget: share of all rows in (0, 1], or a number of rows (int, at least 1).
        by: the column whose quantiles the band is on; the one that top and bottom sort by.
        strategy: how rows are chosen.
        band: the interval; None = the default interval of the budget.
        balance: how the budget is shared among classes.
        seed: decides between rows that are equally good.
    """

    budget: float | int
    by: str = "igse"
    strategy: Strategy = Strategy.BAND
    band: Band | None = None
    balance: Balance = Balance.PROPORTIONAL
    seed: int = 0


@dataclass(frozen=True, eq=False)
class Selection:
    """The chosen rows in order of choice, and how it came to them.

    Attributes:
        rows: (k,) int64, distinct.
        steps: how each step changed the count: (name, rows left).
        recipe: plain JSON that replays this selection on the same data.
    """

    rows: Ints
    steps: tuple[tuple[str, int], ...]
    recipe: JsonDict


class RunState(StrEnum):
    """Where a run is."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    LOST = "lost"  # its process is gone and left no word
