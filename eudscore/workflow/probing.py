"""Where to put the interval, found out on a few labelled rows: a linear probe on each candidate selection.

At most 200 labelled rows are the dev set. Neither they, nor their near-duplicates where these are known, are among the
rows that a probe is trained on. The rows that a fine-tune holds out to test on stay out of both.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from eudscore.errors import RequestError
from eudscore.records import Band, Bools, Floats, Ints, JsonDict
from eudscore.selection.order import draw_order
from eudscore.selection.part import Part
from eudscore.selection.placing import CENTRES, Verdict, one_standard_error, placed_band
from eudscore.selection.quotas import in_class_shares
from eudscore.selection.recipe import select
from eudscore.selection.request import SelectionRequest, Strategy, Tokens
from eudscore.store.scores import Scores
from eudscore.store.workspace import CorpusRef, Workspace
from eudscore.workflow.materials import StoredMaterials
from eudscore.workflow.profiling import near_duplicates_of
from eudscore.workflow.ranking import provenance_of
from eudscore.workflow.requests import Progress, silent
from eudscore.workflow.submitting import held_out

DEV_ROWS = 200
RANDOM_DRAWS = 3
MOST_ROWS = 10_000  # that one probe is trained on
_DEV_SALT = 0xDE7  # else the dev rows would be the first that a selection takes
_DEV_SHARE = 0.2  # of the labelled rows, at most
_FEWEST = 20  # labelled rows for a dev set that says anything
_STAGE = "Training a probe on each candidate"
_SECONDS_A_CELL = 1.2e-7  # of a fit, for each row, dimension and class; measured on two CPU cores
_SECONDS_TO_START = 5.0


def seconds_of(cells: int) -> float:
    """About how long probes take, start of the process included; cells = rows x dimensions x classes of all of them."""
    return _SECONDS_TO_START + cells * _SECONDS_A_CELL


@dataclass(frozen=True)
class ProbeCost:
    """What a probe takes.

    Attributes:
        dev: labelled rows that are set aside to judge by.
        labels: labelled rows that are read at most, the dev rows among them.
        seconds: about how long it takes on two CPU cores.
    """

    dev: int
    labels: int
    seconds: float


def probe_cost(workspace: Workspace, ref: CorpusRef, request: SelectionRequest) -> ProbeCost:
    """What a probe of this budget would take; nothing is trained.

    Raises:
        RequestError: there are too few labels, or the strategy has no interval.
        WorkspaceError: there are no sentence vectors.
    """
    corpus = workspace.corpus(ref)
    materials = _checked(workspace, ref, request)
    dev, rest = _split(workspace, ref, materials)
    labelled = int((corpus.labels[rest] >= 0).sum())
    rows = min(MOST_ROWS, max(1, round(_share(request, materials) * len(rest))))
    fits = len(CENTRES) + RANDOM_DRAWS
    cells = fits * min(rows, labelled) * materials.vectors.shape[1] * len(corpus.classes)
    seconds = seconds_of(cells)
    return ProbeCost(len(dev), len(dev) + min(labelled, fits * rows), seconds)


def probe_places(
    workspace: Workspace, ref: CorpusRef, scores: Scores, request: SelectionRequest, *, on_progress: Progress = silent
) -> JsonDict:
    """Try the interval at five places, and random selections, on a dev set; returns what was found, as plain JSON.

    Args:
        workspace: where the data set is.
        ref: of the data set.
        scores: its scores.
        request: budget, column, balance and seed; the place of its interval is what is looked for.
        on_progress: is told after each probe.

    Raises:
        RequestError: there are too few labels, or the strategy has no interval.
        WorkspaceError: there are no sentence vectors.
    """
    materials = _checked(workspace, ref, request, scores=scores, on_progress=on_progress)
    dev, rest = _split(workspace, ref, materials)
    share = _share(request, materials)
    bands = [placed_band(centre, share) for centre in CENTRES]
    asked = [replace(request, band=band, budget=share) for band in bands]
    drawn = replace(request, strategy=Strategy.RANDOM, band=None, bands={}, budget=share)
    asked += [replace(drawn, seed=request.seed + number) for number in range(1, RANDOM_DRAWS + 1)]
    part = Part(materials, rest)
    right, read = [], [dev]
    for done, one in enumerate(asked):
        on_progress(_STAGE, done, len(asked))
        rows = rest[select(part, one, provenance_of(materials, one)).rows][:MOST_ROWS]
        rows = rows[materials.corpus.labels[rows] >= 0]
        right.append(right_answers(materials.vectors, materials.corpus.labels, rows, dev))
        read.append(rows)
    on_progress(_STAGE, len(asked), len(asked))
    found = one_standard_error(np.stack(right[: len(CENTRES)]), np.stack(right[len(CENTRES) :]), CENTRES)
    return _result(found, bands, dev, read)


def _checked(
    workspace: Workspace, ref: CorpusRef, request: SelectionRequest, *, scores: Scores | None = None,
    on_progress: Progress | None = None,
) -> StoredMaterials:  # fmt: skip
    if request.strategy is not Strategy.BAND:
        raise RequestError(f"The strategy {request.strategy.value!r} has no interval to place: choose 'band'.")
    corpus = workspace.corpus(ref)
    labelled = int((corpus.labels >= 0).sum())
    if labelled < _FEWEST or len(np.unique(corpus.labels[corpus.labels >= 0])) < 2:
        raise RequestError(
            f"A probe needs at least {_FEWEST} labelled rows of two classes, and there are {labelled:,}: "
            "label more of them, or place the interval by the rule."
        )
    held = Scores({}, np.zeros(len(corpus), dtype=np.int64), {}, {}) if scores is None else scores
    return StoredMaterials(workspace, ref, held, on_progress=on_progress)


def _split(workspace: Workspace, ref: CorpusRef, materials: StoredMaterials) -> tuple[Ints, Ints]:
    """The dev rows, class by class, and the rows that may be selected."""
    corpus = materials.corpus
    tests = held_out(workspace, ref, seed=0).rows
    usable = corpus.has_text.copy()
    if tests is not None:
        usable[tests] = False
    order = draw_order(materials.keys, materials.labels, _DEV_SALT)
    labelled = order[usable[order] & (corpus.labels[order] >= 0)]
    budget = max(1, min(DEV_ROWS, int(_DEV_SHARE * len(labelled))))
    dev = in_class_shares(labelled, corpus.labels, classes=len(corpus.classes), budget=budget)
    dev = dev[np.isfinite(materials.vectors[dev, 0])]  # of all rows this would read the whole file
    usable[dev] = False
    groups = near_duplicates_of(workspace, ref)
    if groups is not None:
        usable &= ~np.isin(groups, np.asarray(groups)[dev])
    return np.sort(dev), np.flatnonzero(usable)


def _share(request: SelectionRequest, materials: StoredMaterials) -> float:
    """The budget as a share of all rows."""
    budget = request.budget
    if isinstance(budget, Tokens):
        total = int(materials.tokens[materials.eligible].sum())
        return min(1.0, budget.count / max(1, total))
    return budget if isinstance(budget, float) else min(1.0, budget / len(materials))


def right_answers(vectors: Floats, labels: Ints, rows: Ints, dev: Ints) -> Bools:
    """(dev,) which dev rows a probe trained on some rows has right."""
    from eudscore.models.one_thread import one_thread
    from eudscore.models.probe import STRENGTH, class_logits, fit

    known = rows[np.isfinite(vectors[rows, 0])]
    classes = np.unique(labels[known])
    if len(classes) < 2:  # it can only say the one class that it knows
        return np.asarray(labels[dev] == (classes[0] if len(classes) else -1))
    with one_thread():
        model = fit(vectors[known], labels[known], STRENGTH)
        logits = class_logits(model, vectors[dev], int(labels.max()) + 1)
    return np.asarray(logits.argmax(axis=1) == labels[dev])


def _result(found: Verdict, bands: Sequence[Band], dev: Ints, read: Sequence[Ints]) -> JsonDict:
    best = None if found.best is None else bands[CENTRES.index(found.best)]
    leading = bands[CENTRES.index(found.leading)]
    return {
        "sentence": _sentence(found, leading, len(dev)),
        "band": None if best is None else [best.lo, best.hi],
        "random": found.random,
        "centres": [
            {"centre": centre, "band": [band.lo, band.hi], "accuracy": accuracy}
            for centre, band, accuracy in zip(CENTRES, bands, found.accuracy, strict=True)
        ],
        "error": found.error, "dev": len(dev), "labels": len(np.unique(np.concatenate(read))),
    }  # fmt: skip


def _sentence(found: Verdict, band: Band, dev: int) -> str:
    leading = found.accuracy[CENTRES.index(found.leading)]
    gain, error = 100 * (leading - found.random), 100 * found.error
    where = f"the interval from {band.lo:.0%} to {band.hi:.0%}"
    if found.best is not None:
        return (
            f"Put {where}: on {dev:,} dev rows it is {gain:.1f} points above random, more than one standard error "
            f"({error:.1f})."
        )
    by = f"{gain:.1f} points above" if gain > 0 else f"{-gain:.1f} points below"
    return (
        f"No place is shown to be better than random: the best, {where}, is {by} random on {dev:,} dev rows, and one "
        f"standard error is {error:.1f}."
    )
