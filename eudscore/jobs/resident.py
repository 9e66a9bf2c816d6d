"""A process that stays, with its models warm, and answers one question after the other over its pipes.

A question is a line of JSON with a number, a kind and what it is about; its answer is a line with the same number.
The process holds nothing that is stored nowhere else: it may be ended at any time, and the next question starts
another. It ends by itself when nobody asked for a while, and when the pipe closes because the server is gone.
"""

import atexit
import json
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from eudscore.errors import EudscoreError
from eudscore.jobs.launch import environment
from eudscore.records import JsonDict

SECONDS = 180.0  # that one answer may take, the loading of a model included
WARM = "warm"  # the kind of question that loads what another kind needs
_RESIDENT = (sys.executable, "-m", "eudscore.worker", "--resident")
_LOG_TAIL = 4096  # bytes


@dataclass(eq=False)
class _Living:
    """A process and the lines it has said so far; None after the last one."""

    process: "subprocess.Popen[bytes]"
    lines: "queue.SimpleQueue[bytes | None]" = field(default_factory=queue.SimpleQueue)
    warmed: set[str] = field(default_factory=set)

    def listen(self) -> None:
        """Take what the process says until it is gone, and then its exit status, so that no zombie is left."""
        source = self.process.stdout
        if source is None:
            raise AssertionError("its output was asked for")
        with source:
            for line in source:
                self.lines.put(line)
        self.process.wait()
        self.lines.put(None)


class Resident:
    """The one process that answers; any number of threads may ask it, one at a time is heard."""

    def __init__(self, argv: Sequence[str], *, log: Path, seconds: float = SECONDS) -> None:
        """Nothing is started before the first question.

        Args:
            argv: the command of the process; it calls `residing.serve`.
            log: what it prints and what went wrong in it; begun anew with each process.
            seconds: that one answer may take, and that a question may wait for those before it.
        """
        self._argv = tuple(argv)
        self._log = log
        self._seconds = seconds
        self._asking = threading.Lock()
        self._living: _Living | None = None
        self._number = 0
        self._warming: set[str] = set()

    @property
    def pid(self) -> int | None:
        """The number of the process, None where none lives."""
        living = self._living
        return living.process.pid if living is not None and living.process.poll() is None else None

    def ask(self, kind: str, about: JsonDict) -> JsonDict:
        """Ask and wait for the answer.

        Args:
            kind: what is asked for.
            about: plain JSON values.

        Raises:
            EudscoreError: what the process refuses with, of the kind it refuses with; or it broke, was ended, took
                too long, or cannot be started.
        """
        if not self._asking.acquire(timeout=self._seconds):
            raise EudscoreError(f"The models have been busy for {self._seconds:g} s: try again in a moment.")
        try:
            self._number += 1
            said = json.dumps({"number": self._number, "kind": kind, "about": about})
            question = f"\n{said}\n".encode()  # whoever asked before may have been interrupted within a line
            # One that ended because nobody had asked for long is no failure: another one is asked.
            answer = self._answer(question) or self._answer(question)
        finally:
            self._asking.release()
        if answer is None:
            raise EudscoreError(f"The process of the models ends as soon as it begins{self._last_words()}.")
        if "answer" not in answer:
            raise _refusal(answer)
        return dict(answer["answer"])

    def warm(self, kind: str, about: JsonDict | None = None) -> None:
        """Have what a kind of question needs loaded, without waiting for it; what goes wrong is told who asks.

        Free where that is loaded or being loaded already, so that a page may call it at every run.
        """
        wanted = {"kind": kind, "about": about or {}}
        name = json.dumps(wanted, sort_keys=True)
        living = self._living
        if name in self._warming or (self.pid is not None and living is not None and name in living.warmed):
            return
        self._warming.add(name)

        def load() -> None:
            try:
                with suppress(EudscoreError):
                    self.ask(WARM, wanted)
                if self._living is not None:
                    self._living.warmed.add(name)
            finally:
                self._warming.discard(name)

        threading.Thread(target=load, name="warm-resident", daemon=True).start()

    def end(self) -> None:
        """End the process, whatever it does; a later question starts another."""
        living, self._living = self._living, None
        if living is not None:
            with suppress(OSError):
                living.process.kill()
            _hang_up(living)
            living.process.wait()

    def _answer(self, question: bytes) -> JsonDict | None:
        """The answer; None where the process had ended in peace before it heard the question."""
        living = self._living
        if living is None or living.process.poll() is not None:
            living = self._start()
        if living.process.stdin is None:
            raise AssertionError("its input was asked for")
        with suppress(OSError):  # it is gone: its last line, which follows, says how
            living.process.stdin.write(question)
            living.process.stdin.flush()
        while (line := self._line(living)) is not None:
            with suppress(ValueError):
                said = json.loads(line)
                if isinstance(said, dict) and said.get("number") == self._number:  # not what nobody waited for
                    return said
        self._living = None
        _hang_up(living)
        if living.process.returncode == 0:
            return None
        raise EudscoreError(f"The process of the models was ended in the middle{self._last_words()}: try again.")

    def _line(self, living: _Living) -> bytes | None:
        try:
            return living.lines.get(timeout=self._seconds)
        except queue.Empty:
            self.end()
            raise EudscoreError(
                f"The answer took more than {self._seconds:g} s and was given up: ask for a shorter text, or try again "
                "when the machine is less busy."
            ) from None

    def _start(self) -> _Living:
        try:
            with self._log.open("wb") as log:
                process = subprocess.Popen(
                    self._argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log,
                    start_new_session=True, close_fds=True, env=environment(),
                )  # fmt: skip
        except OSError as error:
            raise EudscoreError(
                f"The process of the models cannot be started ({error.strerror}): check the installation."
            ) from error
        self._living = _Living(process)
        threading.Thread(target=self._living.listen, name=f"listen-{process.pid}", daemon=True).start()
        return self._living

    def _last_words(self) -> str:
        """The last line of the log in brackets, with a space in front, if there is one."""
        with suppress(OSError):
            lines = self._log.read_bytes()[-_LOG_TAIL:].decode("utf-8", "replace").splitlines()
            if told := [line for line in lines if line and not line[0].isspace()]:  # the others belong to a traceback
                return f" ({told[-1][:200]})"
        return ""


def _hang_up(living: _Living) -> None:
    if living.process.stdin is not None:
        with suppress(OSError):  # what was not sent yet cannot be
            living.process.stdin.close()


def _refusal(answer: JsonDict) -> EudscoreError:
    """The error that a process answered with; every kind there is has a name in `errors`."""
    named = (kind for kind in EudscoreError.__subclasses__() if kind.__name__ == answer.get("kind"))
    return next(named, EudscoreError)(str(answer.get("refused")))


@lru_cache(maxsize=1)
def resident() -> Resident:
    """The one of this server; its log is in a temporary folder that goes with the server."""
    folder = Path(tempfile.mkdtemp(prefix="eudscore-"))
    shared = Resident(_RESIDENT, log=folder / "resident.log")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    atexit.register(shared.end)
    return shared
