"""A selection from a request, and the recipe that replays it to identical rows."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from eudscore.errors import RequestError
from eudscore.records import Balance, Band, Ints, JsonDict, Selection, SelectionRequest, Strategy
from eudscore.selection.band import default_band, holding_band, in_band
from eudscore.selection.budget import checked_band, parse_budget, rows_of
from eudscore.selection.strategies import STRATEGIES, Draw, SelectionInputs, balance_named, strategy_named

RECIPE_VERSION = 1


@dataclass(frozen=True)
class Provenance:
    """What a selection was made from.

    Attributes:
        corpus: `Corpus.id`.
        labels: `Corpus.labels_id`; balance depends on it.
        card: `Card.key` of the column the request names in `by`.
    """

    corpus: str
    labels: str
    card: str


def select(inputs: SelectionInputs, request: SelectionRequest, provenance: Provenance) -> Selection:
    """Choose rows, count what each step left, and write the recipe.

    Without a band the default one of the budget is used, widened until it holds the budget. A band that was
    asked for is kept: if it holds fewer rows than the budget, they are all that is chosen, and
    the last step says so.

    Raises:
        RequestError: an option is out of its range, nothing is scored, or the band holds no row.
    """
    rows_asked = rows_of(request.budget, len(inputs.values))
    request = _resolved(inputs, request, rows_asked)
    steps = _steps(inputs, request)
    if steps[-1][1] == 0:
        raise RequestError(_nothing_left(request, steps))
    draw = Draw(rows_asked, request.band or Band(0, 1), request.balance, request.seed)
    rows = STRATEGIES[request.strategy](inputs, draw)
    return Selection(rows, (*steps, ("budget", len(rows))), write_recipe(request, provenance, rows))


def write_recipe(request: SelectionRequest, provenance: Provenance, rows: Ints) -> JsonDict:
    """All that decides the rows, as plain JSON, with a digest of the rows to check a replay against."""
    return {
        "version": RECIPE_VERSION,
        "kind": "selection",
        "corpus": provenance.corpus,
        "labels": provenance.labels,
        "card": provenance.card,
        "budget": request.budget,
        "by": request.by,
        "strategy": request.strategy.value,
        "band": [request.band.lo, request.band.hi] if request.band else None,
        "balance": request.balance.value,
        "seed": request.seed,
        "chosen": {"rows": len(rows), "digest": digest_of(rows)},
    }


def request_from_recipe(recipe: Mapping[str, Any]) -> SelectionRequest:
    """The request that a recipe holds.

    Raises:
        RequestError: it is not a recipe, a newer one than this version reads, or a value is out of its range.
    """
    version = recipe.get("version")
    if recipe.get("kind") != "selection" or not isinstance(version, int):
        raise RequestError("This is not a selection recipe. Give the file that `eudscore select --recipe` wrote.")
    if version > RECIPE_VERSION:
        raise RequestError(
            f"The recipe is of version {version}, this eudscore reads up to {RECIPE_VERSION}. "
            "Update eudscore, or select anew."
        )
    try:
        lo_hi = recipe["band"]
        return SelectionRequest(
            budget=parse_budget(recipe["budget"]),
            by=str(recipe["by"]),
            strategy=strategy_named(recipe["strategy"]),
            band=None if lo_hi is None else checked_band(Band(float(lo_hi[0]), float(lo_hi[1]))),
            balance=balance_named(recipe["balance"]),
            seed=int(recipe["seed"]),
        )
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise RequestError(
            f"The recipe cannot be read at {error}. Give the file as `eudscore select --recipe` wrote it."
        ) from error


def check_provenance(recipe: Mapping[str, Any], provenance: Provenance) -> None:
    """Make sure that a recipe meets the data it was written for.

    Raises:
        RequestError: texts, scores, or (where the recipe balances classes) labels are others.
    """
    parts = [("corpus", provenance.corpus, "texts"), ("card", provenance.card, "scores")]
    if recipe.get("balance") == Balance.PROPORTIONAL:
        parts.append(("labels", provenance.labels, "labels"))
    for key, here, what in parts:
        if recipe.get(key) != here:
            raise RequestError(
                f"The recipe was written for other {what} ({recipe.get(key)}) than these ({here}). "
                f"Use it with the {what} it was written for, or select anew."
            )


def digest_of(rows: Ints) -> str:
    """First 16 hex digits of the SHA-256 of the rows in order of choice."""
    return hashlib.sha256(np.ascontiguousarray(rows, dtype="<i8").tobytes()).hexdigest()[:16]


def _resolved(inputs: SelectionInputs, request: SelectionRequest, rows: int) -> SelectionRequest:
    """The request in plain types, its band made explicit, or without one where the strategy has none."""
    request = replace(
        request,
        budget=parse_budget(request.budget),
        strategy=strategy_named(request.strategy),
        balance=balance_named(request.balance),
        seed=int(request.seed),
    )
    if request.strategy is not Strategy.BAND:
        return replace(request, band=None)
    if request.band is not None:
        return replace(request, band=checked_band(request.band))
    band = default_band(rows / len(inputs.values))
    return replace(request, band=holding_band(inputs.quantiles, band, rows))


def _steps(inputs: SelectionInputs, request: SelectionRequest) -> tuple[tuple[str, int], ...]:
    steps = [("all rows", len(inputs.values)), ("with text", int(inputs.eligible.sum()))]
    if request.strategy is not Strategy.RANDOM:
        steps.append(("scored", int(inputs.choosable.sum())))
    if request.band is not None:
        steps.append(("in band", int(in_band(inputs.quantiles, request.band).sum())))
    return tuple(steps)


def _nothing_left(request: SelectionRequest, steps: tuple[tuple[str, int], ...]) -> str:
    left = dict(steps)
    if left["with text"] == 0:
        return "No row has a text to choose. Check which column holds the text."
    if left["scored"] == 0:
        return (
            f"No row has a value of {request.by} (its card says why): select by another column, such as "
            "information_entropy, or score the data with more entropies."
        )
    band = request.band or Band(0, 1)
    return (
        f"The band {band.lo:g}:{band.hi:g} of {request.by} holds none of the {left['scored']:,} scored rows. "
        "Widen it, or leave it out for the default band."
    )
