"""Binary columns, labels and row texts over HTTP, for the map in the browser.

Every address names content (ids and keys of the workspace, never paths), so the browser may keep an answer
for good. Numbers are little-endian arrays without a header, one entry a row.
"""

from collections.abc import Iterable
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route

from eudscore import locations
from eudscore.entropy.ranks import mid_ranks
from eudscore.errors import WorkspaceError
from eudscore.records import UNLABELLED
from eudscore.selection.order import hash_order
from eudscore.selection.where import parse_where
from eudscore.store.workspace import CorpusRef, default_root
from eudscore.ui import downloads, selection_routes
from eudscore.ui.quoting import in_utf16
from eudscore.ui.serving import FOR_GOOD, PREFIX, answering, corpus_of, numbers, open_workspace, whole_number, workspace
from eudscore.workflow.picking import alike, coded, rows_found
from eudscore.workflow.reasons import cosine_in_words
from eudscore.workflow.searching import matches

_FOR_A_DAY = "private, max-age=86400"
_SCRIPTS = {".js": "text/javascript", ".css": "text/css"}
_ALIKE = "Eudscore-Alike"  # of a search by meaning or likeness: how many rows, cosine of the nearest and of the last
_LONGEST_TEXT = 2000  # characters of a row that travel to the pointer


# Addresses


@lru_cache(maxsize=1)
def front_end_version() -> str:
    """Hash over the scripts and style sheets of the map: a new version has new addresses."""
    digest = sha256()
    for path in sorted(_scripts()):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def script_url(name: str) -> str:
    """Address of a script or style sheet of `assets/map`."""
    return f"{PREFIX}/static/{front_end_version()}/{name}"


def script_names() -> list[str]:
    """The modules of `assets/map`, to be asked for all at once instead of one import after another."""
    return sorted(path.name for path in _scripts() if path.suffix == ".js")


def points_url(corpus_id: str, key: str) -> str:
    """Address of a layout: (n, 2) float32, nan = not drawn."""
    return f"{PREFIX}/points/{corpus_id}/{key}"


def column_url(corpus_id: str, key: str, column: str) -> str:
    """Address of a column's values: (n,) float32, nan = no value."""
    return f"{PREFIX}/column/{corpus_id}/{key}/{column}"


def quantiles_url(corpus_id: str, key: str, column: str) -> str:
    """Address of a column's mid-ranks: (n,) float32 in [0, 1], nan = no value."""
    return f"{PREFIX}/quantiles/{corpus_id}/{key}/{column}"


def codes_url(corpus_id: str, key: str, column: str) -> str:
    """Address of a column as codes: 5 float64 (the fields of its axis), then (n,) uint16."""
    return f"{PREFIX}/codes/{corpus_id}/{key}/{column}"


def found_url(ref: CorpusRef) -> str:
    """Beginning of the addresses of search results, a query completes it: a bit a row, the lowest of a byte first.

    The header `Eudscore-Alike` says how many rows a search by meaning or likeness found beside the one that others are
    to be like, and the cosines of the nearest and of the last.
    """
    return f"{PREFIX}/found/{ref}"


def labels_url(ref: CorpusRef) -> str:
    """Address of the labels: (n,) int32, -1 = unlabelled."""
    return f"{PREFIX}/labels/{ref}"


def order_url(ref: CorpusRef, seed: int) -> str:
    """Address of the order in which equally good rows are taken: (n,) uint32, a permutation of the rows."""
    return f"{PREFIX}/order/{ref}?seed={seed}"


def eligible_url(ref: CorpusRef) -> str:
    """Address of the mask of rows that may be chosen at all: (n,) uint8."""
    return f"{PREFIX}/eligible/{ref}"


def row_url(ref: CorpusRef) -> str:
    """Beginning of the addresses of single rows; the row number completes it."""
    return f"{PREFIX}/row/{ref}/"


# Answers


@answering
def _static(request: Request) -> Response:
    asked = request.path_params["file"]
    found = next((path for path in _scripts() if path.name == asked), None)
    if found is None or request.path_params["version"] != front_end_version():
        raise WorkspaceError(f"There is no {asked[:60]!r} in this version of eudscore: reload the page.")
    return FileResponse(found, headers={"Cache-Control": FOR_GOOD}, media_type=_SCRIPTS[found.suffix])


def _scripts() -> Iterable[Path]:
    return (path for path in (locations.assets() / "map").iterdir() if path.suffix in _SCRIPTS)


@answering
def _font(request: Request) -> Response:
    asked = request.path_params["file"]
    for path in (locations.assets() / "fonts").glob("*.woff2"):
        if path.name == asked:
            return FileResponse(path, headers={"Cache-Control": _FOR_A_DAY}, media_type="font/woff2")
    raise WorkspaceError(f"eudscore has no font {asked[:60]!r}.")


@answering
def _points(request: Request) -> Response:
    asked = request.path_params
    return numbers(np.asarray(workspace().layout(asked["corpus"], asked["key"]), dtype="<f4"))


@answering
def _column(request: Request) -> Response:
    asked = request.path_params
    values = workspace().column(asked["corpus"], asked["key"], asked["column"])
    return numbers(np.asarray(values, dtype="<f4"))


@answering
def _quantiles(request: Request) -> Response:
    asked = request.path_params
    return numbers(_ranked(default_root(), asked["corpus"], asked["key"], asked["column"]))


@lru_cache(maxsize=16)
def _ranked(root: Path, corpus_id: str, key: str, column: str) -> bytes:
    values = open_workspace(root).column(corpus_id, key, column)
    return mid_ranks(np.asarray(values, dtype=np.float64)).astype("<f4").tobytes()


@answering
def _codes(request: Request) -> Response:
    asked = request.path_params
    axis, codes = coded(workspace(), asked["corpus"], asked["key"], asked["column"])
    header = np.array([axis.lo, axis.hi, axis.whole, axis.least, axis.most], dtype="<f8")
    return numbers(header.tobytes() + codes.astype("<u2", copy=False).tobytes())


@answering
def _found(request: Request) -> Response:
    asked = request.query_params
    kind = next((name for name in ("words", "meaning", "like") if name in asked), "")
    content: Any = whole_number(asked["like"], "The row") if kind == "like" else asked.get(kind, "")
    content = {"op": "add", kind: content, "most": whole_number(asked.get("most", "0"), "The number of rows")}
    (mark,) = parse_where({"marks": [content]}, columns=[], classes=0).marks
    ref = CorpusRef.parse(request.path_params["ref"])
    answer = numbers(np.packbits(rows_found(workspace(), ref, mark), bitorder="little").tobytes())
    near = alike(workspace(), ref, mark)  # the same search, which is kept: it is not made twice
    if near is not None and len(near.rows):
        first, last = (cosine_in_words(float(near.cosines[at])) for at in (0, -1))
        answer.headers[_ALIKE] = f"{len(near.rows)} {first} {last}"
    return answer


@answering
def _labels(request: Request) -> Response:
    return numbers(corpus_of(request).labels.astype("<i4"))


@answering
def _order(request: Request) -> Response:
    seed = whole_number(request.query_params.get("seed", "0"), "The seed")
    return numbers(hash_order(len(corpus_of(request)), seed).astype("<u4"))


@answering
def _eligible(request: Request) -> Response:
    return numbers(corpus_of(request).has_text.astype(np.uint8))


@answering
def _row(request: Request) -> Response:
    corpus = corpus_of(request)
    row = whole_number(request.path_params["row"], "The row")
    if row >= len(corpus):
        raise WorkspaceError(f"There is no row {row}: {corpus.name} has {len(corpus):,} rows.")
    label = int(corpus.labels[row])
    text = corpus.texts([row])[0]
    shown = text[:_LONGEST_TEXT] + ("…" if len(text) > _LONGEST_TEXT else "")
    words = request.query_params.get("words")
    answer = {
        "row": row,
        "text": shown,
        "label": None if label == UNLABELLED else corpus.classes[label],
        "values": [_value(corpus.id, address, row) for address in request.query_params.getlist("value")],
        "matches": [[in_utf16(shown, at) for at in pair] for pair in matches(shown, words)] if words else [],
    }
    return JSONResponse(answer, headers={"Cache-Control": FOR_GOOD, "X-Content-Type-Options": "nosniff"})


def _value(corpus_id: str, address: str, row: int) -> float | None:
    """One value of a column named `family/column`; None where it has none."""
    family, _, column = address.partition("/")
    value = float(workspace().column(corpus_id, family, column)[row])
    return value if np.isfinite(value) else None


ROUTES: list[BaseRoute] = [
    Route(f"{PREFIX}/static/{{version}}/{{file}}", _static),
    Route(f"{PREFIX}/fonts/{{file}}", _font),
    Route(f"{PREFIX}/points/{{corpus}}/{{key}}", _points),
    Route(f"{PREFIX}/column/{{corpus}}/{{key}}/{{column}}", _column),
    Route(f"{PREFIX}/codes/{{corpus}}/{{key}}/{{column}}", _codes),
    Route(f"{PREFIX}/found/{{ref}}", _found),
    Route(f"{PREFIX}/quantiles/{{corpus}}/{{key}}/{{column}}", _quantiles),
    Route(f"{PREFIX}/labels/{{ref}}", _labels),
    Route(f"{PREFIX}/order/{{ref}}", _order),
    Route(f"{PREFIX}/eligible/{{ref}}", _eligible),
    Route(f"{PREFIX}/row/{{ref}}/{{row}}", _row),
    *selection_routes.ROUTES,
    *downloads.ROUTES,
]
