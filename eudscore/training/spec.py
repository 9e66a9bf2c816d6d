"""All that decides a fine-tune, the rows apart."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from eudscore.errors import RequestError
from eudscore.records import JsonDict

VERSION = 1
EPOCHS = 3.0  # where neither they nor steps are given


class Method(StrEnum):
    """Which weights are trained."""

    FULL = "full"  # all
    HEAD = "head"  # the classifier on top, and what the model's files did not hold
    LORA = "lora"  # the head, and a low-rank update of every linear layer below it


class ClassWeights(StrEnum):
    """How much a row of each class counts in the loss."""

    NONE = "none"
    BALANCED = "balanced"  # inversely to the rows of its class: each class counts the same


@dataclass(frozen=True)
class TrainSpec:
    """How to fine-tune a classifier.

    Attributes:
        model: `builtin`, a folder, or a Hub id.
        classes: names of the classes; a label is a position in it.
        epochs: passes over the rows; 3 where neither this nor `steps` is given.
        steps: updates, whatever the number of rows; counts for more than `epochs`.
        learning_rate: peak of the schedule. 1e-4 suits the 22 million weights of the built-in encoder, which
            have to move further than those of larger models; there 2e-5 to 5e-5 is usual (Devlin et al.,
            BERT, 2019).
        batch_size: rows an update.
        warmup: share of the steps in which the rate rises from 0; afterwards it falls to 0, both linearly.
        weight_decay: of the weight matrices; biases and norms have none.
        max_tokens: texts are cut there.
        seed: head of the model, dropout, order of the batches.
        dtype: `float32`, `bfloat16` for the forward pass (the weights stay float32), or `auto`: bfloat16
            where the device multiplies it natively.
        device: `auto`, `cpu` or `cuda`.
        method: a name of `Method`.
        class_weights: a name of `ClassWeights`; weights of a batch are relative to their sum.
        patience: looks at the dev rows, one an epoch, without a better one after which the training ends; the best
            weights are kept. None = no dev rows are looked at.
        rank: of the updates of LoRA; their scale is twice that (Hu et al., LoRA, 2021).
        multi_label: whether a text may have several of the classes, or none.
    """

    model: str
    classes: tuple[str, ...]
    epochs: float | None = None
    steps: int | None = None
    learning_rate: float = 1e-4
    batch_size: int = 16
    warmup: float = 0.1
    weight_decay: float = 0.01
    max_tokens: int = 128
    seed: int = 0
    dtype: str = "auto"
    device: str = "auto"
    method: Method = Method.FULL
    class_weights: ClassWeights = ClassWeights.NONE
    patience: int | None = None
    rank: int = 8
    multi_label: bool = False

    def __post_init__(self) -> None:
        _check(
            len(self.classes) >= 2 and len(set(self.classes)) == len(self.classes),
            f"A classifier needs two or more classes with different names, here are {len(self.classes)} "
            f"with {len(set(self.classes))} names: choose another label column.",
        )
        for name, low, high in _RANGES:
            value = getattr(self, name)
            _check(
                value is None or low <= value <= high,
                f"{name} is {value}: choose a value from {low:g} to {high:g}.",
            )
        _check(
            self.dtype in ("auto", "float32", "bfloat16"),
            f"There is no dtype {self.dtype!r}: choose auto, float32 or bfloat16.",
        )
        for name, kind in (("method", Method), ("class_weights", ClassWeights)):
            value = getattr(self, name)
            known = ", ".join(kind)
            _check(value in list(kind), f"There is no {name.replace('_', ' ')} {value!r}: choose among {known}.")
            object.__setattr__(self, name, kind(value))
        _check(
            not (self.multi_label and self.class_weights is ClassWeights.BALANCED),
            "Balanced class weights are for one label a row, and here a row may have several: leave them out.",
        )

    def total_steps(self, rows: int) -> int:
        """Updates for a number of rows, at least 1."""
        if self.steps is not None:
            return self.steps
        epochs = EPOCHS if self.epochs is None else self.epochs
        return max(1, round(epochs * math.ceil(rows / self.batch_size)))

    def to_json(self) -> JsonDict:
        """Plain JSON values with a `version`."""
        names = {"method": self.method.value, "class_weights": self.class_weights.value}
        return {"version": VERSION, **asdict(self), **names, "classes": list(self.classes)}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "TrainSpec":
        """The spec that `to_json` wrote.

        Raises:
            RequestError: it is of another version, or has options this version does not know.
        """
        there = content.get("version")
        _check(
            there == VERSION,
            f"The training spec has version {there}, this eudscore reads version {VERSION}: update eudscore.",
        )
        options = {name: value for name, value in content.items() if name != "version"}
        unknown = sorted(set(options) - set(cls.__dataclass_fields__))
        _check(not unknown, f"The training spec has the unknown options {unknown}: remove them.")
        missing = sorted({"model", "classes"} - set(options))
        _check(not missing, f"The training spec lacks {missing}: add them.")
        return cls(**{**options, "classes": tuple(options["classes"])})


_RANGES: tuple[tuple[str, float, float], ...] = (
    ("epochs", 0.01, 1000),
    ("steps", 1, 10_000_000),
    ("learning_rate", 1e-8, 1.0),
    ("batch_size", 1, 4096),
    ("warmup", 0.0, 1.0),
    ("weight_decay", 0.0, 1.0),
    ("max_tokens", 4, 131_072),
    ("seed", 0, 2**63 - 1),
    ("patience", 1, 1000),
    ("rank", 1, 1024),
)


def _check(holds: bool, sentence: str) -> None:
    if not holds:
        raise RequestError(sentence)
