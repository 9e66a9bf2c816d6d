"""What a fine-tune reads: which rows it trains on, which it looks at, which it is tested on, and how."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from eudscore.corpus.indicators import indicators
from eudscore.errors import InputError
from eudscore.models.text import Text
from eudscore.records import Bools, Corpus, Ints
from eudscore.store.workspace import CorpusRef, Workspace
from eudscore.training.fine_tune import Examples
from eudscore.training.losses import Labels
from eudscore.training.spec import Method, TrainSpec
from eudscore.training.stopping import split_dev
from eudscore.workflow.choosing import labels_in
from eudscore.workflow.requests import BUILTIN, FitOptions
from eudscore.workflow.vectors import named_groups, united_groups

LARGER_MODEL_RATE = 5e-5
"""What the literature uses beyond the built-in's 22 million weights (Devlin et al., BERT, 2019)."""

RATES = {Method.HEAD: 1e-3, Method.LORA: 5e-4}
"""Few new weights move further: Hu et al., LoRA (2021), table 9; a head alone is nearly a logistic regression."""


@dataclass(frozen=True, eq=False)
class Task:
    """One fine-tune.

    Attributes:
        spec: how.
        corpus: what it is trained on.
        rows: (k,) of the corpus, trained on.
        dev: (d,) of the corpus, looked at after each epoch; none without early stopping.
        labels: of the whole corpus: (n,) positions of classes, or (n, C) of 0 and 1.
        tested: what it is tested on.
        test_rows: of it.
        test_labels: of these rows, as the model counts classes.
    """

    spec: TrainSpec
    corpus: Corpus
    rows: Ints
    dev: Ints
    labels: Labels
    tested: Corpus
    test_rows: Ints
    test_labels: Labels

    @property
    def examples(self) -> Examples:
        """What is trained on."""
        return Examples(texts_of(self.corpus, self.rows), self.labels[self.rows])

    @property
    def looked_at(self) -> Examples | None:
        """What is looked at after each epoch."""
        return Examples(texts_of(self.corpus, self.dev), self.labels[self.dev]) if len(self.dev) else None


def no_labels(tested: Corpus) -> str:
    """Why a test set cannot test, and what to do."""
    if tested.roles.label is None:
        columns = ", ".join(map(repr, tested.table.column_names))
        return (
            f"In {tested.name} no column was taken for the label (it has {columns}): give the label column the name "
            "that it has in the training data; on the command line --test-label names it."
        )
    return f"{tested.name} has no labelled row to test on: give a test set with labels."


def check_pairs(corpus: Corpus, tested: Corpus) -> None:
    """Make sure that what tests is read as what is trained on is: both in pairs, or neither.

    Raises:
        InputError: one of them is in pairs.
    """
    if (corpus.roles.pair is None) == (tested.roles.pair is None):
        return
    columns = ", ".join(map(repr, tested.table.column_names))
    if corpus.roles.pair is None:
        raise InputError(f"{tested.name} holds pairs of texts and {corpus.name} single ones: give a test set of these.")
    raise InputError(
        f"{corpus.name} holds pairs of texts, and in {tested.name} no column was taken for the second one (it has "
        f"{columns}): give that column the name {corpus.roles.pair!r}, or name it with --test-pair on the command line."
    )


def texts_of(corpus: Corpus, rows: Ints) -> list[Text]:
    """The texts of some rows, in pairs where a second column is read together with the first."""
    return list(corpus.texts(rows) if corpus.roles.pair is None else corpus.pairs(rows))


def task_of(corpus: Corpus, rows: Ints, tested: Corpus, test_rows: Ints | None, options: FitOptions) -> Task:
    """Everything about a fine-tune that can be known before a model is loaded.

    Args:
        corpus: the data set.
        rows: the chosen ones.
        tested: the test set; may be the same.
        test_rows: of it; all of them where None.
        options: how.

    Raises:
        InputError: there is nothing labelled to train or to test on, or too little to set dev rows aside.
        RequestError: an option is out of its range.
    """
    check_pairs(corpus, tested)
    classes, labels, known = _labels_of(corpus, options)
    kept = rows[known[rows] & corpus.has_text[rows]]
    _check_classes(corpus, kept, labels)
    test_labels, test_known = _labels_to_test(corpus, tested, classes, options)
    among = np.arange(len(tested)) if test_rows is None else test_rows
    asked = among[test_known[among] & tested.has_text[among]]
    if len(asked) == 0:
        raise InputError(no_labels(tested))
    spec = train_spec(options, classes)
    dev = np.empty(0, dtype=np.int64)
    if spec.patience is not None:
        kept, dev = _set_aside(corpus, kept, labels, spec.seed)
    return Task(spec, corpus, kept, dev, labels, tested, asked.astype(np.int64), test_labels[asked])


def stored_task(workspace: Workspace, spec: Mapping[str, Any]) -> Task:
    """The task of a run.

    Raises:
        InputError: as `task_of`.
        WorkspaceError: a data set is not there any more.
    """
    corpus = workspace.corpus(CorpusRef.parse(spec["corpus"]))
    test = spec["test"]
    tested = corpus if test["corpus"] is None else workspace.corpus(CorpusRef.parse(test["corpus"]))
    test_rows = None if test["rows"] is None else np.asarray(test["rows"], dtype=np.int64)
    rows = np.asarray(spec["rows"], dtype=np.int64)
    return task_of(corpus, rows, tested, test_rows, FitOptions(**spec["options"]))


def train_spec(options: FitOptions, classes: tuple[str, ...]) -> TrainSpec:
    """The spec of a training.

    Raises:
        RequestError: an option is out of its range.
    """
    usual = TrainSpec.learning_rate if options.model == BUILTIN else LARGER_MODEL_RATE
    rate = RATES.get(options.method, usual) if options.learning_rate is None else options.learning_rate  # type: ignore[call-overload]
    return TrainSpec(
        model=options.model, classes=classes, epochs=options.epochs, steps=options.steps, seed=options.seed,
        device=options.device, learning_rate=rate, batch_size=options.batch_size, max_tokens=options.max_tokens,
        method=Method(options.method) if options.method in list(Method) else options.method,  # type: ignore[arg-type]
        class_weights=options.class_weights,  # type: ignore[arg-type]
        patience=options.early_stopping, multi_label=options.labels is not None,
    )  # fmt: skip


def _labels_of(corpus: Corpus, options: FitOptions) -> tuple[tuple[str, ...], Labels, Bools]:
    """Classes, labels, and which rows have any."""
    if options.labels is None:
        return corpus.classes, corpus.labels, corpus.labels >= 0
    return indicators(corpus.table, options.labels, file=corpus.name)


def _labels_to_test(
    corpus: Corpus, tested: Corpus, classes: tuple[str, ...], options: FitOptions
) -> tuple[Labels, Bools]:
    if options.labels is not None:
        return indicators(tested.table, options.labels, file=tested.name, classes=classes)[1:]
    labels = corpus.labels if tested is corpus else labels_in(classes, tested)
    return labels, labels >= 0


def _check_classes(corpus: Corpus, rows: Ints, labels: Labels) -> None:
    there = labels[rows].any(axis=0).sum() if labels.ndim == 2 else len(np.unique(labels[rows]))
    if there < 2:
        raise InputError(
            f"{corpus.name} has {len(rows):,} labelled rows of fewer than two classes among the chosen ones: "
            "choose a label column, or a larger budget."
        )


def _set_aside(corpus: Corpus, rows: Ints, labels: Labels, seed: int) -> tuple[Ints, Ints]:
    """The rows without a tenth of them, in their order, and that tenth: no group stands on both sides."""
    kept, aside = split_dev(labels[rows], _groups(corpus, rows), seed=seed)
    classes = labels[rows[kept]].any(axis=0).sum() if labels.ndim == 2 else len(np.unique(labels[rows[kept]]))
    if not 0 < len(aside) <= len(rows) / 2 or classes < 2:
        raise InputError(
            f"From the {len(rows):,} rows of {corpus.name} no tenth can be set aside for early stopping, so that "
            "near-duplicates and groups stay together: leave early stopping out, or train on more rows."
        )
    return rows[kept], rows[aside]


def _groups(corpus: Corpus, rows: Ints) -> Ints:
    """(k,) group of each row: near-duplicates, and what the group column holds together."""
    from eudscore.geometry.minhash import near_duplicates

    near = near_duplicates(corpus.text_column.take(rows)).groups
    named, _ = named_groups(corpus)
    if named is None:
        return near
    _, first, place = np.unique(named[rows], return_index=True, return_inverse=True)
    return united_groups(near, first[place].astype(np.int64))
