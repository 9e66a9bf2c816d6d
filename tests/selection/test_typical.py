"""TypiClust against its rule, row by row."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from sklearn.neighbors import NearestNeighbors

from eudscore.selection.linked import chords
from eudscore.selection.pool import Pool
from eudscore.selection.request import SelectionRequest, Strategy
from eudscore.selection.typical import SMALLEST_CLUSTER, mean_distances, typical_first
from tests.selection.materials import InMemory, nearest, pool_of, replaced

REQUEST = SelectionRequest(5, strategy=Strategy.TYPICAL)


def one_by_one(pool: Pool, distances: np.ndarray) -> list[int]:
    """At each step the least covered cluster, of these the largest, gives its row of the least mean distance."""
    there = [
        place for place in np.flatnonzero(pool.eligible) if np.isfinite(distances[place]) and pool.clusters[place] >= 0
    ]
    members = {c: [place for place in there if pool.clusters[place] == c] for c in set(pool.clusters[there].tolist())}
    sizes = {c: len(places) for c, places in members.items()}
    order: list[int] = []
    for small in (False, True):
        covered = {c: 0 for c in members if (sizes[c] < SMALLEST_CLUSTER) == small}
        while open_ones := [c for c in covered if members[c]]:
            cluster = min(open_ones, key=lambda c: (covered[c], -sizes[c], c))
            place = min(members[cluster], key=lambda place: (distances[place], place))
            members[cluster].remove(place)
            covered[cluster] += 1
            order.append(int(place))
    return [*order, *(int(place) for place in np.flatnonzero(pool.eligible) if place not in set(order))]


@given(st.integers(1, 60), st.integers(0, 1000), st.sampled_from([0.0, 0.3]))
def test_it_is_the_rule_applied_step_by_step(n: int, seed: int, missing: float) -> None:
    materials = InMemory.random(n, seed=seed, missing=missing)
    clusters = np.random.default_rng(seed).choice([-1, 0, 1, 2, 3], n, p=[0.05, 0.5, 0.3, 0.1, 0.05])
    pool = pool_of(replaced(materials, clusters=clusters))
    indices, cosines = pool.neighbours
    expected = one_by_one(pool, mean_distances(indices, chords(cosines)))
    assert typical_first(pool, REQUEST, n).order.tolist() == expected


def test_mean_distances_agree_with_scikit_learn() -> None:
    vectors = InMemory.random(40, seed=4).vectors
    indices, cosines = nearest(vectors, 20)
    away, _ = NearestNeighbors(n_neighbors=21).fit(vectors).kneighbors(vectors)
    np.testing.assert_allclose(mean_distances(indices, chords(cosines)), away[:, 1:].mean(axis=1), rtol=1e-4)


def test_a_small_cluster_waits_until_the_others_are_used_up() -> None:
    materials = replaced(InMemory.random(20, seed=1), clusters=np.repeat([0, 1, 2], [10, 6, 4]))
    pool = pool_of(materials)
    clusters = pool.clusters[typical_first(pool, REQUEST, 20).order]
    assert clusters[:4].tolist() == [0, 1, 0, 1]
    assert clusters[-4:].tolist() == [2] * 4


def test_a_row_with_fewer_neighbours_is_judged_by_those_it_has() -> None:
    indices = np.array([[1, 2], [0, -1], [-1, -1]])
    distances = np.array([[1.0, 3.0], [1.0, 9.0], [9.0, 9.0]], dtype=np.float32)
    assert mean_distances(indices, distances).tolist() == [2.0, 1.0, np.inf]
