from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from eudscore.errors import Interrupted, ModelError, WorkspaceError
from eudscore.training.classifier import Classifier, load_classifier, predict, save_classifier
from eudscore.training.fine_tune import fine_tune
from eudscore.training.spec import TrainSpec


@pytest.fixture(scope="module")
def classifier(tiny_encoder: Path, toy: SimpleNamespace, tmp_path_factory: pytest.TempPathFactory) -> Classifier:
    out = tmp_path_factory.mktemp("trained") / "model"
    spec = TrainSpec(str(tiny_encoder), ("money", "sport"), steps=10, learning_rate=3e-3, device="cpu", dtype="float32")
    return fine_tune(spec, toy.texts, toy.labels, out=out).classifier


def test_probabilities_add_up_to_one_and_do_not_depend_on_company(classifier: Classifier, toy: SimpleNamespace) -> None:
    together = predict(classifier, toy.texts)
    assert together.dtype == np.float32
    np.testing.assert_allclose(together.sum(axis=1), 1.0, atol=1e-6)
    alone = np.concatenate([predict(classifier, [text]) for text in toy.texts[:10]])
    np.testing.assert_allclose(together[:10], alone, atol=1e-6)


def test_predictions_agree_with_plain_transformers(classifier: Classifier, toy: SimpleNamespace) -> None:
    import torch

    pieces = classifier.tokenizer(toy.texts, padding=True, return_tensors="pt")
    with torch.no_grad():
        logits = classifier.network(input_ids=pieces["input_ids"], attention_mask=pieces["attention_mask"]).logits
    np.testing.assert_allclose(predict(classifier, toy.texts), logits.softmax(dim=-1), atol=1e-6)


def test_no_texts_give_no_rows(classifier: Classifier) -> None:
    assert predict(classifier, []).shape == (0, 2)


def test_an_empty_and_a_broken_text_get_probabilities_too(classifier: Classifier) -> None:
    assert np.isfinite(predict(classifier, ["", "\ud800 goal"])).all()


def test_progress_counts_every_text_once(classifier: Classifier, toy: SimpleNamespace) -> None:
    counts: list[int] = []
    predict(classifier, toy.texts * 5, on_progress=counts.append)
    assert sum(counts) == 5 * len(toy.texts)
    assert len(counts) > 1


def test_predicting_stops_when_asked(classifier: Classifier, toy: SimpleNamespace) -> None:
    counts: list[int] = []
    with pytest.raises(Interrupted, match="Stopped while predicting"):
        predict(classifier, toy.texts * 5, on_progress=counts.append, should_stop=lambda: len(counts) == 1)
    with pytest.raises(Interrupted, match="Stopped while the texts were read"):
        predict(classifier, toy.texts, should_stop=lambda: True)


def test_texts_may_be_cut_elsewhere_but_not_beyond_what_the_model_can_read(
    classifier: Classifier, tmp_path: Path
) -> None:
    save_classifier(classifier, tmp_path / "model")
    assert load_classifier(tmp_path / "model", max_tokens=7).max_tokens == 7
    assert load_classifier(tmp_path / "model", max_tokens=9999).max_tokens == 48


def test_a_folder_that_holds_something_is_not_replaced(classifier: Classifier, tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "notes.txt").write_text("mine")
    with pytest.raises(WorkspaceError, match="model cannot be written"):
        save_classifier(classifier, tmp_path / "model")
    assert [path.name for path in tmp_path.rglob("*")] == ["model", "notes.txt"]


def test_an_encoder_without_trained_head_is_no_classifier(tiny_encoder: Path) -> None:
    with pytest.raises(ModelError, match=r"is no trained classifier: it lacks the weights classifier\.bias"):
        load_classifier(tiny_encoder)
