"""Information entropy against scipy, brute-force loops and the golden table of the method."""

import math
import random
from collections import Counter
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from eudscore.entropy import words as words_module
from eudscore.entropy.counts import (
    Profile,
    WordCounts,
    chao_shen_entropy,
    count_words,
    leave_one_out_surprisal,
    miller_madow_entropy,
    normalised_entropy,
    plug_in_entropy,
)
from eudscore.entropy.words import words_of

any_texts = st.lists(st.text(alphabet="ab c.é\u00df", max_size=30), min_size=1, max_size=8)
Estimate = Callable[[Profile], np.ndarray]
any_counts = st.lists(st.integers(1, 9), min_size=1, max_size=20)
of_counts: list[Estimate] = [plug_in_entropy, miller_madow_entropy, chao_shen_entropy, normalised_entropy]


def table_of(*texts_counts: list[int]) -> WordCounts:
    """A table with these counts, zeros left out, one text each."""
    texts = [" ".join(f"w{i}" for i, count in enumerate(counts) for _ in range(count)) for counts in texts_counts]
    return count_words(texts)


def plain_counts(texts: list[str]) -> tuple[list[dict[int, int]], list[int]]:
    """Of each text {number of the word: count}, numbers by first occurrence; and the counts in all texts."""
    numbers: dict[str, int] = {}
    rows = [Counter(numbers.setdefault(word, len(numbers)) for word in words_of(text)) for text in texts]
    corpus: Counter[int] = Counter()
    for row in rows:
        corpus.update(row)
    return [dict(row) for row in rows], [corpus[number] for number in range(len(numbers))]


def rows_of(table: WordCounts) -> list[dict[int, int]]:
    """Of each text {number of the word: count}, from a table."""
    rows = []
    for block in table.blocks:
        ends, values, counts = block.words
        for start, end in pairwise(ends):
            rows.append(dict(zip(block.numbers[values[start:end]].tolist(), counts[start:end].tolist(), strict=True)))
    return rows


def profile_of(table: WordCounts, row: int) -> dict[int, int]:
    """How many words occur how often in one text of a table that is one block."""
    (block,) = table.blocks
    ends, values, counts = block.profile.times
    return dict(
        zip(values[ends[row] : ends[row + 1]].tolist(), counts[ends[row] : ends[row + 1]].tolist(), strict=True)
    )


def chao_shen_by_loop(counts: list[int]) -> float:
    """The formula of method section 2.1, word by word."""
    n, once = sum(counts), counts.count(1)
    if n == 1:
        return 0.0
    coverage = 1 - (n - 1 if once == n else once) / n
    shares = [coverage * count / n for count in counts]
    return -sum(q * math.log(q) / (1 - (1 - q) ** n) for q in shares)


@given(st.lists(st.text(st.characters(exclude_categories=()), max_size=20), max_size=8), st.integers(1, 60))
def test_counts_are_those_of_a_plain_counter_however_the_texts_are_cut(texts: list[str], block: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(words_module, "_BLOCK", block)
        table = count_words(texts)
    rows, corpus = plain_counts(texts)
    assert rows_of(table) == rows
    assert table.corpus.tolist() == corpus
    assert table.tokens.tolist() == [sum(row.values()) for row in rows]


@given(any_texts)
def test_profile_counts_the_counts(texts: list[str]) -> None:
    table = count_words(texts)
    for row, text in enumerate(texts):
        assert profile_of(table, row) == Counter(Counter(words_of(text)).values())


def test_an_arrow_column_of_thousands_of_texts_is_counted_as_a_list_is() -> None:
    rng = np.random.default_rng(0)
    words = np.array([f"w{i}" for i in range(5_000)] + ["naïve", "你好", ",", "."])
    texts = [" ".join(rng.choice(words, size)) for size in rng.integers(0, 60, 20_000)]
    table = count_words(pa.chunked_array([texts[:7_000], texts[7_000:]], pa.string()))
    assert len(table.blocks) > 1
    rows, corpus = plain_counts(texts)
    assert rows_of(table) == rows
    assert table.corpus.tolist() == corpus


@given(st.lists(any_counts, min_size=1, max_size=5))
def test_entropies_agree_with_scipy_and_with_a_loop(texts_counts: list[list[int]]) -> None:
    table = table_of(*texts_counts)
    n, m = np.array([sum(counts) for counts in texts_counts]), np.array([len(counts) for counts in texts_counts])
    plain = np.array([scipy.stats.entropy(counts) for counts in texts_counts])
    np.testing.assert_allclose(table.each(plug_in_entropy), plain, atol=1e-12)
    np.testing.assert_allclose(table.each(miller_madow_entropy), plain + (m - 1) / (2 * n), atol=1e-12)
    np.testing.assert_allclose(
        table.each(chao_shen_entropy), [chao_shen_by_loop(counts) for counts in texts_counts], rtol=1e-9, atol=1e-12
    )
    normalised = [0.0 if size == 1 else value / math.log(size) for value, size in zip(plain, n, strict=True)]
    np.testing.assert_allclose(table.each(normalised_entropy), normalised, atol=1e-12)


@given(st.lists(any_counts, min_size=1, max_size=5))
def test_bounds(texts_counts: list[list[int]]) -> None:
    table = table_of(*texts_counts)
    plug_in = table.each(plug_in_entropy)
    m = np.array([len(counts) for counts in texts_counts])
    assert (plug_in >= 0).all()
    assert (plug_in <= np.log(m) + 1e-12).all()
    assert (table.each(miller_madow_entropy) >= plug_in).all()
    assert (table.each(chao_shen_entropy) >= 0).all()
    assert ((table.each(normalised_entropy) >= 0) & (table.each(normalised_entropy) <= 1 + 1e-12)).all()


@pytest.mark.parametrize(
    ("counts", "plug_in", "miller_madow", "chao_shen"),
    [
        ([4, 2, 3, 0, 2, 4, 0, 0, 2, 1, 1], 1.9683824087, 2.1525929350, 2.2011371013),
        ([5, 3, 2], 1.0296530141, 1.1296530141, 1.0792110897),
        ([7, 2, 1], 0.8018185525, 0.9018185525, 1.0038766813),
        ([2, 1], 0.6365141683, 0.8031808350, 1.0662472192),
        ([1, 1], 0.6931471806, 0.9431471806, 1.5843364127),
        ([1] * 10, 2.3025850930, 2.7525850930, 4.8162205846),
        ([1], 0.0, 0.0, 0.0),
        ([6], 0.0, 0.0, 0.0),
    ],
)
def test_golden_values_of_the_method(counts: list[int], plug_in: float, miller_madow: float, chao_shen: float) -> None:
    table = table_of(counts)
    assert table.each(plug_in_entropy)[0] == pytest.approx(plug_in, abs=1e-10)
    assert table.each(miller_madow_entropy)[0] == pytest.approx(miller_madow, abs=1e-10)
    assert table.each(chao_shen_entropy)[0] == pytest.approx(chao_shen, abs=1e-10)


def test_golden_share_of_the_log_of_the_length() -> None:
    assert table_of([5, 3, 2]).each(normalised_entropy)[0] == pytest.approx(0.4471726223, abs=1e-10)


def test_golden_sentence() -> None:
    table = count_words(["the cat sat on the mat and the dog sat"])
    assert table.tokens[0] == 10
    assert table.blocks[0].profile.kinds[0] == 7
    assert table.each(plug_in_entropy)[0] == pytest.approx(1.8343719703, abs=1e-10)
    assert table.each(plug_in_entropy)[0] / math.log(2) == pytest.approx(2.6464393447, abs=1e-10)
    assert table.each(normalised_entropy)[0] == pytest.approx(0.7966576245, abs=1e-10)
    assert table.each(miller_madow_entropy)[0] == pytest.approx(2.1343719703, abs=1e-10)
    assert table.each(chao_shen_entropy)[0] == pytest.approx(2.5742898389, abs=1e-10)


@pytest.mark.parametrize("estimate", of_counts)
def test_one_word_however_often_is_exactly_zero_and_not_minus_zero(estimate: Estimate) -> None:
    values = table_of([1], [2], [3], [1_000_000]).each(estimate)
    assert (values == 0).all()
    assert not np.signbit(values).any()


@given(any_counts, any_counts, st.randoms())
def test_order_names_and_neighbours_of_the_words_change_not_a_bit(
    counts: list[int], other: list[int], chance: random.Random
) -> None:
    words = [f"w{i}" for i, count in enumerate(counts) for _ in range(count)]
    chance.shuffle(words)
    renamed = [word.replace("w", "v") for word in words]
    table = count_words([" ".join(words), "x " * sum(other), " ".join(renamed), "", " ".join(sorted(words))])
    for estimate in of_counts:
        values = table.each(estimate)
        assert values[0] == values[2] == values[4] == table_of(counts).each(estimate)[0]


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


def test_surprisal_looks_beyond_its_block(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = ["a b c", "a a d", "", "x y", "d c b a"] * 20
    whole = leave_one_out_surprisal(count_words(texts))
    monkeypatch.setattr(words_module, "_BLOCK", 10)
    cut = count_words(texts)
    assert len(cut.blocks) > 10
    np.testing.assert_allclose(leave_one_out_surprisal(cut), whole, atol=1e-12)


def test_a_duplicate_leaves_the_entropy_of_others_and_changes_their_surprisal() -> None:
    texts = ["a b c", "a a d", "x y"]
    before, after = count_words(texts), count_words([*texts, "a b c"])
    for estimate in of_counts:
        np.testing.assert_array_equal(before.each(estimate), after.each(estimate)[:3])
    assert (leave_one_out_surprisal(before) != leave_one_out_surprisal(after)[:3]).all()


@pytest.mark.parametrize("text", ["", "   ", "\n\t", "\u3000\x1c"])
def test_a_text_without_words_is_nan_never_zero(text: str) -> None:
    table = count_words([text, "a b", text])
    for values in (*(table.each(estimate) for estimate in of_counts), leave_one_out_surprisal(table)):
        assert np.isnan(values).tolist() == [True, False, True]


@pytest.mark.parametrize("texts", [[], ["", ""]])
def test_no_words_at_all(texts: list[str]) -> None:
    table = count_words(texts)
    assert table.tokens.tolist() == [0] * len(texts)
    for values in (*(table.each(estimate) for estimate in of_counts), leave_one_out_surprisal(table)):
        assert values.shape == (len(texts),)
        assert np.isnan(values).all()


def test_megabytes_in_one_text() -> None:
    table = count_words(["ab " * 700_000, "x" * 2_000_000, "a b"])
    assert table.tokens.tolist() == [700_000, 1, 2]
    np.testing.assert_allclose(table.each(plug_in_entropy), [0, 0, math.log(2)])


def test_estimates_need_a_profile_only() -> None:
    times = table_of([3, 1, 1]).blocks[0].profile.times
    assert plug_in_entropy(Profile(np.array([5]), times))[0] == pytest.approx(scipy.stats.entropy([3, 1, 1]))
