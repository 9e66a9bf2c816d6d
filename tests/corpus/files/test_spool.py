import gc
import tempfile
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eudscore.corpus.files.spool import Spool, spooled

SCHEMA = pa.schema([("text", pa.string()), ("n", pa.int64())])
texts = st.lists(st.text(st.characters(exclude_categories=["Cs"])) | st.none(), max_size=9)


def batch(values: list[str | None]) -> pa.RecordBatch:
    return pa.record_batch([pa.array(values, pa.string()), pa.array(range(len(values)), pa.int64())], schema=SCHEMA)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@given(st.lists(texts, max_size=5), st.integers(0, 200))
def test_the_table_is_all_batches_wherever_they_wait(content: list[list[str | None]], in_memory: int) -> None:
    with Spool(SCHEMA, in_memory=in_memory) as spool:
        for values in content:
            spool.write(batch(values))
        table = spool.table()
    assert table.equals(pa.Table.from_batches(map(batch, content), SCHEMA))


def test_few_batches_need_no_file(folder: Path) -> None:
    with Spool(SCHEMA, in_memory=1_000) as spool:
        spool.write(batch(["a"]))
        assert list(folder.iterdir()) == []
        for _ in range(50):
            spool.write(batch(["some more words"]))
        assert len(list(folder.iterdir())) == 1


def test_a_mapped_table_outlives_its_spool_and_takes_no_memory_of_arrow(folder: Path) -> None:
    before = pa.total_allocated_bytes()
    with Spool(SCHEMA, in_memory=0) as spool:
        for _ in range(10):
            spool.write(batch(["words " * 1_000] * 100))
        table = spool.table()
    assert list(folder.iterdir()) == []
    assert pa.total_allocated_bytes() - before < 1_000_000 < table.nbytes
    part = table.column("text").slice(500)
    del table, spool
    gc.collect()
    assert part.to_pylist() == ["words " * 1_000] * 500


def test_a_spool_that_is_given_up_leaves_nothing(folder: Path) -> None:
    def interrupted() -> None:
        with Spool(SCHEMA, in_memory=0) as spool:
            spool.write(batch(["a"]))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert list(folder.iterdir()) == []


def test_no_batch_at_all_is_a_table_without_rows() -> None:
    assert spooled([], SCHEMA).schema == SCHEMA
