"""A language model adapted to a corpus in held-out halves: no text is scored by a model that has seen it."""

import shutil
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eudscore.entropy.typicality import bits_per_byte
from eudscore.geometry.duplicates import duplicate_groups
from eudscore.models.causal import CausalModel
from eudscore.models.device import native_dtype, pick_device
from eudscore.models.loading import ResolvedModel, resolve_model
from eudscore.records import Card, Corpus, Ints, JsonDict
from eudscore.scorers.generative import Adaptation
from eudscore.selection.order import hash_order
from eudscore.store.files import writing
from eudscore.store.workspace import Workspace
from eudscore.training.adapting import AdaptSpec, adapt, arithmetic
from eudscore.workflow.requests import Progress, ScoreRequest

COMPARED = 256  # texts of each half on which the model is measured before and after


def halves(texts: list[str], *, seed: int) -> Ints:
    """(n,) half 0 or 1 of each text; equal texts are in one half."""
    groups = duplicate_groups(texts, None)
    place = np.empty(len(texts), dtype=np.int64)
    place[hash_order(len(texts), seed)] = np.arange(len(texts))
    _, number = np.unique(place[groups], return_inverse=True)
    return np.asarray(number % 2, dtype=np.int64)


@dataclass(frozen=True, eq=False)
class _Halves:
    """The texts, the half of each, and the model that is adapted to either half."""

    texts: list[str]
    half_of: Ints
    model: ResolvedModel
    spec: AdaptSpec
    request: ScoreRequest

    def of(self, half: int) -> list[str]:
        return [self.texts[row] for row in np.flatnonzero(self.half_of == half)]


def adapted(
    workspace: Workspace, corpus: Corpus, model: ResolvedModel, request: ScoreRequest, on_progress: Progress
) -> Adaptation:
    """The two adapted models of a corpus, from the store or trained and kept."""
    spec = AdaptSpec(seed=request.seed)
    settings = {**spec.to_json(), "arithmetic": arithmetic(request.device), "halves": "equal texts together"}
    card = Card(
        "adapted", "the language model after one epoch on half of the corpus", unit="none", direction="none",
        model=model.name, revision=model.revision, dtype=native_dtype(pick_device(request.device)), seed=request.seed,
        parameters=settings,
    )  # fmt: skip
    texts = corpus.texts()
    parts = _Halves(texts, halves(texts, seed=request.seed), model, spec, request)
    folder = workspace.adapted(corpus.id, card.key)
    with workspace.lock(corpus.id, card.key):
        if not folder.is_dir():
            draft = workspace.partial("adapted", corpus.id, card.key)
            outcome = _adapt_both(draft, parts, on_progress)
            workspace.complete("adapted", corpus.id, card.key, {"cards": [card.with_outcome(**outcome).to_json()]})
    first, second = (resolve_model(str(folder / f"half-{half}")) for half in (0, 1))
    kept = workspace.outcome("adapted", corpus.id, card.key)
    return Adaptation((first, second), parts.half_of, settings, kept)


def _adapt_both(draft: Path, parts: _Halves, on_progress: Progress) -> JsonDict:
    """Adapt a model for either half on the other one; returns what it did to bits per byte, for the card."""
    with writing(draft):
        draft.mkdir(parents=True, exist_ok=True)
        for leftover in draft.glob(".draft-*"):  # of a process that was killed while it saved
            shutil.rmtree(leftover)
    totals, texts = np.zeros((2, 2)), 0
    for half in (0, 1):
        out = draft / f"half-{half}"
        if not out.is_dir():
            told = partial(on_progress, f"Adapting the language model, half {half + 1} of 2")
            adapt(parts.model, parts.of(1 - half), out, parts.spec, device=parts.request.device, on_progress=told)
        sample = _drawn(parts.of(half), parts.spec.seed)
        texts += len(sample)
        for place, version in enumerate((parts.model, resolve_model(str(out)))):
            totals[place] += _surprisal_and_size(version, sample, parts.request)
    before, after = bits_per_byte(*totals.T)
    return {
        "bits_per_byte_before": round(float(before), 4), "bits_per_byte_after": round(float(after), 4),
        "bits_per_byte_texts": texts,
    }  # fmt: skip


def _drawn(texts: list[str], seed: int) -> list[str]:
    """Some texts in the order of their rows, wherever in the file they stand."""
    return [texts[row] for row in np.sort(hash_order(len(texts), seed)[:COMPARED])]


def _surprisal_and_size(model: ResolvedModel, texts: list[str], request: ScoreRequest) -> NDArray[np.float64]:
    """(2,) nats and bytes of some texts under a model."""
    total = np.zeros(2)
    for batch in CausalModel(model, device=request.device, dtype=request.dtype).measure(texts):
        total += [batch.surprisal.sum(dtype=np.float64), batch.size.sum()]
    return total
