from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from eudscore.corpus.files import arrow_files
from eudscore.corpus.files.arrow_files import read_arrow, read_parquet
from eudscore.errors import InputError


@pytest.mark.parametrize("recurring", [False, True])
def test_batches_of_long_texts_have_fewer_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, recurring: bool
) -> None:
    monkeypatch.setattr(arrow_files, "_BATCH_BYTES", 1 << 16)
    texts = ["words " * 1_000 if recurring else f"{n} " + "words " * 1_000 for n in range(200)]
    pq.write_table(pa.table({"text": texts}), tmp_path / "a.parquet", compression="none")
    column = read_parquet(tmp_path / "a.parquet", "a.parquet").table.column("text")
    assert column.to_pylist() == texts
    assert 15 < column.num_chunks < 50


def test_the_metadata_of_an_arrow_stream_is_kept(tmp_path: Path) -> None:
    table = pa.table({"text": ["a"]}).replace_schema_metadata({"huggingface": "{}"})
    with pa.ipc.new_stream(str(tmp_path / "a.arrow"), table.schema) as writer:
        writer.write_table(table)
    found = read_arrow(tmp_path / "a.arrow", "a.arrow").table
    assert found.equals(table, check_metadata=True)


def test_an_arrow_file_with_offsets_that_lead_astray_is_refused(tmp_path: Path) -> None:
    table = pa.table({"text": ["words"]})
    with pa.ipc.new_file(str(tmp_path / "a.arrow"), table.schema) as writer:
        writer.write_table(table)
    sound, astray = (end.to_bytes(8, "big") for end in (0x00000000_05000000, 0x00000000_FFFFFF00))
    content = (tmp_path / "a.arrow").read_bytes()
    place = content.rindex(sound, 0, content.index(b"words"))  # the offsets stand before the letters
    (tmp_path / "a.arrow").write_bytes(content[:place] + astray + content[place + 8 :])
    with pytest.raises(InputError, match=r"^a\.arrow is a broken Arrow file \(.+\): write or download it again\.$"):
        read_arrow(tmp_path / "a.arrow", "a.arrow")


def test_the_first_version_of_feather_is_told(tmp_path: Path) -> None:
    import warnings

    import pyarrow.feather as feather

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        feather.write_feather(pa.table({"text": ["a"]}), str(tmp_path / "a.feather"), version=1)
    assert read_arrow(tmp_path / "a.feather", "a.feather").notes == (
        "It is a Feather file of the first version, which will not be readable for ever.",
    )
