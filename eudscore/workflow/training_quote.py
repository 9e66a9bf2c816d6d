"""What fine-tunes will take here: minutes, memory, energy and money, measured with a handful of updates.

A sample of the rows is trained on for a few updates by the very code that will train. What loads and saves is counted
for each training, an update is scaled by the tokens that a batch holds, and testing by the texts of the test set.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from eudscore.jobs.memory import memory_now
from eudscore.models.power import Power, PowerMeter
from eudscore.records import Corpus, Ints
from eudscore.training.batches import training_batches
from eudscore.training.classifier import predict
from eudscore.training.fine_tune import FineTuned, fine_tune
from eudscore.training.spec import TrainSpec
from eudscore.training.tokens import tokenise
from eudscore.workflow.lessons import Task, task_of, texts_of
from eudscore.workflow.pace import duration
from eudscore.workflow.requests import FitOptions

_ROWS = 1_000  # tokenised, to know the lengths
_TESTED = 128  # texts
_UPDATES, _WARM_UP = 14, 4  # the first ones are slower
_JOULES_A_KWH = 3.6e6


@dataclass(frozen=True)
class Lesson:
    """A training that is to be quoted.

    Attributes:
        rows: that it trains on.
        options: how; of all lessons of a quote only epochs, steps and seed differ.
    """

    rows: int
    options: FitOptions


@dataclass(frozen=True)
class TrainingQuote:
    """What some fine-tunes are expected to cost.

    Attributes:
        seconds: of all of them, one after the other.
        scoring_seconds: of that, before the first: scores and choice.
        memory: bytes of main memory the process will hold at most.
        gpu_memory: bytes of the GPU's memory, 0 on a CPU.
        trainings: how many.
        steps: updates of all of them.
        measured: updates that were done to find out.
        device: where.
        power: what it draws.
        price: of an hour, in whatever currency; None = not asked for.
    """

    seconds: float
    scoring_seconds: float
    memory: int
    gpu_memory: int
    trainings: int
    steps: int
    measured: int
    device: str
    power: Power
    price: float | None = None

    @property
    def kwh(self) -> float:
        """Energy in kilowatt-hours."""
        return self.seconds * self.power.watts / _JOULES_A_KWH

    @property
    def money(self) -> float | None:
        """What the hours cost."""
        return None if self.price is None else self.price * self.seconds / 3600

    @property
    def sentence(self) -> str:
        """The quote in words."""
        what = "1 training" if self.trainings == 1 else f"{self.trainings:,} trainings"
        scoring = f", {duration(self.scoring_seconds)} of them for scores and choice" if self.scoring_seconds else ""
        gpu = f" and {self.gpu_memory / 1e9:.1f} GB on the GPU" if self.gpu_memory else ""
        energy = f"{1000 * self.kwh:.1f} Wh" if self.kwh < 0.1 else f"{self.kwh:.2f} kWh"
        money = "" if self.money is None else f", {self.money:.2f} at {self.price:g} an hour"
        return (
            f"About {duration(self.seconds)} for {what} of {self.steps:,} updates in all on {self.device}{scoring}; "
            f"{self.memory / 1e9:.1f} GB of memory{gpu}; {energy} at {self.power.watts:.0f} W ({self.power.source})"
            f"{money}. Measured with {self.measured} updates."
        )

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "seconds": self.seconds, "scoring_seconds": self.scoring_seconds, "memory": self.memory,
            "gpu_memory": self.gpu_memory, "trainings": self.trainings, "steps": self.steps, "device": self.device,
            "kwh": self.kwh, "watts": self.power.watts, "power": self.power.source, "money": self.money,
            "sentence": self.sentence,
        }  # fmt: skip


@dataclass(frozen=True)
class Measured:
    """What one training was measured to take.

    Attributes:
        first: seconds to load and save, whatever the number of updates; imports included, which only the first pays.
        fixed: the same of a further training in the same process.
        update: seconds of an update of the mean number of tokens.
        tested: seconds to test on all test rows.
        device: where.
        power: what it drew meanwhile.
        memory: bytes at the peak.
        gpu_memory: bytes of the GPU at the peak.
    """

    first: float
    fixed: float
    update: float
    tested: float
    device: str
    power: Power
    memory: int
    gpu_memory: int


def quote_training(
    corpus: Corpus, rows: Ints, tested: Corpus, test_rows: Ints | None, lessons: Sequence[Lesson], *,
    before: float = 0.0, started: float = 0.0, price: float | None = None,
) -> TrainingQuote:  # fmt: skip
    """Measure and scale.

    Args:
        corpus: the data set.
        rows: what is trained on, or all of it where that differs between the lessons.
        tested: the test set.
        test_rows: of it; all where None.
        lessons: the trainings.
        before: seconds that scores and choice take before the first.
        started: seconds that the process spent before this, and that the real one will spend again.
        price: of an hour.

    Raises:
        InputError, ModelError, RequestError: as training itself would.
    """
    asked = lessons[0].options
    task = task_of(corpus, rows, tested, test_rows, asked)
    found = _measured(task, several=len(lessons) > 1)
    steps = [replace(task.spec, epochs=one.options.epochs, steps=one.options.steps).total_steps(one.rows)
             for one in lessons]  # fmt: skip
    seconds = found.first - found.fixed + sum(found.fixed + found.tested + found.update * count for count in steps)
    return TrainingQuote(
        started + before + seconds, before, found.memory, found.gpu_memory, len(lessons), sum(steps), _UPDATES,
        found.device, found.power, price,
    )  # fmt: skip


def _measured(task: Task, *, several: bool) -> Measured:
    """Train for a few updates and test a few texts; where several are to be trained, load once more."""
    rng = np.random.default_rng(0)
    rows = np.sort(rng.permutation(task.rows)[:_ROWS])
    spec = replace(task.spec, steps=_UPDATES, epochs=None, patience=None)
    times: list[float] = []
    watts: list[Power] = []

    def on_step(_report: object) -> None:
        times.append(time.perf_counter())
        if len(times) == _UPDATES - 1:
            watts.append(meter.read())

    meter, texts, labels = PowerMeter("cpu"), texts_of(task.corpus, rows), task.labels[rows]
    with TemporaryDirectory() as folder:
        began = time.perf_counter()
        trained = fine_tune(spec, texts, labels, out=Path(folder) / "first", on_step=on_step)
        first = fixed = time.perf_counter() - began - trained.seconds
        if several:
            began = time.perf_counter()
            again = fine_tune(replace(spec, steps=1), texts, labels, out=Path(folder) / "again")
            fixed = time.perf_counter() - began - again.seconds
    if trained.device != "cpu":
        watts = [PowerMeter(trained.device).read()]
    update = _update_seconds(trained, spec, texts, times)
    tested = _test_seconds(task, trained)
    memory = memory_now()
    return Measured(
        max(0.0, first), max(0.0, fixed), update, tested, trained.device, watts[0], memory["rss_peak"],
        memory.get("gpu_peak", 0),
    )  # fmt: skip


def _update_seconds(trained: FineTuned, spec: TrainSpec, texts: Sequence[Any], times: Sequence[float]) -> float:
    """Seconds of an update on a batch of the mean size, from those of the batches that were done."""
    lengths = tokenise(trained.classifier.tokenizer, texts, max_tokens=trained.classifier.max_tokens).lengths
    sizes = []
    for rows, _ in zip(_one_epoch(lengths, spec), range(10_000), strict=False):
        sizes.append(float(lengths[rows].max() * len(rows)))  # what is padded costs as much
    done = np.array([sizes[place % len(sizes)] for place in range(_WARM_UP, len(times))])
    took = np.diff(np.array(times))[_WARM_UP - 1 :]
    return float(took.sum() / done.sum() * np.mean(sizes))


def _one_epoch(lengths: Ints, spec: TrainSpec) -> Sequence[Ints]:
    batches = training_batches(lengths, batch_size=spec.batch_size, seed=spec.seed)
    return [next(batches) for _ in range(-(-len(lengths) // spec.batch_size))]


def _test_seconds(task: Task, trained: FineTuned) -> float:
    rng = np.random.default_rng(0)
    rows = np.sort(rng.permutation(task.test_rows)[:_TESTED])
    texts = texts_of(task.tested, rows)
    predict(trained.classifier, texts[:2])
    began = time.perf_counter()
    predict(trained.classifier, texts)
    return (time.perf_counter() - began) / len(rows) * len(task.test_rows)
