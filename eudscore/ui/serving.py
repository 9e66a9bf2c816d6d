"""How the routes answer: to whom, in which form, and what they say where something is missing."""

import ipaddress
from collections.abc import Awaitable, Callable
from functools import lru_cache, wraps
from pathlib import Path
from typing import Any

from numpy.typing import NDArray
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from streamlit import config

from eudscore.errors import EudscoreError, RequestError, WorkspaceError
from eudscore.records import Corpus
from eudscore.store.workspace import CorpusRef, Workspace, default_root

PREFIX = "/eudscore"
FOR_GOOD = "private, max-age=31536000, immutable"

Endpoint = Callable[[Request], Response]
Waiting = Callable[[Request], Awaitable[Response]]


def answering(endpoint: Endpoint) -> Endpoint:
    """Refuse strangers, and say what is missing in one sentence."""

    @wraps(endpoint)
    def answered(request: Request) -> Response:
        try:
            return _refused(request) or endpoint(request)
        except EudscoreError as error:
            return _told(error)

    return answered


def waiting(endpoint: Waiting) -> Waiting:
    """The same for what may wait long, and keeps no thread of the server's few meanwhile."""

    @wraps(endpoint)
    async def answered(request: Request) -> Response:
        try:
            return _refused(request) or await endpoint(request)
        except EudscoreError as error:
            return _told(error)

    return answered


def _refused(request: Request) -> Response | None:
    if _known_host(request.url.hostname):
        return None
    return _sentence(f"This server does not answer to the name {request.url.hostname!r}.", 403)


def _told(error: EudscoreError) -> Response:
    return _sentence(str(error), 400 if isinstance(error, RequestError) else 404)


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


def numbers(content: bytes | NDArray[Any]) -> Response:
    """Little-endian numbers without a header, for good."""
    body = content if isinstance(content, bytes) else content.tobytes()
    return Response(body, headers={"Cache-Control": FOR_GOOD}, media_type="application/octet-stream")


def workspace() -> Workspace:
    """The workspace of this server."""
    return open_workspace(default_root())


@lru_cache(maxsize=4)
def open_workspace(root: Path) -> Workspace:
    """A workspace, opened once."""
    return Workspace(root)


def corpus_of(request: Request) -> Corpus:
    """The data set of an address."""
    return workspace().corpus(CorpusRef.parse(request.path_params["ref"]))


def whole_number(text: str, name: str) -> int:
    """A number of an address, which anybody may have typed."""
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise WorkspaceError(f"{name} is {text[:40]!r}, not a whole number: reload the page.")
    return int(text)
