from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.utils.class_weight import compute_class_weight

from eudscore.errors import RequestError
from eudscore.training.losses import Loss, balanced_weights
from eudscore.training.spec import ClassWeights, TrainSpec

some_labels = st.lists(st.integers(0, 3), min_size=1, max_size=50).map(lambda found: np.array(found, dtype=np.int64))
SPEC = TrainSpec("builtin", ("a", "b", "c", "d"))


@given(some_labels)
def test_balanced_weights_agree_with_sklearn_and_make_every_class_count_the_same(labels: np.ndarray) -> None:
    weights = balanced_weights(labels, 4)
    there = np.unique(labels)
    np.testing.assert_allclose(weights[there], compute_class_weight("balanced", classes=there, y=labels))
    assert weights[labels].mean() == pytest.approx(1.0)
    assert (weights[np.setdiff1d(range(4), there)] == 1.0).all()


@given(some_labels, st.integers(0, 2**32 - 1))
def test_a_weighted_loss_is_the_weighted_mean_over_rows(labels: np.ndarray, seed: int) -> None:
    loss = Loss(replace(SPEC, class_weights=ClassWeights.BALANCED), labels, "cpu")
    logits = torch.from_numpy(np.random.default_rng(seed).normal(size=(len(labels), 4)))
    of_rows = -logits.log_softmax(dim=-1).numpy()[np.arange(len(labels)), labels]
    wanted = np.average(of_rows, weights=balanced_weights(labels, 4)[labels])
    assert loss.of(logits.float(), loss.labels).item() == pytest.approx(wanted, rel=1e-4)
    assert loss.weight_of(np.arange(len(labels))) == pytest.approx(len(labels))


def test_what_was_thought_of_a_row_is_the_probability_of_its_label() -> None:
    loss = Loss(SPEC, np.array([2, 0]), "cpu")
    probs = torch.tensor([[0.1, 0.2, 0.6, 0.1], [0.3, 0.4, 0.2, 0.1]])
    truth, right = loss.judged(probs.log(), loss.labels)
    torch.testing.assert_close(truth, torch.tensor([0.6, 0.3]))
    assert right.tolist() == [True, False]


def test_with_several_labels_it_is_the_mean_over_what_is_true_of_each_class() -> None:
    loss = Loss(replace(SPEC, multi_label=True), np.array([[1, 0, 0, 1], [0, 0, 0, 0]], dtype=np.float32), "cpu")
    probs = torch.tensor([[0.9, 0.2, 0.4, 0.6], [0.1, 0.3, 0.8, 0.1]])
    truth, right = loss.judged(probs.logit(), loss.labels)
    torch.testing.assert_close(truth, torch.tensor([(0.9 + 0.8 + 0.6 + 0.6) / 4, (0.9 + 0.7 + 0.2 + 0.9) / 4]))
    assert right.tolist() == [True, False]


def test_balanced_weights_and_several_labels_contradict_one_another() -> None:
    with pytest.raises(RequestError, match="Balanced class weights are for one label a row"):
        replace(SPEC, multi_label=True, class_weights=ClassWeights.BALANCED)
