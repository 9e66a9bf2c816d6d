import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eudscore.corpus.answers import (
    first_answers,
    first_misplaced,
    first_starts,
    holds_answers,
    holds_starts,
    is_nested,
)

words = st.text(st.sampled_from("ab é🙂 "), max_size=6)
answers = st.lists(st.tuples(words, st.integers(0, 5)), max_size=3)


@given(st.lists(st.none() | answers, min_size=1, max_size=8))
def test_the_first_answer_counts_in_every_layout(rows: list[list[tuple[str, int]] | None]) -> None:
    item = [("text", pa.string()), ("answer_start", pa.int32())]
    of_lists = pa.struct([(name, pa.list_(kind)) for name, kind in item])
    as_lists = [row and {"text": [a for a, _ in row], "answer_start": [s for _, s in row]} for row in rows]
    as_structs = [row and [{"text": a, "answer_start": s} for a, s in row] for row in rows]
    table = pa.table(
        {
            "l": pa.array([row or None for row in as_lists], of_lists),
            "s": pa.array(as_structs, pa.list_(pa.struct(item))),
        }
    )
    firsts = [row[0] if row else (None, None) for row in rows]
    for column in ("l", "s"):
        assert first_answers(table, column).to_pylist() == [answer for answer, _ in firsts]
        assert first_starts(table, column).to_pylist() == [start for _, start in firsts]


@given(st.lists(st.tuples(words, words, words), min_size=1, max_size=6))
def test_an_answer_stands_where_python_finds_it(rows: list[tuple[str, str, str]]) -> None:
    table = pa.table(
        {
            "context": [before + answer + after for before, answer, after in rows],
            "answer": [answer for _, answer, _ in rows],
            "start": [len(before) for before, _, _ in rows],
        }
    )
    assert first_misplaced(table, context="context", answer="answer", answer_start="start") is None


@pytest.mark.parametrize(
    ("start", "answer", "misplaced"),
    [(2, "b", False), (1, "b", True), (-1, "b", True), (99, "b", True), (2.0, "b", False), (2.5, "b", True),
     (None, "b", False), (-1, "", False), (7, None, False)],
)  # fmt: skip
def test_one_answer(start: float | None, answer: str | None, misplaced: bool) -> None:
    table = pa.table({"c": ["éab", "🙂 b"], "a": ["a", answer], "s": pa.array([1, start])})
    found = first_misplaced(table, context="c", answer="a", answer_start="s")
    assert found == (1 if misplaced else None)


def test_which_columns_hold_answers() -> None:
    spans = pa.struct([("text", pa.list_(pa.string())), ("answer_start", pa.list_(pa.int32()))])
    turns = pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())]))
    kinds = [pa.string(), pa.list_(pa.string()), spans, turns, pa.int64(), pa.struct([("text", pa.string())])]
    assert [holds_answers(kind) for kind in kinds] == [True, True, True, False, False, False]
    assert [holds_starts(kind) for kind in kinds] == [False, False, True, False, True, False]
    assert [is_nested(kind) for kind in kinds] == [False, False, True, False, False, False]
