"""Files to take away: a link on the page, and what it brings is made when it is pressed.

Not `st.download_button`: what that offers is gone as soon as the page is drawn anew, and whoever presses meanwhile
gets nothing. A link here keeps its address, and its answer waits until the page stands: it brings what was asked for
last, not what the page showed a moment before. `assets/map/links.js` waits with it, and says why where nothing comes.

What a page offers is kept as long as its session, which Streamlit may keep for some time after its tab was closed.
"""

import asyncio
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from html import escape
from urllib.parse import quote
from weakref import WeakValueDictionary

import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from eudscore.errors import WorkspaceError
from eudscore.store.disk import in_words
from eudscore.ui.serving import PREFIX, waiting, whole_number

_PAGE = "downloads"
_CALM = 0.15  # seconds; what was set leaves the browser shortly before the press that comes after it
_GONE = 2.0  # seconds without a file after which it is not coming: a run may end because the next one is to begin
_UNHEARD = 10.0  # seconds without a word that was told: it is lost
_PATIENCE = 60.0  # seconds
_LOOK = 0.02  # seconds


@dataclass(frozen=True, eq=False)
class _Offer:
    make: Callable[[], bytes | str]
    file_name: str
    mime: str
    turn: int


@dataclass(eq=False)
class _Page:
    """What a session shows; gone with the session.

    Attributes:
        token: nobody else knows it.
        turn: how often it was drawn.
        drawing: whether it is being drawn.
        drawn: when it was drawn last, by the monotonic clock.
        heard: the last revision that a component told.
        offers: key -> what a link brings.
    """

    token: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    turn: int = 0
    drawing: bool = False
    drawn: float = 0.0
    heard: int = 0
    offers: dict[str, _Offer] = field(default_factory=dict)


_PAGES: WeakValueDictionary[str, _Page] = WeakValueDictionary()
_TURN: ContextVar[int | None] = ContextVar("turn", default=None)  # of the run that this thread works on


@contextmanager
def drawing() -> Iterator[None]:
    """Around a run that draws links: files that are asked for meanwhile wait for its end."""
    if _TURN.get() is not None:  # a part of a page, in a run of the whole
        yield
        return
    page = _page()
    page.turn += 1
    page.drawing = True
    mine = _TURN.set(page.turn)
    try:
        yield
    finally:
        if _is_latest(page):
            page.offers = {key: offer for key, offer in list(page.offers.items()) if offer.turn == page.turn}
            page.drawn = time.monotonic()
            page.drawing = False
        _TURN.reset(mine)


def _is_latest(page: _Page) -> bool:
    """Whether this run is the last that began: one that gave way may work on beside its successor."""
    return _TURN.get() in (None, page.turn)


def hear(told: object) -> None:
    """Note what a component told: a link that is pressed after it told more waits for that to be drawn.

    Args:
        told: whatever the browser sent; its `revision` counts, whether or not the rest makes sense.
    """
    revision = told.get("revision") if isinstance(told, dict) else None
    if isinstance(revision, int):
        page = _page()
        page.heard = max(page.heard, revision)


def download(
    label: str, make: Callable[[], bytes | str], *, key: str, file_name: str, mime: str, icon: str = "download",
    quiet: bool = False,
) -> None:  # fmt: skip
    """Draw a link that brings a file.

    Args:
        label: what it brings.
        make: its content; called when the link is pressed, in a thread without a session.
        key: distinct on the page.
        file_name: that the browser proposes.
        mime: type of the content.
        icon: a Material Symbols name.
        quiet: without a frame, as beside a line of text.
    """
    page = _page()
    if _is_latest(page):
        page.offers[key] = _Offer(make, file_name, mime, page.turn)
    address = f"{PREFIX}/file/{page.token}?of={quote(key, safe='')}"
    st.html(
        f'<a class="eud-download{" eud-quiet" if quiet else ""}" href="{escape(address)}" '
        f'download="{escape(file_name)}"><span aria-hidden="true">{escape(icon)}</span>{escape(label)}</a>',
        width="content",
    )


def _page() -> _Page:
    page: _Page = st.session_state.setdefault(_PAGE, _Page())
    _PAGES[page.token] = page
    return page


@waiting
async def _file(request: Request) -> Response:
    asked = request.query_params
    page = _PAGES.get(request.path_params["page"])
    if page is None:
        raise WorkspaceError("The page that offered this file is closed: reload it.")
    offer = await _offer(request, page, asked.get("of", ""), whole_number(asked.get("after", "0"), "The revision"))
    if "look" in asked:
        return JSONResponse({}, headers={"Cache-Control": "no-store"})
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(offer.file_name, safe='')}",
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    try:
        content = await run_in_threadpool(offer.make)
    except OSError as error:
        raise WorkspaceError(f"{offer.file_name} cannot be made ({in_words(error)}): reload the page.") from error
    return Response(content, headers=headers, media_type=offer.mime)


async def _offer(request: Request, page: _Page, key: str, after: int) -> _Offer:
    """What a link brings once the page stands and shows what it was told before the press.

    Args:
        request: given up where nobody waits for its answer any more.
        page: that offers it.
        key: of the link.
        after: the last revision that was told before.
    """
    asked = time.monotonic()
    while (now := time.monotonic()) - asked < _PATIENCE and not await request.is_disconnected():
        calm = 0.0 if page.drawing else now - max(asked, page.drawn)
        offer = page.offers.get(key)
        if page.heard < after:
            if calm >= _UNHEARD:
                raise WorkspaceError("What was set last has not come here: set it again.")
        elif offer is not None and offer.turn == page.turn:
            if calm >= _CALM:
                return offer
        elif calm >= _GONE:
            raise WorkspaceError("The page does not offer this file any more: look at what it shows now.")
        await asyncio.sleep(_LOOK)
    raise WorkspaceError(f"The page is still being drawn after {_PATIENCE:.0f} s: press again when it stands.")


ROUTES: list[BaseRoute] = [Route(f"{PREFIX}/file/{{page}}", _file)]
