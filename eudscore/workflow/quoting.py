"""How long scoring will take here and how much memory, measured on a sample of the rows before anything starts.

The models asked for are loaded and read a sample that is spread over the lengths of the texts; what follows the
models is tried on made-up vectors of the same kind. Each part is then scaled by what it grows with.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

import numpy as np

from eudscore.corpus.numbers import number_blocks, width_of
from eudscore.entropy.clusters import cluster_count
from eudscore.errors import InputError
from eudscore.geometry.neighbours import EXACT_ROWS, is_exact, neighbour_graph
from eudscore.jobs.memory import memory_now
from eudscore.models.causal import CausalModel
from eudscore.models.device import pick_device
from eudscore.models.loading import resolve_model
from eudscore.records import Card, Corpus, Floats, Ints, Scorer
from eudscore.scorers.classifier import ClassifierScorer
from eudscore.scorers.generative import GenerativeScorer
from eudscore.scorers.information import InformationScorer
from eudscore.scorers.masked import MaskedScorer
from eudscore.scorers.predictive import PredictiveScorer, check_labels
from eudscore.scorers.semantic import RUNS, SCALES, SemanticScorer
from eudscore.scorers.stretches import ROWS_AT_ONCE
from eudscore.scorers.vectors import VectorScorer
from eudscore.store.workspace import Workspace
from eudscore.training.adapting import AdaptSpec, adapt
from eudscore.workflow.adapting import COMPARED, halves
from eudscore.workflow.requests import Entropy, ScoreRequest, parse_rule, silent
from eudscore.workflow.sampling import Sample, all_of, equal_texts, labelled_rows, made_up, rows_of, spread
from eudscore.workflow.scoring import generative_scorer, is_cross_fitted, needs_space
from eudscore.workflow.vectors import brings_vectors, given_card

_REHEARSED = 1500  # made-up vectors
_WORDS = 1500  # read by themselves
_FEW = 20  # vectors of a first call
_TOKEN = 600  # bytes a token takes while its stretch is read: number, letters, place, flags; measured

Answer = TypeVar("Answer")
_Maker = Callable[[Ints, np.random.Generator], Floats]
"""Makes up vectors for texts of these classes."""


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
        return self.in_words()

    def in_words(self, *, without: str = "") -> str:
        """The quote in words, with what it leaves out where more will be done than scoring."""
        brief = self.seconds < 90
        needed = f"{self.seconds:.0f} seconds" if brief else f"{self.seconds / 60:.1f} minutes"
        apart = f" without {without}" if without else ""
        return (
            f"About {needed} and {self.memory / 1e9:.1f} GB of memory for {self.rows:,} rows on {self.device}{apart}, "
            f"measured on {self.measured:,} of them."
        )


def quote_scoring(corpus: Corpus, request: ScoreRequest, *, started: float = 0.0) -> Quote:
    """Measure and scale; labels that do not do for predictive entropy leave it out, as scoring would.

    Args:
        corpus: what is to be scored.
        request: how.
        started: seconds that the process spent before, and that the real one will spend again.

    Raises:
        ModelError, RequestError, InputError: as scoring itself would.
    """
    parse_rule(request.combine)
    device = pick_device(request.device)
    request = _possible(corpus, request)
    with TemporaryDirectory() as folder:
        others = _text_scorers(corpus, request)
        generative = _generative_scorer(corpus, request, Path(folder))
        encoder = _encoder(corpus, request)
        lengths = np.array([len(text) for text in corpus.texts()], dtype=np.int64)
        rows = spread(lengths)
        sample = Sample(corpus, rows, rows_of(corpus, rows), lengths)
        part = sample.part
        seconds = started + _seconds(lambda: list(InformationScorer().score(part, all_of(part)))) * sample.scale()
        if generative is not None:
            seconds += _generative(sample, generative, request, Path(folder))
    for scorer, max_tokens in others:
        seconds += _load_and_read(scorer, part, sample.scale(max_tokens))
    width = 0
    if encoder is not None:
        seconds += _seconds(lambda: list(encoder.encode(part, all_of(part)[:2])))
        batches, read = _timed(lambda: list(encoder.encode(part, all_of(part))))
        width = encoder.encoder.dimensions
        seconds += read * sample.scale(encoder.encoder.max_tokens)
        vectors = np.concatenate([batch.vectors for batch in batches])
        labels = part.labels[np.concatenate([batch.rows for batch in batches])]
        seconds += _after_vectors(corpus, request, encoder.card, partial(made_up, vectors, labels))
    elif needs_space(corpus, request):
        width = width_of(corpus.table, corpus.roles.vectors) or 0
        seconds += _after_vectors(corpus, request, given_card(corpus), _own_vectors(part, part.labels))
    return Quote(float(seconds), _memory(corpus, lengths, width), len(corpus), len(rows), device)


def _possible(corpus: Corpus, request: ScoreRequest) -> ScoreRequest:
    """The request without predictive entropy where the labels do not do for it."""
    if not is_cross_fitted(corpus, request):
        return request
    try:
        check_labels(corpus.labels[corpus.has_text], equal_texts(corpus)[corpus.has_text], corpus.name)
    except InputError:
        rest = tuple(entropy for entropy in request.entropies if entropy is not Entropy.PREDICTIVE)
        if not rest:
            raise
        return replace(request, entropies=rest)
    return request


def _generative_scorer(corpus: Corpus, request: ScoreRequest, folder: Path) -> GenerativeScorer | None:
    if Entropy.GENERATIVE not in request.entropies:
        return None
    return generative_scorer(Workspace(folder), corpus, replace(request, adapt=False), silent)


def _encoder(corpus: Corpus, request: ScoreRequest) -> VectorScorer | None:
    if not needs_space(corpus, request) or brings_vectors(corpus, request):
        return None
    return VectorScorer(resolve_model(request.encoder), request.device, request.dtype)


def _own_vectors(part: Corpus, labels: Ints) -> _Maker:
    """Makes up vectors like those that the user brings along."""
    blocks = [numbers for _, numbers in number_blocks(part.table, part.roles.vectors)]
    vectors = np.concatenate(blocks).astype(np.float32)
    there = np.isfinite(vectors).all(axis=1) & (np.abs(vectors).max(axis=1, initial=0.0) > 0)
    vectors = vectors[there] / np.linalg.norm(vectors[there], axis=1, keepdims=True)
    return partial(made_up, vectors, labels[there])


def _text_scorers(corpus: Corpus, request: ScoreRequest) -> list[tuple[Scorer, int]]:
    """The other scorers that read texts with a model of their own, and where they cut them."""
    found: list[tuple[Scorer, int]] = []
    if request.masked_lm is not None:
        masked = MaskedScorer(resolve_model(request.masked_lm), request.device, request.dtype)
        found.append((masked, masked.max_tokens))
    if request.classifier is not None and Entropy.PREDICTIVE in request.entropies:
        classifier = ClassifierScorer(
            resolve_model(request.classifier),
            request.device,
            request.dtype,
            corpus.classes,
            corpus.labels_id,
            paired=corpus.roles.pair is not None,
        )
        found.append((classifier, classifier.facts.max_tokens))
    return found


def _load_and_read(scorer: Scorer, part: Corpus, scale: float) -> float:
    load = _seconds(lambda: list(scorer.score(part, all_of(part)[:2])))  # the first call pays for loading
    return load + scale * _seconds(lambda: list(scorer.score(part, all_of(part))))


def _generative(sample: Sample, scorer: GenerativeScorer, request: ScoreRequest, folder: Path) -> float:
    """Seconds for texts, which grow with their tokens, and for single words, which grow with their vocabulary."""
    part = sample.part
    network, seconds = _timed(lambda: scorer.loaded(scorer.model))
    seconds += _seconds(lambda: list(network.measure(part.texts()[:2])))
    before = None
    if scorer.prompt is not None:
        before = np.array([len(text) for text in sample.whole.texts(column=scorer.prompt.column)], dtype=np.int64)
    read = _seconds(lambda: list(scorer.score(part, all_of(part))))
    domains = [np.arange(len(sample.whole), dtype=np.int64)]
    if request.adapt:
        half_of = halves(sample.whole.texts(), seed=request.seed)
        domains = [np.flatnonzero(half_of == half) for half in (0, 1)]
    if network.tokenizer.bos_token_id is not None:
        longest = 16 * network.max_tokens
        read -= _seconds(lambda: list(network.measure(sorted(_words(part.texts(), longest)))))
        count, drawn = _vocabulary(sample.whole.texts(), domains, longest)
        seconds += _seconds(lambda: list(network.measure(drawn))) * count / max(1, len(drawn))
    texts = max(0.0, read) * sample.scale(network.max_tokens, before)
    if request.adapt:
        compared = sum(min(COMPARED, len(domain)) for domain in domains)
        seconds += _adapting(sample, scorer, domains, folder) + 2 * texts * compared / max(1, len(sample.whole))
    return seconds + texts


def _words(texts: Sequence[str], longest: int) -> set[str]:
    return {f" {word}" for text in texts for word in text[:longest].split()}


def _vocabulary(texts: Sequence[str], domains: Sequence[Ints], longest: int) -> tuple[int, list[str]]:
    """How many words will be read by themselves, stretch by stretch, and some of those of the first."""
    count = 0
    drawn: list[str] = []
    for domain in domains:
        for start in range(0, len(domain), ROWS_AT_ONCE):
            words = _words([texts[row] for row in domain[start : start + ROWS_AT_ONCE]], longest)
            count += len(words)
            if not drawn:
                order = np.random.default_rng(0).permutation(len(words))[:_WORDS]
                known = sorted(words)
                drawn = [known[place] for place in order]
    return count, drawn


def _adapting(sample: Sample, scorer: GenerativeScorer, domains: Sequence[Ints], folder: Path) -> float:
    """Seconds for two trainings and for loading four models to compare and one more to score with."""
    half = min(domains, key=lambda domain: int(sample.lengths[domain].sum()))
    rows = half if sample.lengths[half].sum() < sample.lengths[sample.rows].sum() else sample.rows
    told: list[float] = []
    whole = _seconds(
        lambda: adapt(
            scorer.model, sample.whole.texts(rows), folder / "half", AdaptSpec(), device=scorer.device,
            on_progress=lambda _done, _total: told.append(time.perf_counter()),
        )
    )  # fmt: skip
    updates = told[-1] - told[0]
    load = _seconds(lambda: CausalModel(scorer.model, device=scorer.device, dtype=scorer.dtype))
    grown = replace(sample, rows=rows).scale()
    return 2 * (whole - updates) + grown * updates + 5 * load


def _after_vectors(corpus: Corpus, request: ScoreRequest, source: Card, vectors_for: _Maker) -> float:
    """Seconds for neighbours, clusters and folds of all rows, tried on made-up vectors."""
    n, m = len(corpus), min(len(corpus), _REHEARSED)
    draw = np.random.default_rng(request.seed)
    fake = rows_of(corpus, np.sort(draw.permutation(n)[:m]))
    made = vectors_for(fake.labels, draw)
    device, flags = pick_device(request.device), np.zeros(m, dtype=np.uint8)
    searched = n if is_exact(n, device) else EXACT_ROWS
    graph, seconds = _timed(lambda: neighbour_graph(made, device=device))
    total = seconds * (searched / m) ** 2 * (n / searched)
    if Entropy.SEMANTIC in request.entropies:
        semantic = SemanticScorer(made, flags, graph, source, classes=len(corpus.classes), seed=request.seed)
        few = replace(semantic, vectors=made[:_FEW], flags=flags[:_FEW], graph=neighbour_graph(made[:_FEW]))
        total += _seconds(lambda: list(few.score(fake, all_of(fake)[:_FEW])))  # what is imported once
        more_clusters = cluster_count(n, len(corpus.classes)) / cluster_count(m, len(corpus.classes))
        growth = n / m * more_clusters  # a little too much above the sample that the centroids are fitted on
        total += growth * _seconds(lambda: list(semantic.score(fake, all_of(fake))))
    if is_cross_fitted(corpus, request):
        total += _folds(corpus, request, source, vectors_for, draw)
    return total


def _folds(
    corpus: Corpus, request: ScoreRequest, source: Card, vectors_for: _Maker, draw: np.random.Generator
) -> float:
    """Seconds for the cross-fitted classifiers: they grow with the labelled texts."""
    groups = equal_texts(corpus)
    rows = labelled_rows(corpus, groups, _REHEARSED, draw)
    fake = rows_of(corpus, rows)
    fitted = PredictiveScorer(
        vectors_for(fake.labels, draw), np.zeros(len(rows), dtype=np.uint8), groups[rows], "", source,
        corpus.labels_id, seed=request.seed,
    )  # fmt: skip
    return int((corpus.labels >= 0).sum()) / len(rows) * _seconds(lambda: list(fitted.score(fake, all_of(fake))))


def _memory(corpus: Corpus, lengths: Ints, width: int) -> int:
    """Bytes at the peak: what this rehearsal held, and what grows with the rows beyond it."""
    n, m = len(corpus), min(len(corpus), _REHEARSED)
    more = n - m
    vectors = more * width * 4 * 6  # mapped, the rows that are there, and on two cores the samples that are fitted
    views = more * RUNS * len(SCALES) * 4 * 8 if width else 0  # four numbers of a text in each clustering
    search = 2 * (min(1 << 26, n * n * 4) - min(1 << 26, m * m * 4)) if width else 0  # a block and the one before
    tokens = int(lengths.mean() / 4 * min(n, ROWS_AT_ONCE)) * _TOKEN
    return memory_now()["rss_peak"] + vectors + views + search + tokens + more * 200


def _seconds(work: Callable[[], object]) -> float:
    return _timed(work)[1]


def _timed(work: Callable[[], Answer]) -> tuple[Answer, float]:
    start = time.perf_counter()
    answer = work()
    return answer, time.perf_counter() - start
