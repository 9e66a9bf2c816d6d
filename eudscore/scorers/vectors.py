"""Sentence vectors: not a score, but what semantic and predictive entropy and the map stand on."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from eudscore.models.encoder import Encoder
from eudscore.models.loading import ResolvedModel, native_dtype, pick_device
from eudscore.records import Card, Corpus, Flag, Floats, Ints

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
            dtype=native_dtype(pick_device(self.device)),
            max_tokens=self.max_tokens,
        )

    @property
    def encoder(self) -> Encoder:
        """The encoder, loaded once."""
        if "encoder" not in self._loaded:
            self._loaded["encoder"] = Encoder(self.model, device=self.device, max_tokens=self.max_tokens)
        return self._loaded["encoder"]

    def encode(self, corpus: Corpus, rows: Ints) -> Iterator[VectorRows]:
        """Encode rows in batches of like length."""
        for batch in self.encoder.encode(corpus.texts(rows)):
            flags = np.where(batch.empty, Flag.EMPTY, 0) | np.where(batch.truncated, Flag.TRUNCATED, 0)
            yield VectorRows(rows[batch.positions], batch.vectors, flags.astype(np.uint8))
