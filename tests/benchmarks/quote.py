"""What `--quote` says against what then happens, each in a process of its own.

    python tests/benchmarks/quote.py SOURCE... [--OPTION=VALUE ...]
    python tests/benchmarks/quote.py --train FOLDER... [--rows 1000] [--OPTION=VALUE ...]
    python tests/benchmarks/quote.py --study FOLDER... [--rows 400] [--OPTION=VALUE ...]

SOURCE is what `eudscore score` takes, e.g. demo; so are the options, e.g. --adapt or --entropy=semantic. A FOLDER holds
`train.parquet` and `test.parquet`; so many of their rows are fine-tuned on, and as many tested. Prints seconds and peak
memory, foretold and measured.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pyarrow.parquet as pq

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


def run(*arguments: str, out: str = "scores.parquet") -> tuple[str, float, int]:
    """What a command said, its seconds and its peak memory; it begins with an empty workspace."""
    with tempfile.TemporaryDirectory() as folder:
        places = ["--out", f"{folder}/{out}", "--workspace", f"{folder}/workspace"]
        start = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-c", CODE, *arguments, *places], capture_output=True, text=True, check=False,
            env={**os.environ, "OMP_WAIT_POLICY": "PASSIVE"},
        )  # fmt: skip
        seconds = time.perf_counter() - start
    if done.returncode:
        raise SystemExit(done.stderr)
    return done.stdout, seconds, int(done.stderr.split("PEAK")[1])


def foretold(said: str) -> tuple[float, float]:
    """Seconds and gigabytes of a quote."""
    found = re.search(r"About ([\d.]+) (seconds|minutes) and ([\d.]+) GB", said)
    if found:
        return float(found[1]) * (60 if found[2] == "minutes" else 1), float(found[3])
    found = re.search(r"About (?:(\d+) h)?\s?(?:(\d+) min)?\s?(?:(\d+) s)? for .*; ([\d.]+) GB of memory", said)
    assert found, said
    hours, minutes, seconds = (float(part or 0) for part in found.groups()[:3])
    return 3600 * hours + 60 * minutes + seconds, float(found[4])


def compare(name: str, command: list[str], out: str) -> None:
    """A line of the table."""
    said, quoting, _ = run(*command, "--quote", out=out)
    seconds, memory = foretold(said)
    _, took, peak = run(*command, out=out)
    print(
        f"| {name} | {seconds:.0f} s | {took:.0f} s | {seconds / took - 1:+.0%} | {memory:.1f} GB "
        f"| {peak / 1e9:.1f} GB | {memory / (peak / 1e9) - 1:+.0%} | {quoting:.0f} s |", flush=True,
    )  # fmt: skip


def training(folder: Path, rows: int, scratch: Path) -> list[str]:
    """The command that fine-tunes on some rows of a data set."""
    table = pq.read_table(folder / "train.parquet").select(["text", "label_name"])
    pq.write_table(table.slice(0, rows), scratch / "train.parquet")
    test = pq.read_table(folder / "test.parquet").select(["text", "label_name"])
    pq.write_table(test.slice(0, rows), scratch / "test.parquet")
    command = ["score", str(scratch / "train.parquet"), "--text", "text", "--label", "label_name"]
    scores, subset = str(scratch / "scores.parquet"), str(scratch / "subset.parquet")
    environment = {**os.environ, "EUDSCORE_WORKSPACE": str(scratch / "ws")}
    for more in ([*command, "--entropy", "information", "--out", scores],
                 ["select", scores, "--budget", "100%", "--strategy", "random", "--out", subset]):  # fmt: skip
        subprocess.run([sys.executable, "-c", CODE, *more], check=True, capture_output=True, env=environment)
    return ["train", subset, "--test", str(scratch / "test.parquet")]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sources", nargs="+")
    parser.add_argument("--train", action="store_true")
    parser.add_argument("--study", action="store_true")
    parser.add_argument("--rows", type=int, default=1000)
    options, more = parser.parse_known_args()
    print("| source | quote | took | off by | memory quoted | held | off by | quoting took |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for source in options.sources:
        name = Path(source).name if options.train or options.study else Path(source).parent.name or source
        if not options.train and not options.study:
            compare(name, ["score", source, *more], "scores.parquet")
            continue
        with tempfile.TemporaryDirectory() as scratch:
            command = training(Path(source), options.rows, Path(scratch))
            if options.study:
                data = [str(Path(scratch) / f"{split}.parquet") for split in ("train", "test")]
                command = ["study", data[0], "--text", "text", "--label", "label_name", "--test", data[1]]
            compare(name, [*command, *more], "run")


if __name__ == "__main__":
    main()
