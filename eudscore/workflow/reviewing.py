"""The rows that a strategy holds back, each with its reason, for a person to look at."""

import io
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pa_csv

from eudscore.store.whole import whole
from eudscore.workflow.choosing import Subset

_ACTIVE = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet would run a cell that begins so


def withheld_table(subset: Subset) -> pa.Table:
    """One line for each withheld row: `row`, `reason`, `text`, `label` and the scores; in the order of the reasons."""
    corpus, scores = subset.corpus, subset.scores
    rows = [int(row) for some in subset.selection.withheld.values() for row in some]
    reasons = [reason for reason, some in subset.selection.withheld.items() for _ in some]
    labels = [corpus.classes[label] if label >= 0 else None for label in corpus.labels[rows].tolist()] if rows else []
    columns = {name: pa.array(values[rows], pa.float32()) for name, values in scores.columns.items()}
    return pa.table({
        "row": pa.array(rows, pa.int64()), "reason": pa.array(reasons, pa.string()),
        "text": pa.array(corpus.texts(rows), pa.string()), "label": pa.array(labels, pa.string()), **columns,
    })  # fmt: skip


def withheld_csv(subset: Subset) -> bytes:
    """`withheld_table` as CSV; a cell that a spreadsheet would run gets an apostrophe in front."""
    table = withheld_table(subset)
    for name in ("text", "label"):
        cells = [_harmless(cell) for cell in table.column(name).to_pylist()]
        table = table.set_column(table.column_names.index(name), name, pa.array(cells, pa.string()))
    sink = io.BytesIO()
    pa_csv.write_csv(table, sink)
    return sink.getvalue()


def write_withheld(subset: Subset, path: Path) -> Path:
    """Write the withheld rows as CSV, whole or not at all.

    Raises:
        WorkspaceError: the file cannot be written there.
    """
    with whole(path) as draft:
        draft.write_bytes(withheld_csv(subset))
    return path


def _harmless(cell: str | None) -> str | None:
    return f"'{cell}" if cell is not None and cell.startswith(_ACTIVE) else cell
