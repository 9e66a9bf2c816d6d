"""Several processes queue, look and cancel on one workspace at the same time."""

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import pytest
import server
import staff
from staff import lines, start_app, until

from eudscore.jobs.queue import Queue
from eudscore.records import RunState

EACH = 5
SHARED = 3


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_two_apps_and_a_command_line_on_one_workspace_begin_every_job_once(
    root: Path, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if database == "postgresql":
        monkeypatch.setenv("EUDSCORE_DATABASE_URL", server.address())
    mine = [{"do": "count", "to": 2, "lane": lane} for lane in ("cpu", "light", "gpu", "gpu", "light")]
    shared = [{"do": "count", "to": 2, "pause": 0.5, "lane": "gpu", "work": f"w{number}"} for number in range(SHARED)]
    assert len(mine) == EACH
    root.mkdir()
    queue: Queue = staff.queue_at(root)
    with ThreadPoolExecutor(2) as both:
        apps = list(both.map(lambda _: start_app(root, *shared, *mine), range(2)))
    until(lambda: all(run.status.state is RunState.DONE for run in queue.all()))
    begun = lines(root / "begun.txt")
    assert len(begun) == len(set(begun)), "a job was begun twice"
    works = [run.folder.read_spec().get("work") for run in queue.all()]
    assert works.count(None) == 2 * EACH
    assert SHARED <= len(works) - 2 * EACH <= 2 * SHARED, "the same work may follow itself, never go beside itself"
    assert sorted(begun) == sorted(run.id for run in queue.all())
    assert all(run.row is not None and run.row.attempt == 1 for run in queue.all())
    for work in {work for work in works if work is not None}:
        spans = sorted(
            (run.status.started_at, run.status.ended_at)  # its folder is made before the queue takes it
            for run in queue.all()
            if run.folder.read_spec().get("work") == work
        )
        assert all(before[1] <= after[0] for before, after in pairwise(spans))
    for app in apps:
        app.kill()
        app.wait(60)
