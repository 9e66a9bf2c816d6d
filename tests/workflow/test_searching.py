"""Rows by words, by meaning and by likeness, against the plainest way to find them."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from eudscore.errors import ModelError, RequestError
from eudscore.jobs.resident import resident
from eudscore.models.encoder import Encoder
from eudscore.models.loading import resolve_model
from eudscore.records import Card, Corpus, JsonDict, Roles
from eudscore.store.workspace import CorpusRef, Workspace
from eudscore.workflow import answering, searching
from eudscore.workflow.requests import Entropy, ScoreRequest
from eudscore.workflow.scoring import score
from eudscore.workflow.searching import Alike, find_like, find_meaning, find_words, matches, nearest, vectors_key

REQUEST = ScoreRequest((Entropy.SEMANTIC,), device="cpu", dtype="float32")


@pytest.fixture
def ref(workspace: Workspace, corpus: Corpus) -> CorpusRef:
    return workspace.keep_corpus(corpus)


@pytest.fixture
def in_process(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Questions are answered here, and counted."""
    asked: list[str] = []

    class Here:
        def ask(self, kind: str, about: JsonDict) -> JsonDict:
            asked.append(kind)
            return answering.answer(kind, about)

    monkeypatch.setattr(searching, "resident", Here)
    searching._by_meaning.cache_clear()
    return asked


@pytest.fixture
def process() -> Iterator[None]:
    yield
    resident().end()


def plainly(vectors: np.ndarray, query: np.ndarray, most: int) -> tuple[np.ndarray, np.ndarray]:
    """Every product, sorted whole; equal ones by row; without nan."""
    cosines = vectors.astype(np.float64) @ query.astype(np.float64)
    rows = np.flatnonzero(~np.isnan(cosines))
    order = rows[np.lexsort((rows, -cosines[rows]))][:most]
    return order, cosines[order]


# By words


def test_words_are_found_as_python_finds_them(corpus: Corpus) -> None:
    expected = ["refund" in text and "late" not in text for text in corpus.texts()]
    found = find_words(corpus, "REFUND -late")
    assert found.tolist() == expected
    assert 0 < sum(expected) < len(corpus)
    assert all(matches(text, "refund") for text in np.array(corpus.texts(), dtype=object)[found])


def test_what_was_found_is_kept_and_cannot_be_changed(corpus: Corpus) -> None:
    assert find_words(corpus, "refund") is find_words(corpus, "Refund")
    with pytest.raises(ValueError, match="read-only"):
        find_words(corpus, "refund")[0] = True


def test_both_texts_of_a_pair_are_searched() -> None:
    table = pa.table({"a": ["where is it", None, "x"], "b": ["the refund", "a refund", None]})
    corpus = Corpus("pair", "pair.csv", table, Roles("a", pair="b"), (), np.full(3, -1, dtype=np.int64))
    assert find_words(corpus, "refund").tolist() == [True, True, False]


@pytest.mark.parametrize("query", ["", "  ", '""', "x" * 1001])
def test_a_useless_query_is_one_sentence(corpus: Corpus, query: str) -> None:
    for search in (find_words, lambda _, words: matches("a text", words)):
        with pytest.raises(RequestError):
            search(corpus, query)


# By vectors


@given(
    arrays(np.float32, (40, 3), elements=st.sampled_from([-1.0, 0.0, 0.5, 1.0, np.nan])),
    arrays(np.float32, 3, elements=st.sampled_from([-1.0, 0.0, 0.5])),
    st.integers(1, 50),
    st.integers(1, 45),
)
def test_the_nearest_are_those_of_a_full_sort_whatever_the_blocks(
    vectors: np.ndarray, query: np.ndarray, most: int, block: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(searching, "_BLOCK", block)
        found = nearest(vectors, query, most)
    rows, cosines = plainly(vectors, query, most)
    assert found.rows.tolist() == rows.tolist()
    np.testing.assert_allclose(found.cosines, np.clip(cosines, -1, 1), atol=1e-6)


def test_the_nearest_of_random_vectors_are_those_of_a_full_sort() -> None:
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(150_000, 16)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    found = nearest(vectors, vectors[5], 200)
    rows, cosines = plainly(vectors, vectors[5], 200)
    assert found.rows.tolist() == rows.tolist()
    np.testing.assert_allclose(found.cosines, cosines, atol=1e-6)


def meant(workspace: Workspace, ref: CorpusRef, query: str) -> tuple[np.ndarray, np.ndarray]:
    """Encoded here by the built-in encoder, and compared with every stored vector."""
    (batch,) = Encoder(resolve_model("builtin"), device="cpu", dtype="float32").encode([query])
    key = vectors_key(workspace, ref)
    assert key is not None
    stored = workspace.vectors(ref.id, key)
    assert stored is not None
    return plainly(np.asarray(stored), batch.vectors[0], 20)


def test_meaning_is_that_of_the_encoder_of_the_vectors(
    workspace: Workspace, ref: CorpusRef, in_process: list[str]
) -> None:
    score(workspace, ref, REQUEST)
    query = "a football game"
    found = find_meaning(workspace, ref, query, most=20)
    rows, cosines = meant(workspace, ref, query)
    np.testing.assert_allclose(found.cosines, cosines, atol=1e-5)
    assert sorted(found.rows.tolist()) == sorted(rows.tolist())
    assert (np.diff(found.cosines) <= 0).all()
    assert 7 not in found.rows  # the empty text
    sport = sum(workspace.corpus(ref).labels[found.rows] == 1)
    assert sport >= 15
    assert find_meaning(workspace, ref, query, most=20) is found
    assert in_process == [answering.ENCODE]


def test_what_is_like_a_text_is_found_without_encoding(
    workspace: Workspace, ref: CorpusRef, in_process: list[str]
) -> None:
    score(workspace, ref, REQUEST)
    found = find_like(workspace, ref, 12, most=5)
    stored = np.asarray(workspace.vectors(ref.id, vectors_key(workspace, ref) or ""))
    rows, _ = plainly(stored, stored[12], 6)
    assert found.rows.tolist() == [row for row in rows.tolist() if row != 12][:5]
    assert in_process == []


def test_more_than_there_are_gives_all_there_are(workspace: Workspace, ref: CorpusRef, in_process: list[str]) -> None:
    score(workspace, ref, REQUEST)
    assert len(find_meaning(workspace, ref, "refund", most=10_000).rows) == 89  # one is empty
    assert len(find_like(workspace, ref, 0, most=10_000).rows) == 88


@pytest.mark.parametrize("most", [0, -1, 10_001])
def test_a_number_out_of_range_is_one_sentence(workspace: Workspace, ref: CorpusRef, most: int) -> None:
    for search in (lambda: find_meaning(workspace, ref, "x", most), lambda: find_like(workspace, ref, 0, most)):
        with pytest.raises(RequestError, match="from 1 to 10,000"):
            search()


def test_without_vectors_or_without_words_there_is_a_sentence(
    workspace: Workspace, ref: CorpusRef, in_process: list[str]
) -> None:
    for search in (lambda: find_meaning(workspace, ref, "x"), lambda: find_like(workspace, ref, 0)):
        with pytest.raises(RequestError, match="needs sentence vectors"):
            search()
    score(workspace, ref, REQUEST)
    for query in ("", " \n"):
        with pytest.raises(RequestError, match="nothing to search for"):
            find_meaning(workspace, ref, query)
    with pytest.raises(RequestError, match="1,001 characters"):
        find_meaning(workspace, ref, "x" * 1001)
    with pytest.raises(RequestError, match="no word in this search"):
        find_meaning(workspace, ref, "\x00\u200b")
    for row in (-1, 90):
        with pytest.raises(RequestError, match="There is no row"):
            find_like(workspace, ref, row)
    with pytest.raises(RequestError, match="Row 7 has no vector"):
        find_like(workspace, ref, 7)


@pytest.mark.parametrize("query", ["\ud800 refund", "😀", "退款", "<b>", "\x00refund"])
def test_any_query_is_answered(workspace: Workspace, ref: CorpusRef, in_process: list[str], query: str) -> None:
    score(workspace, ref, REQUEST)
    found = find_meaning(workspace, ref, query)
    assert isinstance(found, Alike)
    assert np.isfinite(found.cosines).all()


def test_own_vectors_are_searched_by_row_only(workspace: Workspace, in_process: list[str]) -> None:
    rng = np.random.default_rng(1)
    vectors = rng.normal(size=(30, 4)).astype(np.float32)
    table = pa.table({"text": [f"text {i}" for i in range(30)], "v": vectors.tolist()})
    corpus = Corpus("own", "own.csv", table, Roles("text", vectors=("v",)), (), np.full(30, -1, dtype=np.int64))
    ref = workspace.keep_corpus(corpus)
    score(workspace, ref, REQUEST)
    with pytest.raises(RequestError, match="are your own, and no encoder here"):
        find_meaning(workspace, ref, "text")
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    rows, _ = plainly(unit, unit[3], 4)
    assert find_like(workspace, ref, 3, most=3).rows.tolist() == rows[1:].tolist()
    searching.warm_meaning(workspace, ref)  # no encoder to load


def test_an_encoder_that_is_gone_is_one_sentence(workspace: Workspace, ref: CorpusRef, in_process: list[str]) -> None:
    card = Card("vectors", "somebody's", model="my-encoder", revision="0123456789abcdef", dtype="float32", max_tokens=8)
    vectors = np.eye(90, 4, dtype=np.float32)
    workspace.keep("vectors", ref.id, card.key, {"cards": [card.to_json()]}, {"vectors": vectors})
    with pytest.raises(ModelError, match="The encoder 'my-encoder' that these texts were scored with"):
        find_meaning(workspace, ref, "refund")


def test_the_vectors_of_the_latest_map_are_searched(workspace: Workspace, ref: CorpusRef) -> None:
    cards = [Card("vectors", f"number {i}", dtype="float32") for i in range(2)]
    for card in cards:
        vectors = np.eye(90, 4, dtype=np.float32)
        workspace.keep("vectors", ref.id, card.key, {"cards": [card.to_json()]}, {"vectors": vectors})
    assert vectors_key(workspace, ref) in {card.key for card in cards}
    for card in cards:
        layout = Card("layout", "a map", parameters={"vectors": card.key, "method": "PCA"})
        workspace.keep_layout(ref.id, layout, np.zeros((90, 2), dtype=np.float32))
        assert vectors_key(workspace, ref) == card.key
    own = Card("layout", "own", parameters={"method": "given"})
    workspace.keep_layout(ref.id, own, np.zeros((90, 2), dtype=np.float32))
    assert vectors_key(workspace, ref) == cards[1].key


def test_the_process_that_stays_encodes(workspace: Workspace, ref: CorpusRef, process: None) -> None:
    score(workspace, ref, replace(REQUEST))
    searching._by_meaning.cache_clear()
    searching.warm_meaning(workspace, ref)
    found = find_meaning(workspace, ref, "a football game", most=20)
    _, cosines = meant(workspace, ref, "a football game")
    np.testing.assert_allclose(found.cosines, cosines, atol=1e-4)
