import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from eudscore.corpus.formats import PARSERS, has_known_ending, parse


def test_every_column_of_a_parquet_file_keeps_its_type_and_values() -> None:
    table = pa.table(
        {
            "text": pa.array(["a", None], pa.large_string()),
            "kind": pa.array(["x", "y"]).dictionary_encode(),
            "when": pa.array([0, 1], pa.timestamp("ms")),
            "vector": pa.array([[1.0], None]),
        }
    )
    sink = io.BytesIO()
    pq.write_table(table, sink)
    assert parse(memoryview(sink.getvalue()), "a.parquet").equals(table)


@pytest.mark.parametrize("ending", sorted(PARSERS))
def test_an_ending_that_is_read_is_known_in_any_case(ending: str) -> None:
    assert has_known_ending(f"a{ending.upper()}")


def test_a_name_without_a_known_ending_may_be_something_else() -> None:
    assert not has_known_ending("ag_news")
    assert not has_known_ending("owner/data.v2")


def test_parquet_is_known_by_its_first_bytes_whatever_it_is_called() -> None:
    sink = io.BytesIO()
    pq.write_table(pa.table({"text": ["a"]}), sink)
    assert parse(memoryview(sink.getvalue()), "a.txt").to_pydict() == {"text": ["a"]}
