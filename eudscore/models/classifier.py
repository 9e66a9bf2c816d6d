"""What a trained classifier makes of texts, and what networks thinned by dropout make of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from eudscore.errors import ModelError
from eudscore.models.dropout import FixedDropout, Masks, dropout_rates
from eudscore.models.loading import ResolvedModel, load, one_sentence
from eudscore.models.parallel import side_by_side
from eudscore.models.text import Text
from eudscore.models.trained import load_trained
from eudscore.records import Bools, Floats, Ints

if TYPE_CHECKING:
    import torch

MAX_TOKENS = 256
_PURPOSE = "a classifier"
_OURS = "eudscore"  # what our own fine-tunes say in their config


@dataclass(frozen=True)
class ClassifierFacts:
    """What the config of a classifier says.

    Attributes:
        classes: their names, in the order of the logits.
        dropout: the rates at which its modules drop, each once; empty where none drops anything.
        max_tokens: what it was trained to cut texts at, `MAX_TOKENS` where it does not say.
    """

    classes: tuple[str, ...]
    dropout: tuple[float, ...]
    max_tokens: int


@dataclass(frozen=True, eq=False)
class ClassBatch:
    """Positions into the texts given and what the classifier says of them.

    Attributes:
        positions: (b,) positions into the texts.
        logits: (b, C) float32; nan for an empty text.
        passes: (M, b, C) float32 log probabilities from M thinned networks; None where none were asked for.
        truncated: (b,) whether the text was cut.
        empty: (b,) whether it has no token besides the special ones.
    """

    positions: Ints
    logits: Floats
    passes: Floats | None
    truncated: Bools
    empty: Bools


def facts_of(model: ResolvedModel) -> ClassifierFacts:
    """Read the config of a classifier; its weights are not touched.

    Raises:
        ModelError: it is no classifier that chooses one of several classes.
    """
    import torch
    from transformers import AutoConfig, AutoModelForSequenceClassification

    config = load(AutoConfig, model, _PURPOSE)
    with one_sentence(model, _PURPOSE), torch.device("meta"):
        skeleton = AutoModelForSequenceClassification.from_config(config, trust_remote_code=False)
    kind = getattr(config, "problem_type", None)
    if kind == "multi_label_classification":
        raise ModelError(
            f"{model.name!r} gives a text several labels at once, and these measures are about a choice of one: "
            "choose a model with classes that exclude each other."
        )
    if config.num_labels < 2 or kind == "regression":
        raise ModelError(f"{model.name!r} answers with a number, not with a class: choose a classifier.")
    names = config.id2label
    trained_with = getattr(config, _OURS, {}).get("max_tokens", MAX_TOKENS)
    return ClassifierFacts(
        tuple(str(names[position]) for position in sorted(names)), dropout_rates(skeleton), int(trained_with)
    )


class ClassifierModel:
    """A loaded classifier; `predict` may be called any number of times.

    Attributes:
        classes: names of the classes, in the order of the logits.
        device: cpu or cuda.
        dtype: of weights and products; logits are float32.
        max_tokens: what a text is cut at.
        dropout_layers: how many layers a pass with dropout thins.
        halved: how often a batch had to be halved for lack of memory.
    """

    def __init__(
        self, model: ResolvedModel, *, device: str = "auto", max_tokens: int | None = None, dtype: str = "auto"
    ) -> None:
        """Load it.

        Args:
            model: a folder or Hub id of a model for sequence classification.
            device: auto, cpu or cuda.
            max_tokens: as the model was trained where it is not given.
            dtype: auto, float32, bfloat16 or float16.

        Raises:
            ModelError: it cannot be loaded, has no trained head, or chooses no single class.
            RequestError: there is no such device or precision.
        """
        from transformers import AutoModelForSequenceClassification

        facts = facts_of(model)
        self.model = model
        self.classes = facts.classes
        self._trained = load_trained(
            AutoModelForSequenceClassification, model, _PURPOSE, device=device, dtype=dtype,
            max_tokens=max_tokens or facts.max_tokens,
        )  # fmt: skip
        self.device, self.dtype = self._trained.device, self._trained.dtype
        self.max_tokens = self._trained.max_tokens
        self.halved = 0
        self._dropout = FixedDropout(self._trained.network, lambda length: self._logits([self._trained.probe(length)]))
        self.dropout_layers = self._dropout.layers

    def predict(
        self, texts: Sequence[Text], *, passes: int = 0, seed: int = 0, wanted: Bools | None = None
    ) -> Iterator[ClassBatch]:
        """Classify texts in batches of like length.

        Args:
            texts: any strings, or pairs of them.
            passes: M, how many networks thinned by dropout answer as well; each costs as much as the first.
            seed: of their masks, at least 0.
            wanted: (n,) texts that are asked for, all without it; others may come along.

        Yields:
            Batches in no particular order.

        Raises:
            ModelError: a single text is too large for the memory of the device.
        """
        encodings, truncated = self._trained.read(texts)
        tokens = [encoding.ids for encoding in encodings]
        typed = self._trained.typed and bool(len(texts)) and not isinstance(texts[0], str)
        empty = np.array([all(encoding.special_tokens_mask) for encoding in encodings], dtype=np.bool_)
        lengths = np.array([len(ids) for ids in tokens], dtype=np.int64)
        members = [self._dropout.masks(seed, member) for member in range(passes)]
        batches = self._trained.batches(lengths, lengths, wanted)

        def predict_batch(rows: Ints) -> ClassBatch:
            full = rows[~empty[rows]]
            types = [encodings[row].type_ids for row in full] if typed else None
            logits, thinned = self._answers([tokens[row] for row in full], types, members)
            spread = np.full((1 + passes, len(rows), len(self.classes)), np.nan, dtype=np.float32)
            spread[:, ~empty[rows]] = np.concatenate([logits[None], thinned])
            return ClassBatch(rows, spread[0], spread[1:] if passes else None, truncated[rows], empty[rows])

        yield from side_by_side(predict_batch, batches, self.device, on_halved=self._count_halved)

    def _count_halved(self, _size: int) -> None:
        self.halved += 1

    def _answers(
        self, tokens: Sequence[Sequence[int]], types: Sequence[Sequence[int]] | None, members: Sequence[Masks]
    ) -> tuple[Floats, Floats]:  # fmt: skip
        """(b, C) logits of the whole network and (M, b, C) log probabilities of the thinned ones."""
        thinned = np.empty((len(members), len(tokens), len(self.classes)), dtype=np.float32)
        if not tokens:
            return np.empty((0, len(self.classes)), dtype=np.float32), thinned
        for member, masks in enumerate(members):
            with self._dropout.thinned(masks):
                thinned[member] = self._logits(tokens, types).log_softmax(dim=-1).cpu().numpy()
        return np.asarray(self._logits(tokens, types).cpu().numpy(), dtype=np.float32), thinned

    def _logits(
        self, tokens: Sequence[Sequence[int]], types: Sequence[Sequence[int]] | None = None
    ) -> "torch.Tensor":  # fmt: skip
        """(b, C) float32."""
        import torch

        with torch.inference_mode():
            return self._trained.logits(tokens, types).float()
