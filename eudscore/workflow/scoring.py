"""Score a corpus: each family of columns is stored under its cards and never computed twice."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np

from eudscore.entropy.combine import combine
from eudscore.entropy.hashes import digest_of
from eudscore.errors import InputError
from eudscore.models.device import pick_device, pick_dtype
from eudscore.models.loading import resolve_language_model, resolve_model
from eudscore.models.probe import FOLDS
from eudscore.records import Card, Corpus, Ints, Scorer, counts_of
from eudscore.scorers.classifier import ClassifierScorer
from eudscore.scorers.generative import GenerativeScorer, Prompt
from eudscore.scorers.given import GivenScorer
from eudscore.scorers.information import InformationScorer
from eudscore.scorers.likeliest import ClassedBatch
from eudscore.scorers.masked import MaskedScorer
from eudscore.scorers.predictive import PredictiveScorer, check_labels
from eudscore.scorers.semantic import SemanticScorer
from eudscore.store.draft import RowDraft
from eudscore.store.keyed import SECONDS
from eudscore.store.scores import Scores
from eudscore.store.workspace import CorpusRef, Workspace
from eudscore.workflow.adapting import adapted
from eudscore.workflow.requests import Entropy, Progress, ScoreRequest, parse_rule, silent
from eudscore.workflow.stored import collect, tokens_of
from eudscore.workflow.vectors import Space, brings_vectors, groups_of, space_of

_IN_IGSE = ("information_entropy", "generative_entropy", "semantic_entropy")


def score(workspace: Workspace, ref: CorpusRef, request: ScoreRequest, *, on_progress: Progress = silent) -> Scores:
    """Compute what is missing of the entropies asked for, and return them all.

    Information entropy always comes along: it takes no time and counts the words of each text.

    Raises:
        ModelError: a model cannot be had. RequestError: an option is out of its range.
        InputError: predictive entropy without labels, or a prompt that is no column.
    """
    corpus = workspace.corpus(ref)
    families: list[str] = []
    for stage, scorer in _scorers(workspace, corpus, request, on_progress):
        families.append(_compute(workspace, corpus, scorer, stage, on_progress))
    families.append(_combine(workspace, corpus, families, request))
    return collect(workspace, ref, corpus, families)


def score_what_can_be(
    workspace: Workspace, ref: CorpusRef, request: ScoreRequest, *, on_progress: Progress = silent
) -> tuple[Scores, str]:
    """The scores, and why predictive entropy is not among them; labels that do not do for it spoil no other."""
    try:
        return score(workspace, ref, request, on_progress=on_progress), ""
    except InputError as error:
        rest = tuple(entropy for entropy in request.entropies if entropy is not Entropy.PREDICTIVE)
        if len(rest) == len(request.entropies) or not rest or request.classifier is not None:
            raise
        return score(workspace, ref, replace(request, entropies=rest), on_progress=on_progress), str(error)


def score_information(workspace: Workspace, corpus: Corpus, on_progress: Progress) -> str:
    """Information entropy alone, which takes no time; returns the key of its family."""
    return _compute(workspace, corpus, InformationScorer(), "Counting words", on_progress)


def _scorers(
    workspace: Workspace, corpus: Corpus, request: ScoreRequest, on_progress: Progress
) -> Iterator[tuple[str, Scorer]]:
    """What is done and the scorer that does it, cheapest first; a model that is not there is told before the first."""
    if needs_space(corpus, request) and not brings_vectors(corpus, request):
        resolve_model(request.encoder)
    for named in filter(None, (request.masked_lm, request.classifier)):
        resolve_model(named)
    yield "Counting words", InformationScorer()
    if Entropy.GENERATIVE in request.entropies:
        generative = generative_scorer(workspace, corpus, request, on_progress)
        yield f"Reading with {generative.model.name} on {_place(generative)}", generative
    if request.masked_lm is not None:
        masked = MaskedScorer(resolve_model(request.masked_lm), request.device, request.dtype)
        yield f"Filling blanks with {masked.model.name} on {_place(masked)}", masked
    if Entropy.PREDICTIVE in request.entropies and request.classifier is not None:
        model = resolve_model(request.classifier)
        classifier = ClassifierScorer(
            model,
            request.device,
            request.dtype,
            corpus.classes,
            corpus.labels_id,
            seed=request.seed,
            paired=corpus.roles.pair is not None,
        )
        yield f"Classifying with {model.name} on {_place(classifier)}", classifier
    elif Entropy.PREDICTIVE in request.entropies and corpus.roles.probabilities:
        yield "Measuring your own class probabilities", GivenScorer.of(corpus)
    if needs_space(corpus, request):
        yield from _on_space(corpus, space_of(workspace, corpus, request, on_progress), request)


def needs_space(corpus: Corpus, request: ScoreRequest) -> bool:
    """Whether what is asked for stands on sentence vectors."""
    return Entropy.SEMANTIC in request.entropies or is_cross_fitted(corpus, request)


def is_cross_fitted(corpus: Corpus, request: ScoreRequest) -> bool:
    """Whether predictive entropy is that of a cross-fitted probe: not with a classifier or given probabilities."""
    given = request.classifier is not None or bool(corpus.roles.probabilities)
    return Entropy.PREDICTIVE in request.entropies and not given


def _on_space(corpus: Corpus, space: Space, request: ScoreRequest) -> Iterator[tuple[str, Scorer]]:
    if Entropy.SEMANTIC in request.entropies:
        semantic = SemanticScorer(
            space.vectors, space.flags, space.graph, space.card, space.read, len(corpus.classes), request.seed
        )
        yield "Finding clusters of meaning", semantic
    if is_cross_fitted(corpus, request):
        groups, grouping = groups_of(corpus, space)
        _check_groups(corpus, groups)
        fitted = PredictiveScorer(
            space.vectors, space.flags, groups, grouping, space.card, corpus.labels_id, space.read, request.seed
        )
        yield "Cross-fitting a classifier", fitted


def _check_groups(corpus: Corpus, groups: Ints) -> None:
    """Refuse a group column that leaves too little to cross-fit, by its name; without one the scorer refuses."""
    if corpus.roles.group is None:
        return
    labels = corpus.labels[corpus.has_text]
    check_labels(labels, np.arange(len(labels)), corpus.name)  # where it is not the groups' doing
    try:
        check_labels(labels, groups[corpus.has_text], corpus.name)
    except InputError as error:
        raise InputError(
            f"Predictive entropy needs two classes with labelled texts in {FOLDS} groups each, and the groups of "
            f"{corpus.roles.group!r} in {corpus.name} leave fewer: choose another group or none, or leave "
            "'predictive' out."
        ) from error


def generative_scorer(
    workspace: Workspace, corpus: Corpus, request: ScoreRequest, on_progress: Progress
) -> GenerativeScorer:
    """The scorer of generative entropy that a request stands for; adapts the language model where it asks so.

    Where the request names no prompt, the column that plays this role in the corpus is read before each text.
    """
    model = resolve_language_model(request.lm)
    column = corpus.roles.prompt if request.prompt is None else request.prompt
    prompt = None if column is None else _prompt(corpus, column)
    adaptation = adapted(workspace, corpus, model, request, on_progress) if request.adapt else None
    return GenerativeScorer(model, request.device, request.dtype, prompt=prompt, adaptation=adaptation)


def _prompt(corpus: Corpus, column: str) -> Prompt:
    if column not in corpus.table.column_names:
        there = ", ".join(repr(name) for name in corpus.table.column_names)
        raise InputError(f"{corpus.name} has no column {column!r} for the prompt, only {there}. Choose one of these.")
    return Prompt(column, digest_of(corpus.texts(column=column)))


def _place(scorer: GenerativeScorer | MaskedScorer | ClassifierScorer) -> str:
    device = pick_device(scorer.device)
    return f"{device}, {pick_dtype(scorer.dtype, device)}"


def _compute(workspace: Workspace, corpus: Corpus, scorer: Scorer, stage: str, on_progress: Progress) -> str:
    """Make sure the columns of a scorer are stored; returns the key of the family."""
    cards = scorer.cards
    key = _family_key(cards.values())
    with workspace.lock(corpus.id, key):
        if workspace.family(corpus.id, key) is not None:
            workspace.touch_family(corpus.id, key)
            return key
        total = len(corpus)
        beside = getattr(scorer, "beside", {})  # arrays that a scorer keeps beside its columns
        draft = RowDraft(workspace.partial("columns", corpus.id, key), total, {**dict.fromkeys(cards), **beside})
        pending = draft.pending
        done = total - len(pending)
        on_progress(stage, done, total)
        for batch in scorer.score(corpus, pending):
            draft.note(batch.outcome)
            kept = batch.likeliest if isinstance(batch, ClassedBatch) else {}
            done += draft.add(batch.rows, {**batch.values, **kept}, batch.flags)
            on_progress(stage, done, total)
        draft.close()
        outcome = {**draft.outcome, **counts_of(draft.flags)}
        finished = [card.with_outcome(**outcome).to_json() for card in cards.values()]
        workspace.complete("columns", corpus.id, key, {"cards": finished, SECONDS: draft.seconds})
    return key


def _combine(workspace: Workspace, corpus: Corpus, families: list[str], request: ScoreRequest) -> str:
    """Store `igse` over those of its entropies that were asked for; returns the key of its family.

    Where none of them was, information entropy, which always comes along, stands for them.
    """
    rule = parse_rule(request.combine)
    asked = {f"{entropy}_entropy" for entropy in request.entropies} & set(_IN_IGSE)
    alone = "" if asked else " alone, which comes along where none of the three is asked for"
    components: dict[str, str] = {}
    for family in families:
        for name, card in (workspace.family(corpus.id, family) or {}).items():
            if name in (asked or {"information_entropy"}):
                components[name] = card.key
    by_name = {name: family for family in families for name in (workspace.family(corpus.id, family) or {})}
    within = " (information_entropy within bins of length)" if "information_entropy" in components else ""
    card = Card(
        "igse",
        f"IGSE-style, of {', '.join(components)}{alone}{within}: {rule.definition}; ranked again. "
        "The formula of the EUDS paper is not published",
        unit="rank in (0, 1)",
        parameters={"components": components, "rule": rule.value},
        version=2,
    )
    key = _family_key([card])
    with workspace.lock(corpus.id, key):
        if workspace.family(corpus.id, key) is None:
            values = {
                name: np.asarray(workspace.column(corpus.id, by_name[name], name), dtype=np.float64)
                for name in components
            }
            lengths = tokens_of(workspace, corpus.id, by_name)
            combined = combine(rule, values, lengths, adjust=frozenset({"information_entropy"}))
            empty = int(np.isnan(combined.values).sum())
            notes = list(combined.notes)
            lacking = np.isnan(np.stack([values[name] for name in combined.used] or [combined.values])).any(axis=0)
            if partly := int(lacking.sum()) - empty:
                notes.append(f"{partly:,} rows lack a component and rest on the others")
            shares = dict(zip(combined.used, combined.weights, strict=True))
            finished = card.with_outcome(used=shares, notes=notes, rows_empty=empty)
            workspace.keep_family(corpus.id, key, [finished], {"igse": combined.values.astype(np.float32)})
        else:
            workspace.touch_family(corpus.id, key)
    return key


def _family_key(cards: Iterable[Card]) -> str:
    joined = "".join(sorted(card.key for card in cards))
    return hashlib.sha256(joined.encode()).hexdigest()[:16]
