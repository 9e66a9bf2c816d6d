"""The Explore page filled with a data set: where a person begins, what is picked, and the texts of it."""

import json
import time
from dataclasses import dataclass, replace

import numpy as np
import streamlit as st

from eudscore.errors import EudscoreError, RequestError
from eudscore.records import Bools, Floats, Ints
from eudscore.selection.where import Where
from eudscore.store.scores import Scores
from eudscore.ui import routes, state, tables, theme
from eudscore.ui.linked import LinkedColumn, LinkedState, LinkedView, linked, parse_state
from eudscore.ui.state import Opened
from eudscore.ui.views import SEED, layout_of
from eudscore.ui.wording import MAIN, column_label, in_order, preferred, unit_of
from eudscore.workflow.picking import nearest_first, picked_rows
from eudscore.workflow.readings import warm_reading
from eudscore.workflow.searching import vectors_key, warm_meaning
from eudscore.workflow.stored import family_of

KEY = "explore"
_ADDRESS = "view"
_LEFT, _ROW, _HISTORY = "explore_left", "explore_row", "explore_history"
_LAG = 1.5  # seconds in which a browser may still name an address that has been replaced


@dataclass
class _History:
    """What became of the page's address: what was written into it and when, and how often the browser went elsewhere.

    What the component said before it knew of the latest turn is out of date.
    """

    written: str | None = None
    at: float = 0.0
    turn: int = 0
    warmed: bool = False

    def is_turn(self, asked: str | None) -> bool:
        """Whether the browser's history led to an address, and not we."""
        return KEY in st.session_state and asked != self.written and time.monotonic() - self.at > _LAG


def _history(opened: Opened) -> _History:
    found: _History = st.session_state.setdefault(_HISTORY, {}).setdefault(str(opened.ref), _History())
    return found


@dataclass(frozen=True)
class Shown:
    """What the page shows until it runs anew as a whole: nothing of it is read again while a slider moves.

    Attributes:
        view: of the component.
        families: column -> family that is shown of it.
        layout: key of the map; None without one.
    """

    view: LinkedView
    families: dict[str, str]
    layout: str | None


def shown_of(opened: Opened, scores: Scores) -> Shown | None:
    """The linked views of a data set as the address says, else as the person left them; None without a score."""
    if not scores.columns:
        return None
    corpus, ref = opened.corpus, opened.ref
    families = family_of(state.workspace(), ref)
    lengths = ["tokens"] if "tokens" in families else []
    columns = [
        LinkedColumn(
            name, column_label(name), unit_of(scores.cards[name]) if name in scores.cards else "words",
            routes.codes_url(corpus.id, families[name], name),
        )
        for name in _in_view(scores, lengths)
    ]  # fmt: skip
    layout = layout_of(opened)
    by = preferred(list(scores.columns), ranks=False)
    names = [column.name for column in columns]
    wanted = ("semantic_entropy", "information_entropy", *names)
    others = (name for name in wanted if name in names and name != by)
    view = LinkedView(
        n=len(corpus),
        columns=columns,
        by=by,
        order_url=routes.order_url(ref, SEED),
        row_url=routes.row_url(ref),
        found_url=routes.found_url(ref),
        labels_url=routes.labels_url(ref) if corpus.labelled else None,
        classes=corpus.classes,
        points_url=layout.url,
        map_note=layout.note,
        regions=layout.regions,
        meaning=vectors_key(state.workspace(), ref) is not None,
        initial=_begun(opened, names, LinkedState(color=by, joint=(next(others, by), by)), layout.key),
        turn=_history(opened).turn,
    )
    return Shown(view, families, layout.key)


def _in_view(scores: Scores, lengths: list[str]) -> list[str]:
    """The entropies that families are named after first, then the lengths, then what explains them."""
    ordered = in_order(scores.columns)
    first = [name for name in ordered if name in MAIN]
    return [*first, *lengths, *(name for name in ordered if name not in MAIN)]


def _begun(opened: Opened, names: list[str], usual: LinkedState, layout: str | None) -> LinkedState:
    """Where a person begins: as the address says, else as they left it, unless the browser went back to no address."""
    history, asked = _history(opened), st.query_params.get(_ADDRESS)
    left: LinkedState | None = st.session_state.get(_LEFT, {}).get(str(opened.ref))
    turned = history.is_turn(asked)
    history.written = asked
    if asked is None:
        known = left is not None and left.color in [*names, "class"] and not turned
        found = left if known and left is not None else usual
    else:
        found = _addressed(opened, asked, names, usual, layout)
    if turned:
        history.turn += 1
        st.session_state[_ROW] = {str(opened.ref): {"told": found.row, "shown": found.row}}
    return found


def _addressed(
    opened: Opened, asked: str, names: list[str], usual: LinkedState, layout: str | None
) -> LinkedState:  # fmt: skip
    """What an address says; what makes no sense here is told."""
    try:
        told = json.loads(asked)
        found = parse_state(told, names=names, n=len(opened.corpus), classes=len(opened.corpus.classes))
        if "area" in json.dumps(told.get("where")) and told.get("map") != layout:
            raise RequestError("The address outlines a part of another map of this data set: all rows are shown.")
    except (ValueError, RecursionError):
        theme.error_box("The address of this view cannot be read: it is shown from its beginning.")
    except EudscoreError as error:
        theme.error_box(str(error))
    else:
        return replace(found, color=found.color or usual.color, joint=found.joint if told.get("joint") else usual.joint)
    st.query_params.pop(_ADDRESS, None)
    return usual


def show(opened: Opened, shown: Shown) -> LinkedState:
    """Draw the component, and keep what the person did in the session and in the address."""
    view = shown.view
    rows = st.session_state.setdefault(_ROW, {}).setdefault(
        str(opened.ref), {"told": view.initial.row, "shown": view.initial.row}
    )
    history = _history(opened)
    choice = linked(key=KEY, view=replace(view, initial=replace(view.initial, row=rows["shown"])))
    if choice.turn != view.turn:
        choice = replace(view.initial, revision=choice.revision, turn=view.turn)
    if choice.row != rows["told"]:  # clicked on the map, after whatever was clicked in the table
        rows.update(told=choice.row, shown=choice.row)
    choice = replace(choice, row=rows["shown"])
    if choice.revision and not history.warmed:  # not before: models would be loaded while the first picture is drawn
        history.warmed = True
        warm_meaning(state.workspace(), opened.ref)
        warm_reading(state.workspace(), opened.ref)
    st.session_state.setdefault(_LEFT, {})[str(opened.ref)] = choice
    _address(opened, shown, choice)
    return choice


def _address(opened: Opened, shown: Shown, choice: LinkedState) -> None:
    """Put the view into the page's address, so that a link reproduces it; nothing for the view one begins with."""
    told = {name: value for name, value in choice.to_json().items() if value not in (None, {}, [])}
    if choice.color == shown.view.by:
        told.pop("color")
    if choice.tab == "classes":
        told.pop("tab")
        told.pop("joint")
    if "area" in json.dumps(told.get("where")):
        told["map"] = shown.layout
    history, text = _history(opened), json.dumps(told, separators=(",", ":")) if told else None
    if text != history.written:
        history.written, history.at = text, time.monotonic()
    # Streamlit tells the browser whatever is set, even what is there already: it may be elsewhere by then.
    if text is None:
        st.query_params.pop(_ADDRESS, None)
    elif text != st.query_params.get(_ADDRESS):
        st.query_params[_ADDRESS] = text


def texts(opened: Opened, scores: Scores, shown: Shown, choice: LinkedState) -> None:
    """The texts that are picked: the least certain first, or the nearest to what was searched for."""
    by = choice.color if choice.color is not None and choice.color in scores.columns else shown.view.by
    values = np.asarray(scores.columns[by])
    held = picked_rows(state.workspace(), opened.ref, choice.where, families=shown.families, layout=shown.layout)
    rows = _first(opened, choice.where, held, values)
    with theme.card(_title(choice.where, by), _counted(values, held, unit_of(scores.cards[by])), key="texts"):
        if len(rows) == 0:
            st.caption("No row is picked. Choose All above, or undo the last step.")
            return
        words = [mark.content for mark in choice.where.marks if mark.kind == "words"]
        tables.texts_table(
            opened.corpus, scores, rows, by=by, words=words[0] if words else None, key=f"{KEY}_rows", height=300,
            picked=choice.row, on_pick=lambda row: st.session_state[_ROW][str(opened.ref)].update(shown=row),
        )  # fmt: skip
        if (number := int(held.sum())) > len(rows):
            st.caption(f"The first {len(rows):,} of {number:,}.")


def _first(opened: Opened, where: Where, held: Bools, values: Floats) -> Ints:
    """The picked rows that the table shows, in its order."""
    nearest = nearest_first(state.workspace(), opened.ref, where)
    if nearest is not None:
        return nearest[held[nearest]][: tables.ROWS]
    return highest(np.flatnonzero(held), values)


def highest(rows: Ints, values: Floats) -> Ints:
    """Those of some rows that a table shows: the highest values first, what has none last, of equals the lower row."""
    keys = np.where(np.isfinite(values[rows]), -values[rows], np.inf)
    if len(rows) > tables.ROWS:
        worst = np.partition(keys, tables.ROWS - 1)[tables.ROWS - 1]
        chosen = np.concatenate([np.flatnonzero(keys < worst), np.flatnonzero(keys == worst)[: tables.ROWS]])
        rows, keys = rows[chosen], keys[chosen]
    return rows[np.lexsort((rows, keys))][: tables.ROWS]


def _title(where: Where, by: str) -> str:
    if len(where.marks) == 1 and where.marks[0].kind in ("meaning", "like"):
        return "Picked texts, the most alike first"
    which = "All" if not where.to_json() else "Picked"
    return f"{which} texts by {column_label(by)}, highest first"


def _counted(values: Floats, held: Bools, unit: str) -> str:
    """How many rows the server counts, and what that does to the mean."""
    number = int(held.sum())
    if number in (0, len(held)):
        return f"{number:,} of {len(held):,} rows"
    own, whole = (float(np.nanmean(some)) if np.isfinite(some).any() else np.nan for some in (values[held], values))
    means = f"mean {theme.number(own)}, all {theme.number(whole)} {unit}".strip()
    return f"{number:,} of {len(held):,} rows · {means}"
