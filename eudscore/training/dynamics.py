"""Training dynamics: what a training thought of each of its rows, epoch by epoch.

The probabilities are those that the training computes anyway: of a row's batch just before its update, with
dropout. So nothing is computed for them, but rows of one epoch were seen by different states of the network.

Source: Swayamdipta et al., Dataset Cartography (2020), section 2; forgetting: Toneva et al., An Empirical Study of
Example Forgetting (2019); closeness: Chang et al., Active Bias (2017).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from eudscore.errors import WorkspaceError
from eudscore.records import Bools, Floats, Ints
from eudscore.store.files import writing
from eudscore.training.ranks import Ranks

if TYPE_CHECKING:
    from torch import Tensor

FILE = "dynamics.jsonl"
NEVER_LEARNT = 1000  # what cartography writes for the forgetting of a row that was never right
_FIELDS = ("guid", "index", "threshold_closeness", "confidence", "variability", "correctness", "forgetfulness", "times")
COLUMNS = ("confidence", "variability", "correctness", "forgetfulness", "threshold_closeness")


class Record:
    """What is noted during the updates, on the device, so that no update waits for it.

    Attributes:
        truth: one (n,) float32 an epoch, the probability of the row's label; nan where it was not read.
        right: one (n,) bool an epoch.
    """

    def __init__(self, rows: int, device: str) -> None:
        self._rows, self._device = rows, device
        self.truth: list[Tensor] = []
        self.right: list[Tensor] = []

    def open(self, epoch: int) -> None:
        """Have room for an epoch, counted from 0."""
        import torch

        while len(self.truth) <= epoch:
            self.truth.append(torch.full((self._rows,), float("nan"), device=self._device))
            self.right.append(torch.zeros(self._rows, dtype=torch.bool, device=self._device))

    def note(self, epoch: int, rows: "Tensor", truth: "Tensor", right: "Tensor") -> None:
        """Note what some rows, (b,) positions, were given in an epoch that is open."""
        self.truth[epoch][rows] = truth
        self.right[epoch][rows] = right

    def gather(self, ranks: Ranks) -> None:
        """Have what all processes noted; every one of them must ask for it."""
        import torch

        if ranks.size == 1 or not self.truth:
            return
        truth = torch.stack(self.truth)
        noted = ranks.added((~truth.isnan()).float())  # in all of them, where it was gathered before
        right = ranks.added(torch.stack(self.right).float()) > 0
        truth = ranks.added(truth.nan_to_num(0.0)) / noted  # 0 / 0 is nan, not read
        self.truth, self.right = list(truth.unbind()), list(right.unbind())

    def to_tensors(self) -> dict[str, "Tensor"]:
        """For a checkpoint."""
        import torch

        if not self.truth:
            return {}
        return {"dynamics.truth": torch.stack(self.truth), "dynamics.right": torch.stack(self.right)}

    def take_up(self, tensors: "Mapping[str, Tensor]") -> None:
        """Go on from `to_tensors`."""
        if "dynamics.truth" in tensors:
            self.truth = list(tensors["dynamics.truth"].to(self._device).unbind())
            self.right = list(tensors["dynamics.right"].to(self._device).unbind())

    def dynamics(self) -> "Dynamics":
        """What came of it; the rows are called by their positions."""
        tensors = self.to_tensors()
        none = np.empty((0, self._rows))
        truth = tensors["dynamics.truth"].cpu().numpy() if tensors else none.astype(np.float32)
        right = tensors["dynamics.right"].cpu().numpy() if tensors else none.astype(np.bool_)
        return dynamics_of(truth, right)


@dataclass(frozen=True, eq=False)
class Dynamics:
    """The coordinates of n trained rows.

    Attributes:
        positions: (n,) of the rows that were read at least once, among those that were given.
        times: (n,) epochs in which the row was read.
        confidence: (n,) mean probability of the label, in [0, 1].
        variability: (n,) its standard deviation over the epochs (of the population, ddof 0).
        correctness: (n,) in how many epochs the label was the most probable class.
        forgetfulness: (n,) how often a row was wrong after it had been right; `NEVER_LEARNT` if it never was.
        threshold_closeness: (n,) confidence times one minus confidence.
    """

    positions: Ints
    times: Ints
    confidence: Floats
    variability: Floats
    correctness: Ints
    forgetfulness: Ints
    threshold_closeness: Floats

    def write(self, folder: Path, names: Ints) -> None:
        """Write `dynamics.jsonl`, the coordinates as allenai/cartography writes them (`td_metrics.jsonl`).

        Args:
            folder: of the run.
            names: what the rows that were given are called: their rows of the corpus.

        Its fields are guid, index, threshold_closeness, confidence, variability, correctness, forgetfulness; ours
        adds `times`, because in a training that ends within an epoch some rows are read once more than others.

        Raises:
            WorkspaceError: it cannot be written.
        """
        columns = (names[self.positions], np.arange(len(self.positions)), self.threshold_closeness, self.confidence,
                   self.variability, self.correctness, self.forgetfulness, self.times)  # fmt: skip
        plain = [column.tolist() for column in columns]
        draft = folder / f".{FILE}.part"
        with writing(folder), draft.open("w", encoding="utf-8") as file:
            for values in zip(*plain, strict=True):
                file.write(json.dumps(dict(zip(_FIELDS, values, strict=True))) + "\n")
        with writing(folder):
            draft.replace(folder / FILE)


def dynamics_of(truth: Floats, right: Bools) -> Dynamics:
    """The coordinates from the probabilities.

    Args:
        truth: (e, n) probability of the label by epoch, nan where a row was not read.
        right: (e, n) whether the label was the most probable class.
    """
    seen = ~np.isnan(truth)
    rows = np.flatnonzero(seen.any(axis=0))
    exact, seen, right = truth[:, rows].astype(np.float64), seen[:, rows], right[:, rows] & seen[:, rows]
    confidence = np.nanmean(exact, axis=0) if len(rows) else np.empty(0)
    variability = np.nanstd(exact, axis=0) if len(rows) else np.empty(0)
    correctness = right.sum(axis=0)
    forgotten = np.where(correctness == 0, NEVER_LEARNT, _times_forgotten(right, seen))
    return Dynamics(
        rows.astype(np.int64), seen.sum(axis=0), confidence.astype(np.float32),
        variability.astype(np.float32), correctness, forgotten, (confidence * (1 - confidence)).astype(np.float32),
    )  # fmt: skip


def _times_forgotten(right: Bools, seen: Bools) -> Ints:
    """(n,) how often each row went from right to wrong, from one epoch in which it was read to the next."""
    before = np.zeros(right.shape[1], dtype=np.bool_)
    found = np.zeros(right.shape[1], dtype=np.int64)
    for now, read in zip(right, seen, strict=True):
        found += before & read & ~now
        before = np.where(read, now, before)
    return found


def read_columns(folder: Path, rows: int) -> dict[str, NDArray[np.float32]]:
    """The coordinates of a run by row of its corpus.

    Args:
        folder: of the run.
        rows: n, of the corpus.

    Returns:
        Name -> (n,) float32, nan where a row was not trained on. `correctness` is a share of the epochs here, so that
        runs of different lengths can be compared; `forgetfulness` is nan for a row that was never right.

    Raises:
        WorkspaceError: the file is missing, damaged, or of another corpus.
    """
    path = folder / FILE
    try:
        lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        guids = np.array([line["guid"] for line in lines], dtype=np.int64)
        found = {name: np.array([line[name] for line in lines], dtype=np.float32) for name in COLUMNS}
        found["correctness"] /= np.array([line["times"] for line in lines], dtype=np.float32)
    except FileNotFoundError as error:
        raise WorkspaceError(f"{path} is not there: train again to get it.") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise WorkspaceError(f"{path} is damaged ({error!r}): train again to get it.") from error
    if len(guids) and (guids.min() < 0 or guids.max() >= rows):
        raise WorkspaceError(f"{path} is of a data set with more than {rows:,} rows: choose the run of this one.")
    found["forgetfulness"][found["forgetfulness"] == NEVER_LEARNT] = np.nan
    return {name: _spread(guids, values, rows) for name, values in found.items()}


def _spread(guids: Ints, values: Any, rows: int) -> NDArray[np.float32]:
    column = np.full(rows, np.nan, dtype=np.float32)
    column[guids] = values
    return column
