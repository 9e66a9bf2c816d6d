"""The app: `streamlit run app.py`."""

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import streamlit as st

from eudscore.ui import router
from eudscore.ui.routes import ROUTES


@asynccontextmanager
async def _frozen(_app: Any) -> AsyncIterator[None]:
    """Keep what is imported for good out of every later garbage collection."""
    gc.collect()
    gc.freeze()
    yield


app = st.App(router.__file__, routes=ROUTES, lifespan=_frozen)
