"""Map, brushes, classes, two scores and search as one component; its front end is `assets/map/explore.js`.

The page hands over addresses (`eudscore.ui.routes`), not data. What a person picks is answered in the browser by the
arithmetic of `eudscore.selection.where`, row for row, and told to the page afterwards.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from eudscore.errors import RequestError
from eudscore.records import JsonDict
from eudscore.selection.where import Where, parse_where
from eudscore.ui.explorer import MapRegion
from eudscore.ui.front_end import component, palettes
from eudscore.ui.routes import script_url
from eudscore.workflow.searching import HELP

TABS = ("classes", "joint")
CLASS = "class"


@dataclass(frozen=True)
class LinkedColumn:
    """A score to colour by and to brush.

    Attributes:
        name: as the page knows it.
        label: as people read it.
        unit: beside the figures, `nats`; empty for none.
        codes_url: its axis and (n,) codes; the last two parts of the address are family and column.
    """

    name: str
    label: str
    unit: str
    codes_url: str


@dataclass(frozen=True)
class LinkedState:
    """What the person sees and has picked.

    Attributes:
        where: what is picked.
        color: what the map is coloured by, a column or `class`; its column orders the table.
        joint: the two columns shown against one another.
        tab: which card stands below the scores.
        row: the pinned row.
        camera: middle and zoom of the map, in units of the layout; None = all in view.
        revision: 0 before the first change, then rising.
        turn: of the browser's history that it follows; see `LinkedView`.
    """

    where: Where = field(default_factory=Where)
    color: str | None = None
    joint: tuple[str, str] = ("", "")
    tab: str = TABS[0]
    row: int | None = None
    camera: tuple[float, float, float] | None = None
    revision: int = 0
    turn: int = 0

    def to_json(self) -> JsonDict:
        """Plain JSON values; revision and turn are the session's own."""
        return {
            "where": self.where.to_json(), "color": self.color, "joint": list(self.joint), "tab": self.tab,
            "row": self.row, "camera": None if self.camera is None else list(self.camera),
        }  # fmt: skip


@dataclass(frozen=True)
class LinkedView:
    """All that the component shows; `initial` is where a person begins.

    Attributes:
        n: rows.
        columns: at least one.
        by: the column to colour by unasked.
        order_url: (n,) uint32, the rows in hash order.
        row_url: the row number completes it.
        found_url: a query string completes it; answers a bit a row.
        labels_url: (n,) int32, -1 = unlabelled; None = no labels.
        classes: their names.
        points_url: (n, 2) float32, nan = not drawn; None = there is no layout yet.
        map_note: half a sentence beside the map's title, or the sentence in its place without a layout.
        regions: names on the map.
        meaning: whether texts can be searched by meaning.
        height: of map and side, pixels.
        turn: another one makes `initial` count anew: the browser's history led to it.
        initial: where a person begins.
    """

    n: int
    columns: Sequence[LinkedColumn]
    by: str
    order_url: str
    row_url: str
    found_url: str
    labels_url: str | None = None
    classes: Sequence[str] = ()
    points_url: str | None = None
    map_note: str = ""
    regions: Sequence[MapRegion] = ()
    meaning: bool = True
    height: int = 480
    turn: int = 0
    initial: LinkedState = field(default_factory=LinkedState)


def linked(*, key: str, view: LinkedView) -> LinkedState:
    """Show the component and return what the person sees and has picked so far.

    Args:
        key: distinct in the app.
        view: what to show.
    """
    shown = component("eudscore_linked")(
        key=key, data=_data(view), default={"choice": None}, on_choice_change=lambda: None
    )
    told = shown.get("choice")
    if not told:
        return view.initial
    try:
        return parse_state(told, names=[column.name for column in view.columns], n=view.n, classes=len(view.classes))
    except RequestError:
        return view.initial


def parse_state(told: Any, *, names: Sequence[str], n: int, classes: int) -> LinkedState:
    """A state from what a browser or an address says.

    Args:
        told: JSON values.
        names: of the columns.
        n: rows.
        classes: how many there are.

    Raises:
        RequestError: it makes no sense for this data set.
    """
    if not isinstance(told, Mapping):
        raise RequestError("The address of this view cannot be read: it is shown from its beginning.")
    color, joint, tab, row = told.get("color"), told.get("joint"), told.get("tab"), told.get("row")
    pair = tuple(joint) if isinstance(joint, list) and len(joint) == 2 and set(joint) <= set(names) else (names[0],) * 2
    there = isinstance(row, int) and not isinstance(row, bool) and 0 <= row < n
    return LinkedState(
        where=parse_where(told.get("where", {}), columns=names, classes=classes),
        color=color if color in names or (color == CLASS and classes) else None,
        joint=(pair[0], pair[1]),
        tab=tab if tab in TABS else TABS[0],
        row=row if there else None,
        camera=_camera(told.get("camera")),
        revision=_counter(told.get("revision")),
        turn=_counter(told.get("turn")),
    )


def _counter(told: Any) -> int:
    return told if isinstance(told, int) else 0


def _camera(told: Any) -> tuple[float, float, float] | None:
    if not (isinstance(told, list) and len(told) == 3):
        return None
    if not all(isinstance(part, int | float) and abs(part) < 1e12 for part in told):
        return None
    x, y, zoom = (float(part) for part in told)
    return (x, y, zoom) if zoom > 0 else None


def _data(view: LinkedView) -> JsonDict:
    """The view as JSON, with the address of the front end and both palettes."""
    sent = {**asdict(view), "initial": view.initial.to_json()}
    colour = next(
        (column for column in view.columns if column.name == (view.initial.color or view.by)), view.columns[0]
    )
    ahead = [url for url in (view.order_url, view.points_url, colour.codes_url, view.labels_url) if url]
    return {**sent, "script": script_url("explore.js"), "ahead": ahead, "help": HELP, "palettes": palettes()}
