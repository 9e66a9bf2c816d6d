"""The rows of a data set with all their columns, a page at a time."""

import json

import pandas as pd
import pyarrow as pa
import streamlit as st

from eudscore.records import Corpus, Roles
from eudscore.ui import theme
from eudscore.ui.state import Opened

PAGE = 200
_TOO_WIDE = 60  # columns a person can look through; a wider table is cut, and says so
_LONGEST = 1000  # characters of a cell that travel to the browser


def rows(opened: Opened) -> None:
    """One page of rows and the ways to another."""
    corpus = opened.corpus
    with theme.card("Rows", key="rows"):
        first = _first_row(opened)
        last = min(first + PAGE, len(corpus))
        names = _in_front(corpus)
        cut = f", {_TOO_WIDE} of {len(names):,} columns" if len(names) > _TOO_WIDE else ""
        st.caption(f"Rows {first:,} to {last - 1:,} of {len(corpus):,}{cut}")
        st.dataframe(
            _page(corpus, first, names[:_TOO_WIDE]),
            height=330,
            key="preview",
            column_config={corpus.roles.text: st.column_config.TextColumn(width="large")},
        )


def _first_row(opened: Opened) -> int:
    """The row the page begins with; only a data set of more than one page asks for it."""
    total = len(opened.corpus)
    if total <= PAGE:
        return 0
    key = f"rows_from_{opened.ref}"
    st.session_state.setdefault(key, 0)

    def move(step: int) -> None:
        st.session_state[key] = min(max(0, st.session_state[key] + step), total - 1)

    with st.container(key="rows-page", horizontal=True, vertical_alignment="bottom"):
        first = st.number_input("From row", min_value=0, max_value=total - 1, step=PAGE, key=key, width=160)
        st.button(
            "Previous", key="rows_previous", icon=":material/chevron_left:", on_click=move, args=(-PAGE,),
            disabled=first == 0,
        )  # fmt: skip
        st.button(
            "Next", key="rows_next", icon=":material/chevron_right:", on_click=move, args=(PAGE,),
            disabled=first + PAGE >= total,
        )  # fmt: skip
    return int(first)


def _in_front(corpus: Corpus) -> list[str]:
    """Columns that play a role first, then the others as they stand in the source."""
    played = [name for name in roles_in_order(corpus.roles) if name in corpus.table.column_names]
    return [*played, *(name for name in corpus.table.column_names if name not in played)]


def roles_in_order(roles: Roles) -> list[str]:
    """The columns that play a role, the text first."""
    columns = [column for played in roles.to_json().values() if played for column in
               (played if isinstance(played, list) else [played])]  # fmt: skip
    return list(dict.fromkeys(columns))


def _page(corpus: Corpus, first: int, names: list[str]) -> pd.DataFrame:
    part = corpus.table.select(names).slice(first, PAGE)
    frame: pd.DataFrame = part.to_pandas()
    frame.index = pd.RangeIndex(first, first + len(frame))
    for field in part.schema:
        if not pa.types.is_primitive(field.type):
            frame[field.name] = [_short(cell) for cell in part.column(field.name).to_pylist()]
    return frame


def _short(cell: object) -> str | None:
    """A cell without the end of a very long text; lists and objects as they would be written."""
    if cell is None:
        return None
    words = cell if isinstance(cell, str) else json.dumps(cell, ensure_ascii=False, default=str)
    return words if len(words) <= _LONGEST else f"{words[: _LONGEST - 1]}…"
