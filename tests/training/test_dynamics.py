import itertools
import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eudscore.errors import WorkspaceError
from eudscore.training.dynamics import NEVER_LEARNT, Dynamics, dynamics_of, read_columns
from eudscore.training.fine_tune import fine_tune
from eudscore.training.gradients import Gradients
from eudscore.training.spec import TrainSpec
from eudscore.training.upkeep import Upkeep

# (epochs, rows) of (probability, right), None where a row was not read
histories = st.integers(1, 5).flatmap(
    lambda rows: st.lists(
        st.lists(st.none() | st.tuples(st.floats(0, 1, width=32), st.booleans()), min_size=rows, max_size=rows),
        min_size=1, max_size=6,
    )
)  # fmt: skip


def forgotten(trend: list[bool]) -> int:
    """As the paper says it, in a loop."""
    if not any(trend):
        return NEVER_LEARNT
    return sum(1 for before, now in itertools.pairwise(trend) if before and not now)


@given(histories)
def test_coordinates_agree_with_a_plain_loop_over_rows(history: list[list[tuple[float, bool] | None]]) -> None:
    truth = np.array([[np.nan if one is None else one[0] for one in epoch] for epoch in history], dtype=np.float32)
    right = np.array([[one is not None and one[1] for one in epoch] for epoch in history])
    found = dynamics_of(truth, right)
    read = [row for row in range(truth.shape[1]) if any(epoch[row] for epoch in history)]
    assert found.positions.tolist() == read
    for place, row in enumerate(read):
        seen = [epoch[row] for epoch in history if epoch[row] is not None]
        values = [float(np.float32(one[0])) for one in seen if one]
        trend = [one[1] for one in seen if one]
        assert found.times[place] == len(seen)
        assert found.confidence[place] == pytest.approx(np.mean(values), abs=1e-6)
        assert found.variability[place] == pytest.approx(np.std(values), abs=1e-6)
        assert found.correctness[place] == sum(trend)
        assert found.forgetfulness[place] == forgotten(trend)
        mean = np.mean(values)
        assert found.threshold_closeness[place] == pytest.approx(mean * (1 - mean), abs=1e-6)


def test_a_training_notes_what_it_thought_of_each_row_before_its_update(
    spec: TrainSpec, toy: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    noted: dict[int, list[tuple[float, bool]]] = {row: [] for row in range(120)}
    judged = Gradients._pass

    def watched(self: Gradients, rows: np.ndarray, epoch: int, shares: object = None) -> object:
        told = judged(self, rows, epoch, shares)  # type: ignore[arg-type]
        for row in rows.tolist():
            noted[row].append((float(self.record.truth[epoch][row]), bool(self.record.right[epoch][row])))
        assert float(told[1]) == pytest.approx(np.mean([noted[row][-1][1] for row in rows.tolist()]))
        return told

    monkeypatch.setattr(Gradients, "_pass", watched)
    kept: list[Dynamics] = []
    fine_tune(
        replace(spec, epochs=2.5), toy.texts, toy.labels, out=tmp_path / "m", upkeep=Upkeep(on_dynamics=kept.append)
    )
    (found,) = kept
    assert found.positions.tolist() == list(range(120))
    assert set(found.times.tolist()) == {2, 3}
    assert found.times.sum() == sum(map(len, noted.values()))
    for row in range(120):
        assert found.confidence[row] == pytest.approx(np.mean([truth for truth, _ in noted[row]]), abs=1e-6)
        assert found.correctness[row] == sum(right for _, right in noted[row])
    assert 0.3 < found.confidence.mean() < 1.0


def test_rows_that_were_never_read_have_no_coordinates(spec: TrainSpec, toy: SimpleNamespace, tmp_path: Path) -> None:
    kept: list[Dynamics] = []
    fine_tune(replace(spec, steps=2), toy.texts, toy.labels, out=tmp_path / "m", upkeep=Upkeep(on_dynamics=kept.append))
    assert len(kept[0].positions) == 32
    assert set(kept[0].times.tolist()) == {1}


def some() -> Dynamics:
    truth = np.array([[0.2, 0.9, np.nan], [0.6, 0.8, np.nan], [0.4, 0.1, np.nan]], dtype=np.float32)
    return dynamics_of(truth, np.array([[False, True, False], [True, True, False], [False, False, False]]))


def test_the_file_has_the_fields_of_cartographys_coordinates(tmp_path: Path) -> None:
    some().write(tmp_path, np.array([40, 7, 3]))
    first, second = [json.loads(line) for line in (tmp_path / "dynamics.jsonl").read_text().splitlines()]
    assert list(first) == [
        "guid", "index", "threshold_closeness", "confidence", "variability", "correctness", "forgetfulness", "times",
    ]  # fmt: skip
    assert (first["guid"], first["index"], first["correctness"], first["forgetfulness"]) == (40, 0, 1, 1)
    assert (second["guid"], second["index"], second["correctness"], second["times"]) == (7, 1, 2, 3)
    assert first["confidence"] == pytest.approx(0.4)
    assert first["variability"] == pytest.approx(np.std([0.2, 0.6, 0.4]), abs=1e-6)
    assert [path.name for path in tmp_path.iterdir()] == ["dynamics.jsonl"]


def test_columns_stand_by_row_of_the_corpus_and_are_nan_elsewhere(tmp_path: Path) -> None:
    some().write(tmp_path, np.array([4, 1, 3]))
    columns = read_columns(tmp_path, 6)
    assert set(columns) == {"confidence", "variability", "correctness", "forgetfulness", "threshold_closeness"}
    for column in columns.values():
        assert column.dtype == np.float32
        assert np.flatnonzero(~np.isnan(column)).tolist() == [1, 4]
    assert columns["correctness"][[4, 1]].tolist() == pytest.approx([1 / 3, 2 / 3])


def test_a_row_that_was_never_right_has_no_number_of_times_it_was_forgotten(tmp_path: Path) -> None:
    dynamics_of(np.array([[0.1]], dtype=np.float32), np.array([[False]])).write(tmp_path, np.array([0]))
    assert json.loads((tmp_path / "dynamics.jsonl").read_text())["forgetfulness"] == NEVER_LEARNT
    assert np.isnan(read_columns(tmp_path, 1)["forgetfulness"][0])


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(None, "is not there"), ("{", "is damaged"), ('{"guid": 1}\n', "is damaged"), ("[1]\n", "is damaged")],
)
def test_a_file_that_cannot_be_read_is_a_sentence(tmp_path: Path, content: str | None, sentence: str) -> None:
    if content is not None:
        (tmp_path / "dynamics.jsonl").write_text(content)
    with pytest.raises(WorkspaceError, match=f"{sentence}.*train again to get it"):
        read_columns(tmp_path, 3)


def test_a_file_of_another_corpus_is_refused(tmp_path: Path) -> None:
    some().write(tmp_path, np.array([40, 7, 3]))
    with pytest.raises(WorkspaceError, match="more than 9 rows"):
        read_columns(tmp_path, 9)
