"""Fine-tune a classifier: AdamW with bias correction, linear warm-up and decay, float32 master weights.

Source: Devlin et al., BERT (2019), appendix A.3; Mosbach et al., On the Stability of Fine-tuning BERT (2021).
"""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from eudscore.errors import InputError, Interrupted, RequestError
from eudscore.models.loading import resolve_model
from eudscore.records import Ints
from eudscore.training.batches import training_batches
from eudscore.training.classifier import Classifier, new_classifier, save_classifier
from eudscore.training.spec import TrainSpec
from eudscore.training.tokens import Tokens, tokenise

MAX_GRADIENT_NORM = 1.0
MOST_REPORTS = 1000  # of a run, however long: a curve needs no more points, and a GPU waits at each
_SMOOTHING = 0.9


@dataclass(frozen=True)
class StepReport:
    """Where a training is.

    Attributes:
        step: updates done.
        total: updates there will be.
        loss: cross-entropy of the training batches in nats, smoothed over about ten steps.
        accuracy: of the training batches before their update, smoothed likewise.
        learning_rate: of this step.
        rows_per_second: since the first step.
        eta_seconds: until the last step.
    """

    step: int
    total: int
    loss: float
    accuracy: float
    learning_rate: float
    rows_per_second: float
    eta_seconds: float


@dataclass(frozen=True, eq=False)
class FineTuned:
    """What came of a training.

    Attributes:
        model: folder of the trained model.
        classifier: the same model, loaded.
        steps: updates done.
        seconds: for the updates; loading and saving apart.
        rows_seen: rows read, each as often as it was.
        truncated: texts that were longer than the model was given.
        revision: of the model it started from.
        dtype: of the forward pass.
        device: where it ran.
    """

    model: Path
    classifier: Classifier
    steps: int
    seconds: float
    rows_seen: int
    truncated: int
    revision: str
    dtype: str
    device: str


def fine_tune(
    spec: TrainSpec,
    texts: Sequence[str],
    labels: Ints,
    *,
    out: Path,
    on_step: Callable[[StepReport], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> FineTuned:
    """Fine-tune a classifier and save it; the same spec and rows give the same model on the same CPU.

    Args:
        spec: all that decides it.
        texts: n texts.
        labels: (n,) positions in `spec.classes`.
        out: folder for the model, not there yet or empty; appears when it is complete.
        on_step: is told where it is, at most a thousand times.
        should_stop: is asked before every step.

    Raises:
        InputError: texts and labels do not fit together, or a label is no class.
        RequestError: `out` is taken, the loss is no number any more, or the GPU's memory is too small.
        ModelError: the model cannot be had or used.
        Interrupted: `should_stop` said so; nothing is saved.
    """
    import torch

    labels = _checked(spec, texts, labels)
    if out.exists() and any(out.iterdir()):
        raise RequestError(f"{out} is not empty: choose another folder for the model.")
    resolved = resolve_model(spec.model)
    with _random_state_of(spec.seed):
        classifier = new_classifier(
            resolved, spec.classes, device=spec.device, dtype=spec.dtype, max_tokens=spec.max_tokens
        )
        tokens = tokenise(classifier.tokenizer, texts, max_tokens=classifier.max_tokens, should_stop=should_stop)
        try:
            training = _Training(spec, classifier, tokens, labels)
            training.run(on_step or (lambda _: None), should_stop or (lambda: False))
        except torch.OutOfMemoryError as error:
            raise RequestError(
                f"The memory of the GPU is too small for batches of {spec.batch_size} texts of up to "
                f"{classifier.max_tokens} tokens: lower batch_size or max_tokens."
            ) from error
    save_classifier(classifier, out)
    return FineTuned(
        out, classifier, training.total, training.seconds, training.rows_seen, tokens.truncated,
        resolved.revision, classifier.dtype, classifier.device,
    )  # fmt: skip


def _checked(spec: TrainSpec, texts: Sequence[str], labels: Ints) -> Ints:
    labels = np.asarray(labels, dtype=np.int64)
    if not len(texts) or labels.shape != (len(texts),):
        raise InputError(
            f"There are {len(texts):,} texts and {labels.size:,} labels: give at least one text, "
            "and one label for each."
        )
    strange = (labels < 0) | (labels >= len(spec.classes))
    if strange.any():
        raise InputError(
            f"{int(strange.sum()):,} of {len(labels):,} rows have no label among the {len(spec.classes)} "
            f"classes, the first is row {int(strange.argmax())} with {labels[strange][0]}: leave them out."
        )
    return labels


@contextmanager
def _random_state_of(seed: int) -> Iterator[None]:
    """Draw from this seed within the block, and leave torch's own random state as it was."""
    import torch

    with torch.random.fork_rng(devices=range(torch.cuda.device_count())):
        torch.manual_seed(seed)
        yield


class _Training:
    """The updates of one run."""

    def __init__(self, spec: TrainSpec, classifier: Classifier, tokens: Tokens, labels: Ints) -> None:
        import torch

        self.spec, self.classifier, self.tokens = spec, classifier, tokens
        self.labels = torch.from_numpy(labels).to(classifier.device)
        self.total = spec.total_steps(len(labels))
        self.seconds = 0.0
        self.rows_seen = 0
        self.optimizer = _optimizer(classifier.network, spec)
        rate = warmup_then_decay(self.total, spec.warmup)
        self.schedule = torch.optim.lr_scheduler.LambdaLR(self.optimizer, rate)
        self.smooth = torch.zeros(2, device=classifier.device)  # loss, accuracy

    def run(self, on_step: Callable[[StepReport], None], should_stop: Callable[[], bool]) -> None:
        """Do all updates, and report on some."""
        batches = training_batches(self.tokens.lengths, batch_size=self.spec.batch_size, seed=self.spec.seed)
        every = math.ceil(self.total / MOST_REPORTS)
        began = time.perf_counter()
        self.classifier.network.train()
        for step, rows in enumerate(islice(batches, self.total), start=1):
            if should_stop():
                raise Interrupted(f"Stopped after step {step - 1:,} of {self.total:,}; no model was saved.")
            rate = float(self.schedule.get_last_lr()[0])
            self._update(rows)
            if step % every == 0 or step == self.total:
                on_step(self._report(step, rate, time.perf_counter() - began))
        self.seconds = time.perf_counter() - began
        self.classifier.network.eval()

    def _update(self, rows: Ints) -> None:
        import torch

        logits = self.classifier.logits([self.tokens.ids[row] for row in rows])
        labels = self.labels[torch.from_numpy(rows).to(self.labels.device)]
        loss = torch.nn.functional.cross_entropy(logits, labels)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.classifier.network.parameters(), MAX_GRADIENT_NORM)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.schedule.step()
        right = (logits.argmax(dim=-1) == labels).float().mean()
        # Stays on the device: reading a number back would make it wait at every step.
        self.smooth.lerp_(torch.stack([loss.detach(), right]), 1 - _SMOOTHING)
        self.rows_seen += len(rows)

    def _report(self, step: int, rate: float, seconds: float) -> StepReport:
        loss, accuracy = (self.smooth / (1 - _SMOOTHING**step)).tolist()  # it began at zero
        if not math.isfinite(loss):
            raise RequestError(
                f"The loss is no number any more at step {step:,} of {self.total:,}: lower the learning "
                f"rate, which is {self.spec.learning_rate:g}."
            )
        left = seconds / step * (self.total - step)
        return StepReport(step, self.total, loss, accuracy, rate, self.rows_seen / seconds, left)


def _optimizer(network: Any, spec: TrainSpec) -> Any:
    import torch

    matrices = [weight for weight in network.parameters() if weight.ndim >= 2]
    others = [weight for weight in network.parameters() if weight.ndim < 2]
    return torch.optim.AdamW(
        [{"params": matrices, "weight_decay": spec.weight_decay}, {"params": others, "weight_decay": 0.0}],
        lr=spec.learning_rate,
        fused=True,
    )


def warmup_then_decay(total: int, warmup: float) -> Callable[[int], float]:
    """Factor of the learning rate by the number of updates done: up to 1 and down to 0, both linearly.

    The first update is never idle: the rise ends at its last step, it does not begin with a rate of 0.
    """
    rise = round(total * warmup)

    def factor(done: int) -> float:
        if done < rise:
            return (done + 1) / rise
        return (total - done) / max(1, total - rise)

    return factor
