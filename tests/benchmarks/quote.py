"""What `--quote` says against what then happens, each in a process of its own.

    python tests/benchmarks/quote.py SOURCE... [--OPTION=VALUE ...]

SOURCE is what `eudscore score` takes, e.g. demo; so are the options, e.g. --adapt or --entropy=semantic.
Prints seconds and peak memory, foretold and measured.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CODE = """
import sys
from pathlib import Path
from eudscore.cli import main
try:
    main()
finally:
    held = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    print("PEAK", int(held.split()[1]) * 1024, file=sys.stderr)
"""


def run(*arguments: str) -> tuple[str, float, int]:
    """What a command said, its seconds and its peak memory; it begins with an empty workspace."""
    with tempfile.TemporaryDirectory() as folder:
        out = ["--out", f"{folder}/scores.parquet", "--workspace", f"{folder}/workspace"]
        start = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-c", CODE, "score", *arguments, *out], capture_output=True, text=True, check=False,
            env={**os.environ, "OMP_WAIT_POLICY": "PASSIVE"},
        )  # fmt: skip
        seconds = time.perf_counter() - start
    if done.returncode:
        raise SystemExit(done.stderr)
    return done.stdout, seconds, int(done.stderr.split("PEAK")[1])


def foretold(said: str) -> tuple[float, float]:
    """Seconds and gigabytes of a quote."""
    found = re.search(r"About ([\d.]+) (seconds|minutes) and ([\d.]+) GB", said)
    assert found, said
    return float(found[1]) * (60 if found[2] == "minutes" else 1), float(found[3])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sources", nargs="+")
    options, more = parser.parse_known_args()
    print("| source | quote | took | off by | memory quoted | held | off by | quoting took |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for source in options.sources:
        said, quoting, _ = run(source, *more, "--quote")
        seconds, memory = foretold(said)
        _, took, peak = run(source, *more)
        print(
            f"| {Path(source).parent.name or source} | {seconds:.0f} s | {took:.0f} s "
            f"| {seconds / took - 1:+.0%} | {memory:.1f} GB | {peak / 1e9:.1f} GB | {memory / (peak / 1e9) - 1:+.0%} "
            f"| {quoting:.0f} s |", flush=True,
        )  # fmt: skip


if __name__ == "__main__":
    main()
