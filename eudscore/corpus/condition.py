"""Which rows fulfil an SQL condition over the columns: answered by DuckDB in a process that reaches nothing else."""

import difflib
import json
import re
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO, Any

import numpy as np
import pyarrow as pa

from eudscore.errors import InputError, RequestError
from eudscore.records import Bools

LONGEST = 10_000  # characters of a condition
SECONDS = 60.0  # that a condition may take
_ROWS = 65_536  # sent at once
_WORKER = Path(__file__).with_name("condition_worker.py")
_REFUSALS = {
    "not one": "is more than one condition: give a single SQL expression such as \"label = 'sports' AND n > 3\"",
    "subquery": "holds a query of its own: compare the columns of a row with values",
    "parameter": "holds a placeholder ('?' or '$1'): write the value in its place",
    "volatile": "calls {about}, whose answer is not the same each time: compare the columns with values",
    "capitals": "cannot tell the columns {about} apart, because SQL does not mind capitals: rename one of them",
    "not boolean": "gives {about} instead of true or false: compare it with something, as in 'n > 3'",
    "not by row": "counts over several rows: a condition may speak of one row at a time",
    "memory": "needs more than 2 GB of memory: make it simpler",
    "time": "takes more than {about}: make it simpler",
    "syntax": "is no SQL condition ({about}): write it as in \"label = 'sports' AND n > 3\"",
    "other": "cannot be answered ({about}): check its functions and the types of the columns",
}


def fulfils(table: pa.Table, where: str) -> Bools:
    """(n,) for which rows a condition is true; where it is null the row does not fulfil it.

    The condition is one SQL expression over the columns, as after WHERE in DuckDB. It sees the row and nothing else:
    no file, network, extension, setting, clock, random number or other row. It is answered in a process of its
    own that may take 2 GB and 60 s.

    Args:
        table: (n rows).
        where: e.g. `length(text) > 100 AND label <> 'spam'`.

    Raises:
        RequestError: this is no such expression, it names a column that is not there, the types do not fit or are
            none that DuckDB reads, or it takes too much time or memory.
        InputError: Arrow cannot send a column it speaks of.
    """
    if not where.strip():
        raise RequestError("The condition is empty: give an SQL expression, or leave it out.")
    if len(where) > LONGEST or "\0" in where:
        raise RequestError(
            f"The condition has {len(where):,} characters, and up to {LONGEST:,} without a zero byte are read: "
            "make it shorter."
        )
    process = subprocess.Popen([sys.executable, "-P", str(_WORKER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE)  # fmt: skip
    late = threading.Event()
    timer = threading.Timer(SECONDS, _end, (process, late))
    timer.start()
    try:
        rows = _ask(process, table, where)
    finally:
        timer.cancel()
        process.kill()
        _, log = process.communicate()
    if isinstance(rows, dict):
        raise _refusal(where, rows, table.column_names, late=late.is_set(), log=log)
    kept = np.zeros(table.num_rows, dtype=np.bool_)
    kept[rows] = True
    return kept


def _end(process: subprocess.Popen[bytes], late: threading.Event) -> None:
    late.set()
    process.kill()


def _ask(process: subprocess.Popen[bytes], table: pa.Table, where: str) -> Any:
    """(k,) rows, or what the process had to say instead; an empty answer if it died."""
    if process.stdin is None or process.stdout is None:
        raise AssertionError("both ends were asked for")
    row = _free("row", table.column_names)
    try:
        process.stdin.write(json.dumps({"where": where, "names": table.column_names, "row": row}).encode() + b"\n")
        process.stdin.flush()
        answer = _line(process.stdout)
        if "columns" in answer:
            _send(process.stdin, table.select(answer["columns"]), row, table.num_rows)
            process.stdin.close()
            process.stdin = None  # `communicate` would flush it
    except BrokenPipeError:  # it was ended, or found something wrong before it had read everything
        answer = {"columns": []}
    if "columns" in answer:
        answer = _line(process.stdout)
    if "rows" not in answer:
        return answer
    content = process.stdout.read(8 * answer["rows"])
    return np.frombuffer(content, dtype=np.int64) if len(content) == 8 * answer["rows"] else {}


def _send(sink: IO[bytes], table: pa.Table, row: str, n: int) -> None:
    """The columns, if any, and the numbers of n rows, as a stream of which neither side holds more than a piece."""
    schema = table.schema.remove_metadata().append(pa.field(row, pa.int64()))
    try:
        with pa.ipc.new_stream(sink, schema) as writer:
            for start in range(0, n, _ROWS):
                numbers = pa.array(np.arange(start, min(start + _ROWS, n), dtype=np.int64))
                columns = table.slice(start, _ROWS).columns
                writer.write_table(pa.Table.from_arrays([*columns, numbers], schema=schema))
    except pa.ArrowInvalid as error:
        raise InputError(f"The columns cannot be sent to the database ({error}): save the data as Parquet.") from error


def _line(source: IO[bytes]) -> dict[str, Any]:
    line = source.readline()
    return dict(json.loads(line)) if line.endswith(b"\n") else {}


def _free(name: str, taken: list[str]) -> str:
    """A name that no column has, capitals or not."""
    there = {column.lower() for column in taken}
    while name in there:
        name += "_"
    return name


def _refusal(where: str, answer: dict[str, Any], names: list[str], *, late: bool, log: bytes) -> RequestError:
    """The sentence of what is wrong with a condition."""
    shown = " ".join(where.split())
    shown = shown if len(shown) <= 120 else f"{shown[:119]}…"
    kind, about = answer.get("refused"), str(answer.get("about", ""))
    if late:
        kind, about = "time", f"{SECONDS:g} s"
    elif kind is None:  # the limit on its memory ends a process in more than one way
        kind, about = ("memory", "") if b"alloc" in log or not log else ("other", _last_line(log))
    if kind == "unknown column":
        return RequestError(_about_unknown(shown, about, names))
    about = " ".join(re.sub(r"^[A-Z][A-Za-z ]* Error: ", "", about).split()).rstrip(".!")
    return RequestError(f"The condition {shown!r} {_REFUSALS[kind].format(about=about)}.")


def _last_line(log: bytes) -> str:
    lines = log.decode("utf-8", "replace").strip().splitlines()
    return lines[-1] if lines else "the database ended without a word"


def _about_unknown(shown: str, message: str, names: list[str]) -> str:
    found = re.search(r'Referenced (?:column|table) "(.*?)" not found', message)
    wanted = found.group(1) if found else shown
    near = difflib.get_close_matches(wanted, names, n=1, cutoff=0.6)
    there = ", ".join(map(repr, names[:12])) + (f" and {len(names) - 12} more" if len(names) > 12 else "")
    hint = (
        f"did you mean {near[0]!r}?" if near else "a name in double quotes is a column, a text stands in single ones."
    )
    return f"The condition {shown!r} speaks of a column {wanted!r}, and there are only {there}: {hint}"
