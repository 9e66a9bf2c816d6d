"""What a large data set costs: reading, keeping, profiling, near-duplicates, overlap, opening, a page of its rows.

    python tests/benchmarks/reading.py [--texts FILE.parquet] [--rows 1000000] [--folder DIR] [--without near overlap]

Makes so many rows of about 200 bytes by repeating the texts of a Parquet file with up to a sixth of their words
replaced, writes them as Parquet and as CSV, and does each job in a process of its own, whose peak memory (VmHWM, mapped
files included) is nobody else's. Without a file the built-in demo is read. Five million rows take 3 GB of disk.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as csv
import pyarrow.parquet as pq

from eudscore import locations

BYTES = 200
PIECE = 50_000
PAGE, FIRST_ROW = 200, 900_000
JOBS = ("parquet", "csv", "near", "overlap", "open", "page")


def pieces(path: str, rows: int) -> Iterator[pa.Table]:
    """The rows, a piece at a time."""
    table = pq.read_table(path)
    texts = [str(text).split() for text in table["text"].to_pylist()]
    labels = table["label_name" if "label_name" in table.column_names else "label"].to_pylist()
    vocabulary = sorted({word for words in texts for word in words})
    draw = np.random.default_rng(0)
    for start in range(0, rows, PIECE):
        numbers = np.arange(start, min(start + PIECE, rows))
        made = [perturbed(texts, int(number), vocabulary, draw) for number in numbers]
        kinds = [str(labels[number % len(labels)]) for number in numbers]
        yield pa.table({"id": [f"r{number}" for number in numbers], "text": made, "label": kinds})


def perturbed(texts: list[list[str]], number: int, vocabulary: list[str], draw: np.random.Generator) -> str:
    """One text, or as many after one another as make about 200 bytes, with some words replaced."""
    words, size, step = [], 0, 0
    while size < BYTES * 3 // 4 and step < 20:
        more = texts[(number + step * 7919) % len(texts)]
        words += more
        size += sum(map(len, more)) + len(more)
        step += 1
    words = words[: BYTES // 4]
    for place in draw.integers(len(words), size=draw.integers(0, 1 + len(words) // 6)):
        words[place] = vocabulary[draw.integers(len(vocabulary))]
    return " ".join(words)


def make(path: str, rows: int, folder: Path) -> None:
    """Write the rows as Parquet and as CSV, never holding more than a piece."""
    parquet: pq.ParquetWriter | None = None
    table: csv.CSVWriter | None = None
    for piece in pieces(path, rows):
        parquet = parquet or pq.ParquetWriter(folder / "rows.parquet", piece.schema, compression="zstd")
        table = table or csv.CSVWriter(folder / "rows.csv", piece.schema)
        parquet.write_table(piece)
        table.write_table(piece)
    for writer in (parquet, table):
        if writer is not None:
            writer.close()


def job_read(folder: Path, name: str, workspace: str) -> dict[str, Any]:
    """Read, keep and profile; the kept data set is what the other jobs open."""
    from eudscore.corpus.read import read_source
    from eudscore.store.workspace import Workspace
    from eudscore.workflow.profiling import keep_profile

    store = Workspace(folder / workspace)
    steps = {"begin": time.perf_counter()}
    corpus = read_source(folder / name)
    steps["read"] = time.perf_counter()
    ref = store.keep_corpus(corpus)
    steps["keep"] = time.perf_counter()
    del corpus
    facts = keep_profile(store, ref)
    steps["profile"] = time.perf_counter()
    (folder / f"{workspace}.ref").write_text(str(ref))
    found = f"{facts.rows:,} rows, {facts.exact_duplicates:,} exact duplicates; " + in_steps(steps)
    return {"seconds": steps["profile"] - steps["begin"], "found": found}


def in_steps(times: dict[str, float]) -> str:
    """`read 1.2 s, keep 3.4 s`, of times that follow one another."""
    names = list(times)
    spans = [f"{name} {times[name] - times[before]:.1f} s" for before, name in pairwise(names)]
    return ", ".join(spans)


def kept(folder: Path) -> tuple[Any, Any]:
    """The workspace and the address of the data set."""
    from eudscore.store.workspace import CorpusRef, Workspace

    return Workspace(folder / "parquet"), CorpusRef.parse((folder / "parquet.ref").read_text())


def job_parquet(folder: Path) -> dict[str, Any]:
    return job_read(folder, "rows.parquet", "parquet")


def job_csv(folder: Path) -> dict[str, Any]:
    return job_read(folder, "rows.csv", "csv")


def job_near(folder: Path) -> dict[str, Any]:
    from eudscore.workflow.profiling import find_near_duplicates, near_duplicate_rows

    workspace, ref = kept(folder)
    start = time.perf_counter()
    find_near_duplicates(workspace, ref)
    taken = time.perf_counter() - start
    return {"seconds": taken, "found": f"{near_duplicate_rows(workspace, ref):,} near-duplicates"}


def job_overlap(folder: Path) -> dict[str, Any]:
    """A tenth of the rows against all."""
    from eudscore.geometry.duplicates import shared_texts
    from eudscore.records import Corpus

    workspace, ref = kept(folder)
    whole = workspace.corpus(ref)
    n = len(whole) // 10
    part = Corpus("part", "part", whole.table.slice(n, n), whole.roles, whole.classes, whole.labels[n : 2 * n])
    start = time.perf_counter()
    found = shared_texts(whole, part)
    return {"seconds": time.perf_counter() - start, "found": f"{found.count:,} of {n:,} shared"}


def job_open(folder: Path) -> dict[str, Any]:
    """Open the data set with its profile, as a page does."""
    from eudscore.workflow.profiling import near_duplicates_of, profile_of

    workspace, ref = kept(folder)
    start = time.perf_counter()
    corpus = workspace.corpus(ref)
    facts, groups = profile_of(workspace, ref), near_duplicates_of(workspace, ref)
    taken = time.perf_counter() - start
    there = [name for name, value in (("profile", facts), ("near-duplicates", groups)) if value is not None]
    return {"seconds": taken, "found": f"{len(corpus):,} rows; {' and '.join(there)} at hand"}


def job_page(folder: Path) -> dict[str, Any]:
    """A page of rows in an open data set, by a server that has been running."""
    import pandas  # noqa: F401

    workspace, ref = kept(folder)
    corpus = workspace.corpus(ref)
    first = min(FIRST_ROW, len(corpus) * 9 // 10)
    start = time.perf_counter()
    frame = corpus.table.slice(first, PAGE).to_pandas()
    return {"seconds": time.perf_counter() - start, "found": f"{len(frame)} rows from row {first:,}"}


def child(job: str, folder: Path) -> dict[str, Any]:
    """Do a job of this file in a process of its own."""
    command = [sys.executable, __file__, "--child", job, str(folder)]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    if answer.returncode:
        raise SystemExit(f"{job} ended with {answer.returncode}\n{answer.stderr}")
    found: dict[str, Any] = json.loads(answer.stdout.splitlines()[-1])
    return found


def memory() -> tuple[int, int]:
    """Bytes this process has held at most, and of what it holds now what is not mapped from files."""
    lines = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return tuple(int(lines[name].split()[0]) * 1024 for name in ("VmHWM", "RssAnon"))  # type: ignore[return-value]


def main() -> None:
    if "--child" in sys.argv:
        job, folder = sys.argv[2:]
        found = globals()[f"job_{job}"](Path(folder))
        print(json.dumps({**found, "peak": memory()[0], "own": memory()[1]}))
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", default=str(locations.assets() / "demo" / "train.parquet"))
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--folder", help="where the files are made; on the disk that is to be measured")
    parser.add_argument("--without", nargs="*", choices=JOBS, default=[])
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(dir=options.folder))
    try:
        make(options.texts, options.rows, folder)
        sizes = ", ".join(f"{path.name} {path.stat().st_size / 1e6:,.0f} MB" for path in sorted(folder.iterdir()))
        print(f"{options.rows:,} rows: {sizes}\n")
        print("| job | seconds | peak memory | at the end, mapped files apart | found |")
        print("| --- | --- | --- | --- | --- |")
        for job in (job for job in JOBS if job not in options.without):
            done = child(job, folder)
            sizes = f"{done['peak'] / 1e6:,.0f} MB | {done['own'] / 1e6:,.0f} MB"
            print(f"| {job} | {done['seconds']:,.3f} | {sizes} | {done['found']} |", flush=True)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
