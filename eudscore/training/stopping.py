"""Early stopping: rows that are set aside, and when to end.

Source: Prechelt, Early Stopping - But When? (1998); patience as in Goodfellow et al., Deep Learning (2016), alg. 7.1.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from eudscore.records import Floats, Ints, JsonDict
from eudscore.training.losses import Labels

if TYPE_CHECKING:
    from torch import Tensor

DEV_SHARE = 0.1
_FOLDS = round(1 / DEV_SHARE)
_BEST = "best."


@dataclass(frozen=True)
class Look:
    """What the dev rows said.

    Attributes:
        accuracy: share of them that were right (with all their labels, where a row may have several).
        nll: mean negative log probability of the truth in nats.
    """

    accuracy: float
    nll: float

    def better_than(self, other: "Look | None") -> bool:
        """Whether more rows were right, or as many with more confidence in the truth."""
        return other is None or (self.accuracy, -self.nll) > (other.accuracy, -other.nll)


def look(labels: Labels, probabilities: Floats) -> Look:
    """Judge predictions of the dev rows.

    Args:
        labels: (n,) classes, or (n, C) of 0 and 1.
        probabilities: (n, C).
    """
    tiny = np.finfo(np.float32).tiny
    if labels.ndim == 2:
        right = ((probabilities > 0.5) == (labels > 0.5)).all(axis=1)
        truth = np.where(labels > 0.5, probabilities, 1 - probabilities)
    else:
        right = probabilities.argmax(axis=1) == labels
        truth = probabilities[np.arange(len(labels)), np.asarray(labels, dtype=np.int64)]
    return Look(float(right.mean()), float(-np.log(np.maximum(truth.astype(np.float64), tiny)).mean()))


class Patience:
    """The best weights so far, and how many looks ago that was."""

    def __init__(self, patience: int) -> None:
        self._patience = patience
        self._weights: dict[str, Tensor] = {}
        self.best: Look | None = None
        self.best_step = 0
        self._since = 0

    @property
    def over(self) -> bool:
        """Whether it is time to end."""
        return self._since >= self._patience

    def see(self, found: Look, step: int, weights: "Mapping[str, Tensor]") -> None:
        """Take a look at a step; the weights are copied where it is the best one."""
        if found.better_than(self.best):
            self.best, self.best_step, self._since = found, step, 0
            self._weights = {name: weight.detach().to("cpu", copy=True) for name, weight in weights.items()}
        else:
            self._since += 1

    def restore(self, weights: "Mapping[str, Tensor]") -> None:
        """Put the best weights back."""
        import torch

        with torch.no_grad():
            for name, weight in self._weights.items():
                weights[name].copy_(weight)

    def to_state(self) -> tuple[dict[str, "Tensor"], JsonDict]:
        """For a checkpoint: tensors and plain JSON values."""
        best = None if self.best is None else [self.best.accuracy, self.best.nll]
        tensors = {_BEST + name: weight for name, weight in self._weights.items()}
        return tensors, {"best": best, "best_step": self.best_step, "since": self._since}

    def take_up(self, tensors: "Mapping[str, Tensor]", numbers: Mapping[str, Any]) -> None:
        """Go on from `to_state`."""
        self._weights = {name.removeprefix(_BEST): w for name, w in tensors.items() if name.startswith(_BEST)}
        self.best = None if numbers["best"] is None else Look(*numbers["best"])
        self.best_step, self._since = int(numbers["best_step"]), int(numbers["since"])


def split_dev(labels: Labels, groups: Ints, *, seed: int) -> tuple[Ints, Ints]:
    """Set a tenth of the rows aside: class by class, and groups as a whole.

    Args:
        labels: (n,) classes; or (n, C) of 0 and 1, which are not balanced.
        groups: (n,) rows of one group (near-duplicates, an author) stay together.
        seed: of the draw.

    Returns:
        Positions to train on and positions to look at, both ascending. With few rows or few groups the second may
        hold more or less than a tenth, or be empty.
    """
    from sklearn.model_selection import GroupKFold, StratifiedGroupKFold

    folds = min(_FOLDS, len(np.unique(groups)))
    if folds < 2:
        return np.arange(len(labels)), np.empty(0, dtype=np.int64)
    names, counts = (None, None) if labels.ndim == 2 else np.unique(labels, return_counts=True)
    if names is None or counts is None or counts.max() < folds:  # no class is large enough to be shared out
        splitter: Any = GroupKFold(n_splits=folds, shuffle=True, random_state=seed)
        kept, aside = next(splitter.split(groups, groups=groups))
    else:
        kept, aside = next(_stratified(StratifiedGroupKFold(folds, shuffle=True, random_state=seed), labels, groups))
    return np.sort(kept).astype(np.int64), np.sort(aside).astype(np.int64)


def _stratified(splitter: Any, labels: Labels, groups: Ints) -> Any:
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a class smaller than the folds stands in some of them only
        yield from splitter.split(labels, labels, groups)
