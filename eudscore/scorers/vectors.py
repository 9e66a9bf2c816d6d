"""Sentence vectors: not a score, but what semantic and predictive entropy and the map stand on."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from eudscore.models.device import pick_device, pick_dtype
from eudscore.models.encoder import Encoder
from eudscore.models.loading import ResolvedModel
from eudscore.records import Card, Corpus, Flag, Floats, Ints
from eudscore.scorers.stretches import stretches

MAX_TOKENS = 256


@dataclass(frozen=True, eq=False)
class VectorRows:
    """Some rows of the corpus, their unit vectors (b, d), and their flags."""

    rows: Ints
    vectors: Floats
    flags: np.ndarray[Any, np.dtype[np.uint8]]


@dataclass(frozen=True)
class VectorScorer:
    """Vectors of an encoder for the rows of a corpus."""

    model: ResolvedModel
    device: str = "auto"
    dtype: str = "auto"
    max_tokens: int = MAX_TOKENS
    _loaded: dict[str, Encoder] = field(default_factory=dict, repr=False, compare=False)

    @property
    def card(self) -> Card:
        """All that the vectors depend on."""
        return Card(
            "vectors",
            "mean over the tokens of the encoder's last hidden state, scaled to unit length",
            unit="none",
            direction="none",
            model=self.model.name,
            revision=self.model.revision,
            dtype=pick_dtype(self.dtype, pick_device(self.device)),
            max_tokens=self.max_tokens,
        )

    @property
    def encoder(self) -> Encoder:
        """The encoder, loaded once."""
        if "encoder" not in self._loaded:
            self._loaded["encoder"] = Encoder(
                self.model, device=self.device, max_tokens=self.max_tokens, dtype=self.dtype
            )
        return self._loaded["encoder"]

    def encode(self, corpus: Corpus, rows: Ints) -> Iterator[VectorRows]:
        """Encode rows in batches of like length; rows of the same batches may come along."""
        for stretch, wanted in stretches(np.arange(len(corpus)), rows):
            for batch in self.encoder.encode(corpus.texts(stretch), wanted=wanted):
                flags = np.where(batch.empty, Flag.EMPTY, 0) | np.where(batch.truncated, Flag.TRUNCATED, 0)
                yield VectorRows(stretch[batch.positions], batch.vectors, flags.astype(np.uint8))
