"""Scripts against the names that Unicode gives its characters."""

import unicodedata
from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eudscore.corpus import scripts
from eudscore.corpus.scripts import NAMES, NO_LETTERS, OTHER, main_scripts, scripts_of
from eudscore.entropy.words import blocks_of

# What the first word of a character's name says; a script that has a block of its own and is not here is `other`.
FIRST_WORDS = {name.upper(): name for name in NAMES if name not in (OTHER, "Han", "Kana")}
FIRST_WORDS |= {"CJK": "Han", "HIRAGANA": "Kana", "KATAKANA": "Kana", "FULLWIDTH": "Latin"}
letters = st.characters(categories=["Lu", "Ll", "Lo"])


def script_by_name(character: str) -> str:
    name = unicodedata.name(character, "").removeprefix("HALFWIDTH ")
    return FIRST_WORDS.get(name.split(" ")[0].split("-")[0], OTHER)


def script_of(text: str) -> str:
    (place,) = main_scripts(next(iter(blocks_of([text])))).tolist()
    return (*NAMES, NO_LETTERS)[place]


@pytest.mark.parametrize("name", [name for name in FIRST_WORDS.values() if name != OTHER])
def test_the_letters_of_a_script_are_known_by_their_names(name: str) -> None:
    known = [chr(code) for code in range(0x10000) if chr(code).isalpha() and script_by_name(chr(code)) == name]
    missed = [character for character in known if script_of(character) != name]
    # A few letters stand in blocks that are not listed: letterlike symbols, signs for phonetics and the like.
    assert len(missed) <= 0.12 * len(known), missed[:20]


@given(letters)
def test_no_letter_is_taken_for_one_of_another_script(character: str) -> None:
    found, named = script_of(character), script_by_name(character)
    assert found in (named, OTHER) or named == OTHER


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("The quick brown fox", "Latin"),
        ("Füße, naïve, œuvre, Łódź", "Latin"),
        ("Быстрая лиса and co", "Cyrillic"),
        ("敏捷的棕色狐狸", "Han"),
        ("すばやい茶色の狐", "Kana"),
        ("빠른 갈색 여우", "Hangul"),
        ("الثعلب البني", "Arabic"),
        ("השועל החום", "Hebrew"),
        ("तेज़ लोमड़ी", "Devanagari"),
        ("สุนัขจิ้งจอก", "Thai"),
        ("γρήγορη αλεπού", "Greek"),
        ("ᏣᎳᎩ", OTHER),
        ("123 !? 😀", NO_LETTERS),
        ("", NO_LETTERS),
        ("ab бв", "Latin"),
        ("😀\ud800 a", "Latin"),
    ],
)
def test_the_script_of_most_letters_counts(text: str, script: str) -> None:
    assert script_of(text) == script


@given(st.lists(st.none() | st.text(st.characters(codec="utf-8"), max_size=6), max_size=10))
def test_texts_are_counted_one_by_one(texts: list[str | None]) -> None:
    found, looked_at = scripts_of(pa.chunked_array([texts[:4], texts[4:]], pa.string()))
    assert looked_at == len(texts)
    assert dict(found) == Counter(script_of(text or "") for text in texts)
    assert [count for _, count in found] == sorted((count for _, count in found), reverse=True)


def test_of_many_texts_an_evenly_spread_part_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scripts, "LARGEST_SAMPLE", 100)
    texts = pa.chunked_array([["a"] * 700, ["б"] * 200, ["1"] * 100])
    assert scripts_of(texts) == ((("Latin", 70), ("Cyrillic", 20), (NO_LETTERS, 10)), 100)
    np.testing.assert_equal(len(NAMES), len(set(NAMES)))
