import json
import re

import pyarrow as pa
import pytest

from eudscore.corpus.classes import several_labels
from eudscore.corpus.roles import assign_roles, detect_roles
from eudscore.errors import InputError
from eudscore.records import Roles

TEXT = ["some words of a text"] * 40
NAN = float("nan")


def hub(table: pa.Table, feature: object) -> pa.Table:
    """The table with a feature of the `datasets` library for its column `labels`."""
    return table.replace_schema_metadata({b"huggingface": json.dumps({"info": {"features": {"labels": feature}}})})


SEVERAL = (
    "`tags` holds several labels a row (1.5 on average, 3 different: a, b, c), so the texts are scored without labels: "
    "class balance, predictive entropy and training need one label a row, in a column of its own."
)


@pytest.mark.parametrize("kind", [pa.list_(pa.string()), pa.large_list(pa.large_string())])
def test_several_labels_a_row_are_told_and_the_texts_are_scored_without(kind: pa.DataType) -> None:
    table = pa.table({"text": TEXT, "tags": pa.array([["a", "b"], ["c"]] * 20, kind)})
    detected = detect_roles(table)
    assert detected.roles == Roles("text")
    assert detected.reasons["label"] == SEVERAL
    assert not assign_roles(table, name="a", source="a", roles=detected.roles).labelled


def test_one_label_beside_several_is_the_label() -> None:
    table = pa.table({"text": TEXT, "tags": [["a"]] * 40, "label": [0, 1] * 20})
    assert detect_roles(table).roles.label == "label"


def test_several_labels_are_refused_where_they_are_asked_for() -> None:
    table = pa.table({"text": TEXT, "tags": [["a"]] * 40})
    with pytest.raises(InputError, match=r"^Column 'tags' of f holds several labels a row, and one is needed: "):
        detect_roles(table, label="tags", file="f")


@pytest.mark.parametrize(
    ("labels", "feature", "sentence"),
    [
        ([[0, 2], [1]], None, r"1\.5 on average, 3 different: 0, 1, 2\)"),
        (
            [[0, 2], [1]],
            {"feature": {"names": ["joy", "awe", "no", "x", "y"]}},
            r"5 different: joy, awe, no, x, …\)",
        ),
        ([[0, 2], [1]], [{"names": ["joy", "fear", "awe"]}], r"3 different: joy, fear, awe\)"),
        ([[0, 1, 1], [0, 0, 1]], None, r"1\.5 on average, 3 different: 0, 1, 2\)"),
        ([[], None], None, r"0\.0 on average, 0 different: \)"),
    ],
)
def test_several_labels_by_number(labels: list[object], feature: object, sentence: str) -> None:
    table = pa.table({"labels": pa.array(labels, pa.list_(pa.int64()))})
    found = several_labels(hub(table, feature) if feature else table, "labels")
    assert found is not None
    assert re.search(sentence, found.sentence)


@pytest.mark.parametrize("column", [[["a", "b"]] * 40, [[0.5, 0.5]] * 40, [{"a": 1}] * 40])
def test_lists_called_something_else_are_not_spoken_of(column: list[object]) -> None:
    reason = detect_roles(pa.table({"text": TEXT, "tokens": column})).reasons["label"]
    assert reason == "No column looks like a label: choose one if there is one."


def test_one_class_is_a_label_with_nothing_to_tell_apart() -> None:
    detected = detect_roles(pa.table({"text": TEXT, "label": ["x"] * 39 + [None]}))
    assert detected.roles.label == "label"
    assert detected.reasons["label"] == (
        "`label` looks like the label: 1 class (x) and 1 row without one - with no other class there is nothing to "
        "predict or to train."
    )


def test_five_thousand_classes_are_told_and_read_where_they_are_asked_for() -> None:
    table = pa.table({"text": ["some words"] * 10_000, "label": [n % 5_000 for n in range(10_000)]})
    detected = detect_roles(table)
    assert detected.roles.label is None
    assert detected.reasons["label"] == (
        "`label` was not taken for the label, because it has 5,000 different values: choose it if each of them is a "
        "class."
    )
    chosen = detect_roles(table, label="label")
    assert chosen.reasons["label"] == "`label` is the label: 5,000 classes (0, 1, 2, 3, …)."
    assert len(assign_roles(table, name="a", source="a", roles=chosen.roles).classes) == 5_000


@pytest.mark.parametrize(
    ("labels", "classes", "unlabelled"),
    [
        ([1.0, 0.0, NAN, None] * 10, ("0", "1"), 20),
        (pa.array([1.0, 0.0, NAN, None] * 10, pa.float16()), ("0", "1"), 20),
        ([1, 0, -1, None] * 10, ("0", "1"), 20),
        (["b", "a", "", " "] * 10, ("a", "b"), 20),
        ([True, False, None, None] * 10, ("false", "true"), 20),
        ([-1] * 39 + [0], ("0",), 39),
    ],
)
def test_minus_one_empty_and_nan_are_unlabelled(
    labels: list[object] | pa.Array, classes: tuple[str, ...], unlabelled: int
) -> None:
    table = pa.table({"text": TEXT, "label": labels})
    detected = detect_roles(table)
    corpus = assign_roles(table, name="a", source="a", roles=detected.roles)
    assert corpus.classes == classes
    assert int((corpus.labels < 0).sum()) == unlabelled
    assert f"and {unlabelled} rows without one" in detected.reasons["label"]
