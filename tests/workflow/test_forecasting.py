"""A forecast from small probes on a selection."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from eudscore.errors import RequestError
from eudscore.records import Card, Corpus, Roles
from eudscore.selection.request import SelectionRequest, Strategy
from eudscore.store.scores import Scores
from eudscore.store.workspace import CorpusRef, Workspace
from eudscore.workflow import forecasting
from eudscore.workflow.forecasting import expected_at, forecast_accuracy, forecast_plan

N, D = 1200, 8
World = tuple[Workspace, CorpusRef, Scores]


def made(tmp_path: Path, labels_of: str = "sign", n: int = N, *, alike: bool = False) -> World:
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(n, D)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    noisy = vectors[:, 0] + 0.1 * rng.normal(size=n)
    labels = (noisy > 0).astype(np.int64) if labels_of == "sign" else np.zeros(n, dtype=np.int64)
    texts = [" ".join(f"{word:x}" for word in rng.integers(1 << 30, size=8)) for _ in range(n)]
    texts = ["the very same words again and again"] * n if alike else texts
    table = pa.table({"text": texts, "label": [str(one) for one in labels]})
    corpus = Corpus("made", "made.csv", table, Roles("text", "label"), ("0", "1"), labels)
    workspace = Workspace(tmp_path / "ws")
    ref = workspace.keep_corpus(corpus)
    workspace.keep("vectors", ref.id, "a" * 16, {"cards": [Card("vectors", "own").to_json()]}, {"vectors": vectors})
    about = {"id": ref.id, "revision": ref.revision}
    scores = Scores(about, np.full(n, 3), {"value": rng.random(n).astype(np.float32)}, {"value": Card("value", "v")})
    return workspace, ref, scores


@pytest.fixture
def world(tmp_path: Path) -> World:
    return made(tmp_path)


def test_the_plan_says_what_is_trained_before_anything_is(world: World) -> None:
    workspace, ref, _ = world
    plan = forecast_plan(workspace, ref)
    assert plan.sizes == (20, 40, 80, 160)
    assert (plan.held_out, plan.furthest) == (240, 960)
    assert plan.seconds >= 5


def test_the_rows_that_test_are_trained_on_by_nobody_and_sizes_are_nested(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace, ref, scores = world
    seen: list[tuple[np.ndarray, np.ndarray]] = []
    original = forecasting._accuracy

    def watched(materials: object, rows: np.ndarray, tested: np.ndarray) -> float:
        seen.append((rows, tested))
        return original(materials, rows, tested)  # type: ignore[arg-type]

    monkeypatch.setattr(forecasting, "_accuracy", watched)
    forecast_accuracy(workspace, ref, scores, SelectionRequest(0.1, by="value"))
    assert len(seen) == 24
    assert [len(rows) for rows, _ in seen[:4]] == [20, 40, 80, 160]
    assert all(not set(rows.tolist()) & set(tested.tolist()) for rows, tested in seen)
    assert len({tuple(tested.tolist()) for _, tested in seen}) == 3
    random = [set(rows.tolist()) for rows, _ in seen[4:8]]
    assert random[0] < random[1] < random[2] < random[3]


def test_what_is_foretold_comes_true_where_the_data_are_simple(world: World) -> None:
    workspace, ref, scores = world
    found = forecast_accuracy(workspace, ref, scores, SelectionRequest(0.5, by="value"))
    assert found["rows"] == 960
    for arm in ("selection", "random"):
        told = found[arm]
        assert len(told["probes"]) == 12
        assert told["at"][0] == 20
        assert told["at"][-1] == 960
        assert all(
            low <= value <= high for low, value, high in zip(told["low"], told["accuracy"], told["high"], strict=True)
        )
        expected = expected_at(told, 640)
        assert expected is not None
        value, low, high = expected
        assert 0.85 < value < 0.99  # the best a line can do here is about 0.94
        assert low < value < high
    assert expected_at(found["random"], 19) is None
    assert expected_at(found["random"], 961) is None
    assert expected_at({"note": "nothing"}, 100) is None


def test_a_choice_that_is_used_up_is_told_and_random_is_forecast_all_the_same(world: World) -> None:
    workspace, ref, scores = world
    few = np.full(N, np.nan, dtype=np.float32)
    few[:40] = 0.5
    lean = Scores(scores.corpus, scores.tokens, {"value": few}, scores.cards)
    found = forecast_accuracy(workspace, ref, lean, SelectionRequest(0.5, by="value", strategy=Strategy.TOP))
    assert "at" not in found["selection"]
    assert "sizes" in found["selection"]["note"]
    assert "at" in found["random"]


@pytest.mark.parametrize(("labels", "n"), [("one", N), ("sign", 60)])
def test_too_few_labels_are_refused_in_a_sentence(tmp_path: Path, labels: str, n: int) -> None:
    workspace, ref, scores = made(tmp_path, labels, n)
    with pytest.raises(RequestError, match="A forecast needs at least 160 labelled rows of two classes or more"):
        forecast_accuracy(workspace, ref, scores, SelectionRequest(0.1, by="value"))


def test_data_that_only_repeat_themselves_are_refused_in_a_sentence(tmp_path: Path) -> None:
    workspace, ref, scores = made(tmp_path, alike=True)
    with pytest.raises(RequestError, match="All but 0 of the labelled rows are near-duplicates of those held out"):
        forecast_accuracy(workspace, ref, scores, SelectionRequest(0.1, by="value"))
