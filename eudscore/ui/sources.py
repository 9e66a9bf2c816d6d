"""The ways a data set comes in: the demo, an upload, a path, URL or Hub id, or what the workspace holds already."""

from collections.abc import Callable

import streamlit as st

from eudscore.records import Corpus
from eudscore.ui import reading_form, state, theme, work
from eudscore.ui.summary import page
from eudscore.ui.wording import ago

TYPES = [
    "csv", "tsv", "tab", "jsonl", "ndjson", "json", "parquet", "arrow", "feather", "txt", "xlsx", "gz", "zst", "zip",
]  # fmt: skip
UPLOAD_MB = 200  # as `server.maxUploadSize` in .streamlit/config.toml; a test keeps the two equal
_UPLOAD_DONE = "upload_done"


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
    """Upload, path and what is there already, side by side; how much of it to read, below."""
    upload, path, there = st.columns(3)
    with there:
        _workspace()
    options = reading_form.options()
    with upload:
        _upload(options)
    with path:
        _path(options)


def open_source(source: str, **options: object) -> None:
    """Read a source that has a name, keep it, and make it the one all pages are about."""
    from eudscore.corpus.read import read_source

    _keep(lambda: read_source(source, **options), source)  # type: ignore[arg-type]


def _upload(options: reading_form.Options) -> None:
    from eudscore.corpus.read import read_upload

    given = st.file_uploader(
        "Upload a file", type=TYPES, key="upload", disabled=state.read_only(), max_upload_size=UPLOAD_MB,
        help="CSV, TSV, JSON, JSONL, Parquet, Arrow, Excel, TXT, also in .gz, .zst or .zip; it stays on this machine.",
    )  # fmt: skip
    st.caption(f"Up to {UPLOAD_MB} MB. For a larger file give its path here, or run `eudscore score FILE`.")
    if given is None:
        return
    wanted = (given.file_id, repr(options))
    if st.session_state.get(_UPLOAD_DONE) != wanted:
        st.session_state[_UPLOAD_DONE] = wanted  # an upload is read once, not at every rerun
        _keep(lambda: read_upload(given.name, given, **options), given.name)  # type: ignore[arg-type]


def _path(options: reading_form.Options) -> None:
    with st.form("path", border=False, enter_to_submit=True):
        source = st.text_input(
            "Or a path, URL or Hub id", key="source", placeholder="/data/reviews.csv, stanfordnlp/sst2, demo",
            help="A file, a folder of shards, an http(s) address, hf://datasets/owner/name/file, or a Hub id.",
        )  # fmt: skip
        asked = st.form_submit_button("Open", disabled=state.read_only(), key="open_source")
    if asked and source.strip():
        open_source(source.strip(), **options)
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


def _keep(read: Callable[[], Corpus], name: str) -> None:
    """Store what is read and show it."""
    with state.sentences():
        with st.spinner(f"Reading {name}", show_time=True):
            ref = state.workspace().keep_corpus(read())
        state.choose(ref)
        st.rerun()
