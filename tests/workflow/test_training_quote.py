"""What a fine-tune will take, against the arithmetic it stands on."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from eudscore.errors import InputError
from eudscore.models.power import Power
from eudscore.records import Corpus
from eudscore.selection.request import SelectionRequest, Strategy
from eudscore.store.workspace import Workspace
from eudscore.workflow import study_quote, training_quote
from eudscore.workflow.requests import Entropy, FitOptions
from eudscore.workflow.sampling import rows_of
from eudscore.workflow.study_plan import StudyRequest
from eudscore.workflow.study_quote import quote_study
from eudscore.workflow.study_rows import pool_of
from eudscore.workflow.training_quote import Lesson, Measured, TrainingQuote, quote_training

POWER = Power(60.0, "assumed", measured=False)
FOUND = Measured(first=9.0, fixed=2.0, update=0.5, tested=3.0, device="cpu", power=POWER, memory=10**9, gpu_memory=0)


@pytest.fixture
def options(tiny_encoder: Path) -> FitOptions:
    return FitOptions(str(tiny_encoder), epochs=2, device="cpu", batch_size=8)


def test_a_quote_is_the_sum_of_its_trainings(
    corpus: Corpus, options: FitOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training_quote, "_measured", lambda *_, **__: FOUND)
    lessons = [Lesson(40, options), Lesson(80, options), Lesson(40, replace(options, epochs=None, steps=7))]
    quote = quote_training(corpus, np.arange(60), corpus, np.arange(60, 90), lessons, before=20, price=2.0)
    steps = [10, 20, 7]
    assert quote.steps == sum(steps)
    assert quote.seconds == pytest.approx(20 + 9 + 2 * 2 + 3 * 3 + 0.5 * sum(steps))
    assert quote.kwh == pytest.approx(quote.seconds * 60 / 3.6e6)
    assert quote.money == pytest.approx(2 * quote.seconds / 3600)
    assert quote.sentence == (
        "About 1 min for 3 trainings of 37 updates in all on cpu, 20 s of them for scores and choice; 1.0 GB of "
        "memory; 1.0 Wh at 60 W (assumed), 0.03 at 2 an hour. Measured with 14 updates."
    )
    assert quote.to_json()["sentence"] == quote.sentence


def test_it_measures_by_training_and_leaves_nothing_behind(
    corpus: Corpus, options: FitOptions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    few = quote_training(corpus, np.arange(60), corpus, np.arange(60, 90), [Lesson(60, options)])
    assert (few.trainings, few.steps, few.device) == (1, 16, "cpu")
    assert few.seconds > 0
    assert few.memory > 10**7
    assert few.gpu_memory == 0
    assert few.power.watts > 0
    assert few.money is None
    assert list(tmp_path.iterdir()) == []


def test_what_training_refuses_a_quote_refuses(corpus: Corpus, options: FitOptions) -> None:
    with pytest.raises(InputError, match="fewer than two classes"):
        quote_training(corpus, np.arange(0, 60, 3), corpus, np.arange(60, 90), [Lesson(20, options)])


def test_a_study_is_quoted_with_all_its_trainings_and_the_scores_it_lacks(
    workspace: Workspace, corpus: Corpus, options: FitOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training_quote, "_measured", lambda *_, **__: FOUND)
    pool, test = (
        pool_of(workspace, corpus, np.arange(60, 90)),
        replace(rows_of(corpus, np.arange(60, 90)), name="the rest"),
    )
    arms = {"longest": SelectionRequest(1.0, strategy=Strategy.LONGEST)}
    request = StudyRequest((0.3,), arms, seeds=2, draws=2, options=options)
    monkeypatch.setattr(study_quote, "quote_scoring", lambda *_: pytest.fail("nothing has to be scored"))
    quote = quote_study(workspace, pool, test, request)
    assert quote.trainings == 10
    assert quote.steps == 2 * (4 * 2 * 3 + 2 * 8)
    covering = replace(request, arms={"coverage": SelectionRequest(1.0, strategy=Strategy.COVERAGE)})
    asked: list[tuple[Entropy, ...]] = []

    def scoring(_pool: Corpus, wanted: object) -> TrainingQuote:
        asked.append(wanted.entropies)  # type: ignore[attr-defined]
        return TrainingQuote(40.0, 0, 0, 0, 0, 0, 0, "cpu", POWER)

    monkeypatch.setattr(study_quote, "quote_scoring", scoring)
    longer = quote_study(workspace, pool, test, covering)
    assert longer.seconds == pytest.approx(quote.seconds + 40)
    assert asked == [(Entropy.PREDICTIVE,)]
