import datetime as dt

import numpy as np
import pyarrow as pa
import pytest

from eudscore.corpus.roles import detect_roles
from eudscore.records import Roles

N = 40
UNIQUE = [
    pa.array([dt.timedelta(days=n) for n in range(N)]), pa.array([b"%d" % n for n in range(N)]),
    pa.array(np.arange(N), pa.float16()), pa.array([f"{n}" for n in range(N)], pa.string_view()),
    pa.array([dt.date(2020, 1, 1) + dt.timedelta(n) for n in range(N)]),
    pa.array([f"{n}" for n in range(N)]).dictionary_encode(),
]  # fmt: skip
OTHERS = [
    pa.nulls(N), pa.nulls(N, pa.string()), pa.array([[n] for n in range(N)]), pa.array([{"a": n} for n in range(N)]),
    pa.array([b"%d" % n for n in range(N)], pa.binary_view()),
]  # fmt: skip


@pytest.mark.parametrize("column", UNIQUE, ids=lambda column: str(column.type))
def test_an_id_may_be_of_any_kind_that_can_be_written_down(column: pa.Array) -> None:
    assert detect_roles(pa.table({"text": ["some words"] * N, "id": column})).roles == Roles("text", id="id")


@pytest.mark.parametrize("column", OTHERS, ids=lambda column: str(column.type))
@pytest.mark.parametrize("name", ["id", "author", "weight"])
def test_what_cannot_name_a_row_does_no_harm(name: str, column: pa.Array) -> None:
    assert detect_roles(pa.table({"text": ["some words"] * N, name: column})).roles == Roles("text")


@pytest.mark.parametrize(
    ("authors", "found"),
    [
        ([n % 10 for n in range(N)], True),
        ([n % 9 for n in range(N)], False),
        ([n // 20 * 20 + max(n % 20, 10) for n in range(N)], False),
        ([n % 10 if n < 18 else None for n in range(N)], False),
        ([f"{n % 10}" if n < 18 else " " for n in range(N)], False),
        ([float(n % 10) for n in range(N)], False),
    ],
    ids=["ten groups of four", "nine groups", "two groups of eleven", "names for few", "blank for most", "floats"],
)
def test_a_group_is_only_guessed_where_folds_can_be_made_of_it(authors: list[object], found: bool) -> None:
    roles = detect_roles(pa.table({"text": ["some words"] * N, "author": authors})).roles
    assert (roles.group == "author") is found


def test_the_reasons_count_what_was_found() -> None:
    table = pa.table(
        {"text": ["some words"] * N, "id": range(N), "author": [n % 10 for n in range(N)], "weight": [0.5] * N}
    )
    reasons = detect_roles(table).reasons
    assert reasons["id"] == "`id` looks like the id: it has a value of its own in each of 40 rows."
    assert reasons["group"] == (
        "`author` looks like the group: 10 groups of 4.0 rows on average, which stay together when a classifier is "
        "cross-fitted."
    )
    assert reasons["weight"] == "`weight` looks like the weight: from 0.5 to 0.5; no score uses it yet."
