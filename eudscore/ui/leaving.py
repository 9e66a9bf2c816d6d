"""From one page to another when a button was pressed."""

import time
from typing import NoReturn

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from eudscore import locations
from eudscore.store.workspace import CorpusRef
from eudscore.ui import state

_KEY = "leave"
# Seconds. A question that comes while this run goes on waits for it, and is dropped when the link is followed; one that
# came just after it would drop what this run has sent.
_UNTIL_GONE = 0.5
# In braces: the window keeps the names of a script for good. The link may come a moment after the script.
_FOLLOW = f"""
<script>
{{
  const box = document.currentScript.closest(".st-key-{_KEY}");
  const follow = () => {{
    const link = box.querySelector("a");
    if (link) link.click();
    else if (box.isConnected) setTimeout(follow, 10);
  }};
  follow();
}}
</script>
"""


def leave_for(name: str, place: DeltaGenerator, ref: CorpusRef | None = None) -> NoReturn:
    """End this run and let the browser follow its own link to a page.

    Not `st.switch_page`: with it the browser learns last that the page was left. Meanwhile it asks, once a second, how
    a job goes, in the name of the page that is gone; Streamlit (1.67) then takes down the page that has come, or puts
    a part of the old one where the new one has no room for it, which leaves a white window. A link ends the questions
    before it leaves.

    Args:
        name: a file of `pages/`, without its ending.
        place: holds the unseen link; not the page itself, where the answer to a last question may take its place.
        ref: the data set that the page will be about. It stands in the link, so that the page need not add it to the
            address as one step more for the browser's Back.
    """
    with place.container(key=_KEY):
        named = None if ref is None else {state.DATA: str(ref)}
        st.page_link(str(locations.site() / "pages" / f"{name}.py"), query_params=named)
        st.html(_FOLLOW, unsafe_allow_javascript=True)
    time.sleep(_UNTIL_GONE)
    st.stop()
