"""Score a corpus: each family of columns is stored under its cards and never computed twice."""

import hashlib
from collections.abc import Iterable

import numpy as np

from eudscore.entropy.combine import mean_rank
from eudscore.errors import RequestError
from eudscore.models.loading import resolve_model
from eudscore.records import Card, Corpus, Flag, JsonDict, Scorer
from eudscore.scorers.generative import GenerativeScorer
from eudscore.scorers.information import InformationScorer
from eudscore.scorers.predictive import PredictiveScorer
from eudscore.scorers.semantic import SemanticScorer
from eudscore.store.draft import RowDraft
from eudscore.store.scores import Scores
from eudscore.store.workspace import CorpusRef, Workspace
from eudscore.workflow.requests import Entropy, Progress, ScoreRequest, silent
from eudscore.workflow.stored import collect, tokens_of
from eudscore.workflow.vectors import Space, groups_of, space_of

_IN_IGSE = ("information_entropy", "generative_entropy", "semantic_entropy")
_STAGE = {
    Entropy.INFORMATION: "Counting words",
    Entropy.GENERATIVE: "Reading with the language model",
    Entropy.SEMANTIC: "Finding clusters of meaning",
    Entropy.PREDICTIVE: "Cross-fitting a classifier",
}


def score(workspace: Workspace, ref: CorpusRef, request: ScoreRequest, *, on_progress: Progress = silent) -> Scores:
    """Compute what is missing of the entropies asked for, and return them all.

    Information entropy always comes along: it takes no time and counts the words of each text.

    Raises:
        ModelError: a model cannot be had. RequestError: generative entropy without a language model.
        InputError: predictive entropy without labels.
    """
    corpus = workspace.corpus(ref)
    if Entropy.GENERATIVE in request.entropies and request.lm is None:
        raise RequestError(
            "Generative entropy needs a causal language model: name a folder or a Hub id with --lm, "
            "or leave 'generative' out."
        )
    families: list[str] = []
    for entropy, scorer in _scorers(workspace, corpus, request, on_progress):
        families.append(_compute(workspace, corpus, scorer, _STAGE[entropy], on_progress))
    families.append(_combine(workspace, corpus, families))
    return collect(workspace, ref, corpus, families)


def score_information(workspace: Workspace, corpus: Corpus, on_progress: Progress) -> str:
    """Information entropy alone, which takes no time; returns the key of its family."""
    return _compute(workspace, corpus, InformationScorer(), _STAGE[Entropy.INFORMATION], on_progress)


def _scorers(
    workspace: Workspace, corpus: Corpus, request: ScoreRequest, on_progress: Progress
) -> Iterable[tuple[Entropy, Scorer]]:
    """The scorers asked for, cheapest first; the encoder is loaded only when the first of them needs it."""
    yield Entropy.INFORMATION, InformationScorer()
    if Entropy.GENERATIVE in request.entropies and request.lm is not None:
        yield Entropy.GENERATIVE, GenerativeScorer(resolve_model(request.lm), request.device)
    space: Space | None = None
    if {Entropy.SEMANTIC, Entropy.PREDICTIVE} & set(request.entropies):
        space = space_of(workspace, corpus, encoder=request.encoder, device=request.device, on_progress=on_progress)
    if space is not None and Entropy.SEMANTIC in request.entropies:
        yield (
            Entropy.SEMANTIC,
            SemanticScorer(
                space.vectors, space.graph.indices, space.card, classes=len(corpus.classes), seed=request.seed
            ),
        )
    if space is not None and Entropy.PREDICTIVE in request.entropies:
        groups, grouping = groups_of(corpus, space)
        yield (
            Entropy.PREDICTIVE,
            PredictiveScorer(space.vectors, groups, grouping, space.card, corpus.labels_id, seed=request.seed),
        )


def _compute(workspace: Workspace, corpus: Corpus, scorer: Scorer, stage: str, on_progress: Progress) -> str:
    """Make sure the columns of a scorer are stored; returns the key of the family."""
    cards = scorer.cards
    key = _family_key(cards.values())
    with workspace.lock(corpus.id, key):
        if workspace.family(corpus.id, key) is not None:
            return key
        total = len(corpus)
        draft = RowDraft(workspace.partial("columns", corpus.id, key), total, dict.fromkeys(cards))
        pending = draft.pending
        done = total - len(pending)
        on_progress(stage, done, total)
        outcome: JsonDict = {}
        for batch in scorer.score(corpus, pending):
            draft.add(batch.rows, batch.values, batch.flags)
            outcome.update(batch.outcome)
            done += len(batch.rows)
            on_progress(stage, done, total)
        outcome.update(_counts(draft.flags))
        draft.close()
        finished = [card.with_outcome(**outcome).to_json() for card in cards.values()]
        workspace.complete("columns", corpus.id, key, {"cards": finished})
    return key


def _combine(workspace: Workspace, corpus: Corpus, families: list[str]) -> str:
    """Store `igse` over the entropies that these families hold; returns the key of its family."""
    components: dict[str, str] = {}
    for family in families:
        for name, card in (workspace.family(corpus.id, family) or {}).items():
            if name in _IN_IGSE:
                components[name] = card.key
    by_name = {name: family for family in families for name in (workspace.family(corpus.id, family) or {})}
    card = Card(
        "igse",
        "IGSE-style: mean of the ranks of " + ", ".join(components) + ", ranked again "
        "(information_entropy within bins of length); the formula of the EUDS paper is not published",
        unit="rank in (0, 1)",
        parameters={"components": components},
    )
    key = _family_key([card])
    with workspace.lock(corpus.id, key):
        if workspace.family(corpus.id, key) is None:
            values = {
                name: np.asarray(workspace.column(corpus.id, by_name[name], name), dtype=np.float64)
                for name in components
            }
            lengths = tokens_of(workspace, corpus.id, by_name)
            combined = mean_rank(values, lengths, adjust=frozenset({"information_entropy"}))
            finished = card.with_outcome(used=list(combined.used), notes=list(combined.notes))
            workspace.keep_family(corpus.id, key, [finished], {"igse": combined.values.astype(np.float32)})
    return key


def _family_key(cards: Iterable[Card]) -> str:
    joined = "".join(sorted(card.key for card in cards))
    return hashlib.sha256(joined.encode()).hexdigest()[:16]


def _counts(flags: np.ndarray[tuple[int], np.dtype[np.uint8]]) -> JsonDict:
    return {
        "rows": len(flags),
        "rows_empty": int((flags & Flag.EMPTY > 0).sum()),
        "rows_short": int((flags & Flag.SHORT > 0).sum()),
        "rows_truncated": int((flags & Flag.TRUNCATED > 0).sum()),
    }
