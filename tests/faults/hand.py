"""A worker whose tasks are light: `hand.py RUN` does what the spec of a run says.

`count` keeps a checkpoint of every step and goes on from it; each step it does is a line of `steps.txt`, and each time
a job is begun is a line of `begun.txt` in the workspace. That line is written after the status says `running`.
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from eudscore.errors import InputError, Interrupted, Paused
from eudscore.jobs import session as session_module
from eudscore.jobs.session import RunSession, Stop, work_alone
from eudscore.records import JsonDict
from eudscore.store.files import writing


def _note(path: Path, line: str) -> None:
    number = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    os.write(number, f"{line}\n".encode())
    os.close(number)


def _count(session: RunSession, spec: JsonDict) -> JsonDict:
    """Steps that add up; killed before step `die_at` the first time, and every time with `die_always`.

    Before step `stay_at` it waits the first time, until it is stopped or killed.
    """
    checkpoint, total = session.run.path / "checkpoint", int(spec.get("to", 5))
    done, value = map(int, checkpoint.read_text().split()) if checkpoint.exists() else (0, 0)
    for step in range(done + 1, total + 1):
        while step == spec.get("stay_at") and done < step - 1 and not session.should_stop():
            time.sleep(0.02)
        if session.should_stop():
            raise (
                Paused(f"Paused after step {step - 1}.")
                if session.stop_reason() is Stop.PAUSE
                else Interrupted(f"Stopped after step {step - 1}.")
            )
        if step == spec.get("die_at") and (done < step - 1 or spec.get("die_always")):
            os.kill(os.getpid(), signal.SIGKILL)
        value += step * step
        _note(session.run.path / "steps.txt", str(step))
        draft = checkpoint.with_name("checkpoint-draft")
        draft.write_text(f"{step} {value}")
        draft.replace(checkpoint)
        session.progress(step, total, f"Step {step}.")
        session.metric({"step": step, "loss": 1 / step})
        time.sleep(float(spec.get("pause", 0)))
    return {"sum": value, "pid": os.getpid()}


def _wait(session: RunSession, _spec: JsonDict) -> JsonDict:
    session.progress(1, 2, "Waiting for the end.")
    while not session.should_stop():
        time.sleep(0.02)
    raise Interrupted("Stopped after step 1 of 2; nothing was saved.")


def _ignore(session: RunSession, _spec: JsonDict) -> JsonDict:
    session.progress(1, 2, "Deaf.")
    time.sleep(600)
    return {}


def _family(session: RunSession, spec: JsonDict) -> JsonDict:
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)", str(session.run.path)])
    return _wait(session, spec)


def _write(session: RunSession, spec: JsonDict) -> JsonDict:
    """Fill the disk, a block a step."""
    with (session.run.path / "out.bin").open("wb", buffering=0) as out, writing(session.run.path):
        for step in range(1, int(spec["to"]) + 1):
            out.write(bytes(4096))
            session.progress(step, int(spec["to"]), f"Block {step}.")
    return {"blocks": spec["to"]}


def _refuse(session: RunSession, _spec: JsonDict) -> JsonDict:
    raise InputError("There is no column 'x', only 'y'. Choose it.")


def _break(session: RunSession, _spec: JsonDict) -> JsonDict:
    raise ZeroDivisionError("by zero")


def _exit(session: RunSession, _spec: JsonDict) -> JsonDict:
    os._exit(3)


TASKS = {
    "count": _count, "wait": _wait, "ignore": _ignore, "family": _family, "write": _write, "refuse": _refuse,
    "break": _break, "exit": _exit,
}  # fmt: skip


def perform(session: RunSession) -> JsonDict:
    """Do what a spec says."""
    spec = session.run.read_spec()
    _note(session.run.path.parents[1] / "begun.txt", session.run.path.name)
    sys.stdout.write(f"working on {session.run.path.name}\n")
    return TASKS[spec["do"]](session, spec)


if __name__ == "__main__":
    session_module.HEARTBEAT_SECONDS = 0.2
    session_module.PATIENCE_SECONDS = float(os.environ.get("PATIENCE", "20"))
    work_alone(Path(sys.argv[1]), perform)
