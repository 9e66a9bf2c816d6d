"""The updates of one fine-tune: batch after batch, written down from time to time, and taken up again."""

import math
import time
from collections.abc import Callable, Mapping
from itertools import islice
from typing import TYPE_CHECKING

from eudscore.errors import Interrupted, RequestError, WorkspaceError
from eudscore.records import Ints, JsonDict
from eudscore.training.batches import batches_per_epoch, training_batches
from eudscore.training.checkpoint import Checkpoints, State
from eudscore.training.classifier import Classifier, predict_tokens
from eudscore.training.gradients import Gradients
from eudscore.training.randomness import random_state, set_random_state
from eudscore.training.ranks import Ranks
from eudscore.training.schedule import optimiser_of, warmup_then_decay
from eudscore.training.spec import TrainSpec
from eudscore.training.stopping import Look, Patience, look
from eudscore.training.upkeep import Lesson, StepReport, Upkeep

if TYPE_CHECKING:
    from torch import Tensor

MAX_GRADIENT_NORM = 1.0
MOST_REPORTS = 1000  # of a run, however long: a curve needs no more points, and a GPU waits at each
_CHECKPOINT_SHARE = 0.02  # of the time, at most: a large model is written down less often
_SMOOTHING = 0.9


class Updates:
    """Where a training is, and how it goes on.

    Attributes:
        step: updates done.
        total: updates there will be, unless it ends early.
        seconds: that they took, with the checkpoints.
        rows_seen: rows read, each as often as it was.
        gradients: of the batches; knows how many rows fit at once, and what was thought of each.
        patience: where there are dev rows.
    """

    def __init__(
        self, spec: TrainSpec, classifier: Classifier, lesson: Lesson, dev: Lesson | None, upkeep: Upkeep, ranks: Ranks
    ) -> None:
        import torch

        self.step, self.seconds, self.rows_seen = 0, 0.0, 0
        self.total = spec.total_steps(len(lesson.labels))
        self.gradients = Gradients(spec, classifier, lesson, ranks, upkeep.tell)
        self.patience = None if dev is None or spec.patience is None else Patience(spec.patience)
        self._spec, self._lengths, self._dev = spec, lesson.tokens.lengths, dev
        self._classifier, self._network, self._upkeep, self._ranks = classifier, classifier.network, upkeep, ranks
        self._optimiser = optimiser_of(self._network, spec)
        self._factor = warmup_then_decay(self.total, spec.warmup)
        self._epoch_steps = batches_per_epoch(len(lesson.labels), spec.batch_size)
        self._smooth = torch.zeros(2, device=classifier.device)  # loss, accuracy

    def run(
        self, on_step: Callable[[StepReport], None], should_stop: Callable[[], bool], checkpoints: Checkpoints | None
    ) -> None:
        """Do all updates that are left, and report on some; the network has the best weights afterwards.

        Raises:
            Interrupted: `should_stop` said so; a checkpoint was written where there is a place for it.
            RequestError: the loss is no number any more, or the memory is too small for a single text.
            WorkspaceError: a checkpoint was to be written before leaving, and the disk is full.
        """
        batches = training_batches(
            self._lengths, batch_size=self._spec.batch_size, seed=self._spec.seed, skip=self.step
        )
        reporting = math.ceil(self.total / MOST_REPORTS)
        began = time.perf_counter() - self.seconds
        due = time.perf_counter() + self._upkeep.every
        self._network.train()
        for rows in islice(batches, self.total - self.step):
            if self._ranks.any(should_stop()):
                self._leave(checkpoints)
            self._update(rows)
            self.seconds = time.perf_counter() - began
            dev = self._look()
            if self.step % reporting == 0 or self.step == self.total or dev is not None:
                on_step(self._report(dev))
            if self.patience is not None and self.patience.over:
                break
            if checkpoints is not None and self.step < self.total and self._ranks.any(time.perf_counter() >= due):
                due = self._write_down(checkpoints)
        self.seconds = time.perf_counter() - began
        if self.patience is not None:
            self.patience.restore(self._weights())
        self._network.eval()

    def _update(self, rows: Ints) -> None:
        import torch

        for group in self._optimiser.param_groups:
            group["lr"] = self._spec.learning_rate * self._factor(self.step)
        told = self.gradients.of(rows, self.step // self._epoch_steps)
        torch.nn.utils.clip_grad_norm_(self._network.parameters(), MAX_GRADIENT_NORM)
        self._optimiser.step()
        self._optimiser.zero_grad(set_to_none=True)
        # Stays on the device: reading a number back would make it wait at every step.
        self._smooth.lerp_(told, 1 - _SMOOTHING)
        self.rows_seen += len(rows)
        self.step += 1

    def _look(self) -> Look | None:
        """Look at the dev rows where an epoch or the training ends."""
        if self.patience is None or self._dev is None:
            return None
        if self.step % self._epoch_steps and self.step != self.total:
            return None
        found = None
        if self._ranks.rank == 0:
            found = look(self._dev.labels, predict_tokens(self._classifier, self._dev.tokens))
            self._network.train()
        seen: Look = self._ranks.gathered(found)[0]  # of one process, so that all end at the same step
        self.patience.see(seen, self.step, self._weights())
        return seen

    def _report(self, dev: Look | None) -> StepReport:
        loss, accuracy = (self._smooth / (1 - _SMOOTHING**self.step)).tolist()  # it began at zero
        if not math.isfinite(loss):
            raise RequestError(
                f"The loss is no number any more at step {self.step:,} of {self.total:,}: lower the learning "
                f"rate, which is {self._spec.learning_rate:g}."
            )
        rate = self._spec.learning_rate * self._factor(self.step - 1)
        left = self.seconds / self.step * (self.total - self.step)
        return StepReport(self.step, self.total, loss, accuracy, rate, self.rows_seen / self.seconds, left, dev)

    def _leave(self, checkpoints: Checkpoints | None) -> None:
        where = f"Stopped after step {self.step:,} of {self.total:,}"
        if checkpoints is None:
            raise Interrupted(f"{where}; no model was saved.")
        if self.step:
            self._save(checkpoints)
        raise Interrupted(f"{where}; it goes on from there when it is started again.")

    def _write_down(self, checkpoints: Checkpoints) -> float:
        """Write a checkpoint while the training goes on: when the next one is due; a full disk does not end it."""
        began = time.perf_counter()
        try:
            self._save(checkpoints)
        except WorkspaceError as error:
            self._upkeep.tell(f"No checkpoint after step {self.step:,}, the training goes on: {error}")
        now = time.perf_counter()
        return now + max(self._upkeep.every, (now - began) / _CHECKPOINT_SHARE)

    def _save(self, checkpoints: Checkpoints) -> None:
        state = self.to_state()
        if self._ranks.rank == 0:
            checkpoints.save(state)

    def _weights(self) -> "dict[str, Tensor]":
        """The weights that are trained."""
        return {name: weight for name, weight in self._network.named_parameters() if weight.requires_grad}

    def _kept(self) -> "dict[str, Tensor]":
        """All that the updates change in the network: its trained weights, and what it counts in buffers."""
        known = {name for name, _ in self._network.named_parameters(remove_duplicate=False)}
        buffers = {name: tensor for name, tensor in self._network.state_dict().items() if name not in known}
        return {**self._weights(), **buffers}

    def to_state(self) -> State:
        """All that it takes to go on from here as if nothing had happened; every process must ask for it at once."""
        self.gradients.record.gather(self._ranks)
        tensors = {f"network.{name}": tensor for name, tensor in self._kept().items()}
        for place, values in self._optimiser.state_dict()["state"].items():
            tensors |= {f"optimiser.{place}.{name}": value for name, value in values.items()}
        tensors |= {"smooth": self._smooth, **self.gradients.record.to_tensors()}
        numbers: JsonDict = {"seconds": self.seconds, "rows_seen": self.rows_seen, "random": []}
        numbers["rows_at_once"] = self.gradients.rows_at_once
        for rank, (drawn, more) in enumerate(self._ranks.gathered(random_state())):
            tensors |= {f"rank{rank}.{name}": tensor for name, tensor in drawn.items()}
            numbers["random"].append(more)
        if self.patience is not None:
            best, numbers["patience"] = self.patience.to_state()
            tensors |= best
        return State(self.step, tensors, numbers)

    def take_up(self, state: State) -> None:
        """Go on from `to_state`."""
        import torch

        of = {kind: _below(f"{kind}.", state.tensors) for kind in ("network", "optimiser", f"rank{self._ranks.rank}")}
        with torch.no_grad():
            for name, tensor in self._kept().items():
                tensor.copy_(of["network"][name])
        values: dict[int, dict[str, Tensor]] = {}
        for key, tensor in of["optimiser"].items():
            place, name = key.split(".", 1)
            values.setdefault(int(place), {})[name] = tensor
        self._optimiser.load_state_dict({**self._optimiser.state_dict(), "state": values})
        self._smooth.copy_(state.tensors["smooth"])
        self.gradients.record.take_up(state.tensors)
        self.step, numbers = state.step, state.numbers
        self.seconds, self.rows_seen = float(numbers["seconds"]), int(numbers["rows_seen"])
        self.gradients.rows_at_once = int(numbers["rows_at_once"])
        if self.patience is not None:
            self.patience.take_up(state.tensors, numbers["patience"])
        if len(numbers["random"]) == self._ranks.size:
            set_random_state(of[f"rank{self._ranks.rank}"], numbers["random"][self._ranks.rank])
        else:  # begun by another number of processes: dropout is drawn anew, all else is the same
            torch.manual_seed(self._spec.seed + self.step + self._ranks.rank)


def _below(prefix: str, tensors: Mapping[str, "Tensor"]) -> "dict[str, Tensor]":
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
