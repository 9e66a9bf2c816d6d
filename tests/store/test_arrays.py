"""Arrays come back as they were, and a file that is not whole is said, never mapped."""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from eudscore.errors import WorkspaceError
from eudscore.store import arrays as module
from eudscore.store.arrays import array_shape, new_array, open_array, save_array

KINDS = st.sampled_from([np.float32, np.int64, np.uint8, np.bool_])


@given(values=KINDS.flatmap(lambda kind: arrays(kind, array_shapes(min_side=0, max_dims=2))))
def test_an_array_comes_back_as_numpy_wrote_it(tmp_path_factory: pytest.TempPathFactory, values: Any) -> None:
    folder = tmp_path_factory.mktemp("arrays")
    digest = save_array(folder / "x.npy", values)
    np.save(folder / "oracle.npy", values)
    assert (folder / "x.npy").read_bytes() == (folder / "oracle.npy").read_bytes()
    assert digest == hashlib.sha256((folder / "x.npy").read_bytes()).hexdigest()
    np.testing.assert_array_equal(open_array(folder / "x.npy"), values)
    assert array_shape(folder / "x.npy") == values.shape


def test_an_array_stays_on_disk(tmp_path: Path) -> None:
    save_array(tmp_path / "x.npy", np.arange(9))
    assert isinstance(open_array(tmp_path / "x.npy"), np.memmap)


@pytest.mark.parametrize("cut", [0, 3, 9, 70, 127, 128, 4000, 4127])
def test_a_file_that_was_cut_short_is_said(tmp_path: Path, cut: int) -> None:
    save_array(tmp_path / "x.npy", np.arange(500))
    whole = (tmp_path / "x.npy").read_bytes()
    assert len(whole) == 4128
    (tmp_path / "x.npy").write_bytes(whole[:cut])
    with pytest.raises(WorkspaceError, match=r"x\.npy is damaged .*`eudscore workspace prune --damaged`"):
        open_array(tmp_path / "x.npy")


@pytest.mark.parametrize("content", [b"\x93NUMPY\x09\x00", b"\x93NUMPY\x01\x00\x05\x00{'a'}", b"PK\x03\x04" * 40])
def test_what_is_no_array_is_said(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.npy").write_bytes(content)
    with pytest.raises(WorkspaceError, match=r"x\.npy is damaged"):
        open_array(tmp_path / "x.npy")


def test_longer_than_it_says_is_damaged_too(tmp_path: Path) -> None:
    save_array(tmp_path / "x.npy", np.arange(5))
    with (tmp_path / "x.npy").open("ab") as file:
        file.write(b"more")
    with pytest.raises(WorkspaceError, match="172 bytes instead of 168"):
        open_array(tmp_path / "x.npy")


def test_objects_are_never_unpickled(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.array([{}, []], dtype=object), allow_pickle=True)
    with pytest.raises(WorkspaceError, match="it holds Python objects"):
        open_array(tmp_path / "x.npy")
    with pytest.raises(ValueError, match="Object arrays cannot be saved"):
        save_array(tmp_path / "y.npy", np.array([{}], dtype=object))


@pytest.mark.parametrize("native", [True, False])
@pytest.mark.parametrize("shape", [(0,), (7,), (300_000, 3)])
def test_a_new_array_takes_all_of_its_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shape: tuple[int, ...], native: bool
) -> None:
    if not native:  # systems without the call
        monkeypatch.delattr(module.os, "posix_fallocate", raising=False)
    new_array(tmp_path / "x.npy", shape, np.float32)
    found = (tmp_path / "x.npy").stat()
    assert found.st_blocks * 512 >= found.st_size
    np.testing.assert_array_equal(open_array(tmp_path / "x.npy"), np.zeros(shape, np.float32))
