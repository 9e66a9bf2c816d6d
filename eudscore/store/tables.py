"""The tables of the database: plain columns that SQLite and PostgreSQL have alike."""

from sqlalchemy import BigInteger, Boolean, Column, Double, Index, Integer, MetaData, String, Table, text

from eudscore.records import RunState

VERSION = 1
"""Of the tables; a database of a later one is refused."""

METADATA = MetaData()

schema = Table("eudscore_schema", METADATA, Column("version", Integer, nullable=False))

jobs = Table(
    "jobs",
    METADATA,
    Column("workspace", String, primary_key=True),
    Column("id", String, primary_key=True),
    Column("kind", String, nullable=False),
    Column("corpus", String),
    Column("experiment", String),
    Column("work", String),
    Column("lane", String, nullable=False),
    Column("host", String, nullable=False),
    Column("resumable", Boolean, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("state", String, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("slot", Integer),
    Column("created", Double, nullable=False),
    Column("claimed", Double),
    Column("ended", Double),
    Column("foreman_pid", BigInteger),
    Column("foreman_born", Double),
)

_RUNNING = text(f"state = '{RunState.RUNNING.value}'")
_UNFINISHED = text(f"state IN ('{RunState.QUEUED.value}', '{RunState.RUNNING.value}', '{RunState.PAUSED.value}')")

Index("jobs_by_state", jobs.c.workspace, jobs.c.state)
Index("jobs_by_corpus", jobs.c.workspace, jobs.c.corpus, jobs.c.kind)
# The database itself refuses a second job in a slot, and the same work twice at a time, whoever asks at once.
Index(
    "jobs_one_in_a_slot", jobs.c.workspace, jobs.c.host, jobs.c.lane, jobs.c.slot, unique=True,
    sqlite_where=_RUNNING, postgresql_where=_RUNNING,
)  # fmt: skip
Index(
    "jobs_same_work_once", jobs.c.workspace, jobs.c.work, unique=True,
    sqlite_where=_UNFINISHED, postgresql_where=_UNFINISHED,
)  # fmt: skip
