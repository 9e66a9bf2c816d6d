import re

import pyarrow as pa
import pytest

from eudscore.corpus.roles import assign_roles
from eudscore.errors import InputError
from eudscore.records import Roles

NAN, INF = float("nan"), float("inf")
BASE: dict[str, object] = {"text": ["a b", "c d"], "label": ["x", "y"]}
LISTS = pa.list_(pa.float32())
ANSWERED = {"context": "c", "answer": "a", "answer_start": "s"}

GOOD = [
    ("vectors, a row without", {"v": [[1.0, 2.0], None]}, {"vectors": ("v",)}),
    ("vectors of nan alone", {"v": [[1.0, 2.0], [NAN, NAN]]}, {"vectors": ("v",)}),
    ("vectors in columns", {"v": [1, None], "w": [0.5, None]}, {"vectors": ("v", "w")}),
    ("probabilities about 1", {"p": [[0.5, 0.5009], [0.1, 0.9]]}, {"probabilities": ("p",)}),
    ("probabilities, a row without", {"p": [None, [0.1, 0.9]]}, {"probabilities": ("p",)}),
    ("probabilities by class", {"p_x": [0.5, 1.0], "p_y": [0.5, 0.0]}, {"probabilities": ("p_x", "p_y")}),
    ("whole coordinates", {"a": [1, None], "b": [3, None]}, {"coordinates": ("a", "b")}),
    ("weights of which one is missing", {"w": [0.0, None]}, {"weight": "w"}),
    ("an id that is the group", {"g": [1, 2]}, {"id": "g", "group": "g"}),
    ("dates as groups", {"g": pa.array([1, 2], pa.date32())}, {"group": "g"}),
    ("a pair of chats", {"m": [[{"role": "user", "content": "hi"}]] * 2}, {"pair": "m"}),
    ("no answer, no place", {"c": ["a", "b"], "a": [None, "b"], "s": [None, 0]}, ANSWERED),
]  # fmt: skip
BAD = [
    (
        {"v": ["a", "b"]},
        {"vectors": ("v",)},
        "Column 'v' of a.csv holds string: vectors are one column of lists of numbers, or several columns of "
        "numbers.",
    ),
    ({"v": [True, False], "w": [1, 2]}, {"vectors": ("v", "w")}, "Column 'v' of a.csv holds bool: vectors are"),
    ({"v": [1, 2]}, {"vectors": ("v",)}, "Column 'v' of a.csv holds int64: vectors are one column of lists"),
    (
        {"v": [[1.0, 2.0], [1.0]]},
        {"vectors": ("v",)},
        "Row 1 of a.csv has 1 number in 'v' where the first has 2: all must have as many, or be null.",
    ),
    (
        {"v": [[1.0, 2.0], [NAN, 1.0]]},
        {"vectors": ("v",)},
        "Row 1 of a.csv has something that is no finite number among its vectors: a row has all of them, or "
        "null.",
    ),
    ({"v": [[1.0, 2.0], [1.0, INF]]}, {"vectors": ("v",)}, "Row 1 of a.csv has something that is no finite number"),
    ({"v": [1, 2], "w": [1, None]}, {"vectors": ("v", "w")}, "Row 1 of a.csv has something that is no finite number"),
    (
        {"v": pa.array([None, None], LISTS)},
        {"vectors": ("v",)},
        "Column 'v' of a.csv holds nothing at all: choose other vectors, or none.",
    ),
    (
        {"v": [[1.0], [2.0]]},
        {"vectors": ("v",)},
        "Column 'v' of a.csv holds 1 number a row: vectors are at least two numbers.",
    ),
    (
        {"v": [[1.0] * 3] * 2},
        {"coordinates": ("v",)},
        "Column 'v' of a.csv holds 3 numbers a row: coordinates are two numbers.",
    ),
    (
        {"v": [1, 2], "w": [1, 2], "z": [1, 2]},
        {"coordinates": ("v", "w", "z")},
        "Columns 'v' to 'z' of a.csv hold 3 numbers a row",
    ),
    (
        {"p": [[0.5, 0.5], [0.5, 0.6]]},
        {"probabilities": ("p",)},
        "Row 1 of a.csv has class probabilities that are below 0 or do not add up to 1: correct them, or "
        "leave the probabilities out.",
    ),
    (
        {"p": [[0.5, 0.5], [1.5, -0.5]]},
        {"probabilities": ("p",)},
        "Row 1 of a.csv has class probabilities that are below 0",
    ),
    (
        {"p": [[0.2, 0.3, 0.5]] * 2},
        {"probabilities": ("p",)},
        "Column 'p' of a.csv holds 3 class probabilities, but the label has 2 classes: give one for each, in "
        "their order, or leave them out.",
    ),
    (
        {"p_y": [0.5, 1.0], "p_x": [0.5, 0.0]},
        {"probabilities": ("p_y", "p_x")},
        "The class probabilities of a.csv are not in the order of the classes: give them as 'p_x', 'p_y'.",
    ),
    ({"w": [1, -2]}, {"weight": "w"}, "Row 1 of a.csv has the weight -2 in 'w': a weight is a number from 0 on."),
    ({"w": [1, INF]}, {"weight": "w"}, "Row 1 of a.csv has the weight inf in 'w'"),
    (
        {"w": [True, False]},
        {"weight": "w"},
        "Column 'w' of a.csv holds bool, which cannot be the weight: choose a column of numbers.",
    ),
    (
        {"g": [[1], [2]]},
        {"group": "g"},
        "Column 'g' of a.csv holds list<item: int64>, which cannot be the group: choose a column of names or "
        "numbers.",
    ),
    ({"p": [1, 2]}, {"pair": "p"}, "Column 'p' of a.csv holds int64, not text."),
    (
        {"s": [0, 1]},
        {"answer_start": "s"},
        "Column 's' of a.csv says where an answer begins, but no column is the context and the answer: choose"
        " these too, or leave it out.",
    ),
    (
        {"c": ["ab", "ab"], "a": ["a", "b"], "s": [0, 0]},
        ANSWERED,
        "In row 1 of a.csv the answer 'a' does not stand in 'c' at the character that 's' names: correct it, "
        "or leave 's' out.",
    ),
    (
        {"c": [1, 2], "a": ["a", "b"], "s": [0, 0]},
        ANSWERED,
        "Column 'c' of a.csv holds int64, which cannot be the context",
    ),
    (
        {"c": ["ab", "ab"], "a": [[1], [2]]},
        {"context": "c", "answer": "a"},
        "Column 'a' of a.csv holds list<item: int64>, which cannot be the answer",
    ),
    (
        {"g": [1, 2]},
        {"group": "g", "weight": "g"},
        "Column 'g' of a.csv cannot be both group and weight: choose another column for one of them.",
    ),
    (
        {"v": [1.0, 2.0]},
        {"coordinates": ("v", "v")},
        "Column 'v' of a.csv stands twice among those for the coordinates: give it once.",
    ),
    ({}, {"vectors": ("v",)}, "a.csv has no column 'v', only 'text', 'label'. Choose one of these."),
    (
        {"tags": [["x"], ["x", "y"]]},
        {"label": "tags"},
        "Column 'tags' of a.csv holds several labels a row, and one is needed: choose a column with one label"
        " a row, or leave the label out and score the texts without.",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("why", "columns", "played"), GOOD, ids=[why for why, _, _ in GOOD])
def test_columns_that_fit_are_taken(why: str, columns: dict[str, object], played: dict[str, object]) -> None:
    table = pa.table({**BASE, **columns})
    roles = Roles(**{"text": "text", "label": "label", **played})
    assert assign_roles(table, name="a", source="a.csv", roles=roles).roles == roles


@pytest.mark.parametrize(("columns", "played", "sentence"), BAD, ids=[sentence[:60] for _, _, sentence in BAD])
def test_columns_that_do_not_fit_get_one_sentence(
    columns: dict[str, object], played: dict[str, object], sentence: str
) -> None:
    table = pa.table({**BASE, **columns})
    roles = Roles(**{"text": "text", "label": "label", **played})
    with pytest.raises(InputError, match=f"^{re.escape(sentence)}") as refused:
        assign_roles(table, name="a", source="a.csv", roles=roles)
    assert "\n" not in str(refused.value)


def test_a_fault_beyond_the_first_block_is_told_by_its_row_in_the_file() -> None:
    probabilities = [[0.5, 0.5]] * 40_000
    probabilities[33_333] = [0.5, 0.4]
    table = pa.table({"text": ["a b"] * 40_000, "p": probabilities})
    with pytest.raises(InputError, match=r"^Row 33333 of a\.csv"):
        assign_roles(table, name="a", source="a.csv", roles=Roles("text", probabilities=("p",)))


def test_a_table_without_rows_can_have_any_roles() -> None:
    table = pa.table({"text": pa.array([], pa.string()), "v": pa.array([], LISTS), "w": pa.array([], pa.float32())})
    roles = Roles("text", weight="w", vectors=("v",))
    assert len(assign_roles(table, name="a", source="a.csv", roles=roles)) == 0
