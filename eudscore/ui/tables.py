"""Tables of texts: a page of rows at a time, with the score as a bar."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import streamlit as st

from eudscore.records import Corpus, Ints
from eudscore.store.scores import Scores
from eudscore.ui.wording import column_label

ROWS = 100


def texts_table(
    corpus: Corpus,
    scores: Scores,
    rows: Ints,
    *,
    by: str,
    more: Sequence[str] = (),
    key: str,
    height: int = 230,
) -> int | None:
    """Rows of a corpus, the first hundred of those given.

    Args:
        corpus: the data set.
        scores: its scores.
        rows: in the order of the table.
        by: the column shown as a bar.
        more: further score columns.
        key: distinct on the page.
        height: in pixels.

    Returns:
        The row a person picked, or None.
    """
    shown = rows[:ROWS]
    frame = pd.DataFrame({"Row": shown, column_label(by): np.asarray(scores.columns[by])[shown]})
    for name in more:
        frame[column_label(name)] = np.asarray(scores.columns[name])[shown]
    if corpus.roles.label is not None:
        labels = corpus.labels[shown]
        frame["Label"] = [corpus.classes[label] if label >= 0 else "" for label in labels]
    frame["Text"] = corpus.texts(shown)
    finite = np.asarray(scores.columns[by])
    finite = finite[np.isfinite(finite)]
    largest = float(finite.max()) if len(finite) else 1.0
    configured = {
        "Row": st.column_config.NumberColumn(format="%d", width="small"),
        column_label(by): st.column_config.ProgressColumn(
            format="%.3f", min_value=min(0.0, float(finite.min()) if len(finite) else 0.0),
            max_value=largest or 1.0, width="small",
        ),
        "Text": st.column_config.TextColumn(width="large"),
        **{column_label(name): st.column_config.NumberColumn(format="%.3f", width="small") for name in more},
    }  # fmt: skip
    event = st.dataframe(
        frame, hide_index=True, height=height, key=key, column_config=configured, on_select="rerun",
        selection_mode="single-row",
    )  # fmt: skip
    picked = event["selection"]["rows"]
    return int(shown[picked[0]]) if picked else None
