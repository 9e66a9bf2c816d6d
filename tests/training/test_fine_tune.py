import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from eudscore.errors import InputError, Interrupted, ModelError, RequestError
from eudscore.training import updates
from eudscore.training.classifier import load_classifier, predict
from eudscore.training.fine_tune import FineTuned, fine_tune
from eudscore.training.schedule import warmup_then_decay
from eudscore.training.spec import TrainSpec
from eudscore.training.upkeep import StepReport


def trained(spec: TrainSpec, toy: SimpleNamespace, out: Path) -> tuple[FineTuned, list[StepReport]]:
    reports: list[StepReport] = []
    return fine_tune(spec, toy.texts, toy.labels, out=out, on_step=reports.append), reports


def test_it_learns_what_can_be_learned(spec: TrainSpec, toy: SimpleNamespace, tmp_path: Path) -> None:
    result, reports = trained(spec, toy, tmp_path / "model")
    assert reports[-1].loss < 0.3 < reports[0].loss
    assert reports[-1].accuracy > 0.95
    fresh = ["the bank charged my card twice", "my team won the match"]
    assert predict(result.classifier, fresh).argmax(axis=1).tolist() == [0, 1]


def test_reports_count_every_step_and_row(spec: TrainSpec, toy: SimpleNamespace, tmp_path: Path) -> None:
    result, reports = trained(spec, toy, tmp_path / "model")
    assert [report.step for report in reports] == list(range(1, 65))  # 8 epochs of 120 / 16
    assert {report.total for report in reports} == {64}
    assert (result.steps, result.rows_seen) == (64, 8 * 120)
    assert all(a.learning_rate > b.learning_rate > 0 for a, b in pairwise(reports[6:]))
    assert reports[-1].eta_seconds == 0.0


def test_a_long_run_reports_a_bounded_number_of_times(
    spec: TrainSpec, toy: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(updates, "MOST_REPORTS", 4)
    _, reports = trained(replace(spec, steps=10), toy, tmp_path / "model")
    assert [report.step for report in reports] == [3, 6, 9, 10]


def test_the_same_seed_gives_the_same_run_and_leaves_torchs_own_state_alone(
    spec: TrainSpec, toy: SimpleNamespace, tmp_path: Path
) -> None:
    before = torch.random.get_rng_state()
    runs = [trained(replace(spec, steps=12, seed=seed), toy, tmp_path / f"{i}") for i, seed in enumerate((5, 5, 6))]
    assert torch.equal(before, torch.random.get_rng_state())
    curves = [[(report.loss, report.accuracy) for report in reports] for _, reports in runs]
    assert curves[0] == curves[1] != curves[2]
    weights = [(tmp_path / f"{i}" / "model.safetensors").read_bytes() for i in range(3)]
    assert weights[0] == weights[1] != weights[2]


def test_the_saved_model_loads_and_predicts_the_same(spec: TrainSpec, toy: SimpleNamespace, tmp_path: Path) -> None:
    result, _ = trained(replace(spec, steps=5), toy, tmp_path / "model")
    again = load_classifier(tmp_path / "model", device="cpu", dtype="float32")
    assert again.classes == ("money", "sport")
    assert again.max_tokens == 32  # as in training, though the encoder can read 48
    np.testing.assert_array_equal(predict(again, toy.texts), predict(result.classifier, toy.texts))


def test_the_saved_folder_is_what_transformers_expects(spec: TrainSpec, toy: SimpleNamespace, tmp_path: Path) -> None:
    from transformers import pipeline

    trained(spec, toy, tmp_path / "model")
    answer = pipeline("text-classification", str(tmp_path / "model"), device="cpu")("the bank was late")
    assert answer[0]["label"] == "money"
    assert {"model.safetensors", "config.json", "tokenizer.json"} <= {
        path.name for path in (tmp_path / "model").iterdir()
    }
    assert json.loads((tmp_path / "model" / "config.json").read_text())["id2label"]["1"] == "sport"


def test_stopping_midway_saves_nothing_and_says_where(spec: TrainSpec, toy: SimpleNamespace, tmp_path: Path) -> None:
    reports: list[StepReport] = []
    with pytest.raises(Interrupted, match="Stopped after step 3 of 64; no model was saved"):
        fine_tune(
            spec, toy.texts, toy.labels, out=tmp_path / "run" / "model", on_step=reports.append,
            should_stop=lambda: len(reports) == 3,
        )  # fmt: skip
    assert not (tmp_path / "run").exists()


def test_fine_tuning_goes_on_from_a_model_with_other_classes(
    spec: TrainSpec, toy: SimpleNamespace, tmp_path: Path
) -> None:
    trained(replace(spec, steps=2), toy, tmp_path / "two")
    three = replace(spec, model=str(tmp_path / "two"), classes=("a", "b", "c"), steps=2)
    result, _ = trained(three, toy, tmp_path / "three")
    assert result.classifier.classes == ("a", "b", "c")
    assert predict(result.classifier, toy.texts).shape == (120, 3)


def test_bfloat16_learns_with_float32_weights(spec: TrainSpec, toy: SimpleNamespace, tmp_path: Path) -> None:
    result, reports = trained(replace(spec, dtype="bfloat16"), toy, tmp_path / "model")
    assert reports[-1].accuracy > 0.95
    assert result.dtype == "bfloat16"
    assert {weight.dtype for weight in result.classifier.network.parameters()} == {torch.float32}


def test_a_causal_model_without_padding_token_learns_too(tiny_lm: Path, toy: SimpleNamespace, tmp_path: Path) -> None:
    from transformers import AutoTokenizer, GPT2LMHeadModel

    folder = tmp_path / "lm"
    GPT2LMHeadModel.from_pretrained(tiny_lm).save_pretrained(folder)
    tokenizer = AutoTokenizer.from_pretrained(tiny_lm)
    tokenizer.pad_token = None
    tokenizer.save_pretrained(folder)
    spec = TrainSpec(str(folder), ("money", "sport"), steps=60, learning_rate=3e-3, device="cpu")
    _, reports = trained(spec, toy, tmp_path / "model")
    assert reports[-1].accuracy > 0.9


def test_truncated_texts_are_counted(spec: TrainSpec, tmp_path: Path) -> None:
    texts = ["the " * 100, "goal", "the " * 100, "bank \ud800"]
    result = fine_tune(replace(spec, steps=1), texts, np.array([0, 1, 0, 1]), out=tmp_path / "model")
    assert result.truncated == 2


def test_weights_that_fit_another_architecture_are_refused(tiny_lm: Path, tmp_path: Path) -> None:
    folder = tmp_path / "mixed"
    folder.mkdir()
    for path in tiny_lm.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    (folder / "config.json").write_text(
        json.dumps({"model_type": "bert", "vocab_size": 31, "hidden_size": 32, "num_hidden_layers": 2,
                    "num_attention_heads": 2, "intermediate_size": 64})
    )  # fmt: skip
    with pytest.raises(ModelError, match=r"'mixed' cannot be used as a classifier: its files lack \d+ of the"):
        fine_tune(TrainSpec(str(folder), ("a", "b")), ["goal"], np.array([0]), out=tmp_path / "model")


def test_pickled_weights_are_refused(tmp_path: Path, tiny_encoder: Path) -> None:
    folder = tmp_path / "pickled"
    folder.mkdir()
    (folder / "config.json").write_bytes((tiny_encoder / "config.json").read_bytes())
    torch.save({}, folder / "pytorch_model.bin")
    with pytest.raises(ModelError, match=r"no safetensors weights, only config\.json, pytorch_model\.bin"):
        fine_tune(TrainSpec(str(folder), ("a", "b")), ["goal"], np.array([0]), out=tmp_path / "model")


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    spec = TrainSpec(str(tmp_path / "nothing"), ("a", "b"))
    with pytest.raises(ModelError, match="no model folder"):
        fine_tune(spec, ["goal"], np.array([0]), out=tmp_path / "model")


def test_a_folder_that_holds_something_is_not_written_over(spec: TrainSpec, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(RequestError, match="is not empty: choose another folder for the model"):
        fine_tune(spec, ["goal"], np.array([0]), out=tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


@pytest.mark.parametrize(
    ("texts", "labels", "sentence"),
    [
        ([], [], "0 texts and 0 labels: give at least one text"),
        (["a", "b"], [0], "2 texts and 1 labels"),
        (["a", "b", "c"], [0, -1, 2], "2 of 3 rows have no label among the 2 classes, the first is row 1 with -1"),
    ],
)
def test_rows_that_cannot_be_learned_are_refused(
    spec: TrainSpec, tmp_path: Path, texts: list[str], labels: list[int], sentence: str
) -> None:
    with pytest.raises(InputError, match=sentence):
        fine_tune(spec, texts, np.array(labels, dtype=np.int64), out=tmp_path / "model")


def test_a_loss_that_is_no_number_ends_the_run(
    spec: TrainSpec, toy: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.nn.functional, "cross_entropy", lambda logits, _: logits.sum() * float("nan"))
    with pytest.raises(RequestError, match=r"step 1 of 64: lower the learning rate, which is 0\.003"):
        trained(spec, toy, tmp_path / "model")
    assert not (tmp_path / "model").exists()


@given(st.integers(1, 500), st.floats(0, 1))
def test_the_rate_rises_to_one_and_falls_and_never_idles(total: int, warmup: float) -> None:
    factor = warmup_then_decay(total, warmup)
    rates = [factor(done) for done in range(total)]
    peak = int(np.argmax(rates))
    assert rates[peak] == pytest.approx(1.0)
    assert all(0 < rate <= 1 for rate in rates)
    assert all(a < b for a, b in pairwise(rates[: peak + 1]))
    assert all(a >= b for a, b in pairwise(rates[peak:]))
    assert factor(total) == pytest.approx(0.0)
