"""Names of regions come from the words of their texts and lie on their texts."""

import numpy as np

from eudscore.geometry.regions import regions

TEXTS = ["The Red Sox won the game"] * 8 + ["Oil prices rise, the oil prices fall"] * 6 + ["the the 12 ?"] * 5
XY = np.array([[0, 0]] * 8 + [[10, 0]] * 6 + [[5, 10]] * 5, dtype=np.float32)
CLUSTERS = np.array([4] * 8 + [0] * 6 + [2] * 5)


def test_the_largest_clusters_come_first_with_their_telling_words_in_reading_order() -> None:
    found = regions(TEXTS, XY, CLUSTERS)
    assert [(region.x, region.y, region.rows) for region in found] == [(0, 0, 8), (10, 0, 6)]
    assert found[1].label == "oil prices"
    assert set(found[0].label.split()) < {"red", "sox", "won", "game"}


def test_a_word_that_all_clusters_share_names_none() -> None:
    texts = [f"shared {own}" for own in ["alpha"] * 6 + ["beta"] * 6]
    found = regions(texts, XY[[0] * 6 + [8] * 6], np.repeat([0, 1], 6))
    assert [region.label for region in found] == ["alpha", "beta"]


def test_two_clusters_of_the_same_name_are_named_once() -> None:
    texts = ["alpha"] * 12 + ["beta"] * 12
    xy = np.repeat(np.array([[0, 0], [5, 0], [0, 5], [5, 5]], dtype=np.float32), 6, axis=0)
    found = regions(texts, xy, np.repeat([0, 1, 2, 3], 6))
    assert [region.label for region in found] == ["alpha", "beta"]


def test_a_name_that_would_cover_a_larger_clusters_name_is_left_out() -> None:
    close = XY.copy()
    close[8:14] = [0.1, 0]
    assert [region.rows for region in regions(TEXTS, close, CLUSTERS)] == [8]


def test_the_name_lies_on_a_text_of_the_cluster() -> None:
    ring = np.array([[np.cos(a), np.sin(a)] for a in np.linspace(0, 6, 8)] + [[9, 9]] * 6, dtype=np.float32)
    first = regions(TEXTS[:14], ring, CLUSTERS[:14])[0]
    assert [first.x, first.y] in ring[:8].tolist()


def test_rows_that_are_not_drawn_or_in_no_cluster_do_not_count() -> None:
    xy = XY.copy()
    xy[:4] = np.nan
    clusters = CLUSTERS.copy()
    clusters[8:14] = -1
    assert regions(TEXTS, xy, clusters) == []  # four are left of the first, fewer than a name needs


def test_no_more_names_than_asked_for() -> None:
    assert len(regions(TEXTS, XY, CLUSTERS, most=1)) == 1


def test_without_a_drawn_text_there_are_no_names() -> None:
    assert regions([], np.zeros((0, 2), np.float32), np.zeros(0, np.int64)) == []
