"""The side of the process that stays: hear a question, answer it, wait for the next; see `resident`."""

import json
import os
import queue
import sys
import threading
import traceback
from collections.abc import Callable
from typing import Any, BinaryIO, NoReturn

from eudscore.errors import EudscoreError
from eudscore.jobs.session import NICENESS
from eudscore.records import JsonDict

IDLE_SECONDS = 900.0

Answer = Callable[[str, JsonDict], JsonDict]
"""Called with the kind of a question and what it is about."""


def serve(answer: Answer, *, idle_seconds: float = IDLE_SECONDS) -> NoReturn:
    """Answer questions from standard input until it closes or nobody asks for a while; then the process ends.

    Args:
        answer: refuses with an `EudscoreError`; whatever else it raises is logged and told in a sentence.
        idle_seconds: without a question, after which the process ends.
    """
    os.nice(NICENESS)
    voice = _own_voice()
    heard: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(sys.stdin.buffer, heard), name="listen", daemon=True).start()
    while True:
        try:
            line = heard.get(timeout=idle_seconds)
        except queue.Empty:
            os._exit(0)  # the ordinary way out would wait for a thread that reads
        try:
            voice.write(_answered(line, answer))
            voice.flush()
        except BrokenPipeError:
            os._exit(0)


def _own_voice() -> BinaryIO:
    """What answers go to; what anything else prints from now on goes to the log."""
    voice = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return voice


def _listen(source: BinaryIO, heard: "queue.SimpleQueue[bytes]") -> None:
    for line in filter(bytes.strip, source):
        heard.put(line)
    # Whoever asked is gone. A thread that is in the middle of a matrix would not hear of it for long.
    os._exit(0)


def _answered(line: bytes, answer: Answer) -> bytes:
    number: Any = None
    try:
        question = json.loads(line)
        number = question["number"]
        return _line({"number": number, "answer": answer(question["kind"], question["about"])})
    except EudscoreError as error:
        return _line({"number": number, "refused": str(error), "kind": type(error).__name__})
    except Exception as error:  # noqa: BLE001 - whatever it is, the next question is answered
        traceback.print_exc()
        reason = " ".join(str(error).split())[:200]
        sentence = f"The models could not answer ({type(error).__name__}: {reason}): this is a bug, please report it."
        return _line({"number": number, "refused": sentence, "kind": EudscoreError.__name__})


def _line(said: JsonDict) -> bytes:
    return json.dumps(said).encode() + b"\n"  # ASCII, so that half a surrogate travels too
