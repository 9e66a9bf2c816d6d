"""The map against plain `umap.UMAP().fit`: seconds, and how well neighbourhoods are kept.

    python tests/benchmarks/layout.py [--texts FILE.parquet ...] [--vectors FILE.npy] [--rows 10000 100000] [--alone]

Both begin with the same stored vectors, search their own neighbours and draw; what they compile is compiled before.
Vectors are those of the built-in encoder for the texts of the Parquet files (the demo without any), or an array of
unit vectors. Where more rows are asked for than there are, the others are real vectors with a little noise, scaled to
unit length again; the table says how many. Trustworthiness is scikit-learn's, k = 15, on 5,000 sampled rows, by cosine.
`--alone` leaves plain UMAP out (it takes long for a million rows); peak memory is then that of ours.
"""

import argparse
import resource
import time
import warnings
from pathlib import Path

import numpy as np

SAMPLE = 5_000
NOISE = 0.3  # length of the noise added to a vector of length 1
FEW = 6_000  # rows on which plain UMAP compiles: above 4,096 it searches as it does for many


def encoded(files: list[str]) -> np.ndarray:
    """(n, 384) vectors of the texts, those of empty texts left out."""
    from eudscore.corpus.read import read_source
    from eudscore.models.loading import resolve_model
    from eudscore.scorers.vectors import VectorScorer

    scorer = VectorScorer(resolve_model("builtin"))
    found = []
    for file in files:
        corpus = read_source(file if file == "demo" else Path(file))
        found += [batch.vectors for batch in scorer.encode(corpus, np.arange(len(corpus)))]
    vectors = np.concatenate(found)
    return vectors[np.isfinite(vectors).all(axis=1)]


def so_many(real: np.ndarray, rows: int) -> np.ndarray:
    """So many of the vectors in a random order, made up with noisy ones."""
    draw = np.random.default_rng(0)
    made = real[draw.permutation(len(real))[:rows]].astype(np.float32)
    blocks = [made]
    for start in range(len(made), rows, 65_536):
        more = real[draw.integers(0, len(real), min(65_536, rows - start))].astype(np.float32)
        more += NOISE / np.sqrt(more.shape[1]) * draw.standard_normal(more.shape, dtype=np.float32)
        blocks.append(more / np.linalg.norm(more, axis=1, keepdims=True))
    return np.concatenate(blocks)


def ours(vectors: np.ndarray) -> tuple[np.ndarray, str]:
    from eudscore.geometry.layout import umap_layout
    from eudscore.geometry.neighbours import neighbour_graph

    begin = time.perf_counter()
    graph = neighbour_graph(vectors)
    searched = time.perf_counter()
    result = umap_layout(vectors, graph, seed=0)
    steps = f"{searched - begin:.1f} s search ({graph.search}), {time.perf_counter() - searched:.1f} s {result.method}"
    return result.xy, steps


def plain(vectors: np.ndarray) -> np.ndarray:
    import umap

    return np.asarray(umap.UMAP().fit(vectors).embedding_)


def kept(vectors: np.ndarray, xy: np.ndarray) -> float:
    from sklearn.manifold import trustworthiness

    rows = np.random.default_rng(0).choice(len(vectors), min(SAMPLE, len(vectors)), replace=False)
    return float(trustworthiness(vectors[rows], xy[rows], n_neighbors=15, metric="cosine"))


def compare(real: np.ndarray, rows: int, *, alone: bool) -> None:
    vectors = so_many(real, rows)
    begin, working = time.perf_counter(), time.process_time()
    xy, steps = ours(vectors)
    mine, my_work = time.perf_counter() - begin, time.process_time() - working
    made = max(0, rows - len(real))
    print(f"\n{rows:,} rows ({made:,} of them made up with noise)")
    print(
        f"  eudscore          {mine:8.1f} s  {my_work:7.1f} CPU s  trustworthiness {kept(vectors, xy):.3f}  ({steps})",
        flush=True,
    )
    print(f"  peak memory       {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:8.2f} GB", flush=True)
    if alone:
        return
    begin, working = time.perf_counter(), time.process_time()
    other = plain(vectors)
    theirs, their_work = time.perf_counter() - begin, time.process_time() - working
    print(f"  umap.UMAP().fit   {theirs:8.1f} s  {their_work:7.1f} CPU s  trustworthiness {kept(vectors, other):.3f}")
    print(f"  ours is faster by {theirs / mine:8.1f}x, {their_work / my_work:.1f}x in CPU time", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", nargs="+", default=["demo"])
    parser.add_argument("--vectors")
    parser.add_argument("--rows", nargs="+", type=int, default=[10_000, 100_000])
    parser.add_argument("--alone", action="store_true")
    asked = parser.parse_args()
    warnings.simplefilter("ignore")
    real = np.load(asked.vectors) if asked.vectors else encoded(asked.texts)
    from eudscore.geometry.layout import warm_up

    begin = time.perf_counter()
    warm_up(max(asked.rows))
    print(f"ready for ours after {time.perf_counter() - begin:.1f} s", flush=True)
    if not asked.alone:
        begin = time.perf_counter()
        plain(so_many(real, FEW))
        print(f"plain UMAP compiled and ran on {FEW:,} rows in {time.perf_counter() - begin:.1f} s", flush=True)
    for rows in asked.rows:
        compare(real, rows, alone=asked.alone)


if __name__ == "__main__":
    main()
