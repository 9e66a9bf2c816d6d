"""Names of what is being written: they say by whom, so that what a dead process left can be told apart.

.draft-<machine>-<process>-<born>-<random>   a folder
.part-<machine>-<process>-<born>-<random>    a file
"""

import hashlib
import os
import platform
import re
import secrets
import time
from functools import lru_cache
from pathlib import Path

import psutil

FOLDER, FILE = ".draft-", ".part-"
_NAME = re.compile(r"\.(?:draft|part)-(?P<machine>[0-9a-f]{8})-(?P<pid>\d+)-(?P<born>\d+)-[0-9a-f]{8}")
_BORN_TOLERANCE = 2.0  # seconds; the boot time that births are counted from moves with the clock
UNTOUCHED_SECONDS = 24 * 3600.0
"""A draft of another machine, of which nobody here can say whether it lives, is given up after as long."""


def draft_name(prefix: str) -> str:
    """A new name that nobody else takes, `FOLDER` or `FILE` first."""
    pid = os.getpid()
    return f"{prefix}{machine()}-{pid}-{psutil.Process(pid).create_time():.0f}-{secrets.token_hex(4)}"


def is_draft(path: Path) -> bool:
    """Whether a path has the name of something that is being written."""
    return path.name.startswith((FOLDER, FILE))


def is_abandoned(path: Path) -> bool:
    """Whether whoever wrote a draft is gone.

    The draft of another machine or container, or one whose name says nothing, counts as abandoned after
    `UNTOUCHED_SECONDS` in which nothing in it was written.
    """
    name = _NAME.fullmatch(path.name)
    if name is None or name["machine"] != machine():
        return time.time() - _last_written(path) > UNTOUCHED_SECONDS
    try:
        process = psutil.Process(int(name["pid"]))
        if process.status() == psutil.STATUS_ZOMBIE:
            return True
        return abs(process.create_time() - int(name["born"])) > _BORN_TOLERANCE
    except psutil.NoSuchProcess:
        return True


def _last_written(path: Path) -> float:
    """Unix time of the youngest file of a draft; now, where it vanishes under the look."""
    try:
        return max(found.lstat().st_mtime for found in (path, *path.rglob("*")))
    except FileNotFoundError:
        return time.time()


@lru_cache(maxsize=1)
def machine() -> str:
    """8 hex digits of the machine and of the space its process numbers are from: containers have their own."""
    try:
        space = str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        space = ""
    return hashlib.sha256(f"{platform.node()} {space}".encode()).hexdigest()[:8]
