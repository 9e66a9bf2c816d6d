"""Fine-tune a classifier: AdamW with bias correction, linear warm-up and decay, float32 master weights.

Source: Devlin et al., BERT (2019), appendix A.3; Mosbach et al., On the Stability of Fine-tuning BERT (2021).
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

import numpy as np

from eudscore.errors import InputError, RequestError, WorkspaceError
from eudscore.models.loading import ResolvedModel, resolve_model
from eudscore.models.text import Text
from eudscore.records import JsonDict
from eudscore.store.files import read_json
from eudscore.training.checkpoint import Checkpoints
from eudscore.training.classifier import Classifier, load_classifier, new_classifier, save_classifier
from eudscore.training.losses import Labels
from eudscore.training.methods import merged, prepare
from eudscore.training.randomness import seeded
from eudscore.training.ranks import Ranks, join_ranks
from eudscore.training.spec import TrainSpec
from eudscore.training.tokens import tokenise
from eudscore.training.updates import Updates
from eudscore.training.upkeep import Lesson, StepReport, Upkeep

FACTS = "training.json"
"""File in the folder of a trained model: how its training went."""

_VERSION = 1


@dataclass(frozen=True, eq=False)
class Examples:
    """Texts and what is true of them.

    Attributes:
        texts: n texts, or pairs of them.
        labels: (n,) positions of classes, or (n, C) of 0 and 1.
    """

    texts: Sequence[Text]
    labels: Labels


@dataclass(frozen=True, eq=False)
class FineTuned:
    """What came of a training.

    Attributes:
        model: folder of the trained model.
        classifier: the same model, loaded.
        steps: updates done.
        seconds: for the updates and their checkpoints; loading and saving apart.
        rows_seen: rows read, each as often as it was.
        truncated: texts that were longer than the model was given.
        revision: of the model it started from.
        dtype: of the forward pass.
        device: where it ran.
        rows_at_once: of a batch: fewer than its rows where the memory was short.
        processes: that shared the work.
        dev: what the dev rows said of the weights that are kept: step, accuracy, nll; None without dev rows.
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
    rows_at_once: int
    processes: int = 1
    dev: JsonDict | None = field(default=None)


def fine_tune(
    spec: TrainSpec,
    texts: Sequence[Text],
    labels: Labels,
    *,
    out: Path,
    dev: Examples | None = None,
    on_step: Callable[[StepReport], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
    upkeep: Upkeep | None = None,
) -> FineTuned:
    """Fine-tune a classifier and save it; the same spec and rows give the same model on the same CPU.

    With a place for checkpoints it goes on from the last one to the same model as if nothing had happened, and a
    training whose model is there already is not done again. Started by `accelerate launch` or `torchrun`, the
    processes share the work and the first one writes.

    Args:
        spec: all that decides it.
        texts: n texts, or pairs of texts.
        labels: (n,) positions in `spec.classes`; (n, C) of 0 and 1 where the spec says `multi_label`.
        out: folder for the model, not there yet or empty; appears when it is complete.
        dev: rows to look at after each epoch, where the spec has a `patience`; they are not trained on.
        on_step: is told where it is, about a thousand times.
        should_stop: is asked before every step.
        upkeep: where checkpoints go, and who is told what was done otherwise than asked.

    Raises:
        InputError: texts and labels do not fit together, or a label is no class.
        RequestError: `out` is taken, the loss is no number any more, or the memory is too small for a single text.
        ModelError: the model cannot be had or used.
        Interrupted: `should_stop` said so; no model is saved, the checkpoint is.
    """
    labels = _checked(spec, texts, labels)
    dev = None if dev is None or spec.patience is None else Examples(dev.texts, _checked(spec, dev.texts, dev.labels))
    upkeep = upkeep or Upkeep()
    resolved = resolve_model(spec.model)
    ranks = join_ranks(spec.device)
    key = _key(spec, resolved, Examples(texts, labels), dev)
    if out.exists() and any(out.iterdir()):
        if upkeep.checkpoints is not None and (done := _done(out, spec, key)):
            return done
        raise RequestError(f"{out} is not empty: choose another folder for the model.")
    training = _Training(spec, resolved, ranks, upkeep)
    with seeded(spec.seed):
        training.begin(Examples(texts, labels), dev, should_stop or (lambda: False))
        training.go_on(key)
        training.updates.run(on_step or (lambda _: None), should_stop or (lambda: False), training.checkpoints)
    return training.end(out, key)


def _checked(spec: TrainSpec, texts: Sequence[Text], labels: Labels) -> Labels:
    labels = np.asarray(labels, dtype=np.float32) if spec.multi_label else np.asarray(labels, dtype=np.int64)
    if not len(texts) or labels.shape[:1] != (len(texts),) or labels.ndim != 1 + spec.multi_label:
        raise InputError(
            f"There are {len(texts):,} texts and {len(labels):,} labels: give at least one text, "
            "and one label for each."
        )
    if spec.multi_label:
        if labels.shape[1] != len(spec.classes) or not np.isin(labels, (0, 1)).all():
            raise InputError(
                f"The labels have {labels.shape[1]} columns for {len(spec.classes)} classes, or hold other numbers "
                "than 0 and 1: give a column of 0 and 1 for each class."
            )
        return labels
    strange = (labels < 0) | (labels >= len(spec.classes))
    if strange.any():
        raise InputError(
            f"{int(strange.sum()):,} of {len(labels):,} rows have no label among the {len(spec.classes)} "
            f"classes, the first is row {int(strange.argmax())} with {labels[strange][0]}: leave them out."
        )
    return labels


class _Training:
    """From a pretrained model to the folder of a trained one."""

    updates: Updates
    checkpoints: Checkpoints | None = None

    def __init__(self, spec: TrainSpec, resolved: ResolvedModel, ranks: Ranks, upkeep: Upkeep) -> None:
        self._spec, self._resolved, self._ranks, self._upkeep = spec, resolved, ranks, upkeep

    def begin(self, examples: Examples, dev: Examples | None, should_stop: Callable[[], bool]) -> None:
        """Load the model, read the texts, and be ready for the first update."""
        import torch

        spec = self._spec
        self._classifier = classifier = new_classifier(
            self._resolved, spec.classes, device=spec.device, dtype=spec.dtype, max_tokens=spec.max_tokens,
            multi_label=spec.multi_label,
        )  # fmt: skip
        self._adapter = prepare(classifier, spec)

        def read(some: Examples) -> Lesson:
            tokens = tokenise(
                classifier.tokenizer, some.texts, max_tokens=classifier.max_tokens, should_stop=should_stop
            )
            return Lesson(tokens, some.labels)

        lesson = read(examples)
        self._truncated = lesson.tokens.truncated
        looked_at = None if dev is None else read(dev)
        self.updates = Updates(spec, classifier, lesson, looked_at, self._upkeep, self._ranks)
        if self._ranks.rank:  # the same head in all processes, but other dropout
            torch.manual_seed(spec.seed + self._ranks.rank)

    def go_on(self, key: str) -> None:
        """Take up the last checkpoint, where there is a place for them and one of this very training is there."""
        if self._upkeep.checkpoints is None:
            return
        self.checkpoints = Checkpoints(self._upkeep.checkpoints, key)
        state, told = self.checkpoints.load()
        if told:
            self._upkeep.tell(told)
        if state is not None:
            self.updates.take_up(state)
            self._upkeep.tell(f"It goes on after step {state.step:,} of {self.updates.total:,}.")

    def end(self, out: Path, key: str) -> FineTuned:
        """Save the model; the checkpoints are not needed any more."""
        updates, classifier = self.updates, self._classifier
        updates.gradients.record.gather(self._ranks)
        merged(classifier, self._adapter)
        patience, dev = updates.patience, None
        if patience is not None and patience.best is not None:
            dev = {"step": patience.best_step, "accuracy": patience.best.accuracy, "nll": patience.best.nll}
        facts: JsonDict = {
            "steps": updates.step, "seconds": updates.seconds, "rows_seen": updates.rows_seen,
            "truncated": self._truncated, "revision": self._resolved.revision, "dtype": classifier.dtype,
            "device": classifier.device, "rows_at_once": updates.gradients.rows_at_once,
            "processes": self._ranks.size, "dev": dev,
        }  # fmt: skip
        if self._ranks.rank == 0:
            self._upkeep.on_dynamics(updates.gradients.record.dynamics())
            about = {"version": _VERSION, "key": key, "spec": self._spec.to_json(), **facts}
            save_classifier(classifier, out, {FACTS: json.dumps(about, indent=1)})
            if self.checkpoints is not None:
                self.checkpoints.clear()
        self._ranks.gathered(None)  # nobody leaves before the model is there
        return FineTuned(out, classifier, **facts)


def _key(spec: TrainSpec, resolved: ResolvedModel, examples: Examples, dev: Examples | None) -> str:
    """16 hex digits of all that decides a training: a state or a model of another one is never taken for its own."""
    versions = [version(name) for name in ("torch", "transformers")]
    digest = hashlib.sha256(json.dumps([spec.to_json(), resolved.revision, versions]).encode())
    for part in (examples, dev):
        if part is None:
            continue
        digest.update(np.ascontiguousarray(part.labels).tobytes())
        for text in part.texts:
            encoded = json.dumps(text).encode()
            digest.update(len(encoded).to_bytes(8, "big") + encoded)
    return digest.hexdigest()[:16]


def _done(out: Path, spec: TrainSpec, key: str) -> FineTuned | None:
    """What came of this very training, where its model is there already."""
    try:
        facts = read_json(out / FACTS, version=_VERSION)
    except WorkspaceError:
        return None
    if facts.pop("key") != key:
        return None
    classifier = load_classifier(out, device=spec.device, dtype=spec.dtype)
    known = {name: facts[name] for name in FineTuned.__dataclass_fields__ if name in facts}
    return FineTuned(out, classifier, **known)
