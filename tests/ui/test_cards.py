"""The table of estimator cards, and units beside figures."""

import dataclasses

import pytest

from eudscore.records import Card
from eudscore.ui.cards import card_row
from eudscore.ui.wording import column_label, unit_of

FULL = Card(
    "generative_entropy", "mean entropy", model="m", revision="abc", dtype="float32", max_tokens=1024, seed=7,
    version=2,
    parameters={
        "prompt": "question", "adaptation": {"epochs": 1, "rate": 5e-05}, "classes": ["bank", "law"],
        "components": {"information_entropy": "12ab"},
    },
    outcome={
        "device": "cpu", "context": 512, "max_tokens": 512, "logits": "whole", "labels_not_looked_at": "other names",
        "temperatures": [1.25, 0.5], "isolated_above": 0.123456, "dropout_layers": 5, "rows": 9,
        "rows_short": 3, "rows_empty": 0, "batches_halved": 2, "notes": ["narrow"], "temperature": None,
        "bits_per_byte_before": 1.5, "bits_per_byte_after": 1.25,
    },
)  # fmt: skip


def test_all_that_a_column_depends_on_is_in_its_row() -> None:
    row = card_row(FULL)
    assert row["Depends on"] == (
        "prompt: question; adaptation: (epochs: 1, rate: 5e-05); classes: bank, law; "
        "components: (information_entropy: 12ab)"
    )
    shown = " ".join(row.values())
    for field in dataclasses.fields(Card):
        value = getattr(FULL, field.name)
        if field.name not in ("parameters", "outcome", "max_tokens"):
            assert str(value) in shown, field.name


def test_all_that_came_of_it_is_noticed_and_what_did_not_is_not() -> None:
    assert card_row(FULL)["Noticed"] == (
        "narrow; 3 short; 2 batches halved for lack of memory; adapted: 1.500 bits per byte before, 1.250 after; "
        "device cpu; context 512; logits whole; labels not looked at other names; temperatures 1.25, 0.5; "
        "isolated above 0.1235; dropout layers 5"
    )
    assert card_row(FULL)["Max tokens"] == "512"


def test_a_card_that_depends_on_nothing_has_no_empty_words() -> None:
    row = card_row(Card("information_entropy", "plug-in"))
    assert (row["Depends on"], row["Noticed"], row["Model"], row["Seed"]) == ("", "", "none", "")


@pytest.mark.parametrize(
    ("unit", "shown"),
    [
        ("nats", "nats"), ("nats^2", "nats²"), ("bits per byte", "bits per byte"),
        ("cosine distance", "cosine distance"), ("z", "z"), ("rank in (0, 1)", ""), ("probability", ""),
    ],
)  # fmt: skip
def test_units_that_say_more_than_the_label_are_shown(unit: str, shown: str) -> None:
    assert unit_of(Card("c", "d", unit=unit)) == shown


def test_the_masked_measure_is_named_with_its_sign() -> None:
    assert column_label("masked_pll") == "Negative pseudo-log-likelihood"
