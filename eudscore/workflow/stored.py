"""What the workspace holds of a corpus: read only, light enough for the app's server."""

import numpy as np

from eudscore.records import Card, Corpus, Floats, Ints
from eudscore.store.scores import Scores
from eudscore.store.workspace import CorpusRef, Workspace


def latest_scores(workspace: Workspace, ref: CorpusRef) -> Scores:
    """What is stored for a corpus: of each column the latest, predictive ones only for the labels of now.

    A corpus that was never scored has no columns and word counts of zero.
    """
    corpus = workspace.corpus(ref)
    families: list[str] = []
    for versions in workspace.columns(corpus.id).values():
        fitting = [column for column in versions if _labels_fit(column.card, corpus)]
        families.extend(column.family for column in fitting[:1])
    return collect(workspace, ref, corpus, list(dict.fromkeys(families)))


def family_of(workspace: Workspace, ref: CorpusRef) -> dict[str, str]:
    """Column name -> key of the family that `latest_scores` takes it from."""
    corpus = workspace.corpus(ref)
    found = {}
    for name, versions in workspace.columns(corpus.id).items():
        fitting = [column.family for column in versions if _labels_fit(column.card, corpus)]
        if fitting:
            found[name] = fitting[0]
    return found


def collect(workspace: Workspace, ref: CorpusRef, corpus: Corpus, families: list[str]) -> Scores:
    """The columns of some families as one value; of two columns of one name the later one counts."""
    columns: dict[str, Floats] = {}
    cards: dict[str, Card] = {}
    by_name: dict[str, str] = {}
    for family in families:
        for name, card in (workspace.family(corpus.id, family) or {}).items():
            by_name[name] = family
            if name != "tokens":
                columns[name] = workspace.column(corpus.id, family, name)
                cards[name] = card
    about = {
        "id": ref.id, "revision": ref.revision, "name": corpus.name, "source": corpus.source,
        "roles": {"text": corpus.roles.text, "label": corpus.roles.label},
    }  # fmt: skip
    return Scores(about, tokens_of(workspace, corpus.id, by_name, len(corpus)), columns, cards)


def tokens_of(workspace: Workspace, corpus_id: str, by_name: dict[str, str], rows: int = 0) -> Ints:
    """(n,) words of each text, from the family that holds them; zeros where nothing was scored yet."""
    if "tokens" not in by_name:
        return np.zeros(rows, dtype=np.int64)
    return np.asarray(workspace.column(corpus_id, by_name["tokens"], "tokens")).astype(np.int64)


def _labels_fit(card: Card, corpus: Corpus) -> bool:
    return bool(card.parameters.get("labels", corpus.labels_id) == corpus.labels_id)
