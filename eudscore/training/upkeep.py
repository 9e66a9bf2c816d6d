"""What a training is given to read, and what it tells while it works."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from eudscore.training.dynamics import Dynamics
from eudscore.training.losses import Labels
from eudscore.training.stopping import Look
from eudscore.training.tokens import Tokens

CHECKPOINT_SECONDS = 60.0


@dataclass(frozen=True, eq=False)
class Lesson:
    """Rows as a network reads them.

    Attributes:
        tokens: of n texts.
        labels: of them.
    """

    tokens: Tokens
    labels: Labels


@dataclass(frozen=True)
class StepReport:
    """Where a training is.

    Attributes:
        step: updates done.
        total: updates there will be, unless it ends early.
        loss: of the training batches in nats, smoothed over about ten steps.
        accuracy: of the training batches before their update, smoothed likewise.
        learning_rate: of this step.
        rows_per_second: since the first step.
        eta_seconds: until the last step.
        dev: what the dev rows said after this step, where they were looked at.
    """

    step: int
    total: int
    loss: float
    accuracy: float
    learning_rate: float
    rows_per_second: float
    eta_seconds: float
    dev: Look | None = None


def _unheard(_said: object) -> None:
    """Nobody listens."""


@dataclass(frozen=True)
class Upkeep:
    """What outlives a training that is killed, and who is told.

    Attributes:
        checkpoints: folder for them; without it a training that stops is lost.
        every: seconds between two of them, at least: one that takes long is made less often.
        tell: is told in a sentence what was done otherwise than asked.
        on_dynamics: is given the training dynamics when the updates are done, before the model is saved.
    """

    checkpoints: Path | None = None
    every: float = CHECKPOINT_SECONDS
    tell: Callable[[str], None] = _unheard
    on_dynamics: Callable[[Dynamics], None] = field(default=_unheard)
