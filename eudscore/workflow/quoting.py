"""How long scoring will take here and how much memory, measured on a few dozen rows before anything starts.

The models asked for are loaded and read a sample that is spread over the lengths of the texts; what follows the
models is tried on made-up vectors of the same kind. Each part is then scaled by what it grows with.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

import numpy as np
import pyarrow as pa

from eudscore.entropy.clusters import cluster_count
from eudscore.geometry.duplicates import duplicate_groups
from eudscore.geometry.neighbours import EXACT_ROWS, NEIGHBOURS, neighbour_graph
from eudscore.models.loading import resolve_language_model, resolve_model
from eudscore.records import Corpus, Floats, Ints, Scorer
from eudscore.scorers.classifier import ClassifierScorer
from eudscore.scorers.generative import GenerativeScorer
from eudscore.scorers.information import InformationScorer
from eudscore.scorers.masked import MaskedScorer
from eudscore.scorers.predictive import PredictiveScorer
from eudscore.scorers.semantic import FIT_AT_MOST, SemanticScorer
from eudscore.scorers.stretches import ROWS_AT_ONCE
from eudscore.scorers.vectors import VectorScorer
from eudscore.training.adapting import AdaptSpec, adapt
from eudscore.workflow.requests import Entropy, ScoreRequest

_GROUPS = 8  # of texts of like length, as many as a batch holds
_CHARACTERS = 4500  # of a group: about the tokens of a batch on a CPU
_REHEARSED = 1500  # made-up vectors
_PAIR = 36  # bytes a token takes as an integer in a Python list

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Quote:
    """What scoring is expected to cost.

    Attributes:
        seconds: from the start of the command to the written file.
        memory: bytes of main memory the process will hold at most.
        rows: of the data set.
        measured: rows that were read to find out.
        device: where the models run.
    """

    seconds: float
    memory: int
    rows: int
    measured: int
    device: str

    @property
    def sentence(self) -> str:
        """The quote in words."""
        brief = self.seconds < 90
        needed = f"{self.seconds:.0f} seconds" if brief else f"{self.seconds / 60:.1f} minutes"
        return (
            f"About {needed} and {self.memory / 1e9:.1f} GB of memory for {self.rows:,} rows on {self.device}, "
            f"measured on {self.measured:,} of them."
        )


def quote_scoring(corpus: Corpus, request: ScoreRequest, *, started: float = 0.0) -> Quote:
    """Measure and scale.

    Args:
        corpus: what is to be scored.
        request: how.
        started: seconds that the process spent before, and that the real one will spend again.

    Raises:
        ModelError, RequestError: as scoring itself would.
    """
    lengths = np.array([len(text) for text in corpus.texts()], dtype=np.int64)
    sample = _spread(lengths)
    part = _rows_of(corpus, sample)
    scale = lengths.sum() / max(1, int(lengths[sample].sum()))
    seconds = started + _seconds(lambda: list(InformationScorer().score(part, _all(part)))) * scale
    for scorer in _text_scorers(corpus, request):
        seconds += _load_and_read(scorer, part, scale)
    if request.adapt and Entropy.GENERATIVE in request.entropies:
        seconds += _adapting(request, part, scale)
    device, width = "cpu", 0
    if _needs_vectors(request):
        encoder = VectorScorer(resolve_model(request.encoder), request.device, request.dtype)
        seconds += _seconds(lambda: list(encoder.encode(part, _all(part)[:2])))
        found: list[Floats] = []
        read = _seconds(lambda: found.extend(batch.vectors for batch in encoder.encode(part, _all(part))))
        device, width = encoder.encoder.device, encoder.encoder.dimensions
        seconds += read * scale + _after_vectors(corpus, request, encoder, np.concatenate(found))
    return Quote(float(seconds), _memory(corpus, lengths, width), len(corpus), len(sample), device)


def _needs_vectors(request: ScoreRequest) -> bool:
    fitted = Entropy.PREDICTIVE in request.entropies and request.classifier is None
    return fitted or Entropy.SEMANTIC in request.entropies


def _text_scorers(corpus: Corpus, request: ScoreRequest) -> Iterator[Scorer]:
    """The scorers that read texts with a model of their own."""
    if Entropy.GENERATIVE in request.entropies:
        yield GenerativeScorer(resolve_language_model(request.lm), request.device, request.dtype)
    if request.masked_lm is not None:
        yield MaskedScorer(resolve_model(request.masked_lm), request.device, request.dtype)
    if request.classifier is not None and Entropy.PREDICTIVE in request.entropies:
        yield ClassifierScorer(
            resolve_model(request.classifier), request.device, request.dtype, corpus.classes, corpus.labels_id
        )


def _load_and_read(scorer: Scorer, part: Corpus, scale: float) -> float:
    load = _seconds(lambda: list(scorer.score(part, _all(part)[:2])))  # the first call pays for loading
    return load + scale * _seconds(lambda: list(scorer.score(part, _all(part))))


def _adapting(request: ScoreRequest, part: Corpus, scale: float) -> float:
    with TemporaryDirectory() as folder:
        model = resolve_language_model(request.lm)
        return scale * _seconds(
            lambda: adapt(model, part.texts(), Path(folder) / "half", AdaptSpec(), device=request.device)
        )


def _after_vectors(corpus: Corpus, request: ScoreRequest, encoder: VectorScorer, vectors: Floats) -> float:
    """Seconds for neighbours, clusters and folds of all rows, tried on made-up vectors."""
    n, m = len(corpus), min(len(corpus), _REHEARSED)
    draw = np.random.default_rng(request.seed)
    rows = np.sort(draw.permutation(n)[:m])
    made = _made_up(vectors, m, draw)
    fake = _rows_of(corpus, rows)
    searched = min(n, EXACT_ROWS)
    graph, seconds = _timed(lambda: neighbour_graph(made, k=NEIGHBOURS))
    total = seconds * (searched / m) ** 2 * (n / searched)
    if Entropy.SEMANTIC in request.entropies:
        semantic = SemanticScorer(
            made, np.zeros(m, dtype=np.uint8), graph, encoder.card, classes=len(corpus.classes), seed=request.seed
        )
        fit, tried = min(n, FIT_AT_MOST), cluster_count(m, len(corpus.classes))
        growth = fit / m * cluster_count(n, len(corpus.classes)) / tried
        total += growth * _seconds(lambda: list(semantic.score(fake, _all(fake))))
    if Entropy.PREDICTIVE in request.entropies and request.classifier is None:
        groups = duplicate_groups(fake.texts(), None)
        fitted = PredictiveScorer(
            made, np.zeros(m, dtype=np.uint8), groups, "", encoder.card, corpus.labels_id, seed=request.seed
        )
        total += n / m * _seconds(lambda: list(fitted.score(fake, _all(fake))))
    return total


def _made_up(vectors: Floats, m: int, draw: np.random.Generator) -> Floats:
    """(m, d) unit vectors between pairs of those that were measured."""
    known = vectors[np.isfinite(vectors[:, 0])]
    if len(known) == 0:
        return np.full((m, vectors.shape[1]), np.nan, dtype=np.float32)
    left, right = draw.integers(len(known), size=(2, m))
    mixed = known[left] + known[right] + 0.02 * draw.standard_normal((m, known.shape[1]))
    return np.asarray(mixed / np.linalg.norm(mixed, axis=1, keepdims=True), dtype=np.float32)


def _memory(corpus: Corpus, lengths: Ints, width: int) -> int:
    """Bytes at the peak: what this rehearsal held, and what grows with the rows beyond it."""
    n, m = len(corpus), min(len(corpus), _REHEARSED)
    more = n - m
    clusters = cluster_count(n, len(corpus.classes))
    vectors = more * width * 4 * 3  # mapped, the rows that are there, the sample the clusters are fitted on
    cosines = more * clusters * (4 + 3 * 8) if width else 0
    search = min(1 << 26, n * n * 4) - min(1 << 26, m * m * 4) if width else 0
    tokens = int(lengths.mean() / 4 * min(more, ROWS_AT_ONCE)) * _PAIR * 2
    return _peak() + vectors + cosines + search + tokens + more * 200


def _peak() -> int:
    """Bytes of main memory this process has held at most; where that cannot be read, what it holds now."""
    import psutil

    try:  # getrusage would answer for the parent process as well
        lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    except OSError:
        return int(psutil.Process().memory_info().rss)
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


def _spread(lengths: Ints) -> Ints:
    """Rows in groups of like length, so that batches are as full as they will be; equal work for each group."""
    order = np.argsort(lengths, kind="stable")
    work = np.cumsum(lengths[order] + 1)
    middles = (np.arange(_GROUPS) + 0.5) / _GROUPS * work[-1]
    chosen = []
    for middle in np.searchsorted(work, middles):
        size = max(1, _CHARACTERS // max(1, int(lengths[order[min(middle, len(order) - 1)]])))
        start = max(0, min(int(middle) - size // 2, len(order) - size))
        chosen.append(order[start : start + size])
    return np.unique(np.concatenate(chosen)).astype(np.int64)


def _rows_of(corpus: Corpus, rows: Ints) -> Corpus:
    table = corpus.table.take(pa.array(rows))
    return Corpus(corpus.name, corpus.source, table, corpus.roles, corpus.classes, corpus.labels[rows])


def _all(corpus: Corpus) -> Ints:
    return np.arange(len(corpus), dtype=np.int64)


def _seconds(work: Callable[[], object]) -> float:
    return _timed(work)[1]


def _timed(work: Callable[[], Answer]) -> tuple[Answer, float]:
    start = time.perf_counter()
    answer = work()
    return answer, time.perf_counter() - start
