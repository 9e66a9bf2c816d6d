"""Names of regions come from the words of their texts, lie on their texts, and are finer within coarse ones."""

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
import pytest

from eudscore.geometry.regions import nested_clusters, regions
from eudscore.geometry.telling import are_forms, words_of
from eudscore.records import Ints


def reader(texts: Sequence[str]) -> Callable[[Ints], list[str]]:
    return lambda rows: [texts[row] for row in rows.tolist()]


def two_clumps(left: str, right: str, each: int = 40) -> tuple[list[str], np.ndarray]:
    spread = np.random.default_rng(0).normal(scale=0.1, size=(2 * each, 2))
    centres = np.repeat([[0.0, 0.0], [10.0, 0.0]], each, axis=0)
    return [left] * each + [right] * each, (centres + spread).astype(np.float32)


def names_near(found: list, x: float, level: int = 0) -> str:
    return " ".join(region.label for region in found if abs(region.x - x) < 3 and region.level == level)


def test_names_are_words_of_the_texts_they_lie_on() -> None:
    texts, xy = two_clumps("The Red Sox won", "Oil prices rise")
    found = regions(reader(texts), xy)
    assert set(names_near(found, 0).replace(",", "").split()) <= {"red", "sox", "won"}
    assert "oil prices" in names_near(found, 10) or "prices rise" in names_near(found, 10)
    for region in found:
        assert [region.x, region.y] in xy.tolist()


def test_a_word_that_all_share_names_none() -> None:
    texts, xy = two_clumps("gemeinsam alpha", "gemeinsam beta")
    assert {region.label for region in regions(reader(texts), xy)} == {"alpha", "beta"}


def grid(side: int = 9, each: int = 100) -> tuple[list[str], np.ndarray]:
    """Eighty-one clumps in nine groups of nine: each text names its group and its clump."""
    letters = "bcdfghjkl"
    texts, xy = [], []
    draw = np.random.default_rng(0)
    for group in range(9):
        for part in range(9):
            texts += [f"group{letters[group]} {letters[group]}{letters[part]}xyz und auch" for _ in range(each)]
            centre = np.array([group % 3, group // 3]) * 30 + np.array([part % 3, part // 3]) * 4
            xy.append(centre + 0.3 * draw.normal(size=(each, 2)))
    return texts, np.concatenate(xy).astype(np.float32)


def test_finer_levels_lie_within_coarser_ones_and_do_not_repeat_their_names() -> None:
    texts, xy = grid()
    found = regions(reader(texts), xy)
    assert {region.level for region in found} == {0, 1, 2}
    assert [region.level for region in found] == sorted(region.level for region in found)
    labels = [region.label for region in found]
    assert len(set(labels)) == len(labels)
    assert not any("und" in label.split() or "auch" in label.split() for label in labels)
    for level in range(3):
        rows = [region.rows for region in found if region.level == level]
        assert rows == sorted(rows, reverse=True)


def test_each_cluster_is_part_of_one_of_the_level_above() -> None:
    _, xy = grid()
    levels = nested_clusters(xy, seed=0)
    assert [len(np.unique(level)) for level in levels] == [10, 30, 90]
    for upper, lower in pairwise(levels):
        pairs = np.unique(np.stack([upper, lower]), axis=1)
        assert len(pairs.T) == len(np.unique(lower))


def test_names_of_one_level_lie_apart() -> None:
    texts, xy = grid()
    found = [region for region in regions(reader(texts), xy) if region.level == 0]
    places = np.array([[region.x, region.y] for region in found])
    apart = np.linalg.norm(places[:, None] - places[None], axis=2)
    assert (apart[~np.eye(len(found), dtype=bool)] >= 0.09 * np.ptp(xy, axis=0).max()).all()


def test_the_same_seed_gives_the_same_names() -> None:
    texts, xy = grid(each=30)
    assert regions(reader(texts), xy, seed=3) == regions(reader(texts), xy, seed=3)


def test_rows_that_are_not_drawn_are_not_read() -> None:
    texts, xy = two_clumps("alpha", "beta")
    texts[:20], xy[:20] = ["gamma"] * 20, np.nan
    assert {region.label for region in regions(reader(texts), xy)} == {"alpha", "beta"}


def test_of_large_regions_only_some_texts_are_read() -> None:
    read: list[int] = []

    def texts_of(rows: Ints) -> list[str]:
        read.extend(rows.tolist())
        return ["alpha"] * len(rows)

    regions(texts_of, np.random.default_rng(0).normal(size=(60_000, 2)).astype(np.float32))
    assert 0 < len(read) <= 270 * 150


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<b>Oil</b> prices &lt;GE.N&gt; #39;s", ["oil", "prices"]),
        ("see https://example.org/report or www.example.org", []),
        ("I don't 12 ab 3rd", []),
        ("中文新闻", ["中文", "文新", "新闻"]),
        ("the Größe of naïve", ["größe", "naïve"]),
        ("", []),
    ],
)
def test_numerals_markup_and_stop_words_are_no_names(text: str, expected: list[str]) -> None:
    assert words_of(text) == expected


def test_chinese_texts_are_named_by_pairs_of_characters() -> None:
    texts, xy = two_clumps("股票市场", "足球比赛")
    found = regions(reader(texts), xy)
    assert found
    assert all(part in "股票市场" or part in "足球比赛" for region in found for part in region.label.split(", "))


def test_forms_of_one_word_are_known() -> None:
    assert are_forms("card", "cards")
    assert are_forms("exchange", "exchanging")
    assert not are_forms("card", "care")
    assert not are_forms("oil", "prices")


@pytest.mark.parametrize("n", [0, 1, 4])
def test_too_few_texts_have_no_names(n: int) -> None:
    assert regions(reader(["alpha"] * n), np.zeros((n, 2), np.float32)) == []


def test_texts_in_one_place_and_texts_without_words_do_no_harm() -> None:
    assert len(regions(reader(["alpha"] * 50), np.zeros((50, 2), np.float32))) == 1
    assert regions(reader(["12 ?"] * 50), np.zeros((50, 2), np.float32)) == []
