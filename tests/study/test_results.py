"""Records of a study: there and back, and refused in a sentence."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eudscore.errors import InputError
from eudscore.study.results import FULL, Cell, budgets_of, by_seed, metrics_of, of_arm, read_cells, strategies_of

CELL = Cell("coverage", 0.16, 3, "accuracy", 0.91, 872, 165, 12.5)
RECORD = CELL.to_json()

names = st.text(min_size=1, max_size=9).filter(lambda name: name != FULL)
reals = st.floats(-1e6, 1e6)
any_cell = st.builds(
    Cell, names, st.floats(0.001, 1), st.integers(-(2**40), 2**40), names, reals, st.integers(1, 10**9),
    st.integers(0, 10**9), st.floats(0, 1e6),
)  # fmt: skip


@given(st.lists(any_cell | any_cell.map(lambda cell: replace(cell, strategy=FULL, budget=None)), max_size=5))
def test_what_is_written_is_what_is_read(cells: list[Cell]) -> None:
    assert read_cells(json.loads(json.dumps([cell.to_json() for cell in cells]))) == cells


def test_a_record_has_the_fields_of_the_contract_in_their_order() -> None:
    assert list(RECORD) == ["strategy", "budget", "seed", "metric", "value", "n_train", "steps", "seconds"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"strategy": ""}, "strategy ''"),
        ({"strategy": 3}, "strategy 3"),
        ({"metric": None}, "metric None"),
        ({"budget": 0}, "budget 0"),
        ({"budget": 1.01}, "budget 1.01"),
        ({"budget": None}, "null for 'full' alone"),
        ({"budget": True}, "budget True"),
        ({"budget": "16%"}, "budget '16%'"),
        ({"strategy": "full"}, "null for 'full'"),
        ({"seed": 1.5}, "seed 1.5"),
        ({"seed": True}, "seed True"),
        ({"value": float("nan")}, "value nan"),
        ({"value": float("inf")}, "value inf"),
        ({"value": 10**400}, "a finite number"),
        ({"value": "0.9"}, "value '0.9'"),
        ({"n_train": 0}, "a whole number from 1 on"),
        ({"steps": -1}, "a whole number from 0 on"),
        ({"seconds": -0.1}, "seconds -0.1"),
    ],
)
def test_a_field_that_cannot_be_is_refused(change: dict, said: str) -> None:
    with pytest.raises(InputError) as refused:
        read_cells([RECORD, {**RECORD, **change}])
    assert str(refused.value).startswith("Record 2 of the results has ")
    assert said in str(refused.value)


@pytest.mark.parametrize("records", [None, {}, "x", 3, [[RECORD]], [None], ["x"], [RECORD, 1.5]])
def test_what_is_no_list_of_records_is_refused(records: object) -> None:
    with pytest.raises(InputError, match=r"Give its results|Run the study again"):
        read_cells(records)


def test_missing_and_unknown_fields_are_named() -> None:
    with pytest.raises(InputError, match="lacks 'seed', 'steps'"):
        read_cells([{name: value for name, value in RECORD.items() if name not in ("seed", "steps")}])
    with pytest.raises(InputError, match="holds 'note', which is no part"):
        read_cells([{**RECORD, "note": "x"}])


def test_several_subsets_of_a_seed_are_one_value() -> None:
    cells = [replace(CELL, strategy="random", seed=seed, value=value) for seed, value in
             [(1, 0.5), (0, 0.25), (0, 0.75), (0, 0.5), (1, 1.0)]]  # fmt: skip
    assert by_seed(cells, "random", 0.16, "accuracy") == {0: 0.5, 1: 0.75}


def test_only_the_arm_and_metric_that_are_asked_for_count() -> None:
    full = replace(CELL, strategy=FULL, budget=None, value=0.99)
    cells = [CELL, full, replace(CELL, metric="nll", value=0.4), replace(CELL, budget=0.05, value=0.1)]
    assert by_seed(cells, "coverage", 0.16, "accuracy") == {3: 0.91}
    assert by_seed(cells, FULL, 0.16, "accuracy") == {3: 0.99}
    assert by_seed(cells, "random", 0.16, "accuracy") == {}
    assert of_arm(cells, "coverage", 0.05) == [cells[3]]


def test_what_a_study_holds() -> None:
    cells = [replace(CELL, metric="nll"), CELL, replace(CELL, strategy="random"), replace(CELL, budget=0.05),
             replace(CELL, strategy=FULL, budget=None)]  # fmt: skip
    assert budgets_of(cells) == [0.05, 0.16]
    assert strategies_of(cells, 0.16) == ["random", "coverage"]
    assert metrics_of(cells) == ["nll", "accuracy"]
