"""A selection from a request, and the recipe that replays it to identical rows."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from eudscore.errors import RequestError
from eudscore.records import Band, Bools, Floats, Ints, JsonDict
from eudscore.selection.band import default_band, holding_band, in_band
from eudscore.selection.budget import any_band, parse_budget, rows_of, whole_number
from eudscore.selection.coverage import WITHOUT_LABELS
from eudscore.selection.pool import Materials, Pool
from eudscore.selection.quantiles import mid_ranks
from eudscore.selection.quotas import capped, shares_in_order, strata_of, take_turns, weights_of
from eudscore.selection.ranking import Ranking
from eudscore.selection.request import Balance, Per, Selection, SelectionRequest, Strategy, Tokens
from eudscore.selection.strategies import (
    STRATEGIES,
    VERSION,
    Need,
    balance_named,
    per_named,
    rank,
    reads_labels,
    strategy_named,
)
from eudscore.selection.written import request_from_json, request_to_json

RECIPE_VERSION = 2
ABSTAIN = 0.3  # share above which nothing is known to beat chance without labels: method, section 4.3


@dataclass(frozen=True)
class Provenance:
    """What a selection was made from.

    Attributes:
        corpus: `Corpus.id`.
        labels: `Corpus.labels_id`.
        cards: name of everything the strategy reads -> key of its card.
        classes: names of the classes; shares are given by them.
    """

    corpus: str
    labels: str
    cards: Mapping[str, str]
    classes: Sequence[str] = ()


def select(
    materials: Materials, request: SelectionRequest, provenance: Provenance, *, ranking: Ranking | None = None
) -> Selection:
    """Choose rows, count what each step left, and write the recipe.

    Without a band the default one of the budget is used, widened until it holds the budget. A band that was
    asked for is kept: if it holds fewer rows than the budget, they are all that is chosen, and
    the last step says so.

    Args:
        materials: of the data set.
        request: what is wanted.
        provenance: what it stands on, for the recipe.
        ranking: what `ranked` made of the same request, where it was kept.

    Raises:
        RequestError: an option is out of its range, nothing is scored, or the band holds no row.
    """
    request = resolved(materials, request, provenance)
    pool = Pool(materials, request.seed)
    found = ranked(materials, request, pool=pool) if ranking is None else ranking
    if request.balance is Balance.AUTO:
        request = replace(request, balance=found.balance if request.per is Per.CLASS else Balance.PROPORTIONAL)
    inside = _inside(materials, request)
    held = found.order[inside[found.order]]
    kept = capped(held, materials.groups, request.group_cap) if request.group_cap is not None else held
    steps = [("all rows", len(pool)), ("with text", int(materials.eligible.sum()))]
    if Need.VALUES in STRATEGIES[request.strategy].needs:
        steps.append(("scored", int((materials.eligible & np.isfinite(materials.column(request.by))).sum())))
    if found.withheld:
        steps.append(("not withheld", len(found.order)))
    if request.band is not None or request.bands:
        steps.append(("in band", len(held)))
    if request.group_cap is not None:
        steps.append(("within the cap", len(kept)))
    if len(kept) == 0:
        raise RequestError(_nothing_left(request, dict(steps)))
    rows = _within_budget(materials, request, provenance, found.order, kept)
    if len(rows) == 0:
        raise RequestError("No row is of a class that has a share of the budget. Give another class a share.")
    written = write_recipe(request, provenance, rows)
    notes = (*found.notes, *_told(materials, request, found, rows))
    return Selection(rows, (*steps, ("budget", len(rows))), written, found.withheld, notes, found.drawn)


def _told(materials: Materials, request: SelectionRequest, found: Ranking, rows: Ints) -> Iterator[str]:
    """What people should know of the budget: a sentence each."""
    budget, n = request.budget, len(materials.eligible)
    if isinstance(budget, Tokens):
        spent = int(materials.tokens[rows].sum())
        if spent > budget.count:
            yield f"The first row alone has {spent:,} tokens, {budget.count:,} were asked for."
        return
    if len(rows) < (wanted := budget if isinstance(budget, int) else rows_of(budget, n)):
        yield f"{wanted:,} rows were asked for, and {len(rows):,} are all that the choice leaves."
    if WITHOUT_LABELS in found.notes and len(rows) > ABSTAIN * n:
        yield (
            f"Without labels and above {ABSTAIN:.0%} no strategy is known to beat a random choice by cluster: choose "
            "`stratified`."
        )


def ranked(materials: Materials, request: SelectionRequest, *, pool: Pool | None = None) -> Ranking:
    """Rows of the corpus by preference, and those that are withheld; it depends on no budget and no band."""
    pool = Pool(materials, request.seed) if pool is None else pool
    found = rank(pool, request, rank_limit(request, len(pool)))
    withheld = {reason: pool.rows(places) for reason, places in found.withheld.items()}
    return replace(found, order=pool.rows(found.order), withheld=withheld)


def rank_limit(request: SelectionRequest, n: int) -> int:
    """How many rows a strategy is to rank: all, or as far as it is worth it: the next tenth of the data set."""
    if not STRATEGIES[request.strategy].limited:
        return n
    wanted = n if isinstance(request.budget, Tokens) else rows_of(request.budget, n)
    tenth = max(1, -(-n // 10))
    return min(n, -(-wanted // tenth) * tenth)


def resolved(materials: Materials, request: SelectionRequest, provenance: Provenance) -> SelectionRequest:
    """The request in plain types, checked, its band made explicit, or without one where the strategy has none.

    Raises:
        RequestError: an option is out of its range.
    """
    request = replace(
        request,
        budget=parse_budget(request.budget),
        strategy=strategy_named(request.strategy),
        balance=balance_named(request.balance),
        per=per_named(request.per),
        seed=whole_number(request.seed, "seed"),
        band=None if request.band is None else any_band(request.band),
        bands={name: any_band(band) for name, band in request.bands.items()},
        group_cap=None if request.group_cap is None else whole_number(request.group_cap, "cap on near-duplicates"),
    )
    if request.strategy is Strategy.STRATIFIED:
        request = replace(request, per=Per.CLUSTER)
    if (request.shares is not None) != (request.balance is Balance.CUSTOM):
        raise RequestError("Shares and the balance 'custom' belong together: give both, or neither.")
    if request.shares is not None:
        shares_in_order(request.shares, _names(materials, request, provenance), request.per.value)
    if request.group_cap is not None and request.group_cap < 1:
        raise RequestError(f"A cap of {request.group_cap} near-duplicates leaves nothing: give at least 1, or none.")
    if request.strategy is not Strategy.BAND:
        if request.band is not None:
            raise RequestError(
                f"The strategy {request.strategy.value!r} has no band: leave the band out, or use the strategy 'band'."
            )
        return request
    if request.band is not None:
        return request
    n = len(materials.eligible)
    rows = _rows_wanted(materials, request.budget, n)
    return replace(request, band=holding_band(_quantiles(materials, request.by), default_band(rows / n), rows))


def write_recipe(request: SelectionRequest, provenance: Provenance, rows: Ints) -> JsonDict:
    """All that decides the rows, as plain JSON, with a digest of the rows to check a replay against."""
    return {
        "version": RECIPE_VERSION,
        "kind": "selection",
        "strategies": VERSION,
        "corpus": provenance.corpus,
        "labels": provenance.labels,
        "cards": dict(provenance.cards),
        **request_to_json(request),
        "chosen": {"rows": len(rows), "digest": digest_of(rows)},
    }


def request_from_recipe(recipe: Mapping[str, Any]) -> SelectionRequest:
    """The request that a recipe holds.

    Raises:
        RequestError: it is not a recipe, one of another version than this one reads, or a value is out of its range.
    """
    version = recipe.get("version")
    if recipe.get("kind") != "selection" or not isinstance(version, int):
        raise RequestError("This is not a selection recipe. Give the file that `eudscore select --recipe` wrote.")
    if version != RECIPE_VERSION:
        remedy = "Update eudscore, or select anew." if version > RECIPE_VERSION else "Select anew."
        there = f"The recipe is of version {version}, this eudscore reads version {RECIPE_VERSION}."
        raise RequestError(f"{there} {remedy}")
    if recipe.get("strategies") != VERSION:
        raise RequestError(
            f"The recipe was written with version {recipe.get('strategies')} of the strategies, this eudscore has "
            f"version {VERSION}, which may take other rows. Replay it with the eudscore that wrote it "
            f"({recipe.get('eudscore', 'unknown')}), or select anew."
        )
    return request_from_json(recipe)


def check_provenance(recipe: Mapping[str, Any], provenance: Provenance) -> None:
    """Make sure that a recipe meets the data it was written for.

    Raises:
        RequestError: texts, labels or scores are others.
    """
    parts = [("texts", recipe.get("corpus"), provenance.corpus)]
    if reads_labels(request_from_json(recipe)):
        parts.append(("labels", recipe.get("labels"), provenance.labels))
    cards = recipe.get("cards")
    named = cards if isinstance(cards, Mapping) else {}
    parts += [(f"scores ({name})", named.get(name), key) for name, key in provenance.cards.items()]
    for what, there, here in parts:
        if there != here:
            raise RequestError(
                f"The recipe was written for other {what} ({there}) than these ({here}). "
                f"Use it with the {what} it was written for, or select anew."
            )
    if lacking := sorted(named.keys() - provenance.cards.keys()):
        raise RequestError(
            f"The recipe was written with {lacking[0]!r}, which is not among these scores. Score it, or select anew."
        )


def digest_of(rows: Ints) -> str:
    """First 16 hex digits of the SHA-256 of the rows in order of choice."""
    return hashlib.sha256(np.ascontiguousarray(rows, dtype="<i8").tobytes()).hexdigest()[:16]


def strata(materials: Materials, request: SelectionRequest, named: int) -> Ints:
    """(n,) what shares the budget: class or cluster of each row, all the same without balance.

    Args:
        materials: of the data set.
        request: with its balance.
        named: how many classes or clusters there are; rows of none are the stratum after them.
    """
    by = materials.clusters if request.per is Per.CLUSTER and request.balance is not Balance.NONE else materials.labels
    return strata_of(by, len(materials.eligible), request.balance, named=named)


def _within_budget(
    materials: Materials, request: SelectionRequest, provenance: Provenance, order: Ints, kept: Ints
) -> Ints:  # fmt: skip
    """The first of each stratum in turn, until the budget is spent; shares are those of the ranked rows."""
    names = _names(materials, request, provenance)
    of = strata(materials, request, len(names))
    candidates = np.zeros(len(of), dtype=np.bool_)
    candidates[order] = True
    if Need.VALUES in STRATEGIES[request.strategy].needs:
        candidates &= np.isfinite(materials.column(request.by))
    shares = None if request.shares is None else shares_in_order(request.shares, names, request.per.value)
    labelled = request.per is Per.CLUSTER or materials.labels is not None
    weights = weights_of(of, candidates, request.balance, named=len(names) if labelled else 1, shares=shares)
    budget = request.budget
    most = len(kept) if isinstance(budget, Tokens) else rows_of(budget, len(of))
    rows = take_turns(kept, of, weights, budget=most, at_least_one=request.at_least_one)
    if isinstance(budget, Tokens):
        spent = np.cumsum(materials.tokens[rows])
        rows = rows[: max(1, int(np.searchsorted(spent, budget.count, side="right")))]
    return rows


def _names(materials: Materials, request: SelectionRequest, provenance: Provenance) -> Sequence[str]:
    if request.balance is Balance.NONE:
        return ["all"]
    if request.per is Per.CLASS:
        return provenance.classes
    return [str(number) for number in range(int(materials.clusters.max(initial=-1)) + 1)]


def _rows_wanted(materials: Materials, budget: float | int | Tokens, n: int) -> int:
    """About how many rows a budget is."""
    if not isinstance(budget, Tokens):
        return rows_of(budget, n)
    mean = materials.tokens[materials.eligible].mean() if materials.eligible.any() else 1.0
    return min(n, max(1, int(budget.count / max(1.0, float(mean)))))


def _quantiles(materials: Materials, column: str) -> Floats:
    """(n,) float32 mid-ranks among all rows with a value; nan for a row that may not be chosen."""
    values = np.asarray(materials.column(column), dtype=np.float32)
    return np.where(materials.eligible, mid_ranks(values), np.float32(np.nan))


def _inside(materials: Materials, request: SelectionRequest) -> Bools:
    """(n,) which rows are in every interval of the request."""
    inside = materials.eligible.copy()
    bands = dict(request.bands)
    if request.band is not None:
        inside &= in_band(_quantiles(materials, request.by), request.band)
    for column, band in bands.items():
        inside &= in_band(_quantiles(materials, column), band)
    return inside


def _nothing_left(request: SelectionRequest, left: Mapping[str, int]) -> str:
    if left["with text"] == 0:
        return "No row has a text to choose. Check which column holds the text."
    if left.get("scored") == 0:
        return (
            f"No row has a value of {request.by} (its card says why): select by another column, such as "
            "information_entropy, or score the data with more entropies."
        )
    if left.get("not withheld", 1) == 0:
        return f"The strategy {request.strategy.value!r} withholds every row. Choose another one."
    if request.band is None and not request.bands:
        return f"The strategy {request.strategy.value!r} has ranked no row. Let it rank again, or choose another one."
    if request.bands:
        return f"No row is in all {len(request.bands) + 1} intervals. Widen one of them, or leave it out."
    band = request.band or Band(0, 1)
    return (
        f"The band {band.lo:g}:{band.hi:g} of {request.by} holds none of the {left['scored']:,} scored rows. "
        "Widen it, or leave it out for the default band."
    )
