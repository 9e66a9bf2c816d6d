import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eudscore.corpus.detection.number_roles import (
    found_coordinates,
    found_probabilities,
    found_vectors,
    order_of_classes,
)

N = 20
SOME = np.random.default_rng(0).standard_normal((N, 12))


@given(st.permutations(["no", "Yes", "may be", "2"]))
def test_columns_named_after_classes_come_in_their_order(columns: list[str]) -> None:
    order = order_of_classes([f"p_{name}" for name in columns], ["Yes", "no", "2", "may be"])
    assert order == ("p_Yes", "p_no", "p_2", "p_may be")


@given(st.permutations(range(4)))
def test_columns_numbered_as_classes_come_in_their_order(numbers: list[int]) -> None:
    assert order_of_classes([f"p_{n}" for n in numbers], list("dcba")) == ("p_0", "p_1", "p_2", "p_3")


@pytest.mark.parametrize("columns", [["p_a"], ["p_a", "p_c"], ["p_a", "p_b", "p_c"], ["a", "b"], ["p_1", "p_2"]])
def test_columns_that_do_not_match_the_classes_have_no_order(columns: list[str]) -> None:
    assert order_of_classes(columns, ["a", "b"]) is None


@pytest.mark.parametrize("first", [0, 1])
def test_numbered_columns_come_in_the_order_of_their_numbers(first: int) -> None:
    numbers = list(range(first, first + 12))
    columns = {f"emb_{n}": SOME[:, n - first] for n in sorted(numbers, key=str)}
    found = found_vectors(pa.table(columns), set())
    assert found is not None
    assert found[0] == tuple(f"emb_{n}" for n in numbers)


@pytest.mark.parametrize(
    "columns",
    [
        {f"emb_{n}": SOME[:, n] for n in range(2, 12)},
        {f"emb_{n}": SOME[:, n] for n in range(7)},
        {f"emb_{n}": [n] * N for n in range(12)},
        {"embedding": [f"{row}" for row in SOME]},
        {"embedding": pa.nulls(N, pa.list_(pa.float32()))},
        {"embedding": [[float("inf")] * 8] * N},
        {"lengths": [list(range(8))] * N},
    ],
    ids=["from 2", "too few", "whole numbers", "strings", "nothing", "infinite", "an unnamed list of whole numbers"],
)
def test_what_is_no_vector_is_not_taken_for_one(columns: dict[str, object]) -> None:
    assert found_vectors(pa.table(columns), set()) is None


def test_of_named_lists_the_plainest_name_is_taken() -> None:
    lists = [row.tolist() for row in SOME]
    found = found_vectors(pa.table({"emb": lists, "embedding": lists, "other": lists}), set())
    assert found is not None
    assert found[0] == ("embedding",)


def test_probabilities_over_many_classes_are_no_vectors() -> None:
    probs = np.random.default_rng(0).dirichlet(np.ones(20), N).tolist()
    table = pa.table({"probs": probs})
    assert found_vectors(table, set()) is None
    found = found_probabilities(table, set(), ())
    assert found is not None
    assert found[0] == ("probs",)


@pytest.mark.parametrize(
    "columns",
    [
        {"x": SOME[:, 0]},
        {"x": list(range(N)), "y": SOME[:, 1]},
        {"x": [float(n) for n in range(N)], "y": SOME[:, 1]},
        {"x": [f"{n}" for n in range(N)], "y": SOME[:, 1]},
        {"umap": SOME[:, :3].tolist()},
        {"x": [float("inf")] * N, "y": SOME[:, 1]},
    ],
    ids=["one of two", "integers", "whole numbers", "strings", "three numbers", "infinite"],
)
def test_what_is_no_position_is_not_taken_for_one(columns: dict[str, object]) -> None:
    assert found_coordinates(pa.table(columns), set()) is None
