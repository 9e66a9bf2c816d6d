"""What can be asked for, as plain values that also travel to a worker process as JSON."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum

from eudscore.errors import RequestError
from eudscore.records import JsonDict

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is."""


def silent(_stage: str, _done: int, _total: int) -> None:
    """Progress that nobody watches."""


class Entropy(StrEnum):
    """The entropies a text can be scored by."""

    INFORMATION = "information"
    GENERATIVE = "generative"
    SEMANTIC = "semantic"
    PREDICTIVE = "predictive"


@dataclass(frozen=True)
class ScoreRequest:
    """Which entropies, by which models.

    Attributes:
        entropies: in any order; duplicates count once.
        encoder: `builtin`, a folder or a Hub id: sentence vectors for semantic, predictive and the map.
        lm: a folder or a Hub id of a causal language model: generative entropy needs one.
        device: auto, cpu or cuda.
        seed: k-means, folds and layout.
    """

    entropies: tuple[Entropy, ...]
    encoder: str = "builtin"
    lm: str | None = None
    device: str = "auto"
    seed: int = 0

    def to_json(self) -> JsonDict:
        """Plain JSON values."""
        return {**asdict(self), "entropies": [entropy.value for entropy in self.entropies]}

    @classmethod
    def from_json(cls, content: JsonDict) -> "ScoreRequest":
        """The inverse of `to_json`."""
        return cls(**{**content, "entropies": parse_entropies(content["entropies"])})


def parse_entropies(names: Sequence[str]) -> tuple[Entropy, ...]:
    """Names of entropies, checked.

    Raises:
        RequestError: a name is unknown, or there is none.
    """
    known = ", ".join(Entropy)
    chosen: list[Entropy] = []
    for name in names:
        if name not in list(Entropy):
            raise RequestError(f"There is no entropy {name!r}: choose among {known}.")
        if name not in chosen:
            chosen.append(Entropy(name))
    if not chosen:
        raise RequestError(f"No entropy was asked for: choose among {known}.")
    return tuple(chosen)


@dataclass(frozen=True)
class FitOptions:
    """How to fine-tune.

    Attributes:
        model: `builtin`, a folder or a Hub id.
        epochs: passes over the rows; 3 where neither this nor `steps` is given.
        steps: updates, instead of epochs.
        seed: model init and order of the batches.
        device: auto, cpu or cuda.
    """

    model: str = "builtin"
    epochs: float | None = None
    steps: int | None = None
    seed: int = 0
    device: str = "auto"


def default_request(*, labelled: bool) -> ScoreRequest:
    """What works for any data set on any machine without a network."""
    entropies = [Entropy.INFORMATION, Entropy.SEMANTIC]
    return ScoreRequest((*entropies, Entropy.PREDICTIVE) if labelled else tuple(entropies))
