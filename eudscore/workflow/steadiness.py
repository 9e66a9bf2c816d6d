"""How much a selection owes to chance: it is made again under other seeds, from other rows and by other scores.

- seeds: the same request with each of the next five seeds, which decide between rows that are equally good;
- rows: as many rows as there are with a text are drawn with replacement, five times, and the request is run on the
  distinct ones, about 63 % of them, with the same share as budget. Scores, vectors, clusters and classes are those of
  the whole data set; quantiles, quotas and the ranking are anew;
- scores: the same request by each of the other entropies, where its strategy reads one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

import numpy as np

from eudscore.errors import WorkspaceError
from eudscore.records import Floats, Ints, JsonDict
from eudscore.selection.part import Part
from eudscore.selection.recipe import select
from eudscore.selection.request import SelectionRequest, Tokens
from eudscore.selection.stability import resample, shares_in, stability, stability_of_parts, undecided
from eudscore.selection.strategies import STRATEGIES, Need
from eudscore.store.arrays import open_array, save_array
from eudscore.store.scores import Scores
from eudscore.store.workspace import CorpusRef, Workspace
from eudscore.workflow.materials import StoredMaterials
from eudscore.workflow.ranking import provenance_of, rank_anew
from eudscore.workflow.requests import Progress, silent

REPEATS = 5
_SHARES = "shares.npy"
_STAGE = "Selecting again"


class Kind(StrEnum):
    """What is changed from one run to the next."""

    SEEDS = "seeds"
    ROWS = "rows"
    SCORES = "scores"


@dataclass(frozen=True)
class Variant:
    """One run.

    Attributes:
        kind: what is changed.
        request: what is asked for.
        part: seed of the rows that are drawn; None = all rows.
    """

    kind: Kind
    request: SelectionRequest
    part: int | None = None


def variants_of(request: SelectionRequest, columns: Sequence[str]) -> list[Variant]:
    """The runs that a selection is compared with.

    Args:
        request: of the selection.
        columns: the scores there are.
    """
    found = [Variant(Kind.SEEDS, replace(request, seed=request.seed + number)) for number in range(1, REPEATS + 1)]
    found += [Variant(Kind.ROWS, request, part) for part in range(REPEATS)]
    if Need.VALUES in STRATEGIES[request.strategy].needs:
        others = [name for name in columns if name != request.by and _is_entropy(name)]
        found += [Variant(Kind.SCORES, replace(request, by=name)) for name in sorted(others)]
    return found


def steadiness(
    workspace: Workspace, ref: CorpusRef, scores: Scores, request: SelectionRequest, out: Path,
    *, on_progress: Progress = silent,
) -> JsonDict:  # fmt: skip
    """Make a selection again and again; how often each row was in is kept in a folder.

    Args:
        workspace: where the data set is.
        ref: of the data set.
        scores: its scores.
        request: of the selection.
        out: an existing folder.
        on_progress: is told after each run.

    Raises:
        EudscoreError: the request cannot be met.
    """
    materials = StoredMaterials(workspace, ref, scores, on_progress=on_progress)
    variants = variants_of(request, list(scores.columns))
    on_progress(_STAGE, 0, len(variants) + 1)
    first = _run(materials, Variant(Kind.SEEDS, request))
    runs: dict[Kind, list[tuple[Ints, Ints | None]]] = {}
    for done, variant in enumerate(variants, 1):
        on_progress(_STAGE, done, len(variants) + 1)
        runs.setdefault(variant.kind, []).append(_run(materials, variant))
    on_progress(_STAGE, len(variants) + 1, len(variants) + 1)
    n, pool = len(materials), np.flatnonzero(materials.eligible)
    numbers = {kind: _agreement([first, *some], pool, n) for kind, some in runs.items()}
    every = [first, *(run for some in runs.values() for run in some)]
    shares = shares_in([rows for rows, _ in every], [pool if part is None else part for _, part in every], n)
    save_array(out / _SHARES, shares)
    return {
        "stability": float(min(numbers.values())),
        "kinds": [{"kind": kind.value, "runs": len(runs[kind]), "stability": numbers[kind]} for kind in numbers],
        "runs": len(every), "always": int((shares == 1).sum()), "at_times": len(undecided(shares)),
    }  # fmt: skip


def shares_of(folder: Path) -> Floats:
    """(n,) how often each row was in, as `steadiness` kept it; nan for a row that was never to be had.

    Raises:
        WorkspaceError: it is gone.
    """
    try:
        return np.asarray(open_array(folder / _SHARES), dtype=np.float32)
    except FileNotFoundError as error:
        raise WorkspaceError(f"{folder / _SHARES} was removed: measure the stability again.") from error


def _run(materials: StoredMaterials, variant: Variant) -> tuple[Ints, Ints | None]:
    """The rows that one run keeps, and those it could choose from; None = all."""
    provenance = provenance_of(materials, variant.request)
    if variant.part is None:
        ranking = rank_anew(materials, variant.request)
        return select(materials, variant.request, provenance, ranking=ranking).rows, None
    rows = resample(np.flatnonzero(materials.eligible), variant.part)
    budget = _scaled(variant.request.budget, len(rows), len(materials))
    part, asked = Part(materials, rows), replace(variant.request, budget=budget)
    found = select(part, asked, provenance, ranking=rank_anew(part, asked)).rows
    return rows[found], rows


def _scaled(budget: float | int | Tokens, part: int, n: int) -> float | int | Tokens:
    """The same share of fewer rows."""
    count = budget.count if isinstance(budget, Tokens) else budget
    if isinstance(budget, float):
        count = budget * n
    scaled = max(1, round(count * part / n))
    return Tokens(scaled) if isinstance(budget, Tokens) else min(scaled, part)


def _agreement(runs: Sequence[tuple[Ints, Ints | None]], eligible: Ints, n: int) -> float:
    """Stability of some runs among the rows that may be chosen."""
    if any(part is not None for _, part in runs):
        return stability_of_parts([rows for rows, _ in runs], [eligible if p is None else p for _, p in runs], n)
    kept = np.zeros((len(runs), n), dtype=np.bool_)
    for mask, (rows, _) in zip(kept, runs, strict=True):
        mask[rows] = True
    return stability(kept[:, eligible])


def _is_entropy(name: str) -> bool:
    return name == "igse" or name.endswith("_entropy")


def cost_of(request: SelectionRequest, columns: Sequence[str], seconds: float) -> tuple[int, float]:
    """How many runs, and about how many seconds they take by what one selection took."""
    runs = len(variants_of(request, columns)) + 1
    return runs, runs * seconds
