"""The process that works off the queue of a workspace on this machine: one, and light.

It begins the job with the highest priority of each lane that has room, each in a process of its own, whose memory is
free when it ends, the GPU's too. It waits for these processes, so that none becomes a zombie; when it is killed, they
go on, and the next foreman finds them. It ends when nothing waited or worked for a while.
"""

import ctypes
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from eudscore.errors import EudscoreError, WorkspaceError
from eudscore.jobs.calling import forget_foreman, note_foreman, only_foreman
from eudscore.jobs.folder import ProcessId
from eudscore.jobs.lanes import device_of, lanes
from eudscore.jobs.launch import Process, start_run
from eudscore.jobs.queue import Queue, has_room
from eudscore.jobs.session import NICENESS, PATIENCE_SECONDS
from eudscore.jobs.state import is_alive, readable
from eudscore.records import RunState
from eudscore.store.jobrows import Claim, JobRow
from eudscore.store.owners import machine

WORKER = (sys.executable, "-m", "eudscore.worker")
IDLE_SECONDS = 15.0
POLL_SECONDS = 0.2  # between two looks at the processes and at what waits
TEND_SECONDS = 1.0  # between two looks at the folders
TROUBLE_SECONDS = 1.0  # after which it tries again what the disk or the database refused
_BURIED_AT_ONCE = 1000
_DEAF_SECONDS = PATIENCE_SECONDS + 10.0  # a cancelled process that did not even end itself is killed


class Foreman:
    """Works off one queue until nothing is left to do."""

    def __init__(
        self, root: Path, *, argv: Sequence[str] = WORKER, lanes_of_machine: Callable[[], Mapping[str, int]] = lanes,
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:  # fmt: skip
        """Make a foreman.

        Args:
            root: of the workspace.
            argv: the command of a worker, to which the folder of a run is appended.
            lanes_of_machine: says the lanes, and how many jobs each takes at a time.
            idle_seconds: without a job, after which it ends.
        """
        self._root = root
        self._argv = argv
        self._lanes = lanes_of_machine
        self._idle_seconds = idle_seconds
        self._queue = Queue(root, foreman=())
        self._me = ProcessId.of(os.getpid())
        self._children: dict[str, Process] = {}
        self._gone: set[str] = set()
        self._adopts = False
        self._tended = -TEND_SECONDS
        self._busy = time.monotonic()
        self._stopping = threading.Event()

    def serve(self) -> None:
        """The whole of the process; SIGTERM ends it, and not the jobs it has begun."""
        os.nice(NICENESS)
        self._adopts = _adopt_orphans()
        signal.signal(signal.SIGTERM, lambda *_: self._stopping.set())
        with only_foreman(self._root) as mine:
            while mine and not self._stopping.is_set() and self._root.is_dir():
                try:
                    if self._idle() and self._leave():
                        return
                    self._look()
                    self._stopping.wait(POLL_SECONDS)
                except EudscoreError:  # the disk is full, or the database is away: that may pass
                    with suppress(OSError):  # the log may be on the very disk that is full
                        traceback.print_exc()
                    self._stopping.wait(TROUBLE_SECONDS)
            if mine:
                forget_foreman(self._root)

    def _look(self) -> None:
        """One look at everything."""
        self._reap()
        if self._gone or time.monotonic() - self._tended > TEND_SECONDS:
            self._tended = time.monotonic()
            with suppress(WorkspaceError):  # on a full disk others call in vain until there is room for the note
                note_foreman(self._root, self._me)
            self._queue.tend(self._gone)
            self._gone.clear()
            self._end_the_deaf()
        rows = self._unfinished()
        if not has_room(self._root):
            return
        waiting = {row.lane for row in rows if row.state is RunState.QUEUED}
        for lane, slots in self._lanes().items():
            if lane in waiting and slots > sum(row.lane == lane and row.slot is not None for row in rows):
                while (row := self._queue.rows.claim(lane, slots, self._claim())) is not None:
                    self._begin(row)

    def _claim(self) -> Claim:
        return Claim(machine(), self._me.pid, self._me.born, time.time())

    def _idle(self) -> bool:
        if self._children or self._unfinished():
            self._busy = time.monotonic()
        return time.monotonic() - self._busy > self._idle_seconds

    def _unfinished(self) -> list[JobRow]:
        return self._queue.rows.some((RunState.QUEUED, RunState.RUNNING), host=machine())

    def _leave(self) -> bool:
        """Whether it may go: who queues a job after this finds no note and calls the next; who did before is seen."""
        forget_foreman(self._root)
        if not self._unfinished():
            return True
        self._busy, self._tended = time.monotonic(), -TEND_SECONDS
        return False

    def _begin(self, row: JobRow) -> None:
        run = self._queue.runs.folder(row.id)
        if readable(run.path).state not in (RunState.QUEUED, RunState.LOST):
            self._queue.settle(row.id)  # it was cancelled or removed while it waited
            return
        # Whoever looked at the queue may have seen its last process end before this one did.
        self._reap()
        self._gone.discard(row.id)
        try:
            self._children[row.id] = start_run(run, argv=self._argv, more=device_of(row.lane, row.slot or 0))
        except WorkspaceError as error:
            with self._queue.rows.moving(row, RunState.FAILED, ended=time.time()) as mine, suppress(WorkspaceError):
                if mine:
                    failed = replace(run.read_status(), state=RunState.FAILED, message=str(error), ended_at=time.time())
                    run.write_status(failed)

    def _reap(self) -> None:
        """Take leave of the processes that ended, and of all that they left behind."""
        for job_id, process in list(self._children.items()):
            ended = os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            if ended is None:
                continue
            # As long as it is not waited for, its number, which is that of its group, is nobody else's.
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            del self._children[job_id]
            self._gone.add(job_id)
        if self._adopts:
            known = {process.pid for process in self._children.values()}
            _bury(known)

    def _end_the_deaf(self) -> None:
        """Kill what was cancelled and did not end itself, because it is stopped or stuck in foreign code."""
        for row in self._queue.rows.some((RunState.RUNNING,), host=machine()):
            run = self._queue.runs.folder(row.id)
            try:
                asked = run.cancel_marker.stat().st_mtime
            except FileNotFoundError:
                continue
            process = run.read_status().process
            if time.time() - asked > _DEAF_SECONDS and process is not None and is_alive(process):
                with suppress(ProcessLookupError, PermissionError):
                    os.killpg(process.pid, signal.SIGKILL)


def _adopt_orphans() -> bool:
    """Become the parent of what the jobs' processes leave behind; in a container the first process may bury nobody."""
    if sys.platform != "linux":
        return False
    set_child_subreaper = 36  # of linux/prctl.h
    return bool(ctypes.CDLL(None).prctl(set_child_subreaper, 1, 0, 0, 0) == 0)


def _bury(known: Collection[int]) -> None:
    """Take leave of the dead that are nobody's job."""
    with suppress(ChildProcessError):
        for _ in range(_BURIED_AT_ONCE):
            dead = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            if dead is None or dead.si_pid in known:  # the next look takes leave of a job that ended just now
                return
            os.waitpid(dead.si_pid, 0)
