"""Choose a subset of a corpus, and keep it as `subset.parquet`."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from eudscore.errors import InputError, RequestError
from eudscore.records import UNLABELLED, Corpus, Ints, JsonDict, Roles, Selection, SelectionRequest, Strategy
from eudscore.selection.recipe import Provenance, check_provenance, request_from_recipe
from eudscore.selection.recipe import select as choose
from eudscore.selection.strategies import SelectionInputs
from eudscore.store.scores import METADATA, Scores, read_parquet, write_parquet
from eudscore.store.workspace import CorpusRef, Workspace

SUBSET_VERSION = 1


@dataclass(frozen=True, eq=False)
class Subset:
    """Chosen rows of a corpus, with what is needed to write them down.

    Attributes:
        corpus: the data set they were chosen from.
        scores: its scores.
        selection: the rows in order of choice, the steps and the recipe.
    """

    corpus: Corpus
    scores: Scores
    selection: Selection

    @property
    def rows(self) -> Ints:
        """(k,) int64 chosen rows in order of choice."""
        return self.selection.rows

    @property
    def recipe(self) -> JsonDict:
        """Plain JSON that replays this selection on the same data."""
        return {**self.selection.recipe, "eudscore": version("eudscore")}

    def __len__(self) -> int:
        return len(self.rows)

    def to_arrow(self) -> pa.Table:
        """All source columns of the chosen rows, `row`, `rank`, and the scores; the recipe in the metadata.

        A source column that bears one of our names is kept as `source_<name>`.
        """
        ours: dict[str, Any] = {
            "row": pa.array(self.rows),
            "rank": pa.array(np.arange(len(self.rows), dtype=np.int64)),
        }
        for name, values in self.scores.columns.items():
            ours[name] = pa.array(np.asarray(values, dtype=np.float32)[self.rows])
        taken = self.corpus.table.take(pa.array(self.rows))
        names = [_free_name(name, ours) for name in taken.column_names]
        columns = dict(zip(names, taken.columns, strict=True))
        renamed = dict(zip(self.corpus.table.column_names, names, strict=True))
        about = {
            "version": SUBSET_VERSION,
            "recipe": self.recipe,
            "corpus": {
                **self.scores.corpus,
                "roles": self.corpus.roles.renamed(renamed).to_json(),
                "classes": list(self.corpus.classes),
                "labels": self.corpus.labels[self.rows].tolist(),
            },
            "cards": {name: card.to_json() for name, card in self.scores.cards.items()},
        }
        return pa.table({**columns, **ours}).replace_schema_metadata({METADATA: json.dumps(about)})

    def write(self, path: str | Path) -> Path:
        """Write `subset.parquet`, whole or not at all.

        Raises:
            WorkspaceError: the file cannot be written there.
        """
        return write_parquet(self.to_arrow(), Path(path))


def select(
    workspace: Workspace,
    scores: Scores,
    request: SelectionRequest,
    *,
    recipe: Mapping[str, Any] | None = None,
) -> Subset:
    """Choose rows of the corpus that was scored.

    Args:
        workspace: where the corpus is.
        scores: of that corpus.
        request: what to choose; ignored where a recipe is given.
        recipe: replay this one, and refuse if texts, labels or scores are others than it was written for.

    Raises:
        RequestError: an option is out of its range, or a column is not there.
    """
    corpus = workspace.corpus(CorpusRef(scores.corpus["id"], scores.corpus["revision"]))
    if recipe is not None:
        request = request_from_recipe(recipe)
    if request.band is not None and request.strategy is not Strategy.BAND:
        raise RequestError(
            f"The strategy {request.strategy.value!r} has no band: leave the band out, or use the strategy 'band'."
        )
    if request.by not in scores.columns:
        there = ", ".join(sorted(scores.columns)) or "none"
        raise RequestError(f"There is no column {request.by!r} among the scores, only {there}. Choose one of these.")
    if len(scores) != len(corpus):
        raise RequestError(
            f"There are {len(scores):,} scores for {len(corpus):,} rows of {corpus.name}: score it again."
        )
    provenance = Provenance(corpus.id, corpus.labels_id, scores.cards[request.by].key)
    if recipe is not None:
        check_provenance(recipe, provenance)
    values = np.asarray(scores.columns[request.by], dtype=np.float32)
    labels = corpus.labels if corpus.labelled else None
    inputs = SelectionInputs(values=values, labels=labels, eligible=corpus.has_text)
    selection = choose(inputs, request, provenance)
    if recipe is not None and recipe.get("chosen") != selection.recipe["chosen"]:
        raise RequestError(
            "The recipe does not give the rows it says it gave: it was changed after it was written. "
            "Use it as it was, or select anew with --budget."
        )
    return Subset(corpus, scores, selection)


def read_subset(path: str | Path) -> Corpus:
    """The texts, labels and class names of a `subset.parquet`, as a corpus of its own.

    Raises:
        InputError: the file is missing or is no subset of eudscore.
    """
    path = Path(path)
    table, about = read_parquet(path, "subset", verb="select")
    if "recipe" not in about:
        raise InputError(f"{path.name} is no subset of eudscore: give what `eudscore select` wrote.")
    if about["version"] != SUBSET_VERSION:
        raise InputError(
            f"{path.name} has version {about['version']}, this eudscore reads version {SUBSET_VERSION}: "
            "update eudscore to open it."
        )
    source = about["corpus"]
    labels = np.asarray(source["labels"], dtype=np.int64)
    if len(labels) != table.num_rows:
        raise InputError(f"{path.name} was changed after eudscore wrote it: select again.")
    roles = Roles.from_json(source["roles"])
    return Corpus(path.stem, str(path.resolve()), table, roles, tuple(source["classes"]), labels)


def labels_in(classes: tuple[str, ...], other: Corpus) -> Ints:
    """The labels of another corpus as positions in these classes, matched by name.

    Args:
        classes: the classes a model is trained on.
        other: e.g. the test set.

    Returns:
        (n,) int64, -1 where the other corpus has no label.

    Raises:
        InputError: the other corpus has labels that are not among the classes.
    """
    place = {name: number for number, name in enumerate(classes)}
    used = np.unique(other.labels[other.labels != UNLABELLED])
    unknown = [other.classes[label] for label in used if other.classes[label] not in place]
    if unknown:
        raise InputError(
            f"{other.name} has labels the training data does not know ({', '.join(map(repr, unknown[:5]))}); "
            f"it knows {', '.join(map(repr, classes[:8]))}. Choose the label column of the same meaning."
        )
    # A last entry for -1, which as an index means exactly that.
    translate = np.array([place.get(name, UNLABELLED) for name in other.classes] + [UNLABELLED], dtype=np.int64)
    return translate[other.labels]


def _free_name(name: str, ours: Mapping[str, Any]) -> str:
    return f"source_{name}" if name in ours else name
