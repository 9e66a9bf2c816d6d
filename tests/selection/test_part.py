"""Some rows as a data set of their own."""

import numpy as np

from eudscore.selection.part import Part
from tests.selection.materials import InMemory

ROWS = np.array([3, 4, 9, 11, 20, 21, 29])


def test_a_part_is_what_the_whole_says_of_its_rows() -> None:
    whole = InMemory.random(30, missing=0.2)
    part = Part(whole, ROWS)
    for name in ("keys", "eligible", "labels", "tokens", "clusters", "vectors"):
        np.testing.assert_array_equal(getattr(part, name), getattr(whole, name)[ROWS])
    np.testing.assert_array_equal(part.column("value"), whole.column("value")[ROWS])
    np.testing.assert_array_equal(part.likeliest[0], whole.likeliest[0][ROWS])


def test_neighbours_are_those_of_the_whole_that_are_in_the_part() -> None:
    whole = InMemory.random(30, missing=0.1, neighbours=12)
    indices, cosines = Part(whole, ROWS).neighbours
    for place, row in enumerate(ROWS):
        there = [(other, cosine) for other, cosine in zip(*(one[row] for one in whole.neighbours), strict=True)]
        kept = [(list(ROWS).index(other), cosine) for other, cosine in there if other in ROWS]
        assert indices[place, : len(kept)].tolist() == [other for other, _ in kept]
        np.testing.assert_allclose(cosines[place, : len(kept)], [cosine for _, cosine in kept])
        assert (indices[place, len(kept) :] == -1).all()
        assert np.isnan(cosines[place, len(kept) :]).all()


def test_near_duplicates_stay_together_and_are_rows_of_the_part() -> None:
    whole = InMemory.random(30)
    object.__setattr__(whole, "groups", np.arange(30) // 4)
    groups = Part(whole, ROWS).groups
    assert groups.max() < len(ROWS)
    same = whole.groups[ROWS][:, None] == whole.groups[ROWS][None]
    np.testing.assert_array_equal(groups[:, None] == groups[None], same)
