"""The search against a plain comparison of every stretch of a text, and its two engines against each other."""

import re
import sys

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eudscore.corpus.keywords import LONGEST, MOST, Term, holding, places, terms_of
from eudscore.corpus.letters import fold, is_word_character, pattern
from eudscore.errors import RequestError

ALPHABET = "aeiIsSßẞfﬁﬀﬃlEéÉ\u0301\u0307\u0345İıKKςΣσ日本 \n\t\xa0-_.\"'\x00ЙйИ½´Ａ①1ǆdž🙂한ㅎ"
any_text = st.text(ALPHABET, max_size=12)
any_word = st.text(ALPHABET, min_size=1, max_size=4)


def folded_brute(text: str) -> list[str]:
    return [fold(character) for character in text]


def stretches(text: str, words: str) -> set[tuple[int, int]]:
    """Every (start, end) of whole characters that read as the words; runs of blanks count as one."""
    found = set()
    for start in range(len(text)):
        for end in range(start + 1, len(text) + 1):
            parts = folded_brute(text[start:end])
            joined = re.sub(r"\s+", " ", "".join(parts))
            if parts[0] and joined == words:
                found.add((start, end))
    return found


def holds(text: str, term: Term) -> bool:
    """Brute force: some stretch reads as the words, and a whole word does not go on beside it."""
    for start, end in stretches(text, term.words):
        before, after = text[:start][-1:], text[end:][:1]
        begins = not (term.whole and is_word_character(term.words[0]) and before and is_word_character(before))
        ends = not (term.whole and is_word_character(term.words[-1]) and after and is_word_character(after))
        if begins and ends:
            return True
    return False


def found(texts: list[str | None], query: str) -> list[bool]:
    return holding(pa.chunked_array([pa.array(texts, pa.large_string())]), terms_of(query)).tolist()


@settings(max_examples=400)
@given(st.lists(any_text, min_size=1, max_size=4), any_word, st.booleans())
def test_what_is_found_is_what_a_plain_comparison_finds(texts: list[str], words: str, whole: bool) -> None:
    folded = " ".join(fold(words).split())
    if not folded:
        return
    term = Term(folded, whole)
    expected = [holds(text, term) for text in texts]
    assert holding(pa.chunked_array([pa.array(texts, pa.large_string())]), [term]).tolist() == expected
    assert [bool(places(text, [term])) for text in texts] == expected


@settings(max_examples=200)
@given(any_text, any_word, st.booleans())
def test_every_place_reads_as_the_words(text: str, words: str, whole: bool) -> None:
    folded = " ".join(fold(words).split())
    if not folded:
        return
    for match in Term(folded, whole).here.finditer(text):
        assert match.span() in stretches(text, folded)


@given(any_text, st.lists(any_word, min_size=1, max_size=3))
def test_places_ascend_without_touching_and_lie_in_the_text(text: str, words: list[str]) -> None:
    folded = [" ".join(fold(word).split()) for word in words]
    ends = [0]
    for start, end in places(text, [Term(word) for word in folded if word]):
        assert start > ends[-1] or (start == 0 and ends == [0])
        assert start < end <= len(text)
        ends.append(end)


def test_every_character_that_is_changed_is_found_by_itself_and_by_what_it_becomes() -> None:
    for code in [*range(0xD800), *range(0xE000, sys.maxunicode + 1)]:
        character = chr(code)
        words = fold(character)
        if words not in ("", " ", character):
            assert re.fullmatch(pattern(words), character), hex(code)
            assert re.fullmatch(pattern(words), words), hex(code)


@pytest.mark.parametrize(
    ("query", "text", "marked"),
    [
        ("strasse", "Die STRAẞE und die Straße", ["STRAẞE", "Straße"]),
        ("straße", "STRASSE", ["STRASSE"]),
        ("istanbul", "İstanbul, İSTANBUL", ["İstanbul", "İSTANBUL"]),
        ("resume", "Résumé; re\u0301sume\u0301!", ["Résumé", "re\u0301sume\u0301"]),
        ("résumé", "resume", ["resume"]),
        ("office", "oﬃce oﬀice Ｏｆｆｉｃｅ", ["oﬃce", "oﬀice", "Ｏｆｆｉｃｅ"]),
        ("flussschiff", "Flußschiﬀ", ["Flußschiﬀ"]),
        ("ΟΔΟΣ", "οδος", ["οδος"]),
        ("退款", "我要退款。", ["退款"]),
        ("art", "Start the art", ["art", "art"]),
        ('"art"', "Start the Art, artful", ["Art"]),
        ('"New York"', "a new \n york minute, newyork", ["new \n york"]),
        ("“new york”", "in New York", ["New York"]),
        ('"$5"', "US$5 and $50", ["$5"]),
        ("a.c", "abc a.c", ["a.c"]),
        ("kg", "3 ㎏", ["㎏"]),
        ("[x] \\d", "\\d of [X]", ["\\d", "[X]"]),
        ("\x00", "a\x00b", ["\x00"]),
        ('"हिन्दी"', "हिन्दी में", ["हिन्दी"]),
        ("-", "a - b", ["-"]),
        ("it´s", "it´s", ["it´s"]),
        ('"unclosed phrase', "an unclosed phrase", ["unclosed phrase"]),
    ],
)
def test_a_query_marks_what_it_means(query: str, text: str, marked: list[str]) -> None:
    assert found([text], query) == [True]
    assert [text[start:end] for start, end in places(text, terms_of(query))] == marked


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("12", "⑫"), ("s", "ß"), ('"art"', "start"), ('"a"', "á́b"), ("refund late", "refund"),
        ("refund -late", "a late refund"),
        ('-"late refund" refund', "a late refund"), ('"हिन्द"', "हिन्दी"),
    ],
)  # fmt: skip
def test_a_query_does_not_find_what_it_does_not_mean(query: str, text: str) -> None:
    assert found([text], query) == [False]


def test_a_query_that_only_excludes_keeps_the_others_and_marks_nothing() -> None:
    assert found(["a late refund", "the team won", "", None], "-refund") == [False, True, True, True]
    assert places("the team won", terms_of("-refund")) == []


def test_null_and_nothing_are_not_found() -> None:
    assert found([None, "", "x"], "x") == [False, False, True]


@pytest.mark.parametrize("query", ["", "  \n", '""', '-""', "\u0301", '" "'])
def test_an_empty_search_is_refused(query: str) -> None:
    with pytest.raises(RequestError, match="nothing to search for"):
        terms_of(query)


def test_a_search_that_nobody_types_is_refused() -> None:
    with pytest.raises(RequestError, match=r"1,001 characters"):
        terms_of("x" * (LONGEST + 1))
    with pytest.raises(RequestError, match="33 words"):
        terms_of(" ".join(f"w{i}" for i in range(MOST + 1)))
    with pytest.raises(RequestError, match="half a character"):
        terms_of("\ud800")


SENTENCE = "the first officers of staff stress that it is possible to assess efficient fjords, "


def test_a_long_sentence_is_found() -> None:
    assert found([SENTENCE * 11, "s"], f'"{(SENTENCE * 11).strip()}"') == [True, False]


@pytest.mark.parametrize("query", ["s" * LONGEST, "ffi" * 300, '"' + "é" * 990 + '"'])
def test_a_search_of_too_many_spellings_is_found_or_refused(query: str) -> None:
    try:
        hits = found([query.strip('"'), "s"], query)
    except RequestError:  # RE2 says when
        return
    assert hits == [True, False]


@given(st.text(max_size=30))
def test_any_query_is_answered_or_refused_with_a_sentence(query: str) -> None:
    texts = ["the team won", "İß\x00", ""]
    try:
        terms = terms_of(query)
    except RequestError:
        return
    hits = holding(pa.chunked_array([pa.array(texts, pa.large_string())]), terms)
    assert hits.dtype == np.bool_
    wanted = [term for term in terms if not term.excluded]
    assert all(places(text, terms) for text, hit in zip(texts, hits, strict=True) if hit and wanted)


def test_pieces_and_chunks_change_nothing() -> None:
    texts = [f"row {i}{' refund' * (i % 3 == 0)}" for i in range(150_000)]
    whole = pa.array(texts, pa.large_string())
    cut = pa.chunked_array([whole.slice(0, 11), whole.slice(11, 0), whole.slice(11)])
    np.testing.assert_array_equal(holding(cut, terms_of("refund")), np.arange(150_000) % 3 == 0)
    assert len(holding(pa.chunked_array([], pa.large_string()), terms_of("refund"))) == 0


def test_the_class_of_word_characters_is_that_of_its_definition() -> None:
    from eudscore.corpus.letters import word_class

    matched = re.findall(f"[{word_class()}]", "".join(map(chr, [*range(0xD800), *range(0xE000, sys.maxunicode)])))
    assert all(map(is_word_character, matched))
    assert len(matched) == sum(
        is_word_character(chr(code)) for code in [*range(0xD800), *range(0xE000, sys.maxunicode)]
    )
