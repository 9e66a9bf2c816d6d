"""Texts per second of the information scorer against a plain Python loop, and its memory as texts grow in number.

    python tests/benchmarks/information.py [--texts FILE.parquet] [--rows 100000] [--repeats 5]

Without a file the built-in demo is read. The texts are repeated up to the number asked for; the scorer computes all
of its columns on all cores, the loop counts words and computes the plug-in entropy on one. The two take turns, so
that a busy machine slows both. Memory is measured in a process of its own for each number of texts (Linux).
"""

import argparse
import math
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from eudscore import locations
from eudscore.entropy.words import words_of
from eudscore.records import Corpus, Roles
from eudscore.scorers.information import InformationScorer

GROWTH = (10_000, 100_000, 1_000_000)


def repeated(file: str, rows: int) -> Corpus:
    """The texts of a file, over and over: the repeats share the memory of the first."""
    texts = pq.read_table(file, columns=["text"])["text"].combine_chunks()
    whole, rest = divmod(rows, len(texts))
    column = pa.chunked_array([*[texts] * whole, texts.slice(0, rest)])
    return Corpus("texts", file, pa.table({"text": column}), Roles("text"), (), np.full(rows, -1))


def scorer(corpus: Corpus) -> None:
    list(InformationScorer().score(corpus, np.arange(len(corpus))))


def plain_loop(texts: Sequence[str]) -> list[float]:
    entropies = []
    for text in texts:
        counts = Counter(words_of(text)).values()
        n = sum(counts)
        entropies.append(math.log(n) - sum(c * math.log(c) for c in counts) / n if n else math.nan)
    return entropies


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def memory(field: str) -> float:
    """VmRSS (now) or VmHWM (the most so far) of this process in MB; getrusage would answer for its parent as well."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1e3 for line in lines if line.startswith(field))


def compare(file: str, rows: int, repeats: int) -> None:
    corpus = repeated(file, rows)
    texts = corpus.texts()
    letters = statistics.mean(len(text) for text in texts)
    print(f"{rows:,} texts of {letters:.0f} characters on average, {pa.cpu_count()} cores, median of {repeats}")
    pairs = [(seconds(lambda: scorer(corpus)), seconds(lambda: plain_loop(texts))) for _ in range(repeats)]
    print(f"information scorer, all columns   {rows / statistics.median(one for one, _ in pairs):9,.0f} texts/s")
    print(f"plain Python loop, one column     {rows / statistics.median(two for _, two in pairs):9,.0f} texts/s")
    print(f"ratio (median of pairs)           {statistics.median(two / one for one, two in pairs):9.1f}x")


def grow(file: str, rows: int) -> None:
    corpus = repeated(file, rows)
    before = memory("VmRSS")
    taken = seconds(lambda: scorer(corpus))
    print(f"{rows:9,} texts   {rows / taken:9,.0f} texts/s   {memory('VmHWM') - before:6.0f} MB above the texts")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", default=str(locations.assets() / "demo" / "train.parquet"))
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--grow", type=int, help="only score so many texts and say what it took")
    options = parser.parse_args()
    if options.grow:
        grow(options.texts, options.grow)
        return
    compare(options.texts, options.rows, options.repeats)
    for rows in GROWTH:
        subprocess.run([sys.executable, __file__, "--texts", options.texts, "--grow", str(rows)], check=True)


if __name__ == "__main__":
    main()
