"""Every model that cannot be used gets one sentence."""

import shutil
from pathlib import Path

import pytest
import torch

from eudscore.errors import ModelError, RequestError
from eudscore.models import loading
from eudscore.models.causal import CausalModel
from eudscore.models.device import pick_device
from eudscore.models.loading import BUILTIN_SHA256, resolve_model


def test_builtin_is_verified_by_its_sha256() -> None:
    assert resolve_model("builtin").revision == BUILTIN_SHA256[:16]


def test_damaged_builtin_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tiny_encoder: Path) -> None:
    monkeypatch.setattr(loading, "_builtin_folder", lambda: tiny_encoder)
    with pytest.raises(ModelError, match=r"weights of the built-in encoder .* are damaged: .* Reinstall"):
        resolve_model("builtin")


def test_a_folder_is_known_by_the_sha256_of_its_weights(tiny_encoder: Path, tmp_path: Path) -> None:
    copy = tmp_path / "elsewhere"
    shutil.copytree(tiny_encoder, copy)
    assert resolve_model(str(copy)).revision == resolve_model(str(tiny_encoder)).revision
    weights = copy / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x01")
    assert resolve_model(str(copy)).revision != resolve_model(str(tiny_encoder)).revision


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("./nowhere", "There is no model folder './nowhere'"),
        ("/no/such/folder", "There is no model folder"),
        ("no such model!", "The Hub has no model 'no such model!'"),
        ("someone/some-model", "The Hub cannot be reached for the model 'someone/some-model'"),
    ],
)
def test_a_model_that_is_not_there(name: str, sentence: str) -> None:
    with pytest.raises(ModelError, match=sentence):
        resolve_model(name)


def test_a_folder_that_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"is not a model folder: it holds no config\.json"):
        resolve_model(str(tmp_path))


def test_a_pickled_checkpoint_is_never_opened(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    torch.save({"x": torch.zeros(1)}, tmp_path / "pytorch_model.bin")
    with pytest.raises(ModelError, match=r"no safetensors weights, only config\.json, pytorch_model\.bin"):
        resolve_model(str(tmp_path))


def test_unknown_device() -> None:
    with pytest.raises(RequestError, match="There is no device 'tpu': choose auto, cpu or cuda"):
        pick_device("tpu")


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has CUDA")
def test_cuda_is_not_silently_replaced_by_the_cpu() -> None:
    with pytest.raises(RequestError, match="no CUDA device"):
        pick_device("cuda")
    assert pick_device("auto") == "cpu"


def test_a_folder_without_a_tokenizer_is_not_given_an_empty_one(tiny_lm: Path, tmp_path: Path) -> None:
    for name in ("config.json", "model.safetensors"):
        shutil.copy(tiny_lm / name, tmp_path / name)
    with pytest.raises(ModelError, match=r"comes without a tokenizer \(none of .*tokenizer\.json"):
        CausalModel(resolve_model(str(tmp_path)), device="cpu")
