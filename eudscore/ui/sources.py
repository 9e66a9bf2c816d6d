"""The ways a data set comes in: the demo, an upload, a path or Hub id, or what the workspace holds already."""

import streamlit as st

from eudscore.records import Corpus
from eudscore.ui import state, theme, work
from eudscore.ui.summary import page
from eudscore.ui.wording import ago

TYPES = ["csv", "tsv", "jsonl", "ndjson", "json", "parquet", "txt"]


def welcome() -> None:
    """First visit: what this is, and the demo one click away."""
    box = theme.empty_state(
        "Score every text by its entropies, see the uncertain ones on a map, keep the part worth training on, "
        "and prove by a fine-tune that the part is enough. Nothing leaves this machine.",
        icon="scatter_plot",
        key="welcome",
    )
    if box.button(
        "Open the demo",
        key="open_demo",
        type="primary",
        icon=":material/play_arrow:",
        disabled=state.read_only(),
    ):
        open_demo()


def open_demo() -> None:
    """Read the demo, score it in a worker, and go to the map."""
    from eudscore.corpus.read import read_source

    with state.sentences():
        ref = state.workspace().keep_corpus(read_source("demo"))
        state.choose(ref)
        work.begin_preparation(ref)
        st.switch_page(page("explore"))


def choices() -> None:
    """Upload, path and what is there already, side by side."""
    upload, path, there = st.columns(3)
    with upload:
        _upload()
    with path:
        _path()
    with there:
        _workspace()


def _upload() -> None:
    from eudscore.corpus.read import read_upload

    given = st.file_uploader(
        "Upload a file", type=TYPES, key="upload", disabled=state.read_only(),
        help="CSV, TSV, JSON, JSONL, Parquet or TXT; it stays on this machine.",
    )  # fmt: skip
    if given is not None and st.session_state.get("upload_done") != given.file_id:
        with state.sentences():
            _keep(read_upload(given.name, given.getvalue()), given.file_id)


def _path() -> None:
    from eudscore.corpus.read import read_source

    with st.form("path", border=False, enter_to_submit=True):
        source = st.text_input(
            "Or a path or Hub id", key="source", placeholder="/data/reviews.csv, stanfordnlp/sst2, demo"
        )
        asked = st.form_submit_button("Open", disabled=state.read_only(), key="open_source")
    if asked and source.strip():
        with state.sentences():
            _keep(read_source(source.strip()), None)
    elif asked:
        theme.error_box("No path was given: type where the file is, or a Hub id.")


def _workspace() -> None:
    entries = state.workspace().corpora()
    if not entries:
        st.caption("Data sets you open stay here.")
        return
    st.caption("In this workspace")
    for entry in entries[:6]:
        label = f"{entry.name} · {entry.rows:,} rows · {ago(entry.added)}"
        if st.button(label, key=f"open_{entry.ref}", type="tertiary", icon=":material/database:"):
            state.choose(entry.ref)
            st.rerun()
    if all(entry.source != "demo" for entry in entries) and st.button(
        "Open the demo", key="open_demo", icon=":material/play_arrow:", disabled=state.read_only()
    ):
        open_demo()


def _keep(corpus: Corpus, file_id: str | None) -> None:
    """Store what was read and show it; an upload is read once, not at every rerun."""
    ref = state.workspace().keep_corpus(corpus)
    st.session_state["upload_done"] = file_id
    state.choose(ref)
    st.rerun()
