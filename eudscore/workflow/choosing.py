"""Choose a subset of a corpus, and keep it as `subset.parquet`."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from eudscore.errors import InputError, RequestError
from eudscore.records import UNLABELLED, Corpus, Ints, JsonDict, Roles
from eudscore.selection.recipe import check_provenance, request_from_recipe, resolved
from eudscore.selection.recipe import select as choose
from eudscore.selection.request import Selection, SelectionRequest
from eudscore.selection.strategies import STRATEGIES, Need, default_strategy, strategy_named
from eudscore.store.scores import METADATA, Scores, read_parquet, write_parquet
from eudscore.store.workspace import CorpusRef, Workspace
from eudscore.workflow.materials import StoredMaterials
from eudscore.workflow.ranking import kept_ranking, provenance_of, rank_rows
from eudscore.workflow.requests import Progress

SUBSET_VERSION = 1
_EUDSCORE = version("eudscore")


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
        return {**self.selection.recipe, "eudscore": _EUDSCORE}

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


def request_of(options: Mapping[str, Any], recipe: Mapping[str, Any] | None = None) -> SelectionRequest:
    """The request that options given by name stand for.

    Args:
        options: names of `SelectionRequest`; what is None is as if it was not given.
        recipe: is replayed as it was written, so that nothing may be given with it but the seed's default.

    Raises:
        RequestError: an option is unknown or out of its range, or neither budget nor recipe is given.
    """
    given = {name: value for name, value in options.items() if value is not None}
    known = [one.name for one in fields(SelectionRequest)]
    for name in given:
        if name not in known:
            raise RequestError(f"A selection has no option {name!r}, only {', '.join(known)}. Leave it out.")
    if recipe is not None:
        if given.keys() - {"seed"} or given.get("seed"):
            raise RequestError("A recipe is replayed as it was written: give nothing else with it.")
        return request_from_recipe(recipe)
    if "budget" not in given:
        raise RequestError("Give a budget, such as 0.16, or a recipe to replay.")
    if "strategy" not in given:
        given["strategy"] = default_strategy(given.get("by"), given.get("band"))
    return SelectionRequest(**given)


def select(
    workspace: Workspace,
    scores: Scores,
    request: SelectionRequest,
    *,
    recipe: Mapping[str, Any] | None = None,
    on_progress: Progress | None = None,
) -> Subset:
    """Choose rows of the corpus that was scored.

    Args:
        workspace: where the corpus is.
        scores: of that corpus.
        request: what to choose; ignored where a recipe is given.
        recipe: replay this one, and refuse if texts, labels or scores are others than it was written for.
        on_progress: who waits while a strategy ranks the rows; None: only what was ranked before is used.

    Raises:
        RequestError: an option is out of its range, a column is not there, or the strategy has to rank first.
    """
    ref = CorpusRef(scores.corpus["id"], scores.corpus["revision"])
    materials = StoredMaterials(workspace, ref, scores, on_progress=on_progress)
    if recipe is not None:
        request = request_from_recipe(recipe)
    request = replace(request, strategy=strategy_named(request.strategy))
    _check_columns(request, scores)
    if len(scores) != len(materials):
        raise RequestError(
            f"There are {len(scores):,} scores for {len(materials):,} rows of {materials.corpus.name}: score it again."
        )
    provenance = provenance_of(materials, request)
    if recipe is not None:
        check_provenance(recipe, provenance)
    request = resolved(materials, request, provenance)
    if on_progress is None:
        ranking = kept_ranking(materials, request)
    else:
        ranking = rank_rows(materials, request, on_progress=on_progress)
    if ranking is None:
        raise RequestError(f"The strategy {request.strategy.value!r} has not ranked these rows yet: let it rank first.")
    selection = choose(materials, request, provenance, ranking=ranking)
    if recipe is not None and recipe.get("chosen") != selection.recipe["chosen"]:
        raise RequestError(
            "The recipe does not give the rows it says it gave: it was changed after it was written, or the scores "
            "were computed on another kind of machine. Use it as it was, or select anew with --budget."
        )
    return Subset(materials.corpus, scores, selection)


def _check_columns(request: SelectionRequest, scores: Scores) -> None:
    """Refuse a column that is not among the scores."""
    asked = [request.by] if Need.VALUES in STRATEGIES[request.strategy].needs else []
    for name in [*asked, *request.bands]:
        if name not in scores.columns:
            there = ", ".join(sorted(scores.columns)) or "none"
            raise RequestError(f"There is no column {name!r} among the scores, only {there}. Choose one of these.")


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
