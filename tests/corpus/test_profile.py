import json
from collections import Counter
from itertools import pairwise

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eudscore.corpus import profile as module
from eudscore.corpus import scripts
from eudscore.corpus.profile import Profile, profile
from eudscore.corpus.roles import assign_roles
from eudscore.records import Corpus, Roles

row = st.tuples(
    st.none() | st.sampled_from(["", " ", "\u00a0", "a", "a b", "a b c d", "A"]), st.sampled_from(["x", "y", None])
)


def corpus(texts: list[str | None], labels: list[str | None] | None = None) -> Corpus:
    columns = {"text": pa.array(texts, pa.string())} | ({"label": pa.array(labels, pa.string())} if labels else {})
    return assign_roles(pa.table(columns), name="a", source="a.csv", roles=Roles("text", "label" if labels else None))


@given(st.lists(row, min_size=1, max_size=20))
def test_counts_agree_with_pandas(rows: list[tuple[str | None, str | None]]) -> None:
    made = corpus([text for text, _ in rows], [label for _, label in rows])
    facts = profile(made)
    frame = pd.DataFrame({"text": [text or "" for text, _ in rows], "label": made.labels})
    filled = frame[frame["text"].str.strip() != ""]
    assert facts.rows == len(rows)
    assert facts.empty == len(rows) - len(filled)
    assert facts.exact_duplicates == int(filled["text"].duplicated().sum())
    assert facts.conflicting == int((filled.groupby("text")["label"].transform("nunique") > 1).sum())
    assert facts.unlabelled == sum(label is None for _, label in rows)
    counts = Counter(label for _, label in rows)
    assert facts.class_counts == tuple(counts[name] for name in made.classes)
    words = filled["text"].str.split().str.len()
    assert facts.short == int((words < 3).sum())
    assert facts.words_max == (0 if filled.empty else words.max())
    assert np.isclose(facts.words_mean, 0 if filled.empty else words.mean())
    assert facts.words_median == (0 if filled.empty else words.median())


@given(st.lists(st.integers(1, 400), min_size=1, max_size=60))
def test_the_histogram_holds_every_text_once_in_bins_of_one_width(lengths: list[int]) -> None:
    edges, counts = profile(corpus(["w " * length for length in lengths])).length_histogram
    assert counts.sum() == len(lengths)
    assert len(counts) == len(edges) - 1 <= 41
    assert len(set(np.diff(edges).tolist())) == 1
    inner = [np.count_nonzero((np.array(lengths) >= lo) & (np.array(lengths) < hi)) for lo, hi in pairwise(edges[:-1])]
    assert counts[: len(inner)].tolist() == inner


def test_texts_that_are_all_empty_have_no_lengths() -> None:
    facts = profile(corpus(["", None]))
    assert (facts.empty, facts.words_max, facts.words_mean, facts.length_histogram[1].sum()) == (2, 0, 0.0, 0)


def test_a_long_text_does_not_stretch_the_histogram() -> None:
    edges, counts = profile(corpus(["a b c"] * 500 + ["w " * 10_000])).length_histogram
    assert edges[-1] < 10
    assert counts[-1] >= 1
    assert counts.sum() == 501


@given(st.lists(row, min_size=1, max_size=12))
def test_a_profile_survives_json(rows: list[tuple[str | None, str | None]]) -> None:
    facts = profile(corpus([text for text, _ in rows], [label for _, label in rows]))
    again = Profile.from_json(json.loads(json.dumps(facts.to_json())))
    assert again.to_json() == facts.to_json()
    assert all(a.dtype == b.dtype for a, b in zip(again.length_histogram, facts.length_histogram, strict=True))
    assert (again.scripts, again.class_counts, again.notes) == (facts.scripts, facts.class_counts, facts.notes)


def test_texts_whose_hashes_meet_are_compared_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    made = corpus(["a", "b", "b", "c", ""], ["x", "x", "y", "y", "x"])
    expected = profile(made)
    monkeypatch.setattr(module, "hash_texts", lambda block: np.zeros(len(block.ends) - 1, dtype=np.uint64))
    assert profile(made).to_json() == expected.to_json()
    assert (expected.exact_duplicates, expected.conflicting) == (1, 2)


def test_scripts_of_a_part_are_said_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    assert profile(corpus(["a", "б"])).notes == ()
    monkeypatch.setattr(scripts, "LARGEST_SAMPLE", 2)
    facts = profile(corpus(["a", "b", "б", "в"]))
    assert facts.scripts == (("Latin", 1), ("Cyrillic", 1))
    assert facts.notes == ("The scripts are those of 2 evenly spread texts of 4.",)


def test_a_pair_of_texts_is_profiled_as_one() -> None:
    table = pa.table({"a": ["x y", "x y", None], "b": ["z", "w", "v"]})
    facts = profile(assign_roles(table, name="a", source="a.csv", roles=Roles("a", pair="b")))
    assert (facts.exact_duplicates, facts.words_max, facts.empty) == (0, 3, 0)
