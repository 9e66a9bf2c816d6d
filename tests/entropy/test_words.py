"""Words on bytes against words by a plain loop over characters, on any text there can be."""

import sys
import unicodedata
from collections.abc import Callable, Iterable
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eudscore.entropy import words as words_module
from eudscore.entropy.words import blocks_of, find_words, words_of

UNSPACED = (
    "CJK UNIFIED", "CJK COMPATIBILITY", "IDEOGRAPHIC ITERATION", "IDEOGRAPHIC CLOSING", "IDEOGRAPHIC NUMBER",
    "VERTICAL IDEOGRAPHIC", "HANGZHOU", "HIRAGANA", "KATAKANA", "HENTAIGANA", "THAI", "LAO", "KHMER", "MYANMAR",
)  # fmt: skip
# Lone surrogates come in as Python strings only; Arrow holds none.
any_text = st.text(
    st.characters(exclude_categories=()) | st.sampled_from("aB_9 .'\x00\x1c\x85\u3000é\u0301ßﬁ😀你カｶก\ud800"),
    max_size=30,
)


def words_by_loop(text: str) -> list[str]:
    """Words by the definition, one character after the other."""
    words: list[str] = []
    inside = False
    for character in unicodedata.normalize("NFKC", text).casefold():
        letter = character.isalnum() or character == "_"
        if inside and letter and not is_unspaced(character):
            words[-1] += character
        elif not character.isspace():
            words.append(character)
        inside = letter and not is_unspaced(character)
    return words


def is_unspaced(character: str) -> bool:
    return unicodedata.name(character, "").startswith(UNSPACED)


def found_in(texts: Iterable[str] | pa.Array | pa.ChunkedArray) -> list[list[str]]:
    """What `find_words` finds in each text, as strings."""
    found = []
    for block in blocks_of(texts):
        words, ends = find_words(block)
        decoded = [word.decode("utf-8", "surrogatepass") for word in words.to_pylist()]
        found += [decoded[start:end] for start, end in pairwise(ends)]
    return found


@given(any_text)
def test_words_are_what_a_loop_over_the_characters_finds(text: str) -> None:
    assert words_of(text) == words_by_loop(text)


@given(st.lists(any_text, max_size=12))
def test_bytes_hold_the_same_words(texts: list[str]) -> None:
    assert found_in(texts) == [words_of(text) for text in texts]


@given(st.lists(st.text(max_size=12), max_size=12), st.integers(1, 40))
def test_where_blocks_are_cut_changes_nothing(texts: list[str], block: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(words_module, "_BLOCK", block)
        patch.setattr(words_module, "_ROWS", 3)
        assert found_in(texts) == [words_of(text) for text in texts]
        assert found_in(pa.array(texts, pa.string())) == [words_of(text) for text in texts]


def test_every_pair_of_ascii_characters() -> None:
    texts = [chr(a) + chr(b) for a in range(128) for b in range(128)]
    assert found_in(texts) == [words_by_loop(text) for text in texts]


def test_every_letter_of_a_script_without_spaces_is_a_word_and_no_letter_of_another() -> None:
    for code in range(128, sys.maxunicode + 1):
        letter = chr(code)
        if letter.isalnum() and unicodedata.normalize("NFKC", letter).casefold() == letter:
            assert len(words_of(f"a{letter}")) == (2 if is_unspaced(letter) else 1), hex(code)


def test_every_character_there_is() -> None:
    characters = [chr(code) for code in range(sys.maxunicode + 1)]
    texts = ["\n".join(f"x{c}y{c}{c}" for c in characters[at : at + 4096]) for at in range(0, len(characters), 4096)]
    assert found_in(texts) == [words_of(text) for text in texts]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Don't PANIC!", ["don", "'", "t", "panic", "!"]),
        ("snake_case 1st", ["snake_case", "1st"]),
        ("Straße", ["strasse"]),
        ("ﬁne", ["fine"]),
        ("\u202eabc\x00", ["\u202e", "abc", "\x00"]),
        ("a\x1cb\x1fc\u3000d\x85e", ["a", "b", "c", "d", "e"]),
        ("\ud800", ["\ud800"]),
        ("😀😀", ["😀", "😀"]),
        ("שלום עולם", ["שלום", "עולם"]),
        ("مرحبا، يا", ["مرحبا", "،", "يا"]),
        ("我用iPhone手机", ["我", "用", "iphone", "手", "机"]),
        ("ｶﾀｶﾅ", ["カ", "タ", "カ", "ナ"]),
        ("ไทย", ["ไ", "ท", "ย"]),
        ("한국어 좋아", ["한국어", "좋아"]),
        ("", []),
        (" \n\t\u2028", []),
    ],
)
def test_words_of_odd_texts(text: str, words: list[str]) -> None:
    assert words_of(text) == words
    assert found_in([text]) == [words]


TEXTS = ["one two", None, "", "drei, vier", "五六", None, "seven"]


@pytest.mark.parametrize(
    "column",
    [
        lambda: pa.array(TEXTS, pa.string()),
        lambda: pa.array(TEXTS, pa.large_string()),
        lambda: pa.array(TEXTS, pa.string()).dictionary_encode(),
        lambda: pa.chunked_array([TEXTS[:2], [], TEXTS[2:]], pa.string()),
        lambda: pa.array(["x y", *TEXTS, "z"], pa.string()).slice(1, len(TEXTS)),
        lambda: pa.chunked_array([pa.array(["ü", *TEXTS[:3]]).slice(1), pa.array([*TEXTS[3:], "z"]).slice(0, 4)]),
    ],
)
def test_any_arrow_column_of_strings(column: Callable[[], pa.Array]) -> None:
    assert found_in(column()) == [words_of(text or "") for text in TEXTS]


def test_a_column_of_nothing() -> None:
    assert found_in(pa.nulls(3)) == [[], [], []]
    assert found_in(pa.chunked_array([], pa.string())) == []
    assert found_in([]) == []


def test_a_long_text_is_a_block_of_its_own_and_short_ones_share_one() -> None:
    texts = ["a b", "x" * 3_000_000, "c", "d"]
    for source in (texts, pa.array(texts)):
        sizes = [len(block.ends) - 1 for block in blocks_of(source)]
        assert sum(sizes) == 4
        assert len(sizes) <= 3
    assert found_in(texts) == [["a", "b"], ["x" * 3_000_000], ["c"], ["d"]]


def test_ascii_is_cut_out_of_the_column_and_not_copied() -> None:
    column = pa.array(["a b"] * 1000, pa.large_string())
    (block,) = blocks_of(column)
    assert np.shares_memory(block.content, np.frombuffer(column.buffers()[2], dtype=np.uint8))
