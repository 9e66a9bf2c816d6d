"""What the workspace holds of a corpus: read only, light enough for the app's server."""

from collections.abc import Mapping

import numpy as np

from eudscore.records import ROW_IN_SOURCE, Card, Corpus, Floats, Ints
from eudscore.store.scores import Scores
from eudscore.store.workspace import CorpusRef, StoredColumn, Workspace

GIVEN = "given"
"""The method of a layout that is the user's own coordinates."""


def latest_scores(workspace: Workspace, ref: CorpusRef) -> Scores:
    """What is stored for a corpus, as `family_of` chooses it.

    A corpus that was never scored has no columns and word counts of zero.
    """
    return _taken(workspace, ref, workspace.corpus(ref), family_of(workspace, ref))


def family_of(workspace: Workspace, ref: CorpusRef) -> dict[str, str]:
    """Column name -> key of the family that `latest_scores` takes it from.

    All columns of one prefix are of one family, the last that was stored or asked for: what was computed under
    another setting never stands beside it. Columns about other labels than those of now do not count.
    """
    corpus = workspace.corpus(ref)
    fitting = [
        (name, column)
        for name, versions in workspace.columns(corpus.id).items()
        for column in versions
        if _labels_fit(column.card, corpus)
    ]
    latest: dict[str, StoredColumn] = {}
    for name, column in fitting:
        best = latest.setdefault(prefix_of(name), column)
        if (column.stored, column.family) > (best.stored, best.family):
            latest[prefix_of(name)] = column
    return {name: column.family for name, column in fitting if column.family == latest[prefix_of(name)].family}


def collect(workspace: Workspace, ref: CorpusRef, corpus: Corpus, families: list[str]) -> Scores:
    """The columns of some families as one value; of two columns of one name the later one counts."""
    by_name = {name: family for family in families for name in (workspace.family(corpus.id, family) or {})}
    return _taken(workspace, ref, corpus, by_name)


def tokens_of(workspace: Workspace, corpus_id: str, by_name: Mapping[str, str], rows: int = 0) -> Ints:
    """(n,) words of each text, from the family that holds them; zeros where nothing was scored yet."""
    if "tokens" not in by_name:
        return np.zeros(rows, dtype=np.int64)
    return np.asarray(workspace.column(corpus_id, by_name["tokens"], "tokens")).astype(np.int64)


def prefix_of(column: str) -> str:
    """What a column and its companions have in common: `generative` of `generative_nll`."""
    return column.split("_")[0]


def flagged(card: Card) -> list[str]:
    """How many rows the column says nothing or little about, in words."""
    counts = ((flag, card.outcome.get(f"rows_{flag}", 0)) for flag in ("empty", "short", "truncated"))
    return [f"{count:,} {flag}" for flag, count in counts if count]


def noticed_rows(scores: Scores) -> list[str]:
    """A line for each kind of columns that says nothing or little about some rows; `igse` follows the others."""
    found: dict[str, list[str]] = {}
    for name, card in scores.cards.items():
        if name != "igse":
            found.setdefault(prefix_of(name), flagged(card))
    return [f"{prefix}: {', '.join(words)}" for prefix, words in found.items() if words]


def _taken(workspace: Workspace, ref: CorpusRef, corpus: Corpus, by_name: Mapping[str, str]) -> Scores:
    columns: dict[str, Floats] = {}
    cards: dict[str, Card] = {}
    families = {family: workspace.family(corpus.id, family) or {} for family in dict.fromkeys(by_name.values())}
    for name, family in by_name.items():
        if name != "tokens":
            columns[name] = workspace.column(corpus.id, family, name)
            cards[name] = families[family][name]
    about = {
        "id": ref.id, "revision": ref.revision, "name": corpus.name, "source": corpus.source,
        "roles": corpus.roles.to_json(),
        **({} if corpus.drawn_from is None else {"drawn_from": corpus.drawn_from}),
    }  # fmt: skip
    tokens = tokens_of(workspace, corpus.id, by_name, len(corpus))
    return Scores(about, tokens, columns, cards, _rows_in_source(corpus))


def _rows_in_source(corpus: Corpus) -> Ints | None:
    if corpus.drawn_from is None or ROW_IN_SOURCE not in corpus.table.column_names:
        return None
    return np.asarray(corpus.table.column(ROW_IN_SOURCE).to_numpy(), dtype=np.int64)


def _labels_fit(card: Card, corpus: Corpus) -> bool:
    return bool(card.parameters.get("labels", corpus.labels_id) == corpus.labels_id)
