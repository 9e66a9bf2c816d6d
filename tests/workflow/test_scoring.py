"""Scoring as users see it: right columns, right cards, nothing twice, resumed after a kill."""

import os
import signal
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import scipy.stats

from eudscore.entropy.words import words_of
from eudscore.errors import InputError, Interrupted, RequestError
from eudscore.models import device
from eudscore.models import encoder as encoder_module
from eudscore.records import UNLABELLED, Corpus, Roles
from eudscore.scorers.information import InformationScorer
from eudscore.store.scores import read_scores
from eudscore.store.workspace import Workspace
from eudscore.workflow.requests import Entropy, ScoreRequest, parse_entropies
from eudscore.workflow.scoring import score
from eudscore.workflow.stored import latest_scores

ALL = tuple(Entropy)


@pytest.fixture
def request_all(tiny_encoder: Path, tiny_lm: Path) -> ScoreRequest:
    return ScoreRequest(ALL, str(tiny_encoder), str(tiny_lm), "cpu")


def test_every_entropy_comes_with_its_companions_in_input_order(
    workspace: Workspace, corpus: Corpus, request_all: ScoreRequest, tmp_path: Path
) -> None:
    ref = workspace.keep_corpus(corpus)
    scores = score(workspace, ref, request_all)
    table = pq.read_table(scores.write(tmp_path / "s.parquet"))
    assert table.column_names[:7] == [
        "row", "tokens", "information_entropy", "generative_entropy", "semantic_entropy", "predictive_entropy", "igse",
    ]  # fmt: skip
    assert str(table.schema.field("row").type) == "int64"
    assert str(table.schema.field("tokens").type) == "int32"
    assert all(str(table.schema.field(name).type) == "float" for name in table.column_names[2:])
    assert table["row"].to_pylist() == list(range(len(corpus)))
    assert table["tokens"].to_pylist() == [len(words_of(text)) for text in corpus.texts()]
    for row in (0, 41):
        counts = list(Counter(words_of(corpus.texts([row])[0])).values())
        assert table["information_entropy"][row].as_py() == pytest.approx(scipy.stats.entropy(counts), rel=1e-6)


def test_the_empty_text_is_nan_in_every_column_and_counted_in_every_card(
    workspace: Workspace, corpus: Corpus, request_all: ScoreRequest
) -> None:
    scores = score(workspace, workspace.keep_corpus(corpus), request_all)
    for name, values in scores.columns.items():
        assert np.isnan(values[7]), name
        assert np.isfinite(np.delete(values, 7)).all(), name
        if name != "igse":
            assert scores.cards[name].outcome["rows_empty"] == 1, name


def test_igse_says_which_entropies_it_is_made_of(
    workspace: Workspace, corpus: Corpus, request_all: ScoreRequest
) -> None:
    ref = workspace.keep_corpus(corpus)
    alone = score(workspace, ref, ScoreRequest((Entropy.INFORMATION,)))
    assert list(alone.cards["igse"].parameters["components"]) == ["information_entropy"]
    full = score(workspace, ref, request_all)
    assert sorted(full.cards["igse"].parameters["components"]) == [
        "generative_entropy", "information_entropy", "semantic_entropy",
    ]  # fmt: skip
    values = full.columns["igse"][np.isfinite(full.columns["igse"])]
    assert ((values > 0) & (values < 1)).all()
    assert alone.cards["igse"].key != full.cards["igse"].key


def test_the_two_semantic_measures_have_one_mean(
    workspace: Workspace, corpus: Corpus, request_all: ScoreRequest
) -> None:
    scores = score(workspace, workspace.keep_corpus(corpus), request_all)
    soft, near = scores.columns["semantic_entropy"], scores.columns["semantic_neighbourhood"]
    assert np.nanmean(soft) == pytest.approx(np.nanmean(near), abs=1e-5)
    assert min(scores.cards["semantic_entropy"].outcome["temperatures"]) > 0


def test_nothing_is_computed_twice(
    workspace: Workspace, corpus: Corpus, request_all: ScoreRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    ref = workspace.keep_corpus(corpus)
    first = score(workspace, ref, request_all)

    def forbidden(*_: object) -> None:
        raise AssertionError("computed again")

    monkeypatch.setattr(encoder_module.Encoder, "encode", forbidden)
    monkeypatch.setattr(InformationScorer, "score", forbidden)
    again = score(workspace, ref, request_all)
    for name, values in first.columns.items():
        np.testing.assert_array_equal(values, again.columns[name])


def test_another_label_orphans_no_label_free_score(
    workspace: Workspace, corpus: Corpus, request_all: ScoreRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    score(workspace, workspace.keep_corpus(corpus), request_all)
    monkeypatch.setattr(encoder_module.Encoder, "encode", lambda *_: pytest.fail("vectors were computed again"))
    labels = corpus.labels.copy()
    labels[0] = 1
    other = Corpus(corpus.name, corpus.source, corpus.table, corpus.roles, corpus.classes, labels)
    ref = workspace.keep_corpus(other)
    assert "predictive_entropy" not in latest_scores(workspace, ref).columns
    assert "semantic_entropy" in latest_scores(workspace, ref).columns
    assert "predictive_entropy" in score(workspace, ref, request_all).columns


def test_predictive_finds_a_wrong_label(workspace: Workspace, corpus: Corpus) -> None:
    labels = corpus.labels.copy()
    labels[30] = (labels[30] + 1) % 3
    wrong = Corpus(corpus.name, corpus.source, corpus.table, corpus.roles, corpus.classes, labels)
    scores = score(workspace, workspace.keep_corpus(wrong), ScoreRequest((Entropy.PREDICTIVE,)))
    gap = scores.columns["predictive_label_gap"]
    assert (gap[np.isfinite(gap)] > gap[30]).sum() <= 2


def test_scores_survive_their_file(
    workspace: Workspace, corpus: Corpus, request_all: ScoreRequest, tmp_path: Path
) -> None:
    scores = score(workspace, workspace.keep_corpus(corpus), request_all)
    again = read_scores(scores.write(tmp_path / "s.parquet"))
    assert again.corpus == scores.corpus
    assert {name: card.key for name, card in again.cards.items()} == {n: c.key for n, c in scores.cards.items()}
    for name, values in scores.columns.items():
        np.testing.assert_array_equal(again.columns[name], values)


def test_an_interrupted_run_goes_on_where_it_was_and_gives_the_same_numbers_to_the_bit(
    workspace: Workspace, corpus: Corpus, tiny_lm: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(device, "CPU_TOKENS", 32)
    ref = workspace.keep_corpus(corpus)
    request = ScoreRequest((Entropy.GENERATIVE,), lm=str(tiny_lm), device="cpu", dtype="float32")

    def stop(stage: str, done: int, _total: int) -> None:
        if stage.startswith("Reading with") and done > 20:
            raise Interrupted("enough")

    with pytest.raises(Interrupted):
        score(workspace, ref, request, on_progress=stop)
    assert "generative_entropy" not in latest_scores(workspace, ref).columns
    resumed: list[int] = []
    scores = score(
        workspace, ref, request, on_progress=lambda stage, done, _: resumed.append(done) if "Reading" in stage else None
    )
    assert resumed[0] >= 20
    fresh = Workspace(workspace.root.parent / "fresh")
    expected = score(fresh, fresh.keep_corpus(corpus), request)
    for name in scores.columns:
        np.testing.assert_array_equal(scores.columns[name], expected.columns[name], err_msg=name)


def test_two_processes_do_not_do_the_same_work_twice(workspace: Workspace, corpus: Corpus, tiny_encoder: Path) -> None:
    ref = workspace.keep_corpus(corpus)
    code = (
        "import sys; from pathlib import Path; from eudscore.store.workspace import *; "
        "from eudscore.workflow.requests import *; from eudscore.workflow.scoring import score\n"
        "said = []\n"
        f"score(Workspace(Path({str(workspace.root)!r})), CorpusRef.parse({str(ref)!r}), "
        f"ScoreRequest((Entropy.SEMANTIC,), {str(tiny_encoder)!r}, device='cpu'), "
        "on_progress=lambda stage, done, total: said.append(stage))\n"
        "print(sum(stage.startswith('Reading meaning') for stage in said) > 0)"
    )
    processes = [subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) for _ in range(2)]
    answers = sorted(process.communicate(timeout=120)[0].strip() for process in processes)
    assert answers == ["False", "True"]


def test_killed_at_any_moment_the_next_call_gives_the_same_numbers_to_the_bit(
    workspace: Workspace, corpus: Corpus, request_all: ScoreRequest
) -> None:
    ref = workspace.keep_corpus(corpus)
    request = replace(request_all, dtype="float32")
    code = (
        "from pathlib import Path; from eudscore.store.workspace import *; "
        "from eudscore.models import device; device.CPU_TOKENS = 32; "
        "from eudscore.workflow.requests import *; from eudscore.workflow.scoring import score\n"
        f"score(Workspace(Path({str(workspace.root)!r})), CorpusRef.parse({str(ref)!r}), "
        f"ScoreRequest.from_json({request.to_json()!r}), "
        "on_progress=lambda stage, done, total: print(stage, done, flush=True))"
    )
    for moment in (2, 5, 9):
        process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        for count, _ in enumerate(process.stdout):
            if count == moment:
                break
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        if moment == 2:
            assert "predictive_entropy" not in latest_scores(workspace, ref).columns
    subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    fresh = Workspace(workspace.root.parent / "fresh")
    other = fresh.keep_corpus(corpus)
    assert str(other) == str(ref)
    subprocess.run(
        [sys.executable, "-c", code.replace(repr(str(workspace.root)), repr(str(fresh.root)))], check=True,
        capture_output=True,
    )  # fmt: skip
    expected, scores = latest_scores(fresh, ref), latest_scores(workspace, ref)
    assert scores.columns.keys() == expected.columns.keys()
    for name in expected.columns:
        np.testing.assert_array_equal(scores.columns[name], expected.columns[name], err_msg=name)


@pytest.mark.parametrize(
    ("labels", "sentence"),
    [
        ([UNLABELLED] * 90, "toy has no labels"),
        ([0] * 90, "toy has one class"),
        ([0] * 88 + [1, 2], "toy has 1 of that size"),
    ],
)
def test_predictive_needs_labels(
    workspace: Workspace, corpus: Corpus, tiny_encoder: Path, labels: list[int], sentence: str
) -> None:
    other = Corpus(corpus.name, corpus.source, corpus.table, corpus.roles, corpus.classes, np.array(labels))
    request = ScoreRequest((Entropy.PREDICTIVE,), str(tiny_encoder), device="cpu")
    with pytest.raises(InputError, match=f"at least two classes with 5 labelled texts each .*, and {sentence}"):
        score(workspace, workspace.keep_corpus(other), request)


def test_unknown_entropies_are_refused_with_the_known_ones() -> None:
    with pytest.raises(RequestError, match="There is no entropy 'magic': choose among information, generative"):
        parse_entropies(["information", "magic"])
    with pytest.raises(RequestError, match="No entropy was asked for"):
        parse_entropies([])
    assert parse_entropies(["semantic", "semantic"]) == (Entropy.SEMANTIC,)


@pytest.mark.parametrize(
    "texts", [["a b"] * 46, ["a b"] * 20 + ["c d"] * 26, [f"a {i}" for i in range(40)] + ["b"] * 6]
)
def test_near_duplicates_of_one_another_do_not_make_a_class(
    workspace: Workspace, tiny_encoder: Path, texts: list[str]
) -> None:
    labels = np.array([0] * 40 + [1] * 6)
    corpus = Corpus("twins", "t", pa.table({"text": texts}), Roles("text"), ("a", "b"), labels)
    request = ScoreRequest((Entropy.PREDICTIVE,), str(tiny_encoder), device="cpu")
    with pytest.raises(InputError, match="that are no near-duplicates of one another, and twins has"):
        score(workspace, workspace.keep_corpus(corpus), request)


def test_texts_with_equal_counts_tie_and_igse_ranks_what_is_stored(workspace: Workspace) -> None:
    rng = np.random.default_rng(0)
    texts = [" ".join(rng.permutation(["a", "a", "a", "b", "b", "c", "d"])) for _ in range(50)]
    corpus = Corpus("ties", "t", pa.table({"text": texts}), Roles("text"), (), np.full(50, -1))
    scores = score(workspace, workspace.keep_corpus(corpus), ScoreRequest((Entropy.INFORMATION,)))
    assert np.unique(scores.columns["information_entropy"]).size == 1
    assert np.unique(scores.columns["information_adjusted"]).tolist() == [0.5]


def test_a_text_that_is_alone_has_no_semantic_entropy(workspace: Workspace, tiny_encoder: Path) -> None:
    corpus = Corpus("one", "o", pa.table({"text": ["where is my refund"]}), Roles("text"), (), np.array([-1]))
    request = ScoreRequest((Entropy.SEMANTIC,), str(tiny_encoder), device="cpu")
    scores = score(workspace, workspace.keep_corpus(corpus), request)
    assert np.isnan(scores.columns["semantic_entropy"]).all()
    assert scores.cards["semantic_entropy"].outcome["rows_short"] == 1


def test_texts_too_few_for_two_clusters_get_nothing_instead_of_zero(workspace: Workspace, tiny_encoder: Path) -> None:
    table = pa.table({"text": ["where is my refund", "the team won", "goal"]})
    corpus = Corpus("three", "t", table, Roles("text"), (), np.full(3, -1))
    scores = score(workspace, workspace.keep_corpus(corpus), ScoreRequest((Entropy.SEMANTIC,), str(tiny_encoder)))
    for name in ("semantic_entropy", "semantic_neighbourhood", "semantic_stability"):
        assert np.isnan(scores.columns[name]).all(), name
    assert scores.cards["semantic_entropy"].outcome["rows_short"] == 3


def test_igse_says_how_many_rows_lack_a_component(workspace: Workspace) -> None:
    words = ["refund", "late", "order", "team", "won", "phone", "card", "new", "match", "goal", "bank"]
    texts = [" ".join(words[(i * step) % 11] for step in range(1, 9)) + f" {i}" for i in range(30)]
    texts.append("\u200b")  # the encoder finds nothing to read in it
    corpus = Corpus("odd", "o", pa.table({"text": texts}), Roles("text"), (), np.full(31, -1))
    request = ScoreRequest((Entropy.GENERATIVE, Entropy.SEMANTIC), device="cpu")
    notes = score(workspace, workspace.keep_corpus(corpus), request).cards["igse"].outcome["notes"]
    assert "1 rows lack a component and rest on the others" in notes


def test_a_sorted_scores_file_still_says_which_text_a_score_belongs_to(
    workspace: Workspace, corpus: Corpus, tmp_path: Path
) -> None:
    scores = score(workspace, workspace.keep_corpus(corpus), ScoreRequest((Entropy.INFORMATION,)))
    table = pq.read_table(scores.write(tmp_path / "s.parquet"))
    pq.write_table(table.take(pa.array(np.arange(90)[::-1])), tmp_path / "sorted.parquet")
    again = read_scores(tmp_path / "sorted.parquet")
    np.testing.assert_array_equal(again.columns["igse"], scores.columns["igse"])
    pq.write_table(table.slice(1), tmp_path / "cut.parquet")
    with pytest.raises(InputError, match="does not hold each row once"):
        read_scores(tmp_path / "cut.parquet")
