"""Binary columns, labels and row texts over HTTP, for the map in the browser.

Every address names content (ids and keys of the workspace, never paths), so the browser may keep an answer
for good. Numbers are little-endian arrays without a header, one entry a row.
"""

import ipaddress
from collections.abc import Callable, Iterable
from functools import lru_cache, wraps
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route
from streamlit import config

from eudscore import locations
from eudscore.entropy.ranks import mid_ranks
from eudscore.errors import EudscoreError, RequestError, WorkspaceError
from eudscore.records import UNLABELLED, Corpus
from eudscore.selection.order import hash_order
from eudscore.selection.where import parse_where
from eudscore.store.workspace import CorpusRef, Workspace, default_root
from eudscore.ui.quoting import in_utf16
from eudscore.workflow.picking import coded, rows_found
from eudscore.workflow.searching import matches

PREFIX = "/eudscore"
_FOR_GOOD = "private, max-age=31536000, immutable"
_FOR_A_DAY = "private, max-age=86400"
_SCRIPTS = {".js": "text/javascript", ".css": "text/css"}
_LONGEST_TEXT = 2000  # characters of a row that travel to the pointer

Endpoint = Callable[[Request], Response]


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
    """Beginning of the addresses of search results, a query completes it: a bit a row, the lowest of a byte first."""
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


def _answer(endpoint: Endpoint) -> Endpoint:
    """Refuse strangers, and say what is missing in one sentence."""

    @wraps(endpoint)
    def answered(request: Request) -> Response:
        if not _known_host(request.url.hostname):
            return _sentence(f"This server does not answer to the name {request.url.hostname!r}.", 403)
        try:
            return endpoint(request)
        except RequestError as error:
            return _sentence(str(error), 400)
        except EudscoreError as error:
            return _sentence(str(error), 404)

    return answered


def _known_host(hostname: str | None) -> bool:
    """Whether a request names this server as its owner does.

    A page of another site that points its own name at 127.0.0.1 could otherwise read the texts.
    A server that listens to the network is guarded by whoever put it there, and by `server.allowedHosts`.
    """
    allowed = config.get_option("server.allowedHosts")
    if hostname in {"localhost", *allowed} or "*" in allowed:
        return True
    address = config.get_option("server.address")
    if address not in {"localhost", "127.0.0.1", "::1"}:
        return not allowed
    try:
        return ipaddress.ip_address((hostname or "").strip("[]")).is_loopback
    except ValueError:
        return False


def _sentence(sentence: str, status: int) -> JSONResponse:
    return JSONResponse({"error": sentence}, status, {"Cache-Control": "no-store"})


def _numbers(content: bytes | NDArray[Any]) -> Response:
    body = content if isinstance(content, bytes) else content.tobytes()
    return Response(body, headers={"Cache-Control": _FOR_GOOD}, media_type="application/octet-stream")


def _workspace() -> Workspace:
    return _open_workspace(default_root())


@lru_cache(maxsize=4)
def _open_workspace(root: Path) -> Workspace:
    return Workspace(root)


def _corpus(request: Request) -> Corpus:
    return _workspace().corpus(CorpusRef.parse(request.path_params["ref"]))


def _whole_number(text: str, name: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise WorkspaceError(f"{name} is {text[:40]!r}, not a whole number: reload the page.")
    return int(text)


@_answer
def _static(request: Request) -> Response:
    asked = request.path_params["file"]
    found = next((path for path in _scripts() if path.name == asked), None)
    if found is None or request.path_params["version"] != front_end_version():
        raise WorkspaceError(f"There is no {asked[:60]!r} in this version of eudscore: reload the page.")
    return FileResponse(found, headers={"Cache-Control": _FOR_GOOD}, media_type=_SCRIPTS[found.suffix])


def _scripts() -> Iterable[Path]:
    return (path for path in (locations.assets() / "map").iterdir() if path.suffix in _SCRIPTS)


@_answer
def _font(request: Request) -> Response:
    asked = request.path_params["file"]
    for path in (locations.assets() / "fonts").glob("*.woff2"):
        if path.name == asked:
            return FileResponse(path, headers={"Cache-Control": _FOR_A_DAY}, media_type="font/woff2")
    raise WorkspaceError(f"eudscore has no font {asked[:60]!r}.")


@_answer
def _points(request: Request) -> Response:
    asked = request.path_params
    return _numbers(np.asarray(_workspace().layout(asked["corpus"], asked["key"]), dtype="<f4"))


@_answer
def _column(request: Request) -> Response:
    asked = request.path_params
    values = _workspace().column(asked["corpus"], asked["key"], asked["column"])
    return _numbers(np.asarray(values, dtype="<f4"))


@_answer
def _quantiles(request: Request) -> Response:
    asked = request.path_params
    return _numbers(_ranked(default_root(), asked["corpus"], asked["key"], asked["column"]))


@lru_cache(maxsize=16)
def _ranked(root: Path, corpus_id: str, key: str, column: str) -> bytes:
    values = _open_workspace(root).column(corpus_id, key, column)
    return mid_ranks(np.asarray(values, dtype=np.float64)).astype("<f4").tobytes()


@_answer
def _codes(request: Request) -> Response:
    asked = request.path_params
    axis, codes = coded(_workspace(), asked["corpus"], asked["key"], asked["column"])
    header = np.array([axis.lo, axis.hi, axis.whole, axis.least, axis.most], dtype="<f8")
    return _numbers(header.tobytes() + codes.astype("<u2", copy=False).tobytes())


@_answer
def _found(request: Request) -> Response:
    asked = request.query_params
    kind = next((name for name in ("words", "meaning", "like") if name in asked), "")
    content: Any = _whole_number(asked["like"], "The row") if kind == "like" else asked.get(kind, "")
    content = {"op": "add", kind: content, "most": _whole_number(asked.get("most", "0"), "The number of rows")}
    (mark,) = parse_where({"marks": [content]}, columns=[], classes=0).marks
    found = rows_found(_workspace(), CorpusRef.parse(request.path_params["ref"]), mark)
    return _numbers(np.packbits(found, bitorder="little").tobytes())


@_answer
def _labels(request: Request) -> Response:
    return _numbers(_corpus(request).labels.astype("<i4"))


@_answer
def _order(request: Request) -> Response:
    seed = _whole_number(request.query_params.get("seed", "0"), "The seed")
    return _numbers(hash_order(len(_corpus(request)), seed).astype("<u4"))


@_answer
def _eligible(request: Request) -> Response:
    return _numbers(_corpus(request).has_text.astype(np.uint8))


@_answer
def _row(request: Request) -> Response:
    corpus = _corpus(request)
    row = _whole_number(request.path_params["row"], "The row")
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
    return JSONResponse(answer, headers={"Cache-Control": _FOR_GOOD, "X-Content-Type-Options": "nosniff"})


def _value(corpus_id: str, address: str, row: int) -> float | None:
    """One value of a column named `family/column`; None where it has none."""
    family, _, column = address.partition("/")
    value = float(_workspace().column(corpus_id, family, column)[row])
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
]
