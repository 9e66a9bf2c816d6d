"""A process that keeps one thing after another until it is killed; it is forked, so that it starts at once.

Each line on standard input, `folder number`, starts one; its process number is the answer, and 0 once it has kept
everything for the first time. With a third word, a number of events, the process kills itself at that event of the
file system; the answer is then its process number and how it ended.
"""

import os
import signal
import sys
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa

from eudscore.jobs.folder import RunFolder
from eudscore.records import Card, Corpus, Roles
from eudscore.store.draft import RowDraft
from eudscore.store.workspace import Workspace

ROWS = 300
EVENTS = ("open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.utime", "os.truncate", "mmap.__new__")


def keep_all(workspace: Workspace, number: int) -> None:
    """One of everything, another one for each number."""
    texts = [f"text {row} of {number}" for row in range(ROWS)]
    labels = np.arange(ROWS) % 3
    table = pa.table({"text": texts, "label": labels})
    ref = workspace.keep_corpus(
        Corpus(f"corpus {number}", "x.csv", table, Roles("text", "label"), tuple("abc"), labels)
    )
    values = np.full(ROWS, number, np.float32)
    workspace.keep_family(ref.id, f"{number:016x}", [Card("igse", "test")], {"igse": values})
    with workspace.lock(ref.id, "a" * 16):
        if workspace.vectors(ref.id, "a" * 16) is None:
            draft = RowDraft(workspace.partial("vectors", ref.id, "a" * 16), ROWS, {"vectors": 4})
            pending = draft.pending
            vectors = np.ones((len(pending), 4), np.float32) * pending[:, None]
            draft.add(pending, {"vectors": vectors}, np.zeros(len(pending), np.uint8))
            draft.close()
            card = Card("vectors", "test", outcome={"number": number})
            workspace.complete("vectors", ref.id, "a" * 16, {"cards": [card.to_json()]})
    workspace.keep_graph(ref.id, Card("graph", "test"), np.zeros((ROWS, 2), np.int64), np.ones((ROWS, 2), np.float32))
    workspace.keep_layout(ref.id, Card("layout", "test"), np.zeros((ROWS, 2), np.float32))
    workspace.keep_selection(ref, f"selection {number}", {"number": number})
    if not (workspace.runs / f"run-{number}").exists():
        RunFolder(workspace.runs / f"run-{number}").create({"do": "nothing"})


def dies_at(event: int) -> None:
    """Kill this process just before the given event of the file system."""
    count = 0

    def hook(name: str, _: object) -> None:
        nonlocal count
        if name in EVENTS:
            count += 1
            if count == event:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)


def work(folder: str, number: int, event: int | None) -> None:
    if event is not None:
        dies_at(event)
        keep_all(Workspace(Path(folder)), number)
        return
    parent = os.getppid()
    keep_all(Workspace(Path(folder)), number)
    print(0, flush=True)  # noqa: T201
    while os.getppid() == parent:  # nobody is left behind by a test that was stopped
        number += 1
        keep_all(Workspace(Path(folder)), number)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:  # what is slow the first time is slow here
        keep_all(Workspace(Path(folder)), 0)
    for line in sys.stdin:
        folder, number, *event = line.split()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL if event else signal.SIG_IGN)  # who is killed leaves no zombie
        process = os.fork()
        if process == 0:
            print(os.getpid(), flush=True)  # noqa: T201 - the answer; the parent may be slower than all that follows
            work(folder, int(number), int(event[0]) if event else None)
            os._exit(0)
        if event:
            print(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
