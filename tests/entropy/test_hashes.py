"""Hashes of stretches: equal where and only where the bytes are, whatever stands around them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eudscore.entropy.hashes import LARGEST, hash_stretches, hash_texts, mix
from eudscore.entropy.words import Texts, blocks_of

any_text = st.text(st.characters(codec="utf-8"), max_size=12)


@given(st.binary(max_size=40), st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=1, max_size=20))
def test_stretches_have_equal_hashes_exactly_where_their_bytes_are_equal(
    content: bytes, places: list[tuple[int, int]]
) -> None:
    starts = np.array([min(min(place), len(content)) for place in places])
    stops = np.array([min(max(place), len(content)) for place in places])
    found = hash_stretches(np.frombuffer(content, dtype=np.uint8), starts, stops)
    stretches = [content[i:j] for i, j in zip(starts, stops, strict=True)]
    assert len(set(stretches)) == len(set(found.tolist()))
    assert len(set(zip(stretches, found.tolist(), strict=True))) == len(set(stretches))


@given(st.lists(any_text, max_size=12), st.lists(any_text, max_size=12))
def test_the_hash_of_a_text_does_not_depend_on_the_texts_around_it(texts: list[str], others: list[str]) -> None:
    alone = [int(hash_texts(next(iter(blocks_of([text]))))[0]) for text in texts]
    together = [value for block in blocks_of([*others, *texts]) for value in hash_texts(block).tolist()]
    assert together[len(others) :] == alone


def test_a_million_short_texts_have_as_many_hashes() -> None:
    texts = [f"text {i}" for i in range(1_000_000)]
    found = np.concatenate([hash_texts(block) for block in blocks_of(texts)])
    assert len(np.unique(found)) == 1_000_000
    # every bit is set in half of them: 1,000 is two standard errors
    set_bits = [int((found >> np.uint64(bit) & np.uint64(1)).sum()) for bit in range(64)]
    assert np.abs(np.array(set_bits) - 500_000).max() < 2_500


def test_a_text_that_is_too_large_for_the_powers_has_a_hash_too() -> None:
    content = np.zeros(LARGEST + 1, dtype=np.uint8)
    one, other = (hash_texts(Texts(content[skip:], np.array([0, len(content) - skip]))) for skip in (0, 1))
    assert one != other
    with pytest.raises(ValueError, match="are more than"):
        hash_stretches(content, np.array([0]), np.array([1]))


def test_mixing_is_one_to_one() -> None:
    keys = np.arange(100_000, dtype=np.uint64)
    assert len(np.unique(mix(keys.copy()))) == len(keys)
