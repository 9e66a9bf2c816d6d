"""Generative entropy: how open a language model finds each next word of a text."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from eudscore.models.causal import CausalModel, GenerativeBatch
from eudscore.models.loading import ResolvedModel, native_dtype, pick_device
from eudscore.records import Card, Corpus, Flag, Floats, Ints, ScoredBatch

FEW_TOKENS = 5
_VARIANCE_FLOOR = 1e-6


@dataclass(frozen=True)
class GenerativeScorer:
    """Mean next-token entropy, negative log-likelihood and typicality, from one forward pass."""

    model: ResolvedModel
    device: str = "auto"
    max_tokens: int = 1024
    _loaded: dict[str, CausalModel] = field(default_factory=dict, repr=False, compare=False)

    @property
    def cards(self) -> Mapping[str, Card]:
        """The cards of the three columns."""
        shared: dict[str, Any] = {
            "model": self.model.name,
            "revision": self.model.revision,
            "dtype": native_dtype(pick_device(self.device)),
            "max_tokens": self.max_tokens,
        }
        cards = (
            Card("generative_entropy", "mean entropy of the next-token distribution", **shared),
            Card("generative_nll", "mean of -log p(token that came)", **shared),
            Card(
                "generative_typicality",
                "sum(surprisal - entropy) / sqrt(sum varentropy): 0 = as the model itself would write",
                unit="z",
                **{**shared, "direction": "higher = more surprising than the model expects"},
            ),
        )
        return {card.column: card for card in cards}

    def score(self, corpus: Corpus, rows: Ints) -> Iterator[ScoredBatch]:
        """Score rows in batches of like length."""
        if "model" not in self._loaded:
            self._loaded["model"] = CausalModel(self.model, device=self.device, max_tokens=self.max_tokens)
        model = self._loaded["model"]
        outcome = {
            "device": model.device,
            "max_tokens": model.max_tokens,
            "logits": "blockwise" if model.fused else "whole (head not plain)",
        }
        for batch in model.measure(corpus.texts(rows)):
            yield ScoredBatch(rows[batch.positions], _values(batch), _flags(batch), outcome)


def _values(batch: GenerativeBatch) -> dict[str, Floats]:
    scored = np.where(batch.scored > 0, batch.scored, np.nan)
    spread = np.sqrt(np.maximum(batch.varentropy, _VARIANCE_FLOOR))
    typicality = np.where(batch.scored > 0, (batch.surprisal - batch.entropy) / spread, np.nan)
    return {
        "generative_entropy": (batch.entropy / scored).astype(np.float32),
        "generative_nll": (batch.surprisal / scored).astype(np.float32),
        "generative_typicality": typicality.astype(np.float32),
    }


def _flags(batch: GenerativeBatch) -> np.ndarray[Any, np.dtype[np.uint8]]:
    flags = np.where(batch.scored == 0, Flag.EMPTY, 0)
    flags |= np.where((batch.scored > 0) & (batch.scored < FEW_TOKENS), Flag.SHORT, 0)
    flags |= np.where(batch.truncated, Flag.TRUNCATED, 0)
    return flags.astype(np.uint8)
