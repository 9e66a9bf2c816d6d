"""A page of rows: which, in what order of columns, and how long a cell may be."""

import datetime

import numpy as np
import pyarrow as pa

from eudscore.records import Corpus, Roles
from eudscore.ui.rows import PAGE, _in_front, _page, roles_in_order


def corpus_of(table: pa.Table, roles: Roles) -> Corpus:
    return Corpus("toy", "toy.csv", table, roles, (), np.full(len(table), -1))


def test_columns_that_play_a_role_come_first() -> None:
    table = pa.table({"a": ["1"], "x": [0.1], "text": ["t"], "y": [0.2], "who": ["me"]})
    roles = Roles("text", group="who", coordinates=("x", "y"))
    assert roles_in_order(roles) == ["text", "who", "x", "y"]
    assert _in_front(corpus_of(table, roles)) == ["text", "who", "x", "y", "a"]


def test_a_page_carries_the_numbers_of_its_rows_and_no_more_than_a_page() -> None:
    table = pa.table({"text": [f"text {row}" for row in range(1000)]})
    page = _page(corpus_of(table, Roles("text")), 700, ["text"])
    assert page.index.tolist() == list(range(700, 700 + PAGE))
    assert page["text"].tolist()[0] == "text 700"
    assert len(_page(corpus_of(table, Roles("text")), 990, ["text"])) == 10


def test_long_and_nested_cells_travel_in_short() -> None:
    table = pa.table({
        "text": ["x" * 5000, None], "n": [1, None], "when": [datetime.date(2026, 1, 2), None],
        "turns": [[{"role": "user", "content": "hä"}], None], "raw": [b"\xff", None],
    })  # fmt: skip
    page = _page(corpus_of(table, Roles("text")), 0, list(table.column_names))
    assert len(page["text"][0]) == 1000
    assert page["text"][0].endswith("…")
    assert page["turns"][0] == '[{"role": "user", "content": "hä"}]'
    assert page["n"][0] == 1
    assert page["text"].isna().tolist() == [False, True]
