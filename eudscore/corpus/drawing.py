"""Which rows of a source become the corpus: those that fulfil a condition, a sample of them, the first of these."""

import heapq
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from eudscore.corpus.condition import fulfils
from eudscore.errors import RequestError
from eudscore.records import ROW_IN_SOURCE, Bools, Ints


@dataclass(frozen=True, eq=False)
class Drawn:
    """The rows that were drawn, in the order of the source.

    Attributes:
        table: with a column `row_in_source` (int64, from 0 on) where a condition or a sample left rows out.
        drawn_from: rows of the source where any was left out, else None.
        notes: a sentence for each step that was asked for.
    """

    table: pa.Table
    drawn_from: int | None = None
    notes: tuple[str, ...] = ()


def draw(
    table: pa.Table, *, label: str | None = None, where: str | None = None, sample: int | None = None,
    stratified: bool = False, seed: int = 0, limit: int | None = None,
) -> Drawn:  # fmt: skip
    """Keep the rows that fulfil a condition, of these a sample, and of these the first.

    Args:
        table: (n rows) the source.
        label: the column that a stratified sample keeps the shares of.
        where: an SQL expression over the columns; see `condition.fulfils`.
        sample: how many rows are drawn at random without replacement; all where there are no more.
        stratified: whether each class keeps its share, with at least one row where there is room.
        seed: 0 or more. Of one source and seed a smaller random sample is part of a larger one.
        limit: how many rows are kept at most, from the first on.

    Raises:
        RequestError: a number is out of its range, there is no label to keep the shares of, the condition is none, or
            no row fulfils it.
    """
    _check(table, label=label, sample=sample, stratified=stratified, seed=seed, limit=limit)
    n, notes = table.num_rows, []
    kept = np.ones(n, dtype=np.bool_)
    if where is not None:
        kept = fulfils(table, where)
        notes.append(_on_condition(where, int(kept.sum()), n))
    if sample is not None:
        there = np.flatnonzero(kept).astype(np.int64)
        chosen = _sampled(table, label if stratified else None, there, sample, seed)
        kept = _mask(chosen, n)
        notes.append(_on_sample(len(chosen), len(there), sample, label if stratified else None, seed))
    drawn = table if kept.all() else _numbered(table, kept)
    if limit is not None and drawn.num_rows > limit:
        notes.append(f"The first {limit:,} of {drawn.num_rows:,} rows.")
        drawn = drawn.slice(0, limit)
    return Drawn(drawn, n if drawn.num_rows < n else None, tuple(notes))


def _check(
    table: pa.Table, *, label: str | None, sample: int | None, stratified: bool, seed: int, limit: int | None
) -> None:
    if limit is not None and limit < 1:
        raise RequestError(f"The limit is {limit} rows: give 1 or more, or leave it out.")
    if sample is not None and sample < 1:
        raise RequestError(f"The sample is {sample} rows: give 1 or more, or leave it out.")
    if seed < 0:
        raise RequestError(f"The seed is {seed}: give a whole number from 0 on.")
    if not stratified:
        return
    if sample is None:
        raise RequestError("A stratified sample needs its size: say how many rows, or leave it out.")
    if label is None:
        raise RequestError("A stratified sample needs the label column: name it, or draw at random.")
    if label not in table.column_names:
        there = ", ".join(map(repr, table.column_names[:12]))
        raise RequestError(f"A stratified sample needs a column {label!r}, and there are only {there}: name one.")


def _numbered(table: pa.Table, kept: Bools) -> pa.Table:
    """The rows that are kept, each with its place in the source: it could not be found again without."""
    name, n = ROW_IN_SOURCE, 2
    while name in table.column_names:
        name, n = f"{ROW_IN_SOURCE}_{n}", n + 1
    rows = pa.array(np.flatnonzero(kept).astype(np.int64))
    return table.filter(pa.array(kept)).append_column(name, rows)


def _sampled(table: pa.Table, label: str | None, there: Ints, sample: int, seed: int) -> Ints:
    """Up to `sample` of the rows `there`, in no order."""
    order = np.random.default_rng(seed).permutation(there)
    if label is None or sample >= len(there):
        return order[:sample]
    strata = _strata(table, label)[order]
    sizes = np.bincount(strata)
    wanted = shares(sizes, sample)
    grouped = np.argsort(strata, kind="stable")
    place = np.arange(len(order)) - np.repeat(np.cumsum(sizes) - sizes, sizes)  # within its class, from 0 on
    return order[grouped[place < np.repeat(wanted, sizes)]]


def _strata(table: pa.Table, label: str) -> Ints:
    """(n,) the number of each row's class; rows without a label are a class of their own."""
    column = table.column(label)
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_nested(column.type):
        raise RequestError(f"Column {label!r} holds {column.type}, which makes no classes: draw at random instead.")
    encoded = column.combine_chunks().dictionary_encode()
    parts = encoded.unify_dictionaries().chunks if isinstance(encoded, pa.ChunkedArray) else [encoded]
    codes = [pc.fill_null(part.indices.cast(pa.int64()), -1).to_numpy(zero_copy_only=False) for part in parts]
    return np.asarray(np.concatenate(codes) + 1, dtype=np.int64)


def shares(sizes: Ints, total: int) -> Ints:
    """How many rows each class gets of a smaller total: by largest remainder, at least one where there is room.

    Args:
        sizes: (c,) rows of each class, 0 allowed.
        total: at most their sum.

    Returns:
        (c,) int64, at most `sizes`, that add up to `total`.
    """
    exact = sizes * (total / max(1, int(sizes.sum())))
    wanted: Ints = np.floor(exact).astype(np.int64)
    if np.count_nonzero(sizes) <= total:
        wanted = np.where((wanted == 0) & (sizes > 0), 1, wanted)
    missing = total - int(wanted.sum())
    if missing > 0:
        open_to_more = np.flatnonzero(wanted < sizes)
        best = open_to_more[np.argsort(wanted[open_to_more] - exact[open_to_more], kind="stable")]
        wanted[best[:missing]] += 1
    # Where a first row for each of many small classes took too much, those furthest above their share give it back.
    above = [(float(exact[c] - wanted[c]), int(c)) for c in np.flatnonzero(wanted > 1)] if missing < 0 else []
    heapq.heapify(above)
    for _ in range(-missing):
        distance, c = heapq.heappop(above)
        wanted[c] -= 1
        if wanted[c] > 1:
            heapq.heappush(above, (distance + 1, c))
    return wanted


def _mask(rows: Ints, n: int) -> Bools:
    chosen = np.zeros(n, dtype=np.bool_)
    chosen[rows] = True
    return chosen


def _on_condition(where: str, fulfilling: int, n: int) -> str:
    said = " ".join(where.split())
    if not fulfilling:
        raise RequestError(f"No row of {n:,} fulfils the condition {said[:120]!r}: make it wider, or leave it out.")
    return f"{fulfilling:,} of {n:,} rows fulfil the condition {said}."


def _on_sample(drawn: int, there: int, wanted: int, label: str | None, seed: int) -> str:
    if drawn == there:
        return f"All {there:,} rows, because a sample of {wanted:,} leaves none out."
    how = "at random" if label is None else f"at random with the shares of {label!r} kept,"
    return f"{drawn:,} of {there:,} rows, drawn {how} with seed {seed}."
