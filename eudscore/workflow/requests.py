"""What can be asked for, as plain values that also travel to a worker process as JSON."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TypedDict

from eudscore.entropy.combine import Rule
from eudscore.errors import RequestError
from eudscore.models.device import check_device, check_dtype
from eudscore.records import Corpus, JsonDict

BUILTIN = "builtin"
LARGEST_SEED = 2**31 - 1  # what every library below takes

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


class MoreScoring(TypedDict, total=False):
    """Options of scoring that few need; their defaults are those of `ScoreRequest`."""

    dtype: str
    adapt: bool
    prompt: str | None
    classifier: str | None
    masked_lm: str | None
    combine: str


@dataclass(frozen=True)
class ScoreRequest:
    """Which entropies, by which models; nothing that is given is ignored.

    Raises:
        RequestError: an option is out of its range, or serves an entropy that was not asked for.

    Attributes:
        entropies: in any order; duplicates count once.
        encoder: `builtin`, a folder or a Hub id: sentence vectors for semantic, predictive and the map. Where the data
            hold vectors of their own, these stand in for `builtin`.
        lm: `builtin`, a folder or a Hub id of a causal language model, for generative.
        device: auto, cpu or cuda.
        seed: clusters, folds, layout, and the halves of `adapt`.
        dtype: precision of the models: auto, float32, bfloat16 or float16.
        adapt: whether the language model is first trained one epoch on the corpus, in held-out halves.
        prompt: column that the language model reads before each text without scoring it; where None, the column that
            plays this role in the data, if one does.
        classifier: a fine-tuned classifier for predictive, in place of the cross-fitted one and of class probabilities
            that stand in the data.
        masked_lm: a masked language model; its pseudo-log-likelihood comes along.
        combine: the rule that makes one number of the entropies.
    """

    entropies: tuple[Entropy, ...]
    encoder: str = BUILTIN
    lm: str = BUILTIN
    device: str = "auto"
    seed: int = 0
    dtype: str = "auto"
    adapt: bool = False
    prompt: str | None = None
    classifier: str | None = None
    masked_lm: str | None = None
    combine: str = "mean_rank"

    def __post_init__(self) -> None:
        """Refuse what makes no sense; no model and no device is looked at."""
        check_device(self.device)
        check_dtype(self.dtype, self.device)
        parse_rule(self.combine)
        if not 0 <= self.seed <= LARGEST_SEED:
            raise RequestError(f"There is no seed {self.seed}: choose a whole number from 0 to {LARGEST_SEED}.")
        of_generative = {
            f"the language model {self.lm!r}": self.lm not in (BUILTIN, None),
            "adapting the language model": self.adapt,
            f"the prompt column {self.prompt!r}": self.prompt is not None,
        }
        of_predictive = {f"the classifier {self.classifier!r}": self.classifier is not None}
        for entropy, given in ((Entropy.GENERATIVE, of_generative), (Entropy.PREDICTIVE, of_predictive)):
            for option, is_given in given.items():
                if is_given and entropy not in self.entropies:
                    raise RequestError(
                        f"Only {entropy} entropy makes use of {option}, and it was not asked for: "
                        f"add {entropy} to the entropies, or leave that option out."
                    )

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


def parse_rule(name: str) -> Rule:
    """The rule of a name, checked.

    Raises:
        RequestError: there is no such rule.
    """
    if name not in list(Rule):
        raise RequestError(f"There is no rule {name!r} to combine entropies: choose among {', '.join(Rule)}.")
    return Rule(name)


class MoreFitting(TypedDict, total=False):
    """Options of training that few need; their defaults are those of `FitOptions`."""

    method: str
    class_weights: str
    early_stopping: int | None
    learning_rate: float | None
    batch_size: int
    max_tokens: int
    labels: str | None
    onnx: bool
    device: str


@dataclass(frozen=True)
class FitOptions:
    """How to fine-tune.

    Attributes:
        model: `builtin`, a folder or a Hub id.
        epochs: passes over the rows; 3 where neither this nor `steps` is given.
        steps: updates, instead of epochs.
        seed: model init and order of the batches.
        device: auto, cpu or cuda.
        method: what is trained: `full`, `head` or `lora`.
        class_weights: `none`, or `balanced`: each class counts the same.
        early_stopping: a tenth of the rows is set aside and looked at after every epoch; the training ends after so
            many looks without a better one, and the best weights are kept. None = all rows, to the end.
        learning_rate: highest of the schedule; one that suits model and method where it is not given.
        batch_size: rows an update.
        max_tokens: texts are cut there.
        labels: a column that holds several labels a row, to train on instead of the one label of the data set.
        onnx: whether the model is written as ONNX as well.
    """

    model: str = BUILTIN
    epochs: float | None = None
    steps: int | None = None
    seed: int = 0
    device: str = "auto"
    method: str = "full"
    class_weights: str = "none"
    early_stopping: int | None = None
    learning_rate: float | None = None
    batch_size: int = 16
    max_tokens: int = 128
    labels: str | None = None
    onnx: bool = False


def default_entropies(
    *, labelled: bool, classifier: str | None = None, probabilities: bool = False
) -> tuple[Entropy, ...]:
    """All that can be computed: predictive entropy needs labels, a classifier trained elsewhere, or probabilities."""
    predictive = labelled or classifier is not None or probabilities
    return tuple(entropy for entropy in Entropy if predictive or entropy is not Entropy.PREDICTIVE)


def entropies_for(corpus: Corpus, *, classifier: str | None = None) -> tuple[Entropy, ...]:
    """All that can be computed of a corpus, by its labels and by what it brings along."""
    given = bool(corpus.roles.probabilities)
    return default_entropies(labelled=corpus.labelled, classifier=classifier, probabilities=given)


def default_request(corpus: Corpus) -> ScoreRequest:
    """What works for this data set on any machine without a network."""
    return ScoreRequest(entropies_for(corpus))
