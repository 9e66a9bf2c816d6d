"""What a training makes smaller: cross-entropy over classes, or over each class by itself."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from eudscore.records import Floats, Ints
from eudscore.training.spec import ClassWeights, TrainSpec

if TYPE_CHECKING:
    from torch import Tensor

Labels = Ints | Floats
"""(n,) int64 positions of classes, or (n, C) float32 of 0 and 1 where a text may have several."""


class Loss:
    """The loss of some rows, and how much these rows count beside others."""

    def __init__(self, spec: TrainSpec, labels: Labels, device: str) -> None:
        import torch

        self.labels = torch.from_numpy(labels).to(device)
        self._multi_label = spec.multi_label
        self._weights: Tensor | None = None
        self._of_row = np.ones(len(labels))
        if spec.class_weights is ClassWeights.BALANCED:
            weights = balanced_weights(np.asarray(labels, dtype=np.int64), len(spec.classes))
            self._of_row = weights[labels]
            self._weights = torch.from_numpy(weights.astype(np.float32)).to(device)

    def weight_of(self, rows: Ints) -> float:
        """By how much the mean over these rows counts in the mean over more."""
        return float(self._of_row[rows].sum())

    def of(self, logits: "Tensor", labels: "Tensor") -> "Tensor":
        """Mean loss of a batch in nats over its rows, each by the weight of its class."""
        import torch

        if self._multi_label:
            return torch.nn.functional.binary_cross_entropy_with_logits(logits, labels)
        if self._weights is None:
            return torch.nn.functional.cross_entropy(logits, labels)
        return torch.nn.functional.cross_entropy(logits, labels, weight=self._weights)

    def judged(self, logits: "Tensor", labels: "Tensor") -> "tuple[Tensor, Tensor]":
        """(b,) probability of the truth, and (b,) bool whether it was the answer.

        Where a text may have several labels: the mean over the classes of the probability of what is true of each,
        and whether all of them were right.
        """
        if self._multi_label:
            probs = logits.sigmoid()
            truth = labels * probs + (1 - labels) * (1 - probs)
            return truth.mean(dim=-1), ((logits > 0) == (labels > 0.5)).all(dim=-1)
        truth = logits.softmax(dim=-1).gather(1, labels[:, None])[:, 0]
        return truth, logits.argmax(dim=-1) == labels


def balanced_weights(labels: Ints, classes: int) -> NDArray[np.float64]:
    """(C,) weights by which every class that occurs counts the same, 1 on average over the rows.

    n / (classes that occur x rows of the class); 1 for a class without rows. Source: King & Zeng, Logistic Regression
    in Rare Events Data (2001), as scikit-learn's `balanced`.
    """
    counts = np.bincount(labels, minlength=classes)
    occur = counts > 0
    weights = np.ones(classes)
    weights[occur] = len(labels) / (occur.sum() * counts[occur])
    return weights
