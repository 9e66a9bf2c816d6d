from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from eudscore.errors import ModelError, RequestError
from eudscore.training import onnx_export
from eudscore.training.fine_tune import fine_tune
from eudscore.training.onnx_export import check_onnx, write_onnx
from eudscore.training.spec import TrainSpec

needs_onnx = [pytest.importorskip(name, reason="ONNX is an extra") for name in ("onnx", "onnxscript", "onnxruntime")]


def test_the_model_answers_the_same_without_torch(spec: TrainSpec, toy: SimpleNamespace, tmp_path: Path) -> None:
    import onnxruntime

    result = fine_tune(replace(spec, steps=4), toy.texts, toy.labels, out=tmp_path / "m")
    path = write_onnx(result.classifier, tmp_path / "m")
    served = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    for texts in (toy.texts[:5], ["the"], ["the bank was late " * 6, "goal"]):  # other sizes than it was traced with
        words = result.classifier.tokenizer(texts, padding=True, return_tensors="np")
        asked = {one.name: words[one.name].astype(np.int64) for one in served.get_inputs()}
        (answer,) = served.run(["logits"], asked)
        with torch.inference_mode():
            wanted = result.classifier.network(
                input_ids=torch.from_numpy(asked["input_ids"]), attention_mask=torch.from_numpy(asked["attention_mask"])
            ).logits
        np.testing.assert_allclose(answer, wanted.numpy(), atol=1e-4)
    assert sorted(path.name for path in (tmp_path / "m").iterdir() if path.name.startswith((".", "model"))) == [
        "model.onnx", "model.safetensors",
    ]  # fmt: skip


def test_a_package_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnx_export.importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(RequestError, match=r"packages onnx and onnxscript must be installed: pip install 'eudscore"):
        check_onnx()


def test_an_architecture_that_cannot_be_written_is_one_sentence(
    spec: TrainSpec, toy: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = fine_tune(replace(spec, steps=1), toy.texts, toy.labels, out=tmp_path / "m")

    def unknown(*_: object, **__: object) -> None:
        raise RuntimeError("no such operator")

    monkeypatch.setattr(torch.onnx, "export", unknown)
    with pytest.raises(ModelError, match=r"cannot be written as ONNX \(no such operator\): it is trained and saved"):
        write_onnx(result.classifier, tmp_path / "m")
    assert not list((tmp_path / "m").glob("*.onnx"))
    assert not list((tmp_path / "m").glob(".draft*"))
