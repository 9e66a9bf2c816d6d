import json
from pathlib import Path

import pytest
import torch

from eudscore.errors import WorkspaceError
from eudscore.store.disk import file_digest
from eudscore.store.manifest import seal
from eudscore.training.checkpoint import Checkpoints, State


def state(step: int) -> State:
    return State(step, {"a": torch.arange(6.0).view(2, 3) + step, "random": torch.tensor([1, 255], dtype=torch.uint8)},
                 {"seconds": 1.5, "nested": [1, {"x": None}]})  # fmt: skip


@pytest.fixture
def kept(tmp_path: Path) -> Checkpoints:
    return Checkpoints(tmp_path / "run" / "checkpoint", "key")


def newest(kept: Checkpoints) -> Path:
    return max(kept.folder.glob("step-*"))


def test_a_state_comes_back_to_the_bit(kept: Checkpoints) -> None:
    kept.save(state(7))
    found, told = kept.load()
    assert found is not None
    assert (found.step, found.numbers, told) == (7, state(7).numbers, "")
    assert found.tensors.keys() == state(7).tensors.keys()
    for name, tensor in state(7).tensors.items():
        assert found.tensors[name].dtype == tensor.dtype
        assert torch.equal(found.tensors[name], tensor)


def test_without_one_there_is_nothing_and_nothing_to_tell(kept: Checkpoints) -> None:
    assert kept.load() == (None, "")


def test_the_older_one_goes_when_the_newer_is_complete_and_drafts_of_the_dead_with_it(kept: Checkpoints) -> None:
    kept.save(state(1))
    (kept.folder / ".draft-of-somebody-who-was-killed").mkdir()
    kept.save(state(2))
    assert [path.name for path in kept.folder.iterdir()] == ["step-00000002"]


def test_a_step_is_written_once(kept: Checkpoints) -> None:
    kept.save(state(3))
    before = (newest(kept) / "state.safetensors").stat().st_mtime_ns
    kept.save(state(3))
    assert (newest(kept) / "state.safetensors").stat().st_mtime_ns == before


def flip_a_bit(folder: Path) -> None:
    content = bytearray((folder / "state.safetensors").read_bytes())
    content[-1] ^= 1
    (folder / "state.safetensors").write_bytes(content)


def cut_short(folder: Path) -> None:
    path = folder / "state.safetensors"
    path.write_bytes(path.read_bytes()[:-3])


def newer_version(folder: Path) -> None:
    path = folder / "state.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "version": 99}))
    (folder / "files.json").unlink()
    seal(folder)


def no_safetensors(folder: Path) -> None:
    (folder / "state.safetensors").write_bytes(b"\x80\x04K\x01.")  # a pickle
    (folder / "files.json").unlink()
    seal(folder)


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (flip_a_bit, "is not what was written"),
        (cut_short, "bytes instead of"),
        (lambda folder: (folder / "state.safetensors").unlink(), "is not there"),
        (lambda folder: (folder / "state.json").write_text("{"), "bytes instead of"),
        (lambda folder: (folder / "files.json").unlink(), "files.json is not there"),
        (newer_version, "has version 99"),
        (no_safetensors, "cannot be read"),
    ],
)
def test_a_damaged_one_is_told_and_not_taken(kept: Checkpoints, damage: object, sentence: str) -> None:
    kept.save(state(5))
    damage(newest(kept))  # type: ignore[operator]
    found, told = kept.load()
    assert found is None
    assert sentence in told
    assert told.startswith("A checkpoint cannot be used (")
    assert told.endswith("the training begins anew.")


def test_the_older_one_serves_where_the_newer_is_damaged(kept: Checkpoints, tmp_path: Path) -> None:
    kept.save(state(4))
    aside = newest(kept).rename(tmp_path / "aside")
    kept.save(state(6))
    aside.rename(kept.folder / "step-00000004")  # as if the machine had died between the two
    flip_a_bit(newest(kept))
    found, told = kept.load()
    assert found is not None
    assert found.step == 4
    assert "cannot be used" in told


def test_a_state_of_another_training_is_not_taken(kept: Checkpoints) -> None:
    kept.save(state(5))
    found, told = Checkpoints(kept.folder, "another").load()
    assert found is None
    assert "other rows, options or another model" in told


def test_a_full_disk_leaves_the_older_one(kept: Checkpoints, monkeypatch: pytest.MonkeyPatch) -> None:
    import safetensors.torch

    kept.save(state(1))
    digest = file_digest(newest(kept) / "state.safetensors")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(safetensors.torch, "save_file", full)
    with pytest.raises(WorkspaceError, match="No space left on device"):
        kept.save(state(2))
    assert [path.name for path in kept.folder.iterdir()] == ["step-00000001"]
    assert file_digest(newest(kept) / "state.safetensors") == digest


def test_clearing_leaves_nothing(kept: Checkpoints) -> None:
    kept.save(state(1))
    kept.clear()
    kept.clear()
    assert not kept.folder.exists()
