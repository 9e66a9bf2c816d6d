"""The database of a workspace: `eudscore.db` in its folder, or the one that `EUDSCORE_DATABASE_URL` names.

SQLite keeps a log beside its file (WAL), so that who reads never waits for who writes. That needs a local disk: a
workspace on a network file system, or one that several machines share, wants PostgreSQL.
"""

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any

from sqlalchemy import Connection, Engine, NullPool, create_engine, event, insert, inspect, select, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, NoSuchModuleError, SQLAlchemyError

from eudscore.errors import WorkspaceError
from eudscore.store.disk import in_words
from eudscore.store.documents import UPDATE
from eudscore.store.tables import METADATA, VERSION, schema

FILE = "eudscore.db"
ADDRESS = "EUDSCORE_DATABASE_URL"
BUSY_SECONDS = 20.0  # a writer waits this long for the others
_EMBEDDED = "."
_SCHEMA_LOCK = 0x65756473  # any number that nobody else takes: one process at a time makes the tables
_WRITES = "eudscore_writes"


class Database:
    """Transactions on the database of one workspace; free to make, connects when it is used.

    Attributes:
        key: what the rows of this workspace are marked with: several may share a database, by their paths.
    """

    def __init__(self, root: Path, *, address: str = "") -> None:
        """Name the database of a workspace.

        Args:
            root: folder of the workspace.
            address: of a PostgreSQL; where it is empty, the file in the workspace.

        Raises:
            WorkspaceError: the address is none, or its driver is not installed.
        """
        self._file = root / FILE
        self._embedded = not address.strip()
        self._url = URL.create("sqlite", database=str(self._file)) if self._embedded else _parsed(address)
        self.key = _EMBEDDED if self._embedded else str(root.resolve())
        self._engine = _engine(self._url)
        self._ready: object = None
        self._lock = Lock()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that sees one state of affairs and changes nothing.

        Raises:
            WorkspaceError: the database cannot be used, in one sentence.
        """
        with self._sentences():
            self._prepare()
            with self._engine.connect() as connection:
                yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that is committed after the block, or undone where the block raises.

        Raises:
            WorkspaceError: the database cannot be used, in one sentence.
            IntegrityError: what was written contradicts what is there.
        """
        with self._sentences():
            self._prepare()
            with self._engine.connect().execution_options(**{_WRITES: True}) as connection, connection.begin():
                yield connection

    def _prepare(self) -> None:
        """Make the tables where there are none yet; again where somebody removed the file meanwhile."""
        with self._lock:
            if self._ready is not None and self._ready == self._identity():
                return
            if self._embedded:
                _keep_log(self._file)
            with self._engine.connect().execution_options(**{_WRITES: True}) as connection, connection.begin():
                self._check(connection)
            self._ready = self._identity()

    def _identity(self) -> object:
        """Which file this is; a server is always the same."""
        if not self._embedded:
            return self._url
        try:
            return self._file.stat().st_ino
        except FileNotFoundError:
            return None

    def _check(self, connection: Connection) -> None:
        if self._engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _SCHEMA_LOCK})
        if not inspect(connection).has_table(schema.name):
            METADATA.create_all(connection)
            connection.execute(insert(schema).values(version=VERSION))
        there = connection.execute(select(schema.c.version)).scalar_one()
        if there != VERSION:
            verdict = f"reads version {VERSION}: {UPDATE}"
            raise WorkspaceError(f"{self._name} has version {there}, this eudscore {verdict}.")

    @property
    def _name(self) -> str:
        """The file, or the address without its password."""
        if self._embedded:
            return str(self._file)
        return f"The database {self._url.render_as_string(hide_password=True)} of {ADDRESS}"

    @contextmanager
    def _sentences(self) -> Iterator[None]:
        try:
            yield
        except IntegrityError:
            raise
        except (SQLAlchemyError, sqlite3.Error) as error:
            reason = in_words(Exception(error.orig) if isinstance(error, DBAPIError) else error)
            raise WorkspaceError(f"{self._name} cannot be used ({reason}): {self._remedy(reason)}.") from error

    def _remedy(self, reason: str) -> str:
        if not self._embedded:
            return "see that the server runs and that the address is right, and try again"
        if "full" in reason:
            return "free some space, and try again"
        if "locked" in reason or "busy" in reason:
            return "another process holds it, try again in a moment"
        if "not a database" in reason or "malformed" in reason:
            return "move this file away, the runs are in folders of their own and are found again"
        return "check who may write there, or choose another folder with --workspace or EUDSCORE_WORKSPACE"


def database_of(root: Path) -> Database:
    """The database of a workspace, by `EUDSCORE_DATABASE_URL`; one for all who ask in this process.

    Raises:
        WorkspaceError: the address is none, or its driver is not installed.
    """
    return _opened(root.resolve(), os.environ.get(ADDRESS, ""))


@lru_cache(maxsize=8)
def _opened(root: Path, address: str) -> Database:
    return Database(root, address=address)


def _parsed(address: str) -> URL:
    try:
        url = make_url(address.strip())
    except ArgumentError as error:
        raise WorkspaceError(
            f"{ADDRESS} is no address of a database: write postgresql://user:password@host/name, or leave it out."
        ) from error
    if url.get_backend_name() != "postgresql":
        raise WorkspaceError(
            f"{ADDRESS} names a {url.get_backend_name()} database: give a PostgreSQL, or leave it out for the SQLite "
            "in the workspace."
        )
    return url.set(drivername="postgresql+psycopg") if url.drivername == "postgresql" else url


def _engine(url: URL) -> Engine:
    if url.get_backend_name() == "sqlite":
        # A connection of its own for each transaction: no thread and no process holds one that the other needs.
        engine = create_engine(url, poolclass=NullPool, connect_args={"timeout": BUSY_SECONDS})
        event.listen(engine, "connect", _leave_transactions_to_us)
        event.listen(engine, "begin", _begin)
        return engine
    try:
        return create_engine(url, pool_pre_ping=True, pool_size=2, connect_args={"connect_timeout": 10})
    except (ModuleNotFoundError, NoSuchModuleError) as error:
        raise WorkspaceError(
            f"{ADDRESS} asks for a driver that is not installed ({error}): pip install 'psycopg[binary]'."
        ) from error


def _leave_transactions_to_us(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # Python's own would begin a transaction at the first change, too late


def _begin(connection: Connection) -> None:
    """Take the right to write at once: who read first and writes then may be refused without any waiting."""
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _keep_log(file: Path) -> None:
    """Switch a database to WAL, for good; two that do it at once may be refused, so it is tried again."""
    end = time.monotonic() + BUSY_SECONDS
    while True:
        connection = sqlite3.connect(file, timeout=BUSY_SECONDS)
        try:
            (mode,) = connection.execute("PRAGMA journal_mode").fetchone()
            if mode != "wal":
                connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > end:
                raise
            time.sleep(0.02)
        finally:
            connection.close()
