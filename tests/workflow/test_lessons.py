"""What a fine-tune reads of a corpus: rows, pairs, several labels, and the rows that are set aside."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from eudscore.errors import InputError, RequestError
from eudscore.records import Corpus, Roles
from eudscore.training.spec import ClassWeights, Method
from eudscore.workflow.lessons import task_of, texts_of, train_spec
from eudscore.workflow.requests import FitOptions


def all_of(corpus: Corpus) -> np.ndarray:
    return np.arange(len(corpus))


def with_columns(corpus: Corpus, roles: Roles | None = None, **columns: pa.Array) -> Corpus:
    table = corpus.table
    for name, values in columns.items():
        table = table.append_column(name, values)
    return Corpus(corpus.name, corpus.source, table, roles or corpus.roles, corpus.classes, corpus.labels)


def test_without_options_it_trains_on_the_labelled_rows_in_their_order(corpus: Corpus) -> None:
    rows = np.array([5, 3, 7, 1, 80])
    task = task_of(corpus, rows, corpus, np.array([9, 7, 10]), FitOptions())
    assert task.rows.tolist() == [5, 3, 1, 80]  # row 7 is blank
    assert task.test_rows.tolist() == [9, 10]
    assert task.test_labels.tolist() == corpus.labels[[9, 10]].tolist()
    assert task.looked_at is None
    assert task.examples.texts == corpus.texts([5, 3, 1, 80])
    assert task.examples.labels.tolist() == corpus.labels[[5, 3, 1, 80]].tolist()
    assert (task.spec.learning_rate, task.spec.batch_size, task.spec.max_tokens) == (1e-4, 16, 128)


def test_the_rate_suits_model_and_method_where_none_is_given() -> None:
    classes = ("a", "b")
    rates = {
        (model, method): train_spec(FitOptions(model, method=method), classes).learning_rate
        for model in ("builtin", "roberta-base") for method in Method
    }  # fmt: skip
    assert rates["builtin", Method.FULL] == 1e-4
    assert rates["roberta-base", Method.FULL] == 5e-5
    assert rates["builtin", Method.HEAD] == rates["roberta-base", Method.HEAD] == 1e-3
    assert rates["builtin", Method.LORA] == 5e-4
    assert train_spec(FitOptions(learning_rate=3e-4, method="lora"), classes).learning_rate == 3e-4


def test_every_option_arrives(corpus: Corpus) -> None:
    options = FitOptions(
        "m", steps=5, seed=3, device="cpu", method="head", class_weights="balanced", batch_size=4, max_tokens=99
    )
    spec = task_of(corpus, all_of(corpus), corpus, None, options).spec
    assert (spec.model, spec.steps, spec.seed, spec.device) == ("m", 5, 3, "cpu")
    assert (spec.method, spec.class_weights) == (Method.HEAD, ClassWeights.BALANCED)
    assert (spec.batch_size, spec.max_tokens, spec.classes) == (4, 99, corpus.classes)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (FitOptions(method="most"), "no method 'most': choose among full, head, lora"),
        (FitOptions(class_weights="some"), "no class weights 'some': choose among none, balanced"),
        (FitOptions(batch_size=0), "batch_size is 0: choose a value from 1"),
        (FitOptions(early_stopping=0), "patience is 0: choose a value from 1"),
        (FitOptions(learning_rate=2.0), "learning_rate is 2.0"),
    ],
)
def test_options_out_of_their_range_are_refused(corpus: Corpus, options: FitOptions, sentence: str) -> None:
    with pytest.raises(RequestError, match=sentence):
        task_of(corpus, all_of(corpus), corpus, None, options)


def test_pairs_are_read_as_pairs(corpus: Corpus) -> None:
    second = pa.array([f"second {row}" if row != 4 else None for row in range(90)])
    pairs = with_columns(corpus, replace(corpus.roles, pair="other"), other=second)
    assert texts_of(pairs, np.array([4, 2])) == [
        (corpus.texts([4])[0], ""), (corpus.texts([2])[0], "second 2"),
    ]  # fmt: skip


def test_early_stopping_sets_a_tenth_aside_and_parts_no_duplicates(corpus: Corpus) -> None:
    texts = [f"{text} {row} " + "please tell me what " * 3 for row, text in enumerate(corpus.texts())]
    twins = pa.table({"text": [texts[row // 2 * 2] for row in range(90)]})
    labels = np.arange(90) // 2 % 3
    doubled = Corpus("twins", "t", twins, Roles("text"), corpus.classes, labels)
    task = task_of(doubled, all_of(doubled), corpus, None, FitOptions(early_stopping=2))
    assert task.spec.patience == 2
    assert sorted([*task.rows, *task.dev]) == list(range(90))
    assert 4 <= len(task.dev) <= 16
    assert not set(task.rows // 2) & set(task.dev // 2)
    assert task.looked_at is not None
    assert task.looked_at.labels.tolist() == labels[task.dev].tolist()


def test_early_stopping_parts_no_group(corpus: Corpus) -> None:
    authors = pa.array([f"author {row % 30}" for row in range(90)])
    grouped = with_columns(corpus, replace(corpus.roles, group="author"), author=authors)
    task = task_of(grouped, all_of(grouped), corpus, None, FitOptions(early_stopping=1))
    assert len(task.dev)
    assert not set(task.rows % 30) & set(task.dev % 30)


def test_the_dev_rows_are_not_the_test_rows(corpus: Corpus) -> None:
    test = np.arange(0, 90, 4)
    rest = np.setdiff1d(all_of(corpus), test)
    task = task_of(corpus, rest, corpus, test, FitOptions(early_stopping=1))
    assert not set(task.dev) & set(test)
    assert set(task.dev) <= set(rest)


def test_too_few_rows_for_early_stopping_are_a_sentence(corpus: Corpus) -> None:
    same = Corpus("same", "s", pa.table({"text": ["the same text again"] * 8}), Roles("text"), ("a", "b"),
                  np.arange(8) % 2)  # fmt: skip
    with pytest.raises(InputError, match="From the 8 rows of same no tenth can be set aside for early stopping"):
        task_of(same, np.arange(8), same, None, FitOptions(early_stopping=1))


def test_several_labels_come_from_their_column(corpus: Corpus) -> None:
    lists = pa.array([[["x"], ["x", "y"], [], None][row % 4] for row in range(90)])
    several = with_columns(corpus, tags=lists)
    task = task_of(several, all_of(several), several, None, FitOptions(labels="tags"))
    assert task.spec.multi_label
    assert task.spec.classes == ("x", "y")
    assert set(task.rows) == {row for row in range(90) if row % 4 != 3}  # 7 is blank and has no list
    assert task.labels[[0, 1, 2]].tolist() == [[1, 0], [1, 1], [0, 0]]


def test_a_test_set_with_labels_that_nobody_learned_is_refused(corpus: Corpus) -> None:
    learned = with_columns(corpus, tags=pa.array([["x"], ["y"]] * 45))
    tested = with_columns(corpus, tags=pa.array([["x"], ["z"]] * 45))
    with pytest.raises(InputError, match=r"labels the training data does not know \('z'\)"):
        task_of(learned, all_of(learned), tested, None, FitOptions(labels="tags"))


@pytest.mark.parametrize(
    ("column", "sentence"), [("nothing", "has no column 'nothing'"), ("id", "not lists of labels")]
)
def test_a_column_that_holds_no_lists_is_refused(corpus: Corpus, column: str, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        task_of(corpus, all_of(corpus), corpus, None, FitOptions(labels=column))


def test_fewer_than_two_classes_are_refused(corpus: Corpus) -> None:
    with pytest.raises(InputError, match="1 labelled rows of fewer than two classes"):
        task_of(corpus, np.array([1]), corpus, None, FitOptions())


def test_a_test_set_without_labels_is_refused(corpus: Corpus) -> None:
    unlabelled = Corpus("bare", "b", corpus.table, corpus.roles, (), np.full(90, -1))
    with pytest.raises(InputError, match="bare has no labelled row to test on"):
        task_of(corpus, all_of(corpus), unlabelled, None, FitOptions())
