"""Real processes that answer: what a kill, a timeout, a closed server and a garbled line leave behind."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from eudscore.errors import EudscoreError, ModelError
from eudscore.jobs.resident import Resident

Until = Callable[..., None]

# What a question asks for is its kind.
ANSWERS = """
import os, sys, time
from eudscore.errors import ModelError
from eudscore.jobs.residing import serve

loaded = []

def answer(kind, about):
    match kind:
        case "echo":
            return about
        case "warm":
            loaded.append(about["kind"])
            return {}
        case "loaded":
            return {"loaded": loaded}
        case "pid":
            return {"pid": os.getpid(), "nice": os.nice(0)}
        case "sleep":
            print("asleep")
            time.sleep(about["seconds"])
            return about
        case "print":
            print("a line of a library")
            os.write(1, b"and a native one\\n")
            return {"printed": True}
        case "refuse":
            raise ModelError("There is no model 'x', only 'y'. Choose it.")
        case "break":
            raise ZeroDivisionError("by zero")
        case "die":
            os._exit(3)
        case "wrong":
            return {"set": {1}}

serve(answer, idle_seconds=float(sys.argv[1]))
"""


@pytest.fixture
def argv(tmp_path: Path) -> list[str]:
    script = tmp_path / "answers.py"
    script.write_text(ANSWERS, encoding="utf-8")
    return [sys.executable, str(script), "600"]


@pytest.fixture
def resident(argv: list[str], tmp_path: Path) -> Iterator[Resident]:
    made = Resident(argv, log=tmp_path / "log.txt", seconds=30.0)
    yield made
    made.end()


def asleep(log: Path) -> bool:
    return "asleep" in log.read_text(encoding="utf-8")


def pid_of(resident: Resident) -> int:
    return int(resident.ask("pid", {})["pid"])


def test_nothing_is_started_before_the_first_question(resident: Resident) -> None:
    assert resident.pid is None
    assert resident.ask("echo", {"x": 1}) == {"x": 1}
    assert resident.pid == pid_of(resident)


def test_one_process_answers_all_and_gives_way_to_the_server(resident: Resident) -> None:
    first, second = (resident.ask("pid", {}) for _ in range(2))
    assert first == second
    assert first["nice"] > os.nice(0)


@pytest.mark.parametrize("text", ["", "a\nb\r\n", "\x00", "😀", "half \ud800 of one", "x" * 1_000_000, "\u2028"])
def test_any_text_goes_there_and_back(resident: Resident, text: str) -> None:
    assert resident.ask("echo", {"text": text}) == {"text": text}


def test_what_a_library_prints_is_no_answer(resident: Resident, tmp_path: Path) -> None:
    assert resident.ask("print", {}) == {"printed": True}
    assert resident.ask("echo", {}) == {}
    assert "and a native one" in (tmp_path / "log.txt").read_text()


def test_a_refusal_is_the_same_sentence_of_the_same_kind(resident: Resident) -> None:
    with pytest.raises(ModelError, match="There is no model 'x', only 'y'"):
        resident.ask("refuse", {})


@pytest.mark.parametrize("kind", ["break", "wrong"])
def test_a_bug_is_a_sentence_and_the_process_goes_on(resident: Resident, tmp_path: Path, kind: str) -> None:
    pid = pid_of(resident)
    with pytest.raises(
        EudscoreError, match=r"could not answer \((ZeroDivisionError: by zero|TypeError: .*)\): this is"
    ):
        resident.ask(kind, {})
    assert "Traceback" in (tmp_path / "log.txt").read_text()
    assert pid_of(resident) == pid


def test_one_that_dies_is_a_sentence_and_the_next_question_starts_another(resident: Resident) -> None:
    pid = pid_of(resident)
    with pytest.raises(EudscoreError, match="was ended in the middle"):
        resident.ask("die", {})
    assert pid_of(resident) != pid
    assert not psutil.pid_exists(pid)


def test_a_kill_in_the_middle_is_a_sentence_and_leaves_no_zombie(
    resident: Resident, tmp_path: Path, until: Until
) -> None:
    pid = pid_of(resident)

    def kill() -> None:
        until(lambda: asleep(tmp_path / "log.txt"))
        os.kill(pid, signal.SIGKILL)

    threading.Thread(target=kill).start()
    with pytest.raises(EudscoreError, match="was ended in the middle"):
        resident.ask("sleep", {"seconds": 60})
    until(lambda: not psutil.pid_exists(pid))
    assert resident.ask("echo", {"x": 2}) == {"x": 2}


def test_a_kill_between_two_questions_is_one_sentence_at_most(resident: Resident) -> None:
    os.kill(pid_of(resident), signal.SIGKILL)
    with suppress(EudscoreError):
        resident.ask("echo", {})
    assert resident.ask("echo", {"x": 3}) == {"x": 3}


def test_an_answer_that_takes_too_long_is_given_up_and_its_process_ended(
    resident: Resident, monkeypatch: pytest.MonkeyPatch
) -> None:
    pid = pid_of(resident)
    with monkeypatch.context() as patch:
        patch.setattr(resident, "_seconds", 0.3)  # not of the answers for which a process must begin first
        with pytest.raises(EudscoreError, match=r"took more than 0\.3 s"):
            resident.ask("sleep", {"seconds": 60})
    assert not psutil.pid_exists(pid)
    assert resident.ask("echo", {"x": 4}) == {"x": 4}


def test_threads_are_answered_each_its_own_by_one_process(resident: Resident) -> None:
    found: dict[int, object] = {}
    pids = set()

    def ask(number: int) -> None:
        found[number] = resident.ask("sleep", {"seconds": 0.01, "number": number})["number"]
        pids.add(pid_of(resident))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {number: number for number in range(12)}
    assert len(pids) == 1


def test_the_answer_to_an_interrupted_question_goes_to_nobody(
    resident: Resident, monkeypatch: pytest.MonkeyPatch
) -> None:
    pid = pid_of(resident)
    with monkeypatch.context() as patch:

        def interrupted(*_: object) -> None:
            raise KeyboardInterrupt

        patch.setattr(resident, "_line", interrupted)
        with pytest.raises(KeyboardInterrupt):
            resident.ask("sleep", {"seconds": 0.2, "whose": "the first"})
    assert resident.ask("echo", {"whose": "the second"}) == {"whose": "the second"}
    assert pid_of(resident) == pid


def test_a_garbled_line_spoils_no_other(resident: Resident) -> None:
    pid = pid_of(resident)
    living = resident._living
    assert living is not None
    assert living.process.stdin is not None
    living.process.stdin.write(b'{"number": 7, "ki\xff\x00 nothing\n[1]\n\n"half')  # without its end
    living.process.stdin.flush()
    assert resident.ask("echo", {"x": 5}) == {"x": 5}
    assert pid_of(resident) == pid


def test_one_that_nobody_asks_ends_and_the_next_question_finds_another(
    argv: list[str], tmp_path: Path, until: Until
) -> None:
    resident = Resident([*argv[:-1], "0.3"], log=tmp_path / "log.txt", seconds=30.0)
    pid = pid_of(resident)
    until(lambda: not psutil.pid_exists(pid))
    until(lambda: resident.pid is None)  # another thread takes note of it
    assert pid_of(resident) != pid
    resident.end()


def test_a_question_that_meets_the_end_of_an_idle_one_is_asked_again(
    resident: Resident, monkeypatch: pytest.MonkeyPatch
) -> None:
    pid = pid_of(resident)
    living = resident._living
    assert living is not None
    assert living.process.stdin is not None
    living.process.stdin.close()  # it ends in peace, as an idle one does
    living.process.wait()
    monkeypatch.setattr(living.process, "poll", lambda: None)  # it still seemed to live
    monkeypatch.setattr(living.process, "stdin", open(os.devnull, "wb"))  # noqa: SIM115, PTH123
    assert pid_of(resident) != pid


def test_one_that_cannot_stay_is_a_sentence(tmp_path: Path) -> None:
    resident = Resident([sys.executable, "-c", "pass"], log=tmp_path / "log.txt")
    with pytest.raises(EudscoreError, match="ends as soon as it begins"):
        resident.ask("echo", {})
    broken = Resident([sys.executable, "-c", "import no_such_module"], log=tmp_path / "log.txt")
    with pytest.raises(EudscoreError, match=r"ended in the middle \(ModuleNotFoundError: .*no_such_module"):
        broken.ask("echo", {})
    missing = Resident([str(tmp_path / "nothing")], log=tmp_path / "log.txt")
    with pytest.raises(EudscoreError, match=r"cannot be started .*: check the installation"):
        missing.ask("echo", {})


def test_warming_does_not_wait_and_is_done_once(resident: Resident, until: Until) -> None:
    with resident._asking:  # nobody is answered
        for _ in range(20):
            resident.warm("read", {"ref": "x"})
        assert resident._warming
    until(lambda: resident.pid is not None and not resident._warming)
    resident.warm("read", {"ref": "x"})
    resident.warm("encode")
    until(lambda: not resident._warming)
    assert resident.ask("loaded", {}) == {"loaded": ["read", "encode"]}
    resident.end()
    resident.warm("read", {"ref": "x"})
    until(lambda: resident.pid is not None and not resident._warming)
    assert resident.ask("loaded", {}) == {"loaded": ["read"]}


@pytest.mark.parametrize("busy", [False, True])
def test_it_ends_with_the_server_even_in_the_middle_of_an_answer(
    argv: list[str], tmp_path: Path, until: Until, busy: bool
) -> None:
    code = (
        "import json, sys, time; from pathlib import Path; from eudscore.jobs.resident import Resident\n"
        "resident = Resident(json.loads(sys.argv[1]), log=Path(sys.argv[2]))\n"
        "print(resident.ask('pid', {})['pid'], flush=True)\n"
        + ("resident.ask('sleep', {'seconds': 60})" if busy else "time.sleep(60)")
    )
    server = subprocess.Popen(
        [sys.executable, "-c", code, json.dumps(argv), str(tmp_path / "log.txt")], stdout=subprocess.PIPE, text=True
    )
    assert server.stdout is not None
    pid = int(server.stdout.readline())
    if busy:
        until(lambda: asleep(tmp_path / "log.txt"))
    assert psutil.pid_exists(pid)
    server.kill()
    server.wait()
    server.stdout.close()

    def ended() -> bool:
        try:
            return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return True

    until(ended, seconds=30)


def test_a_server_that_ends_in_order_ends_it_and_removes_its_log() -> None:
    code = (
        "from eudscore.jobs.resident import resident\n"
        "one = resident(); assert one is resident(); one._argv = (__import__('sys').executable, '-c', 'input()')\n"
        "one._start(); print(one.pid, one._log)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    pid, log = done.stdout.split()
    assert not psutil.pid_exists(int(pid))
    assert not Path(log).parent.exists()
