"""Conditions: what they may say is answered as SQL has it, and whatever reaches beyond the row is refused."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from eudscore.corpus import condition
from eudscore.corpus.condition import LONGEST, fulfils
from eudscore.errors import RequestError

TABLE = pa.table(
    {
        "text": ["a", "bb", None, "it's"],
        "n": [1, 2, None, -3],
        "label": pa.array(["x", "y", "x", None]).dictionary_encode(),
        "tags": [["p"], [], None, ["p", "q"]],
        "two words": [1.5, float("nan"), 0.0, None],
        "Ab": ["1", "2", "3", "4"],
        "ab": ["1", "2", "3", "4"],
    }
)


@pytest.mark.parametrize(
    ("where", "rows"),
    [
        ("n > 1", [1]),
        ("NOT n > 1", [0, 3]),  # null is neither
        ("text = 'it''s' OR n = 1 AND label = 'x'", [0, 3]),
        ("length(text) > 1 -- a remark", [1, 3]),
        ('"two words" > 1 AND n = 1', [0]),
        ("TEXT is null", [2]),
        ("data.n in (1, 2)", [0, 1]),
        ("list_contains(tags, 'p')", [0, 3]),
        ("list_filter([n], lambda x: x > 1) = [2]", [1]),
        ("label = 'x'", [0, 2]),
        ("columns('^n$') > 0", [0, 1]),
        ("true", [0, 1, 2, 3]),
        ("1 = 2", []),
    ],
)
def test_a_condition_is_answered_as_sql_has_it(where: str, rows: list[int]) -> None:
    assert np.flatnonzero(fulfils(TABLE, where)).tolist() == rows


ATTACKS = [
    "n = 1; SELECT 1",
    "n = 1; DROP TABLE data",
    "n = 1) OR (n = 2",
    "n = 1) UNION SELECT n FROM data WHERE (true",
    "true) --",
    "true) /*",
    "n = 1 LIMIT 1",
    "n = 1 ORDER BY n",
    "n = 1 GROUP BY n",
    "n = 1 UNION SELECT 1",
    "n = (SELECT count(*) FROM read_text('/etc/passwd'))",
    "n IN (FROM '/etc/passwd')",
    "EXISTS (SELECT * FROM read_csv('/etc/passwd'))",
    "read_csv('/etc/passwd') IS NULL",
    "read_blob('/etc/passwd') IS NULL",
    "EXISTS (SELECT * FROM 'https://example.org/a.parquet')",
    "n = (SELECT 1)",
    "n = ANY (SELECT n FROM data)",
    "EXISTS (WITH RECURSIVE t AS (SELECT 1 UNION ALL SELECT * FROM t) SELECT * FROM t)",
    "COPY data TO '/tmp/stolen'",
    "ATTACH '/tmp/other.db'",
    "PRAGMA database_list",
    "INSTALL httpfs",
    "LOAD httpfs",
    "SET enable_external_access = true",
    "getenv('HOME') = 'x'",
    "current_setting('memory_limit') = 'x'",
    "write_log('x') IS NULL",
    "nextval('s') > 0",
    "random() < 0.5",
    "now() > TIMESTAMP '2020-01-01'",
    "current_date > DATE '2020-01-01'",
    "CURRENT_TIMESTAMP IS NULL",
    "user = 'x'",
    "uuid() IS NULL",
    "sleep_ms(100000) IS NULL",
    "?",
    "n = $1",
    "length(repeat('x', 4000000000)) > 1",
    "len(list_transform(range(1000000000), lambda x: x * 2)) > 1",
    "(" * 4000 + "true" + ")" * 4000,
]


@pytest.mark.parametrize("where", ATTACKS)
def test_what_reaches_beyond_the_row_is_refused_in_a_sentence(where: str) -> None:
    before = set(Path("/tmp").glob("stolen*"))
    with pytest.raises(RequestError, match=r"^The condition .*[^.]\.$") as refusal:
        fulfils(TABLE, where)
    assert "root:" not in str(refusal.value)
    assert set(Path("/tmp").glob("stolen*")) == before


@pytest.mark.parametrize(
    ("where", "sentence"),
    [
        (" ", "condition is empty"),
        ("txt = 'a'", "column 'txt', and there are only 'text', 'n'.*did you mean 'text'"),
        ('text = "zz"', "column 'zz'.*a text stands in single ones"),
        ("ab = '1'", "cannot tell the columns 'Ab' and 'ab' apart"),
        ("n", "gives BIGINT instead of true or false"),
        ("NULL", "gives NULL instead"),
        ("text > 3", "Cannot compare values of type VARCHAR"),
        ("n = 'abc'", "Could not convert string 'abc'"),
        ("lenght(text) > 1", "lenght does not exist"),
        ("sum(n) > 1", "counts over several rows"),
        ("row_number() OVER () > 1", "counts over several rows"),
        ("n >", "is no SQL condition"),
        ("text = 'a", "unterminated"),
        ("text ~ '('", "missing"),
        ("n = 1" + " OR n = 1" * LONGEST, "make it shorter"),
        ("n = 1\0", "make it shorter"),
    ],
)
def test_a_condition_that_cannot_be_answered_says_why(where: str, sentence: str) -> None:
    with pytest.raises(RequestError, match=sentence):
        fulfils(TABLE, where)


def test_a_condition_that_takes_too_long_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(condition, "SECONDS", 0.05)
    with pytest.raises(RequestError, match=r"takes more than 0\.05 s"):
        fulfils(TABLE, "n > 1")


def test_many_pieces_keep_their_order() -> None:
    n = 150_000
    numbers = np.random.default_rng(0).integers(0, 100, n)
    table = pa.table({"n": pa.chunked_array([numbers[:70_001], numbers[70_001:]]), "row": ["x"] * n})
    np.testing.assert_array_equal(fulfils(table, "n % 7 = 3 AND row = 'x'"), numbers % 7 == 3)
