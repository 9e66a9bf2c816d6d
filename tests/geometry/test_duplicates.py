"""Groups of duplicates against union by hand."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eudscore.geometry import duplicates as module
from eudscore.geometry.duplicates import duplicate_groups, normalised, normalised_texts, shared_texts
from eudscore.geometry.neighbours import NeighbourGraph, neighbour_graph
from eudscore.records import Corpus, Roles


@given(st.lists(st.sampled_from(["a", "b ", "A", " b", "c"]), max_size=12), st.data())
def test_groups_are_the_connected_parts_named_by_their_lowest_row(texts: list[str], data: st.DataObject) -> None:
    n = len(texts)
    rows = st.integers(-1, n - 1) if n else st.just(-1)
    indices = np.array([data.draw(st.lists(rows, min_size=2, max_size=2)) for _ in texts]).reshape(n, 2)
    cosines = np.array([data.draw(st.lists(st.sampled_from([0.5, 0.95, 1]), min_size=2, max_size=2)) for _ in texts])
    graph = NeighbourGraph(indices, cosines.reshape(n, 2).astype(np.float32))
    group = list(range(n))
    for _ in range(n):
        for i in range(n):
            twins = [j for j in range(n) if normalised(texts[i]) == normalised(texts[j])]
            twins += [int(j) for j, c in zip(indices[i], graph.similarities[i], strict=True) if j >= 0 and c > 0.9]
            lowest = min(group[j] for j in [i, *twins])
            for j in [i, *twins]:
                group[j] = min(group[j], lowest)
    assert duplicate_groups(texts, graph).tolist() == group


@pytest.mark.parametrize(
    ("left", "right"),
    [("Hello  World", "hello\nworld "), ("ＡＢＣ", "abc"), ("Straße", "STRASSE"), ("ﬁne", "fine")],
)
def test_case_white_space_and_width_do_not_tell_texts_apart(left: str, right: str) -> None:
    assert duplicate_groups([left, right], None).tolist() == [0, 0]


def test_without_a_graph_only_equal_texts_are_grouped() -> None:
    assert duplicate_groups(["one", "two", "One", "one!"], None).tolist() == [0, 1, 0, 3]


def test_near_copies_meet_at_the_threshold_and_not_above_it() -> None:
    angle = np.arccos(0.96)
    vectors = np.array([[1, 0], [np.cos(angle), np.sin(angle)], [-1, 0]], dtype=np.float32)
    graph = neighbour_graph(vectors, k=2)
    texts = ["one", "two", "three"]
    assert duplicate_groups(texts, graph).tolist() == [0, 0, 2]
    assert duplicate_groups(texts, graph, threshold=0.97).tolist() == [0, 1, 2]


def test_no_texts_have_no_groups() -> None:
    assert duplicate_groups([], None).shape == (0,)


SPACES = [" ", "  ", "\n", "\t", "\x0b", "\x1c", "\x1f", "\u00a0", "\u2003"]
any_text = st.lists(
    st.sampled_from([*SPACES, "a", "B", "ß", "ﬁ", "Ａ", "b c", "İ", "😀"]) | st.characters(codec="utf-8"), max_size=6
).map("".join)


@given(st.lists(st.none() | any_text, max_size=8), st.sampled_from([pa.string(), pa.large_string()]), st.integers(0, 3))
def test_texts_are_normalised_together_as_one_by_one(texts: list[str | None], kind: pa.DataType, skip: int) -> None:
    found = normalised_texts(pa.array(["Before "] * skip + texts, kind).slice(skip))
    assert found.to_pylist() == [normalised(text or "") for text in texts]


def corpus_of(texts: list[str | None]) -> Corpus:
    table = pa.table({"text": pa.chunked_array([["Not", "read"], texts[:3], texts[3:]], pa.string())}).slice(2)
    return Corpus("a", "a", table, Roles("text"), (), np.full(len(texts), -1))


@given(st.lists(st.none() | any_text, max_size=8), st.lists(st.none() | any_text, max_size=8))
def test_shared_texts_are_those_a_dictionary_finds(one: list[str | None], other: list[str | None]) -> None:
    first: dict[str, int] = {}
    for row, text in enumerate(one):
        first.setdefault(normalised(text or ""), row)
    found = shared_texts(corpus_of(one), corpus_of(other))
    keys = [normalised(text or "") for text in other]
    expected = [row for row, key in enumerate(keys) if key and key in first]
    assert found.rows.tolist() == expected
    assert found.count == len(expected)
    assert found.first.tolist() == [first[keys[row]] for row in expected]
    assert len({normalised(text) for text in found.examples}) == len(found.examples) <= 5
    assert {normalised(text) for text in found.examples} <= {keys[row] for row in expected}


def test_texts_whose_hashes_meet_are_not_taken_for_equal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "hash_texts", lambda block: np.zeros(len(block.ends) - 1, dtype=np.uint64))
    assert shared_texts(corpus_of(["a"]), corpus_of(["b", "A "])).rows.tolist() == [1]
