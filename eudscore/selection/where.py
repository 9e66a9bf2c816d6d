"""What a person has picked while exploring, as one value: brushes, classes, outlines and search results together.

It travels as JSON: from the browser, which evaluates it while the hand moves (`assets/map/where.js` is the twin of
this file), to the server, which confirms it, and in the address of the page, from which a link reproduces it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from eudscore.errors import RequestError
from eudscore.records import Bools, Floats, JsonDict
from eudscore.selection.codes import LAST, Codes
from eudscore.selection.outline import inside

_MOST_MARKS, _DEEPEST, _MOST_CORNERS, _LONGEST_QUERY, _MOST_ROWS = 64, 8, 512, 300, 1000
_MOST_FOUND = 100_000
ADD, CUT = "add", "cut"
_KINDS = ("area", "words", "meaning", "like", "rows", "where")


@dataclass(frozen=True)
class Mark:
    """Some rows, added to what is picked or cut out of it.

    Attributes:
        op: `add` or `cut`.
        kind: `area` (an outline in units of the layout: x0, y0, x1, y1, ...), `words` (a keyword query),
            `meaning` (a query in words, by the encoder), `like` (a row whose nearest are meant), `rows`
            (row numbers), `where` (a whole `Where`).
        content: what the kind says.
        most: of `meaning` and `like`: how many rows.
    """

    op: str
    kind: str
    content: Any
    most: int = 0

    def to_json(self) -> JsonDict:
        """Plain JSON values."""
        said = self.content.to_json() if isinstance(self.content, Where) else self.content
        said = list(said) if isinstance(said, tuple) else said
        return {"op": self.op, self.kind: said, **({"most": self.most} if self.most else {})}


@dataclass(frozen=True)
class Where:
    """Rows that are in every band, of one of the classes, and in what the marks hold.

    Attributes:
        bands: column -> first and last code (`eudscore.selection.codes`) it may have.
        classes: the classes wanted, -1 = unlabelled; None = all.
        marks: one after the other; they begin with no row if the first one adds, with all rows if it cuts.
    """

    bands: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    classes: tuple[int, ...] | None = None
    marks: tuple[Mark, ...] = ()

    def to_json(self) -> JsonDict:
        """Plain JSON values; what says nothing is left out."""
        told: JsonDict = {}
        if self.bands:
            told["bands"] = {name: list(ends) for name, ends in self.bands.items()}
        if self.classes is not None:
            told["classes"] = list(self.classes)
        if self.marks:
            told["marks"] = [mark.to_json() for mark in self.marks]
        return told


class Pool(Protocol):
    """The data a `Where` is about."""

    @property
    def labels(self) -> NDArray[np.integer]:
        """(n,) classes, -1 = unlabelled."""

    @property
    def positions(self) -> Floats | None:
        """(n, 2) of the map, None = there is none."""

    def codes(self, column: str) -> Codes:
        """(n,) codes of a column."""

    def found(self, mark: Mark) -> Bools:
        """(n,) which rows a search found."""


def rows_where(where: Where, pool: Pool) -> Bools:
    """(n,) whether each row is picked.

    Raises:
        RequestError: an outline needs a map and there is none; or what `pool` raises.
    """
    picked = np.ones(len(pool.labels), dtype=bool)
    for column, (first, last) in where.bands.items():
        codes = pool.codes(column)
        picked &= (codes >= first) & (codes <= last)
    if where.classes is not None:
        picked &= np.isin(pool.labels, where.classes)
    if where.marks:
        picked &= _marked(where.marks, pool)
    return picked


def _marked(marks: Sequence[Mark], pool: Pool) -> Bools:
    held = np.full(len(pool.labels), marks[0].op == CUT)
    for mark in marks:
        rows = _rows_of(mark, pool)
        held = held | rows if mark.op == ADD else held & ~rows
    return held


def _rows_of(mark: Mark, pool: Pool) -> Bools:
    match mark.kind:
        case "area":
            if pool.positions is None:
                raise RequestError("An outline on the map was asked for, and there is no map yet: score the data set.")
            return inside(pool.positions, np.asarray(mark.content, dtype=np.float64).reshape(-1, 2))
        case "rows":
            held = np.zeros(len(pool.labels), dtype=bool)
            held[[row for row in mark.content if row < len(held)]] = True
            return held
        case "where":
            return rows_where(mark.content, pool)
        case _:
            return pool.found(mark)


def parse_where(content: Any, *, columns: Sequence[str], classes: int) -> Where:
    """A `Where` from what a browser or an address says.

    Args:
        content: JSON values.
        columns: names that may be asked for.
        classes: how many there are.

    Raises:
        RequestError: it says something that makes no sense here.
    """
    return _parsed(content, columns, classes, _DEEPEST)


def _parsed(content: Any, columns: Sequence[str], classes: int, deep: int) -> Where:
    _expect(isinstance(content, dict) and deep > 0 and content.keys() <= {"bands", "classes", "marks"}, content)
    bands = content.get("bands", {})
    _expect(isinstance(bands, dict), bands)
    for name, ends in bands.items():
        if name not in columns:
            raise RequestError(f"The selection is about the score {name!r}, which this data set does not have.")
        _expect(_is_list(ends, _is_code, most=2) and len(ends) == 2 and ends[0] <= ends[1], ends)
    wanted = content.get("classes")
    known = _whole(-1, classes - 1)
    _expect(wanted is None or _is_list(wanted, known, most=classes + 1), wanted)
    marks = content.get("marks", [])
    _expect(isinstance(marks, list) and len(marks) <= _MOST_MARKS, marks)
    return Where(
        bands={name: (first, last) for name, (first, last) in bands.items()},
        classes=None if wanted is None else tuple(wanted),
        marks=tuple(_parsed_mark(mark, columns, classes, deep) for mark in marks),
    )


def _parsed_mark(content: Any, columns: Sequence[str], classes: int, deep: int) -> Mark:
    _expect(isinstance(content, dict) and content.get("op") in (ADD, CUT), content)
    kinds = [name for name in content if name not in ("op", "most")]
    _expect(len(kinds) == 1 and kinds[0] in _KINDS, content)
    kind = kinds[0]
    said, most = content[kind], content.get("most", 0)
    _expect(_whole(0, _MOST_FOUND)(most), most)
    if kind == "where":
        return Mark(content["op"], kind, _parsed(said, columns, classes, deep - 1))
    fits: dict[str, Callable[[Any], bool]] = {
        "area": lambda area: _is_list(area, _is_number, most=2 * _MOST_CORNERS) and len(area) % 2 == 0,
        "rows": lambda rows: _is_list(rows, _whole(0, 2**53), most=_MOST_ROWS),
        "like": _whole(0, 2**53),
        "words": _is_query,
        "meaning": _is_query,
    }
    _expect(fits[kind](said), said)
    return Mark(content["op"], kind, tuple(said) if isinstance(said, list) else said, most)


def _expect(fits: bool, said: Any) -> None:
    if not fits:
        raise RequestError(f"The selection in the address says {str(said)[:60]!r}, which means nothing here.")


def _whole(least: int, most: int) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


_is_code = _whole(0, LAST)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e30


def _is_query(value: Any) -> bool:
    return isinstance(value, str) and len(value.strip()) > 0 and len(value) <= _LONGEST_QUERY


def _is_list(value: Any, fits: Callable[[Any], bool], *, most: int) -> bool:
    return isinstance(value, list) and len(value) <= most and all(map(fits, value))
