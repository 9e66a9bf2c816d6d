import json
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from eudscore.errors import WorkspaceError
from eudscore.jobs.folder import ProcessId, RunFolder, RunStatus
from eudscore.records import RunState

NewRun = Callable[..., RunFolder]
Until = Callable[..., None]


def test_a_new_run_is_queued_and_remembers_its_spec(new_run: NewRun) -> None:
    run = new_run("count", to=3)
    assert run.read_spec() == {"version": 1, "do": "count", "to": 3}
    status = run.read_status()
    assert (status.state, status.step, status.process) == (RunState.QUEUED, 0, None)
    assert sorted(path.name for path in run.path.iterdir()) == ["log.txt", "spec.json", "status.json"]
    assert [path.name for path in run.path.parent.iterdir()] == [run.path.name]


def test_a_run_is_not_put_over_another(new_run: NewRun) -> None:
    run = new_run()
    with pytest.raises(WorkspaceError, match="is there already and not empty: choose another folder"):
        run.create({"do": "other"})
    assert run.read_spec()["do"] == "count"


def test_a_run_may_be_put_into_an_empty_folder(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    RunFolder(tmp_path / "out").create({"do": "count"})
    assert RunFolder(tmp_path / "out").read_status().active


def test_a_status_comes_back_as_it_was_written(new_run: NewRun) -> None:
    run = new_run()
    status = RunStatus(
        RunState.RUNNING, 3, 9, "Half.", ProcessId(12, 3.5), 4.0, 1.0, 2.0, None, {"accuracy": 0.5, "of": [1]}
    )
    run.write_status(status)
    assert run.read_status() == status
    assert json.loads((run.path / "status.json").read_text())["version"] == 1


def test_a_folder_without_status_is_no_run(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceError, match=r"is not a run: it holds no status\.json"):
        RunFolder(tmp_path).read_status()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ('{"version": 1, "state"', "cannot be read"),
        ('{"version": 99, "state": "done"}', "has version 99"),
        ('{"version": 1, "state": "asleep"}', "'asleep' is not a valid RunState"),
        ('{"version": 1, "state": "done", "mood": "good"}', "is damaged"),
    ],
)
def test_a_status_that_cannot_be_understood_is_one_sentence(new_run: NewRun, content: str, sentence: str) -> None:
    run = new_run()
    (run.path / "status.json").write_text(content)
    with pytest.raises(WorkspaceError, match=sentence):
        run.read_status()


def test_metrics_come_back_in_order(new_run: NewRun) -> None:
    run = new_run()
    assert run.read_metrics() == []
    metrics = [{"step": step, "note": "zwölf\n"} for step in range(5)]
    for metric in metrics:
        run.append_metric(metric)
    assert run.read_metrics() == metrics


@pytest.mark.parametrize("torn", ['{"step": 2, "lo', '{"step": 2}', "{"])
def test_a_last_line_that_is_still_being_written_is_left_out(new_run: NewRun, torn: str) -> None:
    run = new_run()
    run.append_metric({"step": 1})
    with (run.path / "metrics.jsonl").open("a") as metrics:
        metrics.write(torn)
    assert run.read_metrics() == [{"step": 1}]


def test_a_damaged_line_in_the_middle_is_one_sentence(new_run: NewRun) -> None:
    run = new_run()
    (run.path / "metrics.jsonl").write_text('{"step": 1}\noops\n{"step": 3}\n')
    with pytest.raises(WorkspaceError, match=r"metrics\.jsonl is damaged"):
        run.read_metrics()


def test_the_tail_of_a_log_begins_at_a_line(new_run: NewRun) -> None:
    run = new_run()
    for number in range(1000):
        run.append_log(f"line {number} ä")
    assert run.log_tail(max_bytes=40).splitlines() == ["line 997 ä", "line 998 ä", "line 999 ä"]
    assert len(run.log_tail(max_bytes=10**6).splitlines()) == 1000


def test_a_missing_log_has_an_empty_tail(new_run: NewRun) -> None:
    run = new_run()
    run.log.unlink()
    assert run.log_tail() == ""


def test_readers_never_see_half_a_status_however_many_write(new_run: NewRun, until: Until) -> None:
    run = new_run()
    over = threading.Event()
    start = run.read_status()

    def write(letter: str) -> None:
        step = 0
        while not over.is_set():
            step += 1
            run.write_status(replace(start, message=letter * 5000, step=step))

    writers = [threading.Thread(target=write, args=(letter,)) for letter in "ab"]
    for writer in writers:
        writer.start()
    try:
        until(lambda: run.read_status().message != start.message)
        seen = {"".join(sorted(set(run.read_status().message))) for _ in range(500)}
    finally:
        over.set()
        for writer in writers:
            writer.join()
    assert seen & {"a", "b"}
    assert "ab" not in seen
