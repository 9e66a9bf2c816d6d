"""A PostgreSQL of our own for tests: started when it is first asked for, and gone with the tests."""

import atexit
import os
import pwd
import shutil
import subprocess
import tempfile
from functools import lru_cache
from pathlib import Path

import pytest

_INSTALLED = "/usr/lib/postgresql/*/bin", "/usr/local/pgsql/bin", "/opt/homebrew/opt/postgresql*/bin"


def address() -> str:
    """The address of a database that is there; skips where none can be started."""
    pytest.importorskip("psycopg", reason="the driver psycopg is not installed")
    found = _started()
    if not found.startswith("postgresql"):
        pytest.skip(found)
    return found


@lru_cache(maxsize=1)
def _started() -> str:
    """The address, or why there is none."""
    folders = [folder for pattern in _INSTALLED for folder in sorted(Path("/").glob(pattern.lstrip("/")))]
    programs = shutil.which("initdb", path=os.pathsep.join([os.environ.get("PATH", ""), *map(str, folders)]))
    if programs is None:
        return "no PostgreSQL is installed"
    home = Path(tempfile.mkdtemp(prefix="eudscore-pg-", dir="/tmp"))
    as_owner: list[str] = []
    if os.geteuid() == 0:  # whom PostgreSQL serves not
        owner = next((name for name in ("postgres", "nobody") if name in {user.pw_name for user in pwd.getpwall()}), "")
        if not owner or shutil.which("runuser") is None:
            return "PostgreSQL does not run as root, and there is nobody else"
        shutil.chown(home, owner)
        as_owner = ["runuser", "-u", owner, "--"]
    control = str(Path(programs).with_name("pg_ctl"))
    options = f"-c listen_addresses= -c unix_socket_directories={home} -c fsync=off -c max_connections=60"
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    for command in (
        [programs, "-D", f"{home}/data", "-A", "trust", "-U", "tests", "--no-sync", "-E", "UTF8"],
        [control, "-D", f"{home}/data", "-w", "-l", f"{home}/log", "-o", options, "start"],
    ):
        done = subprocess.run([*as_owner, *command], capture_output=True, text=True, cwd="/tmp", check=False)
        if done.returncode:
            return f"PostgreSQL cannot be started: {(done.stderr or done.stdout).strip().splitlines()[-1:]}"
    stop = [*as_owner, control, "-D", f"{home}/data", "-m", "immediate", "stop"]
    atexit.register(subprocess.run, stop, capture_output=True, cwd="/tmp", check=False)
    return f"postgresql://tests@/postgres?host={home}"
