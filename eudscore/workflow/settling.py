"""A look before the default selector is trusted: does covering beat a random choice on held-out rows of this pool?"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from eudscore.models.one_thread import one_thread_each
from eudscore.models.probe import fit
from eudscore.records import Bools, Floats, Ints
from eudscore.selection.pool import Materials, Pool
from eudscore.selection.ranking import Ranking
from eudscore.selection.recipe import Provenance, ranked, select
from eudscore.selection.request import Balance, SelectionRequest, Strategy

SHARE = 0.16  # at which the ways are compared: one ranking then serves every budget
FIFTHS, HELD_OUT = 5, 2  # the pool falls into five parts, two of which are held out in turn
PROBE_ROWS = 20_000  # no more rows are looked at, so that the cost does not grow with the data
STRENGTH = 1.0  # inverse of the L2 penalty, scikit-learn's standard
_FEWEST = 50  # labelled rows


@dataclass(frozen=True, eq=False)
class Part:
    """`selection.pool.Materials` of which only some rows may be chosen."""

    whole: Materials
    eligible: Bools

    def __getattr__(self, name: str) -> Any:
        return getattr(self.whole, name)


def settle(materials: Materials, request: SelectionRequest, found: Ranking) -> Ranking:
    """The ranking, with the shares that do best on held-out rows, or a random one where that does better.

    Two fifths of the labelled rows are held out in turn. On each, a linear probe on frozen vectors trained on 16 % of
    the rest is compared for covering with shares by the square root of the size of the classes, covering with
    proportional shares, and a random choice by class. The first stays unless another is better by more than a
    standard error of the paired difference. It is there for data whose classes overlap so much that to shift shares,
    or to withhold what is doubted, costs accuracy; no test set is read.

    Args:
        materials: of the data set; near-duplicates are held out together.
        request: of the strategy `coverage`.
        found: its ranking.

    Returns:
        The same where there are no labels, or too few to tell.

    Raises:
        WorkspaceError: there are no vectors.
    """
    labels = materials.labels
    if labels is None or found.balance is not Balance.ROOT:
        return found
    order = Pool(materials, request.seed).order
    looked_at = order[(labels >= 0)[order] & materials.eligible[order]][:PROBE_ROWS]
    if len(looked_at) < _FEWEST:
        return found
    fifth = np.full(len(labels), -1)
    _, first, group = np.unique(materials.groups[looked_at], return_index=True, return_inverse=True)
    fifth[looked_at] = np.argsort(np.argsort(first))[group] % FIFTHS
    ways = {
        Balance.ROOT: replace(request, balance=Balance.ROOT),
        Balance.PROPORTIONAL: replace(request, balance=Balance.PROPORTIONAL),
        Balance.AUTO: replace(request, strategy=Strategy.RANDOM, balance=Balance.PROPORTIONAL),
    }
    hits: dict[Balance, list[Floats]] = {way: [] for way in ways}
    for held_out in range(HELD_OUT):
        part = Part(materials, (fifth >= 0) & (fifth != held_out))
        tested = np.flatnonzero(fifth == held_out)
        trained = {way: _chosen(part, asked) for way, asked in ways.items()}
        if len(tested) == 0 or any(len(np.unique(labels[rows])) < 2 for rows in trained.values()):
            return found
        answers = one_thread_each(lambda rows: _hits(materials, labels, rows, tested), list(trained.values()))  # noqa: B023
        for way, hit in zip(trained, answers, strict=True):
            hits[way].append(hit)
    return _settled(materials, request, found, {way: np.concatenate(parts) for way, parts in hits.items()})


def _chosen(part: Part, asked: SelectionRequest) -> Ints:
    """16 % of the rows that are not held out."""
    budget = max(2, round(SHARE * int(part.eligible.sum())))
    asked = replace(asked, budget=budget, group_cap=None, bands={}, shares=None)
    return select(part, asked, Provenance("", "", {}), ranking=ranked(part, asked)).rows


def _hits(materials: Materials, labels: Ints, rows: Ints, tested: Ints) -> Floats:
    """(t,) 1 where a probe that was trained on some rows is right."""
    vectors = materials.vectors
    model = fit(np.nan_to_num(np.asarray(vectors[rows])), labels[rows], STRENGTH)
    return np.asarray(model.predict(np.nan_to_num(np.asarray(vectors[tested]))) == labels[tested], dtype=np.float32)


def _settled(
    materials: Materials, request: SelectionRequest, found: Ranking, hits: dict[Balance, Floats]
) -> Ranking:  # fmt: skip
    means = {way: float(hit.mean()) for way, hit in hits.items()}
    best = max(means, key=lambda way: means[way])  # of equals the first
    gain = hits[best] - hits[Balance.ROOT]
    if best is Balance.ROOT or gain.mean() <= gain.std() / len(gain) ** 0.5:
        return found
    told = (
        f"On held-out rows of this data set a probe trained on {SHARE:.0%} of them was right for {means[best]:.1%} "
        f"against {means[Balance.ROOT]:.1%} with classes evened out"
    )
    if best is Balance.PROPORTIONAL:
        return replace(found, balance=best, notes=(*found.notes, f"{told}: classes keep their shares."))
    drawn = ranked(materials, replace(request, strategy=Strategy.RANDOM))
    notes = (*found.notes, f"{told}: rows are drawn at random by class.")
    return replace(drawn, withheld={}, notes=notes, drawn=True)
