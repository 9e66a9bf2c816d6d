"""Near-duplicates against Jaccard similarities of all pairs, counted one by one."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from eudscore import locations
from eudscore.entropy.words import words_of
from eudscore.geometry import minhash
from eudscore.geometry.minhash import BANDS, ROWS_OF_BAND, jaccard, near_duplicates, near_rows
from eudscore.geometry.shingles import CHARACTERS, FEW_WORDS, FEWEST_WORDS, WORDS


def sets_of(text: str) -> list[set[object]]:
    words = words_of(text)
    joined = "".join(words)
    three = {tuple(words[i : i + WORDS]) for i in range(len(words) - WORDS + 1)}
    five = {joined[i : i + CHARACTERS] for i in range(max(1, len(joined) - CHARACTERS + 1))}
    return [three if len(words) >= FEWEST_WORDS else set(), five if 0 < len(words) < FEW_WORDS else set()]


def similarity(one: str, other: str) -> float:
    found = [len(a & b) / len(a | b) for a, b in zip(sets_of(one), sets_of(other), strict=True) if a | b]
    return max(found, default=0.0)


def groups_by_hand(texts: list[str], threshold: float) -> list[int]:
    group = list(range(len(texts)))
    for i in range(len(texts)):
        for j in range(i):
            if similarity(texts[i], texts[j]) >= threshold:
                low, high = sorted((group[i], group[j]))
                group = [low if g == high else g for g in group]
    return group


def perturbed(seed: int, n: int) -> list[str]:
    """Texts of the demo, each several times with words replaced, so that pairs of every similarity occur."""
    table = pq.read_table(locations.assets() / "demo" / "train.parquet", columns=["text"])
    texts = [str(text) for text in table["text"].to_pylist()]
    draw = np.random.default_rng(seed)
    found = []
    for _ in range(n):
        words = texts[draw.integers(40)].split()
        for _ in range(draw.integers(0, 1 + len(words) // 6)):
            words[draw.integers(len(words))] = f"w{draw.integers(50)}"
        found.append(" ".join(words))
    return found


@pytest.mark.parametrize("seed", range(4))
def test_groups_are_those_of_all_pairs(seed: int) -> None:
    texts = perturbed(seed, 250)
    found = near_duplicates(pa.chunked_array([texts[:100], texts[100:]]))
    expected = groups_by_hand(texts, 0.8)
    assert len(set(expected)) < 240, "the texts are to hold near-duplicates"
    # a pair at the threshold is missed twice in a thousand times, so one row may stand apart
    assert np.count_nonzero(found.groups != expected) <= 1
    assert all(expected[row] == expected[group] for row, group in enumerate(found.groups))


@pytest.mark.parametrize("seed", range(3))
def test_near_rows_are_those_like_one_of_the_others(seed: int) -> None:
    texts = perturbed(seed, 220)
    there, asked = texts[:120], texts[120:]
    expected = [row for row, text in enumerate(asked) if max(similarity(text, one) for one in there) >= 0.8]
    found = near_rows(pa.chunked_array([there[:50], there[50:]]), pa.chunked_array([asked], pa.large_string()))
    assert 0 < len(expected) < 100
    assert len(set(expected) ^ set(found.tolist())) <= 1
    assert near_rows(pa.chunked_array([there]), pa.chunked_array([[]], pa.string())).tolist() == []


def test_a_chain_among_those_asked_brings_nobody_near() -> None:
    """Each is like the next; only the first ones are like what is there."""
    words = [f"word{number}" for number in range(40)]
    chain = [" ".join([*words[: 40 - step], *(f"other{number}" for number in range(step))]) for step in range(0, 24, 2)]
    expected = [row for row, text in enumerate(chain) if similarity(text, chain[0]) >= 0.8]
    assert near_rows(pa.chunked_array([chain[:1]]), pa.chunked_array([chain])).tolist() == expected == [0, 1, 2]


def test_the_exact_similarity_is_that_counted_by_hand() -> None:
    texts = perturbed(9, 60)
    left, right = (np.random.default_rng(i).integers(0, 60, 500) for i in (1, 2))
    column = pa.chunked_array([texts])
    for way in (0, 1):
        sets = [sets_of(text)[way] for text in texts]
        expected = [len(sets[i] & sets[j]) / max(1, len(sets[i] | sets[j])) for i, j in zip(left, right, strict=True)]
        np.testing.assert_allclose(jaccard(column, left, right, way=way), expected)


def test_as_many_pairs_come_up_as_the_formula_says() -> None:
    """Signatures of pairs whose similarity is known: 0.6 by construction."""
    draw = np.random.default_rng(0)
    trials, common, own = 600, 30, 10
    hits, marks = 0, 0.0
    hashes = draw.integers(0, 2**64, (trials, common + 2 * own), dtype=np.uint64)
    one, other = hashes[:, : common + own], np.delete(hashes, np.s_[common : common + own], axis=1)
    starts = np.arange(trials) * (common + own)
    minima = [minhash._minima(side.ravel(), starts).reshape(BANDS, ROWS_OF_BAND, trials) for side in (one, other)]
    hits = int((minima[0] == minima[1]).all(axis=1).any(axis=0).sum())
    marks = float((minima[0] == minima[1]).mean())
    expected = 1 - (1 - 0.6**ROWS_OF_BAND) ** BANDS
    assert abs(hits / trials - expected) < 4 * np.sqrt(expected * (1 - expected) / trials)
    assert abs(marks - 0.6) < 0.01


def test_case_marks_of_width_and_white_space_do_not_tell_texts_apart() -> None:
    line = "The quick brown fox jumps over the lazy dog and sleeps"
    texts = [
        line,
        line.upper(),
        line.replace(" ", "\n  "),
        "Ｔhe" + line[3:],
        "Something else was said here today again and again",
    ]
    assert near_duplicates(pa.chunked_array([texts])).groups.tolist() == [0, 0, 0, 0, 4]


def test_short_texts_meet_those_with_one_word_more() -> None:
    line = "please reset the password of my very old account because nothing works"
    words = line.split()
    for length in range(6, 12):
        short, longer = " ".join(words[:length]), " ".join([*words[:length], "now"])
        assert similarity(short, longer) > 0.8
        assert near_duplicates(pa.chunked_array([[short, longer]])).groups.tolist() == [0, 0], length


def test_empty_texts_are_like_no_other() -> None:
    found = near_duplicates(pa.chunked_array([["", None, "  ", "a", "a", "\u200b"]]))
    assert found.groups.tolist() == [0, 1, 2, 3, 3, 5]
    assert found.beyond_first == 1


def test_no_texts_have_no_groups() -> None:
    assert near_duplicates(pa.chunked_array([], pa.string())).groups.shape == (0,)
    assert near_duplicates(pa.chunked_array([[]], pa.large_string())).beyond_first == 0


def test_many_equal_texts_are_one_group() -> None:
    found = near_duplicates(pa.chunked_array([["the very same words stand in every one of these"] * 5000]))
    assert set(found.groups.tolist()) == {0}
    assert found.beyond_first == 4999


def test_a_bucket_larger_than_the_window_is_still_linked() -> None:
    body = " ".join(f"word{i}" for i in range(60))
    found = near_duplicates(pa.chunked_array([[f"{body} number {i}" for i in range(300)]]))
    assert set(found.groups.tolist()) == {0}


def test_progress_can_end_the_work() -> None:
    def stop(stage: str, done: int, total: int) -> None:
        assert 0 <= done <= total
        if stage.startswith("Comparing"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        near_duplicates(pa.chunked_array([["a b c d e f g h i"] * 3]), on_progress=stop)


@pytest.mark.parametrize("threshold", [0.49, 1.01, float("nan")])
def test_a_threshold_out_of_range_is_refused(threshold: float) -> None:
    with pytest.raises(ValueError, match="not in"):
        near_duplicates(pa.chunked_array([["a"]]), threshold=threshold)


def test_a_portion_of_long_texts_is_small(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = perturbed(3, 120)
    expected = near_duplicates(pa.chunked_array([texts])).groups
    monkeypatch.setattr(minhash, "_SHINGLES", 50)
    np.testing.assert_array_equal(near_duplicates(pa.chunked_array([texts])).groups, expected)
