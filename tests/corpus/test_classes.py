import json

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.preprocessing import LabelEncoder

from eudscore.corpus.classes import Classes, classes_of, holds_labels, natural
from eudscore.errors import InputError


def classes(labels: pa.Array | list[object], **others: list[object]) -> Classes:
    table = pa.table({"text": [f"t{n}" for n in range(len(labels))], "label": labels, **others})
    return classes_of(table, "label", text="text", file="a.csv")


def hub_names(*names: str) -> dict[bytes, bytes]:
    features = {"label": {"names": list(names), "_type": "ClassLabel"}}
    return {b"huggingface": json.dumps({"info": {"features": features}}).encode()}


@given(st.lists(st.sampled_from(["a", "b", "c", "D"]), min_size=1, max_size=40))
def test_strings_agree_with_sklearn_up_to_the_order_of_case(labels: list[str]) -> None:
    found = classes(labels)
    assert set(found.names) == set(LabelEncoder().fit(labels).classes_)
    assert [found.names[label] for label in found.labels] == labels


@given(st.lists(st.integers(-1, 12), min_size=1, max_size=20))
def test_integers_are_classes_in_numeric_order_and_minus_one_is_none(labels: list[int]) -> None:
    found = classes(labels)
    assert [int(name) for name in found.names] == sorted(set(labels) - {-1})
    assert [int(found.names[label]) if label >= 0 else -1 for label in found.labels] == labels


@given(st.permutations(["x10", "x9", "X1", "y", "x1"]))
def test_the_order_of_classes_is_natural_and_does_not_depend_on_the_rows(labels: list[str]) -> None:
    assert classes(labels).names == ("X1", "x1", "x9", "x10", "y")


def test_natural_order_survives_names_that_mix_digits_and_letters() -> None:
    assert sorted(["b", "10", "9", "a2", "a10", "", "²"], key=natural) == ["", "9", "10", "a2", "a10", "b", "²"]


@pytest.mark.parametrize(
    ("labels", "names", "positions"),
    [
        (["pos", None, "", " ", "neg"], ("neg", "pos"), [1, -1, -1, -1, 0]),
        ([1.0, None, 0.0, float("nan")], ("0", "1"), [1, -1, 0, -1]),
        ([True, None, False], ("false", "true"), [1, -1, 0]),
        ([True, True], ("false", "true"), [1, 1]),
        ([5, 1, 3, None, -1], ("1", "3", "5"), [2, 0, 1, -1, -1]),
        (pa.array(["b", "a", None]).dictionary_encode(), ("a", "b"), [1, 0, -1]),
        (pa.array([2, 0], pa.uint8()), ("0", "2"), [1, 0]),
        (pa.array(["b", "a"], pa.string_view()), ("a", "b"), [1, 0]),
        (pa.nulls(2), (), [-1, -1]),
    ],
)
def test_labels_of_each_kind(labels: list[object], names: tuple[str, ...], positions: list[int]) -> None:
    found = classes(labels)
    assert found.names == names
    assert found.labels.tolist() == positions
    assert found.labels.dtype == np.int64


def test_a_companion_column_names_integer_labels() -> None:
    found = classes([1, 0, 1, -1, 2], label_name=["sport", "world", "sport", None, "business"])
    assert found.names == ("world", "sport", "business")
    assert found.labels.tolist() == [1, 0, 1, -1, 2]
    assert found.named_by == "label_name"


@pytest.mark.parametrize(
    "names",
    [["a", "b", "b"], ["a", "a", "a"], ["a", None, "a"], ["a", "", "a"]],
    ids=["two names for a label", "one name for two labels", "a label without a name", "a blank name"],
)
def test_a_column_that_is_not_one_to_one_names_nothing(names: list[object]) -> None:
    found = classes([0, 1, 0], label_name=names)
    assert found.names == ("0", "1")
    assert found.named_by is None


def test_any_column_of_names_is_believed_when_there_are_rows_enough() -> None:
    assert classes([0, 1] * 3, emotion=["joy", "fear"] * 3).names == ("joy", "fear")
    assert classes([0, 1], emotion=["joy", "fear"]).names == ("0", "1")


def test_class_label_of_the_schema_gives_all_names_and_its_own_positions() -> None:
    table = pa.table({"text": ["a", "b"], "label": [2, -1]}).replace_schema_metadata(hub_names("x", "y", "z"))
    found = classes_of(table, "label", text="text", file="a.parquet")
    assert found.names == ("x", "y", "z")
    assert found.labels.tolist() == [2, -1]


def test_class_label_that_does_not_cover_the_labels_is_not_used() -> None:
    table = pa.table({"text": ["a", "b"], "label": [2, 0]}).replace_schema_metadata(hub_names("x", "y"))
    assert classes_of(table, "label", text="text", file="a.parquet").names == ("0", "2")


@pytest.mark.parametrize("metadata", [b"{", b"[]", b"{}", b'{"info": {"features": {"label": {"names": 3}}}}'])
def test_broken_metadata_is_no_names(metadata: bytes) -> None:
    table = pa.table({"text": ["a"], "label": [0]}).replace_schema_metadata({b"huggingface": metadata})
    assert classes_of(table, "label", text="text", file="a.parquet").names == ("0",)


def test_more_labels_than_half_the_rows_are_refused_above_twenty_rows() -> None:
    assert len(classes(list(range(20))).names) == 20
    with pytest.raises(InputError, match=r"^Column 'label' of a\.csv has 21 different values in 21 rows"):
        classes(list(range(21)))
    assert len(classes(list(range(11)) * 2).names) == 11


def test_whole_numbers_beyond_64_bits_are_refused() -> None:
    with pytest.raises(InputError, match=r"holds whole numbers above 2\^63"):
        classes(pa.array([2**63 + 1], pa.uint64()))


@pytest.mark.parametrize("value", [0.5, float("inf"), 1e300])
def test_a_number_that_is_not_whole_is_no_label(value: float) -> None:
    with pytest.raises(InputError, match="a label is a name or a whole number"):
        classes([1.0, value])


@pytest.mark.parametrize(
    "kind", [pa.list_(pa.int64()), pa.struct([("a", pa.int64())]), pa.binary(), pa.date32(), pa.float16()]
)
def test_other_kinds_of_columns_hold_no_labels(kind: pa.DataType) -> None:
    assert holds_labels(kind) == (kind == pa.float16())
