"""What the process that stays tells of a text: the same numbers as are stored, or one sentence."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from eudscore.errors import EudscoreError, InputError, ModelError, RequestError, WorkspaceError
from eudscore.jobs.resident import WARM, resident
from eudscore.records import Corpus, JsonDict, Roles
from eudscore.store.workspace import CorpusRef, Workspace
from eudscore.workflow import answering, readings
from eudscore.workflow.requests import Entropy, ScoreRequest
from eudscore.workflow.scoring import score
from eudscore.workflow.submitting import PREPARE, new_run, run_spec

REQUEST = ScoreRequest((Entropy.GENERATIVE,), device="cpu", dtype="float32")
ODD = [
    "Where is my refund? I was charged twice and nobody answers.",
    "The team won the match with a late goal. " * 60,  # three windows
    "the bank and the law of the land " * 400,  # more than the model reads
    "😀👩‍👩‍👧 é e\u0301 日本語 \x00 \u202e",
    "",
    "  \n\t",
    "a",
    "x" * 3000,
    "<script>alert(1)</script>" * 3,
]


def odd_corpus() -> Corpus:
    table = pa.table({"text": ODD, "question": [f"What about number {i}?" for i in range(len(ODD))]})
    labels = np.full(len(ODD), -1, dtype=np.int64)
    return Corpus("odd", "odd.csv", table, Roles("text"), (), labels)


@pytest.fixture
def odd(workspace: Workspace) -> CorpusRef:
    return workspace.keep_corpus(odd_corpus())


@pytest.fixture
def in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Questions are answered here, without the other process."""

    class Here:
        def ask(self, kind: str, about: JsonDict) -> JsonDict:
            return answering.answer(kind, about)

    monkeypatch.setattr(readings, "resident", Here)
    readings._read.cache_clear()


@pytest.fixture
def process() -> Iterator[None]:
    """The real process, ended afterwards."""
    yield
    resident().end()


def agree(workspace: Workspace, ref: CorpusRef, tolerance: float) -> None:
    family = readings.reading_family(workspace, ref)
    assert family is not None
    for row in range(len(workspace.corpus(ref))):
        reading = readings.readings(workspace, ref, row)
        stored = [float(workspace.column(ref.id, family, f"generative_{name}")[row]) for name in ("entropy", "nll")]
        assert [reading.entropy, reading.surprisal] == pytest.approx(stored, abs=tolerance, nan_ok=True)
        assert not any("The stored entropy" in note for note in reading.notes)


def test_the_tokens_of_a_text_add_up_to_its_stored_scores(
    workspace: Workspace, odd: CorpusRef, in_process: None
) -> None:
    score(workspace, odd, REQUEST)
    agree(workspace, odd, 1e-4)


def test_in_bfloat16_they_do_so_up_to_its_rounding(workspace: Workspace, odd: CorpusRef, in_process: None) -> None:
    score(workspace, odd, replace(REQUEST, dtype="bfloat16"))
    agree(workspace, odd, 2e-2)


def test_a_prompt_is_read_before_the_text(workspace: Workspace, odd: CorpusRef, in_process: None) -> None:
    score(workspace, odd, replace(REQUEST, prompt="question"))
    agree(workspace, odd, 1e-4)
    assert "Read after the `question` of the row, which is not shown." in readings.readings(workspace, odd, 0).notes


def test_other_prompts_than_were_scored_are_refused(workspace: Workspace, odd: CorpusRef, in_process: None) -> None:
    score(workspace, odd, replace(REQUEST, prompt="question"))
    corpus = odd_corpus()
    for table in (corpus.table.drop_columns("question"), corpus.table.set_column(1, "question", pa.array(ODD))):
        other = workspace.keep_corpus(replace(corpus, table=table))
        assert other.id == odd.id
        with pytest.raises(InputError, match="another column 'question' than"):
            readings.readings(workspace, other, 0)


def test_adapted_models_read_the_half_they_have_not_seen(
    workspace: Workspace, corpus: Corpus, in_process: None
) -> None:
    ref = workspace.keep_corpus(corpus)
    score(workspace, ref, replace(REQUEST, adapt=True))
    agree(workspace, ref, 1e-3)
    for folder in (workspace.root / "adapted" / ref.id).glob("[!.]*"):
        shutil.rmtree(folder)
    readings._read.cache_clear()
    with pytest.raises(ModelError, match="adapted to this data set are not stored any more"):
        readings.readings(workspace, ref, 0)


def test_tokens_stand_in_the_text_and_come_with_what_else_was_likely(
    workspace: Workspace, odd: CorpusRef, in_process: None
) -> None:
    score(workspace, odd, REQUEST)
    reading = readings.readings(workspace, odd, 0)
    assert "".join(ODD[0][token.start : token.end] for token in reading.tokens) == ODD[0]
    for token in reading.tokens:
        shares = [share for _, share in token.alternatives]
        assert len(shares) == 5
        assert shares == sorted(shares, reverse=True)
        assert sum(shares) <= 1 + 1e-3
    assert reading.notes == ()
    assert reading.model == "eudscore-lm"


def test_of_a_long_text_a_thousand_tokens_are_told(workspace: Workspace, odd: CorpusRef, in_process: None) -> None:
    score(workspace, odd, REQUEST)
    reading = readings.readings(workspace, odd, 2)
    assert len(reading.tokens) == 1000 < reading.read
    assert any("reads no more of a text this long" in note for note in reading.notes)
    assert any(note.startswith("The first 1,000 of 1,0") for note in reading.notes)


def test_a_text_of_a_megabyte_is_read(workspace: Workspace, in_process: None) -> None:
    table = pa.table({"text": ["word after word " * 65_000, "short"]})
    ref = workspace.keep_corpus(Corpus("big", "big.csv", table, Roles("text"), (), np.full(2, -1, dtype=np.int64)))
    score(workspace, ref, REQUEST)
    agree(workspace, ref, 1e-4)


def test_a_model_in_a_folder_is_found_by_the_request_that_named_it(
    workspace: Workspace, corpus: Corpus, tiny_lm: Path, tmp_path: Path, in_process: None
) -> None:
    ref = workspace.keep_corpus(corpus)
    folder = tmp_path / "my-lm"
    shutil.copytree(tiny_lm, folder)
    request = replace(REQUEST, lm=str(folder))
    score(workspace, ref, request)
    with pytest.raises(ModelError, match="'my-lm' that these texts were scored with is not where it was"):
        readings.readings(workspace, ref, 0)
    new_run(workspace, run_spec(workspace, ref, PREPARE, {"request": request.to_json()}))
    agree(workspace, ref, 1e-4)
    shutil.rmtree(folder)
    readings._read.cache_clear()
    with pytest.raises(ModelError, match="is not where it was"):
        readings.readings(workspace, ref, 1)


def test_a_reading_that_differs_from_the_stored_score_says_so(
    workspace: Workspace, odd: CorpusRef, in_process: None
) -> None:
    score(workspace, odd, REQUEST)
    family = readings.reading_family(workspace, odd)
    assert family is not None
    path = workspace.root / "columns" / odd.id / family / "generative_entropy.npy"
    values = np.load(path)
    values[0] += 0.5
    np.save(path, values)
    assert any("The stored entropy of this text is" in note for note in readings.readings(workspace, odd, 0).notes)


def test_an_answer_is_kept(workspace: Workspace, odd: CorpusRef, in_process: None) -> None:
    score(workspace, odd, REQUEST)
    assert readings.readings(workspace, odd, 0) is readings.readings(workspace, odd, 0)


def test_what_cannot_be_read_is_one_sentence(workspace: Workspace, odd: CorpusRef) -> None:
    with pytest.raises(RequestError, match="once its generative entropy was scored"):
        readings.readings(workspace, odd, 0)
    score(workspace, odd, REQUEST)
    for row in (-1, len(ODD), 10**12):
        with pytest.raises(RequestError, match="There is no row"):
            readings.readings(workspace, odd, row)


def test_a_question_of_no_kind_and_one_about_what_is_gone_are_sentences(workspace: Workspace, odd: CorpusRef) -> None:
    where = {"workspace": str(workspace.root)}
    with pytest.raises(EudscoreError, match="no question of the kind 'sing'"):
        answering.answer("sing", where)
    with pytest.raises(WorkspaceError, match="not stored any more"):
        answering.answer(answering.READ, {**where, "ref": str(odd), "family": "0" * 16, "row": 0})
    with pytest.raises(WorkspaceError, match="not stored any more"):
        answering.answer(answering.ENCODE, {**where, "corpus": odd.id, "vectors": "0" * 16, "query": "x"})


def test_the_process_that_stays_reads_warm(workspace: Workspace, odd: CorpusRef, process: None) -> None:
    readings.warm_reading(workspace, odd)  # nothing to load yet
    assert resident().pid is None
    score(workspace, odd, REQUEST)
    readings._read.cache_clear()
    readings.warm_reading(workspace, odd)
    agree(workspace, odd, 1e-3)  # another process has another number of threads
    family = readings.reading_family(workspace, odd)
    about = {"workspace": str(workspace.root), "ref": str(odd), "family": family}
    assert resident().ask(WARM, {"kind": answering.READ, "about": about}) == {}
