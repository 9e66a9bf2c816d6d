"""Drawing: which rows, in which order, and what is said about it."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eudscore.corpus.drawing import draw, shares
from eudscore.errors import RequestError


def numbered(n: int, **more: pa.Array) -> pa.Table:
    return pa.table({"n": pa.array(np.arange(n)), "text": [f"text {i}" for i in range(n)], **more})


def test_nothing_asked_gives_the_table_itself() -> None:
    table = numbered(3)
    drawn = draw(table)
    assert drawn.table is table
    assert (drawn.drawn_from, drawn.notes) == (None, ())


@given(st.integers(1, 60), st.integers(1, 60), st.integers(0, 5))
def test_a_sample_holds_distinct_rows_in_source_order(n: int, size: int, seed: int) -> None:
    drawn = draw(numbered(n), sample=size, seed=seed)
    rows = drawn.table["n"].to_pylist()
    assert rows == sorted(set(rows))
    assert len(rows) == min(n, size)
    assert drawn.drawn_from == (n if size < n else None)
    if size < n:
        assert drawn.table["row_in_source"].to_pylist() == rows
        assert drawn.table["row_in_source"].type == pa.int64()
    assert draw(numbered(n), sample=size, seed=seed).table.equals(drawn.table)


def test_every_row_is_as_likely_and_a_smaller_sample_is_part_of_a_larger_one() -> None:
    counts = np.zeros(10)
    for seed in range(2000):
        few, many = (set(draw(numbered(10), sample=k, seed=seed).table["n"].to_pylist()) for k in (3, 6))
        assert few < many
        counts[list(few)] += 1
    assert np.abs(counts / 2000 - 0.3).max() < 0.05


def test_each_step_works_on_what_the_one_before_left() -> None:
    drawn = draw(numbered(1000), where="n >= 500", sample=100, limit=10, seed=3)
    rows = drawn.table["n"].to_pylist()
    assert rows == drawn.table["row_in_source"].to_pylist() == sorted(rows)
    assert rows == draw(numbered(1000), where="n >= 500", sample=100, seed=3).table["n"].to_pylist()[:10]
    assert min(rows) >= 500
    assert drawn.drawn_from == 1000
    assert drawn.notes == (
        "500 of 1,000 rows fulfil the condition n >= 500.",
        "100 of 500 rows, drawn at random with seed 3.",
        "The first 10 of 100 rows.",
    )


def test_a_limit_alone_leaves_row_numbers_as_they_are() -> None:
    drawn = draw(numbered(10), limit=4)
    assert drawn.table.column_names == ["n", "text"]
    assert (drawn.table["n"].to_pylist(), drawn.drawn_from) == ([0, 1, 2, 3], 10)
    assert draw(numbered(4), limit=4).drawn_from is None


def test_a_sample_that_is_larger_than_the_source_is_all_of_it_and_says_so() -> None:
    drawn = draw(numbered(3), sample=5)
    assert drawn.table.equals(numbered(3))
    assert drawn.notes == ("All 3 rows, because a sample of 5 leaves none out.",)


def test_the_column_of_places_takes_a_free_name() -> None:
    table = numbered(4, row_in_source=pa.array([9, 9, 9, 9]))
    assert draw(table, where="n > 1").table["row_in_source_2"].to_pylist() == [2, 3]


@given(st.lists(st.integers(0, 40), min_size=1, max_size=12), st.data())
def test_shares_add_up_and_stay_near_the_exact_ones(sizes: list[int], data: st.DataObject) -> None:
    total = data.draw(st.integers(0, sum(sizes)))
    counts = np.array(sizes)
    found = shares(counts, total)
    assert found.sum() == total
    assert (found <= counts).all()
    room = np.count_nonzero(counts) <= total
    if room:
        assert (found[counts > 0] >= 1).all()
    exact = counts * total / max(1, counts.sum())
    assert (found <= np.maximum(np.ceil(exact), 1)).all()
    if (np.floor(exact)[counts > 0] >= 1).all():  # nothing was raised to one: the plain largest remainder
        assert (np.abs(found - exact) < 1).all()


LABELS = {
    "strings": pa.array(["a"] * 90 + ["b"] * 9 + [None]),
    "categories": pa.array(["a"] * 90 + ["b"] * 9 + [None]).dictionary_encode(),
    "whole numbers": pa.array([1] * 90 + [2] * 9 + [None]),
    "truth values": pa.array([True] * 90 + [False] * 9 + [None]),
    "floats": pa.array([1.0] * 90 + [2.0] * 9 + [None]),
    "pieces": pa.chunked_array([["a"] * 50, ["a"] * 40 + ["b"] * 5, ["b"] * 4 + [None]]),
}


@pytest.mark.parametrize("kind", LABELS)
def test_a_stratified_sample_keeps_the_shares(kind: str) -> None:
    drawn = draw(numbered(100, label=LABELS[kind]), label="label", sample=20, stratified=True)
    names, counts = np.unique([str(value) for value in drawn.table["label"].to_pylist()], return_counts=True)
    assert sorted(counts.tolist()) == [1, 1, 18]
    assert "None" in names[counts == 1].tolist()
    assert drawn.notes == ("20 of 100 rows, drawn at random with the shares of 'label' kept, with seed 0.",)


def test_a_column_of_nothing_is_one_class() -> None:
    drawn = draw(numbered(10, label=pa.nulls(10)), label="label", sample=4, stratified=True)
    assert drawn.table.num_rows == 4


def test_more_classes_than_room_gives_each_row_to_the_largest() -> None:
    labels = pa.array(["a"] * 50 + [f"c{i}" for i in range(50)])
    drawn = draw(numbered(100, label=labels), label="label", sample=10, stratified=True)
    assert drawn.table.num_rows == 10
    assert drawn.table["label"].to_pylist().count("a") == 5


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"limit": 0}, "The limit is 0 rows"),
        ({"sample": 0}, "The sample is 0 rows"),
        ({"sample": -1}, "The sample is -1 rows"),
        ({"sample": 1, "seed": -1}, "The seed is -1"),
        ({"stratified": True, "label": "n"}, "needs its size"),
        ({"stratified": True, "sample": 2}, "needs the label column"),
        ({"stratified": True, "sample": 2, "label": "lable"}, "needs a column 'lable'"),
        ({"stratified": True, "sample": 2, "label": "tags"}, "makes no classes"),
        ({"where": "n > 99"}, "No row of 3 fulfils"),
    ],
)
def test_what_cannot_be_drawn_says_why(options: dict[str, object], sentence: str) -> None:
    table = numbered(3, tags=pa.array([["a"], [], ["b"]]))
    with pytest.raises(RequestError, match=sentence):
        draw(table, **options)
