"""Information entropy against scipy, a brute-force loop and the golden table of the method."""

import math
from collections import Counter

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from eudscore.entropy.counts import (
    WordCounts,
    count_words,
    leave_one_out_surprisal,
    length_adjusted,
    miller_madow_entropy,
    plug_in_entropy,
    words_of,
)

any_texts = st.lists(st.text(alphabet="ab c.é\u00df", max_size=30), min_size=1, max_size=8)


def table_of(*texts_counts: list[int]) -> WordCounts:
    """A table with these counts, zeros left out, one text each."""
    texts = [" ".join(f"w{i}" for i, count in enumerate(counts) for _ in range(count)) for counts in texts_counts]
    return count_words(texts)


@given(any_texts)
def test_counts_agree_with_a_plain_counter(texts: list[str]) -> None:
    table = count_words(texts)
    for row, text in enumerate(texts):
        mine = sorted(table.counts[table.indptr[row] : table.indptr[row + 1]].tolist())
        assert mine == sorted(Counter(words_of(text)).values())
        assert table.tokens[row] == len(words_of(text))


@given(any_texts)
def test_plug_in_entropy_agrees_with_scipy(texts: list[str]) -> None:
    mine = plug_in_entropy(count_words(texts))
    for value, text in zip(mine, texts, strict=True):
        counts = list(Counter(words_of(text)).values())
        if counts:
            assert value == pytest.approx(scipy.stats.entropy(counts), abs=1e-12)
            assert 0 <= value <= math.log(len(counts)) + 1e-12
        else:
            assert math.isnan(value)


@pytest.mark.parametrize(
    ("counts", "plug_in", "miller_madow"),
    [
        ([4, 2, 3, 0, 2, 4, 0, 0, 2, 1, 1], 1.9683824087, 2.1525929350),
        ([5, 3, 2], 1.0296530141, 1.1296530141),
        ([7, 2, 1], 0.8018185525, 0.9018185525),
        ([2, 1], 0.6365141683, 0.8031808350),
        ([1, 1], 0.6931471806, 0.9431471806),
        ([1] * 10, 2.3025850930, 2.7525850930),
        ([1], 0.0, 0.0),
        ([6], 0.0, 0.0),
    ],
)
def test_golden_values_of_the_method(counts: list[int], plug_in: float, miller_madow: float) -> None:
    table = table_of(counts)
    assert plug_in_entropy(table)[0] == pytest.approx(plug_in, abs=1e-10)
    assert miller_madow_entropy(table)[0] == pytest.approx(miller_madow, abs=1e-10)


def test_golden_sentence() -> None:
    table = count_words(["the cat sat on the mat and the dog sat"])
    assert plug_in_entropy(table)[0] == pytest.approx(1.8343719703, abs=1e-10)
    assert plug_in_entropy(table)[0] / math.log(2) == pytest.approx(2.6464393447, abs=1e-10)
    assert plug_in_entropy(table)[0] / math.log(10) == pytest.approx(0.7966576245, abs=1e-10)


@given(any_texts)
def test_surprisal_agrees_with_a_loop_over_all_other_texts(texts: list[str]) -> None:
    mine = leave_one_out_surprisal(count_words(texts))
    vocabulary = {word for text in texts for word in words_of(text)}
    for row, text in enumerate(texts):
        words = words_of(text)
        others = Counter(word for other, text_ in enumerate(texts) if other != row for word in words_of(text_))
        if not words:
            assert math.isnan(mine[row])
            continue
        mass = sum(others.values()) + 0.5 * (len(vocabulary) + 1)
        expected = -sum(math.log((others[word] + 0.5) / mass) for word in words) / len(words)
        assert mine[row] == pytest.approx(expected, abs=1e-12)


def test_a_duplicate_leaves_the_entropy_of_others_and_changes_their_surprisal() -> None:
    texts = ["a b c", "a a d", "x y"]
    before, after = count_words(texts), count_words([*texts, "a b c"])
    np.testing.assert_array_equal(plug_in_entropy(before), plug_in_entropy(after)[:3])
    assert (leave_one_out_surprisal(before) != leave_one_out_surprisal(after)[:3]).all()


@pytest.mark.parametrize("text", ["", "   ", "\n\t"])
def test_a_text_without_words_is_nan_never_zero(text: str) -> None:
    table = count_words([text, "a b"])
    assert math.isnan(plug_in_entropy(table)[0])
    assert math.isnan(miller_madow_entropy(table)[0])
    assert math.isnan(leave_one_out_surprisal(table)[0])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Don't PANIC!", ["don", "'", "t", "panic", "!"]),
        ("Straße", ["strasse"]),
        ("\ufb01ne", ["fine"]),  # the ligature fi
        ("\u202eabc\x00", ["\u202e", "abc", "\x00"]),
        ("\ud800", ["\ud800"]),  # a lone surrogate
        ("😀😀", ["😀", "😀"]),
        ("你好", ["你好"]),
    ],
)
def test_words_of_odd_texts(text: str, words: list[str]) -> None:
    assert words_of(text) == words


@given(st.text(alphabet=st.characters(max_codepoint=127), max_size=40))
def test_the_short_cut_for_ascii_changes_nothing(text: str) -> None:
    import unicodedata

    from eudscore.entropy import counts

    assert words_of(text) == counts._WORD.findall(unicodedata.normalize("NFKC", text).casefold())


def test_length_adjusted_ranks_do_not_follow_length() -> None:
    rng = np.random.default_rng(0)
    lengths = rng.integers(3, 100, 5_000)
    values = np.log(lengths) + rng.normal(0, 0.05, 5_000)
    adjusted = length_adjusted(values, lengths)
    assert scipy.stats.spearmanr(values, lengths).statistic > 0.95
    assert abs(scipy.stats.spearmanr(adjusted, lengths).statistic) < 0.05
    assert ((adjusted > 0) & (adjusted < 1)).all()


def test_length_adjusted_keeps_nan_and_ranks_equal_lengths_together() -> None:
    values = np.array([1.0, np.nan, 3.0, 2.0])
    adjusted = length_adjusted(values, np.array([5, 0, 5, 5]))
    np.testing.assert_allclose(adjusted, [1 / 6, np.nan, 5 / 6, 3 / 6])
