"""Search by words and by meaning over a million rows, and the answers of the process that stays, cold and warm.

    python tests/benchmarks/searching.py words [--rows 1000000]
    python tests/benchmarks/searching.py meaning [--rows 1000000]
    python tests/benchmarks/searching.py readings --texts FILE.parquet [--rows 200]

`words`: synthetic texts of 200 characters, and the same number of Chinese ones. `meaning`: random vectors of 384
dimensions in a file, mapped and read from the cache of the system. `readings`: texts of a file are scored in a
workspace of their own; then each is read token by token, and queries are encoded, by a process that was just started.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psutil
import pyarrow as pa

CHARACTERS = 200
DISTINCT = 50_000  # texts; the rest repeat them, as nothing depends on that
DIMENSIONS = 384
QUERIES = ("refund", '"refund"', "refund late order", "straße -office", "退款")


def timed(work: Callable[[], object], rounds: int = 5) -> float:
    """Median seconds."""
    seconds = []
    for _ in range(rounds):
        began = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds)


def synthetic(rows: int, *, chinese: bool) -> pa.ChunkedArray:
    rng = np.random.default_rng(0)
    count = min(rows, DISTINCT)
    if chinese:
        letters = rng.integers(0x4E00, 0x9FFF, (count, CHARACTERS), dtype=np.uint32)
    else:
        letters = rng.integers(ord("a"), ord("z") + 1, (count, CHARACTERS), dtype=np.uint32)
        letters[rng.random(letters.shape) < 0.16] = ord(" ")
    texts = [row.tobytes().decode("utf-32-le") for row in letters]
    whole, rest = divmod(rows, count)
    chunk = pa.array(texts, pa.large_string())
    return pa.chunked_array([*[chunk] * whole, chunk.slice(0, rest)])


def words(rows: int) -> None:
    from eudscore.corpus.keywords import holding, terms_of

    began = time.perf_counter()
    holding(synthetic(1, chinese=False), terms_of('"x"'))
    print(f"the tables of letters, once in a process: {time.perf_counter() - began:.2f} s")
    for chinese in (False, True):
        texts = synthetic(rows, chinese=chinese)
        print(f"{rows:,} {'Chinese' if chinese else 'English'} texts, {texts.nbytes / 1e6:,.0f} MB")
        for query in QUERIES:
            seconds = timed(lambda texts=texts, query=query: holding(texts, terms_of(query)))
            print(f"  {query:20} {seconds:6.2f} s")


def meaning(rows: int) -> None:
    from eudscore.workflow.searching import nearest

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "vectors.npy"
        stored = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=(rows, DIMENSIONS))
        rng = np.random.default_rng(0)
        for start in range(0, rows, 50_000):
            block = rng.standard_normal((min(50_000, rows - start), DIMENSIONS), dtype=np.float32)
            stored[start : start + len(block)] = block / np.linalg.norm(block, axis=1, keepdims=True)
        stored.flush()
        del stored
        vectors = np.load(path, mmap_mode="r")
        query = np.array(vectors[0])
        before = psutil.Process().memory_full_info().uss
        seconds = timed(lambda: nearest(vectors, query, 200))
        grown = psutil.Process().memory_info()
        own = (grown.rss - grown.shared) / 1e6
        print(f"{rows:,} x {DIMENSIONS}: {seconds:.2f} s, {own:,.0f} MB of its own (before: {before / 1e6:,.0f})")


def readings(texts: Path, rows: int) -> None:
    from eudscore.corpus.read import read_source
    from eudscore.jobs.resident import resident
    from eudscore.store.workspace import Workspace
    from eudscore.workflow.readings import readings as read
    from eudscore.workflow.requests import Entropy, ScoreRequest
    from eudscore.workflow.scoring import score
    from eudscore.workflow.searching import find_meaning

    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace(Path(folder))
        ref = workspace.keep_corpus(read_source(str(texts), limit=rows))
        score(workspace, ref, ScoreRequest((Entropy.GENERATIVE, Entropy.SEMANTIC)))
        seconds, tokens = [], []
        for row in range(rows):
            began = time.perf_counter()
            tokens.append(read(workspace, ref, row).read)
            seconds.append(time.perf_counter() - began)
        memory = psutil.Process(resident().pid).memory_info().rss / 1e6
        print(
            f"readings of {statistics.median(tokens):.0f} tokens: first {seconds[0]:.1f} s, "
            f"then {1000 * statistics.median(seconds[1:]):.0f} ms, at most {1000 * max(seconds[1:]):.0f} ms; "
            f"the process has {memory:,.0f} MB"
        )
        seconds = []
        for number in range(20):
            began = time.perf_counter()
            find_meaning(workspace, ref, f"somebody asks for money back {number}")
            seconds.append(time.perf_counter() - began)
        memory = psutil.Process(resident().pid).memory_info().rss / 1e6
        print(
            f"queries: first {seconds[0]:.1f} s, then {1000 * statistics.median(seconds[1:]):.0f} ms; "
            f"the process has {memory:,.0f} MB"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("words", "meaning", "readings"))
    parser.add_argument("--rows", type=int)
    parser.add_argument("--texts", type=Path)
    asked = parser.parse_args()
    if asked.what == "words":
        words(asked.rows or 1_000_000)
    elif asked.what == "meaning":
        meaning(asked.rows or 1_000_000)
    else:
        readings(asked.texts, asked.rows or 200)


if __name__ == "__main__":
    main()
