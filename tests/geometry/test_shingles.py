"""Shingles against sets made one by one in Python."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eudscore.entropy.words import Texts, blocks_of, words_of
from eudscore.geometry import shingles as module
from eudscore.geometry.shingles import CHARACTERS, FEW_WORDS, FEWEST_WORDS, WORDS, shingles_of

letters = st.sampled_from(["a", "bb", "B", "ß", "ﬁ", "中文", ".", " ", "\u00a0", "\n", "x1", "é", "😀"])
text = st.lists(letters, max_size=30).map("".join) | st.text(st.characters(codec="utf-8"), max_size=30)


def by_hand(line: str) -> tuple[list[tuple[str, ...]], list[str]]:
    words = words_of(line)
    joined = "".join(words)
    three = [tuple(words[i : i + WORDS]) for i in range(len(words) - WORDS + 1)]
    five = [joined[i : i + CHARACTERS] for i in range(max(1, len(joined) - CHARACTERS + 1))] if joined else []
    return three if len(words) >= FEWEST_WORDS else [], five if len(words) < FEW_WORDS else []


@given(st.lists(text, min_size=1, max_size=8))
def test_shingles_are_equal_where_those_made_by_hand_are(lines: list[str]) -> None:
    expected = [by_hand(line) for line in lines]
    for block in blocks_of(lines):
        for way, found in enumerate(shingles_of(block)):
            wanted = [shingle for parts in expected for shingle in parts[way]]
            assert found.counts.tolist() == [len(parts[way]) for parts in expected]
            assert len(found.hashes) == len(wanted)
            pairs = set(zip(wanted, found.hashes.tolist(), strict=True))
            assert len(pairs) == len(set(wanted)) == len(set(found.hashes.tolist()))


def test_words_are_told_apart_from_words_with_the_same_letters_together() -> None:
    lines = ["ab c d " * 4, "a bc d " * 4]
    found = shingles_of(next(iter(blocks_of(lines)))).words
    assert set(found.hashes[:10].tolist()).isdisjoint(found.hashes[10:].tolist())


def test_of_a_huge_text_the_beginning_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LONGEST", 100)
    lines = ["é" * 300, "a b " * 60, "short"]
    block = next(iter(blocks_of(lines)))
    whole = next(iter(blocks_of(["é" * 50, "a b " * 25, "short"])))
    for found, expected in zip(shingles_of(block), shingles_of(whole), strict=True):
        np.testing.assert_array_equal(found.hashes, expected.hashes)
        np.testing.assert_array_equal(found.counts, expected.counts)


def test_texts_that_grow_when_they_are_folded_are_taken_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = ["\ufdfa" * 20, "plain words", "", "\ufdfa" * 30] * 3
    block: Texts = next(iter(blocks_of(lines)))
    expected = shingles_of(block)
    monkeypatch.setattr(module, "LARGEST", 1000)
    for found, wanted in zip(shingles_of(block), expected, strict=True):
        np.testing.assert_array_equal(found.hashes, wanted.hashes)
        np.testing.assert_array_equal(found.counts, wanted.counts)
