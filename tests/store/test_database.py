"""The database of a workspace, SQLite and PostgreSQL: versions, damage, and many who write at once."""

import os
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import server
from sqlalchemy import func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.schema import CreateIndex, CreateTable

from eudscore.errors import WorkspaceError
from eudscore.records import RunState
from eudscore.store import database as module
from eudscore.store.database import Database, database_of
from eudscore.store.jobrows import Claim, JobRow, JobRows
from eudscore.store.tables import METADATA, VERSION, jobs, schema

ROOT = Path(__file__).parents[2]


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    return Database(tmp_path, address="" if request.param == "sqlite" else server.address())


def row(number: int, **more: object) -> JobRow:
    return JobRow(f"job-{number:03}", "count", "cpu", "here", created=float(number), **more)


def test_what_is_written_is_read_again(database: Database) -> None:
    full = JobRow(
        "job", "train", "cuda", "here", "c-r", "e", "w", True, 7, 0, RunState.RUNNING, 2, 1, 1.25, 2.5, 3.75, 2**33, 4.5
    )
    rows = JobRows(database)
    assert rows.get("job") is None
    (placed,) = rows.add([full])
    assert placed.position == 1
    assert rows.get("job") == placed
    assert rows.ids() == {"job"}


def test_what_is_undone_leaves_nothing(database: Database) -> None:
    rows = JobRows(database)
    rows.add([row(1)])
    with pytest.raises(ZeroDivisionError), rows.moving(rows.get("job-001"), RunState.PAUSED):
        raise ZeroDivisionError
    with pytest.raises(IntegrityError):
        rows.add([row(2), row(1)])
    assert [found.state for found in rows.some()] == [RunState.QUEUED]


def test_who_reads_does_not_wait_for_who_writes(database: Database) -> None:
    rows = JobRows(database)
    rows.add([row(1)])
    with rows.moving(rows.get("job-001"), RunState.PAUSED) as mine:
        assert mine
        assert rows.get("job-001").state is RunState.QUEUED
    assert rows.get("job-001").state is RunState.PAUSED


def test_of_many_who_claim_at_once_each_gets_another_job(database: Database) -> None:
    rows = JobRows(database)
    rows.add([row(number) for number in range(12)])
    got: list[str] = []

    def take() -> None:
        while (found := rows.claim("cpu", 12, Claim("here", 1, 1.0, 5.0))) is not None or rows.some((RunState.QUEUED,)):
            if found is not None:
                got.append(found.id)

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(got) == sorted(rows.ids())
    assert sorted(found.slot for found in rows.some((RunState.RUNNING,))) == list(range(12))


def test_many_processes_open_one_new_workspace_at_once(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path\n"
        "from eudscore.store.database import database_of\n"
        "from eudscore.store.jobrows import JobRow, JobRows\n"
        "rows = JobRows(database_of(Path(sys.argv[1])))\n"
        "for turn in range(10): rows.add([JobRow(f'{sys.argv[2]}-{turn}', 'count', 'cpu', 'here')])\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    environment.pop("EUDSCORE_DATABASE_URL", None)
    started = [
        subprocess.Popen([sys.executable, "-c", code, str(tmp_path), str(number)], env=environment)
        for number in range(4)
    ]
    assert [process.wait(120) for process in started] == [0] * 4
    rows = JobRows(Database(tmp_path))
    assert len(rows.ids()) == 40
    assert sorted(found.position for found in rows.some()) == list(range(1, 41))
    with sqlite3.connect(tmp_path / module.FILE) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_workspaces_share_a_server_and_see_nothing_of_one_another(tmp_path: Path) -> None:
    one, two = (JobRows(Database(tmp_path / name, address=server.address())) for name in ("one", "two"))
    one.add([row(1, work="w")])
    two.add([row(1, work="w")])
    two.remove("job-001")
    assert (one.ids(), two.ids()) == ({"job-001"}, frozenset())
    assert two.claim("cpu", 1, Claim("here", 1, 1.0, 5.0)) is None


def test_a_database_of_a_later_eudscore_is_refused_by_name(tmp_path: Path) -> None:
    JobRows(Database(tmp_path)).add([row(1)])
    with sqlite3.connect(tmp_path / module.FILE) as connection:
        connection.execute("UPDATE eudscore_schema SET version = ?", (VERSION + 1,))
    sentence = rf"eudscore\.db has version {VERSION + 1}, this eudscore reads version {VERSION}: update eudscore"
    with pytest.raises(WorkspaceError, match=sentence):
        JobRows(Database(tmp_path)).ids()


def test_a_later_version_on_a_server_is_refused_too_and_no_password_is_told(tmp_path: Path) -> None:
    database = Database(tmp_path, address=server.address())
    with database.writing() as connection:
        connection.execute(update(schema).values(version=VERSION + 1))
    try:
        address = server.address().replace("tests@", "tests:secret@")
        with pytest.raises(WorkspaceError, match=f"of EUDSCORE_DATABASE_URL has version {VERSION + 1}") as told:
            JobRows(Database(tmp_path, address=address)).ids()
        assert "secret" not in str(told.value)
    finally:
        with database.writing() as connection:
            connection.execute(update(schema).values(version=VERSION))


def test_a_file_that_is_removed_while_it_is_used_is_made_anew(tmp_path: Path) -> None:
    rows = JobRows(Database(tmp_path))
    rows.add([row(1)])
    for path in tmp_path.glob(f"{module.FILE}*"):
        path.unlink()
    assert rows.ids() == frozenset()
    rows.add([row(2)])
    assert rows.ids() == {"job-002"}


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"no database at all " * 500, r"not a database\): move this file away"),
        (b"SQLite format 3\x00" + bytes(4080), "cannot be used"),
    ],
)
def test_a_file_that_is_no_database_is_said_to_be(tmp_path: Path, content: bytes, sentence: str) -> None:
    (tmp_path / module.FILE).write_bytes(content)
    with pytest.raises(WorkspaceError, match=sentence):
        JobRows(Database(tmp_path)).ids()
    assert (tmp_path / module.FILE).read_bytes() == content, "what may be precious is left as it is"


def test_a_folder_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceError, match=r"unable to open database file.*check who may write there"):
        JobRows(Database(tmp_path / "nowhere")).ids()


def test_who_waits_too_long_for_another_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BUSY_SECONDS", 0.1)
    rows = JobRows(Database(tmp_path))
    rows.add([row(1)])
    holder = sqlite3.connect(tmp_path / module.FILE, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(WorkspaceError, match=r"locked.*another process holds it, try again in a moment"):
        rows.add([row(2)])
    assert rows.ids() == {"job-001"}
    holder.execute("ROLLBACK")
    rows.add([row(2)])
    holder.close()


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("nonsense", "is no address of a database"),
        ("mysql://root@localhost/x", "names a mysql database: give a PostgreSQL"),
        ("sqlite:////tmp/x.db", "names a sqlite database"),
        ("postgresql+nodriver://a@b/c", "asks for a driver that is not installed"),
        ("postgresql://a:secret@127.0.0.1:1/c", r"a:\*\*\*@127.0.0.1:1/c.*cannot be used.*see that the server runs"),
    ],
)
def test_an_address_that_does_not_do_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str, sentence: str
) -> None:
    monkeypatch.setenv("EUDSCORE_DATABASE_URL", address)
    with pytest.raises(WorkspaceError, match=sentence) as told:
        JobRows(database_of(tmp_path)).ids()
    assert "\n" not in str(told.value)
    assert "secret" not in str(told.value)


def test_the_address_decides_and_its_absence_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EUDSCORE_DATABASE_URL", " ")
    assert database_of(tmp_path).key == "."
    assert database_of(tmp_path) is database_of(tmp_path)
    pytest.importorskip("psycopg")
    monkeypatch.setenv("EUDSCORE_DATABASE_URL", "postgresql://a@b/c")
    assert database_of(tmp_path).key == str(tmp_path.resolve())


@pytest.mark.parametrize("dialect", [postgresql.dialect(), sqlite.dialect()])
def test_every_statement_can_be_said_in_both_dialects(dialect: object) -> None:
    for table in METADATA.sorted_tables:
        str(CreateTable(table).compile(dialect=dialect))
        for index in table.indexes:
            made = str(CreateIndex(index).compile(dialect=dialect))
            assert not index.unique or " WHERE state " in made
    assert "max" in str(select(func.max(jobs.c.position)).compile(dialect=dialect))
