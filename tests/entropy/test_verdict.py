"""What a text looks like: each kind from the numbers that mean it, and nothing from what is not known."""

import math
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eudscore.entropy.verdict import AGAINST, APART, DIVIDED, FARTHEST, Evidence, Kind, belief, kinds, shared_words

share = st.floats(0, 1)
known_or_not = share | st.just(math.nan)
any_evidence = st.builds(
    Evidence, st.booleans(), known_or_not, known_or_not, known_or_not, known_or_not, known_or_not, st.integers(0, 3)
)
words = st.lists(st.sampled_from(["a", "b", "c", "d"]), max_size=8)
PLAIN = Evidence(labelled=True, own=0.8, first=0.1, distance=0.5, words=0.5)


@given(any_evidence)
def test_something_is_always_said_and_nothing_twice(evidence: Evidence) -> None:
    found = kinds(evidence)
    assert len(found) == len(set(found)) >= 1
    assert (Kind.NOTHING in found) == (found == (Kind.NOTHING,))


@given(any_evidence)
def test_a_text_has_one_of_the_three_readings_of_a_doubted_label(evidence: Evidence) -> None:
    assert len({Kind.MISLABELLED, Kind.OFF_TOPIC, Kind.AMBIGUOUS} & set(kinds(evidence))) <= 1


@given(any_evidence)
def test_duplicates_are_named_exactly_where_there_are_some(evidence: Evidence) -> None:
    assert (Kind.DUPLICATE in kinds(evidence)) == (evidence.duplicates > 0)


@given(any_evidence)
def test_without_a_label_none_is_called_wrong_or_off_topic(evidence: Evidence) -> None:
    assert not {Kind.MISLABELLED, Kind.OFF_TOPIC} & set(kinds(replace(evidence, labelled=False)))


@given(st.booleans(), known_or_not, st.integers(0, 3))
def test_what_is_not_known_accuses_nobody(labelled: bool, odd_words: float, duplicates: int) -> None:
    found = kinds(Evidence(labelled, words=odd_words, duplicates=duplicates))
    assert found == ((Kind.DUPLICATE,) if duplicates else (Kind.NOTHING,))


@given(share, share, share)
def test_more_belief_in_the_label_never_makes_it_more_doubtful(own: float, more: float, first: float) -> None:
    low, high = sorted((own, more))
    doubts = [replace(PLAIN, own=value, first=first).doubt for value in (high, low)]
    assert any(map(math.isnan, doubts)) or doubts[0] <= doubts[1]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, (Kind.NOTHING,)),
        ({"own": 0.02, "first": 0.9}, (Kind.MISLABELLED,)),
        ({"own": 0.1, "first": 0.3}, (Kind.AMBIGUOUS,)),
        ({"own": 0.01, "first": 0.3}, (Kind.AMBIGUOUS,)),  # no class has a majority: nothing to call it instead
        ({"own": 0.4, "first": 0.45}, (Kind.AMBIGUOUS,)),
        ({"own": 0.45, "first": 0.4}, (Kind.NOTHING,)),
        ({"own": 0.1, "first": 0.3, "distance": 0.9, "words": 0.9}, (Kind.OFF_TOPIC,)),
        ({"own": 0.02, "first": 0.9, "distance": 0.9, "words": 0.9}, (Kind.OFF_TOPIC,)),
        ({"distance": 0.9, "words": 0.9}, (Kind.NOTHING,)),
        ({"distance": 0.97, "words": 0.97}, (Kind.RARE,)),
        ({"distance": 0.97, "words": 0.1}, (Kind.NOTHING,)),
        ({"distance": 0.97, "words": math.nan}, (Kind.RARE,)),
        ({"duplicates": 1}, (Kind.DUPLICATE,)),
        ({"own": 0.02, "first": 0.9, "duplicates": 2}, (Kind.MISLABELLED, Kind.DUPLICATE)),
        ({"own": 0.4, "first": 0.45, "duplicates": 2}, (Kind.DUPLICATE, Kind.AMBIGUOUS)),
        ({"own": math.nan, "first": math.nan, "distance": 0.97}, (Kind.NOTHING,)),
    ],
)
def test_kinds_of_a_labelled_text(changes: dict[str, float], expected: tuple[Kind, ...]) -> None:
    assert kinds(replace(PLAIN, **changes)) == expected


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [(0.5, 0.4, Kind.AMBIGUOUS), (0.6, 0.4, Kind.AMBIGUOUS), (0.6, 0.3, Kind.NOTHING), (0.9, 0.1, Kind.NOTHING)],
)
def test_without_a_label_two_even_classes_are_ambiguous(first: float, second: float, expected: Kind) -> None:
    assert kinds(Evidence(first=first, second=second)) == (expected,)


def test_thresholds_belong_to_the_kind_they_begin() -> None:
    assert kinds(replace(PLAIN, own=1 - DIVIDED, first=DIVIDED)) == (Kind.AMBIGUOUS,)
    assert kinds(replace(PLAIN, own=0.125, first=0.5)) == (Kind.MISLABELLED,)  # odds of four to one, exactly
    assert replace(PLAIN, own=0.125, first=0.5).doubt == AGAINST
    assert kinds(replace(PLAIN, own=0.25, first=0.25, distance=APART, words=APART)) == (Kind.OFF_TOPIC,)
    assert kinds(replace(PLAIN, distance=FARTHEST, words=FARTHEST)) == (Kind.RARE,)


@given(st.lists(st.lists(share, min_size=3, max_size=3), min_size=1, max_size=4))
def test_belief_is_the_mean_of_those_who_know(witnesses: list[list[float]]) -> None:
    heard = [np.array(shares) for shares in witnesses]
    np.testing.assert_allclose(belief([*heard, np.full(3, np.nan)]), np.mean(heard, axis=0))


def test_belief_of_nobody_is_nan() -> None:
    assert np.isnan(belief([np.full(2, np.nan)])).all()
    assert len(belief([])) == 0


@given(words, words)
def test_shared_words_agree_with_counting_one_by_one(one: list[str], other: list[str]) -> None:
    left, both = list(other), 0
    for word in one:
        if word in left:
            left.remove(word)
            both += 1
    expected = 2 * both / (len(one) + len(other)) if one or other else 1.0
    assert shared_words(one, other) == shared_words(other, one) == pytest.approx(expected)
    assert (shared_words(one, other) == 1) == (Counter(one) == Counter(other))
