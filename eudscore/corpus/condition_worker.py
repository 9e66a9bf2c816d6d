"""The process that answers an SQL condition: a script of its own, so that memory and time can be bounded for good.

What a condition costs cannot be told beforehand, and DuckDB neither counts what a function makes of nothing
(`repeat('x', 4000000000)`) nor stops in the middle of it; a process can be given a limit and ended.

It reads a line of JSON (`where`, `names`, `row`), answers with the columns it needs, reads these as an Arrow stream,
and answers with the numbers of the rows. Instead of an answer there may be a line with what is wrong. It imports
nothing of eudscore.
"""

import json
import resource
import sys
from collections.abc import Iterator
from typing import Any, BinaryIO

import duckdb
import pyarrow as pa

TABLE = "data"  # what a condition may call the table
THREADS = 2
DUCKDB_BYTES = 512 << 20
PROCESS_BYTES = 2 << 30
_TEMPLATE = f"SELECT 1 FROM {TABLE} WHERE "
_OUTSIDE = frozenset({
    "age", "current_database", "current_date", "current_localtime", "current_localtimestamp", "current_query",
    "current_role", "current_schema", "current_schemas", "current_setting", "current_time", "current_timestamp",
    "current_user", "get_current_time", "get_current_timestamp", "getenv", "getvariable", "in_search_path",
    "localtime", "localtimestamp", "now", "session_user", "today", "transaction_timestamp", "txid_current", "user",
    "version",
})  # fmt: skip


class Refused(Exception):  # noqa: N818 - an answer
    """A condition that is not answered: the kind of reason, and a word or a message about it."""

    def __init__(self, kind: str, about: str = "") -> None:
        super().__init__(kind)
        self.kind = kind
        self.about = about


def main() -> None:
    """Answer one condition."""
    limit_process()
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    try:
        asked = json.loads(source.readline())
        connection = closed_database()
        needed = columns_of(parsed(connection, asked["where"], asked["names"]), asked["names"])
        _say(sink, {"columns": needed})
        rows = rows_that_fulfil(connection, asked["where"], asked["row"], source)
        _say(sink, {"rows": len(rows)})
        sink.write(rows.to_numpy(zero_copy_only=False).tobytes())
        sink.flush()
    except Refused as refused:
        _say(sink, {"refused": refused.kind, "about": refused.about})
    except (MemoryError, duckdb.OutOfMemoryException):
        _say(sink, {"refused": "memory", "about": ""})
    except duckdb.Error as error:
        _say(sink, {"refused": kind_of(error), "about": str(error).partition("\n")[0]})


def limit_process() -> None:
    """No more memory than agreed, and not a byte into any file."""
    for kind, bound in ((resource.RLIMIT_DATA, PROCESS_BYTES), (resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_CORE, 0)):
        _, hard = resource.getrlimit(kind)
        resource.setrlimit(kind, (bound if hard == resource.RLIM_INFINITY else min(bound, hard), hard))


def closed_database() -> duckdb.DuckDBPyConnection:
    """A database in memory that reaches no file, no network, no extension and no variable of Python."""
    connection = duckdb.connect(
        ":memory:",
        config={
            "threads": THREADS, "memory_limit": f"{DUCKDB_BYTES >> 20}MiB", "python_enable_replacements": False,
            "autoinstall_known_extensions": False, "autoload_known_extensions": False,
        },
    )  # fmt: skip
    for setting in ("temp_directory=''", "enable_external_access=false"):
        connection.execute(f"SET {setting}")
    return connection


def parsed(connection: duckdb.DuckDBPyConnection, where: str, names: list[str]) -> Any:
    """The tree of a condition, if it is one expression over the columns and nothing else.

    It must read the same in brackets and without: in brackets nothing can follow the expression (LIMIT, UNION, a
    second statement), and without them it cannot close the bracket itself.
    """
    empty = _tree(connection, f"{_TEMPLATE}(true)")
    inside, outside = (_tree(connection, f"{_TEMPLATE}{form}") for form in (f"(\n{where}\n)", f"\n{where}\n"))
    for tree in (inside, outside):
        if tree is None or _frame(tree) != _frame(empty):
            raise Refused("not one")
    refuse_what_is_not_of_the_row(inside["where_clause"], names, _volatile(connection))
    return inside["where_clause"]


def refuse_what_is_not_of_the_row(tree: Any, names: list[str], volatile: frozenset[str]) -> None:
    """No query, no placeholder, and nothing that says something else another day."""
    columns = {name.lower() for name in names}
    for node in _nodes(tree):
        kind = node.get("class")
        if kind in ("SUBQUERY", "PARAMETER"):
            raise Refused(str(kind).lower())
        called = str(node.get("function_name", "")).lower()
        if kind == "COLUMN_REF" and len(node["column_names"]) == 1:  # CURRENT_DATE and its like stand without brackets
            called = str(node["column_names"][0]).lower()
            called = "" if called in columns else called
        if called in volatile:
            raise Refused("volatile", called)


def _tree(connection: duckdb.DuckDBPyConnection, statement: str) -> Any:
    """The one SELECT of a text as DuckDB's own parser reads it; None where there is another kind, or more."""
    (answer,) = connection.execute("SELECT json_serialize_sql(?)", [statement]).fetchone() or ("{}",)
    found = json.loads(answer)
    if found.get("error_type") == "parser":
        raise Refused("syntax", str(found.get("error_message", "")))
    statements = found.get("statements", [])
    return statements[0]["node"] if len(statements) == 1 else None


def _frame(tree: Any) -> str:
    """All of a SELECT but its condition, and but the places of the words in the text."""
    return json.dumps(_without_places({**tree, "where_clause": None}), sort_keys=True)


def _without_places(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_places(part) for name, part in value.items() if not name.startswith("query_location")}
    return [_without_places(part) for part in value] if isinstance(value, list) else value


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    """Every object of a tree."""
    waiting = [tree]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            yield part
            waiting.extend(part.values())
        elif isinstance(part, list):
            waiting.extend(part)


def _volatile(connection: duckdb.DuckDBPyConnection) -> frozenset[str]:
    """Functions whose answer hangs on more than the row: the same condition would give other rows another day."""
    found = connection.execute("SELECT function_name FROM duckdb_functions() WHERE stability = 'VOLATILE'")
    return _OUTSIDE | {str(name).lower() for (name,) in found.fetchall()}


def columns_of(tree: Any, names: list[str]) -> list[str]:
    """The columns a condition may speak of: DuckDB takes capitals and small letters for the same."""
    if any(node.get("class") == "STAR" for node in _nodes(tree)):
        return names
    spoken = {
        str(part).lower() for node in _nodes(tree) if node.get("class") == "COLUMN_REF" for part in node["column_names"]
    }
    meant = [name for name in names if name.lower() in spoken]
    for one, other in zip(sorted(meant, key=str.lower), sorted(meant, key=str.lower)[1:], strict=False):
        if one.lower() == other.lower():
            raise Refused("capitals", f"{one!r} and {other!r}")
    return meant


def rows_that_fulfil(connection: duckdb.DuckDBPyConnection, where: str, row: str, source: BinaryIO) -> pa.ChunkedArray:
    """(k,) int64: the numbers in the column `row` of the rows for which the condition is true."""
    with pa.ipc.open_stream(source) as reader:
        connection.register("nothing", reader.schema.empty_table())
        bound = connection.execute(f"SELECT (\n{where}\n) FROM nothing AS {TABLE}")
        kinds = [str(column[1]) for column in bound.description or ()]
        bound.fetchall()
        for kind in kinds:
            if kind != "BOOLEAN":
                raise Refused("not boolean", kind.strip('"'))
        connection.register(TABLE, reader)
        connection.execute("SET lock_configuration=true")
        found = connection.execute(f'SELECT "{row}" FROM {TABLE} WHERE (\n{where}\n)')
        answer: Any = found.to_arrow_table()
        return answer.column(0)


def kind_of(error: duckdb.Error) -> str:
    """What a user did that DuckDB does not like."""
    message = str(error)
    if "Referenced column" in message or "Referenced table" in message:
        return "unknown column"
    if isinstance(error, duckdb.ParserException):
        return "syntax"
    if "aggregates" in message or "window functions" in message:
        return "not by row"
    return "other"


def _say(sink: BinaryIO, answer: dict[str, Any]) -> None:
    sink.write(json.dumps(answer).encode() + b"\n")
    sink.flush()


if __name__ == "__main__":
    main()
