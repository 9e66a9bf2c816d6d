"""What the map component is given: addresses of columns, and where a person begins."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from eudscore.records import Band
from eudscore.selection.request import Balance, Per, Strategy
from eudscore.selection.strategies import STRATEGIES, Need


class Way(StrEnum):
    """How budget and interval are tied."""

    INSIDE = "inside"  # the budget is drawn inside of a wider interval
    BUDGET = "budget"  # the interval is solved to hold just the budget
    INTERVAL = "interval"  # the budget is whatever the interval holds


class OrderFrom(StrEnum):
    """Where the browser gets the order of preference from."""

    DRAW = "draw"
    HIGHEST = "highest"  # of the column
    LOWEST = "lowest"
    LONGEST = "longest"
    RANKING = "ranking"  # of the server


_LABELS = {
    Strategy.COVERAGE: "Coverage",
    Strategy.BAND: "EUDS interval",
    Strategy.RANDOM: "Random",
    Strategy.STRATIFIED: "Random by cluster",
    Strategy.FACILITY: "Facility location",
    Strategy.CCS: "Coverage of score bins",
    Strategy.D2: "D2 pruning",
    Strategy.TYPICAL: "Most typical",
    Strategy.MODERATE: "Moderate",
    Strategy.BADGE: "BADGE",
    Strategy.KCENTER: "Farthest first",
    Strategy.TOP: "Highest score",
    Strategy.BOTTOM: "Lowest score",
    Strategy.LONGEST: "Longest texts",
}
_ORDERS = {
    Strategy.BAND: OrderFrom.DRAW,
    Strategy.RANDOM: OrderFrom.DRAW,
    Strategy.STRATIFIED: OrderFrom.DRAW,
    Strategy.TOP: OrderFrom.HIGHEST,
    Strategy.BOTTOM: OrderFrom.LOWEST,
    Strategy.LONGEST: OrderFrom.LONGEST,
}


@dataclass(frozen=True)
class ExplorerColumn:
    """A column to colour by and to put an interval on.

    Attributes:
        name: as the page knows it.
        label: as people read it.
        unit: beside the figures, `nats`; empty for none.
        values_url: (n,) float32, nan = no value.
        quantiles_url: (n,) float32 mid-ranks in [0, 1], nan = no value.
    """

    name: str
    label: str
    unit: str
    values_url: str
    quantiles_url: str


@dataclass(frozen=True)
class MapRegion:
    """A name at a place in the units of the layout; the finer its level, the closer one must be to see it."""

    label: str
    x: float
    y: float
    level: int = 0


@dataclass(frozen=True)
class ExplorerStrategy:
    """A strategy as the chooser shows it; see `strategies.Describing`.

    Attributes:
        name: of `Strategy`.
        label: as people read it.
        loses: when it is worse than random, a frank line.
        cost: how its time grows.
        source: who says so.
        order: where the browser gets its order from.
        banded: whether it has an interval of the column.
        valued: whether it reads the column, so that rows without a value count nothing.
        clustered: whether clusters share its budget, not classes.
    """

    name: str
    label: str
    loses: str
    cost: str
    source: str
    order: OrderFrom
    banded: bool
    valued: bool
    clustered: bool


def strategy_list() -> list[ExplorerStrategy]:
    """All strategies in the order of the chooser: the default, the interval, chance, then the others."""
    return [
        ExplorerStrategy(
            strategy.value, label, about.loses, about.cost, about.source,
            order=_ORDERS.get(strategy, OrderFrom.RANKING),
            banded=strategy is Strategy.BAND,
            valued=Need.VALUES in about.needs,
            clustered=strategy is Strategy.STRATIFIED,
        )
        for strategy, label in _LABELS.items()
        if (about := STRATEGIES.get(strategy)) is not None
    ]  # fmt: skip


@dataclass(frozen=True)
class ExplorerRanking:
    """The ranking that a strategy of the server's needs.

    Attributes:
        strategy: that it is of.
        by: the column it goes by; None = it goes by none.
        url: (m,) uint32 rows, best first; None = it is not there yet.
        note: how far it is, or what stands in its way, a sentence.
        withheld_url: (n,) uint8, 0 = not withheld, else 1 + the place in `reasons`; None = nothing is withheld.
        reasons: why rows are withheld.
        rooted: whether classes share the budget by the roots of their sizes where nothing is said.
    """

    strategy: str
    by: str | None
    url: str | None
    note: str = ""
    withheld_url: str | None = None
    reasons: Sequence[str] = ()
    rooted: bool = False


@dataclass(frozen=True)
class ExplorerView:
    """All that the component shows.

    What a person sets (`by` to `row`) is where they begin. Keep it as it was: what the person does is in the
    returned state. A change of one of these fields sets the component anew.

    Attributes:
        n: rows.
        columns: at least one.
        order_url: (n,) uint32, the rows in draw order.
        row_url: the row number completes it; answers `{"row", "text", "label"}`.
        by: name of the column the interval is on.
        budget: rows to keep.
        points_url: (n, 2) float32, nan = not drawn; None = there is no layout yet.
        map_note: half a sentence beside the map's title, or the sentence in its place without a layout.
        labels_url: (n,) int32, -1 = unlabelled; None = no labels.
        classes: their names.
        eligible_url: (n,) uint8, 0 = never chosen; None = all may be.
        tokens_url: (n,) int32 words of each text; None = not counted.
        groups_url: (n,) int32 group of near-duplicates; None = not known.
        clusters_url: (n,) int32 cluster of meaning, -1 = none; None = not known.
        clusters: their names.
        strategies: to choose among.
        ranking: of the strategy, where it needs one.
        strategy: how rows are ordered by preference.
        tokens: the budget in tokens; None = it is `budget` rows.
        band: None = the default interval of the budget, which it follows until it is moved.
        way: how budget and interval are tied.
        balance: how classes or clusters share the budget.
        per: what shares it.
        shares: with the balance `custom`, the weight of each class or cluster in their order.
        at_least_one: whether each has a row before any has its second.
        group_cap: most rows of a group of near-duplicates.
        bands: further columns -> intervals of their quantiles.
        color: what the map is coloured by, a column's name or `class`; None = `by`.
        row: the pinned row.
        regions: names on the map.
        height: pixels.
    """

    n: int
    columns: Sequence[ExplorerColumn]
    order_url: str
    row_url: str
    by: str
    budget: int
    points_url: str | None = None
    map_note: str = ""
    labels_url: str | None = None
    classes: Sequence[str] = ()
    eligible_url: str | None = None
    tokens_url: str | None = None
    groups_url: str | None = None
    clusters_url: str | None = None
    clusters: Sequence[str] = ()
    strategies: Sequence[ExplorerStrategy] = field(default_factory=strategy_list)
    ranking: ExplorerRanking | None = None
    strategy: Strategy = Strategy.BAND
    tokens: int | None = None
    band: Band | None = None
    way: Way = Way.INSIDE
    balance: Balance = Balance.PROPORTIONAL
    per: Per = Per.CLASS
    shares: Sequence[float] | None = None
    at_least_one: bool = True
    group_cap: int | None = None
    bands: Mapping[str, Band] = field(default_factory=dict)
    color: str | None = None
    row: int | None = None
    regions: Sequence[MapRegion] = ()
    height: int = 460
