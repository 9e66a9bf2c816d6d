"""Masked pseudo-log-likelihood: how unlikely a masked language model finds the words of a text in their places."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from eudscore.models.device import pick_device, pick_dtype
from eudscore.models.loading import ResolvedModel
from eudscore.models.masked import FAST_SHARE, MAX_TOKENS, MaskedBatch, MaskedModel
from eudscore.records import Card, Corpus, Flag, Floats, Ints, JsonDict, ScoredBatch
from eudscore.scorers.generative import FEW_TOKENS
from eudscore.scorers.stretches import stretches

_DEFINITION = (
    "mean of -log p(token | the rest of the text) over tokens hidden from a masked language model: "
    "a pseudo-log-likelihood with its sign turned, and no perplexity"
)
_EACH = "each token by itself, with the later pieces of its word"
_SHARE = f"{FAST_SHARE:.0%} of the tokens at once, with the later pieces of their words, drawn by a hash of the text"


@dataclass(frozen=True)
class MaskedScorer:
    """How unlikely each text is to a masked language model, a token: `masked_pll`.

    Attributes:
        model: the masked language model.
        device: auto, cpu or cuda.
        dtype: auto, float32, bfloat16 or float16.
        max_tokens: texts are cut there: a text of n tokens takes n forward passes.
        fast: one forward pass a text, over some of its tokens.
    """

    model: ResolvedModel
    device: str = "auto"
    dtype: str = "auto"
    max_tokens: int = MAX_TOKENS
    fast: bool = False
    _loaded: list[MaskedModel] = field(default_factory=list, repr=False, compare=False)

    @property
    def cards(self) -> Mapping[str, Card]:
        """The card of the one column."""
        card = Card(
            "masked_pll",
            _DEFINITION,
            direction="higher = less likely",
            model=self.model.name,
            revision=self.model.revision,
            dtype=pick_dtype(self.dtype, pick_device(self.device)),
            max_tokens=self.max_tokens,
            parameters={"hidden": _SHARE if self.fast else _EACH},
        )
        return {card.column: card}

    def score(self, corpus: Corpus, rows: Ints) -> Iterator[ScoredBatch]:
        """Score rows in batches of like length; rows of the same batches may come along."""
        for stretch, wanted in stretches(np.arange(len(corpus)), rows):
            network = self.loaded()
            for batch in network.measure(corpus.texts(stretch), wanted=wanted):
                values = {"masked_pll": _per_token(batch)}
                yield ScoredBatch(stretch[batch.positions], values, _flags(batch), _outcome(network))

    def loaded(self) -> MaskedModel:
        """The model, loaded once."""
        if not self._loaded:
            self._loaded.append(
                MaskedModel(
                    self.model, device=self.device, max_tokens=self.max_tokens, dtype=self.dtype, fast=self.fast
                )
            )
        return self._loaded[0]


def _per_token(batch: MaskedBatch) -> Floats:
    return np.asarray(batch.surprisal / np.where(batch.scored > 0, batch.scored, np.nan), dtype=np.float32)


def _flags(batch: MaskedBatch) -> NDArray[np.uint8]:
    flags = np.where(batch.scored == 0, Flag.EMPTY, 0)
    flags |= np.where((batch.scored > 0) & (batch.scored < FEW_TOKENS), Flag.SHORT, 0)
    flags |= np.where(batch.truncated, Flag.TRUNCATED, 0)
    return flags.astype(np.uint8)


def _outcome(network: MaskedModel) -> JsonDict:
    return {
        "device": network.device,
        "max_tokens": network.max_tokens,
        "logits": "of hidden tokens" if network.fused else "whole (the model has a layer of its own at its head)",
        **({"batches_halved": network.halved} if network.halved else {}),
    }
