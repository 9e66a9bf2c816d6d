"""Map, budget and class balance as one component; its front end is `assets/map/`.

The page hands over addresses of columns (`eudscore.ui.routes`), not columns. A move of a slider is answered
in the browser by the arithmetic of `eudscore.selection.band`, row for row, and told to the page afterwards.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from eudscore.records import Balance, Band
from eudscore.selection.band import default_band
from eudscore.ui.front_end import component, palettes
from eudscore.ui.routes import script_url


@dataclass(frozen=True)
class ExplorerColumn:
    """A column to colour by and to put the interval on.

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
class ExplorerView:
    """All that the component shows.

    `by`, `budget`, `band`, `balance`, `color` and `row` are where a person begins. Keep them as they were:
    what the person does is in the returned state. A change of one of them sets the component anew.

    Attributes:
        n: rows.
        columns: at least one.
        order_url: (n,) uint32, the rows in hash order.
        row_url: the row number completes it; answers `{"row", "text", "label"}`.
        by: name of the column the interval is on.
        budget: rows to keep.
        points_url: (n, 2) float32, nan = not drawn; None = there is no layout yet.
        map_note: half a sentence beside the map's title, or the sentence in its place without a layout.
        labels_url: (n,) int32, -1 = unlabelled; None = no labels.
        classes: their names.
        eligible_url: (n,) uint8, 0 = never chosen; None = all may be.
        band: None = the default interval of the budget, which it follows until it is moved.
        balance: how classes share the budget.
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
    band: Band | None = None
    balance: Balance = Balance.PROPORTIONAL
    color: str | None = None
    row: int | None = None
    regions: Sequence[MapRegion] = ()
    height: int = 460


@dataclass(frozen=True)
class ExplorerState:
    """What the person has set.

    Attributes:
        by: name of the column the interval is on.
        k: rows kept; never more than the interval holds.
        lo: lower end of the interval, a quantile.
        hi: upper end of the interval, a quantile.
        auto: whether the interval follows the budget.
        balance: how classes share the budget.
        color: what the map is coloured by.
        row: the row that was clicked, or None.
        revision: 0 before the first change, then rising.
    """

    by: str
    k: int
    lo: float
    hi: float
    auto: bool
    balance: Balance
    color: str
    row: int | None = None
    revision: int = 0

    @property
    def band(self) -> Band:
        """The interval."""
        return Band(self.lo, self.hi)


def explorer(*, key: str, view: ExplorerView) -> ExplorerState:
    """Show the component and return what the person has set so far.

    Args:
        key: distinct in the app; the state is in `st.session_state[key]` while the page is open.
        view: what to show.
    """
    shown = component("eudscore_explorer")(
        key=key,
        data=_data(view),
        default={"choice": None},
        on_choice_change=lambda: None,
    )
    told = shown.get("choice")
    return _state(told, view) if told else initial_state(view)


def initial_state(view: ExplorerView) -> ExplorerState:
    """The state before the person did anything."""
    band = view.band or default_band(view.budget / view.n)
    return ExplorerState(
        by=view.by,
        k=view.budget,
        lo=band.lo,
        hi=band.hi,
        auto=view.band is None,
        balance=view.balance,
        color=view.color or view.by,
        row=view.row,
    )


def _state(told: Mapping[str, Any], view: ExplorerView) -> ExplorerState:
    """What the browser said; what makes no sense for this view is as if nothing was said."""
    try:
        state = _read(told, view)
    except (KeyError, TypeError, ValueError):
        return initial_state(view)
    known = state.by in {column.name for column in view.columns}
    return state if known and 0 <= state.lo <= state.hi <= 1 else initial_state(view)


def _read(told: Mapping[str, Any], view: ExplorerView) -> ExplorerState:
    row = told["row"]
    return ExplorerState(
        by=str(told["by"]),
        k=min(max(0, int(told["k"])), view.n),
        lo=float(told["lo"]),
        hi=float(told["hi"]),
        auto=bool(told["auto"]),
        balance=Balance(told["balance"]),
        color=str(told["color"]),
        row=int(row) if row is not None and 0 <= int(row) < view.n else None,
        revision=int(told["revision"]),
    )


def _data(view: ExplorerView) -> dict[str, Any]:
    """The view as JSON, with the address of the front end and both palettes."""
    state = initial_state(view)
    sent = asdict(view)
    for name in ("budget", "band"):
        del sent[name]
    return {
        **sent,
        "script": script_url("explorer.js"),
        "k": state.k,
        "lo": view.band.lo if view.band else None,
        "hi": view.band.hi if view.band else None,
        "balance": view.balance.value,
        "color": state.color,
        "palettes": palettes(),
    }
