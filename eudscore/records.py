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

from eudscore.scored_texts import scored_texts

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
JsonDict = dict[str, Any]

UNLABELLED = -1
ROW_IN_SOURCE = "row_in_source"
"""Column of a corpus of which a sample or a condition left rows out: int64, from 0 on."""

_PIECE = 65_536  # rows


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
    """Which column is what.

    Attributes:
        text: what is scored: strings, or a chat as lists of turns.
        label: the class.
        pair: a second text that is scored together with the first (a hypothesis, an answer to compare).
        prompt: what came before the text and is not scored itself.
        context: what a question is asked about.
        answer: to a question.
        answer_start: where it begins in the context, in characters.
        group: rows of one group (an author, a document) never stand on both sides of a split.
        id: what the source calls a row.
        weight: how much a row counts.
        vectors: the user's own sentence vectors: one column of lists, or several of numbers.
        probabilities: the user's own class probabilities, in the order of the classes: likewise.
        coordinates: the user's own two coordinates: likewise.
    """

    text: str
    label: str | None = None
    pair: str | None = None
    prompt: str | None = None
    context: str | None = None
    answer: str | None = None
    answer_start: str | None = None
    group: str | None = None
    id: str | None = None
    weight: str | None = None
    vectors: tuple[str, ...] = ()
    probabilities: tuple[str, ...] = ()
    coordinates: tuple[str, ...] = ()

    def to_json(self) -> JsonDict:
        """Text and label, and whatever other role is played."""
        played = {role: list(column) if isinstance(column, tuple) else column for role, column in asdict(self).items()}
        return {role: column for role, column in played.items() if column or role in ("text", "label")}

    def renamed(self, names: Mapping[str, str]) -> "Roles":
        """The same roles where the columns have other names."""
        return Roles(**{role: _renamed(column, names) for role, column in asdict(self).items()})

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "Roles":
        """The roles that `to_json` wrote."""
        played: dict[str, Any] = {role: tuple(c) if isinstance(c, list) else c for role, c in content.items()}
        return cls(**played)


def _renamed(column: str | tuple[str, ...] | None, names: Mapping[str, str]) -> Any:
    if isinstance(column, tuple):
        return tuple(names[name] for name in column)
    return None if column is None else names[column]


@dataclass(frozen=True, eq=False)
class Corpus:
    """A data set and the roles of its columns; it never changes.

    Attributes:
        name: what people call it; not part of its identity.
        source: the path or id it was read from, `demo`, or `upload:<file name>`.
        table: (n rows) every column of the source, memory-mapped where it comes from the workspace.
        roles: which column is what.
        classes: names of the classes; a label is a position in it.
        labels: (n,) int64, `UNLABELLED` (-1) where there is none.
        notes: how it was read, a sentence each (encoding, delimiter, what was unpacked); not part of its identity.
        reasons: role -> why its column was taken for it, a sentence; not part of its identity.
        drawn_from: rows of the source where only some of them were read, else None.
    """

    name: str
    source: str
    table: pa.Table
    roles: Roles
    classes: tuple[str, ...]
    labels: Ints
    notes: tuple[str, ...] = ()
    reasons: Mapping[str, str] = field(default_factory=dict)
    drawn_from: int | None = None

    def __len__(self) -> int:
        return int(self.table.num_rows)

    @cached_property
    def text_column(self) -> pa.ChunkedArray:
        """(n,) the strings that are scored; null where there is none."""
        return scored_texts(self.table, text=self.roles.text, pair=self.roles.pair)

    @cached_property
    def id(self) -> str:
        """First 16 hex digits of the SHA-256 of the texts: what the label-free scores depend on."""
        digest = hashlib.sha256()
        for texts in _pieces(self.text_column):
            for text in texts.to_pylist():
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
        values = self.text_column if column is None else self.table.column(column)
        found = values.to_pylist() if rows is None else _taken(values, np.asarray(rows, dtype=np.int64))
        return ["" if text is None else str(text) for text in found]

    def pairs(self, rows: Ints | Sequence[int]) -> list[tuple[str, str]]:
        """Text and second text of some rows, in the order asked; null reads as empty.

        Raises:
            ValueError: no column is the second text.
        """
        if self.roles.pair is None:
            raise ValueError(f"{self.name} has no second text")
        first, second = (self.texts(rows, column=column) for column in (self.roles.text, self.roles.pair))
        return list(zip(first, second, strict=True))

    @cached_property
    def has_text(self) -> Bools:
        """(n,) whether there is anything but white space to read; a row without is never chosen."""
        trimmed = (pc.utf8_trim_whitespace(pc.fill_null(texts, "")) for texts in _pieces(self.text_column))
        found = [pc.not_equal(texts, "").to_numpy(zero_copy_only=False) for texts in trimmed]
        return np.concatenate([np.zeros(0, dtype=np.bool_), *found])

    @property
    def labelled(self) -> bool:
        """Whether any row carries a label."""
        return bool((self.labels >= 0).any())


def _taken(column: pa.ChunkedArray, rows: Ints) -> list[Any]:
    """Some rows of a column, chunk by chunk: `take` on the whole copies it."""
    ends = np.cumsum([len(chunk) for chunk in column.chunks], dtype=np.int64)
    if len(rows) and not (rows.min() >= 0 and rows.max() < len(column)):
        raise IndexError(f"rows from {rows.min()} to {rows.max()} of {len(column)}")
    chunk_of = np.searchsorted(ends, rows, side="right")
    found = np.empty(len(rows), dtype=object)
    for number in np.unique(chunk_of):
        here = np.flatnonzero(chunk_of == number)
        chunk = column.chunk(int(number))
        found[here] = chunk.take(pa.array(rows[here] - (ends[number] - len(chunk)))).to_pylist()
    return list(found)


def _pieces(column: pa.ChunkedArray) -> Iterator[pa.Array]:
    """A column in pieces that are small beside a large one."""
    for chunk in column.chunks:
        for start in range(0, len(chunk), _PIECE):
            yield chunk.slice(start, _PIECE)


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


class RunState(StrEnum):
    """Where a run is."""

    QUEUED = "queued"
    RUNNING = "running"
    PAUSED = "paused"  # stopped at a point from which it goes on when somebody says so
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    LOST = "lost"  # its process is gone and left no word
