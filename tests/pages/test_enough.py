"""The forecast under the budget slider."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from eudscore.jobs.folder import RunFolder
from eudscore.records import Card, RunState
from eudscore.store.workspace import CorpusRef, Workspace
from eudscore.ui import enough, theme
from eudscore.workflow import forecasting
from tests.pages.conftest import ROWS

OpenPage = Callable[..., AppTest]
CURVE = {
    "at": [10, 100, 1000], "accuracy": [0.5, 0.7, 0.8], "low": [0.4, 0.65, 0.7], "high": [0.6, 0.75, 0.9], "note": "",
    "probes": [[10, 0.5], [20, 0.6], [40, 0.65]],
}  # fmt: skip


@pytest.fixture(autouse=True)
def light(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(theme, "palette", lambda: theme.LIGHT)


@pytest.fixture
def with_vectors(workspace: Workspace, scored: CorpusRef, monkeypatch: pytest.MonkeyPatch) -> CorpusRef:
    vectors = np.random.default_rng(0).normal(size=(ROWS, 4)).astype(np.float32)
    workspace.keep("vectors", scored.id, "a" * 16, {"cards": [Card("vectors", "own").to_json()]}, {"vectors": vectors})
    monkeypatch.setattr(forecasting, "_FEWEST", 6)
    return scored


def said(app: AppTest) -> str:
    return "\n".join(element.proto.body for element in app.get("html"))


def test_the_cost_is_told_first_and_then_the_curve_is_drawn_with_a_sentence(
    open_page: OpenPage, with_vectors: CorpusRef, started: list[str]
) -> None:
    app = open_page("select", data=str(with_vectors))
    assert "Small probes on 3 to 24 rows, 3 of each size" in said(app)
    app.button(key="forecast_go").click().run()
    assert not app.exception
    run = RunFolder(Path(started[0]))
    assert run.read_spec()["kind"] == "forecast"
    assert run.read_spec()["request"]["budget"] == 1.0
    result = {
        "rows": 48,
        "sizes": [3, 6, 12, 24],
        "level": 0.9,
        "selection": CURVE,
        "random": {**CURVE, "note": "Odd."},
    }
    run.write_status(replace(run.read_status(), state=RunState.DONE, result=result))
    app = open_page("select", data=str(with_vectors))
    assert not app.exception
    assert [chart.proto.id.rpartition("-")[2] for chart in app.get("plotly_chart")] == ["forecast_chart"]
    assert "Of this selection the forecast tells 10 to 1,000 rows" in said(app), "8 of 48 rows are fewer"


def test_a_forecast_that_failed_says_why_and_can_be_tried_again(
    open_page: OpenPage, with_vectors: CorpusRef, started: list[str]
) -> None:
    app = open_page("select", data=str(with_vectors))
    app.button(key="forecast_go").click().run()
    run = RunFolder(Path(started[0]))
    run.write_status(replace(run.read_status(), state=RunState.FAILED, message="The vectors are gone."))
    app = open_page("select", data=str(with_vectors))
    assert "The forecast failed. The vectors are gone." in said(app) + "".join(one.value for one in app.error)
    assert app.button(key="forecast_go")


def test_too_few_labels_are_told_in_a_sentence(open_page: OpenPage, workspace: Workspace, scored: CorpusRef) -> None:
    app = open_page("select", data=str(scored))
    assert not app.exception
    assert "A forecast needs at least 160 labelled rows" in said(app)


def test_a_sentence_gives_the_interval_at_the_budget_and_says_where_it_ends() -> None:
    assert enough.sentence(CURVE, "this selection", 0.1, 1000) == (
        "This selection at 10%: about 70.0% (90 % interval 65.0 to 75.0)."
    )
    assert "tells 10 to 1,000 rows, and 90% are 1,800" in enough.sentence(CURVE, "random rows", 0.9, 2000)
    assert enough.sentence({"note": "Too few.", "probes": []}, "random rows", 0.1, 9) == (
        "Of random rows nothing can be foretold: Too few."
    )
    odd = enough.sentence({**CURVE, "note": "Not a power law."}, "random rows", 0.1, 1000)
    assert odd.endswith("Not a power law.")


def test_the_chart_shows_probes_line_interval_and_the_budget() -> None:
    found = {"rows": 1000, "selection": CURVE, "random": {"note": "Too few.", "probes": [[10, 0.5]]}}
    figure = enough.chart(found, 0.16)
    names = [trace.name for trace in figure.data]
    assert "this selection" in names
    assert "probes of random rows" in names
    assert "random rows" not in names
    line = next(trace for trace in figure.data if trace.name == "this selection")
    assert list(line.x) == [0.01, 0.1, 1.0]
    assert list(line.y) == CURVE["accuracy"]
    assert figure.layout.shapes[0].x0 == 0.16
