"""Freed memory goes back to the system, piece by piece."""

import subprocess
import sys

import pytest

HELD = """
from pathlib import Path
from eudscore.models.memory import give_back

def held():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon"))

pieces = [bytearray(60_000) for _ in range(4_000)]
last = pieces[::100]
del pieces
before = held()
give_back()
print(before - held())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only there the C library is asked")
def test_what_lies_between_used_pieces_is_given_back() -> None:
    answer = subprocess.run([sys.executable, "-c", HELD], capture_output=True, text=True, check=True)
    assert int(answer.stdout) > 100_000  # of 240,000 kB; without it next to nothing
