"""A disk that fills up under a queue: a sentence, nothing half-written, and work again as soon as there is room."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import staff

ROOT = Path(__file__).parents[2]

SCRIPT = """
import os, shutil, sys, signal
from pathlib import Path
from staff import *
from eudscore.errors import WorkspaceError
from eudscore.store.inventory import drafts

root, ballast = Path(sys.argv[1]), Path(sys.argv[1]) / "ballast"

def fill(keep=0):
    with ballast.open("wb", buffering=0) as file:
        for size in (1 << 16, 4096, 1):
            try:
                while shutil.disk_usage(root).free - size >= keep and file.write(bytes(size)) == size:
                    pass
            except OSError:
                continue

def refused(act):
    try:
        act()
    except WorkspaceError as error:
        return str(error)
    raise AssertionError("nothing was wrong")

queue = queue_at(root)
waits = put(queue, "wait", lane="light")
until(lambda: waits.folder.read_status().step)
"""


def run_on_small_disk(tmp_path: Path, body: str) -> None:
    """Run Python, and all that it starts, on a workspace of eight megabytes that nobody else sees."""
    own = ["unshare", "--mount", "--map-root-user"] if os.geteuid() else ["unshare", "--mount"]
    if shutil.which("unshare") is None or subprocess.run([*own, "true"], capture_output=True, check=False).returncode:
        pytest.skip("mounts of one's own are not allowed here")
    root, script = tmp_path / "ws", tmp_path / "script.py"
    root.mkdir()
    script.write_text(SCRIPT + body, encoding="utf-8")
    mount = f'mount -t tmpfs -o size=8m tmpfs {root} && exec "$@"'
    path = os.pathsep.join([str(ROOT), str(Path(staff.__file__).parent)])
    command = [*own, "sh", "-c", mount, "sh", sys.executable, "-W", "ignore", str(script), str(root)]
    environment = {**os.environ, "PYTHONPATH": path, "IDLE": "1"}
    try:
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False, timeout=300)
    finally:
        staff.end_all(tmp_path)
    assert done.returncode == 0, done.stderr


def test_a_job_that_fills_the_disk_fails_with_a_sentence_and_can_be_tried_again(tmp_path: Path) -> None:
    run_on_small_disk(
        tmp_path,
        """
fill(keep=400_000)
job = put(queue, "write", to=1000)
until(lambda: "free some space" in queue.find(job.id).status.message)
seen = queue.find(job.id).status
assert seen.state in (RunState.FAILED, RunState.QUEUED), seen  # queued where others took the last byte for its word
ballast.unlink()
(job.folder.path / "out.bin").unlink()
if seen.state is RunState.FAILED:
    assert "cannot be written (No space left on device)" in seen.message, seen
    until(lambda: queue.rows.get(job.id).state is RunState.FAILED)
    assert queue.again(queue.find(job.id))
until(lambda: state_in(queue, job) is RunState.DONE)
assert queue.find(job.id).status.result == {"blocks": 1000}
assert state_in(queue, waits) is RunState.RUNNING
queue.cancel(queue.find(waits.id))
until(lambda: queue.rows.get(waits.id).state is RunState.CANCELLED)  # while it works it writes its status
assert list(drafts(root)) == []
""",
    )


def test_on_a_full_disk_nothing_is_queued_by_half_and_what_works_goes_on(tmp_path: Path) -> None:
    run_on_small_disk(
        tmp_path,
        """
before = sorted(queue.runs.root.iterdir())
fill()
for _ in range(3):
    said = refused(lambda: put(queue, "count", to=3, ballast="x" * 9000))
    assert "free some space" in said, said
assert sorted(path for path in queue.runs.root.iterdir()) == before
assert [run.id for run in queue.all()] == [waits.id], "what is there can be looked at"
assert state_in(queue, waits) is RunState.RUNNING
ballast.unlink()
job = put(queue, "count", to=3)
until(lambda: state_in(queue, job) is RunState.DONE)
queue.cancel(queue.find(waits.id))
until(lambda: queue.rows.get(waits.id).state is RunState.CANCELLED)
assert list(drafts(root)) == []
""",
    )


def test_a_worker_that_is_killed_on_a_full_disk_is_taken_up_when_there_is_room(tmp_path: Path) -> None:
    run_on_small_disk(
        tmp_path,
        """
first = waits.folder.read_status().process
fill()
os.kill(first.pid, signal.SIGKILL)
until(lambda: not psutil.pid_exists(first.pid))
time.sleep(2.5)  # the foreman looks several times
assert "free some space" in queue.find(waits.id).status.message or state_in(queue, waits) is RunState.LOST
assert lines(root / "begun.txt") == [waits.id], "no attempt is wasted"
ballast.unlink()
until(lambda: lines(root / "begun.txt") != [waits.id])  # its status keeps the step of the attempt before
assert lines(root / "begun.txt") == [waits.id] * 2
assert state_in(queue, waits) is RunState.RUNNING
assert waits.folder.read_status().process not in (None, first)
""",
    )
