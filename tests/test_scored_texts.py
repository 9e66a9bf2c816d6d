"""The strings that are scored: texts as they are, two of them joined, the turns of a chat."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eudscore.scored_texts import is_chat, scored_texts

texts = st.none() | st.text(max_size=6)
NAMES = [("role", "content"), ("from", "value")]


def joined(*parts: str | None) -> str | None:
    there = [part for part in parts if part is not None]
    return "\n".join(there) if there else None


@given(st.lists(st.tuples(texts, texts), min_size=1, max_size=8))
def test_a_pair_follows_on_the_next_line(rows: list[tuple[str | None, str | None]]) -> None:
    table = pa.table(
        {"a": pa.array([a for a, _ in rows], pa.string()), "b": pa.array([b for _, b in rows], pa.string())}
    )
    assert scored_texts(table, text="a", pair="b").to_pylist() == [joined(a, b) for a, b in rows]
    assert scored_texts(table, text="a").to_pylist() == [a for a, _ in rows]


@pytest.mark.parametrize("names", NAMES, ids=["OpenAI", "ShareGPT"])
@pytest.mark.parametrize("make", [pa.list_, pa.large_list])
@given(
    chats=st.lists(st.none() | st.lists(st.tuples(texts, texts), max_size=3), min_size=1, max_size=6),
    cut=st.integers(0, 6),
)
def test_a_chat_reads_as_its_turns_in_chunks_of_any_size(
    names: tuple[str, str], make: object, chats: list[list[tuple[str | None, str | None]] | None], cut: int
) -> None:
    kind = make(pa.struct([(name, pa.string()) for name in names]))
    rows = [chat and [dict(zip(names, turn, strict=True)) for turn in chat] for chat in chats]
    column = pa.array(rows, kind)
    chunks = pa.chunked_array([column.slice(0, cut), column.slice(cut)], kind)
    found = scored_texts(pa.table({"chat": chunks}), text="chat").to_pylist()
    for line, chat in zip(found, chats, strict=True):
        said = None if chat is None else [(who, words) for who, words in chat if words is not None]
        told = said and [words if who is None else f"{who}: {words}" for who, words in said]
        assert line == (None if told is None else "\n".join(told))


@pytest.mark.parametrize(
    ("kind", "chat"),
    [
        (pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())])), True),
        (pa.large_list(pa.struct([("from", pa.large_string()), ("value", pa.string()), ("more", pa.int8())])), True),
        (pa.list_(pa.struct([("role", pa.string()), ("content", pa.list_(pa.string()))])), False),
        (pa.list_(pa.struct([("role", pa.string())])), False),
        (pa.struct([("role", pa.string()), ("content", pa.string())]), False),
        (pa.list_(pa.string()), False),
        (pa.string(), False),
    ],
)
def test_only_lists_of_turns_in_words_are_a_chat(kind: pa.DataType, chat: bool) -> None:
    assert is_chat(kind) == chat
