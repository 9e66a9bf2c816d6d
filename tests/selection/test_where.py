"""What is picked, as one value."""

from dataclasses import dataclass, field

import numpy as np
import pytest

from eudscore.errors import RequestError
from eudscore.selection.codes import LAST, NO_VALUE
from eudscore.selection.where import Mark, Where, parse_where, rows_where

BOX = [0, 0, 2, 0, 2, 2, 0, 2]


@dataclass
class Six:
    """Six rows: codes 0 to 5 (the last without a value), classes 0, 1, 1, -1, 0, 1, on a line from (0.5, 1) on."""

    labels: np.ndarray = field(default_factory=lambda: np.array([0, 1, 1, -1, 0, 1]))
    positions: np.ndarray | None = field(
        default_factory=lambda: np.array([[0.5 + row, 1] for row in range(6)], dtype=np.float32)
    )

    def codes(self, column):
        return {"a": np.array([0, 1, 2, 3, 4, NO_VALUE], dtype=np.uint16)}[column]

    def found(self, mark):
        return np.array([mark.content == "even" and row % 2 == 0 for row in range(6)])


def rows(content, pool=None):
    where = parse_where(content, columns=["a"], classes=2)
    assert parse_where(where.to_json(), columns=["a"], classes=2) == where
    return np.flatnonzero(rows_where(where, pool or Six())).tolist()


def test_nothing_said_leaves_every_row():
    assert rows({}) == [0, 1, 2, 3, 4, 5]
    assert Where().to_json() == {}


def test_a_band_holds_both_of_its_ends_and_no_row_without_a_value():
    assert rows({"bands": {"a": [1, 3]}}) == [1, 2, 3]
    assert rows({"bands": {"a": [0, LAST]}}) == [0, 1, 2, 3, 4]


def test_classes_are_any_of_those_named_and_unlabelled_is_one():
    assert rows({"classes": [1]}) == [1, 2, 5]
    assert rows({"classes": [-1, 0]}) == [0, 3, 4]
    assert rows({"classes": []}) == []


def test_marks_begin_with_no_row_if_they_add_and_with_all_if_they_cut():
    assert rows({"marks": [{"op": "add", "area": BOX}]}) == [0, 1]
    assert rows({"marks": [{"op": "cut", "area": BOX}]}) == [2, 3, 4, 5]
    assert rows({"marks": [{"op": "add", "area": BOX}, {"op": "cut", "rows": [1, 99]}]}) == [0]
    assert rows({"marks": [{"op": "add", "rows": []}]}) == []


def test_searches_are_rows_like_any_others():
    assert rows({"marks": [{"op": "add", "words": "even"}], "bands": {"a": [1, LAST]}}) == [2, 4]


def test_a_where_within_a_where_is_its_rows():
    inner = {"bands": {"a": [1, 3]}, "classes": [1]}
    assert rows({"marks": [{"op": "cut", "where": inner}]}) == [0, 3, 4, 5]
    assert rows({"marks": [{"op": "add", "where": inner}, {"op": "add", "rows": [5]}]}) == [1, 2, 5]


def test_an_outline_without_a_map_is_told():
    pool = Six()
    pool.positions = None
    with pytest.raises(RequestError, match="no map yet"):
        rows({"marks": [{"op": "add", "area": BOX}]}, pool)


def test_of_an_unknown_score_the_name_is_told():
    with pytest.raises(RequestError, match="'entropie'"):
        parse_where({"bands": {"entropie": [0, 1]}}, columns=["a"], classes=0)


@pytest.mark.parametrize(
    "content",
    [
        None, [], "all", 3, {"rows": [1]}, {"bands": []}, {"bands": {"a": [0]}}, {"bands": {"a": [3, 1]}},
        {"bands": {"a": [0, 65535]}}, {"bands": {"a": [0.5, 1]}}, {"bands": {"a": [True, 1]}}, {"classes": [2]},
        {"classes": [-2]}, {"classes": "1"}, {"classes": [1] * 9}, {"marks": {}}, {"marks": [[]]}, {"marks": [{}]},
        {"marks": [{"op": "xor", "rows": []}]}, {"marks": [{"op": "add"}]}, {"marks": [{"op": "add", "sql": "1=1"}]},
        {"marks": [{"op": "add", "rows": [1], "area": BOX}]}, {"marks": [{"op": "add", "area": [1, 2, 3]}]},
        {"marks": [{"op": "add", "area": [0, 0, "1", 1]}]}, {"marks": [{"op": "add", "area": [1e40, 0] * 3}]},
        {"marks": [{"op": "add", "area": [float("nan"), 0] * 3}]},
        {"marks": [{"op": "add", "area": [0, 0] * 600}]}, {"marks": [{"op": "add", "rows": [-1]}]},
        {"marks": [{"op": "add", "words": " "}]}, {"marks": [{"op": "add", "words": "x" * 301}]},
        {"marks": [{"op": "add", "meaning": 3}]}, {"marks": [{"op": "add", "like": -1}]},
        {"marks": [{"op": "add", "like": 1, "most": -1}]}, {"marks": [{"op": "add", "like": 1, "most": "9"}]},
        {"marks": [{"op": "add", "rows": []}] * 65}, {"marks": [{"op": "add", "where": {"bands": {"a": 1}}}]},
    ],
)  # fmt: skip
def test_what_means_nothing_is_refused_in_a_sentence(content):
    with pytest.raises(RequestError, match=r"^The selection .*\.$"):
        parse_where(content, columns=["a"], classes=2)


def test_an_endless_nest_is_refused():
    content = {}
    for _ in range(9):
        content = {"marks": [{"op": "cut", "where": content}]}
    with pytest.raises(RequestError):
        parse_where(content, columns=[], classes=0)


def test_a_mark_is_told_apart_by_all_it_says():
    assert Mark("add", "like", 3, 10) != Mark("add", "like", 3, 20)
    assert hash(Mark("add", "area", (0, 1))) == hash(Mark("add", "area", (0, 1)))
