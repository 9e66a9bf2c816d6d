import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from eudscore.corpus.words import word_counts

texts = st.lists(st.none() | st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from(" \n\t a")), max_size=8)


@given(st.lists(texts, max_size=3), st.sampled_from([pa.string(), pa.large_string()]), st.integers(0, 3))
def test_words_agree_with_python_on_bytes(chunks: list[list[str | None]], kind: pa.DataType, skip: int) -> None:
    column = pa.chunked_array(chunks, kind).slice(skip)
    expected = [len((text or "").encode().split()) for text in column.to_pylist()]
    assert word_counts(column).tolist() == expected


def test_blocks_of_rows_join_without_a_seam() -> None:
    column = pa.chunked_array([["a b", "c", ""] * 70_000])
    assert word_counts(column).tolist() == [2, 1, 0] * 70_000


def test_categories_are_counted_by_their_strings() -> None:
    assert word_counts(pa.chunked_array([pa.array(["a b", "c", "a b"]).dictionary_encode()])).tolist() == [2, 1, 2]
