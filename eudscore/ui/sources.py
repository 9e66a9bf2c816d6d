"""The ways a data set comes in: the demo, an upload, a path, URL or Hub id, or what the workspace holds already."""

from collections.abc import Callable

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.runtime.uploaded_file_manager import UploadedFile

from eudscore.errors import EudscoreError
from eudscore.records import Corpus
from eudscore.ui import kept, reading_form, state, theme, work
from eudscore.ui.leaving import leave_for
from eudscore.ui.quoting import literal

TYPES = [
    "csv", "tsv", "tab", "jsonl", "ndjson", "json", "parquet", "arrow", "feather", "txt", "xlsx", "gz", "zst", "zip",
]  # fmt: skip
UPLOAD_MB = 200  # as `server.maxUploadSize` in .streamlit/config.toml; a test keeps the two equal
_UPLOAD = "upload_read"


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
        open_demo(box)


def open_demo(place: DeltaGenerator) -> None:
    """Read the demo, score it in a worker, and go to the map."""
    from eudscore.corpus.read import read_source

    with state.sentences():
        ref = state.workspace().keep_corpus(read_source("demo"))
        work.begin_preparation(ref)
        leave_for("explore", place, ref)


def choices() -> reading_form.Options:
    """Upload, path and what is there already, side by side; how much of it to read, below and as the answer."""
    upload, path, there = st.columns(3)
    with there:
        _workspace(there)
    options = reading_form.options()
    with upload:
        _upload(options)
    with path:
        _path(options)
    return options


def open_source(source: str, **options: object) -> None:
    """Read a source that has a name, keep it, and make it the one all pages are about."""
    from eudscore.corpus.read import read_source

    with state.sentences():
        _keep(lambda: read_source(source, **options), source, options)  # type: ignore[arg-type]


def _upload(options: reading_form.Options) -> None:
    given = st.file_uploader(
        "Upload a file", type=TYPES, key="upload", disabled=state.read_only(), max_upload_size=UPLOAD_MB,
        help="CSV, TSV, JSON, JSONL, Parquet, Arrow, Excel, TXT, also in .gz, .zst or .zip; it stays on this machine.",
    )  # fmt: skip
    st.caption(f"Up to {UPLOAD_MB} MB. For a larger file give its path instead, or run `eudscore score FILE`.")
    if given is None:
        return
    # An upload is read once, not at every rerun; what is asked for later waits for a click.
    file, asked, failure = st.session_state.get(_UPLOAD, ("", "", None))
    new = file != given.file_id
    if not new and failure:
        theme.error_box(failure)
    again = not new and asked != repr(options) and st.button(
        "Read the file again as asked below", key="upload_again", icon=":material/refresh:",
        disabled=state.read_only(),
    )  # fmt: skip
    if new or again:
        _read_upload(given, options)


def _read_upload(given: UploadedFile, options: reading_form.Options) -> None:
    """Read it and show it, or say why not: the sentence stays as long as the file stands there."""
    from eudscore.corpus.read import read_upload

    wanted = (given.file_id, repr(options))
    st.session_state[_UPLOAD] = (*wanted, None)
    try:
        _keep(lambda: read_upload(given.name, given, **options), given.name, options)  # type: ignore[arg-type]
    except EudscoreError as error:
        st.session_state[_UPLOAD] = (*wanted, str(error))
        st.rerun()


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


def _workspace(place: DeltaGenerator) -> None:
    entries = kept.data_sets()
    if entries:
        kept.choice(entries)
    else:
        st.caption("Data sets you open stay here.")
    if (
        entries
        and all(entry.source != "demo" for entry in entries)
        and st.button("Open the demo", key="open_demo", icon=":material/play_arrow:", disabled=state.read_only())
    ):
        open_demo(place)


def _keep(read: Callable[[], Corpus], name: str, options: reading_form.Options) -> None:
    """Store what is read and show it, with the roles that somebody gave it before where none are named now.

    Raises:
        EudscoreError: it cannot be read or kept.
    """
    before = state.workspace().corpora()
    with st.spinner(f"Reading {literal(name)}", show_time=True):
        ref = state.workspace().keep_corpus(read())
    kept.show(ref if {"text", "label"} & options.keys() else kept.with_last_roles(ref, before))
    st.rerun()
