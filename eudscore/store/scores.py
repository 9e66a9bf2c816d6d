"""The scores of a corpus as one value, and as `scores.parquet`."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from eudscore.errors import InputError
from eudscore.records import ROW_IN_SOURCE, Card, Floats, Ints, JsonDict
from eudscore.store.disk import in_words
from eudscore.store.whole import whole

if TYPE_CHECKING:
    import pandas as pd

VERSION = 1
METADATA = b"eudscore"

# The order in which columns stand in a file; what is not named follows by name.
_FIRST = ("information_entropy", "generative_entropy", "semantic_entropy", "predictive_entropy", "igse")


@dataclass(frozen=True, eq=False)
class Scores:
    """Columns of one corpus, addressed by row.

    Attributes:
        corpus: id, revision, name, source and roles of the data set, as JSON.
        tokens: (n,) int64 words of each text.
        columns: column name -> (n,) float32; nan = nothing to score.
        cards: column name -> its estimator card.
        rows_in_source: (n,) int64 rows of the source, where only some of them were read; else None.
    """

    corpus: JsonDict
    tokens: Ints
    columns: Mapping[str, Floats]
    cards: Mapping[str, Card]
    rows_in_source: Ints | None = None

    def __len__(self) -> int:
        return len(self.tokens)

    def to_arrow(self) -> pa.Table:
        """`row`, `tokens`, then the scores, one row per input row in input order; cards in the metadata.

        Where a sample or a condition left rows of the source out, `row_in_source` says which these are.
        """
        arrays: dict[str, Any] = {
            "row": pa.array(np.arange(len(self), dtype=np.int64)),
            "tokens": pa.array(self.tokens.astype(np.int32)),
        }
        if self.rows_in_source is not None:
            arrays[ROW_IN_SOURCE] = pa.array(self.rows_in_source)
        for name in sorted(self.columns, key=_place):
            arrays[name] = pa.array(np.asarray(self.columns[name], dtype=np.float32))
        about = {
            "version": VERSION,
            "corpus": self.corpus,
            "cards": {name: self.cards[name].to_json() for name in self.cards},
        }
        return pa.table(arrays).replace_schema_metadata({METADATA: json.dumps(about)})

    def to_pandas(self) -> "pd.DataFrame":
        """The same columns as a data frame, indexed 0 to n - 1."""
        frame: pd.DataFrame = self.to_arrow().to_pandas()
        return frame

    def write(self, path: str | Path) -> Path:
        """Write `scores.parquet`, whole or not at all.

        Raises:
            WorkspaceError: the file cannot be written there.
        """
        return write_parquet(self.to_arrow(), Path(path))


def read_scores(path: str | Path) -> Scores:
    """Read what `Scores.write` wrote.

    Raises:
        InputError: the file is missing or holds no scores of eudscore.
    """
    path = Path(path)
    table, about = read_parquet(path, "scores", verb="score")
    if "recipe" in about:
        raise InputError(f"{path.name} is a subset, not scores: give what `eudscore score` wrote.")
    if "cards" not in about or not {"row", "tokens"} <= set(table.column_names):
        raise InputError(f"{path.name} holds no scores of eudscore: give what `eudscore score` wrote.")
    if about.get("version") != VERSION:
        raise InputError(
            f"{path.name} has version {about.get('version')}, this eudscore reads version {VERSION}: "
            "update eudscore to open it."
        )
    table = _in_order(table, path.name)
    names = [name for name in about["cards"] if name in table.column_names]
    columns = {name: table.column(name).to_numpy().astype(np.float32) for name in names}
    cards = {name: Card.from_json(about["cards"][name]) for name in names}
    tokens = table.column("tokens").to_numpy().astype(np.int64)
    there = ROW_IN_SOURCE in table.column_names
    return Scores(about["corpus"], tokens, columns, cards, table.column(ROW_IN_SOURCE).to_numpy() if there else None)


def _in_order(table: pa.Table, name: str) -> pa.Table:
    """The table by ascending `row`: a file that somebody sorted still says which text a score belongs to."""
    rows = table.column("row").to_numpy()
    order = np.argsort(rows, kind="stable")
    if not np.array_equal(rows[order], np.arange(len(rows))):
        raise InputError(
            f"{name} does not hold each row once (column 'row' is not 0 to {len(rows) - 1:,}): "
            "give the file as `eudscore score` wrote it."
        )
    return table.take(pa.array(order))


def read_parquet(path: Path, what: str, *, verb: str) -> tuple[pa.Table, JsonDict]:
    """A Parquet file and what eudscore wrote into its metadata; empty where that was not eudscore.

    Args:
        path: the file.
        what: it should hold, for the sentence.
        verb: of the command line that writes it.

    Raises:
        InputError: the file is missing or no Parquet.
    """
    if not path.is_file():
        raise InputError(f"There is no file {path}: give the {what} that `eudscore {verb} --out` wrote.")
    try:
        table = pq.read_table(path)
        about = json.loads((table.schema.metadata or {}).get(METADATA, b"{}"))
    except pa.ArrowInvalid as error:
        raise InputError(f"{path.name} is not a Parquet file: give what `eudscore {verb}` wrote.") from error
    except (OSError, ValueError) as error:
        raise InputError(
            f"{path.name} cannot be read ({in_words(error)}): give what `eudscore {verb}` wrote."
        ) from error
    return table, about if isinstance(about, dict) else {}


def write_parquet(table: pa.Table, path: Path) -> Path:
    """Write Parquet, whole or not at all.

    Raises:
        WorkspaceError: it cannot be written there.
    """
    with whole(path) as draft:
        pq.write_table(table, draft, compression="zstd")
    return path


def _place(name: str) -> tuple[int, str]:
    return (_FIRST.index(name), "") if name in _FIRST else (len(_FIRST), name)
