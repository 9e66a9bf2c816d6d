"""The accuracy to expect at other budgets, told from a few linear probes on small selections of this data set.

A fifth of the labelled rows is held out to test on, three times another one; what is selected comes from the rest. The
probe is logistic regression on the frozen sentence vectors, so the forecast is of such a probe: a fine-tune usually
reaches more, and gains less from a selection.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from eudscore.errors import RequestError
from eudscore.records import Ints, JsonDict
from eudscore.selection.order import draw_order
from eudscore.selection.part import Part
from eudscore.selection.quotas import in_class_shares
from eudscore.selection.recipe import select
from eudscore.selection.request import Balance, SelectionRequest, Strategy
from eudscore.store.scores import Scores
from eudscore.store.workspace import CorpusRef, Workspace
from eudscore.study.forecast import LEVEL, TOO_FAR, Forecast, forecast
from eudscore.study.probes import Probes
from eudscore.workflow.materials import StoredMaterials
from eudscore.workflow.probing import right_answers, seconds_of
from eudscore.workflow.ranking import provenance_of, rank_anew
from eudscore.workflow.requests import Progress, silent

DRAWS = 3  # other fifths that are held out
SIZES = 4  # each twice the one before
HELD_OUT = 0.2
LARGEST = 4_000  # rows of a probe, beyond which one takes long
_FEWEST_OF_CLASS = 2  # rows, on average, of the smallest probe
_FEWEST = 20
_POINTS = 40  # of the curve that is drawn
_SALT = 0xF0CA
_CHANCE = SelectionRequest(1.0, strategy=Strategy.RANDOM, balance=Balance.NONE)


@dataclass(frozen=True)
class ForecastPlan:
    """What a forecast is to train.

    Attributes:
        sizes: rows of the probes, ascending.
        held_out: rows that each is tested on, about.
        furthest: rows up to which it tells.
        seconds: about how long it takes on two CPU cores.
    """

    sizes: tuple[int, ...]
    held_out: int
    furthest: int
    seconds: float


def forecast_plan(workspace: Workspace, ref: CorpusRef) -> ForecastPlan:
    """What a forecast would take; nothing is trained.

    Raises:
        RequestError: there are too few labels for three sizes.
        WorkspaceError: there are no sentence vectors.
    """
    corpus = workspace.corpus(ref)
    classes = max(2, len(corpus.classes))
    labelled = int(((corpus.labels >= 0) & corpus.has_text).sum())
    held_out = int(HELD_OUT * labelled)
    pool = labelled - held_out
    least = max(_FEWEST, _FEWEST_OF_CLASS * classes)
    largest = min(LARGEST, max(pool // TOO_FAR, least * 2 ** (SIZES - 1)), pool // 2)
    sizes = tuple(largest >> step for step in reversed(range(SIZES)))
    if sizes[0] < least // 2 or len(np.unique(corpus.labels[corpus.labels >= 0])) < 2:
        raise RequestError(
            f"A forecast needs at least {2 * least * 2 ** (SIZES - 2):,} labelled rows of two classes or more, and "
            f"{corpus.name} has {labelled:,} of {len(corpus.classes):,} classes: label more of them."
        )
    width = StoredMaterials(workspace, ref, _no_scores(len(corpus))).vectors.shape[1]
    cells = 2 * DRAWS * sum(sizes) * width * classes
    return ForecastPlan(sizes, held_out, min(pool, TOO_FAR * largest), seconds_of(cells))


def forecast_accuracy(
    workspace: Workspace, ref: CorpusRef, scores: Scores, request: SelectionRequest, *, on_progress: Progress = silent
) -> JsonDict:
    """Train the probes of a selection and of random subsets, and forecast both; plain JSON.

    Args:
        workspace: where the data set is.
        ref: of the data set.
        scores: its scores.
        request: how rows are chosen; its budget does not matter.
        on_progress: is told after each probe.

    Returns:
        `rows` (of the pool), `sizes`, and for `selection` and `random` the probes' accuracies, the curve (`at` rows,
        `accuracy`, `low`, `high`), its `law` and its `note`.

    Raises:
        RequestError: there are too few labels.
        WorkspaceError: there are no sentence vectors.
    """
    plan = forecast_plan(workspace, ref)
    materials = StoredMaterials(workspace, ref, scores, on_progress=on_progress)
    arms = {"selection": request, "random": _CHANCE}
    found: dict[str, list[tuple[int, float]]] = {name: [] for name in arms}
    most = dict.fromkeys(arms, plan.furthest)
    done, total = 0, DRAWS * len(arms) * len(plan.sizes)
    for draw in range(DRAWS):
        tested, rest = _split(materials, draw)
        if len(rest) < plan.sizes[-1]:
            raise RequestError(
                f"All but {len(rest):,} of the labelled rows are near-duplicates of those held out to test on, and a "
                f"forecast needs {plan.sizes[-1]:,}: remove repetitions, or give more data."
            )
        part = Part(materials, rest)
        for name, arm in arms.items():
            nested = list(_nested(part, materials, replace(arm, seed=arm.seed + draw), (*plan.sizes, len(rest))))
            most[name] = min(most[name], len(nested[-1]))
            for size, rows in zip(plan.sizes, nested, strict=False):
                on_progress("Training small probes", done, total)
                if len(rows) == size:  # else the choice leaves no more, and a larger one is no probe
                    found[name].append((size, _accuracy(materials, rest[rows], tested)))
                done += 1
    on_progress("Training small probes", done, total)
    classes = len(materials.corpus.classes)
    told = {name: _told(runs, most[name], classes) for name, runs in found.items()}
    return {"rows": len(rest), "sizes": list(plan.sizes), "level": LEVEL, **told}


def _split(materials: StoredMaterials, draw: int) -> tuple[Ints, Ints]:
    """A fifth of the labelled rows to test on, class by class, and the other labelled rows."""
    corpus = materials.corpus
    order = draw_order(materials.keys, materials.labels, _SALT + draw)
    known = (corpus.labels >= 0) & corpus.has_text & np.isfinite(np.asarray(materials.vectors[:, 0]))
    usable = order[known[order]]
    budget = max(1, int(HELD_OUT * len(usable)))
    tested = in_class_shares(usable, corpus.labels, classes=len(corpus.classes), budget=budget)
    groups = materials.groups
    apart = ~np.isin(groups[usable], groups[tested])
    return tested, np.sort(usable[apart])


def _nested(
    part: Part, materials: StoredMaterials, request: SelectionRequest, sizes: Sequence[int]
) -> Iterator[Ints]:  # fmt: skip
    """The selections of some sizes, from one ranking."""
    provenance = provenance_of(materials, request)
    ranking = rank_anew(part, replace(request, budget=sizes[-1]))
    for size in sizes:
        yield select(part, replace(request, budget=size), provenance, ranking=ranking).rows


def _accuracy(materials: StoredMaterials, rows: Ints, tested: Ints) -> float:
    return float(right_answers(materials.vectors, materials.corpus.labels, rows, tested).mean())


def _told(runs: Sequence[tuple[int, float]], most: int, classes: int) -> JsonDict:
    """A forecast from its probes up to the most rows that the choice leaves, or why there is none."""
    sizes, accuracies = np.array([size for size, _ in runs]), np.array([value for _, value in runs])
    told: JsonDict = {"probes": [[int(size), float(value)] for size, value in runs]}
    try:
        found = forecast(Probes(sizes, accuracies, classes))
    except RequestError as error:  # the choice is used up before three sizes
        return {**told, "note": str(error)}
    return {**told, **_curve(found, most), "note": found.oddity}


def _curve(found: Forecast, furthest: int) -> dict[str, Any]:
    last = min(furthest, found.furthest)
    at = np.unique(np.geomspace(found.probes.steps[0], last, _POINTS).round().astype(np.int64))
    expected = found.at(at)
    return {
        "at": at.tolist(), "accuracy": expected.accuracy.tolist(), "low": expected.low.tolist(),
        "high": expected.high.tolist(), "law": list(found.law),
    }  # fmt: skip


def expected_at(told: JsonDict, rows: int) -> tuple[float, float, float] | None:
    """Accuracy and the ends of its interval at a number of rows, from what was stored; None where it does not tell."""
    at = told.get("at")
    if not at or not at[0] <= rows <= at[-1]:
        return None
    place = np.log(rows)
    value, low, high = (float(np.interp(place, np.log(at), told[name])) for name in ("accuracy", "low", "high"))
    return value, low, high


def _no_scores(n: int) -> Scores:
    return Scores({}, np.zeros(n, dtype=np.int64), {}, {})
