import json

import numpy as np
import pyarrow as pa
import pytest

from eudscore.corpus.indicators import indicators
from eudscore.errors import InputError


def table(values: list[object], chunks: int = 1, kind: pa.DataType | None = None) -> pa.Table:
    size = -(-len(values) // chunks)
    parts = [pa.array(values[start : start + size], kind) for start in range(0, len(values), size)]
    return pa.table({"tags": pa.chunked_array(parts)})


def loop(lists: list[list[str | None] | None], names: tuple[str, ...]) -> list[list[float]]:
    return [[float(name in (row or [])) for name in names] for row in lists]


@pytest.mark.parametrize("chunks", [1, 2, 5])
def test_names_in_natural_order_whatever_the_chunks(chunks: int) -> None:
    lists = [["b", "a10"], [], None, ["a2", None, "a2"], ["b"]]
    names, matrix, given = indicators(table(lists, chunks, pa.list_(pa.string())), "tags", file="f")
    assert names == ("a2", "a10", "b")
    assert matrix.tolist() == loop(lists, names)  # type: ignore[arg-type]
    assert matrix.dtype == np.float32
    assert given.tolist() == [True, True, False, True, True]


def test_whole_numbers_are_their_own_names_or_those_of_the_schema() -> None:
    lists = [[3, 1], [0], [2]]
    assert indicators(table(lists), "tags", file="f")[0] == ("0", "1", "2", "3")
    feature = {
        "info": {"features": {"tags": {"feature": {"names": ["joy", "anger", "fear", "none"], "_type": "ClassLabel"}}}}
    }
    named = table(lists).replace_schema_metadata({"huggingface": json.dumps(feature)})
    names, matrix, _ = indicators(named, "tags", file="f")
    assert names == ("joy", "anger", "fear", "none")
    assert matrix.tolist() == [[0, 1, 0, 1], [1, 0, 0, 0], [0, 0, 1, 0]]


@pytest.mark.parametrize("kind", [None, pa.list_(pa.int64(), 3), pa.large_list(pa.int8())])
def test_a_zero_or_one_for_each_class(kind: pa.DataType | None) -> None:
    lists = [[0, 1, 1], [0, 0, 0], [1, 0, 0]]
    names, matrix, given = indicators(table(lists, 2, kind), "tags", file="f")
    assert names == ("0", "1", "2")
    assert matrix.tolist() == lists
    assert given.all()


def test_a_test_set_is_read_in_the_order_of_the_training_data() -> None:
    names, matrix, _ = indicators(table([["y"], ["x", "y"]]), "tags", file="f", classes=("x", "w", "y"))
    assert names == ("x", "w", "y")
    assert matrix.tolist() == [[0, 0, 1], [1, 0, 1]]


def test_names_that_nobody_learned_are_refused() -> None:
    with pytest.raises(InputError, match=r"f has labels the training data does not know \('y'\); it knows 'x'"):
        indicators(table([["y"], ["x"]]), "tags", file="f", classes=("x",))


def test_no_rows_no_names() -> None:
    names, matrix, given = indicators(table([["a"]]).slice(0, 0), "tags", file="f")
    assert (names, matrix.shape, given.shape) == ((), (0, 0), (0,))
