"""The plain sentence: its numbers, its grammar, and that no reading of the facts leaves it without words."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eudscore.entropy.verdict import Evidence, Kind
from eudscore.workflow.explanation import ClassShare, Explanation, Neighbour
from eudscore.workflow.reasons import sentence_of

names = st.sampled_from(["a", "b", "c"])
neighbours = st.lists(
    st.builds(
        Neighbour, st.integers(0, 10**6), st.floats(-1, 1), st.none() | names, st.none() | st.booleans(),
        st.booleans(), st.booleans(),
    ), max_size=4,
)  # fmt: skip


def found_of(
    *kinds: Kind, label: str | None = "sports", near: tuple[Neighbour, ...] = (), copies: tuple[Neighbour, ...] = (),
    classes: tuple[ClassShare, ...] = (), evidence: Evidence | None = None,
) -> Explanation:  # fmt: skip
    evidence = evidence or Evidence(label is not None, 0.1, 0.8, 0.1, 0.973, 0.95, len(copies))
    return Explanation(0, label, (), classes, near, copies, evidence, "business", "tech", kinds)


def near(*labels: str | None, given: str = "sports") -> tuple[Neighbour, ...]:
    return tuple(
        Neighbour(n, 0.7, label, None if label is None else label == given, False, False)
        for n, label in enumerate(labels)
    )


SHARES = (ClassShare("business", 0.88, False), ClassShare("sports", 0.02, True))


def test_a_wrong_label_is_told_from_both_witnesses() -> None:
    found = found_of(Kind.MISLABELLED, near=near(*["business"] * 9, "sports"), classes=SHARES)
    assert sentence_of(found) == (
        "Looks mislabelled: the classifier gives its label `sports` 2 % and `business` 88 %, "
        "and of its 10 nearest texts 1 is `sports` and 9 `business`."
    )


def test_off_topic_tells_how_far_out_it_is() -> None:
    found = found_of(Kind.OFF_TOPIC, near=near("tech", "business", None), classes=SHARES)
    assert sentence_of(found) == (
        "Looks off-topic: its nearest texts are farther away than those of 97 % of the rows and its words are rarer "
        "than in 95 % of them; the classifier gives its label `sports` 2 %, and of its 2 nearest texts none is "
        "`sports`."
    )


def test_a_second_reason_follows() -> None:
    copy = Neighbour(16, 0.999, "tech", False, True, False)
    found = found_of(Kind.MISLABELLED, Kind.DUPLICATE, classes=SHARES, copies=(copy,))
    assert sentence_of(found).endswith(
        "88 %. Also, row 16 says nearly the same (cosine 0.99); labelled otherwise there: `tech`."
    )


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (1, "row 1,000 has the same text."),
        (2, "row 1,000 has the same text, and so does row 1,001."),
        (3, "row 1,000 has the same text, and so do row 1,001 and row 1,002."),
        (5, "row 1,000 has the same text, and so do 4 more."),
    ],
)
def test_copies_are_counted(count: int, words: str) -> None:
    copies = tuple(Neighbour(1000 + n, math.nan, "sports", True, True, True) for n in range(count))
    assert sentence_of(found_of(Kind.DUPLICATE, copies=copies)) == f"Looks like a duplicate: {words}"


@pytest.mark.parametrize(
    ("probability", "words"),
    [(0.0, "0 %"), (0.004, "under 1 %"), (0.996, "over 99 %"), (1.0, "100 %"), (0.125, "12 %")],
)
def test_a_share_never_claims_none_or_all(probability: float, words: str) -> None:
    found = found_of(Kind.NOTHING, classes=(ClassShare("sports", probability, True),))
    assert sentence_of(found) == f"Nothing stands out: the classifier gives its label `sports` {words}."


def test_without_labels_rare_and_off_topic_are_not_told_apart() -> None:
    said = sentence_of(found_of(Kind.RARE, label=None))
    assert said.startswith("Looks rare or off-topic: its nearest texts")
    assert said.endswith("without a label to check nothing tells the two apart.")


@given(
    st.lists(st.sampled_from(list(Kind)), min_size=1, max_size=3, unique=True), st.none() | names, neighbours,
    st.lists(st.builds(ClassShare, names, st.floats(0, 1), st.booleans()), max_size=3), st.booleans(),
)  # fmt: skip
def test_there_is_always_a_whole_sentence(
    kinds: list[Kind], label: str | None, near: list[Neighbour], classes: list[ClassShare], known: bool
) -> None:
    copies = tuple(near) or (Neighbour(3, math.nan, None, None, True, True),)
    evidence = None if known else Evidence(label is not None, distance=0.5)
    found = found_of(*kinds, label=label, near=tuple(near), copies=copies, classes=tuple(classes), evidence=evidence)
    said = sentence_of(found)
    assert said.endswith(".")
    assert "None" not in said
    assert "nan" not in said
    assert "  " not in said


def test_an_empty_text_is_all_there_is_to_say() -> None:
    assert sentence_of(replace(found_of(Kind.NOTHING), empty=True)).startswith("This row has no text.")


@pytest.mark.parametrize(
    ("classes", "said"),
    [
        ((("sports", 0.5), ("business", 0.4)), "its label `sports` 50 % (the likeliest) and `business` 40 %"),
        ((("business", 0.5), ("sports", 0.4)), "its label `sports` 40 % and `business` 50 % (the likeliest)"),
        (
            (("tech", 0.4), ("business", 0.3), ("sports", 0.2)),
            "its label `sports` 20 %, `business` 30 % and `tech` 40 % (the likeliest)",
        ),
        ((("business", 0.4), ("sports", 0.4)), "its label `sports` 40 % and `business` 40 %"),
        ((("sports", 0.4),), "its label `sports` 40 %"),  # nothing but the label's was kept
        ((("sports", 0.6),), "its label `sports` 60 % (the likeliest)"),
    ],
)
def test_what_is_ambiguous_names_the_likeliest_class(classes: tuple[tuple[str, float], ...], said: str) -> None:
    shares = tuple(ClassShare(name, share, name == "sports") for name, share in classes)
    assert sentence_of(found_of(Kind.AMBIGUOUS, classes=shares)) == (
        f"Looks ambiguous, between `sports` and `business`: the classifier gives {said}."
    )


@pytest.mark.parametrize(
    ("likeliest", "words"),
    [
        ("tech", "; the likeliest to the classifier is `tech`."),
        ("business", ", and to the classifier it is the likeliest."),
        ("sports", "; the likeliest to the classifier is its label `sports`."),
    ],
)
def test_an_ambiguous_copy_names_the_likeliest_class_too(likeliest: str, words: str) -> None:
    copy = Neighbour(16, 0.999, "sports", True, True, False)
    shares = (ClassShare(likeliest, 0.5, likeliest == "sports"), ClassShare("other", 0.3, False))
    said = sentence_of(found_of(Kind.DUPLICATE, Kind.AMBIGUOUS, classes=shares, copies=(copy,)))
    assert said.endswith(f"Also, `business` fits it as well as its label{words}")


def test_without_a_label_the_likeliest_class_is_named_all_the_same() -> None:
    shares = (ClassShare("sports", 0.5, False), ClassShare("tech", 0.3, False))
    said = sentence_of(found_of(Kind.AMBIGUOUS, label=None, classes=shares))
    assert "between `business` and `tech`: the classifier gives `tech` 30 % and `sports` 50 % (the likeliest)" in said
