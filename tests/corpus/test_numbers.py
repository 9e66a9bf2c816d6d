from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eudscore.corpus import numbers
from eudscore.corpus.numbers import content_of, first_of_other_width, in_short, number_blocks, width_of

KINDS = [
    pa.list_(pa.float32()), pa.large_list(pa.float64()), pa.list_(pa.float32(), 2), pa.list_(pa.float16()),
    pa.list_(pa.int64()), pa.list_(pa.decimal128(10, 2)),
]  # fmt: skip
rows_of_two = st.lists(st.none() | st.lists(st.integers(-99, 99), min_size=2, max_size=2), min_size=1, max_size=12)


def chunked(values: list[object], kind: pa.DataType) -> pa.ChunkedArray:
    """The values in chunks of which the first is a slice of something longer."""
    half = len(values) // 2
    return pa.chunked_array([pa.array([None, *values[:half]], kind).slice(1), pa.array(values[half:], kind)])


def whole(table: pa.Table, columns: list[str]) -> np.ndarray:
    return np.concatenate([block for _, block in number_blocks(table, columns)])


@pytest.mark.parametrize("kind", KINDS, ids=str)
@given(values=rows_of_two)
def test_lists_of_every_kind_read_as_they_were_written(kind: pa.DataType, values: list[list[int] | None]) -> None:
    table = pa.table({"v": chunked(values, kind)})
    if width_of(table, ["v"]) is None:
        assert not any(values)
        return
    expected = np.array([[np.nan, np.nan] if row is None else row for row in values])
    np.testing.assert_array_equal(whole(table, ["v"]), expected)


@given(rows_of_two)
def test_the_content_does_not_depend_on_how_it_is_stored(values: list[list[int] | None]) -> None:
    if not any(values):
        return
    seen = {content_of(pa.table({"v": chunked(values, kind)}), ["v"], "<f4") for kind in KINDS}
    pairs = [row or (None, None) for row in values]
    split = pa.table({"x": [pair[0] for pair in pairs], "y": pa.array([pair[1] for pair in pairs], pa.float64())})
    assert seen == {content_of(split, ["x", "y"], "<f4")}


@given(rows_of_two, st.data())
def test_another_number_is_another_content(values: list[list[int] | None], data: st.DataObject) -> None:
    present = [row for row, value in enumerate(values) if value is not None]
    if not present:
        return
    row = data.draw(st.sampled_from(present))
    other = [*values[:row], [values[row][0] + 1, values[row][1]], *values[row + 1 :]]
    one, two = (pa.table({"v": pa.array(rows, pa.list_(pa.float32()))}) for rows in (values, other))
    assert content_of(one, ["v"], "<f4") != content_of(two, ["v"], "<f4")


def test_blocks_say_where_they_begin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(numbers, "_ROWS", 3)
    table = pa.table({"a": np.arange(8.0), "b": np.arange(8)})
    blocks = list(number_blocks(table, ["a", "b"]))
    assert [start for start, _ in blocks] == [0, 3, 6]
    for start, block in blocks:
        assert block[0].tolist() == [start, start]


@pytest.mark.parametrize(
    ("values", "width", "other"),
    [
        ([[1.0, 2.0], [3.0]], 2, (1, 1)),
        ([None, [1.0], [3.0, 2.0], []], 1, (2, 2)),
        ([None, [1.0], []], 1, (2, 0)),
        ([None, [1.0], [2.0]], 1, None),
    ],
)
@pytest.mark.parametrize(
    "stored", [pa.chunked_array, lambda chunks: pa.chunked_array([c for a in chunks for c in (a[:1], a[1:])])]
)
def test_the_first_list_of_another_width_is_found(
    values: list[object], width: int, other: tuple[int, int] | None, stored: Callable[[list[pa.Array]], pa.ChunkedArray]
) -> None:
    table = pa.table({"v": stored([pa.array(values, pa.list_(pa.float32()))])})
    assert width_of(table, ["v"]) == width
    assert first_of_other_width(table, "v", width) == other


def test_columns_are_named_in_short() -> None:
    assert in_short(["a"]) == "`a`"
    assert in_short(["a", "b"]) == "`a` and `b`"
    assert in_short(["a", "b", "c"]) == "`a` … `c`"
