"""The folder of a run: what is in it, and how it is read while its process writes.

- `spec.json`: everything that is needed to repeat the run; written once
- `status.json`: where the run is; after creation only its own process writes it
- `metrics.jsonl`: one JSON object a line, in the order of the steps
- `log.txt`: what the process printed
- `model/`: the trained model
- `worker.json`: the process that was started for this run
- `cancel`: there once somebody asked for the run to stop
- `pause`: there while the run is to rest
- `dismissed`: there once somebody has seen how badly the run ended
- `.room`: bytes that a running process gives back to the disk to leave its last word, should the disk be full
"""

import fcntl
import json
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

import psutil

from eudscore.errors import WorkspaceError
from eudscore.records import JsonDict, RunState
from eudscore.store.files import draft_folder, read_json, rename_synced, write_json, writing
from eudscore.store.owners import machine

VERSION = 1
_ROOM_BYTES = 65_536
_REMEDY = "remove the run and start it again"


@dataclass(frozen=True)
class ProcessId:
    """A process: its number, its time of birth, because numbers are used again, and its machine.

    A machine is 8 hex digits, those of the processes of one container; none where it was not noted.
    """

    pid: int
    born: float
    host: str = ""

    @classmethod
    def of(cls, pid: int) -> "ProcessId":
        """The process that has this number now.

        Raises:
            psutil.NoSuchProcess: there is none.
        """
        return cls(pid, psutil.Process(pid).create_time(), machine())


@dataclass(frozen=True)
class RunStatus:
    """Where a run is; all times are Unix seconds.

    Attributes:
        state: as written; `state.state_of` says whether it is still true.
        step: steps done.
        total: steps there will be; 0 while unknown.
        message: one sentence for people.
        process: the process at work, or the last one that was.
        heartbeat: when that process last said that it lives.
        created_at: when the run was asked for.
        started_at: when its process took it up.
        ended_at: when it ended, however it ended.
        result: what the task returned.
        kept: whether a queue keeps the run, so that it may wait as long as it takes.
        memory: bytes that its process holds: `rss` and `rss_peak`, and on a GPU `gpu` and `gpu_peak`.
    """

    state: RunState
    step: int = 0
    total: int = 0
    message: str = ""
    process: ProcessId | None = None
    heartbeat: float | None = None
    created_at: float = 0.0
    started_at: float | None = None
    ended_at: float | None = None
    result: JsonDict = field(default_factory=dict)
    kept: bool = False
    memory: dict[str, int] = field(default_factory=dict)

    @property
    def active(self) -> bool:
        """Whether the run waits or works, so that there will be news."""
        return self.state in (RunState.QUEUED, RunState.RUNNING)

    def to_json(self) -> JsonDict:
        """Plain JSON values with a `version`."""
        return {"version": VERSION, **asdict(self)}

    @classmethod
    def from_json(cls, content: Mapping[str, object]) -> "RunStatus":
        """The status that `to_json` wrote.

        Raises:
            ValueError, TypeError: it is none.
        """
        facts = {name: value for name, value in content.items() if name != "version"}
        process = facts.pop("process", None)
        if isinstance(process, Mapping):
            facts["process"] = ProcessId(**process)
        facts["state"] = RunState(str(facts.get("state")))
        return cls(**facts)  # type: ignore[arg-type]


@dataclass(frozen=True)
class RunFolder:
    """A run by its folder; holds nothing but the path, so it is free to make and never stale."""

    path: Path

    @property
    def log(self) -> Path:
        """What the process printed."""
        return self.path / "log.txt"

    @property
    def model(self) -> Path:
        """Folder of the trained model."""
        return self.path / "model"

    @property
    def cancel_marker(self) -> Path:
        """Empty file that asks the run to stop."""
        return self.path / "cancel"

    @property
    def pause_marker(self) -> Path:
        """Empty file that asks the run to rest."""
        return self.path / "pause"

    @property
    def dismissed_marker(self) -> Path:
        """Empty file that says that nobody needs to be told how the run ended."""
        return self.path / "dismissed"

    def create(self, spec: Mapping[str, object], *, kept: bool = False) -> None:
        """Make the folder, whole or not at all, with its spec and the state `queued`.

        Args:
            spec: plain JSON values; gets the `version` of the file.
            kept: whether a queue will begin it.

        Raises:
            WorkspaceError: there is something under that name, or it cannot be written.
        """
        with draft_folder(self.path.parent) as draft:
            write_json(draft / "spec.json", {**spec, "version": VERSION}, durable=False)
            status = RunStatus(RunState.QUEUED, message="Waiting to start.", created_at=time.time(), kept=kept)
            write_json(draft / "status.json", status.to_json(), durable=False)
            (draft / "log.txt").touch()
            try:
                rename_synced(draft, self.path)
            except OSError as error:
                if not self.path.exists():
                    raise
                raise WorkspaceError(
                    f"{self.path} is there already and not empty: choose another folder for the run."
                ) from error

    def remove(self) -> None:
        """Remove the folder, as far as it can be."""
        shutil.rmtree(self.path, ignore_errors=True)

    def read_spec(self) -> JsonDict:
        """What `create` was given, and its `version`.

        Raises:
            WorkspaceError: it is missing, damaged, or of another version.
        """
        return read_json(self.path / "spec.json", version=VERSION, remedy=_REMEDY)

    def read_status(self) -> RunStatus:
        """The status as it was last written; `state.state_of` compares it with reality.

        Raises:
            WorkspaceError: it is missing, damaged, or of another version.
        """
        if not (self.path / "status.json").exists():
            raise WorkspaceError(f"{self.path} is not a run: it holds no status.json. Choose another run.")
        content = read_json(self.path / "status.json", version=VERSION, remedy=_REMEDY)
        try:
            return RunStatus.from_json(content)
        except (ValueError, TypeError) as error:
            raise WorkspaceError(f"{self.path / 'status.json'} is damaged ({error}): {_REMEDY}.") from error

    def write_status(self, status: RunStatus) -> None:
        """Replace the status; a reader sees the old one or the new one.

        Only a last word waits for the disk: progress is written many times a second, and a run that a power failure
        ends is lost whatever it said last.
        """
        with writing(self.path):
            write_json(self.path / "status.json", status.to_json(), durable=not status.active)

    def append_metric(self, metric: Mapping[str, object]) -> None:
        """Add one line to the metrics; only the run's own process does."""
        line = json.dumps(metric, ensure_ascii=False) + "\n"
        with writing(self.path), (self.path / "metrics.jsonl").open("a", encoding="utf-8") as metrics:
            metrics.write(line)

    def read_metrics(self) -> list[JsonDict]:
        """All metrics so far; a last line that is still being written is left out.

        Raises:
            WorkspaceError: another line is damaged.
        """
        try:
            text = (self.path / "metrics.jsonl").read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return []
        lines = text.split("\n")[:-1]  # what follows the last line end is not complete
        try:
            return [json.loads(line) for line in lines if line]
        except json.JSONDecodeError as error:
            raise WorkspaceError(f"{self.path / 'metrics.jsonl'} is damaged ({error}): {_REMEDY}.") from error

    def log_tail(self, *, max_bytes: int = 16_384) -> str:
        """The last whole lines of the log."""
        try:
            with self.log.open("rb") as log:
                size = log.seek(0, 2)
                log.seek(max(0, size - max_bytes))
                text = log.read().decode("utf-8", "replace")
        except FileNotFoundError:
            return ""
        return text if size <= max_bytes else text.partition("\n")[2]

    def append_log(self, text: str) -> None:
        """Add text to the log."""
        with writing(self.path), self.log.open("a", encoding="utf-8") as log:
            log.write(text.rstrip("\n") + "\n")

    def write_worker(self, process: ProcessId) -> None:
        """Note the process that was started for this run."""
        with writing(self.path):
            write_json(self.path / "worker.json", {"version": VERSION, **asdict(process)}, durable=False)

    def read_worker(self) -> ProcessId | None:
        """The process that was started for this run, if one was."""
        if not (self.path / "worker.json").exists():
            return None
        content = read_json(self.path / "worker.json", version=VERSION, remedy=_REMEDY)
        return ProcessId(int(content["pid"]), float(content["born"]), str(content.get("host", "")))

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Work on the run as the only process; the system lets go of it when that process ends, however it ends.

        Raises:
            WorkspaceError: another process works on it, or there is no run.
        """
        with writing(self.path):
            number = os.open(self.path / "spec.json", os.O_RDONLY)
        try:
            fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
        except BlockingIOError as error:
            raise WorkspaceError(f"{self.path} is worked on by another process: wait until that ends.") from error
        finally:
            os.close(number)

    def keep_room(self) -> None:
        """Take some room on the disk for a last word; where there is none, the run goes without."""
        with suppress(OSError):
            (self.path / ".room").write_bytes(bytes(_ROOM_BYTES))

    def give_room(self) -> None:
        """Give that room back."""
        with suppress(OSError):
            (self.path / ".room").unlink(missing_ok=True)
