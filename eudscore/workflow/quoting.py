"""How long scoring will take here, measured on a few rows before anything starts."""

import time
from dataclasses import dataclass

import numpy as np

from eudscore.models.loading import resolve_model
from eudscore.records import Corpus, Ints
from eudscore.scorers.generative import GenerativeScorer
from eudscore.scorers.vectors import VectorScorer
from eudscore.workflow.requests import Entropy, ScoreRequest

SAMPLE = 64


@dataclass(frozen=True)
class Quote:
    """What scoring is expected to cost: seconds of forward passes; the rest is small beside them."""

    seconds: float
    rows: int
    device: str

    @property
    def sentence(self) -> str:
        """The quote in words."""
        brief = self.seconds < 90
        time_needed = f"{self.seconds:.0f} seconds" if brief else f"{self.seconds / 60:.1f} minutes"
        return (
            f"About {time_needed} for {self.rows:,} rows on {self.device}, "
            f"measured on {min(SAMPLE, self.rows)} of them."
        )


def quote_scoring(corpus: Corpus, request: ScoreRequest) -> Quote:
    """Time the forward passes of the models asked for on a sample that is spread over the lengths."""
    lengths = np.array([len(text) for text in corpus.texts()], dtype=np.int64)
    sample = _spread(lengths)
    scale = lengths.sum() / max(1, int(lengths[sample].sum()))
    seconds, device = 0.0, "cpu"
    if {Entropy.SEMANTIC, Entropy.PREDICTIVE} & set(request.entropies):
        vectors = VectorScorer(resolve_model(request.encoder), request.device)
        device = vectors.encoder.device
        list(vectors.encode(corpus, sample[:8]))  # the first call pays for what all later ones have
        start = time.perf_counter()
        list(vectors.encode(corpus, sample))
        seconds += (time.perf_counter() - start) * scale
    if Entropy.GENERATIVE in request.entropies and request.lm is not None:
        scorer = GenerativeScorer(resolve_model(request.lm), request.device)
        list(scorer.score(corpus, sample[:8]))
        start = time.perf_counter()
        list(scorer.score(corpus, sample))
        seconds += (time.perf_counter() - start) * scale
    return Quote(float(seconds), len(corpus), device)


def _spread(lengths: Ints) -> Ints:
    """Rows at evenly spaced ranks of length, so that the few long ones are there in their share."""
    order = np.argsort(lengths, kind="stable")
    places = np.linspace(0, len(order) - 1, min(SAMPLE, len(order))).round().astype(np.int64)
    return order[places].astype(np.int64)
