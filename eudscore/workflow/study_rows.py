"""The rows of every training of a study: scored where that is needed, ranked once, and chosen by the arms."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from eudscore.errors import InputError, RequestError
from eudscore.geometry.duplicates import shared_texts
from eudscore.geometry.minhash import near_rows
from eudscore.models.loading import resolve_language_model, resolve_model
from eudscore.records import Corpus, Ints
from eudscore.selection.matching import matched_in_length
from eudscore.selection.request import SelectionRequest
from eudscore.selection.strategies import STRATEGIES, Need
from eudscore.store.scores import Scores
from eudscore.store.workspace import CorpusRef, Workspace
from eudscore.workflow.choosing import labels_in, select
from eudscore.workflow.costs import scoring_seconds
from eudscore.workflow.lessons import check_pairs, no_labels
from eudscore.workflow.materials import PREDICTIVE, StoredMaterials
from eudscore.workflow.requests import BUILTIN, Entropy, Progress, ScoreRequest, entropies_for
from eudscore.workflow.sampling import rows_of
from eudscore.workflow.scoring import score, score_information
from eudscore.workflow.stored import family_of, latest_scores, prefix_of
from eudscore.workflow.study_plan import BY_LENGTH, Planned, StudyRequest, all_arms, choice_of, notes_of_controls


@dataclass(frozen=True, eq=False)
class Chosen:
    """What the arms of a study chose.

    Attributes:
        rows: name of a training -> its rows.
        selection_seconds: name of an arm -> what choosing took, ranking included.
        scoring_seconds: name of an arm -> what its scores took; None where that is not known.
        notes: name of an arm -> what people should know of its choice, a sentence each.
    """

    rows: Mapping[str, Ints]
    selection_seconds: Mapping[str, float]
    scoring_seconds: Mapping[str, float | None]
    notes: Mapping[str, Sequence[str]] = field(default_factory=dict)


def pool_of(workspace: Workspace, corpus: Corpus, held_out: Ints | None = None) -> Corpus:
    """The rows that a study may train on, as a corpus of their own where they are not the whole data set.

    Every arm has to choose among the same rows, and nothing may be fitted to rows that test: what is held out, and rows
    without a text or a label, are no part of the pool.

    Raises:
        InputError: fewer than two classes are left.
    """
    inside = (corpus.labels >= 0) & corpus.has_text
    if held_out is not None:
        inside = inside.copy()
        inside[held_out] = False
    if len(np.unique(corpus.labels[inside])) < 2:
        raise InputError(
            f"{corpus.name} has {int(inside.sum()):,} labelled rows of fewer than two classes to train on: choose a "
            "label column, or another test set."
        )
    if inside.all():
        workspace.keep_corpus(corpus, listed=False)
        return corpus
    found = replace(rows_of(corpus, np.flatnonzero(inside)), name=f"{corpus.name}, rows to train on")
    workspace.keep_corpus(found, listed=False)
    return found


@dataclass(frozen=True)
class Shared:
    """How many test rows a model could know from the pool.

    Attributes:
        same: whose text stands in the pool too.
        near: whose text nearly does, beside those.
    """

    same: int
    near: int


def check_test(pool: Corpus, test: Corpus) -> Shared:
    """Look whether a test set can test, and how much of it stands in the pool.

    Raises:
        InputError: the test set has other classes, no labelled row, or single texts where the pool has pairs.
    """
    check_pairs(pool, test)
    labels = labels_in(pool.classes, test)
    if not ((labels >= 0) & test.has_text).any():
        raise InputError(no_labels(test))
    same = shared_texts(pool, test).rows
    near = near_rows(pool.text_column, test.text_column)
    return Shared(len(same), len(np.setdiff1d(near, same)))


def scored_as(workspace: Workspace, ref: CorpusRef) -> ScoreRequest | None:
    """How a data set was scored, so that a part of it is scored alike; None where that was not done with `igse`.

    Raises:
        RequestError: a model in a folder read it, of which the cards know the name alone.
    """
    families = family_of(workspace, ref)
    if "igse" not in families:
        return None
    igse = (workspace.family(ref.id, families["igse"]) or {})["igse"]
    names = {*igse.parameters["components"], *({PREDICTIVE} & families.keys())} & families.keys()
    models = {
        prefix_of(name): (workspace.family(ref.id, families[name]) or {})[name].model for name in names
    }  # fmt: skip
    encoder = models.get("semantic") or models.get("predictive")
    return ScoreRequest(
        tuple(one for one in Entropy if f"{one}_entropy" in names),
        encoder=_asked_for(encoder, resolve_model(BUILTIN).name),
        lm=_asked_for(models.get("generative"), resolve_language_model(BUILTIN).name),
        combine=igse.parameters["rule"],
    )


def _asked_for(named: str | None, builtin: str) -> str:
    """The option that a model on a card stands for."""
    if named in (None, builtin):
        return BUILTIN
    if named is None or "/" not in named:
        raise RequestError(
            f"The data set was scored with {named!r}, a model of your own, and a part of it cannot be scored alike: "
            "give a test set of its own instead of holding rows out."
        )
    return named


def scores_for(
    workspace: Workspace, pool: Corpus, request: StudyRequest, *, on_progress: Progress,
    like: ScoreRequest | None = None,
) -> Scores:  # fmt: skip
    """The scores that the arms read; what is stored is not computed again.

    Args:
        workspace: where the pool is.
        pool: what is chosen from.
        request: the study.
        on_progress: is told where it is.
        like: how the data set was scored that the pool is a part of.

    Raises:
        EudscoreError: something an arm reads cannot be computed for this data set.
    """
    ref = workspace.keep_corpus(pool, listed=False)
    wanted = entropies_lacking(workspace, pool, request)
    if wanted:
        usual = ScoreRequest(wanted, device=request.options.device)
        asked = usual if like is None else replace(like, device=request.options.device)
        score(workspace, ref, asked, on_progress=on_progress)
    elif not latest_scores(workspace, ref).columns:
        score_information(workspace, pool, on_progress)  # the count of words, which every selection carries
    return latest_scores(workspace, ref)


def entropies_lacking(workspace: Workspace, pool: Corpus, request: StudyRequest) -> tuple[Entropy, ...]:
    """What has to be scored before the arms can choose; nothing where all that they read is stored."""
    there = latest_scores(workspace, workspace.keep_corpus(pool, listed=False)).columns
    lacking = {name for arm in all_arms(request).values() for name in _columns(arm)} - set(there)
    if not lacking:
        return ()
    possible = entropies_for(pool)
    named = tuple(one for one in possible if any(name.startswith(one.value) for name in lacking))
    return possible if "igse" in lacking or not named else named


def _columns(arm: SelectionRequest) -> set[str]:
    needs = STRATEGIES[arm.strategy].needs
    names = set(arm.bands) | ({arm.by} if Need.VALUES in needs else set())
    return names | ({PREDICTIVE} if Need.CLASSES in needs else set())


def choose_all(
    workspace: Workspace, pool: Corpus, scores: Scores, request: StudyRequest, trainings: Sequence[Planned],
    *, on_progress: Progress,
) -> Chosen:  # fmt: skip
    """The rows of every training.

    Raises:
        RequestError: a budget leaves an arm fewer than two classes.
    """
    ref = CorpusRef(scores.corpus["id"], scores.corpus["revision"])
    rows: dict[str, Ints] = {}
    seconds: dict[str, float] = dict.fromkeys(all_arms(request), 0.0)
    notes: dict[str, list[str]] = {}
    tokens = StoredMaterials(workspace, ref, scores).tokens
    for one in trainings:
        if one.on_all_rows:
            rows[one.name] = np.arange(len(pool))
            continue
        if one.strategy == BY_LENGTH:
            like = rows[replace(one, strategy=next(iter(request.arms)), draw=0).name]
            rows[one.name] = matched_in_length(tokens, like, one.seed * request.draws + one.draw)
        else:
            began = time.monotonic()
            subset = select(workspace, scores, choice_of(request, one), on_progress=on_progress)
            if subset.selection.drawn:  # then every pair has a draw of its own
                subset = select(workspace, scores, choice_of(request, one, drawn=True), on_progress=on_progress)
            seconds[one.strategy] = max(seconds[one.strategy], time.monotonic() - began)
            rows[one.name] = subset.rows
            notes.setdefault(one.strategy, []).extend(subset.selection.notes)
        _check_classes(pool, one, rows[one.name])
    scoring = {name: scoring_seconds(workspace, ref, arm) for name, arm in all_arms(request).items()}
    free = dict.fromkeys(request.controls, 0.0)
    told = {name: list(dict.fromkeys(lines)) for name, lines in notes.items()} | notes_of_controls(request)
    return Chosen(rows, seconds | free, scoring | free, told)


def _check_classes(pool: Corpus, one: Planned, rows: Ints) -> None:
    if len(np.unique(pool.labels[rows])) < 2:
        raise RequestError(
            f"{one.strategy} at {100 * (one.budget or 1):g} % chose {len(rows):,} rows of fewer than two classes, from "
            "which nothing can be learnt: give a larger budget."
        )
