"""The columns of information entropy as a corpus gets them, on ordinary and on odd texts."""

import math
from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
import scipy.stats

from eudscore.entropy.words import words_of
from eudscore.records import Corpus, Flag, Roles, ScoredBatch
from eudscore.scorers.information import InformationScorer

ODD = {
    "emoji only": "😀😃😀",
    "one character": "x",
    "one emoji": "😀",
    "null bytes": "\x00\x00a\x00",
    "one megabyte": "na na batman " * 80_000,
    "one megabyte without a space": "z" * 1_000_000,
    "right to left": "שלום עולם שלום",
    "right to left, marked": "\u202bمرحبا\u202c",
    "Chinese without spaces": "我们我们都是好人",
    "Thai": "ภาษาไทย",
    "combining marks": "e\u0301e\u0301 e",
    "control characters": "\x01\x02\x7f",
    "zero width": "\u200b",
    "only marks": "!!!???",
}
NOTHING = {"empty": "", "spaces": "   ", "breaks": "\r\n\t\x1c\u2028", "null": None}


def corpus_of(texts: list[str | None], kind: pa.DataType | None = None) -> Corpus:
    table = pa.table({"text": pa.array(texts, kind or pa.string())})
    return Corpus("t", "t.csv", table, Roles("text"), (), np.full(len(texts), -1))


def scored(corpus: Corpus, rows: list[int] | None = None) -> ScoredBatch:
    wanted = np.arange(len(corpus)) if rows is None else np.array(rows)
    (batch,) = InformationScorer().score(corpus, wanted)
    return batch


def test_every_column_has_a_card_and_says_how_words_are_found() -> None:
    cards = InformationScorer().cards
    assert list(scored(corpus_of(["a b"])).values.keys() ^ cards.keys()) == []
    assert next(iter(cards)) == "information_entropy"
    for name, card in cards.items():
        assert card.column == name
        assert "character by character" in card.parameters["units"]
        assert card.version > 1, "version 1 took a Chinese sentence for one word"


def test_columns_are_float32_and_agree_with_a_loop() -> None:
    texts = ["the cat sat on the mat and the dog sat", "Buy now! Buy now!", "你好你", "one"]
    batch = scored(corpus_of(texts))
    for row, text in enumerate(texts):
        counts = list(Counter(words_of(text)).values())
        n, m, value = sum(counts), len(counts), scipy.stats.entropy(counts)
        assert batch.values["tokens"][row] == n
        assert batch.values["information_entropy"][row] == pytest.approx(value, rel=1e-6)
        assert batch.values["information_miller_madow"][row] == pytest.approx(value + (m - 1) / (2 * n), rel=1e-6)
        share = value / math.log(n) if n > 1 else 0.0
        assert batch.values["information_normalised"][row] == pytest.approx(share, rel=1e-6)
    assert {values.dtype for values in batch.values.values()} == {np.dtype(np.float32)}
    assert batch.values["information_chao_shen"][0] == pytest.approx(2.5742898389, rel=1e-6)


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()])
def test_odd_texts_have_values_and_nothing_is_a_silent_zero(kind: pa.DataType) -> None:
    texts = [*ODD.values(), *NOTHING.values(), "an ordinary text , and another one"]
    batch = scored(corpus_of(texts, kind))
    for row, text in enumerate(texts):
        words = words_of(text or "")
        values = {name: column[row] for name, column in batch.values.items() if name != "tokens"}
        assert batch.values["tokens"][row] == len(words)
        if not words:
            assert batch.flags[row] == Flag.EMPTY
            assert all(math.isnan(value) for value in values.values())
            continue
        assert batch.flags[row] == (Flag.SHORT if len(words) == 1 else 0)
        assert all(math.isfinite(value) for value in values.values())
        if len(set(words)) > 1:
            assert values["information_entropy"] > 0
            assert values["information_normalised"] > 0


def test_a_single_word_is_zero_and_flagged_short() -> None:
    batch = scored(corpus_of(["a b", "one"]))
    for name in ("entropy", "miller_madow", "chao_shen", "normalised"):
        assert batch.values[f"information_{name}"][1] == 0
    assert batch.flags.tolist() == [0, Flag.SHORT]


def test_order_of_the_rows_changes_nothing_and_each_row_keeps_its_own_value() -> None:
    rng = np.random.default_rng(0)
    texts = [" ".join(rng.choice(["a", "b", "c", "d", "é", "!"], size)) for size in rng.integers(0, 12, 300)]
    batch = scored(corpus_of(texts))
    order = rng.permutation(300)
    moved = scored(corpus_of([texts[row] for row in order]))
    for name, values in batch.values.items():
        np.testing.assert_allclose(moved.values[name], values[order], rtol=1e-6, err_msg=name)
        if name != "information_surprisal":  # a sum over many different words, in their order of appearance
            np.testing.assert_array_equal(moved.values[name], values[order])
    picked = scored(corpus_of(texts), [7, 3, 11])
    assert picked.rows.tolist() == [7, 3, 11]
    np.testing.assert_array_equal(picked.values["information_entropy"], batch.values["information_entropy"][[7, 3, 11]])


def test_texts_with_equal_counts_tie_in_all_but_surprisal() -> None:
    rng = np.random.default_rng(0)
    texts = [" ".join(rng.permutation([f"a{i}"] * 3 + [f"b{i}"] * 2 + ["c", "d"])) for i in range(50)]
    batch = scored(corpus_of(texts))
    for name in ("entropy", "miller_madow", "chao_shen", "normalised", "adjusted"):
        assert np.unique(batch.values[f"information_{name}"]).size == 1, name


def test_surprisal_is_high_where_words_are_rare() -> None:
    texts = ["the cat sat on the mat"] * 30 + ["quixotic zephyrs vex bold jumping wizards"]
    surprisal = scored(corpus_of(texts)).values["information_surprisal"]
    assert surprisal[-1] > surprisal[:-1].max() + 1


def test_no_rows_at_all() -> None:
    batch = scored(corpus_of([]))
    assert all(values.shape == (0,) for values in batch.values.values())
